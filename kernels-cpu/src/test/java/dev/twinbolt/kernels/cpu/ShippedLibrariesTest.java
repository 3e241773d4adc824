package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.InputStream;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The libraries of other systems, which this one cannot load.
class ShippedLibrariesTest {
    @ParameterizedTest
    @CsvSource({"linux,x86_64", "linux,aarch64", "macos,x86_64", "macos,aarch64", "windows,x86_64"})
    void everyVariantHasEveryOpAndNothingIsMissing(String os, String arch) throws Exception {
        LibrarySymbols symbols = read(new NativeTarget(os, arch));
        Set<String> expected = new TreeSet<>();
        for (CpuVariant variant : CpuVariant.values()) {
            if (variant.isFor(arch)) {
                ops().forEach(op -> expected.add("tb_" + variant.label() + "_" + op));
            }
        }
        if (arch.equals("x86_64")) {
            expected.add("tb_x86_features");
        }
        if (os.equals("linux")) {
            expected.addAll(
                    Set.of(
                            "tb_lost_pages",
                            "tb_on_bus_error",
                            "tb_page_bytes",
                            "tb_previous_on_bus_error"));
        }
        assertEquals(expected, symbols.exported());
        assertEquals(Set.of(), symbols.imported());
    }

    /// As one variant of one library has them.
    private static Set<String> ops() throws Exception {
        String prefix = "tb_" + CpuVariant.BASELINE.label() + "_";
        return read(new NativeTarget("linux", "x86_64")).exported().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .collect(Collectors.toSet());
    }

    private static LibrarySymbols read(NativeTarget target) throws Exception {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(target.resource())) {
            assertNotNull(in, target.resource());
            return LibrarySymbols.of(in.readAllBytes());
        }
    }
}
