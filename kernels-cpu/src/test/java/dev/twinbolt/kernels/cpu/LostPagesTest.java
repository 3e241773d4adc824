package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// A file that is cut between the device's look at it and a kernel's.
@EnabledOnOs(OS.LINUX)
class LostPagesTest {
    private static final FunctionDescriptor SUM =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_FLOAT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final int FLOATS = 1 << 18;
    private static final int KEPT_BYTES = 1 << 16;

    @TempDir Path folder;

    @Test
    void aKernelReadsZerosWhileTheJvmKeepsItsOwnFaults() throws Throwable {
        assumeTrue(CpuVariant.choose().isNative(), "no native kernels here");
        MethodHandle sum = NativeLibrary.load().handle(CpuVariant.BASELINE, "sum", SUM);
        Path path = folder.resolve("weights");
        ByteBuffer ones = ByteBuffer.allocate(4 * FLOATS).order(ByteOrder.LITTLE_ENDIAN);
        while (ones.hasRemaining()) {
            ones.putFloat(1);
        }
        Files.write(path, ones.array());
        try (Arena arena = Arena.ofShared();
                CpuDevice device = new CpuDevice(1)) {
            MemorySegment mapped = map(path, arena);
            MemorySegment again = map(path, arena);
            CpuBuffer adopted = (CpuBuffer) device.adopt(again).orElseThrow();
            adopted.touch(0, 4);
            assertEquals(FLOATS, (float) sum.invokeExact(mapped.address(), (long) FLOATS));
            int before = LostPages.count();
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(KEPT_BYTES);
            }
            assertEquals(KEPT_BYTES / 4, (float) sum.invokeExact(mapped.address(), (long) FLOATS));
            int lost = LostPages.count() - before;
            int pageBytes = (4 * FLOATS - KEPT_BYTES) / lost;
            assertTrue(List.of(1 << 12, 1 << 14, 1 << 16).contains(pageBytes), lost + " pages");
            assertThrows(
                    InternalError.class, () -> again.get(ValueLayout.JAVA_BYTE, 4L * FLOATS - 1));
            // Nobody knows whose pages they were, so no file adopted before is believed.
            assertThrows(InternalError.class, () -> adopted.touch(0, 4));
        }
    }

    private static MemorySegment map(Path path, Arena arena) throws Exception {
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, 4L * FLOATS, arena);
        }
    }
}
