package dev.twinbolt.transport.server;

import static jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.transport.wire.Request;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// When a silent peer's kernel is asked, and when it is given up.
class KeepaliveTest {
    private static final int KEEPALIVE_TIMER = 2;
    private static final String ESTABLISHED = "01";
    private static final int TICKS_PER_SECOND = 100;

    @Test
    void givesUpASilentPeerWithinHalfAMinute() throws Exception {
        try (RpcServer server = RpcServer.start(List.of(), "127.0.0.1", 0, _ -> {});
                RawPeer peer = RawPeer.connect(server.port())) {
            peer.ask(new Request.Hello(true));
            List<SocketChannel> accepted =
                    server.connections().stream()
                            .filter(SocketChannel.class::isInstance)
                            .map(SocketChannel.class::cast)
                            .toList();
            assertEquals(1, accepted.size());
            SocketChannelConfig config = accepted.getFirst().config();
            assertTrue(config.isKeepAlive());
            Integer idle = config.getOption(NioChannelOption.of(TCP_KEEPIDLE));
            Integer interval = config.getOption(NioChannelOption.of(TCP_KEEPINTERVAL));
            Integer questions = config.getOption(NioChannelOption.of(TCP_KEEPCOUNT));
            assumeTrue(
                    idle != null && interval != null && questions != null,
                    "keepalive has no options here");
            int seconds = idle + questions * interval;
            assertTrue(questions >= 2, questions + " questions, of which one may be lost");
            assertTrue(seconds <= 30, seconds + " seconds");
        }
    }

    /// Linux tells in `/proc/net` when it will ask.
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
