package dev.twinbolt.engine.tensor;

import dev.twinbolt.gguf.TensorType;
import java.util.Arrays;
import java.util.Comparator;

/// Bytes from one index to the next in each dimension (`nb` in ggml). For a block format `nb0` is
/// the bytes of one block.
public record Strides(long nb0, long nb1, long nb2, long nb3) {
    public Strides {
        if (nb0 < 0 || nb1 < 0 || nb2 < 0 || nb3 < 0) {
            throw new InvalidGraphException(
                    "strides [%d, %d, %d, %d] have a negative one".formatted(nb0, nb1, nb2, nb3));
        }
    }

    /// The strides of a tensor whose elements lie without gaps.
    public static Strides contiguous(TensorType type, Shape shape) {
        try {
            long nb1 = type.rowBytes(shape.ne0());
            long nb2 = Math.multiplyExact(nb1, shape.ne1());
            long nb3 = Math.multiplyExact(nb2, shape.ne2());
            Math.multiplyExact(nb3, shape.ne3());
            return new Strides(type.blockBytes(), nb1, nb2, nb3);
        } catch (ArithmeticException e) {
            throw new InvalidGraphException(
                    "%s tensor of shape %s is larger than 2^63 bytes".formatted(type, shape));
        }
    }

    /// The stride of dimension `dimension`, 0 to 3.
    public long nb(int dimension) {
        return switch (dimension) {
            case 0 -> nb0;
            case 1 -> nb1;
            case 2 -> nb2;
            case 3 -> nb3;
            default -> throw new IndexOutOfBoundsException(dimension);
        };
    }

    /// The bytes from the first to past the last element: the memory that a tensor of these strides
    /// touches (`nbytes` in ggml).
    public long spanBytes(TensorType type, Shape shape) {
        if (shape.isEmpty()) {
            return 0;
        }
        try {
            long bytes =
                    type.isQuantized()
                            ? Math.multiplyExact(shape.ne0(), nb0) / type.blockSize()
                            : Math.addExact(
                                    type.blockBytes(), Math.multiplyExact(shape.ne0() - 1, nb0));
            for (int d = 1; d < 4; d++) {
                bytes = Math.addExact(bytes, Math.multiplyExact(shape.ne(d) - 1, nb(d)));
            }
            return bytes;
        } catch (ArithmeticException e) {
            throw new InvalidGraphException(
                    "%s tensor of shape %s with strides %s reaches past 2^63 bytes"
                            .formatted(type, shape, this));
        }
    }

    /// Whether no two elements of a tensor share a byte, so that a shape can be no larger than its
    /// memory. The shape is not empty.
    public boolean areDisjoint(TensorType type, Shape shape) {
        long[][] steps = {
            {nb0, shape.ne0() / type.blockSize()},
            {nb1, shape.ne1()},
            {nb2, shape.ne2()},
            {nb3, shape.ne3()}
        };
        Arrays.sort(steps, Comparator.comparingLong(step -> step[0]));
        long extent = type.blockBytes();
        for (long[] step : steps) {
            if (step[1] > 1) {
                if (step[0] < extent) {
                    return false;
                }
                extent += step[0] * (step[1] - 1);
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "[%d, %d, %d, %d]".formatted(nb0, nb1, nb2, nb3);
    }
}
