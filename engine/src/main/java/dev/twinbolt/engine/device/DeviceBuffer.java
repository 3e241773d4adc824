package dev.twinbolt.engine.device;

import dev.twinbolt.engine.tensor.Memory;

/// Bytes on a device. The owner closes it; closing twice is harmless, and work that was queued
/// before still sees the bytes.
public interface DeviceBuffer extends Memory, AutoCloseable {
    Device device();

    @Override
    void close();
}
