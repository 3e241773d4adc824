package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.transport.wire.Command;
import dev.twinbolt.transport.wire.Frame;
import dev.twinbolt.transport.wire.Request;
import dev.twinbolt.transport.wire.RequestReader;
import dev.twinbolt.transport.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One peer's stream: requests are taken in order, one at a time; while a device works, a little is
/// read ahead, by which the peer's end is noticed, and then TCP holds the peer back. The end of a
/// connection cancels what is being computed for it. The first thing that is wrong ends the
/// connection with one log line, and whatever follows it is dropped.
final class Connection extends ChannelInboundHandlerAdapter {
    /// What a client queues behind a graph: the read of its result, the inputs of the next one.
    private static final int READ_AHEAD_BYTES = 1 << 20;

    private final Function<Executor, Services> open;
    private final Consumer<String> log;
    private final long stallMillis;
    private final RequestReader reader = new RequestReader();
    private ByteBuf unread = Unpooled.EMPTY_BUFFER;
    private @Nullable Services services;
    private @Nullable ScheduledFuture<?> stallCheck;
    private String peer = "";
    private Command current = Command.HELLO;
    private long lastReadNanos;
    private boolean isWaiting;
    private boolean isClosed;

    /// `open` gives this connection its services, to be used on the thread given; a message that
    /// stops for `stallMillis` ends the connection.
    Connection(Function<Executor, Services> open, Consumer<String> log, long stallMillis) {
        this.open = open;
        this.log = log;
        this.stallMillis = stallMillis;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        peer = String.valueOf(ctx.channel().remoteAddress()).replaceFirst("^.*/", "");
        services = open.apply(ctx.executor());
        lastReadNanos = System.nanoTime();
        long period = Math.max(1, stallMillis / 2);
        stallCheck =
                ctx.executor()
                        .scheduleAtFixedRate(
                                () -> checkStall(ctx), period, period, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (isClosed) {
            bytes.release();
            return;
        }
        lastReadNanos = System.nanoTime();
        unread = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), unread, bytes);
        take(ctx);
    }

    /// Takes requests until the bytes run out or one has to be waited for.
    private void take(ChannelHandlerContext ctx) {
        String what = "";
        try {
            while (canTake(ctx)) {
                what = "";
                Frame frame = reader.next(unread);
                if (frame == null) {
                    break;
                }
                current = frame instanceof Request request ? request.command() : current;
                what = current.name();
                answer(ctx, serve(frame));
            }
        } catch (RuntimeException e) {
            refuse(ctx, what.isEmpty() ? awaited() : what, e);
        }
        if (!isClosed && !unread.isReadable()) {
            unread.release();
            unread = Unpooled.EMPTY_BUFFER;
        }
        ctx.channel().config().setAutoRead(canRead(ctx));
    }

    private boolean canRead(ChannelHandlerContext ctx) {
        return canTake(ctx) || (isWaiting && unread.readableBytes() < READ_AHEAD_BYTES);
    }

    /// A peer who does not take its replies is not read either.
    private boolean canTake(ChannelHandlerContext ctx) {
        return !isWaiting && !isClosed && ctx.channel().isWritable();
    }

    private Answer serve(Frame frame) {
        Services mine = services;
        if (mine == null) {
            throw new IllegalStateException("not connected");
        }
        return switch (frame) {
            case Request request -> mine.serve(request);
            case Frame.Data(ByteBuf bytes) -> mine.data(MemorySegment.ofBuffer(bytes.nioBuffer()));
        };
    }

    private void answer(ChannelHandlerContext ctx, Answer answer) {
        switch (answer) {
            case Answer.Silence() -> {}
            case Answer.Now(var reply) -> ctx.writeAndFlush(reply.encode(ctx.alloc()));
            case Answer.Bytes bytes -> answer(ctx, new Answer.Later(BytesReply.send(ctx, bytes)));
            case Answer.Later(var future) -> {
                isWaiting = true;
                future.whenCompleteAsync(
                        (next, thrown) -> waited(ctx, next, thrown), ctx.executor());
            }
        }
    }

    private void waited(ChannelHandlerContext ctx, Answer next, @Nullable Throwable thrown) {
        if (isClosed) {
            return;
        }
        if (thrown != null) {
            refuse(ctx, current.name(), cause(thrown));
            return;
        }
        isWaiting = false;
        try {
            answer(ctx, next);
            resume(ctx);
        } catch (Throwable e) { // nobody else would hear of it
            exceptionCaught(ctx, e);
        }
    }

    private static Throwable cause(Throwable thrown) {
        return thrown instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : thrown;
    }

    private void resume(ChannelHandlerContext ctx) {
        if (canTake(ctx)) {
            lastReadNanos = System.nanoTime();
            take(ctx);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        resume(ctx);
    }

    private void checkStall(ChannelHandlerContext ctx) {
        boolean isMidMessage = reader.awaited() != null || unread.isReadable();
        long quietMillis = (System.nanoTime() - lastReadNanos) / 1_000_000;
        if (canTake(ctx) && isMidMessage && quietMillis >= stallMillis) {
            refuse(
                    ctx,
                    awaited(),
                    new WireException(
                            "the message stopped in the middle for %d ms".formatted(quietMillis)));
        }
    }

    /// What the bytes that come next belong to.
    private String awaited() {
        Command command = reader.awaited();
        return command == null ? "stream" : command.name();
    }

    private void refuse(ChannelHandlerContext ctx, String what, Throwable why) {
        boolean isRule =
                why instanceof WireException
                        || why instanceof InvalidGraphException
                        || why instanceof DeviceException;
        String line =
                isRule
                        ? "%s: %s refused: %s".formatted(peer, what, why.getMessage())
                        : "%s: %s failed in this node: %s".formatted(peer, what, why);
        // A tensor's name is the peer's text: it may not start a line of its own in the log.
        log.accept(line.replaceAll("\\p{Cntrl}", "?"));
        end(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        logEnd();
        end(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            logEnd();
        } else if (!isClosed) {
            log.accept("%s: %s failed in this node: %s".formatted(peer, current, cause));
        }
        end(ctx);
    }

    /// What a peer who went away leaves behind, if there is anything to say.
    private void logEnd() {
        Services mine = services;
        if (isClosed || mine == null) {
            return;
        }
        if (mine.isComputing()) {
            log.accept(
                    "%s: went away during %s, which is cancelled; graphs computed: %d"
                            .formatted(peer, current, mine.graphsComputed()));
        } else if (mine.graphsComputed() > 0) {
            log.accept("%s: done, graphs computed: %d".formatted(peer, mine.graphsComputed()));
        }
    }

    private void end(ChannelHandlerContext ctx) {
        if (!isClosed) {
            isClosed = true;
            unread.release();
            unread = Unpooled.EMPTY_BUFFER;
            if (services != null) {
                services.close();
            }
            if (stallCheck != null) {
                stallCheck.cancel(false);
            }
        }
        ctx.close();
    }
}
