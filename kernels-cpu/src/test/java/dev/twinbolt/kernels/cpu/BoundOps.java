package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What this module asks of each variant in a native library, read from its classes: the word last
/// loaded before each call that binds one.
final class BoundOps {
    private static final String PACKAGE = "dev/twinbolt/kernels/cpu/";

    private BoundOps() {}

    static Set<String> read() throws Exception {
        Set<String> ops = new TreeSet<>();
        Path root =
                Path.of(
                        NativeLibrary.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI());
        try (Stream<Path> files = Files.list(root.resolve(PACKAGE))) {
            for (Path file : files.filter(name -> name.toString().endsWith(".class")).toList()) {
                ops.addAll(in(file));
            }
        }
        return ops;
    }

    private static Set<String> in(Path classFile) throws IOException {
        Set<String> ops = new TreeSet<>();
        for (MethodModel method : ClassFile.of().parse(classFile).methods()) {
            String word = "";
            for (CodeElement element :
                    method.code().map(CodeModel::elementList).orElse(List.of())) {
                if (element instanceof ConstantInstruction load
                        && load.constantValue() instanceof String text) {
                    word = text;
                } else if (element instanceof InvokeInstruction call && binds(call)) {
                    ops.add(word);
                }
            }
        }
        return ops;
    }

    private static boolean binds(InvokeInstruction call) {
        String method = call.owner().asInternalName() + "." + call.name().stringValue();
        return method.equals(PACKAGE + "NativeKernel.<init>")
                || method.equals(PACKAGE + "NativeLibrary.handle")
                || (method.equals(PACKAGE + "NativeLibrary.variable")
                        && call.typeSymbol().parameterCount() == 3);
    }
}
