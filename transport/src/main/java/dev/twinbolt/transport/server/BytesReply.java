package dev.twinbolt.transport.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/// The answer to a GET_TENSOR: header, then pieces, each read from the device once the one before
/// it has left for the peer. So a large tensor, or a peer who does not read, costs one piece of
/// memory.
final class BytesReply {
    private static final int PIECE_BYTES = 4 << 20;

    private final ChannelHandlerContext context;
    private final Answer.Bytes what;
    private final CompletableFuture<Answer> done = new CompletableFuture<>();
    private long sent;

    private BytesReply(ChannelHandlerContext context, Answer.Bytes what) {
        this.context = context;
        this.what = what;
    }

    /// Starts to send; what comes back is silent once all is on its way.
    static CompletableFuture<Answer> send(ChannelHandlerContext context, Answer.Bytes what) {
        BytesReply reply = new BytesReply(context, what);
        reply.next();
        return reply.done;
    }

    private void next() {
        int size = (int) Math.min(PIECE_BYTES, what.sizeBytes() - sent);
        int header = sent == 0 ? Long.BYTES : 0;
        ByteBuf piece = context.alloc().directBuffer(header + size);
        if (header > 0) {
            piece.writeLongLE(what.sizeBytes());
        }
        CompletableFuture<Void> read;
        try {
            MemorySegment target = MemorySegment.ofBuffer(piece.nioBuffer(header, size));
            read = what.device().read(what.buffer(), what.offset() + sent, target);
        } catch (RuntimeException e) {
            piece.release();
            done.completeExceptionally(e);
            return;
        }
        read.whenCompleteAsync(
                (_, thrown) -> {
                    if (thrown != null) {
                        piece.release();
                        done.completeExceptionally(thrown);
                    } else {
                        piece.writerIndex(header + size);
                        sent += size;
                        write(piece);
                    }
                },
                context.executor());
    }

    private void write(ByteBuf piece) {
        ChannelFuture written = context.writeAndFlush(piece);
        if (sent == what.sizeBytes()) {
            done.complete(new Answer.Silence());
        } else {
            written.addListener(
                    result -> {
                        if (result.isSuccess()) {
                            next();
                        } else {
                            done.complete(new Answer.Silence()); // the peer is gone
                        }
                    });
        }
    }
}
