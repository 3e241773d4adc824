package dev.twinbolt.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// Shapes by name: a tiny one, and those of the published llama models of Meta.
enum Preset {
    TINY(new LlamaShape(4, 256, 8, 4, 768, 512, 2048, 10_000, false)),
    LLAMA2_7B(new LlamaShape(32, 4096, 32, 32, 11_008, 32_000, 4096, 10_000, false)),
    LLAMA3_1B(new LlamaShape(16, 2048, 32, 8, 8192, 128_256, 131_072, 500_000, true)),
    LLAMA3_3B(new LlamaShape(28, 3072, 24, 8, 8192, 128_256, 131_072, 500_000, true)),
    LLAMA3_8B(new LlamaShape(32, 4096, 32, 8, 14_336, 128_256, 8192, 500_000, false)),
    LLAMA3_70B(new LlamaShape(80, 8192, 64, 8, 28_672, 128_256, 8192, 500_000, false));

    private final LlamaShape shape;

    Preset(LlamaShape shape) {
        this.shape = shape;
    }

    LlamaShape shape() {
        return shape;
    }

    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Preset byId(String id) {
        return Arrays.stream(values())
                .filter(preset -> preset.id().equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "--preset %s is unknown; expected one of %s"
                                                .formatted(id, ids())));
    }

    static String ids() {
        return Arrays.stream(values()).map(Preset::id).collect(Collectors.joining(", "));
    }
}
