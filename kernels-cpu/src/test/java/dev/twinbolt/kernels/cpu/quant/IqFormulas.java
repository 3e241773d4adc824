package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/// The formats that store numbers of grid vectors; every number is put together bit by bit.
final class IqFormulas {
    private IqFormulas() {}

    static Formula of(TensorType type) {
        return switch (type) {
            case IQ1_S -> {
                List<String> grid = grid("iq1s");
                yield (b, at, i) -> {
                    int group = at + 34 + i / 32 * 2;
                    int entry =
                            Formula.u8(b, at + 2 + i / 8)
                                    + 256 * Formula.bits(b, group, i % 32 / 8 * 3, 3);
                    float step = Formula.f16(b, at) * (2 * Formula.bits(b, group, 12, 3) + 1);
                    float shift = Formula.bits(b, group, 15, 1) == 1 ? -0.125f : 0.125f;
                    return step * ((byte) element(grid, entry, i % 8) + shift);
                };
            }
            case IQ1_M -> {
                List<String> grid = grid("iq1s");
                yield (b, at, i) -> {
                    int entry =
                            Formula.u8(b, at + i / 8)
                                    + 256 * Formula.bits(b, at + 32, i / 8 * 4, 3);
                    float shift =
                            Formula.bits(b, at + 32, i / 8 * 4 + 3, 1) == 1 ? -0.125f : 0.125f;
                    int d = 0;
                    for (int k = 3; k >= 0; k--) {
                        d = 16 * d + Formula.bits(b, at + 48 + 2 * k, 12, 4);
                    }
                    int scale = Formula.bits(b, at + 48 + i / 64 * 2, i % 64 / 16 * 3, 3);
                    return Formula.f16(d)
                            * (2 * scale + 1)
                            * ((byte) element(grid, entry, i % 8) + shift);
                };
            }
            case IQ2_XXS -> {
                List<String> grid = grid("iq2xxs");
                yield (b, at, i) -> {
                    int group = at + 2 + i / 32 * 8;
                    int entry = Formula.u8(b, group + i % 32 / 8);
                    int minus = evenSign(Formula.bits(b, group + 4, i % 32 / 8 * 7, 7), i % 8);
                    float step =
                            Formula.f16(b, at) * (0.5f + Formula.bits(b, group + 4, 28, 4)) * 0.25f;
                    return step * element(grid, entry, i % 8) * (1 - 2 * minus);
                };
            }
            case IQ2_XS -> {
                List<String> grid = grid("iq2xs");
                yield (b, at, i) -> {
                    int vector = at + 2 + i / 8 * 2;
                    int entry = Formula.bits(b, vector, 0, 9);
                    int minus = evenSign(Formula.bits(b, vector, 9, 7), i % 8);
                    float step =
                            Formula.f16(b, at)
                                    * (0.5f + Formula.bits(b, at + 66, i / 16 * 4, 4))
                                    * 0.25f;
                    return step * element(grid, entry, i % 8) * (1 - 2 * minus);
                };
            }
            case IQ2_S -> {
                List<String> grid = grid("iq2s");
                yield (b, at, i) -> {
                    int entry =
                            Formula.u8(b, at + 2 + i / 8)
                                    + 256 * Formula.bits(b, at + 66, i / 8 * 2, 2);
                    int minus = Formula.bits(b, at + 34, i, 1);
                    float step =
                            Formula.f16(b, at)
                                    * (0.5f + Formula.bits(b, at + 74, i / 16 * 4, 4))
                                    * 0.25f;
                    return step * element(grid, entry, i % 8) * (1 - 2 * minus);
                };
            }
            case IQ3_XXS -> {
                List<String> grid = grid("iq3xxs");
                yield (b, at, i) -> {
                    int group = at + 66 + i / 32 * 4;
                    int entry = Formula.u8(b, at + 2 + i / 4);
                    int minus = evenSign(Formula.bits(b, group, i % 32 / 8 * 7, 7), i % 8);
                    float step = Formula.f16(b, at) * (0.5f + Formula.bits(b, group, 28, 4)) * 0.5f;
                    return step * element(grid, entry, i % 4) * (1 - 2 * minus);
                };
            }
            case IQ3_S -> {
                List<String> grid = grid("iq3s");
                yield (b, at, i) -> {
                    int entry =
                            Formula.u8(b, at + 2 + i / 4)
                                    + 256 * Formula.bits(b, at + 66, i / 4, 1);
                    int minus = Formula.bits(b, at + 74, i, 1);
                    float step =
                            Formula.f16(b, at) * (1 + 2 * Formula.bits(b, at + 106, i / 32 * 4, 4));
                    return step * element(grid, entry, i % 4) * (1 - 2 * minus);
                };
            }
            default -> throw new IllegalArgumentException(type + " has no formula here");
        };
    }

    /// The entries of a grid as the resource has them: hex digits.
    private static List<String> grid(String name) {
        List<String> entries = new ArrayList<>();
        try (InputStream resource = RowCodec.class.getResourceAsStream("iq-grids.txt")) {
            String text = new String(resource.readAllBytes(), StandardCharsets.US_ASCII);
            Scanner words = new Scanner(text.substring(text.indexOf("grid " + name + " ") + 5));
            words.next();
            int count = words.nextInt();
            for (int k = 0; k < count; k++) {
                entries.add(words.next());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return entries;
    }

    private static int element(List<String> grid, int entry, int j) {
        return Integer.parseInt(grid.get(entry).substring(2 * j, 2 * j + 2), 16);
    }

    /// Sign `j` of seven; the eighth makes the count of minuses even.
    private static int evenSign(int signs, int j) {
        int last = 0;
        for (int k = 0; k < 7; k++) {
            last ^= signs >> k & 1;
        }
        return j < 7 ? signs >> j & 1 : last;
    }
}
