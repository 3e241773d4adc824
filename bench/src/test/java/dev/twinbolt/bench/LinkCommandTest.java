package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LinkCommandTest {
    private static final Pattern LISTENING =
            Pattern.compile(
                    "engine-bench link: listening on 127\\.0\\.0\\.1:(\\d+) for (\\S+): 20ms, 1Gbit\\R");

    private final StringWriter err = new StringWriter();

    @Test
    @Timeout(30)
    void saysWhereItListensAndPassesOnWhatComesThere() throws Exception {
        try (ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String to = "127.0.0.1:" + node.getLocalPort();
            Thread command =
                    Thread.ofVirtual()
                            .start(
                                    () ->
                                            EngineBench.commandLine()
                                                    .setErr(new PrintWriter(err, true))
                                                    .execute(
                                                            "link",
                                                            "--to",
                                                            to,
                                                            "--link",
                                                            "20ms, 1Gbit"));
            Matcher said = LISTENING.matcher(err.toString());
            while (!said.matches()) {
                Thread.sleep(10);
                said = LISTENING.matcher(err.toString());
            }
            assertEquals(to, said.group(2));
            try (Socket near = new Socket("127.0.0.1", Integer.parseInt(said.group(1)));
                    Socket far = node.accept()) {
                long start = System.nanoTime();
                near.getOutputStream().write(new byte[] {1, 2});
                assertArrayEquals(new byte[] {1, 2}, far.getInputStream().readNBytes(2));
                assertTrue(System.nanoTime() - start >= 10_000_000);
            }
            command.interrupt();
            command.join();
        }
    }
}
