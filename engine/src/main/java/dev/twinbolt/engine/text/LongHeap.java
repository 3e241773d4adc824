package dev.twinbolt.engine.text;

import java.util.Arrays;

/// A binary min-heap of longs, without boxing.
final class LongHeap {
    private long[] values = new long[64];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void push(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (values[parent] <= value) {
                break;
            }
            values[hole] = values[parent];
            hole = parent;
        }
        values[hole] = value;
    }

    /// Removes and returns the least value; the heap must not be empty.
    long pop() {
        long least = values[0];
        long moved = values[--size];
        int hole = 0;
        int child;
        while ((child = 2 * hole + 1) < size) {
            if (child + 1 < size && values[child + 1] < values[child]) {
                child++;
            }
            if (values[child] >= moved) {
                break;
            }
            values[hole] = values[child];
            hole = child;
        }
        values[hole] = moved;
        return least;
    }
}
