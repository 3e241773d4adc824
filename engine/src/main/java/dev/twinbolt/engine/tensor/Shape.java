package dev.twinbolt.engine.tensor;

/// Element counts of a tensor's four dimensions, innermost first (`ne` in ggml). Unused dimensions
/// are 1; a dimension may be 0, and then the tensor holds nothing.
public record Shape(long ne0, long ne1, long ne2, long ne3) {
    public Shape {
        if (ne0 < 0 || ne1 < 0 || ne2 < 0 || ne3 < 0) {
            throw new InvalidGraphException(
                    "shape [%d, %d, %d, %d] has a negative dimension"
                            .formatted(ne0, ne1, ne2, ne3));
        }
        try {
            Math.multiplyExact(Math.multiplyExact(ne0, ne1), Math.multiplyExact(ne2, ne3));
        } catch (ArithmeticException e) {
            throw new InvalidGraphException(
                    "shape [%d, %d, %d, %d] has more than 2^63 elements"
                            .formatted(ne0, ne1, ne2, ne3));
        }
    }

    public static Shape of(long ne0) {
        return new Shape(ne0, 1, 1, 1);
    }

    public static Shape of(long ne0, long ne1) {
        return new Shape(ne0, ne1, 1, 1);
    }

    public static Shape of(long ne0, long ne1, long ne2) {
        return new Shape(ne0, ne1, ne2, 1);
    }

    public static Shape of(long ne0, long ne1, long ne2, long ne3) {
        return new Shape(ne0, ne1, ne2, ne3);
    }

    /// The element count of dimension `dimension`, 0 to 3.
    public long ne(int dimension) {
        return switch (dimension) {
            case 0 -> ne0;
            case 1 -> ne1;
            case 2 -> ne2;
            case 3 -> ne3;
            default -> throw new IndexOutOfBoundsException(dimension);
        };
    }

    public long elementCount() {
        return ne0 * ne1 * ne2 * ne3;
    }

    /// How many rows of `ne0` elements there are.
    public long rowCount() {
        return ne1 * ne2 * ne3;
    }

    public boolean isEmpty() {
        return ne0 == 0 || ne1 == 0 || ne2 == 0 || ne3 == 0;
    }

    @Override
    public String toString() {
        return "[%d, %d, %d, %d]".formatted(ne0, ne1, ne2, ne3);
    }
}
