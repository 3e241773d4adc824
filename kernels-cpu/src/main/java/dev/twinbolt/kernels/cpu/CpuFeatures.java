package dev.twinbolt.kernels.cpu;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Finds out which features this CPU has: the C library asks an x86-64 one itself, of others the
/// operating system knows.
final class CpuFeatures {
    private CpuFeatures() {}

    static Set<CpuFeature> of(NativeTarget target, NativeLibrary library) {
        if (target.arch().equals("x86_64")) {
            return ofMask((int) library.function("tb_x86_features").call());
        }
        return target.os().equals("macos")
                ? those(feature -> isOnMac(feature.macName()))
                : ofWords(CpuInfo.armFeatures());
    }

    static Set<CpuFeature> ofMask(int mask) {
        return those(feature -> (feature.x86Mask() & mask) != 0);
    }

    /// From the words of a `Features` line of /proc/cpuinfo.
    static Set<CpuFeature> ofWords(String line) {
        Set<String> words = new HashSet<>(Arrays.asList(line.strip().split("\\s+")));
        return those(
                feature -> !feature.linuxName().isEmpty() && words.contains(feature.linuxName()));
    }

    private static boolean isOnMac(String name) {
        return !name.isEmpty() && MacInfo.isOn(name);
    }

    private static Set<CpuFeature> those(Predicate<CpuFeature> has) {
        return Arrays.stream(CpuFeature.values()).filter(has).collect(Collectors.toSet());
    }
}
