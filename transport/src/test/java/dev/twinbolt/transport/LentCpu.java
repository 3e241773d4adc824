package dev.twinbolt.transport;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.client.RpcProvider;
import dev.twinbolt.transport.server.RpcServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A node in this process that lends one CPU, with its log.
public final class LentCpu implements AutoCloseable {
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
    }
}
