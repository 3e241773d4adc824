package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.util.Set;
import java.util.TreeSet;
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

    private static Set<String> ops() throws Exception {
        Set<String> ops = BoundOps.read();
        assertTrue(ops.containsAll(Set.of("mul_mat", "flash_attn_ext", "add")), ops.toString());
        ops.add("sum"); // which only tests call
        return ops;
    }

    private static LibrarySymbols read(NativeTarget target) throws Exception {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(target.resource())) {
            assertNotNull(in, target.resource());
            return LibrarySymbols.of(in.readAllBytes());
        }
    }
}
