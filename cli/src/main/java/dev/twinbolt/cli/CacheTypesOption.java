package dev.twinbolt.cli;

import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.gguf.TensorType;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/// How K and V are cached, by llama.cpp's names.
public final class CacheTypesOption {
    @Option(
            names = {"-ctk", "--cache-type-k"},
            paramLabel = "TYPE",
            defaultValue = "f16",
            description = "how K is cached: f16 or q8_0 (${DEFAULT-VALUE})")
    private String typeK = "f16";

    @Option(
            names = {"-ctv", "--cache-type-v"},
            paramLabel = "TYPE",
            defaultValue = "f16",
            description = "how V is cached: f16 or q8_0 (${DEFAULT-VALUE})")
    private String typeV = "f16";

    CacheTypesOption() {}

    CacheTypes types() {
        return new CacheTypes(parse("-ctk", typeK), parse("-ctv", typeV));
    }

    /// The type called `name`; `option` is named in errors.
    public static TensorType parse(String option, String name) {
        for (TensorType type : CacheTypes.ALL) {
            if (name(type).equals(name)) {
                return type;
            }
        }
        throw new UsageException(
                "%s %s: expected one of %s"
                        .formatted(
                                option,
                                name,
                                CacheTypes.ALL.stream()
                                        .map(CacheTypesOption::name)
                                        .collect(Collectors.joining(", "))));
    }

    /// As llama.cpp writes it.
    public static String name(TensorType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }
}
