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
                Programs.host("plan", "-m", model, "--device", NAME + ": 8GB, 9GB/s, 1TFLOPS");
        assertEquals(0, planned.code(), planned.err());
        assertShows("predicted: ", planned.out());
        assertShows(SHOWN + ": 8GB", planned.out());
        assertTrue(planned.out().lines().anyMatch(line -> line.startsWith(SHOWN + "  ")));
    }

    @Test
    void anErrorIsOneLineAndItsDetailsArePrintable() throws Exception {
        String line = "engine-host: " + folder.resolve("a?[2J ?b ?c.gguf");
        String file = folder.resolve(NAME + ".gguf").toString();
        Ended failed = Programs.host("-m", file, "-p", "a");
        assertEquals(3, failed.code(), failed.err());
        assertShows(line, failed.err());
        assertEquals(1, failed.errLines().size(), failed.err());
        assertShows("\tat ", Programs.host("-m", file, "-p", "a", "-v").err());
    }

    @Test
    void aNodeIsNoExceptionToThat() throws Exception {
        Ended failed = Programs.end(Programs.start(EngineNode.class, "-d", NAME));
        assertEquals(2, failed.code(), failed.err());
        assertShows("engine-node: -d a?[2J ?b ?c: no such device", failed.err());
    }

    /// Ours alone are there for the terminal.
    @Test
    void theTextIsTheModelsOwn() throws Exception {
        String model = RandomLlama.writeByte(folder, 0x1b).toString();
        Ended told = Programs.host("-m", model, "-p", "a", "-n", "3", "--temp", "0");
        assertEquals("\u001b\u001b\u001b", told.out(), told.err());
    }
}
