package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.MetadataValue;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nothing stays allocated on a device: not after a conversation, not after a failure. Nothing that
/// was given back is used.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MemoryGivenBackTest {
    private static final int MICRO_BATCH = 4;
    private static final Capacity CAPACITY = new Capacity(512, MICRO_BATCH, 2);

    @TempDir Path folder;
    private GgufFile file;
    private Model model;
    private Placement placement;

    @BeforeEach
    void openModel() throws Exception {
        TinyLlama llama = new TinyLlama(2);
        // Its logits are larger than whatever else a stage computes.
        llama.metadata.put("llama.vocab_size", MetadataValue.of(1000));
        llama.tensors.put("token_embd.weight", List.of(64L, 1000L));
        file = GgufFile.open(llama.writeWhole(folder));
        model = Model.of(file);
        List<DeviceFacts> facts =
                List.of(
                        new DeviceFacts("D0", false, 1L << 40, 1L << 40),
                        new DeviceFacts("D1", true, 1L << 40, 1L << 40));
        PlacementRequest halves = new PlacementRequest(List.of(1.0, 1.0), Integer.MAX_VALUE);
        placement = Placement.plan(ModelCost.of(model, CAPACITY), facts, halves);
    }

    @AfterEach
    void closeModel() {
        file.close();
    }

    /// Every stage on `device`, so that one counts for all.
    private Pipeline load(CountingDevice device) {
        List<Device> devices = List.of(device, device);
        Layout layout = new Layout(placement, devices);
        return Pipeline.load(file, model, layout, CAPACITY, LoadProgress.SILENT, Recovery.NONE);
    }

    /// A whole life, with a pass that needs more memory than the one before.
    private void converse(CountingDevice device) throws InterruptedException {
        try (Pipeline pipeline = load(device);
                Session session = pipeline.openSession()) {
            session.decode(1);
            session.prefill(new int[MICRO_BATCH]);
        }
    }

    @Test
    void aPipelineGivesBackWhatItTookAndAConversationItsPlace() throws Exception {
        CountingDevice device = new CountingDevice(Integer.MAX_VALUE, -1);
        try (Pipeline pipeline = load(device);
                Session other = pipeline.openSession()) {
            long loaded = device.openBuffers();
            long inputsAndIntermediates = 2L * placement.stages().size();
            for (int i = 0; i < 3; i++) {
                try (Session session = pipeline.openSession()) {
                    session.decode(1);
                    session.prefill(new int[MICRO_BATCH]);
                    assertThrows(IllegalStateException.class, pipeline::openSession);
                }
                assertEquals(loaded + inputsAndIntermediates, device.openBuffers());
            }
            other.decode(1);
            assertEquals(loaded + inputsAndIntermediates, device.openBuffers());
        }
        assertEquals(0, device.openBuffers());
    }

    /// The load, the opening of a conversation and its passes, each failing at every one of their
    /// calls.
    @Test
    void aFailureGivesBackWhatWasTakenBefore() throws Exception {
        CountingDevice whole = new CountingDevice(Integer.MAX_VALUE, -1);
        converse(whole);
        for (int i = 0; i < whole.calls(); i++) {
            CountingDevice device = new CountingDevice(Integer.MAX_VALUE, i);
            assertThrows(DeviceException.class, () -> converse(device), "call " + i);
            assertEquals(0, device.openBuffers(), "after the failure of call " + i);
        }
    }

    /// The first pass of a prompt, failing at every one of its calls: those that ask for more
    /// memory, and the others.
    @Test
    void aShortageOfOneConversationLeavesTheOthersAlone() throws Exception {
        CountingDevice whole = new CountingDevice(Integer.MAX_VALUE, -1);
        int first;
        int end;
        try (Pipeline pipeline = load(whole);
                Session session = pipeline.openSession()) {
            session.decode(1);
            first = whole.calls();
            session.prefill(new int[MICRO_BATCH]);
            end = whole.calls();
        }
        for (int i = first; i < end; i++) {
            CountingDevice device = new CountingDevice(Integer.MAX_VALUE, i);
            try (Pipeline pipeline = load(device);
                    Session other = pipeline.openSession();
                    Session session = pipeline.openSession()) {
                other.decode(1);
                assertThrows(
                        DeviceException.class, () -> session.prefill(new int[MICRO_BATCH]), "" + i);
                assertEquals(0, session.position());
                other.decode(1);
                session.decode(1);
                session.prefill(new int[MICRO_BATCH]);
                assertEquals(2, other.position());
                assertEquals(1 + MICRO_BATCH, session.position());
            }
        }
    }

    /// Logits of every token need a larger compute buffer, a longer context a larger mask.
    @Test
    void onlyOneBufferIsReplacedAndNoGraphOverItIsLeft() throws Exception {
        CountingDevice device = new CountingDevice(Integer.MAX_VALUE, -1);
        try (Pipeline pipeline = load(device);
                Session other = pipeline.openSession();
                Session session = pipeline.openSession()) {
            session.prefill(new int[MICRO_BATCH]);
            other.decode(1);
            int before = device.buffers.size();
            session.prefillAll(new int[MICRO_BATCH], () -> false);
            assertEquals(1, device.buffers.size() - before, "the last stage's compute buffer");
            other.decode(1);
            before = device.buffers.size();
            session.prefill(new int[KvCache.CELL_STEP]);
            assertEquals(2, device.buffers.size() - before, "both stages' masks");
            other.decode(1);
        }
    }
}
