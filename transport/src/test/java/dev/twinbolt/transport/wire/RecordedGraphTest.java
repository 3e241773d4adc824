package dev.twinbolt.transport.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.transport.Transcript;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The graphs that stock clients sent for models of several families: read, written again, read
/// again.
final class RecordedGraphTest {
    private record Lent(long handle, long base, long sizeBytes) implements PlacedMemory {}

    private final Map<Long, Lent> buffers = new HashMap<>();
    private final List<GraphRecords> graphs = new ArrayList<>();

    private Buffers.Placed find(long handle) {
        Lent lent = Objects.requireNonNull(buffers.get(handle), "an unknown buffer");
        return new Buffers.Placed(lent, lent.base());
    }

    private void listen(Transcript transcript) {
        Map<Integer, Queue<Request>> asked = new HashMap<>();
        Map<Long, Long> sizes = new HashMap<>();
        for (Transcript.Event event : transcript.events()) {
            Queue<Request> mine =
                    asked.computeIfAbsent(event.connection(), _ -> new ArrayDeque<>());
            ByteBuf in = Unpooled.wrappedBuffer(event.frame());
            if (event.direction() == 0) {
                Request request = (Request) Objects.requireNonNull(new RequestReader().next(in));
                switch (request) {
                    case Request.GraphCompute(_, GraphBytes graph) -> graphs.add(graph.records());
                    case Request.SetTensor _, Request.GraphRecompute _ -> {}
                    default -> mine.add(request);
                }
            } else if (event.direction() == 1) {
                in.skipBytes(Reply.HEADER_BYTES);
                Request request = mine.remove();
                if (request instanceof Request.AllocBuffer
                        && Reply.read(request.command(), in)
                                instanceof Reply.Allocated(long handle, long size)) {
                    sizes.put(handle, size);
                } else if (request instanceof Request.BufferGetBase(long handle)
                        && Reply.read(request.command(), in) instanceof Reply.Number(long base)) {
                    long size = Objects.requireNonNull(sizes.get(handle));
                    buffers.put(handle, new Lent(handle, base, size));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stories260k-f32",
                "stories260k-f32-nofa",
                "hdr-bitnet-TQ2_0",
                "hdr-gemma3-Q4_0",
                "hdr-llama-Q4_0-kvq8",
                "hdr-llama3-Q4_0",
                "hdr-phi3-Q4_0",
                "hdr-qwen2-Q8_0-nofa",
                "hdr-qwen3moe-Q5_K_M",
                "hdr-deepseek2-v3-MXFP4_MOE"
            })
    void isReadAndSaidAgainWithTheSameNumbers(String name) throws IOException {
        listen(Transcript.read(name));
        assertTrue(graphs.size() >= 3, "only " + graphs.size() + " graphs");
        for (GraphRecords recorded : graphs) {
            Graph graph = GraphReader.read(recorded, this::find);
            GraphRecords ours = GraphWriter.write(graph);
            Map<Long, TensorRecord> theirRecords = byId(recorded);
            Map<Long, TensorRecord> ourRecords = byId(ours);
            assertEquals(recorded.nodes().size(), ours.nodes().size());
            for (int i = 0; i < ours.nodes().size(); i++) {
                TensorRecord theirs = theirRecords.get(recorded.nodes().get(i));
                TensorRecord mine = ourRecords.get(ours.nodes().get(i));
                assertSame(
                        Objects.requireNonNull(theirs),
                        Objects.requireNonNull(mine),
                        graph.nodes().get(i));
            }
            Graph again = GraphReader.read(ours, this::find);
            assertEquals(graph.nodes().size(), again.nodes().size());
        }
    }

    private static Map<Long, TensorRecord> byId(GraphRecords graph) {
        Map<Long, TensorRecord> records = new HashMap<>();
        graph.tensors().forEach(tensor -> records.put(tensor.id(), tensor));
        return records;
    }

    private static void assertSame(TensorRecord theirs, TensorRecord ours, Tensor node) {
        assertEquals(theirs.name(), ours.name());
        assertEquals(theirs.op(), ours.op(), ours.name());
        assertEquals(theirs.type(), ours.type(), ours.name());
        assertEquals(theirs.ne(), ours.ne(), ours.name());
        assertEquals(theirs.nb(), ours.nb(), ours.name());
        assertEquals(theirs.buffer(), ours.buffer(), ours.name());
        assertEquals(theirs.data(), ours.data(), ours.name());
        assertEquals(theirs.viewOffset(), ours.viewOffset(), ours.name());
        assertEquals(theirs.flags() & TensorRecord.FLAG_COMPUTE, ours.flags(), ours.name());
        assertEquals(theirs.sources().size(), ours.sources().size(), ours.name());
        boolean hasHints = node.op() instanceof Op.MulMat || node.op() instanceof Op.MulMatId;
        if (!hasHints) {
            assertEquals(theirs.params(), ours.params(), node.toString());
        }
    }
}
