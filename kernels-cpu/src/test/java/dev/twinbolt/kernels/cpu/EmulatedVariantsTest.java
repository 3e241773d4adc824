package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Variants that this CPU lacks, emulated instruction by instruction: their kernels are compiled
/// for AVX2 by `src/test/c/emulate`, and the tests of kernels run with that library in a JVM of
/// their own.
@EnabledOnOs(OS.LINUX)
class EmulatedVariantsTest {
    private static final Path SCRIPTS = Path.of("src", "test", "c");
    private static final Path BUILT = Path.of("target", "emulated").toAbsolutePath();

    /// The scripts' exit code where the machine has not what they need.
    private static final int UNAVAILABLE = 69;

    private static final List<Class<?>> TESTS =
            List.of(
                    MulMatTest.class,
                    ElementOpsTest.class,
                    GateOpsTest.class,
                    AttentionOpsTest.class,
                    RopeOpsTest.class,
                    MatrixOpsTest.class,
                    CopyOpsTest.class,
                    FlashAttnExtTest.class,
                    SameBitsTest.class);

    @TempDir Path cache;

    /// The tests know a variant of aarch64 by the one of x86-64 whose place it takes.
    @ParameterizedTest(name = "{0}: {2} as {1}")
    @CsvSource({
        "x86_64, 'avxvnni,avx512vnni', 'avxvnni,avx512vnni'",
        "aarch64, 'baseline,avxvnni', 'baseline,neon'"
    })
    void kernelsComputeWhatTheyDoElsewhere(String architecture, String places, String variants)
            throws Exception {
        Path library = build(architecture);
        // The first on the class path is the one that is found.
        String classPath = library + File.pathSeparator + System.getProperty("java.class.path");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx1g"));
        command.add("-D" + OpHarness.VARIANTS + "=" + places);
        command.addAll(List.of("-cp", classPath, Tests.class.getName()));
        End end = run(command, Map.of("XDG_CACHE_HOME", cache.toString()));
        assertEquals(0, end.code, end.output);
        for (String place : places.split(",")) {
            for (Class<?> test : TESTS) {
                String ran = "%s %s: ".formatted(test.getSimpleName(), place);
                assertTrue(end.output.contains(ran), end.output);
            }
        }
    }

    /// So what is tested as emulated is what ships.
    @Test
    void theShippedLibraryOfAarch64ComputesTheSameBits() throws Exception {
        build("aarch64");
        runScript("compare", BUILT);
    }

    private static Path build(String architecture) throws Exception {
        Path library = BUILT.resolve(architecture);
        runScript("emulate", library, architecture);
        return library;
    }

    /// Aborts the test, and says so, where the machine has not what the script needs.
    private static void runScript(String name, Object... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(SCRIPTS.resolve(name).toString());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        End end = run(command, Map.of());
        if (end.code == UNAVAILABLE) {
            System.out.println("skipped: " + end.output);
            abort(end.output);
        }
        assertEquals(0, end.code, end.output);
    }

    /// How a program ended and what it said.
    private record End(int code, String output) {}

    private static End run(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new End(process.waitFor(), output.strip());
    }

    /// The program of the other JVM: runs the tests, says how many each variant passed, and fails
    /// where one failed.
    static final class Tests {
        private Tests() {}

        public static void main(String[] args) {
            LauncherDiscoveryRequest request =
                    LauncherDiscoveryRequestBuilder.request()
                            .selectors(TESTS.stream().map(DiscoverySelectors::selectClass).toList())
                            .build();
            SummaryGeneratingListener summary = new SummaryGeneratingListener();
            Passed passed = new Passed();
            LauncherFactory.create().execute(request, summary, passed);
            passed.counts.forEach((what, count) -> System.out.println(what + ": " + count));
            if (summary.getSummary().getTotalFailureCount() > 0) {
                summary.getSummary()
                        .printFailuresTo(
                                new PrintWriter(System.out, true, System.out.charset()), 3);
                System.exit(1);
            }
        }
    }

    /// Counts tests by class and variant, which parameterized classes and tests have in their
    /// names.
    private static final class Passed implements TestExecutionListener {
        final Map<String, Integer> counts = new TreeMap<>();
        private @Nullable TestPlan plan;

        @Override
        public void testPlanExecutionStarted(TestPlan plan) {
            this.plan = plan;
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.getSource().orElse(null) instanceof MethodSource method
                    && test.isTest()
                    && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
                String name = method.getJavaClass().getSimpleName() + " " + variantOf(test);
                counts.merge(name, 1, Integer::sum);
            }
        }

        /// The one that is named nearest to the test.
        private String variantOf(TestIdentifier test) {
            TestIdentifier at = test;
            while (true) {
                List<String> words = List.of(at.getDisplayName().split("\\W+"));
                for (CpuVariant variant : CpuVariant.values()) {
                    if (words.contains(variant.name())) {
                        return variant.label();
                    }
                }
                TestIdentifier inner = at;
                at =
                        Objects.requireNonNull(plan)
                                .getParent(at)
                                .orElseThrow(() -> new AssertionError("no variant: " + inner));
            }
        }
    }
}
