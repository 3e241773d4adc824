package dev.twinbolt.transport.client;

import static jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LinkWatchTest {
    private final CompletableFuture<IOException> death = new CompletableFuture<>();

    private LinkWatch watch(ServerSocket server) throws IOException {
        return LinkWatch.start(
                new Endpoint("127.0.0.1", server.getLocalPort()), 1000, death::complete);
    }

    private static ServerSocket silentServer() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    @Test
    void tellsOfALinkThatDies() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            link.setSoLinger(true, 0); // a reset, as of a machine that started again
            link.close();
            death.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void tellsOfAServerThatEndsTheLink() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            link.close();
            IOException why = death.get(5, TimeUnit.SECONDS);
            assertTrue(String.valueOf(why.getMessage()).contains("closed the connection"));
        }
    }

    /// The silence before the first question and all questions together; one may be lost.
    @Test
    void givesUpADeadLinkWithinTenSeconds() throws Exception {
        try (ServerSocket server = silentServer();
                Socket watch =
                        LinkWatch.connect(new Endpoint("127.0.0.1", server.getLocalPort()), 1000)) {
            assumeTrue(
                    watch.supportedOptions()
                            .containsAll(List.of(TCP_KEEPIDLE, TCP_KEEPINTERVAL, TCP_KEEPCOUNT)),
                    "keepalive has no options here");
            assertTrue(watch.getKeepAlive());
            int questions = watch.getOption(TCP_KEEPCOUNT);
            int seconds =
                    watch.getOption(TCP_KEEPIDLE) + questions * watch.getOption(TCP_KEEPINTERVAL);
            assertTrue(questions >= 2, questions + " questions");
            assertTrue(seconds <= 10, seconds + " seconds");
        }
    }

    @Test
    void isSilentOnceItIsClosed() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch watch = watch(server);
                Socket link = server.accept()) {
            watch.close();
            assertTrue(link.getInputStream().read() < 0);
            Thread.sleep(50);
            assertFalse(death.isDone());
        }
    }
}
