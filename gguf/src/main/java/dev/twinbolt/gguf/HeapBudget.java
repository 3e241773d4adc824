package dev.twinbolt.gguf;

/// The heap that a model's headers may take, whatever they announce: an eighth of what the JVM has,
/// so that what is made of them, a tokenizer above all, fits too. The largest vocabularies in use
/// need some 60 MB.
final class HeapBudget {
    private static final long MOST_BYTES = 1L << 28;
    private static final int SHARE = 8;

    private final long limitBytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE);
    private long leftBytes = limitBytes;

    long limitBytes() {
        return limitBytes;
    }

    /// Whether `bytes` were left; they are gone then.
    boolean take(long bytes) {
        if (bytes > leftBytes) {
            return false;
        }
        leftBytes -= bytes;
        return true;
    }
}
