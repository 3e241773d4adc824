package dev.twinbolt.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.client.RpcProvider;
import dev.twinbolt.transport.server.RpcServer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A node in this process that lends one CPU, with its log.
public final class LentCpu implements AutoCloseable {
    private static final List<String> LEAKS = new CopyOnWriteArrayList<>();

    static {
        ByteBufUtil.setLeakListener((type, records) -> LEAKS.add(type + " " + records));
    }

    private final CpuDevice device = new CpuDevice(1);
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final RpcServer server;

    public LentCpu() throws IOException {
        server = RpcServer.start(List.of(device), "127.0.0.1", 0, log::add);
    }

    public RpcServer server() {
        return server;
    }

    public int port() {
        return server.port();
    }

    /// All that the node has said.
    public List<String> log() {
        return log;
    }

    /// The lines that say why a connection was ended.
    public List<String> refusals() {
        return log.stream().filter(line -> !line.contains("graphs computed")).toList();
    }

    public CpuDevice device() {
        return device;
    }

    /// The device, over a connection of its own.
    public Device connect() {
        String endpoint = "127.0.0.1:" + port();
        return new RpcProvider().open(new DeviceConfig(0, List.of(endpoint))).getFirst();
    }

    @Override
    public void close() {
        server.close();
        device.close();
        assertNoLeaks();
    }

    /// Buffers that were collected without a release are told of at the next allocation.
    private static void assertNoLeaks() {
        System.gc();
        for (int i = 0; i < 10; i++) {
            ByteBufAllocator.DEFAULT.directBuffer().release();
        }
        assertEquals(List.of(), LEAKS);
    }
}
