package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Starts the programs as a user would: in processes of their own.
final class Programs {
    private static final int LIMIT_SECONDS = 60;

    /// How a program ended.
    record Ended(int code, String out, String err) {
        List<String> errLines() {
            return err.lines().toList();
        }
    }

    private Programs() {}

    static Process start(Class<?> program, String... args) throws IOException {
        return builder(program, args).start();
    }

    static ProcessBuilder builder(Class<?> program, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-Xmx512m");
        command.add("-Dtwinbolt.home=" + SharedData.root());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(program.getName());
        command.addAll(List.of(args));
        ProcessBuilder process = new ProcessBuilder(command);
        // What is measured of a busy machine is nothing to remember for its user.
        String cache = Path.of("target", "test-cache").toAbsolutePath().toString();
        process.environment().put("XDG_CACHE_HOME", cache);
        process.environment().put("LOCALAPPDATA", cache);
        return process;
    }

    static Ended host(String... args) throws Exception {
        Process process = start(EngineHost.class, args);
        process.getOutputStream().close();
        return end(process);
    }

    /// Whether a program that is started here would hear of Ctrl-C.
    static boolean canBeInterrupted() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .noneMatch(
                                line -> (Long.parseUnsignedLong(line.substring(8), 16) & 2) != 0);
    }

    /// Waits for the end of `process`; longer than a minute is a failure.
    static Ended end(Process process) throws Exception {
        CompletableFuture<String> out = text(process.getInputStream());
        CompletableFuture<String> err = text(process.getErrorStream());
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("the program did not end; it wrote " + out.join() + err.join());
        }
        return new Ended(process.exitValue(), out.join(), err.join());
    }

    private static CompletableFuture<String> text(java.io.InputStream in) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (in) {
                        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
    }

    /// A node of its own process.
    static final class Node implements AutoCloseable {
        private final Process process;
        private final String endpoint;
        private final List<String> log = new ArrayList<>();

        Node(String... args) throws Exception {
            this(builder(args));
        }

        static ProcessBuilder builder(String... args) {
            List<String> all = new ArrayList<>(List.of("-p", "0"));
            all.addAll(List.of(args));
            return Programs.builder(EngineNode.class, all.toArray(new String[0]));
        }

        Node(ProcessBuilder builder) throws Exception {
            process = builder.start();
            BufferedReader lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getErrorStream(), StandardCharsets.UTF_8));
            String found = null;
            while (found == null) {
                String line = lines.readLine();
                assertTrue(line != null, "the node ended: " + log);
                int at = line.indexOf(NodeCommand.LISTENING);
                found = at < 0 ? null : line.substring(at + NodeCommand.LISTENING.length());
                log.add(line);
            }
            endpoint = found;
            Thread.ofVirtual().start(() -> read(lines));
        }

        private void read(BufferedReader lines) {
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    add(line);
                }
            } catch (IOException e) {
                // The node was ended.
            }
        }

        private synchronized void add(String line) {
            log.add(line);
        }

        String endpoint() {
            return endpoint;
        }

        Process process() {
            return process;
        }

        synchronized List<String> log() {
            return List.copyOf(log);
        }

        @Override
        public void close() throws Exception {
            process.destroyForcibly().waitFor();
        }
    }
}
