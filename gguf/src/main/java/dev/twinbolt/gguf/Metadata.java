package dev.twinbolt.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A file's metadata by key. A getter throws a [GgufException] that names the key, what was
/// expected and what is there; one with a fallback does so only where the key is there with another
/// type.
public final class Metadata {
    private final Map<String, MetadataValue> values;

    public Metadata(Map<String, MetadataValue> values) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /// In the order of the file.
    public Set<String> keys() {
        return values.keySet();
    }

    public boolean contains(String key) {
        return values.containsKey(key);
    }

    public Optional<MetadataValue> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    public String string(String key) {
        return require(key, "a string") instanceof MetadataValue.Str(String value)
                ? value
                : this.<String>mistyped(key, "a string");
    }

    public String string(String key, String fallback) {
        return contains(key) ? string(key) : fallback;
    }

    /// An integer of any width that fits 63 bits.
    public long integer(String key) {
        if (require(key, "an integer") instanceof MetadataValue.Int(ValueType type, long value)) {
            if (type == ValueType.UINT64 && value < 0) {
                throw new GgufException(
                        "metadata %s: expected an integer below 2^63, got %s"
                                .formatted(key, Long.toUnsignedString(value)),
                        -1);
            }
            return value;
        }
        return this.<Long>mistyped(key, "an integer");
    }

    public long integer(String key, long fallback) {
        return contains(key) ? integer(key) : fallback;
    }

    /// An integer of any width that fits 32 bits with its sign.
    public int int32(String key) {
        long value = integer(key);
        if (value != (int) value) {
            throw new GgufException(
                    "metadata %s: expected a 32-bit integer, got %d".formatted(key, value), -1);
        }
        return (int) value;
    }

    public int int32(String key, int fallback) {
        return contains(key) ? int32(key) : fallback;
    }

    public float float32(String key) {
        return require(key, "a float") instanceof MetadataValue.Real(_, double value)
                ? (float) value
                : this.<Float>mistyped(key, "a float");
    }

    public float float32(String key, float fallback) {
        return contains(key) ? float32(key) : fallback;
    }

    public boolean bool(String key, boolean fallback) {
        if (!contains(key)) {
            return fallback;
        }
        return require(key, "a boolean") instanceof MetadataValue.Bool(boolean value)
                ? value
                : this.<Boolean>mistyped(key, "a boolean");
    }

    public List<String> strings(String key) {
        MetadataValue value = require(key, "an array of strings");
        if (value instanceof MetadataValue.Strings(List<String> strings)) {
            return strings;
        }
        return value instanceof MetadataValue.Numbers numbers && numbers.count() == 0
                ? List.of()
                : this.<List<String>>mistyped(key, "an array of strings");
    }

    /// The elements of an array of numbers or booleans. Whoever expects a certain count asks this
    /// before the array itself, which is as large as the file says.
    public int count(String key) {
        return numbers(key, "an array of numbers").count();
    }

    public float[] floats(String key) {
        MetadataValue.Numbers numbers = numbers(key, "an array of floats");
        if (!numbers.elementType().isReal()) {
            return this.<float[]>mistyped(key, "an array of floats");
        }
        float[] floats = new float[numbers.count()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers.real(i);
        }
        return floats;
    }

    public int[] ints(String key) {
        MetadataValue.Numbers numbers = numbers(key, "an array of integers");
        if (!numbers.elementType().isInteger()) {
            return this.<int[]>mistyped(key, "an array of integers");
        }
        int[] ints = new int[numbers.count()];
        for (int i = 0; i < ints.length; i++) {
            long value = numbers.integer(i);
            if (value != (int) value) {
                throw new GgufException(
                        "metadata %s[%d]: expected a 32-bit integer, got %d"
                                .formatted(key, i, value),
                        -1);
            }
            ints[i] = (int) value;
        }
        return ints;
    }

    public boolean[] bools(String key) {
        MetadataValue.Numbers numbers = numbers(key, "an array of booleans");
        if (numbers.elementType() != ValueType.BOOL) {
            return this.<boolean[]>mistyped(key, "an array of booleans");
        }
        boolean[] bools = new boolean[numbers.count()];
        for (int i = 0; i < bools.length; i++) {
            bools[i] = numbers.integer(i) != 0;
        }
        return bools;
    }

    private MetadataValue.Numbers numbers(String key, String expected) {
        return require(key, expected) instanceof MetadataValue.Numbers numbers
                ? numbers
                : this.<MetadataValue.Numbers>mistyped(key, expected);
    }

    private MetadataValue require(String key, String expected) {
        MetadataValue value = values.get(key);
        if (value == null) {
            throw new GgufException(
                    "metadata %s is missing, expected %s".formatted(key, expected), -1);
        }
        return value;
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // it only throws, in the place of any value
    private <T> T mistyped(String key, String expected) {
        MetadataValue value = require(key, expected);
        String actual =
                switch (value) {
                    case MetadataValue.Numbers numbers ->
                            "an array of %d %s".formatted(numbers.count(), numbers.elementType());
                    case MetadataValue.Strings(List<String> strings) ->
                            "an array of %d STRING".formatted(strings.size());
                    case MetadataValue.Int _,
                            MetadataValue.Real _,
                            MetadataValue.Bool _,
                            MetadataValue.Str _ ->
                            value.type().toString();
                };
        throw new GgufException(
                "metadata %s: expected %s, got %s".formatted(key, expected, actual), -1);
    }
}
