package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.MetadataValue;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageTest {
    private static final StageRange EMBEDDING = new StageRange(true, 0, 0, false);

    /// Opens queues and counts those that are closed.
    private static final class Place extends CountingDevice {
        final AtomicInteger closed = new AtomicInteger();
        final CountingDevice queue;

        /// Call number `failingCall` of the queue fails.
        Place(int failingCall) {
            super(Integer.MAX_VALUE, -1);
            queue =
                    new CountingDevice(Integer.MAX_VALUE, failingCall) {
                        @Override
                        public void close() {
                            closed.incrementAndGet();
                        }
                    };
        }

        @Override
        public Device openQueue() {
            return queue;
        }
    }

    private static Stage load(Path folder, Device place, StageRange range) throws Exception {
        try (GgufFile file = GgufFile.open(new TinyLlama(1).writeWhole(folder))) {
            return Stage.load(file, Model.of(file), place, range, _ -> {});
        }
    }

    @Test
    void whatOnlyEmbedsHasAQueueOfItsOwn(@TempDir Path folder) throws Exception {
        Place place = new Place(-1);
        try (Stage stage = load(folder, place, EMBEDDING)) {
            assertSame(place, stage.place());
            assertSame(place.queue, stage.device());
        }
        assertEquals(1, place.closed.get());
    }

    @Test
    void theQueueIsClosedWhereLoadingFails(@TempDir Path folder) throws Exception {
        Place place = new Place(1);
        try (Stage _ = load(folder, place, EMBEDDING)) {
            throw new AssertionError("nothing failed");
        } catch (RuntimeException e) {
            assertEquals("call 1 fails", e.getMessage());
        }
        assertEquals(1, place.closed.get());
        assertEquals(0, place.queue.openBuffers());
    }

    /// In two pieces, of which the second is no whole one.
    @Test
    void aLargeWeightArrivesAsItIsInTheFile(@TempDir Path folder) throws Exception {
        TinyLlama llama = new TinyLlama(1);
        llama.metadata.put("llama.vocab_size", MetadataValue.of(20_000));
        llama.tensors.put("token_embd.weight", List.of(64L, 20_000L));
        Path path = llama.writeWhole(folder);
        byte[] weight = new byte[64 * 20_000 * Float.BYTES];
        new Random(3).nextBytes(weight);
        try (GgufFile file = GgufFile.open(path);
                RandomAccessFile bytes = new RandomAccessFile(path.toFile(), "rw")) {
            bytes.seek(file.tensor("token_embd.weight").offsetBytes());
            bytes.write(weight);
        }
        CountingDevice device = new CountingDevice(Integer.MAX_VALUE, -1);
        AtomicLong loaded = new AtomicLong();
        try (GgufFile file = GgufFile.open(path);
                Stage stage =
                        Stage.load(file, Model.of(file), device, EMBEDDING, loaded::addAndGet)) {
            Tensor tensor = stage.weights().get("token_embd.weight");
            MemorySegment found = MemorySegment.ofArray(new byte[weight.length]);
            device.read((DeviceBuffer) tensor.memory(), tensor.offset(), found).join();
            assertEquals(-1, found.mismatch(MemorySegment.ofArray(weight)));
            assertEquals(weight.length, loaded.get());
        }
    }

    @Test
    void allElseGoesThroughTheDeviceItself(@TempDir Path folder) throws Exception {
        Place place = new Place(-1);
        for (StageRange range :
                new StageRange[] {
                    new StageRange(true, 0, 1, false), new StageRange(true, 0, 0, true)
                }) {
            try (Stage stage = load(folder, place, range)) {
                assertSame(place, stage.device());
            }
        }
        HeldDevice remote = new HeldDevice();
        try (Stage stage = load(folder, remote, EMBEDDING)) {
            assertSame(remote, stage.device());
        }
    }
}
