package dev.twinbolt.kernels.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.twinbolt.engine.device.DeviceMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the operating system says of processor and memory, limits of containers included.
final class CpuInfo {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path MEMINFO = Path.of("/proc/meminfo");

    private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
    private static final long UNKNOWN_CACHE_BYTES = 64 << 20;
    private static final long MOST_GROWTH_BYTES = 1 << 30;
    private static final long SCRATCH_BYTES = 256 << 20;

    private CpuInfo() {}

    static String model() {
        String name =
                switch (NativeTarget.ofThisMachine().os()) {
                    case "linux" -> afterColon(firstLine(CPUINFO, "model name"));
                    case "macos" -> macModel();
                    case "windows" ->
                            System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", "").trim();
                    default -> "";
                };
        return name.isEmpty() ? System.getProperty("os.arch", "unknown processor") : name;
    }

    private static String macModel() {
        try {
            return MacInfo.text("machdep.cpu.brand_string");
        } catch (IllegalCallerException e) {
            return ""; // native code is denied
        }
    }

    /// The words by which Linux calls what an aarch64 CPU has; empty elsewhere.
    static String armFeatures() {
        return afterColon(firstLine(CPUINFO, "Features"));
    }

    private static String afterColon(String line) {
        int colon = line.indexOf(':');
        return colon < 0 ? "" : line.substring(colon + 1).trim();
    }

    /// The size of the last cache, or what is larger than most where the system does not say.
    static long lastCacheBytes() {
        for (int index = 4; index >= 0; index--) {
            String size = firstLine(CACHES.resolve("index" + index).resolve("size"), "");
            if (size.matches("\\d{1,9}K")) {
                return Long.parseLong(size.substring(0, size.length() - 1)) << 10;
            }
        }
        return UNKNOWN_CACHE_BYTES;
    }

    /// What may be allocated: what the system has left, less what this JVM itself may still take.
    static DeviceMemory memory() {
        OperatingSystemMXBean os = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long total = os.getTotalMemorySize();
        long free = os.getFreeMemorySize();
        long available = meminfo("MemAvailable");
        if (available > 0) {
            // The file cache gives way to programs; Linux counts it as available, not as free. A
            // container has its own limit beside what the machine has left.
            boolean isWholeMachine = total >= meminfo("MemTotal");
            free = isWholeMachine ? available : Math.min(free, available);
        }
        Runtime jvm = Runtime.getRuntime();
        long own = growthBytes(jvm.maxMemory(), jvm.totalMemory());
        return new DeviceMemory(Math.max(0, Math.min(total, free) - own), total);
    }

    /// What a JVM with a heap of `mostBytes`, of which it has taken `takenBytes`, may still take
    /// for it and for [Scratch]. A heap that may be larger than a node's is not filled by what is
    /// queued and computed for peers.
    static long growthBytes(long mostBytes, long takenBytes) {
        long scratch = Math.min(mostBytes, SCRATCH_BYTES);
        return Math.min(MOST_GROWTH_BYTES, mostBytes - takenBytes + scratch);
    }

    /// A line of /proc/meminfo in bytes; 0 where there is none.
    private static long meminfo(String name) {
        String[] words = firstLine(MEMINFO, name).split("\\s+");
        return words.length < 2 ? 0 : Long.parseLong(words[1]) << 10;
    }

    private static String firstLine(Path path, String start) {
        if (!Files.isReadable(path)) {
            return "";
        }
        try (var lines = Files.lines(path)) {
            return lines.filter(line -> line.startsWith(start)).findFirst().orElse("");
        } catch (IOException | java.io.UncheckedIOException e) {
            return "";
        }
    }
}
