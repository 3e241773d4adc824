package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What goes wrong in the queue is told, once and typed, and the queue goes on.
class QueueFailureTest {
    private static final int PIECE = 4 << 20;

    @TempDir Path folder;

    private static String failure(CompletableFuture<Void> future) {
        CompletionException e = assertThrows(CompletionException.class, future::join);
        assertInstanceOf(DeviceException.class, e.getCause(), e::toString);
        return e.toString();
    }

    private static MemorySegment host(int size) {
        return MemorySegment.ofArray(new byte[size]);
    }

    private static Tensor scaled(Tensor a) {
        return Tensor.node(
                "d",
                a.type(),
                a.shape(),
                Strides.contiguous(a.type(), a.shape()),
                new Op.Scale(2, 0),
                a);
    }

    @Test
    void writesThatFailAreToldByTheNextReadAndNeverBlockTheQueue() throws Exception {
        Path path = folder.resolve("cut");
        try (CpuDevice device = new CpuDevice(1);
                Arena arena = Arena.ofShared();
                RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(PIECE);
            MemorySegment mapped =
                    file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, PIECE, arena);
            DeviceBuffer cut = device.adopt(mapped).orElseThrow();
            DeviceBuffer whole = device.allocate(64);
            file.setLength(0);
            assertTimeoutPreemptively(
                    Duration.ofSeconds(60),
                    () -> {
                        for (int i = 0; i < 40; i++) {
                            device.write(cut, 0, host(PIECE));
                        }
                        String told = failure(device.read(whole, 0, host(64)));
                        assertTrue(told.contains("write"), told);
                        assertTrue(told.contains("cut"), told);
                        device.read(whole, 0, host(64)).join();
                        assertTrue(failure(device.read(cut, 0, host(64))).contains("cut"));
                        device.read(whole, 0, host(64)).join();
                    });
        }
    }

    /// Alone it would take a minute.
    @Test
    void anOpWhoseUserHasGoneEndsSoon() throws Exception {
        Shape shape = Shape.of(4096, 4096);
        try (CpuDevice device = new CpuDevice(1, CpuVariant.PLAIN)) {
            Tensor a = Tensor.leaf("a", TensorType.F32, shape);
            Tensor b = Tensor.leaf("b", TensorType.F32, shape);
            Strides strides = Strides.contiguous(TensorType.F32, shape);
            Tensor d = Tensor.node("d", TensorType.F32, shape, strides, new Op.MulMat(), a, b);
            DeviceBuffer memory = device.allocate(3 * d.spanBytes());
            a.bind(memory, 0);
            b.bind(memory, d.spanBytes());
            d.bind(memory, 2 * d.spanBytes());
            CompletableFuture<Void> computed = device.compute(new Graph(List.of(d)));
            Thread.sleep(500);
            assertFalse(computed.isDone(), "the premise");
            computed.cancel(false);
            assertTimeoutPreemptively(
                    Duration.ofSeconds(8), () -> device.read(memory, 0, host(64)).join());
        }
    }

    @Test
    void aResultInReadOnlyMemoryFailsNamingTheNode() {
        try (OpHarness h = new OpHarness(1, 1);
                Arena arena = Arena.ofShared()) {
            Tensor d = scaled(h.random(4));
            MemorySegment readOnly = arena.allocate(64).asReadOnly();
            DeviceBuffer buffer = h.device.adopt(readOnly).orElseThrow();
            d.bind(buffer, 0);
            String told = failure(h.device.compute(new Graph(List.of(d))));
            assertTrue(told.contains("SCALE d"), told);
            IllegalArgumentException e =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> h.device.write(buffer, 0, host(4)));
            assertTrue(e.toString().contains("read-only"), e.toString());
        }
    }

    @Test
    void everyWorkersFailureIsTyped() {
        try (OpHarness h = new OpHarness(3, 1)) {
            Tensor weights = h.random(64, 8, 2);
            Tensor b = h.random(64, 1, 2);
            Tensor ids = h.ints(new int[] {0, 1, 1, 2}, 2, 2);
            Shape shape = Shape.of(8, 2, 2);
            CompletionException e =
                    assertThrows(
                            CompletionException.class,
                            () -> h.run(new Op.MulMatId(), TensorType.F32, shape, weights, b, ids));
            assertInstanceOf(DeviceException.class, e.getCause());
            assertTrue(e.toString().contains("MUL_MAT_ID d: row number 2 of 2"), e.toString());

            int rows = 4000;
            int[] numbers = new int[rows];
            numbers[rows - 1] = rows;
            Tensor target = h.random(64, rows);
            Tensor d = OpHarness.setRows(target, h.random(64, rows), h.ints(numbers, rows));
            e = assertThrows(CompletionException.class, () -> h.compute(d));
            assertInstanceOf(DeviceException.class, e.getCause());
            assertTrue(
                    e.toString().contains("SET_ROWS cache: row number 4000 of 4000"), e.toString());
            h.compute(bound(h, scaled(h.random(4))));
        }
    }

    /// Row -1 of a plane behind the first is the last row of the plane before it.
    @Test
    void rowNumbersOfEveryPlaneAreCheckedBeforeARowIsWritten() {
        try (OpHarness h = new OpHarness(2, 1)) {
            Tensor values = h.random(8, 3, 2, 2);
            for (int at = 3; at < 12; at++) {
                int[] numbers = new int[12];
                numbers[at] = -1;
                Tensor target = h.floats(new float[8 * 4 * 2 * 2], 8, 4, 2, 2);
                Tensor d = OpHarness.setRows(target, values, h.ints(numbers, 3, 2, 2));
                String told = failure(h.device.compute(new Graph(List.of(d))));
                assertTrue(told.contains("SET_ROWS cache: row number -1 of 4"), told);
                OpHarness.forEach(
                        target,
                        (i0, i1, i2, i3) ->
                                assertTrue(i1 == 0 || h.at(target, i0, i1, i2, i3) == 0, told));
            }
        }
    }

    private static Tensor bound(OpHarness h, Tensor d) {
        d.bind(h.device.allocate(d.spanBytes()), 0);
        return d;
    }

    @Test
    void tensorsOfAnotherDeviceAndUnboundOnesAreNamed() {
        try (OpHarness h = new OpHarness(1, 1);
                OpHarness other = new OpHarness(1, 1)) {
            Tensor stranger = other.random(4);
            Tensor d = bound(h, scaled(stranger));
            CompletionException e =
                    assertThrows(
                            CompletionException.class,
                            () -> h.device.compute(new Graph(List.of(d))).join());
            assertInstanceOf(InvalidGraphException.class, e.getCause());
            assertTrue(e.toString().contains("leaf is on another device"), e.toString());
            String told = failure(h.device.compute(new Graph(List.of(scaled(h.random(4))))));
            assertTrue(told.contains("d has no memory"), told);
            DeviceBuffer theirs = (DeviceBuffer) stranger.memory();
            assertThrows(
                    IllegalArgumentException.class, () -> h.device.fill(theirs, 0, 4, (byte) 0));
        }
    }

    @Test
    void aClosedBufferIsRefusedWhereItIsNamed() {
        try (CpuDevice device = new CpuDevice(1)) {
            DeviceBuffer buffer = device.allocate(8);
            buffer.close();
            buffer.close();
            assertThrows(IllegalStateException.class, () -> device.write(buffer, 0, host(4)));
            assertThrows(IllegalStateException.class, () -> device.read(buffer, 0, host(4)));
        }
    }

    @Test
    void aGraphThatUsesAClosedBufferFailsNamingIt() {
        try (OpHarness h = new OpHarness(2, 1)) {
            Tensor a = h.random(4);
            Tensor d = bound(h, scaled(a));
            Graph graph = new Graph(List.of(d));
            CompletableFuture<Void> before = h.device.compute(graph);
            ((DeviceBuffer) a.memory()).close();
            before.join();
            assertTrue(failure(h.device.compute(graph)).contains("SCALE d"));
        }
    }

    @Test
    void buffersMayOutliveTheirDevice() {
        CpuDevice device = new CpuDevice(1);
        DeviceBuffer buffer = device.allocate(8);
        device.close();
        buffer.close();
        assertEquals(8, buffer.sizeBytes());
        assertThrows(DeviceException.class, () -> device.compute(new Graph(List.of())));
        device.close();
    }
}
