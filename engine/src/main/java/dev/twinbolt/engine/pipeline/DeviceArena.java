package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Alignment;
import java.util.ArrayList;
import java.util.List;

/// Memory of one device for a group of tensors with one life, in as few buffers as the device's
/// largest buffer allows. Closing it frees them all.
final class DeviceArena implements AutoCloseable {
    private final Device device;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    DeviceArena(Device device) {
        this.device = device;
    }

    /// Takes over a buffer that was made elsewhere, to close it with the others.
    void own(DeviceBuffer buffer) {
        buffers.add(buffer);
    }

    /// Allocates memory for `tensors` and binds them.
    void bind(List<Tensor> tensors) {
        long alignment = device.alignmentBytes();
        List<Tensor> group = new ArrayList<>();
        List<Long> offsets = new ArrayList<>();
        long end = 0;
        for (Tensor tensor : tensors) {
            long size = Math.max(1, device.allocationBytes(tensor));
            if (size > device.maxBufferBytes()) {
                throw new DeviceException.OutOfMemory(
                        "%s needs %s, the largest buffer of %s is %s"
                                .formatted(
                                        tensor.name(),
                                        Placement.bytes(size),
                                        device.name(),
                                        Placement.bytes(device.maxBufferBytes())));
            }
            long offset = Alignment.roundUp(end, alignment);
            if (!group.isEmpty() && offset + size > device.maxBufferBytes()) {
                bindGroup(group, offsets, end);
                group.clear();
                offsets.clear();
                offset = 0;
            }
            group.add(tensor);
            offsets.add(offset);
            end = offset + size;
        }
        if (!group.isEmpty()) {
            bindGroup(group, offsets, end);
        }
    }

    private void bindGroup(List<Tensor> group, List<Long> offsets, long sizeBytes) {
        DeviceBuffer buffer = device.allocate(sizeBytes);
        buffers.add(buffer);
        for (int i = 0; i < group.size(); i++) {
            group.get(i).bind(buffer, offsets.get(i));
        }
    }

    @Override
    public void close() {
        buffers.forEach(DeviceBuffer::close);
        buffers.clear();
    }
}
