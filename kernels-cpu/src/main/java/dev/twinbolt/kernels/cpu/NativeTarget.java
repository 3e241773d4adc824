package dev.twinbolt.kernels.cpu;

import java.util.Locale;

/// A system and a kind of CPU for which the native kernels are built, such as `linux-x86_64`.
///
/// @param os `linux`, `macos` or `windows`; else as the JVM says
/// @param arch `x86_64` or `aarch64`; else as the JVM says
record NativeTarget(String os, String arch) {
    static NativeTarget ofThisMachine() {
        return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    }

    static NativeTarget of(String osName, String osArch) {
        String name = osName.toLowerCase(Locale.ROOT);
        String os =
                name.startsWith("mac") ? "macos" : name.startsWith("windows") ? "windows" : name;
        String arch =
                switch (osArch.toLowerCase(Locale.ROOT)) {
                    case "amd64", "x86_64" -> "x86_64";
                    case "aarch64", "arm64" -> "aarch64";
                    default -> osArch;
                };
        return new NativeTarget(os, arch);
    }

    String fileName() {
        return switch (os) {
            case "windows" -> "twinbolt-cpu.dll";
            case "macos" -> "libtwinbolt-cpu.dylib";
            default -> "libtwinbolt-cpu.so";
        };
    }

    /// The library in the jar, beside this class.
    String resource() {
        return this + "/" + fileName();
    }

    @Override
    public String toString() {
        return os + "-" + arch;
    }
}
