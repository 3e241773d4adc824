package dev.twinbolt.bench;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// How llama.cpp names the format of a model file, from `general.file_type`. Source:
/// ggml-org/llama.cpp `llama.h`, `llama-model-loader.cpp`.
final class FileType {
    private static final int ABSENT = -1;

    private FileType() {}

    static String name(Model model, List<TensorInfo> tensors) {
        int id = model.metadata().int32("general.file_type", ABSENT);
        return id == ABSENT ? "(guessed) " + most(tensors) : name(id);
    }

    static String name(int id) {
        return switch (id) {
            case 0 -> "all F32";
            case 1 -> "F16";
            case 2 -> "Q4_0";
            case 3 -> "Q4_1";
            case 7 -> "Q8_0";
            case 8 -> "Q5_0";
            case 9 -> "Q5_1";
            case 10 -> "Q2_K - Medium";
            case 11 -> "Q3_K - Small";
            case 12 -> "Q3_K - Medium";
            case 13 -> "Q3_K - Large";
            case 14 -> "Q4_K - Small";
            case 15 -> "Q4_K - Medium";
            case 16 -> "Q5_K - Small";
            case 17 -> "Q5_K - Medium";
            case 18 -> "Q6_K";
            case 19 -> "IQ2_XXS - 2.0625 bpw";
            case 20 -> "IQ2_XS - 2.3125 bpw";
            case 21 -> "Q2_K - Small";
            case 22 -> "IQ3_XS - 3.3 bpw";
            case 23 -> "IQ3_XXS - 3.0625 bpw";
            case 24 -> "IQ1_S - 1.5625 bpw";
            case 25 -> "IQ4_NL - 4.5 bpw";
            case 26 -> "IQ3_S - 3.4375 bpw";
            case 27 -> "IQ3_S mix - 3.66 bpw";
            case 28 -> "IQ2_S - 2.5 bpw";
            case 29 -> "IQ2_M - 2.7 bpw";
            case 30 -> "IQ4_XS - 4.25 bpw";
            case 31 -> "IQ1_M - 1.75 bpw";
            case 32 -> "BF16";
            case 36 -> "TQ1_0 - 1.69 bpw ternary";
            case 37 -> "TQ2_0 - 2.06 bpw ternary";
            case 38 -> "MXFP4 MoE";
            case 39 -> "NVFP4";
            case 40 -> "Q1_0";
            case 41 -> "Q2_0";
            default -> "unknown, may not work";
        };
    }

    /// The type that takes the most bytes.
    private static TensorType most(List<TensorInfo> tensors) {
        Map<TensorType, Long> bytes = new EnumMap<>(TensorType.class);
        tensors.forEach(tensor -> bytes.merge(tensor.type(), tensor.sizeBytes(), Long::sum));
        return bytes.entrySet().stream()
                .max(Comparator.comparingLong(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }
}
