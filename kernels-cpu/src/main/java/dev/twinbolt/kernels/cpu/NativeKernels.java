package dev.twinbolt.kernels.cpu;

/// The C kernels of one variant, bound once for a device; each is named as its op, or as a part of
/// it.
record NativeKernels(
        NativeKernel add,
        NativeKernel sub,
        NativeKernel mul,
        NativeKernel div,
        NativeKernel cpy,
        NativeKernel flashAttnExt,
        NativeKernel glu,
        NativeKernel mulMat,
        NativeKernel mulMatFloat,
        NativeKernel mulMatQuantize,
        NativeKernel mulMatPack,
        NativeKernel mulMatUnpack,
        NativeKernel mulMatUnpackRows,
        NativeKernel rmsNorm,
        NativeKernel rope,
        NativeKernel scale,
        NativeKernel setRows,
        NativeKernel softMax,
        NativeKernel unary) {

    /// Those of `variant`, which this process can run.
    static NativeKernels of(CpuVariant variant) {
        NativeLibrary library = NativeLibrary.load();
        return new NativeKernels(
                new NativeKernel(library, variant, "add"),
                new NativeKernel(library, variant, "sub"),
                new NativeKernel(library, variant, "mul"),
                new NativeKernel(library, variant, "div"),
                new NativeKernel(library, variant, "cpy"),
                new NativeKernel(library, variant, "flash_attn_ext"),
                new NativeKernel(library, variant, "glu"),
                new NativeKernel(library, variant, "mul_mat"),
                new NativeKernel(library, variant, "mul_mat_float"),
                new NativeKernel(library, variant, "mul_mat_quantize"),
                new NativeKernel(library, variant, "mul_mat_pack"),
                new NativeKernel(library, variant, "mul_mat_unpack"),
                new NativeKernel(library, variant, "mul_mat_unpack_rows"),
                new NativeKernel(library, variant, "rms_norm"),
                new NativeKernel(library, variant, "rope"),
                new NativeKernel(library, variant, "scale"),
                new NativeKernel(library, variant, "set_rows"),
                new NativeKernel(library, variant, "soft_max"),
                new NativeKernel(library, variant, "unary"));
    }
}
