package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a recovery loads again: the layers of the node that is lost and nothing else.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class KeptStagesTest {
    private static final Capacity CAPACITY = new Capacity(256, 4, 1);

    @TempDir Path folder;
    private final CountingDevice host = new CountingDevice(Integer.MAX_VALUE, -1);
    private final Node lost = new Node();
    private final Node fresh = new Node();

    private static final class Node extends CountingDevice {
        private final CompletableFuture<Void> loss = new CompletableFuture<>();

        Node() {
            super(Integer.MAX_VALUE, -1);
        }

        @Override
        public CompletableFuture<Void> loss() {
            return loss;
        }
    }

    @Test
    void whatTheHostHasStaysThere() throws Exception {
        List<Long> loaded = new ArrayList<>();
        try (GgufFile file = GgufFile.open(new TinyLlama(3).writeWhole(folder))) {
            Model model = Model.of(file);
            ModelCost cost = ModelCost.of(model, CAPACITY);
            List<DeviceFacts> facts =
                    List.of(
                            new DeviceFacts("node", false, 1L << 40, 1L << 40),
                            new DeviceFacts("host", true, 1L << 40, 1L << 40));
            Placement placement = Placement.of(cost, facts, new int[] {1, 2});
            assertEquals(3, placement.stages().size(), "embedding, a layer, two and the head");
            long nodes = placement.stages().get(1).weightBytes();
            long all = new Layout(placement, List.of()).weightBytes();
            LoadProgress progress =
                    (done, total) -> {
                        assertEquals(all, total);
                        loaded.add(done);
                    };
            Recovery recovery = (_, _) -> new Layout(placement, List.<Device>of(fresh, host));
            Layout layout = new Layout(placement, List.<Device>of(lost, host));
            try (Pipeline pipeline =
                            Pipeline.load(file, model, layout, CAPACITY, progress, recovery);
                    Session session = pipeline.openSession()) {
                List<Integer> passes = new ArrayList<>();
                pipeline.onPass(pass -> passes.add(pass.tokens()));
                session.decode(1);
                assertEquals(all, loaded.getLast());
                assertTrue(host.writtenBytes() > all - nodes, "the premise");
                long before = host.writtenBytes();
                lost.loss.completeExceptionally(new DeviceException.Lost("it went away"));
                session.decode(1);
                assertEquals(all, loaded.getLast());
                assertTrue(host.writtenBytes() - before < (all - nodes) / 10, "loaded again");
                assertTrue(fresh.writtenBytes() > nodes);
                assertEquals(0, lost.openBuffers());
                assertEquals(List.of(1, 2), passes, "what is told of them goes on");
            }
        }
        assertEquals(0, host.openBuffers() + fresh.openBuffers());
    }
}
