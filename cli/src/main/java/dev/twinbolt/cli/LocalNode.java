package dev.twinbolt.cli;

import dev.twinbolt.engine.device.DeviceException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// An `engine-node` in another process of this machine. It ends when its standard input does, so it
/// never outlives this process.
public final class LocalNode implements AutoCloseable {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private final Process process;
    private final String endpoint;

    private LocalNode(Process process, String endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /// With so many CPU threads, 0 where the cores decide, on any free port. Throws
    /// [InterruptedException] where Ctrl-C, which reaches both programs, ends it first.
    public static LocalNode start(int threads) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "--enable-native-access=ALL-UNNAMED"));
        if (ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()) {
            command.add("--add-modules=" + VECTOR_MODULE); // as this JVM was started
        }
        String prepared = System.getProperty("twinbolt.prepared", "");
        if (!prepared.isEmpty()) {
            command.addAll(List.of("-XX:AOTCache=" + prepared, "-Xlog:aot=off", "-Xlog:cds=off"));
        }
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path", "."),
                        EngineNode.class.getName(),
                        "-H",
                        "127.0.0.1",
                        "-p",
                        "0",
                        "-t",
                        Integer.toString(threads),
                        "--until-eof"));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .directory(new File("."))
                        .start();
        BufferedReader log =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            int at = line.indexOf(NodeCommand.LISTENING);
            if (at >= 0) {
                String endpoint = line.substring(at + NodeCommand.LISTENING.length()).trim();
                Thread.ofVirtual().start(() -> drain(log));
                return new LocalNode(process, endpoint);
            }
            said.append(line).append(' ');
        }
        int code = process.waitFor();
        if (code == ExitCode.INTERRUPTED.code()) {
            throw new InterruptedException();
        }
        throw new DeviceException.Unavailable(
                "the local node did not start, exit code %d: %s"
                        .formatted(code, said.isEmpty() ? "it said nothing" : said));
    }

    /// Reads what the node still says, as a full pipe would stop it.
    private static void drain(BufferedReader log) {
        try {
            log.transferTo(Writer.nullWriter());
        } catch (IOException e) {
            // The node was closed.
        }
    }

    public String endpoint() {
        return endpoint;
    }

    long processId() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
