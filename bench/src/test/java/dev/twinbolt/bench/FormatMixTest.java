package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormatMixTest {
    private static final FormatMix Q4_K_M = FormatMix.byName("q4_k_m");

    @Test
    void theHeadAndHalfTheValuesAreFiner() {
        assertEquals(RandomFormat.Q6_K, Q4_K_M.of("output", 0, 16));
        assertEquals(RandomFormat.Q4_K, Q4_K_M.of("token_embd", 0, 16));
        assertEquals(RandomFormat.Q4_K, Q4_K_M.of("attn_q", 0, 16));
        List<Integer> finer =
                IntStream.range(0, 16)
                        .filter(i -> Q4_K_M.of("ffn_down", i, 16) == RandomFormat.Q6_K)
                        .boxed()
                        .toList();
        assertEquals(List.of(0, 1, 4, 7, 10, 13, 14, 15), finer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Q8_0", "f16", "TQ2_0"})
    void aPlainTypeIsInEveryMatrix(String name) {
        FormatMix mix = FormatMix.byName(name);
        for (String role : List.of("output", "token_embd", "attn_v", "ffn_down")) {
            assertEquals(mix.most(), mix.of(role, 0, 16));
        }
        assertEquals(mix.most().fileType(), mix.fileType());
    }

    /// 1 235 814 400 weights, a third of them in the tied embedding.
    @ParameterizedTest
    @CsvSource({"BF16, 2471.8e6", "Q4_0, 695.3e6", "Q4_K_M, 799.9e6"})
    void thePresetOf1BillionHasTheSizeOfTheRealOne(String type, double bytes) {
        RandomModel model =
                new RandomModel(Preset.byId("llama3-1b").shape(), FormatMix.byName(type), 0);
        assertEquals(bytes, (double) model.sizeBytes(), 1e5);
    }

    /// Four bytes a weight: as many weights as the published models have.
    @ParameterizedTest
    @CsvSource({
        "llama2-7b, 6738415616, 32, 4096, 10000",
        "llama3-1b, 1235814400, 32, 131072, 500000",
        "llama3-3b, 3212749824, 24, 131072, 500000",
        "llama3-8b, 8030261248, 32, 8192, 500000",
        "llama3-70b, 70553706496, 64, 8192, 500000"
    })
    void everyPresetIsShapedAsTheRealOne(
            String preset, long weights, int heads, int context, float ropeTheta) {
        LlamaShape shape = Preset.byId(preset).shape();
        assertEquals(4 * weights, new RandomModel(shape, FormatMix.byName("F32"), 0).sizeBytes());
        assertEquals(heads, shape.heads());
        assertEquals(context, shape.context());
        assertEquals(ropeTheta, shape.ropeTheta());
    }
}
