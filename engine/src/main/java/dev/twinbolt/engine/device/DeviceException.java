package dev.twinbolt.engine.device;

/// A device could not do what it was asked. The subtype tells what the caller can do.
public class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DeviceException(String message) {
        super(message);
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }

    /// The device has not the memory: plan with less.
    public static final class OutOfMemory extends DeviceException {
        private static final long serialVersionUID = 1;

        public OutOfMemory(String message) {
            super(message);
        }
    }

    /// The device went away: whatever was on it is gone.
    public static final class Lost extends DeviceException {
        private static final long serialVersionUID = 1;

        public Lost(String message) {
            super(message);
        }

        public Lost(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// The calling thread was interrupted, and is so still, while it waited for the device; nothing
    /// else is known to be wrong.
    public static final class Interrupted extends DeviceException {
        private static final long serialVersionUID = 1;

        public Interrupted(String message, InterruptedException cause) {
            super(message, cause);
        }
    }

    /// The device was never there, or speaks another version: mend the address or the version.
    public static final class Unavailable extends DeviceException {
        private static final long serialVersionUID = 1;

        public Unavailable(String message) {
            super(message);
        }

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
