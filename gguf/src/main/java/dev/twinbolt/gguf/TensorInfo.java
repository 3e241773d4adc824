package dev.twinbolt.gguf;

import java.util.List;

/// What a file says of one tensor.
///
/// @param ne elements per dimension, innermost first; one to four of them
/// @param offsetBytes from the start of the tensor's part of the file
/// @param part which file of a split model holds the data; 0 for the first
public record TensorInfo(
        String name, TensorType type, List<Long> ne, long offsetBytes, long sizeBytes, int part) {
    public TensorInfo {
        ne = List.copyOf(ne);
    }

    /// The elements of dimension `i`, 1 where the tensor has fewer dimensions.
    public long ne(int i) {
        return i < ne.size() ? ne.get(i) : 1;
    }

    /// The bytes of a tensor of `type` and `ne`; throws [ArithmeticException] past 2^63.
    static long sizeBytes(TensorType type, List<Long> ne) {
        long bytes = type.rowBytes(ne.getFirst());
        for (long n : ne.subList(1, ne.size())) {
            bytes = Math.multiplyExact(bytes, n);
        }
        return bytes;
    }
}
