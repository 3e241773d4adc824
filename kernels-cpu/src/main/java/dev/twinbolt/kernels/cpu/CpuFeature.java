package dev.twinbolt.kernels.cpu;

/// An extension of the instruction set that a variant of the native kernels needs beyond the oldest
/// CPU of its kind, and how each system calls it.
enum CpuFeature {
    AVX2(0),
    FMA(1),
    F16C(2),
    BMI2(3),
    AVX_VNNI(4),
    AVX512F(5),
    AVX512BW(6),
    AVX512DQ(7),
    AVX512VL(8),
    AVX512_VNNI(9),
    DOT_PRODUCT("asimddp", "hw.optional.arm.FEAT_DotProd"),
    INT8_MATRIX("i8mm", "hw.optional.arm.FEAT_I8MM");

    private final int x86Mask;
    private final String linuxName;
    private final String macName;

    /// `bit` is the one of `tb_x86_features` in features.c.
    CpuFeature(int bit) {
        this.x86Mask = 1 << bit;
        this.linuxName = "";
        this.macName = "";
    }

    CpuFeature(String linuxName, String macName) {
        this.x86Mask = 0;
        this.linuxName = linuxName;
        this.macName = macName;
    }

    /// The bit in the answer of `tb_x86_features`; 0 where it is no feature of x86-64.
    int x86Mask() {
        return x86Mask;
    }

    /// The word in the `Features` line of /proc/cpuinfo; empty where it is no feature of aarch64.
    String linuxName() {
        return linuxName;
    }

    /// The name that sysctl knows; empty where it is no feature of aarch64.
    String macName() {
        return macName;
    }
}
