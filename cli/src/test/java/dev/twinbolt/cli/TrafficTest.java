package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.kernels.cpu.CpuProvider;
import dev.twinbolt.transport.server.RpcServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a generated token costs a link, as a relay on the way counts it too.
@Timeout(120)
class TrafficTest {
    private static final int HIDDEN_BYTES = 4 * 128;
    private static final int MOST_BESIDE_UP = 1100;
    private static final int MOST_BESIDE_DOWN = 64;

    /// Attention looks at cells in steps of so many, and another step is another graph.
    private static final int CELL_STEP = 256;

    @TempDir Path folder;
    private final AtomicLong up = new AtomicLong();
    private final AtomicLong down = new AtomicLong();

    private void relay(ServerSocket listening, int port) {
        try {
            // Only the first connection computes; what watches the link has another.
            for (boolean isFirst = true; true; isFirst = false) {
                AtomicLong upwards = isFirst ? up : new AtomicLong();
                AtomicLong downwards = isFirst ? down : new AtomicLong();
                Socket near = listening.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
                Thread.ofVirtual().start(() -> pass(near, far, upwards));
                Thread.ofVirtual().start(() -> pass(far, near, downwards));
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    private static void pass(Socket from, Socket to, AtomicLong count) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[1 << 16];
            for (int size = in.read(bytes); size >= 0; size = in.read(bytes)) {
                count.addAndGet(size);
                out.write(bytes, 0, size);
            }
        } catch (IOException e) {
            // the other direction has ended both
        }
    }

    @Test
    void aTokenIsOneRoundTripAndLittleMoreThanTheHiddenState() throws Exception {
        List<PassStats> passes = new CopyOnWriteArrayList<>();
        Traffic counted;
        Device lent = new CpuProvider().open(new DeviceConfig(1, List.of())).getFirst();
        try (lent;
                RpcServer server = RpcServer.start(List.of(lent), "127.0.0.1", 0, _ -> {});
                ServerSocket relay = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> relay(relay, server.port()));
            Engine engine =
                    Engine.builder()
                            .model(RandomLlama.write(folder))
                            .rpc("127.0.0.1:" + relay.getLocalPort())
                            .tensorSplit(1, 1)
                            .threads(1)
                            .contextLength(1024)
                            .onPass(passes::add)
                            .load();
            try (engine;
                    Session session = engine.openSession()) {
                int[] prompt = new int[700];
                Arrays.fill(prompt, 5);
                session.prefill(prompt);
                for (int i = 0; i < 120; i++) {
                    session.decode(3 + i);
                }
                counted = engine.devices().getFirst().traffic();
                assertEquals(down.get(), counted.receivedBytes());
                assertEquals(up.get(), counted.sentBytes());
            }
        }
        int newGraphs = 0;
        for (PassStats pass : passes) {
            Traffic traffic = pass.stages().get(1).traffic();
            assertEquals(Traffic.NONE, pass.stages().get(2).traffic());
            boolean isFirst = pass.position() == 700;
            if (pass.tokens() == 1 && !isFirst && pass.position() % CELL_STEP != 0) {
                String what = "token %d: %s".formatted(pass.position(), traffic);
                assertEquals(1, traffic.flushes(), what);
                assertTrue(traffic.sentBytes() <= HIDDEN_BYTES + MOST_BESIDE_UP, what);
                assertTrue(traffic.receivedBytes() <= HIDDEN_BYTES + MOST_BESIDE_DOWN, what);
            } else if (pass.tokens() == 1) {
                newGraphs++;
            }
        }
        assertEquals(2, newGraphs);
    }
}
