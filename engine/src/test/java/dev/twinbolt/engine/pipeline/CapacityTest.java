package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapacityTest {
    @TempDir Path folder;

    private ModelCost cost(int contextLength, int microBatch, int conversations) throws Exception {
        Capacity capacity = new Capacity(contextLength, microBatch, conversations);
        return ModelCost.of(new TinyLlama(2).model(folder), capacity);
    }

    @Test
    void everyNumberIsAtLeastOne() {
        assertEquals(CacheTypes.DEFAULT, new Capacity(1, 1, 1).cacheTypes());
        assertThrows(IllegalArgumentException.class, () -> new Capacity(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Capacity(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new Capacity(1, 1, 0));
    }

    /// F16 K and V of 32 elements each, in steps of 256 cells, and one more for idle slots.
    @Test
    void cellsComeInStepsAndIdleSlotsHaveOneMore() throws Exception {
        assertEquals(256 * 2 * 64, cost(1, 1, 1).kvBytesPerLayer());
        assertEquals(256 * 2 * 64, cost(256, 1, 1).kvBytesPerLayer());
        assertEquals(512 * 2 * 64, cost(257, 1, 1).kvBytesPerLayer());
        assertEquals(3 * 257 * 2 * 64, cost(256, 1, 3).kvBytesPerLayer());
    }

    @Test
    void buffersAreForTheLargestPass() throws Exception {
        StageRange layers = new StageRange(false, 0, 2, false);
        long eightTokens = cost(256, 8, 1).computeBytes(layers);
        assertTrue(cost(256, 7, 1).computeBytes(layers) < eightTokens);
        assertTrue(cost(256, 1, 8).computeBytes(layers) >= eightTokens, "a token of each");
        assertEquals(eightTokens, cost(8, 512, 1).computeBytes(layers), "no more than fit");
        StageRange head = new StageRange(false, 2, 2, true);
        long rowOfLogits = 100 * Float.BYTES;
        long moreRows = cost(256, 8, 7).computeBytes(head) - cost(256, 8, 1).computeBytes(head);
        assertTrue(moreRows >= 6 * rowOfLogits, "a row of each");
    }
}
