package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.DeviceBuffer;

/// A buffer of one connection: its random handle and synthetic address stand for it on the wire.
///
/// @param device index of the device that it is on
record LentBuffer(long handle, long base, int device, DeviceBuffer bytes) {}
