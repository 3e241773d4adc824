package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// K and V of one conversation in every layer of the model, whichever devices they are on.
///
/// @param layers of the whole model, in their order
/// @param firstCell of the conversation's slot
record SlotCache(List<LayerCache> layers, long firstCell) {
    /// A piece is at most this large.
    static final int PIECE_BYTES = 4 << 20;

    SlotCache {
        layers = List.copyOf(layers);
    }

    /// Neighbouring bytes on a device.
    record Piece(DeviceBuffer buffer, long offset, int size) {
        CompletableFuture<Void> read(MemorySegment to) {
            return buffer.device().read(buffer, offset, to.asSlice(0, size));
        }

        void write(MemorySegment from) {
            buffer.device().write(buffer, offset, from.asSlice(0, size));
        }
    }

    /// The first `cells` cells, layer by layer, all K of a layer before its V.
    List<Piece> pieces(int cells) {
        List<Piece> pieces = new ArrayList<>();
        for (LayerCache layer : layers) {
            for (Tensor tensor : List.of(layer.k(), layer.v())) {
                long start = tensor.offset() + firstCell * tensor.nb(1);
                long bytes = cells * tensor.nb(1);
                for (long done = 0; done < bytes; done += PIECE_BYTES) {
                    int size = (int) Math.min(PIECE_BYTES, bytes - done);
                    pieces.add(new Piece((DeviceBuffer) tensor.memory(), start + done, size));
                }
            }
        }
        return pieces;
    }
}
