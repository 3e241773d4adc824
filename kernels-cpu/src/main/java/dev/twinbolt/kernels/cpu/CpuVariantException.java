package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceException;

/// The environment asks for kernels that do not exist or that this machine cannot run: mend or
/// remove the variable [CpuVariant#ENVIRONMENT].
public final class CpuVariantException extends DeviceException {
    private static final long serialVersionUID = 1;

    CpuVariantException(String message) {
        super(message);
    }
}
