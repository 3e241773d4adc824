package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What packed copies of adopted bytes take of the memory, and for how long.
class PackedCopiesTest {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final long TOTAL_BYTES = 1L << 30;
    private static final TensorType TYPE = TensorType.Q8_0;
    private static final int K = 1024;
    private static final int ROWS = 4096;
    private static final long MATRIX_BYTES = TYPE.rowBytes(K) * ROWS;

    private final AtomicLong freeBytes = new AtomicLong(TOTAL_BYTES);
    private final CpuDevice device =
            new CpuDevice(
                    1, CpuVariant.choose(), () -> new DeviceMemory(freeBytes.get(), TOTAL_BYTES));
    private final Arena arena = Arena.ofShared();

    @BeforeEach
    void needsNativeKernels() {
        assumeTrue(device.variant().isNative(), "this machine has no native kernels");
    }

    @AfterEach
    void close() {
        device.close();
        arena.close();
    }

    @Test
    void anEighthOfTheMemoryStaysFree() {
        freeBytes.set(TOTAL_BYTES / 8 + MATRIX_BYTES);
        Tensor fits = adopt(arena.allocate(MATRIX_BYTES));
        multiply(fits, 1);
        assertNotNull(packed(fits));

        freeBytes.decrementAndGet();
        Tensor tooLarge = adopt(arena.allocate(MATRIX_BYTES));
        multiply(tooLarge, 1);
        assertNull(packed(tooLarge));
    }

    @Test
    void thePagesOfAMappedFileAreGivenBack(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isReadable(MAPPINGS), "no " + MAPPINGS + " here");
        Path path = folder.resolve("weights");
        Files.write(path, new byte[(int) MATRIX_BYTES]);
        try (FileChannel channel = FileChannel.open(path)) {
            MemorySegment mapped =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, MATRIX_BYTES, arena);
            Tensor w = adopt(mapped);
            multiply(w, 9);
            long before = residentBytes(mapped);
            assertTrue(before > MATRIX_BYTES / 4 * 3, before + " bytes are read in place");
            multiply(w, 1);
            assertNotNull(packed(w));
            long after = residentBytes(mapped);
            assertTrue(after < MATRIX_BYTES / 4, after + " bytes beside the copy");
        }
    }

    @Test
    void aCopyIsFreedWithTheBufferOrWhenItsBytesChange() {
        Tensor w = adopt(arena.allocate(MATRIX_BYTES));
        multiply(w, 1);
        Arena first = copyOf(w);
        device.fill(buffer(w), 0, 1, (byte) 1);
        multiply(w, 1);
        assertFalse(first.scope().isAlive());
        Arena second = copyOf(w);
        assertTrue(second.scope().isAlive());
        buffer(w).close();
        multiply(adopt(arena.allocate(MATRIX_BYTES)), 9); // after the queue's turn to free
        assertFalse(second.scope().isAlive());
    }

    /// What of `mapped` is in memory and counts as this process's.
    private static long residentBytes(MemorySegment mapped) throws Exception {
        List<String> lines = Files.readAllLines(MAPPINGS);
        String start = Long.toHexString(mapped.address()) + "-";
        String resident =
                lines.stream()
                        .dropWhile(line -> !line.startsWith(start))
                        .filter(line -> line.startsWith("Rss:"))
                        .findFirst()
                        .orElseThrow();
        return Long.parseLong(resident.replaceAll("\\D", "")) << 10;
    }

    private Tensor adopt(MemorySegment bytes) {
        Tensor w = Tensor.leaf("w", TYPE, Shape.of(K, ROWS));
        w.bind(device.adopt(bytes).orElseThrow(), 0);
        return w;
    }

    private void multiply(Tensor w, int columns) {
        Tensor x = Tensor.leaf("x", TensorType.F32, Shape.of(K, columns));
        x.bind(device.allocate(x.spanBytes()), 0);
        Tensor d = new GraphBuilder().mulMat("d", w, x);
        d.bind(device.allocate(d.spanBytes()), 0);
        device.compute(new Graph(List.of(d))).join();
    }

    private static Arena copyOf(Tensor w) {
        return Objects.requireNonNull(Objects.requireNonNull(packed(w)).copy());
    }

    private static PackedMatrices.@Nullable Matrix packed(Tensor w) {
        return buffer(w).packed().find(w, 0);
    }

    private static CpuBuffer buffer(Tensor w) {
        return (CpuBuffer) w.memory();
    }
}
