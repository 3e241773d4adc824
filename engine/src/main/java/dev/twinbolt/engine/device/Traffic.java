package dev.twinbolt.engine.device;

/// What has gone over a network to a device and back, headers of the protocol above TCP included.
///
/// @param sentBytes to the device
/// @param receivedBytes from the device; of what it was asked to send also what is still to come
/// @param flushes how often queued bytes were sent off
public record Traffic(long sentBytes, long receivedBytes, long flushes) {
    /// That of a device in this machine.
    public static final Traffic NONE = new Traffic(0, 0, 0);

    public Traffic plus(Traffic more) {
        return new Traffic(
                sentBytes + more.sentBytes,
                receivedBytes + more.receivedBytes,
                flushes + more.flushes);
    }

    /// What has gone since it was `before`.
    public Traffic minus(Traffic before) {
        return new Traffic(
                sentBytes - before.sentBytes,
                receivedBytes - before.receivedBytes,
                flushes - before.flushes);
    }
}
