package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Supplier;

/// The C kernels for this system, loaded once per process and never unloaded: the handles of its
/// functions by variant and op.
final class NativeLibrary {
    private final SymbolLookup symbols;
    private final Set<CpuFeature> cpuFeatures;

    /// The one attempt, with its outcome.
    private static final class Once {
        static final Supplier<NativeLibrary> OUTCOME = attempt();

        private static Supplier<NativeLibrary> attempt() {
            try {
                NativeLibrary library = open(NativeTarget.ofThisMachine());
                return () -> library;
            } catch (NativeLibraryException e) {
                return () -> {
                    throw new NativeLibraryException(e.reason(), e);
                };
            }
        }
    }

    private NativeLibrary(SymbolLookup symbols, NativeTarget target) {
        this.symbols = symbols;
        this.cpuFeatures = detect(target);
    }

    /// The library, or the exception that says why this process cannot use it.
    static NativeLibrary load() {
        return Once.OUTCOME.get();
    }

    /// What the CPU has of what some variant needs.
    Set<CpuFeature> cpuFeatures() {
        return cpuFeatures;
    }

    /// The C function `tb_<variant>_<op>`. A critical function blocks the garbage collector while
    /// it runs and calls at half the cost: only for what ends within microseconds.
    MethodHandle handle(
            CpuVariant variant, String op, FunctionDescriptor function, boolean critical) {
        return handle("tb_%s_%s".formatted(variant.label(), op), function, critical);
    }

    /// What a caller is told when a call through a handle throws, which C itself never does.
    static RuntimeException failure(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
    }

    @SuppressWarnings("restricted")
    private MethodHandle handle(String symbol, FunctionDescriptor function, boolean critical) {
        MemorySegment address =
                symbols.find(symbol)
                        .orElseThrow(
                                () ->
                                        new NativeLibraryException(
                                                "the native library has no %s; build it anew by kernels-cpu/src/main/c/build"
                                                        .formatted(symbol)));
        Linker linker = Linker.nativeLinker();
        return critical
                ? linker.downcallHandle(address, function, Linker.Option.critical(false))
                : linker.downcallHandle(address, function);
    }

    @SuppressWarnings("restricted")
    private static NativeLibrary open(NativeTarget target) {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(target.resource())) {
            if (in == null) {
                throw new NativeLibraryException("there are no native kernels for " + target);
            }
            Path file = Files.createTempFile("twinbolt", target.fileName());
            Files.write(file, in.readAllBytes());
            SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
            return new NativeLibrary(symbols, target);
        } catch (IOException | IllegalCallerException | IllegalArgumentException e) {
            throw new NativeLibraryException(
                    "the native kernels for %s cannot be loaded: %s".formatted(target, e), e);
        }
    }

    private Set<CpuFeature> detect(NativeTarget target) {
        EnumSet<CpuFeature> found = EnumSet.noneOf(CpuFeature.class);
        if (target.arch().equals("x86_64")) {
            int mask = x86Features();
            for (CpuFeature feature : CpuFeature.values()) {
                if ((mask & feature.x86Mask()) != 0) {
                    found.add(feature);
                }
            }
        } else {
            Set<String> words = Set.copyOf(Arrays.asList(CpuInfo.armFeatures().split(" ")));
            for (CpuFeature feature : CpuFeature.values()) {
                if (words.contains(feature.linuxName())) {
                    found.add(feature);
                }
            }
        }
        return found;
    }

    private int x86Features() {
        try {
            return (int)
                    handle("tb_x86_features", FunctionDescriptor.of(ValueLayout.JAVA_INT), true)
                            .invokeExact();
        } catch (Throwable e) {
            throw new NativeLibraryException("tb_x86_features failed", e);
        }
    }
}
