package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/launch` of a project that is built, with a JDK that only prints its arguments.
class LauncherTest {
    @TempDir Path folder = Path.of("");

    private void executable(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    @Test
    void tellsTheProgramHowWideItsTerminalIs() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/script")) && Files.exists(Path.of("/proc")),
                "no script of util-linux, which gives a program a terminal");
        for (String name : List.of("bin/launch", "bin/tools")) {
            executable(name, Files.readString(SharedData.root().resolve(name)));
        }
        executable("jdk/bin/java", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        executable("jdk/bin/javac", "#!/bin/sh\n");
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        Files.writeString(folder.resolve("pom.xml"), "");
        Files.createDirectories(folder.resolve("cli/target/lib"));
        Files.writeString(folder.resolve("cli/target/cli-0.jar"), "");
        ProcessBuilder builder =
                new ProcessBuilder(
                                "/usr/bin/script",
                                "-qec",
                                "stty cols 40; '%s' engine-host cli Main"
                                        .formatted(folder.resolve("bin/launch")),
                                "/dev/null")
                        .redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        Process process = builder.start();
        process.getOutputStream().close();
        Ended ended = Programs.end(process);
        assertEquals(0, ended.code(), ended.out());
        assertTrue(ended.out().contains("-Dtwinbolt.columns=40\r\n"), ended.out());
    }
}
