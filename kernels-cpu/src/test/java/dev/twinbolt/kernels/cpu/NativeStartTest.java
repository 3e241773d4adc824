package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What depends on how the JVM was started, in JVMs of their own.
class NativeStartTest {
    private static final String ALLOWED = "--enable-native-access=ALL-UNNAMED";
    private static final String BEST = CpuVariant.choose("", CpuSupport.ofThisProcess()).label();

    @TempDir Path folder;

    /// The program that is started: chooses twice.
    static final class Choose {
        private Choose() {}

        public static void main(String[] args) {
            CpuVariant first = CpuVariant.choose();
            assertEquals(first, CpuVariant.choose());
            System.out.println(first.label());
        }
    }

    private Process start(Map<String, String> environment, String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-Xmx64m", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(Choose.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove(CpuVariant.ENVIRONMENT);
        builder.environment().put("HOME", folder.toString());
        builder.environment().put("XDG_CACHE_HOME", folder.toString());
        builder.environment().put("LOCALAPPDATA", folder.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static String end(Process process) throws Exception {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return text.strip();
    }

    @Test
    void startsAtOnceAllLoadTheLibrary() throws Exception {
        List<Process> starts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            starts.add(start(Map.of(), ALLOWED));
        }
        for (Process start : starts) {
            assertEquals(BEST, end(start));
        }
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(1, files.filter(Files::isRegularFile).count());
        }
    }

    @Test
    void withoutAFlagNativeKernelsRunAllTheSame() throws Exception {
        assertTrue(end(start(Map.of())).endsWith(BEST));
    }

    @Test
    void whereNativeCodeIsDeniedJavaRunsAndTheMissingFlagIsSaidOnce() throws Exception {
        String text = end(start(Map.of(), "--illegal-native-access=deny"));
        assertTrue(text.endsWith("plain"), text);
        assertEquals(2, text.split(ALLOWED, -1).length, text);
        text =
                end(
                        start(
                                Map.of(),
                                "--illegal-native-access=deny",
                                "--add-modules=jdk.incubator.vector"));
        assertTrue(text.endsWith("vector"), text);
    }

    @Test
    void plainJavaTouchesNoNativeCode() throws Exception {
        assertEquals("plain", end(start(Map.of(CpuVariant.ENVIRONMENT, "plain"))));
        try (Stream<Path> files = Files.list(folder)) {
            assertFalse(files.findAny().isPresent());
        }
    }

    @Test
    void aForcedVariantIsTakenOrRefused() throws Exception {
        assertEquals("baseline", end(start(Map.of(CpuVariant.ENVIRONMENT, "baseline"), ALLOWED)));
        String text = end(start(Map.of(CpuVariant.ENVIRONMENT, "fast"), ALLOWED));
        assertTrue(text.contains("TWINBOLT_CPU=fast: there is no such variant"), text);
        text =
                end(
                        start(
                                Map.of(CpuVariant.ENVIRONMENT, "baseline"),
                                "--illegal-native-access=deny"));
        assertTrue(text.contains("TWINBOLT_CPU=baseline: "), text);
        assertTrue(text.contains(ALLOWED), text);
    }
}
