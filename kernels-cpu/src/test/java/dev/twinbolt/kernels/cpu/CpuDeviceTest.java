package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuDeviceTest {
    @TempDir Path folder;

    @Test
    void saysHowManyThreadsItHas() {
        try (CpuDevice one = new CpuDevice(1);
                CpuDevice two = new CpuDevice(2)) {
            assertTrue(one.description().endsWith(", 1 thread"), one.description());
            assertTrue(two.description().endsWith(", 2 threads"), two.description());
        }
    }

    @Test
    void hasAsManyThreadsAsCoresWhereNobodySaysHowMany() {
        int cores = Runtime.getRuntime().availableProcessors();
        Device device = new CpuProvider().open(new DeviceConfig(0, List.of())).getFirst();
        String threads = cores == 1 ? ", 1 thread" : ", " + cores + " threads";
        assertTrue(device.description().endsWith(threads), device.description());
        device.close();
    }

    @Test
    void commandsSeeWhatWasQueuedBefore() {
        try (CpuDevice device = new CpuDevice(2)) {
            DeviceBuffer a = device.allocate(16 << 20);
            DeviceBuffer b = device.allocate(16 << 20);
            byte[] ones = new byte[16 << 20];
            java.util.Arrays.fill(ones, (byte) 1);
            device.write(a, 0, MemorySegment.ofArray(ones));
            java.util.Arrays.fill(ones, (byte) 9);
            device.fill(a, 5, 3, (byte) 2);
            device.copy(a, 0, b, 4, 10);
            a.close();
            MemorySegment out = MemorySegment.ofArray(new byte[16]);
            device.read(b, 0, out).join();
            assertEquals(
                    List.of(0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 0, 0),
                    java.util.stream.IntStream.range(0, 16)
                            .map(i -> out.get(ValueLayout.JAVA_BYTE, i))
                            .boxed()
                            .toList());
        }
    }

    @Test
    void threadsAndColumnsChangeNoBit() {
        float[] expected = null;
        for (int threads : new int[] {1, 2, 3, 5}) {
            try (OpHarness h = new OpHarness(threads, 3)) {
                Tensor a = h.random(515, 301);
                Tensor b = h.random(515, 37);
                Tensor d = h.run(new Op.MulMat(), TensorType.F32, Shape.of(301, 37), a, b);
                float[] all = new float[301 * 37];
                for (int i = 0; i < all.length; i++) {
                    all[i] = (float) h.at(d, i % 301, i / 301, 0, 0);
                }
                expected = expected == null ? all : expected;
                org.junit.jupiter.api.Assertions.assertArrayEquals(expected, all);
                Tensor one =
                        Tensor.view(
                                "one",
                                TensorType.F32,
                                Shape.of(515),
                                b.strides(),
                                new Op.View(),
                                b,
                                b.nb(1) * 36,
                                b);
                Tensor last = h.run(new Op.MulMat(), TensorType.F32, Shape.of(301), a, one);
                for (int i = 0; i < 301; i++) {
                    assertEquals(expected[36 * 301 + i], (float) h.at(last, i, 0, 0, 0));
                }
            }
        }
    }

    @Test
    void aFailedGraphNamesItsNodeAndLeavesTheDeviceUsable() {
        try (OpHarness h = new OpHarness(2, 1)) {
            Tensor a = h.random(8, 4);
            for (int bad : new int[] {-1, 4, Integer.MIN_VALUE}) {
                Tensor rows = h.ints(new int[] {1, bad}, 2);
                CompletionException e =
                        assertThrows(
                                CompletionException.class,
                                () ->
                                        h.run(
                                                new Op.GetRows(),
                                                TensorType.F32,
                                                Shape.of(8, 2),
                                                a,
                                                rows));
                assertInstanceOf(DeviceException.class, e.getCause());
                assertTrue(e.toString().contains("GET_ROWS d: row number " + bad), e.toString());
            }
            Tensor rows = h.ints(new int[] {1, 2}, 2);
            Tensor d = h.run(new Op.GetRows(), TensorType.F32, Shape.of(8, 2), a, rows);
            assertEquals(h.at(a, 3, 2, 0, 0), h.at(d, 3, 1, 0, 0));
        }
    }

    @Test
    void saysHowMuchMemoryIsMissing() {
        try (CpuDevice device = new CpuDevice(1)) {
            DeviceException.OutOfMemory e =
                    assertThrows(
                            DeviceException.OutOfMemory.class, () -> device.allocate(1L << 50));
            assertTrue(e.toString().contains(Long.toString(1L << 50)), e.toString());
            assertTrue(device.memory().freeBytes() > 0);
            assertTrue(device.memory().freeBytes() <= device.memory().totalBytes());
        }
    }

    @Test
    void rangesOutsideABufferAreRefused() {
        try (CpuDevice device = new CpuDevice(1)) {
            DeviceBuffer buffer = device.allocate(8);
            assertThrows(IllegalArgumentException.class, () -> device.fill(buffer, 4, 5, (byte) 0));
            assertThrows(
                    IllegalArgumentException.class, () -> device.fill(buffer, -1, 2, (byte) 0));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> device.fill(buffer, Long.MAX_VALUE, Long.MAX_VALUE, (byte) 0));
        }
    }

    @Test
    void largeBuffersAreZeroAndAreFreed() {
        long size = (16 << 20) + 3;
        for (int i = 0; i < 20; i++) {
            try (CpuDevice device = new CpuDevice(1);
                    DeviceBuffer buffer = device.allocate(size)) {
                byte[] last = {1, 2, 3, 4, 5};
                device.read(buffer, size - 5, MemorySegment.ofArray(last)).join();
                assertArrayEquals(new byte[5], last);
                device.fill(buffer, 0, size, (byte) 7);
                device.read(buffer, size - 5, MemorySegment.ofArray(last)).join();
                assertArrayEquals(new byte[] {7, 7, 7, 7, 7}, last);
            }
        }
    }

    @Test
    void aMappedFileThatIsCutFailsTheGraphAndNotTheProcess() throws Exception {
        Path path = folder.resolve("weights");
        Files.write(path, new byte[1 << 20]);
        try (CpuDevice device = new CpuDevice(1);
                Arena arena = Arena.ofShared();
                FileChannel channel = FileChannel.open(path)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 1 << 20, arena);
            Shape shape = Shape.of(1 << 18);
            Tensor a = Tensor.leaf("weights", TensorType.F32, shape);
            a.bind(device.adopt(mapped).orElseThrow(), 0);
            Tensor d =
                    Tensor.node(
                            "d",
                            TensorType.F32,
                            shape,
                            Strides.contiguous(TensorType.F32, shape),
                            new Op.Scale(2, 0),
                            a);
            d.bind(device.allocate(1 << 20), 0);
            Graph graph = new Graph(List.of(d));
            device.compute(graph).join();
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(0);
            }
            CompletionException e =
                    assertThrows(CompletionException.class, () -> device.compute(graph).join());
            assertTrue(
                    e.toString().contains("reading weights used a file that was cut"),
                    e.toString());
        }
    }
}
