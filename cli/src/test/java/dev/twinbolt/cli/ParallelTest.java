package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import dev.twinbolt.engine.pipeline.StageStats;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.kernels.cpu.CpuProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Several conversations at once on a pipeline of two devices.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ParallelTest {
    /// As many as a slot has cells, so that the last one is also a token's.
    private static final int CONTEXT = 256;

    private static final int CONVERSATIONS = 4;
    private static final int FULL = 1;
    private static final int PROMPT = 70;
    private static final int GENERATED = 24;

    @TempDir Path folder;

    private <T> T with(int stages, int conversations, Function<Pipeline, T> use) throws Exception {
        Path path = RandomLlama.write(folder);
        List<Device> devices = new ArrayList<>();
        try (GgufFile file = GgufFile.open(path)) {
            List<DeviceFacts> facts = new ArrayList<>();
            for (int i = 0; i < stages; i++) {
                devices.addAll(new CpuProvider().open(new DeviceConfig(1, List.of())));
                facts.add(DeviceFacts.of(devices.get(i), i == stages - 1));
            }
            Model model = Model.of(file);
            Capacity capacity = new Capacity(CONTEXT, 32, conversations);
            List<Double> equal = new ArrayList<>();
            devices.forEach(_ -> equal.add(1.0));
            PlacementRequest request = new PlacementRequest(equal, Integer.MAX_VALUE);
            Placement placement = Placement.plan(ModelCost.of(model, capacity), facts, request);
            Layout layout = new Layout(placement, devices);
            try (Pipeline pipeline =
                    Pipeline.load(
                            file, model, layout, capacity, LoadProgress.SILENT, Recovery.NONE)) {
                return use.apply(pipeline);
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    /// What conversation `number` says: logits after its prompt and after each token that it picks.
    private static float[][] converse(Session session, int number) {
        try {
            // The first are the first to end, and leave a gap.
            int generated = GENERATED - 4 * (CONVERSATIONS - number);
            // One fills its context, among others that go on without it.
            int length = number == FULL ? CONTEXT - generated : PROMPT + 9 * number;
            int[] prompt = new int[length];
            for (int i = 0; i < prompt.length; i++) {
                prompt[i] = 3 + (7 * number + 5 * i) % 250;
            }
            float[][] rows = new float[GENERATED + 1][];
            rows[0] = session.prefill(prompt);
            for (int i = 1; i <= generated; i++) {
                int best = 0;
                for (int token = 1; token < rows[i - 1].length; token++) {
                    best = rows[i - 1][token] > rows[i - 1][best] ? token : best;
                }
                rows[i] = session.decode((best + number) % 250);
            }
            return rows;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static float[][] alone(Pipeline pipeline, int number) {
        try (Session session = pipeline.openSession()) {
            return converse(session, number);
        }
    }

    private static List<float[][]> together(Pipeline pipeline) {
        List<Session> sessions = new ArrayList<>();
        List<Future<float[][]>> said = new ArrayList<>();
        List<float[][]> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CONVERSATIONS; i++) {
                Session session = pipeline.openSession();
                sessions.add(session);
                int number = i;
                said.add(threads.submit(() -> converse(session, number)));
            }
            for (Future<float[][]> future : said) {
                all.add(future.get());
            }
            for (Session session : sessions) {
                StageStats first = session.stats().getFirst();
                session.stats()
                        .forEach(s -> assertEquals(first.forwardPasses(), s.forwardPasses()));
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            sessions.forEach(Session::close);
        }
        return all;
    }

    @Test
    void eachSaysWhatItSaysAlone() throws Exception {
        List<float[][]> alone = new ArrayList<>();
        for (int i = 0; i < CONVERSATIONS; i++) {
            int number = i;
            alone.add(with(1, 1, pipeline -> alone(pipeline, number)));
        }
        for (int stages : List.of(1, 2, 3)) {
            List<float[][]> together = with(stages, CONVERSATIONS, ParallelTest::together);
            for (int i = 0; i < CONVERSATIONS; i++) {
                for (int row = 0; row < together.get(i).length; row++) {
                    assertArrayEquals(
                            alone.get(i)[row],
                            together.get(i)[row],
                            "%d stages, conversation %d, row %d".formatted(stages, i, row));
                }
            }
        }
    }
}
