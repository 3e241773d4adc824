package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.engine.Printable;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Names that would clear the terminal, begin a line and turn the text round.
class HostileTextTest {
    private static final String NAME = "a\u001b[2J\n\u009bb\u2028\u202ec";
    private static final String SHOWN = "a?[2J??b??c";

    /// One that a file and an argument can have in every locale.
    private static final String ASCII_NAME = "a\u001b[2J\n\u007fb";

    private static final String ASCII_LINE = "a?[2J ?b";

    @TempDir Path folder = Path.of("");

    private static void assertShows(String part, String text) {
        assertEquals(Printable.lines(text), text);
        assertTrue(text.contains(part), text);
    }

    @Test
    void aModelsNameIsPrintable() throws Exception {
        String model = RandomLlama.write(folder, NAME).toString();
        Ended planned = Programs.host("plan", "-m", model);
        assertEquals(0, planned.code(), planned.err());
        assertShows(SHOWN + ", context", planned.out());
        Ended told = Programs.host("-m", model, "-p", "a", "-n", "1");
        assertEquals(0, told.code(), told.err());
        assertShows(SHOWN + ", context", told.err());
    }

    @Test
    void aDescribedMachineIsPrintable() throws Exception {
        String model = RandomLlama.writeHeader(folder).toString();
        Ended planned =
                Programs.host(
                        "plan", "-m", model, "--device", ASCII_NAME + ": 8GB, 9GB/s, 1TFLOPS");
        assertEquals(0, planned.code(), planned.err());
        assertShows("predicted: ", planned.out());
        assertShows("a?[2J??b: 8GB", planned.out());
        assertTrue(planned.out().lines().anyMatch(line -> line.startsWith("a?[2J??b  ")));
    }

    @Test
    void anErrorIsOneLineAndItsDetailsArePrintable() throws Exception {
        String line = "engine-host: " + folder.resolve(ASCII_LINE + ".gguf");
        String file = folder.resolve(ASCII_NAME + ".gguf").toString();
        Ended failed = Programs.host("-m", file, "-p", "a");
        assertEquals(3, failed.code(), failed.err());
        assertShows(line, failed.err());
        assertEquals(1, failed.errLines().size(), failed.err());
        assertShows("\tat ", Programs.host("-m", file, "-p", "a", "-v").err());
    }

    @Test
    void aNodeIsNoExceptionToThat() throws Exception {
        Ended failed = Programs.end(Programs.start(EngineNode.class, "-d", ASCII_NAME));
        assertEquals(2, failed.code(), failed.err());
        assertShows("engine-node: -d " + ASCII_LINE + ": no such device", failed.err());
    }

    /// Ours alone are there for the terminal.
    @Test
    void theTextIsTheModelsOwn() throws Exception {
        String model = RandomLlama.writeByte(folder, 0x1b).toString();
        Ended told = Programs.host("-m", model, "-p", "a", "-n", "3", "--temp", "0");
        assertEquals("\u001b\u001b\u001b", told.out(), told.err());
    }
}
