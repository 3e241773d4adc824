package dev.twinbolt.kernels.cpu;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/// One way to compute on a CPU, the slowest first: plain Java, the Vector API, or the native
/// kernels as compiled for one set of instructions.
public enum CpuVariant {
    PLAIN(Kind.JAVA),
    VECTOR(Kind.JAVA),
    BASELINE(Kind.NATIVE),
    AVX2(Kind.X86_64, CpuFeature.AVX2, CpuFeature.FMA, CpuFeature.F16C, CpuFeature.BMI2),
    AVXVNNI(AVX2, CpuFeature.AVX_VNNI),
    AVX512VNNI(
            AVX2,
            CpuFeature.AVX512F,
            CpuFeature.AVX512BW,
            CpuFeature.AVX512DQ,
            CpuFeature.AVX512VL,
            CpuFeature.AVX512_VNNI),
    NEON(Kind.AARCH64, CpuFeature.DOT_PRODUCT),
    I8MM(NEON, CpuFeature.INT8_MATRIX);

    /// The environment variable that forces a variant by its [#label()].
    public static final String ENVIRONMENT = "TWINBOLT_CPU";

    private static final AtomicBoolean IS_FAULT_LOGGED = new AtomicBoolean();

    private enum Kind {
        JAVA,
        NATIVE,
        X86_64,
        AARCH64
    }

    private final Kind kind;
    private final Set<CpuFeature> features;

    CpuVariant(Kind kind, CpuFeature... features) {
        this.kind = kind;
        this.features = Set.of(features);
    }

    /// As `base`, with more features.
    CpuVariant(CpuVariant base, CpuFeature... more) {
        this.kind = base.kind;
        EnumSet<CpuFeature> all = EnumSet.copyOf(base.features);
        Collections.addAll(all, more);
        this.features = Collections.unmodifiableSet(all);
    }

    /// The name for people, for [#ENVIRONMENT] and in the names of the C functions, such as `avx2`.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether it runs the C kernels.
    public boolean isNative() {
        return kind != Kind.JAVA;
    }

    /// What it needs beyond the oldest CPU of its kind.
    Set<CpuFeature> features() {
        return features;
    }

    /// Whether the native library for `arch`, as in [NativeTarget], holds it.
    boolean isFor(String arch) {
        return switch (kind) {
            case JAVA -> false;
            case NATIVE -> true;
            case X86_64 -> arch.equals("x86_64");
            case AARCH64 -> arch.equals("aarch64");
        };
    }

    /// The best of those that can run here, or the one that [#ENVIRONMENT] asks for. Throws
    /// [CpuVariantException] where it asks for one that cannot. Where native kernels could run but
    /// for a fault, the first call logs it.
    public static CpuVariant choose() {
        String wanted = System.getenv().getOrDefault(ENVIRONMENT, "");
        boolean isJava = named(wanted).filter(variant -> !variant.isNative()).isPresent();
        CpuSupport support = isJava ? CpuSupport.withoutNative() : CpuSupport.ofThisProcess();
        CpuVariant chosen = choose(wanted, support);
        if (!isJava && !chosen.isNative() && !IS_FAULT_LOGGED.getAndSet(true)) {
            System.getLogger(CpuVariant.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "computing with {0} Java instead of the faster native kernels: {1}",
                            chosen.label(),
                            support.nativeFailure());
        }
        return chosen;
    }

    static CpuVariant choose(String wanted, CpuSupport support) {
        if (wanted.isBlank()) {
            return Collections.max(support.runnable());
        }
        CpuVariant variant =
                named(wanted)
                        .orElseThrow(
                                () ->
                                        new CpuVariantException(
                                                "%s=%s: there is no such variant; this machine runs %s"
                                                        .formatted(
                                                                ENVIRONMENT,
                                                                wanted,
                                                                labels(support.runnable()))));
        if (!support.runnable().contains(variant)) {
            throw new CpuVariantException(
                    "%s=%s: %s; this machine runs %s"
                            .formatted(
                                    ENVIRONMENT,
                                    wanted,
                                    support.whyNot(variant),
                                    labels(support.runnable())));
        }
        return variant;
    }

    private static Optional<CpuVariant> named(String label) {
        return Arrays.stream(values())
                .filter(variant -> variant.label().equals(label.strip().toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    private static String labels(Set<CpuVariant> variants) {
        return variants.stream().sorted().map(CpuVariant::label).collect(Collectors.joining(", "));
    }
}
