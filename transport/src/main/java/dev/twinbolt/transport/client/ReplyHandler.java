package dev.twinbolt.transport.client;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.transport.wire.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Hands replies to those who wait for them, in the order asked. When the connection ends, everyone
/// who waits or comes later gets [DeviceException.Lost].
final class ReplyHandler extends ByteToMessageDecoder {
    private final String name;
    private final Queue<PendingReply> pending = new ArrayDeque<>();
    private final Object writable = new Object();
    private final CompletableFuture<@Nullable Void> loss = new CompletableFuture<>();
    private DeviceException.@Nullable Lost lost;
    private @Nullable PendingReply current;
    private long left;

    ReplyHandler(String name) {
        this.name = name;
    }

    /// Expects `reply` after those expected so far. Throws where the connection has ended.
    void expect(PendingReply reply) {
        synchronized (pending) {
            checkAlive();
            pending.add(reply);
        }
    }

    /// Fails when the connection ends.
    CompletableFuture<@Nullable Void> loss() {
        return loss;
    }

    void checkAlive() {
        synchronized (pending) {
            if (lost != null) {
                throw new DeviceException.Lost(String.valueOf(lost.getMessage()), lost);
            }
        }
    }

    /// Waits until the channel takes more or has ended.
    void awaitWritable(Channel channel) throws InterruptedException {
        synchronized (writable) {
            while (!channel.isWritable() && channel.isActive()) {
                writable.wait();
            }
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        while (true) {
            PendingReply reply = current;
            if (reply == null) {
                if (in.readableBytes() < Reply.HEADER_BYTES) {
                    return;
                }
                long size = in.readLongLE();
                synchronized (pending) {
                    reply = pending.poll();
                }
                if (reply == null || !reply.fits(size)) {
                    if (reply != null) {
                        current = reply;
                    }
                    in.skipBytes(in.readableBytes());
                    end(
                            ctx,
                            "%s sent a reply of %s bytes%s; is it a ggml RPC server?"
                                    .formatted(
                                            name,
                                            Long.toUnsignedString(size),
                                            reply == null
                                                    ? " that nobody asked for"
                                                    : " to " + reply.command()),
                            null);
                    return;
                }
                current = reply;
                left = size;
            }
            int taken = reply.take(in, left);
            left -= taken;
            if (left > 0) {
                if (taken == 0 || !in.isReadable()) {
                    return;
                }
            } else {
                current = null;
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        synchronized (writable) {
            writable.notifyAll();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        end(ctx, name + " closed the connection; its log may say why", null);
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        end(ctx, "the connection to %s broke: %s".formatted(name, cause.getMessage()), cause);
    }

    private void end(ChannelHandlerContext ctx, String why, @Nullable Throwable cause) {
        DeviceException.Lost failure =
                cause == null
                        ? new DeviceException.Lost(why)
                        : new DeviceException.Lost(why, cause);
        loss.completeExceptionally(failure); // before anyone hears of it
        List<PendingReply> failed;
        synchronized (pending) {
            if (lost == null) {
                lost = failure;
            }
            failed = List.copyOf(pending);
            pending.clear();
        }
        PendingReply reply = current;
        current = null;
        if (reply != null) {
            reply.fail(failure);
        }
        failed.forEach(next -> next.fail(failure));
        synchronized (writable) {
            writable.notifyAll();
        }
        ctx.close();
    }
}
