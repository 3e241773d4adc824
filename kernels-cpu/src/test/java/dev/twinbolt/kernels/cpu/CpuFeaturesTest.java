package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
    /// Linux calls the features of x86-64 as we do.
    @Test
    void theLibraryFindsWhatLinuxSays() throws Exception {
        NativeTarget target = NativeTarget.ofThisMachine();
        assumeTrue(target.equals(new NativeTarget("linux", "x86_64")), "x86-64 Linux is needed");
        List<String> flags =
                Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                        .filter(line -> line.startsWith("flags"))
                        .findFirst()
                        .map(line -> Arrays.asList(line.split("\\s+")))
                        .orElseThrow();
        Set<CpuFeature> expected =
                Arrays.stream(CpuFeature.values())
                        .filter(feature -> flags.contains(feature.name().toLowerCase(Locale.ROOT)))
                        .collect(Collectors.toSet());
        assertEquals(expected, CpuFeatures.of(target, NativeLibrary.load()));
    }

    @Test
    void readsTheWordsThatLinuxHasForAarch64() {
        assertEquals(
                Set.of(CpuFeature.DOT_PRODUCT, CpuFeature.INT8_MATRIX),
                CpuFeatures.ofWords("fp asimd evtstrm atomics asimddp sve i8mm bf16"));
        assertEquals(Set.of(), CpuFeatures.ofWords("fp asimd evtstrm crc32"));
        assertEquals(Set.of(), CpuFeatures.ofWords(""));
    }

    @Test
    void readsTheBitsOfTheLibrary() {
        assertEquals(
                Set.of(CpuFeature.AVX2, CpuFeature.AVX512_VNNI), CpuFeatures.ofMask(1 | 1 << 9));
    }
}
