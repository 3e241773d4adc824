package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.pipeline.Capacity;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.LoadProgress;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.Pipeline;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.engine.text.Tokenizer;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.MetadataValue;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An engine over a device that computes nothing.
class EngineTest {
    private static final Capacity CAPACITY = new Capacity(64, 8, 2);

    @TempDir Path folder;
    private final List<Long> buffersAtEnd = new ArrayList<>();

    private final CountingDevice device =
            new CountingDevice(1 << 30, -1) {
                @Override
                public void close() {
                    buffersAtEnd.add(openBuffers());
                }
            };

    private GgufFile file(String name) throws Exception {
        TinyLlama tiny = new TinyLlama(1);
        List<String> tokens = new ArrayList<>(Collections.nCopies(100, ""));
        tiny.metadata.put("tokenizer.ggml.model", MetadataValue.of("llama"));
        tiny.metadata.put("tokenizer.ggml.tokens", MetadataValue.of(tokens));
        tiny.metadata.put("tokenizer.ggml.scores", MetadataValue.of(new float[100]));
        Path folderOfItsOwn = Files.createDirectory(folder.resolve(name));
        return GgufFile.open(tiny.writeWhole(folderOfItsOwn));
    }

    private Engine engine(GgufFile file, Path draftModel) {
        Model model = Model.of(file);
        Tokenizer tokenizer = Tokenizer.of(file.metadata());
        Devices devices = new Devices(List.<Device>of(device));
        DraftModel draft = DraftModel.load(draftModel, tokenizer, devices, CAPACITY);
        Plan plan =
                Plan.of(
                        ModelCost.of(model, CAPACITY),
                        List.of(DeviceFacts.of(device, true)),
                        List.of("a host"),
                        new PlacementRequest(List.of(), Integer.MAX_VALUE));
        NodeLoss nodeLoss =
                new NodeLoss(NodeLossPolicy.FAIL, devices, plan, (_, _) -> plan, null, _ -> {});
        Pipeline pipeline =
                Pipeline.load(
                        file, model, nodeLoss.layout(), CAPACITY, LoadProgress.SILENT, nodeLoss);
        return new Engine(file, devices, pipeline, draft, tokenizer, nodeLoss);
    }

    /// Memory before its device.
    @Test
    void itsEndIsThatOfAllThatItHas() throws Exception {
        GgufFile file = file("model");
        MemorySegment mapped = file.data(file.tensor("output_norm.weight"));
        Path draftModel;
        try (GgufFile draft = file("draft")) {
            draftModel = draft.path();
        }
        try (Engine engine = engine(file, draftModel);
                Conversation first = engine.openConversation();
                Conversation second = engine.openConversation()) {
            first.generate(new int[] {5, 6}, GenerateOptions.defaults().withMaxTokens(3), _ -> {});
            assertEquals(0, second.position());
            assertThrows(IllegalStateException.class, engine::openConversation);
            second.close();
            engine.openConversation().close();
        }
        assertEquals(List.of(0L), buffersAtEnd);
        assertEquals(0, device.openBuffers());
        assertFalse(mapped.scope().isAlive());
    }
}
