package dev.twinbolt.engine.device;

import java.util.List;

/// A kind of device, found by [java.util.ServiceLoader].
public interface DeviceProvider {
    /// The kind, such as `CPU`, `CUDA` or `RPC`.
    String kind();

    /// The devices of this kind that `config` asks for; the caller closes them. Empty where there
    /// are none.
    List<Device> open(DeviceConfig config);

    /// Why [#open(DeviceConfig)] is empty, in one sentence; empty text where it is not.
    String unavailableReason(DeviceConfig config);
}
