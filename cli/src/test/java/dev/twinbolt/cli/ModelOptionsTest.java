package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Plan;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What the options of a model make of a plan for a node and a host that are only described; the
/// model has 8 layers.
class ModelOptionsTest {
    private static final DescribedMachines MACHINES =
            DescribedMachines.parse(
                    List.of("Node: 8GB, 100GB/s, 1TFLOPS", "Host: 8GB, 100GB/s, 1TFLOPS"),
                    List.of("1us, 100Gbit"));

    @TempDir Path folder = Path.of("");

    private static ModelOptions options(String... args) {
        return CommandLine.populateCommand(new ModelOptions(), args);
    }

    private Plan plan(String... args) throws IOException {
        return options(args)
                .builder(RandomLlama.writeHeader(folder))
                .plan(MACHINES.facts(), MACHINES.lines());
    }

    /// The layers of the node; none where it has none.
    private static String ofNode(Plan plan) {
        return plan.table()
                .lines()
                .filter(line -> line.matches("Node +layers .*"))
                .map(line -> line.replaceAll("Node +layers ([-\\d]+) .*", "$1"))
                .findFirst()
                .orElse("none");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-ts=1,1          | 0-3",
                "-ts=3,1          | 0-5",
                "-ts=3/1          | 0-5",
                "-ts=1 , 3        | 0-1",
                "-ts=0,1          | none",
                "-ts=3,1 -ngl=all | 0-5",
                "-ts=3,1 -ngl=auto| 0-5",
                "-ts=3,1 -ngl=-1  | 0-5",
                "-ts=3,1 -ngl=2   | 0-1",
                "-ts=3,1 --gpu-layers=0 | none",
            })
    void sharesAndTheirLimitAreKept(String args, String layers) throws IOException {
        assertEquals(layers, ofNode(plan(args.split(" (?=-)"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,-1", "NaN,1", "1,Infinity", "1,", "1;1"})
    void otherSharesAreRefused(String shares) {
        assertThrows(UsageException.class, () -> plan("-ts=" + shares));
    }

    @Test
    void theContextIsAsLongAsAskedAndTheModelsOwnAtMost4096() throws IOException {
        assertEquals(100, plan("-c=100").contextLength());
        assertEquals(4096, plan("-c=0").contextLength());
    }

    @Test
    void aDemoIsToldApartFromAModelOfTheUsers() {
        assertFalse(options().namesModelNodesOrSplit());
        assertFalse(options("-c=5", "-t=1").namesModelNodesOrSplit());
        assertTrue(options("-m=a").namesModelNodesOrSplit());
        assertTrue(options("--rpc=a:1").namesModelNodesOrSplit());
        assertTrue(options("-ts=1,1").namesModelNodesOrSplit());
        assertTrue(options("--rpc=a:1").namesNodes());
        assertFalse(options("-m=a").namesNodes());
    }

    @Test
    void nodesAndThreadsReachTheDevices() {
        assertEquals(List.of("a:1", "b:2"), options("--rpc=a:1,b:2").deviceConfig().endpoints());
        assertEquals(0, options().deviceConfig().threads());
        assertEquals(0, options("-t=-1").deviceConfig().threads());
        assertEquals(512, options("-t=512").deviceConfig().threads());
        assertThrows(UsageException.class, () -> options("-t=513").deviceConfig());
    }

    @Test
    void keysAndValuesHaveTypesOfTheirOwn() {
        CacheTypesOption option = new CacheTypesOption();
        CommandLine.populateCommand(option, "-ctk=q8_0");
        assertEquals(new CacheTypes(TensorType.Q8_0, TensorType.F16), option.types());
        CommandLine.populateCommand(option, "-ctv=q8_0");
        assertEquals(new CacheTypes(TensorType.F16, TensorType.Q8_0), option.types());
    }
}
