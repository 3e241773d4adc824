package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Memory;
import dev.twinbolt.gguf.Alignment;
import dev.twinbolt.transport.wire.Buffers;
import dev.twinbolt.transport.wire.WireException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/// The buffers of one connection. Handles are random; addresses count up from a fixed one with gaps
/// between, so they are disjoint and say nothing of this process.
final class LentBuffers {
    private static final long FIRST_BASE = 1L << 40;
    private static final long LAST_BASE = 1L << 62;
    private static final long PAGE_BYTES = 4096;

    /// Far more than any client uses, and few enough that their bookkeeping is nothing.
    private static final int MAX_BUFFERS = 4096;

    private final SecureRandom random = new SecureRandom();
    private final Map<Long, LentBuffer> byHandle = new HashMap<>();
    private final IdentityHashMap<Memory, LentBuffer> byMemory = new IdentityHashMap<>();
    private long nextBase = FIRST_BASE;

    /// Whether handles and addresses for `sizeBytes` are left.
    boolean hasRoom(long sizeBytes) {
        return byHandle.size() < MAX_BUFFERS && sizeBytes <= LAST_BASE - nextBase;
    }

    boolean isEmpty() {
        return byHandle.isEmpty();
    }

    LentBuffer add(int device, DeviceBuffer bytes) {
        long alignment = Math.max(PAGE_BYTES, bytes.device().alignmentBytes());
        long base = Alignment.roundUp(nextBase, alignment);
        nextBase = base + bytes.sizeBytes() + PAGE_BYTES;
        long handle = random.nextLong();
        while (handle == 0 || byHandle.containsKey(handle)) {
            handle = random.nextLong();
        }
        LentBuffer lent = new LentBuffer(handle, base, device, bytes);
        byHandle.put(handle, lent);
        byMemory.put(bytes, lent);
        return lent;
    }

    LentBuffer find(long handle) {
        LentBuffer lent = byHandle.get(handle);
        if (lent == null) {
            throw new WireException(
                    "buffer %#x is none of this connection's buffers".formatted(handle));
        }
        return lent;
    }

    /// The buffer that a tensor was bound to.
    LentBuffer of(Memory memory) {
        LentBuffer lent = byMemory.get(memory);
        if (lent == null) {
            throw new IllegalStateException("a tensor in memory that was not lent");
        }
        return lent;
    }

    /// The view of these buffers that tensors are checked against.
    Buffers onWire() {
        return handle -> {
            LentBuffer lent = find(handle);
            return new Buffers.Placed(lent.bytes(), lent.base());
        };
    }

    /// The same for a graph, all of whose tensors have to be on `device`.
    Buffers onDevice(int device) {
        return handle -> {
            LentBuffer lent = find(handle);
            if (lent.device() != device) {
                throw new WireException(
                        "buffer %#x is on device %d, the graph on %d"
                                .formatted(handle, lent.device(), device));
            }
            return new Buffers.Placed(lent.bytes(), lent.base());
        };
    }

    void free(LentBuffer lent) {
        byHandle.remove(lent.handle());
        byMemory.remove(lent.bytes());
        lent.bytes().close();
    }

    void freeAll() {
        byHandle.values().forEach(lent -> lent.bytes().close());
        byHandle.clear();
        byMemory.clear();
    }
}
