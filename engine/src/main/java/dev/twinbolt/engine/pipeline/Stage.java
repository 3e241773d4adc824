package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.Weights;
import dev.twinbolt.engine.speed.Calibration;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.TensorInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/// A part of a model with its weights on a device. Conversations share it; what they change is
/// theirs.
final class Stage implements AutoCloseable {
    /// Weights go to a device in pieces of this many bytes.
    private static final long PIECE_BYTES = 4 << 20;

    private final Model model;
    private final Device place;
    private final Device device;
    private final StageRange range;
    private final Weights weights;
    private final DeviceArena arena;
    private LinkSpeed link = LinkSpeed.NONE;

    /// Works on `device`, which is `place` or a queue of its own there.
    private Stage(
            Model model,
            Device place,
            Device device,
            StageRange range,
            Weights weights,
            DeviceArena arena) {
        this.model = model;
        this.place = place;
        this.device = device;
        this.range = range;
        this.weights = weights;
        this.arena = arena;
    }

    /// Brings the weights of `range` to `place`: as they lie in the mapped file where the device
    /// can compute on that, else copied. `progress` is told of every piece.
    static Stage load(
            GgufFile file, Model model, Device place, StageRange range, LongConsumer progress) {
        Device device = queue(place, range);
        List<TensorInfo> infos =
                model.tensors(
                        range.embeds(), range.firstLayer(), range.endLayer(), range.hasHead());
        DeviceArena arena = new DeviceArena(device);
        try {
            Map<String, Tensor> tensors = new HashMap<>();
            List<Tensor> copied = new ArrayList<>();
            for (TensorInfo info : infos) {
                Tensor tensor = Tensor.leaf(info.name(), info.type(), Model.shapeOf(info));
                tensors.put(info.name(), tensor);
                Optional<DeviceBuffer> adopted = device.adopt(file.data(info));
                if (adopted.isPresent()) {
                    arena.own(adopted.get());
                    tensor.bind(adopted.get(), 0);
                    progress.accept(info.sizeBytes());
                } else {
                    copied.add(tensor);
                }
            }
            arena.bind(copied);
            for (Tensor tensor : copied) {
                copy(file, file.tensor(tensor.name()), device, tensor, progress);
            }
            return new Stage(model, place, device, range, new Weights(tensors), arena);
        } catch (RuntimeException e) {
            close(arena, device, place);
            throw e;
        }
    }

    /// Embedding takes next to no time, and with it a pass begins. Where the same device has the
    /// last layers, it would stand behind another pass there, and the stages between would have
    /// nothing to do meanwhile: so it goes another way.
    private static Device queue(Device place, StageRange range) {
        boolean onlyEmbeds = range.layerCount() == 0 && !range.hasHead();
        return onlyEmbeds && place.isLocal() ? place.openQueue() : place;
    }

    private static void copy(
            GgufFile file, TensorInfo info, Device device, Tensor target, LongConsumer progress) {
        DeviceBuffer buffer = (DeviceBuffer) target.memory();
        try (Arena staging = Arena.ofConfined()) {
            MemorySegment piece = staging.allocate(Math.min(PIECE_BYTES, info.sizeBytes()));
            for (long done = 0; done < info.sizeBytes(); done += piece.byteSize()) {
                long size = Math.min(piece.byteSize(), info.sizeBytes() - done);
                MemorySegment part = piece.asSlice(0, size);
                file.read(info, done, part);
                device.write(buffer, target.offset() + done, part);
                progress.accept(size);
            }
        }
    }

    Model model() {
        return model;
    }

    /// The device that it was given.
    Device place() {
        return place;
    }

    /// The queue that it is computed in, of the same device.
    Device device() {
        return device;
    }

    StageRange range() {
        return range;
    }

    Weights weights() {
        return weights;
    }

    /// The link to its device, as far as it was measured.
    LinkSpeed link() {
        return link;
    }

    /// Measures it, which the weights have made warm.
    void measureLink() {
        link = Calibration.link(device);
    }

    @Override
    public void close() {
        close(arena, device, place);
    }

    private static void close(DeviceArena arena, Device device, Device place) {
        arena.close();
        if (device != place) {
            device.close();
        }
    }
}
