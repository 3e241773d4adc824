package dev.twinbolt.transport.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
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
