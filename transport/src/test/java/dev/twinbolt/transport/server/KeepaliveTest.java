package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Linux tells in `/proc/net` when it will ask a silent peer's kernel.
class KeepaliveTest {
    private static final int KEEPALIVE_TIMER = 2;
    private static final String ESTABLISHED = "01";
    private static final int TICKS_PER_SECOND = 100;

    @Test
    void asksASilentPeerWithinSeconds() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/tcp")), "no /proc/net here");
        try (RpcServer server = RpcServer.start(List.of(), "127.0.0.1", 0, _ -> {});
                Socket peer = new Socket("127.0.0.1", server.port())) {
            List<String> timers = timers(server.port());
            for (int i = 0; i < 100 && (timers.isEmpty() || !isSet(timers.getFirst())); i++) {
                Thread.sleep(20); // until the server has accepted
                timers = timers(server.port());
            }
            assertEquals(1, timers.size(), timers + " of " + peer);
            assertTrue(isSet(timers.getFirst()), timers::toString);
        }
    }

    private static boolean isSet(String timer) {
        String[] parts = timer.split(":");
        return Integer.parseInt(parts[0], 16) == KEEPALIVE_TIMER
                && Long.parseLong(parts[1], 16) <= 15 * TICKS_PER_SECOND;
    }

    /// As `kind:ticks`, of the connections that were made to `port`.
    private static List<String> timers(int port) throws IOException {
        List<String> timers = new ArrayList<>();
        for (String file : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            if (Files.exists(Path.of(file))) {
                try (Stream<String> lines = Files.lines(Path.of(file))) {
                    lines.map(line -> line.strip().split("\\s+"))
                            .filter(f -> f[1].endsWith(":%04X".formatted(port)))
                            .filter(f -> f[3].equals(ESTABLISHED))
                            .forEach(f -> timers.add(f[5]));
                }
            }
        }
        return timers;
    }
}
