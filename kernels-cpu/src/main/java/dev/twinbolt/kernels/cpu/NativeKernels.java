package dev.twinbolt.kernels.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The C kernels of one variant, bound once for a device; each is named as its op.
record NativeKernels(
        NativeKernel add,
        NativeKernel sub,
        NativeKernel mul,
        NativeKernel div,
        NativeKernel cpy,
        NativeKernel glu,
        NativeKernel rmsNorm,
        NativeKernel rope,
        NativeKernel scale,
        NativeKernel setRows,
        NativeKernel softMax,
        NativeKernel unary,
        MethodHandle flashAttnExt) {
    private static final FunctionDescriptor FLASH_ATTN_EXT =
            FunctionDescriptor.ofVoid(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG);

    /// Those of `variant`, which this process can run.
    static NativeKernels of(CpuVariant variant) {
        NativeLibrary library = NativeLibrary.load();
        return new NativeKernels(
                new NativeKernel(library, variant, "add"),
                new NativeKernel(library, variant, "sub"),
                new NativeKernel(library, variant, "mul"),
                new NativeKernel(library, variant, "div"),
                new NativeKernel(library, variant, "cpy"),
                new NativeKernel(library, variant, "glu"),
                new NativeKernel(library, variant, "rms_norm"),
                new NativeKernel(library, variant, "rope"),
                new NativeKernel(library, variant, "scale"),
                new NativeKernel(library, variant, "set_rows"),
                new NativeKernel(library, variant, "soft_max"),
                new NativeKernel(library, variant, "unary"),
                library.handle(variant, "flash_attn_ext", FLASH_ATTN_EXT, false));
    }
}
