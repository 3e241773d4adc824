package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class InterruptsTest {
    /// A program that does not end when it is asked.
    static final class Deaf {
        private Deaf() {}

        public static void main(String[] args) throws Exception {
            try (Interrupts _ = new Interrupts(() -> System.out.println("asked"))) {
                System.out.println("ready");
                Thread.sleep(60_000);
            }
        }
    }

    /// A program that is past what could be interrupted.
    static final class Past {
        private Past() {}

        public static void main(String[] args) throws Exception {
            new Interrupts(() -> System.out.println("asked")).close();
            System.out.println("ready");
            Thread.sleep(60_000);
        }
    }

    static void interrupt(Process process) throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    @Test
    void theSecondOneEndsAProgramThatDoesNotHeedTheFirst() throws Exception {
        assumeTrue(Programs.canBeInterrupted(), "SIGINT is ignored here, or there is no /proc");
        Process process = Programs.start(Deaf.class);
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", out.readLine());
        interrupt(process);
        assertEquals("asked", out.readLine());
        interrupt(process);
        Ended ended = Programs.end(process);
        assertEquals(130, ended.code(), ended.err());
    }

    @Test
    void afterItTheFirstOneEndsTheProgram() throws Exception {
        assumeTrue(Programs.canBeInterrupted(), "SIGINT is ignored here, or there is no /proc");
        Process process = Programs.start(Past.class);
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", out.readLine());
        interrupt(process);
        Ended ended = Programs.end(process);
        assertEquals(130, ended.code(), ended.err());
        assertEquals("", ended.out());
    }
}
