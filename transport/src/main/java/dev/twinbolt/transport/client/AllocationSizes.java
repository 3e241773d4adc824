package dev.twinbolt.transport.client;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/// The bytes that tensors take on a server, which is asked once for each kind where the protocol's
/// clients ask: block formats with rows that are no multiple of 512, FLASH_ATTN_EXT and MUL_MAT_ID.
final class AllocationSizes {
    private static final int PADDED_ROW = 512;

    private record Layout(TensorType type, Shape shape) {
        static Layout of(Tensor tensor) {
            return new Layout(tensor.type(), tensor.shape());
        }
    }

    private record Kind(Op op, Layout result, List<Layout> sources) {}

    private final Map<Kind, Long> known = new ConcurrentHashMap<>();
    private final ToLongFunction<Tensor> server;

    AllocationSizes(ToLongFunction<Tensor> server) {
        this.server = server;
    }

    long of(Tensor tensor) {
        if (!isAsked(tensor)) {
            return tensor.spanBytes();
        }
        List<Layout> sources = new ArrayList<>();
        tensor.sources().forEach(source -> sources.add(Layout.of(source)));
        Kind kind = new Kind(tensor.op(), Layout.of(tensor), sources);
        return known.computeIfAbsent(kind, _ -> server.applyAsLong(tensor));
    }

    private static boolean isAsked(Tensor tensor) {
        return switch (tensor.op()) {
            case Op.FlashAttnExt _, Op.MulMatId _ -> true;
            default ->
                    tensor.type().isQuantized()
                            && tensor.viewSource() == null
                            && tensor.ne(0) % PADDED_ROW != 0;
        };
    }
}
