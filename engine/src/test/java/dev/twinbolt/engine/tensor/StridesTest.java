package dev.twinbolt.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import org.junit.jupiter.api.Test;

class StridesTest {
    @Test
    void rowsThatShareOneByteAreNotDisjoint() {
        Shape shape = Shape.of(5, 3);
        assertTrue(new Strides(1, 5, 15, 15).areDisjoint(TensorType.I8, shape));
        assertFalse(new Strides(1, 4, 12, 12).areDisjoint(TensorType.I8, shape));
        // Columns further apart than rows.
        assertTrue(new Strides(3, 1, 15, 15).areDisjoint(TensorType.I8, shape));
        assertFalse(new Strides(2, 1, 15, 15).areDisjoint(TensorType.I8, shape));
        // Rows of a block format.
        assertTrue(new Strides(34, 34, 102, 102).areDisjoint(TensorType.Q8_0, Shape.of(32, 3)));
        assertFalse(new Strides(34, 33, 99, 99).areDisjoint(TensorType.Q8_0, Shape.of(32, 3)));
    }
}
