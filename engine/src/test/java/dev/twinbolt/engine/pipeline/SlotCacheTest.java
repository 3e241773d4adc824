package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlotCacheTest {
    private static final int MIB = 1 << 20;

    private record Buffer(Device device, long sizeBytes) implements DeviceBuffer {
        @Override
        public void close() {}
    }

    private final DeviceBuffer buffer =
            new Buffer(new CountingDevice(Integer.MAX_VALUE, -1), 1L << 40);

    /// Eight rows of so many MiB each.
    private Tensor cache(int rowMib, long offset) {
        Tensor tensor = Tensor.leaf("cache", TensorType.F16, Shape.of(rowMib * MIB / 2, 8));
        tensor.bind(buffer, offset);
        return tensor;
    }

    private SlotCache.Piece piece(long offset, int mib) {
        return new SlotCache.Piece(buffer, offset, mib * MIB);
    }

    /// All of a layer's K, then its V, each from the slot's first cell on.
    @Test
    void fiveCellsFromTheThirdOnComeInPiecesOfFourMebibytes() {
        LayerCache first = new LayerCache(cache(1, 64), cache(3, 128));
        LayerCache second = new LayerCache(cache(2, 192), cache(1, 256));
        assertEquals(
                List.of(
                        piece(64 + 2 * MIB, 4),
                        piece(64 + 6 * MIB, 1),
                        piece(128 + 6 * MIB, 4),
                        piece(128 + 10 * MIB, 4),
                        piece(128 + 14 * MIB, 4),
                        piece(128 + 18 * MIB, 3),
                        piece(192 + 4 * MIB, 4),
                        piece(192 + 8 * MIB, 4),
                        piece(192 + 12 * MIB, 2),
                        piece(256 + 2 * MIB, 4),
                        piece(256 + 6 * MIB, 1)),
                new SlotCache(List.of(first, second), 2).pieces(5));
    }
}
