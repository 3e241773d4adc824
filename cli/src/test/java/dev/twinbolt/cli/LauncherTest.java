package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/launch` with a JDK that only prints its arguments and, where it builds, a Maven that waits
/// for a file named `go`.
class LauncherTest {
    private static final String MAVEN =
            """
            #!/bin/sh
            case $1 in -v) echo Apache Maven 3.9.9; exit ;; esac
            cd "$(dirname "$0")/.." || exit
            echo started >>builds
            until [ -f go ]; do sleep 0.1; done
            mkdir -p cli/target/lib && touch cli/target/cli-0.jar
            """;

    @TempDir Path folder = Path.of("");

    private void executable(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    @BeforeEach
    void makeProject() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no POSIX shell here");
        for (String name : List.of("bin/launch", "bin/tools")) {
            executable(name, Files.readString(SharedData.root().resolve(name)));
        }
        executable("jdk/bin/java", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        executable("jdk/bin/javac", "#!/bin/sh\n");
        executable("maven/mvn", MAVEN);
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        Files.writeString(folder.resolve("pom.xml"), "");
    }

    private ProcessBuilder command(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", folder.resolve("jdk").toString());
        environment.merge(
                "PATH", folder.resolve("maven").toString(), (path, maven) -> maven + ":" + path);
        return builder;
    }

    /// With standard output and error as one.
    private Process launch() throws IOException {
        return command(folder.resolve("bin/launch").toString(), "engine-host", "cli", "Main", "x")
                .start();
    }

    private long builds() throws IOException {
        Path file = folder.resolve("builds");
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    private void awaitBuild() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (builds() == 0) {
            assertTrue(System.nanoTime() < deadline, "no build began");
            Thread.sleep(20);
        }
    }

    private void lockOf(String owner) throws IOException {
        Files.createDirectories(folder.resolve("target/.build-lock"));
        Files.writeString(folder.resolve("target/.build-lock/owner"), owner + "\n");
    }

    @Test
    void tellsTheProgramHowWideItsTerminalIs() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/script")) && Files.exists(Path.of("/proc")),
                "no script of util-linux, which gives a program a terminal");
        Files.createDirectories(folder.resolve("cli/target/lib"));
        Files.writeString(folder.resolve("cli/target/cli-0.jar"), "");
        Process process =
                command(
                                "/usr/bin/script",
                                "-qec",
                                "stty cols 40; '%s' engine-host cli Main"
                                        .formatted(folder.resolve("bin/launch")),
                                "/dev/null")
                        .start();
        process.getOutputStream().close();
        Ended ended = Programs.end(process);
        assertEquals(0, ended.code(), ended.out());
        assertTrue(ended.out().contains("-Dtwinbolt.columns=40\r\n"), ended.out());
    }

    /// Only what was prepared after the jar may be used: the JVM refuses what belongs to another.
    @Test
    void startsFromWhatWasPreparedForThisBuild() throws Exception {
        executable(
                "jdk/bin/java",
                """
                #!/bin/sh
                case $1 in -XX:AOTCacheOutput=*) sleep 0.1; echo "$@" >"${1#*=}"; exit ;; esac
                printf '%s\\n' "$@"
                """);
        Files.createFile(folder.resolve("go"));
        Ended built = Programs.end(launch());
        Path prepared = folder.resolve("cli/target/cli.aot").toRealPath();
        String flag = "\n-XX:AOTCache=" + prepared + "\n-Xlog:aot=off\n-Xlog:cds=off\n";
        assertTrue(built.out().contains(flag), built.out());
        assertTrue(built.out().contains("\n-Dtwinbolt.prepared=" + prepared + "\n"));
        assertTrue(Files.readString(prepared).contains(" --demo "));
        FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 60_000);
        Files.setLastModifiedTime(folder.resolve("cli/target/cli-0.jar"), later);
        String out = Programs.end(launch()).out();
        assertFalse(out.contains("AOT"), out);
        assertTrue(out.contains("\n-Dtwinbolt.prepared=\n"), out);
    }

    @Test
    void buildsOnceForTwo() throws Exception {
        Process first = launch();
        awaitBuild();
        Process second = launch();
        assertFalse(second.waitFor(3, TimeUnit.SECONDS));
        Files.createFile(folder.resolve("go"));
        assertEquals(0, Programs.end(first).code());
        Ended waited = Programs.end(second);
        assertEquals(0, waited.code(), waited.out());
        assertTrue(waited.out().startsWith("engine-host: waiting for another build\n"));
        assertTrue(waited.out().endsWith("\nMain\nx\n"), waited.out());
        assertEquals(1, builds());
    }

    @Test
    void waitsForTheMavenOfALauncherThatWasKilled() throws Exception {
        Process first = launch();
        awaitBuild();
        first.destroyForcibly().waitFor();
        Process second = launch();
        assertFalse(second.waitFor(3, TimeUnit.SECONDS));
        assertEquals(1, builds(), "two at once");
        Files.createFile(folder.resolve("go"));
        Ended ended = Programs.end(second);
        assertEquals(0, ended.code(), ended.out());
        assertTrue(ended.out().startsWith("engine-host: waiting for another build\n"), ended.out());
        assertTrue(ended.out().endsWith("\nMain\nx\n"), ended.out());
        assertEquals(2, builds(), "what a killed launcher left is not to be trusted");
        assertFalse(Files.exists(folder.resolve("target/.build-lock")));
    }

    @Test
    void takesALockWhoseOwnersNumberIsAnothersByNow() throws Exception {
        lockOf(Long.toString(ProcessHandle.current().pid()));
        Files.createFile(folder.resolve("go"));
        Ended ended = Programs.end(launch());
        assertEquals(0, ended.code(), ended.out());
        assertFalse(ended.out().contains("waiting"), ended.out());
        assertEquals(1, builds());
    }

    /// No file may have a byte, as on a full disk.
    @Test
    void saysInOneLineThatTheDiskIsFull() throws Exception {
        Process process =
                command(
                                "/bin/sh",
                                "-c",
                                "trap '' XFSZ; ulimit -f 0; exec '%s' engine-host cli Main"
                                        .formatted(folder.resolve("bin/launch")))
                        .start();
        Ended ended = Programs.end(process);
        assertEquals(70, ended.code(), ended.out());
        assertEquals(1, ended.out().lines().count(), ended.out());
        assertTrue(
                ended.out().startsWith("engine-host: needs to build, but there is no room for it"),
                ended.out());
        assertFalse(Files.exists(folder.resolve("target/.build-lock")));
    }
}
