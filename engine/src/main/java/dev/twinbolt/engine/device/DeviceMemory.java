package dev.twinbolt.engine.device;

/// What a device can hold, in bytes, when it was asked.
public record DeviceMemory(long freeBytes, long totalBytes) {}
