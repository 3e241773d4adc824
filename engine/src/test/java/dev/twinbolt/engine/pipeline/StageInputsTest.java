package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.AttentionInputs;
import dev.twinbolt.engine.model.KvWindow;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StageInputsTest {
    private static final int CELLS = 256;
    private static final int DIM = 8;

    private CountingDevice device = new CountingDevice(Integer.MAX_VALUE, -1);
    private StageInputs inputs = new StageInputs(device, CELLS, () -> {});

    private void failAt(int call) {
        device = new CountingDevice(Integer.MAX_VALUE, call);
        inputs = new StageInputs(device, CELLS, () -> {});
    }

    private static StageGraph graph(int tokens) {
        GraphBuilder g = new GraphBuilder();
        Tensor x = g.input("x", TensorType.F32, Shape.of(DIM, tokens));
        AttentionInputs attention =
                new AttentionInputs(
                        g.input("positions", TensorType.I32, Shape.of(tokens)),
                        g.input("rows", TensorType.I64, Shape.of(tokens)),
                        g.input("mask", TensorType.F16, Shape.of(CELLS, tokens)),
                        new KvWindow(0, 1, CELLS, CELLS));
        Tensor output = g.scale("y", x, 2);
        Graph graph = g.build();
        return new StageGraph(graph, x, attention, null, output);
    }

    private void write(StageGraph graph, int position, int tokens) {
        Batch batch = new Batch(0, new int[tokens], new int[] {position}, 1);
        inputs.write(graph, batch, MemorySegment.ofArray(new float[DIM * tokens]));
    }

    private void assertMask(StageGraph graph, int position, int tokens) {
        AttentionInputs attention = graph.attention();
        if (attention == null) {
            throw new AssertionError("no attention");
        }
        Tensor mask = attention.mask();
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) mask.spanBytes()]);
        device.read((DeviceBuffer) mask.memory(), mask.offset(), bytes).join();
        for (int t = 0; t < tokens; t++) {
            for (int cell = 0; cell < CELLS; cell++) {
                short seen = bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * (t * CELLS + cell));
                short expected = cell <= position + t ? 0 : (short) 0xFC00;
                assertEquals(expected, seen, "token %d, cell %d".formatted(t, cell));
            }
        }
    }

    /// One after the other, back again, and after another graph has used the memory.
    @Test
    void theMaskIsRightHoweverLittleOfItIsWritten() {
        StageGraph one = graph(1);
        StageGraph many = graph(20);
        inputs.bind(many);
        inputs.bind(one);
        for (int position : new int[] {5, 6, 7, 6, 3, 3, 200}) {
            write(one, position, 1);
            assertMask(one, position, 1);
        }
        write(many, 30, 20);
        assertMask(many, 30, 20);
        write(one, 201, 1);
        assertMask(one, 201, 1);
    }

    /// Of two masks the first was written, or the memory was another graph's for its inputs.
    @Test
    void theMaskIsRightAfterAWriteThatFailed() {
        failAt(5); // an allocation, the inputs and the mask, the inputs and a row of the mask
        StageGraph two = graph(2);
        inputs.bind(two);
        write(two, 5, 2);
        assertThrows(DeviceException.class, () -> write(two, 9, 2));
        write(two, 6, 2);
        assertMask(two, 6, 2);
        failAt(4); // an allocation, the inputs and the mask, the inputs of the other
        StageGraph one = graph(1);
        StageGraph many = graph(20);
        inputs.bind(many);
        inputs.bind(one);
        write(one, 5, 1);
        assertThrows(DeviceException.class, () -> write(many, 30, 20));
        write(one, 6, 1);
        assertMask(one, 6, 1);
    }

    @Test
    void theNextTokenIsTwoWritesOfAFewBytes() {
        StageGraph one = graph(1);
        inputs.bind(one);
        write(one, 100, 1);
        int calls = device.calls();
        long bytes = device.writtenBytes();
        write(one, 101, 1);
        assertEquals(2, device.calls() - calls);
        // The activations, the position and the row, each aligned, and one cell of the mask.
        long places = 2 * CountingDevice.ALIGNMENT_BYTES + Long.BYTES;
        assertEquals(places + Short.BYTES, device.writtenBytes() - bytes);
    }
}
