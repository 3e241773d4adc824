package dev.twinbolt.kernels.cpu;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// Which variants can run in this process, and why others cannot: facts, on which [CpuVariant]
/// judges.
///
/// @param runnable never empty, as plain Java runs everywhere
/// @param arch the CPU's kind, as in [NativeTarget]
/// @param features what the CPU has
/// @param nativeFailure why no native kernel can run; empty where some can
record CpuSupport(
        Set<CpuVariant> runnable, String arch, Set<CpuFeature> features, String nativeFailure) {
    CpuSupport {
        runnable = Set.copyOf(runnable);
        features = Set.copyOf(features);
    }

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    static CpuSupport ofThisProcess() {
        NativeTarget target = NativeTarget.ofThisMachine();
        Set<CpuVariant> runnable = EnumSet.copyOf(withoutNative().runnable());
        try {
            Set<CpuFeature> features = CpuFeatures.of(target, NativeLibrary.load());
            for (CpuVariant variant : CpuVariant.values()) {
                if (variant.isFor(target.arch()) && features.containsAll(variant.features())) {
                    runnable.add(variant);
                }
            }
            return new CpuSupport(runnable, target.arch(), features, "");
        } catch (NativeLibraryException e) {
            return new CpuSupport(runnable, target.arch(), Set.of(), e.reason());
        }
    }

    /// What can run if no native code is touched.
    static CpuSupport withoutNative() {
        Set<CpuVariant> runnable = EnumSet.of(CpuVariant.PLAIN);
        if (ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()) {
            runnable.add(CpuVariant.VECTOR);
        }
        return new CpuSupport(
                runnable, NativeTarget.ofThisMachine().arch(), Set.of(), "native code is not used");
    }

    /// Why `variant`, which is not among those that can run, cannot.
    String whyNot(CpuVariant variant) {
        if (variant == CpuVariant.VECTOR) {
            return "the JVM was started without --add-modules " + VECTOR_MODULE;
        }
        if (!nativeFailure.isEmpty()) {
            return nativeFailure;
        }
        if (!variant.isFor(arch)) {
            return "this CPU is " + arch;
        }
        return "this CPU lacks "
                + variant.features().stream()
                        .filter(feature -> !features.contains(feature))
                        .sorted()
                        .map(CpuFeature::name)
                        .collect(Collectors.joining(", "));
    }
}
