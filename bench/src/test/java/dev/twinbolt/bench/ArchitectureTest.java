package dev.twinbolt.bench;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/// Which code may see which. `bench` depends on every module, so all of them are looked at.
@AnalyzeClasses(
        packages = ArchitectureTest.ROOT,
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    static final String ROOT = "dev.twinbolt";

    @ArchTest
    static void everyModuleIsLookedAt(JavaClasses classes) {
        for (String module :
                List.of(
                        "gguf",
                        "engine",
                        "kernels.cpu",
                        "kernels.cuda",
                        "kernels.metal",
                        "transport",
                        "cli",
                        "bench")) {
            assertTrue(
                    classes.stream().anyMatch(resideInAPackage(in(module))), module + " is absent");
        }
    }

    // gguf <- engine <- {kernels.cpu, kernels.cuda, kernels.metal, transport} <- cli <- bench
    @ArchTest static final ArchRule GGUF_SEES_NO_OTHER = seesOf("gguf");
    @ArchTest static final ArchRule ENGINE_SEES_GGUF = seesOf("engine", "gguf");
    @ArchTest static final ArchRule CPU_SEES_ENGINE = seesOf("kernels.cpu", "engine", "gguf");
    @ArchTest static final ArchRule CUDA_SEES_ENGINE = seesOf("kernels.cuda", "engine", "gguf");
    @ArchTest static final ArchRule METAL_SEES_ENGINE = seesOf("kernels.metal", "engine", "gguf");
    @ArchTest static final ArchRule TRANSPORT_SEES_ENGINE = seesOf("transport", "engine", "gguf");

    @ArchTest
    static final ArchRule NOBODY_SEES_BENCH =
            noClasses()
                    .that()
                    .resideOutsideOfPackage(in("bench"))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(in("bench"));

    // Within the engine.
    @ArchTest
    static final ArchRule TENSOR =
            isBlindTo(
                    "tensor", "device", "speed", "model", "pipeline", "text", "sampling", "draft");

    @ArchTest
    static final ArchRule DEVICE =
            isBlindTo("device", "speed", "model", "pipeline", "text", "sampling", "draft");

    @ArchTest
    static final ArchRule SPEED =
            isBlindTo("speed", "model", "pipeline", "text", "sampling", "draft");

    @ArchTest
    static final ArchRule MODEL =
            isBlindTo("model", "device", "speed", "pipeline", "text", "sampling", "draft");

    @ArchTest static final ArchRule PIPELINE = isBlindTo("pipeline", "text", "sampling", "draft");

    @ArchTest
    static final ArchRule TEXT =
            isBlindTo(
                    "text", "tensor", "device", "speed", "model", "pipeline", "sampling", "draft");

    @ArchTest
    static final ArchRule SAMPLING =
            isBlindTo(
                    "sampling", "tensor", "device", "speed", "model", "pipeline", "text", "draft");

    @ArchTest
    static final ArchRule DRAFT = isBlindTo("draft", "tensor", "device", "speed", "sampling");

    @ArchTest
    static final ArchRule NO_PACKAGE_OF_THE_ENGINE_SEES_ITS_ROOT =
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + ".engine.*..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(ROOT + ".engine");

    // Libraries.
    @ArchTest static final ArchRule NETTY = isUsedOnlyBy("io.netty..", in("transport"));
    @ArchTest static final ArchRule BYTEDECO = isUsedOnlyBy("org.bytedeco..", in("kernels.cuda"));
    @ArchTest static final ArchRule PICOCLI = isUsedOnlyBy("picocli..", in("cli"), in("bench"));
    @ArchTest static final ArchRule JMH = isUsedOnlyBy("org.openjdk.jmh..", in("bench"));

    @ArchTest
    static final ArchRule ONLY_PROGRAMS_END_THE_PROCESS =
            noClasses()
                    .that(not(describe("have a main method", ArchitectureTest::isProgram)))
                    .should()
                    .callMethod(System.class, "exit", int.class)
                    .orShould()
                    .callMethod(Runtime.class, "exit", int.class);

    @ArchTest
    static final ArchRule ONLY_THE_CLI_HALTS =
            noClasses()
                    .that()
                    .resideOutsideOfPackage(in("cli"))
                    .should()
                    .callMethod(Runtime.class, "halt", int.class);

    @ArchTest
    static void everyPackageIsNullMarked(JavaClasses classes) {
        List<String> unmarked =
                classes.stream()
                        .map(JavaClass::getPackage)
                        .distinct()
                        .filter(found -> !found.getRelativeName().equals("jmh_generated"))
                        .filter(found -> !found.isAnnotatedWith(NullMarked.class))
                        .map(JavaPackage::getName)
                        .sorted()
                        .toList();
        assertEquals(List.of(), unmarked, "packages without @NullMarked in package-info.java");
    }

    private static String in(String subpackage) {
        return ROOT + "." + subpackage + "..";
    }

    /// `module` sees no other module of the project than `seen`.
    private static ArchRule seesOf(String module, String... seen) {
        String[] allowed =
                Stream.concat(Stream.of(module), Stream.of(seen))
                        .map(ArchitectureTest::in)
                        .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(in(module))
                .should()
                .dependOnClassesThat(
                        resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))));
    }

    private static ArchRule isBlindTo(String name, String... unseen) {
        return noClasses()
                .that()
                .resideInAPackage(in("engine." + name))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        Stream.of(unseen).map(n -> in("engine." + n)).toArray(String[]::new));
    }

    private static ArchRule isUsedOnlyBy(String library, String... users) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(users)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }

    private static boolean isProgram(JavaClass type) {
        return type.tryGetMethod("main", String[].class).isPresent();
    }
}
