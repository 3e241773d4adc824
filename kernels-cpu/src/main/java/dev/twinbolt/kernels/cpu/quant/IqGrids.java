package dev.twinbolt.kernels.cpu.quant;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/// The vectors whose numbers the IQ formats store: elements of one grid, entry after entry.
///
/// They are data of the formats, read once from `iq-grids.txt`; source: ggml-org/ggml
/// `src/ggml-common.h` (MIT).
final class IqGrids {
    private static final Map<String, byte[]> GRIDS = read();

    /// 2048 entries of 8 elements of −1, 0, 1.
    static final byte[] IQ1 = grid("iq1s", 2048 * 8);

    /// 256 entries of 8.
    static final byte[] IQ2_XXS = grid("iq2xxs", 256 * 8);

    /// 512 entries of 8.
    static final byte[] IQ2_XS = grid("iq2xs", 512 * 8);

    /// 1024 entries of 8.
    static final byte[] IQ2_S = grid("iq2s", 1024 * 8);

    /// 256 entries of 4.
    static final byte[] IQ3_XXS = grid("iq3xxs", 256 * 4);

    /// 512 entries of 4.
    static final byte[] IQ3_S = grid("iq3s", 512 * 4);

    private IqGrids() {}

    private static byte[] grid(String name, int elementCount) {
        byte[] grid = GRIDS.get(name);
        if (grid == null || grid.length != elementCount) {
            throw new IllegalStateException(
                    "iq-grids.txt holds "
                            + (grid == null ? "no" : grid.length)
                            + " elements of grid "
                            + name
                            + ", expected "
                            + elementCount
                            + "; the jar is damaged");
        }
        return grid;
    }

    private static Map<String, byte[]> read() {
        Map<String, StringBuilder> digits = new HashMap<>();
        try (InputStream resource = IqGrids.class.getResourceAsStream("iq-grids.txt")) {
            if (resource == null) {
                throw new IllegalStateException(
                        "iq-grids.txt is not beside IqGrids.class; the jar is damaged");
            }
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(resource, StandardCharsets.US_ASCII));
            StringBuilder current = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("grid ")) {
                    current = new StringBuilder();
                    digits.put(line.substring(5, line.lastIndexOf(' ')), current);
                } else if (!line.startsWith("#")) {
                    current.append(line.replace(" ", ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("iq-grids.txt cannot be read", e);
        }
        Map<String, byte[]> grids = new HashMap<>();
        digits.forEach((name, text) -> grids.put(name, HexFormat.of().parseHex(text)));
        return grids;
    }
}
