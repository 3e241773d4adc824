package dev.twinbolt.transport.client;

import dev.twinbolt.transport.wire.Command;
import dev.twinbolt.transport.wire.Reply;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A reply that is on its way: what it may look like, and who waits for it.
sealed interface PendingReply {
    Command command();

    /// Whether the announced size is the one that is expected.
    boolean fits(long sizeBytes);

    /// Takes what there is of the payload, of which `left` bytes are outstanding; returns how many
    /// were taken, and completes the reply with the last.
    int take(ByteBuf in, long left);

    void fail(RuntimeException why);

    /// A few bytes with a meaning.
    record Message(Command command, CompletableFuture<Reply> reply) implements PendingReply {
        @Override
        public boolean fits(long sizeBytes) {
            return Reply.fits(command, sizeBytes);
        }

        @Override
        public int take(ByteBuf in, long left) {
            if (in.readableBytes() < left) {
                return 0;
            }
            reply.complete(Reply.read(command, in.readSlice((int) left)));
            return (int) left;
        }

        @Override
        public void fail(RuntimeException why) {
            reply.completeExceptionally(why);
        }
    }

    /// The bytes of a GET_TENSOR, which go where the caller wants them as they come.
    record Bytes(MemorySegment target, CompletableFuture<@Nullable Void> done)
            implements PendingReply {
        @Override
        public Command command() {
            return Command.GET_TENSOR;
        }

        @Override
        public boolean fits(long sizeBytes) {
            return sizeBytes == target.byteSize();
        }

        @Override
        public int take(ByteBuf in, long left) {
            int size = (int) Math.min(left, in.readableBytes());
            if (size > 0) {
                MemorySegment from = MemorySegment.ofBuffer(in.nioBuffer(in.readerIndex(), size));
                MemorySegment.copy(from, 0, target, target.byteSize() - left, size);
                in.skipBytes(size);
            }
            if (size == left) {
                done.complete(null);
            }
            return size;
        }

        @Override
        public void fail(RuntimeException why) {
            done.completeExceptionally(why);
        }
    }
}
