package dev.twinbolt.transport.wire;

/// What a client can ask, with the protocol's names; the number on the wire is the ordinal, but for
/// the last, which is ours. Each knows how long its payload can be, so that no announced size is
/// believed.
public enum Command {
    ALLOC_BUFFER(12),
    GET_ALIGNMENT(4),
    GET_MAX_SIZE(4),
    BUFFER_GET_BASE(8),
    FREE_BUFFER(8),
    BUFFER_CLEAR(9),
    /// The data after tensor and offset is never collected, so its length has no limit of its own.
    SET_TENSOR(TensorRecord.BYTES + 8, Long.MAX_VALUE),
    SET_TENSOR_HASH(TensorRecord.BYTES + 16),
    GET_TENSOR(TensorRecord.BYTES + 16),
    COPY_TENSOR(2 * TensorRecord.BYTES),
    GRAPH_COMPUTE(12, 32 << 20),
    GET_DEVICE_MEMORY(4),
    INIT_TENSOR(TensorRecord.BYTES),
    GET_ALLOC_SIZE(4 + (1 + TensorRecord.MAX_SOURCES) * TensorRecord.BYTES),
    HELLO(0, 24),
    DEVICE_COUNT(0),
    GRAPH_RECOMPUTE(4),
    MEMSET_TENSOR(TensorRecord.BYTES + 17),

    /// No command of ggml RPC: asks a node of ours whether it is there. A stock server ends a
    /// connection that begins with it, and answers nothing.
    PING(0);

    private static final int PING_NUMBER = 240;
    private static final Command[] BY_NUMBER = values();

    private final long minBytes;
    private final long maxBytes;

    Command(long bytes) {
        this(bytes, bytes);
    }

    Command(long minBytes, long maxBytes) {
        this.minBytes = minBytes;
        this.maxBytes = maxBytes;
    }

    @SuppressWarnings("EnumOrdinal") // they stand in the order of their numbers
    public int number() {
        return this == PING ? PING_NUMBER : ordinal();
    }

    /// The command of `number`; throws [WireException] where there is none.
    @SuppressWarnings("EnumOrdinal") // as in number()
    static Command byNumber(int number) {
        if (number == PING_NUMBER) {
            return PING;
        }
        int last = PING.ordinal() - 1;
        if (number > last) {
            throw new WireException(
                    "command %d is unknown, ggml RPC 5.x has 0 to %d".formatted(number, last));
        }
        return BY_NUMBER[number];
    }

    /// Refuses a payload of `sizeBytes` (unsigned) that this command cannot have.
    void checkSize(long sizeBytes) {
        if (sizeBytes < minBytes || sizeBytes > maxBytes) {
            String expected =
                    minBytes == maxBytes
                            ? Long.toString(minBytes)
                            : maxBytes == Long.MAX_VALUE
                                    ? minBytes + " or more"
                                    : minBytes + " to " + maxBytes;
            throw new WireException(
                    "a payload of %s bytes is announced, expected %s"
                            .formatted(Long.toUnsignedString(sizeBytes), expected));
        }
    }
}
