package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.pipeline.Capacity;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.Layout;
import dev.twinbolt.engine.pipeline.LoadProgress;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.Pipeline;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.engine.pipeline.Recovery;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.kernels.cpu.CpuProvider;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Tiny models of every block format against exact logits, in one stage and in two. Cases of
/// architectures that this version does not run are skipped by name.
class GoldenTest {
    /// F32 activations and F32 sums leave only the rounding of K and V to F16.
    private static final double FLOAT_TOLERANCE = 1e-5;

    /// One entry of golden.json.
    private record Case(
            String model,
            String arch,
            int n_ctx,
            int[] tokens,
            String logits,
            int[] shape,
            int @Nullable [] rows,
            int[] greedy,
            double peer_nmse) {

        boolean isMixture() {
            return model.startsWith("mixtral");
        }

        boolean isFloat() {
            return !model.contains("-") || model.matches("llama-(linear|yarn|long)\\.gguf");
        }

        double tolerance() {
            return isFloat() ? FLOAT_TOLERANCE : 1.5 * peer_nmse + 1e-6;
        }

        int firstRow() {
            return rows == null ? 0 : rows[0];
        }
    }

    @TestFactory
    Stream<DynamicTest> logitsAndGreedyIdsOfEveryCase() throws Exception {
        Path list = SharedData.require("golden/golden.json");
        Case[] cases = new Gson().fromJson(Files.readString(list), Case[].class);
        assertTrue(cases.length >= 40, "golden.json holds only " + cases.length + " cases");
        return Stream.of(cases)
                .map(
                        c ->
                                DynamicTest.dynamicTest(
                                        c.model(), () -> check(c, list.resolveSibling(c.model()))));
    }

    private static void check(Case golden, Path file) throws Exception {
        if (!golden.arch().equals("llama") || golden.isMixture()) {
            SharedData.skip(
                    "golden case %s: %s is not an architecture of this version"
                            .formatted(
                                    golden.model(),
                                    golden.isMixture() ? "llama with experts" : golden.arch()));
        }
        float[] exact = floats(file.resolveSibling(golden.logits()));
        float[][] whole = logits(golden, file, 512, 2, false);
        assertNmse(golden, exact, whole);
        assertGreedy(golden, whole);
        float[][] split = logits(golden, file, 512, 1, true);
        assertSame(golden, "split in two, one thread", whole, split);
        assertSame(
                golden,
                "micro-batches of 7, three threads",
                whole,
                logits(golden, file, 7, 3, false));
        assertSame(golden, "token by token, split", whole, logits(golden, file, 1, 2, true));
    }

    /// Logits after the prompt's tokens from `firstRow` on and after each greedy id.
    private static float[][] logits(
            Case golden, Path path, int microBatch, int threads, boolean isSplit) throws Exception {
        List<Device> devices = new ArrayList<>();
        try (GgufFile file = GgufFile.open(path)) {
            for (int i = 0; i < (isSplit ? 2 : 1); i++) {
                devices.addAll(new CpuProvider().open(new DeviceConfig(threads, List.of())));
            }
            List<DeviceFacts> facts = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) {
                facts.add(DeviceFacts.of(devices.get(i), i == devices.size() - 1));
            }
            Model model = Model.of(file);
            Capacity capacity = new Capacity(golden.n_ctx(), microBatch, 1);
            Placement placement =
                    Placement.plan(
                            ModelCost.of(model, capacity),
                            facts,
                            new PlacementRequest(
                                    isSplit ? List.of(1.0, 1.0) : List.of(), Integer.MAX_VALUE));
            try (Pipeline pipeline =
                            Pipeline.load(
                                    file,
                                    model,
                                    new Layout(placement, devices),
                                    capacity,
                                    LoadProgress.SILENT,
                                    Recovery.NONE);
                    Session session = pipeline.openSession()) {
                float[][] prompt = session.prefillAll(golden.tokens(), () -> false);
                List<float[]> rows =
                        new ArrayList<>(List.of(prompt).subList(golden.firstRow(), prompt.length));
                for (int id : golden.greedy()) {
                    rows.add(session.decode(id));
                }
                int passes = (golden.tokens().length + microBatch - 1) / microBatch;
                long computed = session.stats().getFirst().forwardPasses();
                assertTrue(computed >= passes + golden.greedy().length, computed + " passes");
                session.stats().forEach(s -> assertEquals(computed, s.forwardPasses()));
                assertEquals(isSplit ? 3 : 1, session.stats().size());
                return rows.toArray(new float[0][]);
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    private static void assertNmse(Case golden, float[] exact, float[][] rows) {
        double error = 0;
        double square = 0;
        int columns = golden.shape()[1];
        assertEquals(exact.length, golden.shape()[0] * columns);
        for (int i = 0; i < exact.length; i++) {
            double difference = rows[i / columns][i % columns] - (double) exact[i];
            error += difference * difference;
            square += (double) exact[i] * exact[i];
        }
        double nmse = error / square;
        System.out.printf(
                "%s: NMSE %.1e, allowed %.1e%n", golden.model(), nmse, golden.tolerance());
        assertTrue(nmse <= golden.tolerance(), golden.model() + ": NMSE " + nmse);
    }

    private static void assertGreedy(Case golden, float[][] rows) {
        int prompt = golden.shape()[0];
        int[] ids = new int[golden.greedy().length];
        for (int i = 0; i < ids.length; i++) {
            float[] row = rows[prompt - 1 + i];
            for (int id = 1; id < row.length; id++) {
                ids[i] = row[id] > row[ids[i]] ? id : ids[i];
            }
        }
        assertArrayEquals(golden.greedy(), ids);
    }

    private static void assertSame(Case golden, String how, float[][] expected, float[][] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i], actual[i], golden.model() + ", " + how + ", row " + i);
        }
    }

    private static float[] floats(Path path) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        float[] floats = new float[bytes.capacity() / 4];
        bytes.asFloatBuffer().get(floats);
        return floats;
    }
}
