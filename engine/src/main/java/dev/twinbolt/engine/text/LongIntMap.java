package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.SplittableRandom;

/// A map from longs to ints of at least 0, without boxing; -1 is absent. Seeded per process, so
/// that a file cannot be made to collide.
final class LongIntMap {
    private static final long SEED = new SplittableRandom().nextLong() | 1;

    private long[] keys = new long[16];
    private int[] values = new int[16];
    private int size;

    LongIntMap() {
        Arrays.fill(values, -1);
    }

    int get(long key) {
        return values[slot(key)];
    }

    void put(long key, int value) {
        int slot = slot(key);
        if (values[slot] < 0) {
            size++;
        }
        keys[slot] = key;
        values[slot] = value;
        if (size * 2 > keys.length) {
            grow();
        }
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new int[keys.length];
        Arrays.fill(values, -1);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldValues[i] >= 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
            }
        }
    }

    private int slot(long key) {
        long hash = (key ^ (key >>> 32)) * SEED;
        hash = (hash ^ (hash >>> 29)) * SEED;
        int mask = keys.length - 1;
        int slot = (int) (hash >>> 32) & mask;
        while (values[slot] >= 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
