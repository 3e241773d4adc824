package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.AttentionInputs;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Alignment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The inputs of a stage's graphs, which take turns in one buffer. What changes with every pass
/// lies side by side and is one write; of a mask that is still there only the cells that changed
/// are written.
final class StageInputs implements AutoCloseable {
    /// From this many tokens on a mask is written whole.
    private static final int FEW_TOKENS = 8;

    /// −∞ as F16; a cell that is seen has 0.
    private static final short UNSEEN = (short) 0xFC00;

    private final GrowingBuffer buffer;
    private final Device device;
    private final int slotCells;

    /// The graph whose mask is in the buffer, and how many cells each of its tokens sees.
    private @Nullable StageGraph current;

    private int[] seen = {};

    /// `onLoss` is run before the graphs that were bound lose their memory.
    StageInputs(Device device, int slotCells, Runnable onLoss) {
        this.device = device;
        this.buffer = new GrowingBuffer(device, onLoss);
        this.slotCells = slotCells;
    }

    /// Binds the inputs of a new graph.
    void bind(StageGraph graph) {
        long end = 0;
        long[] offsets = new long[graph.inputs().size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = Alignment.roundUp(end, device.alignmentBytes());
            end = offsets[i] + Math.max(1, device.allocationBytes(graph.inputs().get(i)));
        }
        buffer.ensure(end);
        for (int i = 0; i < offsets.length; i++) {
            graph.inputs().get(i).bind(buffer.get(), offsets[i]);
        }
    }

    /// Queues the writes of what `batch` feeds; `x` is the stage's input.
    void write(StageGraph graph, Batch batch, MemorySegment x) {
        AttentionInputs attention = graph.attention();
        Tensor outputRows = graph.outputRows();
        Tensor last = graph.input();
        if (outputRows != null) {
            last = outputRows;
        } else if (attention != null) {
            last = attention.kvRows();
        }
        boolean isMaskThere = graph == current;
        current = null; // a mask of which a part was written is none
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment bytes = scratch.allocate(last.offset() + last.spanBytes(), 64);
            bytes.asSlice(graph.input().offset(), x.byteSize()).copyFrom(x);
            if (attention != null) {
                writePlaces(attention, batch, bytes);
            }
            if (outputRows != null) {
                writeOutputRows(outputRows, batch, bytes);
            }
            device.write(buffer.get(), 0, bytes);
            if (attention != null) {
                writeMask(attention, batch, isMaskThere, scratch);
            }
        }
        current = graph;
    }

    private void writePlaces(AttentionInputs attention, Batch batch, MemorySegment bytes) {
        long firstSlot = attention.window().firstSlot();
        for (int t = 0; t < batch.tokens().length; t++) {
            long slot = firstSlot + t / batch.tokensPerSlot();
            bytes.set(
                    ValueLayout.JAVA_INT,
                    attention.positions().offset() + 4L * t,
                    batch.position(t));
            bytes.set(
                    ValueLayout.JAVA_LONG,
                    attention.kvRows().offset() + 8L * t,
                    slot * slotCells + batch.cell(t, slotCells));
        }
    }

    private static void writeOutputRows(Tensor outputRows, Batch batch, MemorySegment bytes) {
        int perSlot = batch.tokensPerSlot();
        for (int i = 0; i < batch.outputs() * batch.slots(); i++) {
            int slot = i / batch.outputs();
            int token = slot * perSlot + perSlot - batch.outputs() + i % batch.outputs();
            bytes.set(ValueLayout.JAVA_INT, outputRows.offset() + 4L * i, token);
        }
    }

    private void writeMask(
            AttentionInputs attention, Batch batch, boolean isMaskThere, Arena scratch) {
        int tokens = batch.tokens().length;
        int cells = Math.toIntExact(attention.window().cells());
        int[] next = new int[tokens];
        Arrays.setAll(next, t -> batch.position(t) + 1);
        Tensor mask = attention.mask();
        if (isMaskThere && tokens < FEW_TOKENS) {
            for (int t = 0; t < tokens; t++) {
                int from = Math.min(seen[t], next[t]);
                int to = Math.max(seen[t], next[t]);
                if (from < to) {
                    MemorySegment change = scratch.allocate(2L * (to - from), 2);
                    if (next[t] < seen[t]) {
                        hide(change, 0, to - from);
                    }
                    long offset = mask.offset() + 2L * ((long) t * cells + from);
                    device.write(buffer.get(), offset, change);
                }
            }
        } else {
            MemorySegment rows = scratch.allocate(2L * cells * tokens, 2);
            for (int t = 0; t < tokens; t++) {
                long row = (long) t * cells;
                hide(rows, row + next[t], row + cells);
            }
            device.write(buffer.get(), mask.offset(), rows);
        }
        seen = next;
    }

    private static void hide(MemorySegment mask, long from, long to) {
        for (long i = from; i < to; i++) {
            mask.setAtIndex(ValueLayout.JAVA_SHORT, i, UNSEEN);
        }
    }

    @Override
    public void close() {
        buffer.close();
    }
}
