package dev.twinbolt.cli;

import dev.twinbolt.engine.Devices;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.transport.server.RpcServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// `engine-node`: lends this machine's devices over ggml RPC until it is ended.
@Command(
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description =
                "Lends this machine's devices to engine-host or to a llama.cpp client (ggml RPC 5.0).",
        footer = {
            "",
            "Differences from llama.cpp's rpc-server: several clients at once; a refused",
            "request is logged with its reason; no file cache (-c); --until-eof."
        })
final class NodeCommand implements Program.Command {
    /// What precedes the address in the line that says the node is ready.
    static final String LISTENING = "listening on ";

    @Option(
            names = {"-H", "--host"},
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "address to listen on (${DEFAULT-VALUE})")
    private String host = "";

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            defaultValue = "50052",
            description = "port to listen on; 0 for any free one (${DEFAULT-VALUE})")
    private int port;

    @Mixin private final ThreadsOption threads = new ThreadsOption();

    @Option(
            names = {"-d", "--device"},
            paramLabel = "NAMES",
            description = "devices to lend, separated by commas (all local ones)")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--until-eof",
            description = "end when standard input ends, for a node started by another program")
    private boolean untilEof;

    @Option(
            names = {"-v", "--verbose"},
            description = "stack traces with errors")
    private boolean isVerbose;

    @Override
    public boolean isVerbose() {
        return isVerbose;
    }

    @Override
    public ExitCode call() throws Exception {
        if (port < 0 || port > 65535) {
            throw new UsageException("-p %d: expected a port from 0 to 65535".formatted(port));
        }
        if (host.isBlank()) { // which would be some address
            throw new UsageException("-H '%s': expected an address to listen on".formatted(host));
        }
        try (Devices devices = Devices.open(new DeviceConfig(threads.count(), List.of()))) {
            List<Device> lent = lent(devices);
            for (Device device : lent) {
                log(
                        "%s: %s, %s free"
                                .formatted(
                                        device.name(),
                                        device.description(),
                                        Placement.bytes(device.memory().freeBytes())));
            }
            warnIfOpen();
            try (RpcServer server = listen(lent)) {
                log(LISTENING + host + ":" + server.port());
                if (untilEof) {
                    // Ctrl-C reaches both programs; it is for the other one to act on it.
                    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
                    System.in.transferTo(OutputStream.nullOutputStream());
                } else {
                    new CountDownLatch(1).await();
                }
            }
        }
        return ExitCode.OK;
    }

    private RpcServer listen(List<Device> lent) throws BindException {
        try {
            return RpcServer.start(lent, host, port, this::log);
        } catch (IOException e) {
            BindException failure = new BindException(e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }

    private List<Device> lent(Devices devices) {
        if (names.isEmpty()) {
            return devices.list();
        }
        List<Device> lent = new ArrayList<>();
        for (String name : Arguments.parts(names)) {
            Device named =
                    devices.list().stream()
                            .filter(device -> device.name().equals(name))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new UsageException(
                                                    "-d %s: no such device; there are %s"
                                                            .formatted(
                                                                    name,
                                                                    devices.list().stream()
                                                                            .map(Device::name)
                                                                            .toList())));
            if (lent.contains(named)) {
                throw new UsageException(
                        "-d %s: %s is named twice".formatted(String.join(",", names), name));
            }
            lent.add(named);
        }
        return lent;
    }

    private void warnIfOpen() throws IOException {
        try {
            if (!InetAddress.getByName(host).isLoopbackAddress()) {
                log(
                        "whoever can reach %s can use this machine's devices: ggml RPC has no"
                                        .formatted(host)
                                + " passwords, so listen on a link of your own");
            }
        } catch (UnknownHostException e) {
            throw new UsageException("-H %s: no such host".formatted(host));
        }
    }

    private void log(String line) {
        System.err.println("engine-node: " + line);
    }
}
