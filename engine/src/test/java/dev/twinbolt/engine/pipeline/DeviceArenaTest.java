package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceArenaTest {
    private final CountingDevice device = new CountingDevice(256, -1);

    private static List<Tensor> bytes(int... sizes) {
        return IntStream.range(0, sizes.length)
                .mapToObj(i -> Tensor.leaf("t" + i, TensorType.I8, Shape.of(sizes[i])))
                .toList();
    }

    private static byte[] pattern(Tensor tensor, int number) {
        byte[] bytes = new byte[(int) tensor.spanBytes()];
        Arrays.fill(bytes, (byte) (number + 1));
        return bytes;
    }

    @Test
    void takesAnotherBufferWhereTheLargestIsFull() {
        List<Tensor> tensors = bytes(1, 100, 64, 65, 256, 10, 192, 64, 64);
        try (DeviceArena arena = new DeviceArena(device)) {
            arena.bind(tensors);
            assertEquals(
                    List.of(256L, 65L, 256L, 256L, 128L),
                    device.buffers.stream().map(DeviceBuffer::sizeBytes).toList());
            for (int i = 0; i < tensors.size(); i++) {
                Tensor tensor = tensors.get(i);
                assertEquals(0, tensor.offset() % CountingDevice.ALIGNMENT_BYTES, tensor.name());
                device.write(
                        (DeviceBuffer) tensor.memory(),
                        tensor.offset(),
                        MemorySegment.ofArray(pattern(tensor, i)));
            }
            for (int i = 0; i < tensors.size(); i++) {
                Tensor tensor = tensors.get(i);
                byte[] expected = pattern(tensor, i);
                byte[] found = new byte[expected.length];
                device.read(
                        (DeviceBuffer) tensor.memory(),
                        tensor.offset(),
                        MemorySegment.ofArray(found));
                assertArrayEquals(expected, found, tensor.name());
            }
        }
        assertEquals(0, device.openBuffers());
    }

    @Test
    void namesATensorThatNoBufferHolds() {
        try (DeviceArena arena = new DeviceArena(device)) {
            DeviceException.OutOfMemory e =
                    assertThrows(
                            DeviceException.OutOfMemory.class, () -> arena.bind(bytes(10, 257)));
            assertTrue(String.valueOf(e.getMessage()).startsWith("t1 needs "), e.getMessage());
        }
    }
}
