package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceException;

/// The native kernels cannot be used in this process: go on with [CpuVariant#VECTOR] or
/// [CpuVariant#PLAIN]. The cause, where there is one, is the true one.
public final class NativeLibraryException extends DeviceException {
    private static final long serialVersionUID = 1;

    private final String reason;

    NativeLibraryException(String reason) {
        super(reason);
        this.reason = reason;
    }

    NativeLibraryException(String reason, Throwable cause) {
        super(reason, cause);
        this.reason = reason;
    }

    /// The message, which is never null.
    String reason() {
        return reason;
    }
}
