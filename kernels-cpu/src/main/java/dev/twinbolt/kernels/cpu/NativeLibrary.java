package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// The C kernels for this system, loaded once per process and never unloaded: the handles of its
/// functions by variant and op.
final class NativeLibrary {
    private final SymbolLookup symbols;

    /// The one attempt, with its outcome.
    private static final class Once {
        static final Supplier<NativeLibrary> OUTCOME = attempt();

        private static Supplier<NativeLibrary> attempt() {
            NativeTarget target = NativeTarget.ofThisMachine();
            try {
                NativeLibrary library =
                        open(LibraryImage.of(target), LibraryPlace.of(target, System.getenv()));
                LostPages.watch(library);
                return () -> library;
            } catch (NativeLibraryException e) {
                return () -> {
                    throw new NativeLibraryException(e.reason(), e);
                };
            }
        }
    }

    private NativeLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
    }

    /// The library, or the exception that says why this process cannot use it.
    static NativeLibrary load() {
        return Once.OUTCOME.get();
    }

    /// Loads `image` from the first of `places` that serves.
    static NativeLibrary open(LibraryImage image, List<LibraryPlace> places) {
        List<String> refusals = new ArrayList<>();
        IOException cause = new IOException("every place refused");
        for (LibraryPlace place : places) {
            try {
                return new NativeLibrary(place.load(image, NativeLibrary::lookup));
            } catch (IllegalCallerException e) {
                throw new NativeLibraryException(
                        "the JVM lets no native code run: start it with --enable-native-access="
                                + moduleName(),
                        e);
            } catch (IOException | UnsupportedOperationException e) {
                refusals.add("%s (%s)".formatted(place, reason(e)));
                cause.addSuppressed(e);
            }
        }
        throw new NativeLibraryException(
                "no place to load the native kernels from: tried "
                        + (refusals.isEmpty() ? "none" : String.join(", ", refusals)),
                cause);
    }

    /// The file system's exceptions have a message that is only the file's name.
    private static String reason(Exception e) {
        return e instanceof FileSystemException ? e.toString() : String.valueOf(e.getMessage());
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup lookup(Path file) throws IOException {
        try {
            return SymbolLookup.libraryLookup(file.toString(), Arena.global());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the system refuses to load from there; is it mounted noexec?", e);
        }
    }

    /// What a caller is told when a call through a handle throws, which C itself never does.
    static RuntimeException failure(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
    }

    /// The C function `tb_<variant>_<op>`, for one that is no [NativeKernel].
    @SuppressWarnings("restricted")
    MethodHandle handle(CpuVariant variant, String op, FunctionDescriptor function) {
        return Linker.nativeLinker().downcallHandle(find(variant, op), function);
    }

    /// The C function `symbol`, for what is the same in every variant.
    NativeFunction function(String symbol) {
        return new NativeFunction(find(symbol));
    }

    /// `sizeBytes` at the address of `tb_<variant>_<name>`.
    @SuppressWarnings("restricted")
    MemorySegment variable(CpuVariant variant, String name, long sizeBytes) {
        return find(variant, name).reinterpret(sizeBytes);
    }

    /// `sizeBytes` at the address of `symbol`.
    @SuppressWarnings("restricted")
    MemorySegment variable(String symbol, long sizeBytes) {
        return find(symbol).reinterpret(sizeBytes);
    }

    /// The address of `tb_<variant>_<name>`.
    MemorySegment find(CpuVariant variant, String name) {
        return find("tb_%s_%s".formatted(variant.label(), name));
    }

    private MemorySegment find(String symbol) {
        return symbols.find(symbol)
                .orElseThrow(
                        () ->
                                new NativeLibraryException(
                                        "the native library has no %s; build it anew by kernels-cpu/src/main/c/build"
                                                .formatted(symbol)));
    }

    private static String moduleName() {
        Module module = NativeLibrary.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }
}
