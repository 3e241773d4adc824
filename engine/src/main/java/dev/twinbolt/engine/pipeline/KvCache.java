package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.Architecture;
import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// K and V of the tokens so far, for the layers of one stage, on its device: a row of each per
/// cell. Each conversation has a slot of neighbouring cells.
final class KvCache implements AutoCloseable {
    /// Cells that attention looks at come in steps of this many, so that a graph serves many
    /// tokens.
    static final int CELL_STEP = 256;

    private final List<LayerCache> layers;
    private final DeviceArena arena;

    private KvCache(List<LayerCache> layers, DeviceArena arena) {
        this.layers = layers;
        this.arena = arena;
    }

    static KvCache allocate(
            Device device, Architecture architecture, StageRange range, Capacity capacity) {
        List<LayerCache> layers = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        for (int i = range.firstLayer(); i < range.endLayer(); i++) {
            LayerCache layer = layer(architecture, i, capacity);
            layers.add(layer);
            tensors.add(layer.k());
            tensors.add(layer.v());
        }
        DeviceArena arena = new DeviceArena(device);
        try {
            arena.bind(tensors);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
        return new KvCache(layers, arena);
    }

    /// Unbound caches of layer `layer`.
    static LayerCache layer(Architecture architecture, int layer, Capacity capacity) {
        long cells = (long) slotCells(capacity) * capacity.conversations();
        CacheTypes types = capacity.cacheTypes();
        Shape k = Shape.of(architecture.kvDimK(), cells);
        Shape v = Shape.of(architecture.kvDimV(), cells);
        return new LayerCache(
                Tensor.leaf("cache_k_l" + layer, types.k(), k),
                Tensor.leaf("cache_v_l" + layer, types.v(), v));
    }

    static long bytesPerLayer(Architecture architecture, Capacity capacity) {
        LayerCache layer = layer(architecture, 0, capacity);
        return layer.k().spanBytes() + layer.v().spanBytes();
    }

    /// Cells of one conversation; where there are several, with one more for what an idle slot
    /// feeds.
    static int slotCells(Capacity capacity) {
        return cells(capacity.contextLength()) + (capacity.conversations() > 1 ? 1 : 0);
    }

    /// How many leading cells of a slot are looked at when `used` of them hold tokens.
    static int cells(int used) {
        return (used + CELL_STEP - 1) / CELL_STEP * CELL_STEP;
    }

    /// The caches of the stage's layers.
    List<LayerCache> layers() {
        return layers;
    }

    /// The cache of the stage's `i`th layer.
    LayerCache layer(int i) {
        return layers.get(i);
    }

    @Override
    public void close() {
        arena.close();
    }
}
