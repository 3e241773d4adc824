package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeExampleTest {
    @TempDir Path folder;

    @Test
    void compilesAndTellsAStoryWithoutJvmFlags() throws Exception {
        Path root = SharedData.root();
        Matcher example =
                Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                        .matcher(Files.readString(root.resolve("README.md")));
        assertTrue(example.find(), "README.md has no example");
        Path source = folder.resolve("Story.java");
        Files.writeString(source, example.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertNotNull(compiler);
        String classPath = System.getProperty("java.class.path");
        assertEquals(
                0,
                compiler.run(
                        null,
                        null,
                        null,
                        "-Xlint:-path",
                        "-cp",
                        classPath,
                        "-d",
                        folder.toString(),
                        source.toString()));
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                classPath + File.pathSeparator + folder,
                                "Story")
                        .directory(root.toFile())
                        .start();
        Ended ended = Programs.end(process);
        // Without a flag the JVM warns of native code; nothing else is said.
        assertTrue(
                ended.errLines().stream()
                        .allMatch(line -> line.isEmpty() || line.startsWith("WARNING: ")),
                ended.err());
        assertEquals(0, ended.code());
        assertTrue(
                ended.out().contains("layers 0-") && ended.out().contains(" tokens, "),
                ended.out());
    }
}
