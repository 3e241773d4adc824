package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
        interrupt(process.toHandle());
    }

    private static void interrupt(ProcessHandle process) throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    /// The node that `host` starts, as soon as it is one.
    private static ProcessHandle awaitNode(Process host) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            for (ProcessHandle child : host.children().toList()) {
                Path arguments = Path.of("/proc/%d/cmdline".formatted(child.pid()));
                if (Files.readString(arguments, StandardCharsets.ISO_8859_1)
                        .contains(EngineNode.class.getName())) {
                    return child;
                }
            }
            Thread.sleep(1);
        }
        return fail("no node was started");
    }

    /// Ctrl-C reaches both programs, and the node may be the first to end.
    @Test
    void aNodeThatItEndsBeforeItListensIsNoFailure() throws Exception {
        assumeTrue(Programs.canBeInterrupted(), "SIGINT is ignored here, or there is no /proc");
        Process host = Programs.start(EngineHost.class, "--demo");
        interrupt(awaitNode(host));
        Ended ended = Programs.end(host);
        assertEquals(130, ended.code(), ended.err());
        assertEquals("", ended.err());
    }

    /// A line of a program that has more to say.
    private static void awaitLine(Process process, String line) throws IOException {
        byte[] bytes = (line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(bytes, process.getInputStream().readNBytes(bytes.length));
    }

    private static Process start(Class<?> program) throws IOException {
        assumeTrue(Programs.canBeInterrupted(), "SIGINT is ignored here, or there is no /proc");
        Process process = Programs.start(program);
        awaitLine(process, "ready");
        return process;
    }

    @Test
    void theSecondOneEndsAProgramThatDoesNotHeedTheFirst() throws Exception {
        Process process = start(Deaf.class);
        interrupt(process);
        awaitLine(process, "asked");
        interrupt(process);
        Ended ended = Programs.end(process);
        assertEquals(130, ended.code(), ended.err());
    }

    @Test
    void afterItTheFirstOneEndsTheProgram() throws Exception {
        Process process = start(Past.class);
        interrupt(process);
        Ended ended = Programs.end(process);
        assertEquals(130, ended.code(), ended.err());
        assertEquals("", ended.out());
    }
}
