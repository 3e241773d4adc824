package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import org.junit.jupiter.api.AfterEach;

/// Ops of every variant against a double-precision loop written from their formula: with operands
/// as a llama's graph has them, and with all else that the rules allow.
abstract class OpTest {
    static final double CLOSE = 2e-6;
    static final double HALF = 1e-3;

    final OpHarness h;

    OpTest(CpuVariant variant) {
        h = new OpHarness(2, 17, variant);
    }

    @AfterEach
    void close() {
        h.close();
    }

    interface Expected {
        double at(long i0, long i1, long i2, long i3);
    }

    void check(Tensor d, double tolerance, Expected expected) {
        OpHarness.forEach(
                d,
                (i0, i1, i2, i3) -> {
                    double e = expected.at(i0, i1, i2, i3);
                    assertEquals(
                            e,
                            h.at(d, i0, i1, i2, i3),
                            Double.isInfinite(e) ? 0 : tolerance * Math.max(1, Math.abs(e)),
                            () -> "%s, (%d, %d, %d, %d)".formatted(d, i0, i1, i2, i3));
                });
    }

    Tensor half(long... ne) {
        return h.rounded(h.random(ne), TensorType.F16);
    }
}
