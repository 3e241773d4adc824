package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.DeviceException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What becomes of a pipeline that lost a device. Asked by one thread at a time.
public interface Recovery {
    /// A loss is the failure of whatever is fed next.
    Recovery NONE =
            (failure, _) -> {
                throw failure;
            };

    /// Where the model is to lie from now on; its stages are loaded there, those apart that lie
    /// there already, and every conversation's tokens are fed again before it goes on. May wait as
    /// long as it takes; null once `isCancelled`.
    ///
    /// @param failure a [DeviceException.Lost], or what went wrong in loading what was answered
    ///   before
    /// @throws DeviceException `failure`, or another reason for not going on
    @Nullable Layout after(DeviceException failure, BooleanSupplier isCancelled)
            throws InterruptedException;
}
