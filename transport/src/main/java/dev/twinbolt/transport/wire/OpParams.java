package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/// The 64 bytes of an op's parameters: sixteen words, each an i32 or the bits of an f32.
public final class OpParams {
    static final int WORDS = 16;

    /// All zeros.
    public static final OpParams NONE = new OpParams(new int[WORDS]);

    private final int[] words;

    private OpParams(int[] words) {
        this.words = words;
    }

    /// The words given, then zeros.
    static OpParams of(int... words) {
        return new OpParams(Arrays.copyOf(words, WORDS));
    }

    static OpParams read(ByteBuf in) {
        int[] words = new int[WORDS];
        for (int i = 0; i < WORDS; i++) {
            words[i] = in.readIntLE();
        }
        return new OpParams(words);
    }

    void write(ByteBuf out) {
        for (int word : words) {
            out.writeIntLE(word);
        }
    }

    int integer(int i) {
        return words[i];
    }

    float real(int i) {
        return Float.intBitsToFloat(words[i]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OpParams params && Arrays.equals(words, params.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return Arrays.toString(words);
    }
}
