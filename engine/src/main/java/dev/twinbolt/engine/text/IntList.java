package dev.twinbolt.engine.text;

import java.util.Arrays;

/// A growing array of ints.
final class IntList {
    private int[] values = new int[64];
    private int size;

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    int get(int index) {
        return values[index];
    }

    int size() {
        return size;
    }

    void set(int index, int value) {
        values[index] = value;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }
}
