package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What buffers, and writes that wait, take of memory, and when they give it back.
class CpuMemoryTest {
    private static final int MIB = 1 << 20;
    private static final int PIECE = 4 * MIB;
    private static final Path MAPPINGS = Path.of("/proc/self/maps");
    private static final Path PAGES = Path.of("/proc/self/smaps");
    private static final Path MEMINFO = Path.of("/proc/meminfo");

    private static CpuDevice withFree(long freeBytes) {
        DeviceMemory memory = new DeviceMemory(freeBytes, 1L << 40);
        return new CpuDevice(1, CpuVariant.choose(), () -> memory);
    }

    @Test
    void aBufferTakesAllThatIsFreeAndNoByteMore() {
        try (CpuDevice device = withFree(1000);
                DeviceBuffer all = device.allocate(1000)) {
            assertEquals(1000, all.sizeBytes());
            assertThrows(DeviceException.OutOfMemory.class, () -> device.allocate(1001));
            assertThrows(IllegalArgumentException.class, () -> device.allocate(-1));
        }
    }

    /// Or two would take the same memory.
    @Test
    void oneAtATimeAsksWhatIsFreeAndTakesIt() {
        AtomicInteger asking = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Supplier<DeviceMemory> memory =
                () -> {
                    most.accumulateAndGet(asking.incrementAndGet(), Math::max);
                    LockSupport.parkNanos(200_000_000);
                    asking.decrementAndGet();
                    return new DeviceMemory(MIB, MIB);
                };
        try (CpuDevice device = new CpuDevice(1, CpuVariant.choose(), memory);
                CpuDevice other = new CpuDevice(1, CpuVariant.choose(), memory)) {
            CompletableFuture<Void> first =
                    CompletableFuture.runAsync(() -> device.allocate(1).close());
            other.allocate(1).close();
            first.join();
        }
        assertEquals(1, most.get());
    }

    @Test
    void whatTheJvmMayStillTakeIsNotFree() {
        long gib = 1L << 30;
        assertEquals(456 * MIB, CpuInfo.growthBytes(300 * MIB, 100 * MIB));
        assertEquals(300 * MIB, CpuInfo.growthBytes(200 * MIB, 100 * MIB));
        assertEquals(gib, CpuInfo.growthBytes(gib, 100 * MIB));
        assertEquals(gib, CpuInfo.growthBytes(6 * gib, 3 * gib));
        assertEquals(256 * MIB, CpuInfo.growthBytes(6 * gib, 6 * gib));
    }

    @Test
    void aSmallBufferIsFreedWhenTheQueueHasCome() {
        try (CpuDevice device = new CpuDevice(1)) {
            CpuBuffer buffer = (CpuBuffer) device.allocate(MIB);
            assertEquals(0, buffer.bytes().address() % CpuDevice.ALIGNMENT);
            buffer.close();
            await(device);
            assertFalse(buffer.bytes().scope().isAlive());
        }
    }

    /// In whole pages of 2 MiB, where the system has such.
    @Test
    void aLargeBufferBeginsAtAPageAndIsUnmapped() throws Exception {
        try (CpuDevice device = new CpuDevice(1)) {
            assumeTrue(device.variant().isNative(), "no native kernels here");
            assumeTrue(Files.isReadable(MAPPINGS), "no " + MAPPINGS + " here");
            CpuBuffer buffer = (CpuBuffer) device.allocate(40L * MIB + 1);
            long address = buffer.bytes().address();
            assertEquals(0, address % (2 * MIB));
            assertTrue(isMapped(address + 40L * MIB));
            buffer.close();
            await(device);
            assertFalse(isMapped(address + 20L * MIB));
        }
    }

    /// So that memory that is not there is missed when it is asked for.
    @Test
    void aLargeBufferIsInMemoryAtOnceAndZero() throws Exception {
        try (CpuDevice device = new CpuDevice(1);
                CpuBuffer buffer = (CpuBuffer) device.allocate(40L * MIB)) {
            assumeTrue(device.variant().isNative(), "no native kernels here");
            assumeTrue(Files.isReadable(PAGES), "no " + PAGES + " here");
            long resident = residentBytes(buffer.bytes().address());
            assertTrue(resident >= 40L * MIB, resident + " bytes");
            assertEquals(-1, buffer.bytes().mismatch(MemorySegment.ofArray(new byte[40 * MIB])));
        }
    }

    /// What is in memory of the mapping that `address` is in, and of those that the system joined
    /// with it.
    private static long residentBytes(long address) throws IOException {
        String resident =
                Files.readAllLines(PAGES).stream()
                        .dropWhile(line -> !isRange(line) || !isIn(line, address))
                        .filter(line -> line.startsWith("Rss:"))
                        .findFirst()
                        .orElseThrow();
        return Long.parseLong(resident.replaceAll("\\D", "")) << 10;
    }

    private static boolean isRange(String line) {
        return line.matches("[0-9a-f]+-[0-9a-f]+ .*");
    }

    private static boolean isMapped(long address) throws IOException {
        return Files.readAllLines(MAPPINGS).stream().anyMatch(line -> isIn(line, address));
    }

    private static boolean isIn(String mapping, long address) {
        String[] range = mapping.substring(0, mapping.indexOf(' ')).split("-");
        return Long.parseUnsignedLong(range[0], 16) <= address
                && address < Long.parseUnsignedLong(range[1], 16);
    }

    /// Returns when all that was queued is done.
    private static void await(CpuDevice device) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        device.whenDone(() -> done.complete(null));
        done.join();
    }

    @Test
    @Timeout(60)
    void aWriterThatIsFasterThanTheQueueWaits() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        AtomicInteger written = new AtomicInteger();
        try (CpuDevice device = new CpuDevice(1);
                DeviceBuffer buffer = device.allocate(PIECE);
                AutoCloseable goesOn = held::countDown) {
            device.whenDone(() -> join(held));
            MemorySegment piece = MemorySegment.ofArray(new byte[PIECE]);
            CompletableFuture<Void> writer =
                    CompletableFuture.runAsync(
                            () -> {
                                for (int i = 0; i < 40; i++) {
                                    device.write(buffer, 0, piece);
                                    written.incrementAndGet();
                                }
                            });
            assertThrows(TimeoutException.class, () -> writer.get(500, TimeUnit.MILLISECONDS));
            assertTrue(written.get() <= 16, written + " pieces of 4 MiB wait in the heap");
            goesOn.close();
            writer.join();
        }
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theMachinesMemoryIsWhatLinuxSays() throws Exception {
        assumeTrue(Files.isReadable(MEMINFO), "no " + MEMINFO + " here");
        DeviceMemory memory = CpuInfo.memory();
        long total = meminfo("MemTotal:");
        assumeTrue(memory.totalBytes() >= total, "a container has less");
        long available = meminfo("MemAvailable:");
        assertEquals(total, memory.totalBytes());
        // Other programs take and give meanwhile.
        assertEquals((double) available, (double) memory.freeBytes(), total / 4.0);
    }

    private static long meminfo(String name) throws IOException {
        return Files.readAllLines(MEMINFO).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    /// The last cache is the largest.
    @Test
    void theLastCacheIsWhatLinuxSays() throws Exception {
        Path caches = Path.of("/sys/devices/system/cpu/cpu0/cache");
        assumeTrue(Files.isReadable(caches.resolve("index0/size")), "no " + caches + " here");
        long largest = 0;
        for (int i = 0; i < 5; i++) {
            Path size = caches.resolve("index" + i + "/size");
            if (Files.isReadable(size)) {
                String text = Files.readString(size).strip();
                assumeTrue(text.endsWith("K"), text);
                largest = Math.max(largest, Long.parseLong(text.replace("K", "")) * 1024);
            }
        }
        assertEquals(largest, CpuInfo.lastCacheBytes());
    }
}
