package dev.twinbolt.bench;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Which format each matrix of a model has: one for most, and a finer one for those that suffer
/// most from rounding.
///
/// @param name as `--type` takes it
/// @param fileType the value of `general.file_type`
/// @param finer the same as `most` where a model has one format
record FormatMix(String name, int fileType, RandomFormat most, RandomFormat finer) {
    /// The role of the output head, and of a token embedding that serves as one.
    static final String HEAD = "output";

    private static final FormatMix Q4_K_M =
            new FormatMix("Q4_K_M", 15, RandomFormat.Q4_K, RandomFormat.Q6_K);

    static FormatMix byName(String name) {
        if (name.equalsIgnoreCase(Q4_K_M.name)) {
            return Q4_K_M;
        }
        return Arrays.stream(RandomFormat.values())
                .filter(format -> format.name().equalsIgnoreCase(name))
                .findFirst()
                .map(format -> new FormatMix(format.name(), format.fileType(), format, format))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "--type %s cannot be made; expected one of %s"
                                                .formatted(name, names())));
    }

    static String names() {
        return Stream.concat(
                        Arrays.stream(RandomFormat.values()).map(Enum::name),
                        Stream.of(Q4_K_M.name))
                .collect(Collectors.joining(", "));
    }

    /// The format of the matrix `role`, such as `attn_v`, in layer `layer` of `layers`. The choice
    /// is that of ggml-org/llama.cpp `llama-quant.cpp` for a llama of up to 65 billion weights.
    RandomFormat of(String role, int layer, int layers) {
        return switch (role) {
            case HEAD -> finer;
            case "attn_v", "ffn_down" -> isSensitive(layer, layers) ? finer : most;
            default -> most;
        };
    }

    /// The first and the last eighth of the layers, and every third one between.
    private static boolean isSensitive(int layer, int layers) {
        int eighth = layers / 8;
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    }
}
