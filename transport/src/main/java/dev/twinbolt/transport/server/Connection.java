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
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One peer's stream: requests are taken in order, one at a time; while a device works, a little is
/// read ahead, by which the peer's end is noticed, and then TCP holds the peer back. The end of a
/// connection cancels what is being computed for it. The first thing that is wrong ends the
/// connection with one log line, and whatever follows it is dropped.
final class Connection extends ChannelInboundHandlerAdapter {
    /// What a client queues behind a graph: the read of its result, the inputs of the next one.
    private static final int READ_AHEAD_BYTES = 1 << 20;

    private final BiFunction<Executor, Backlog.Share, Services> open;
    private final Consumer<String> log;
    private final long stallMillis;
    private final Backlog backlog;
    private final RequestReader reader = new RequestReader();
    private ByteBuf unread = Unpooled.EMPTY_BUFFER;
    private long countedBytes;
    private Backlog.@Nullable Share share;
    private @Nullable Services services;
    private @Nullable ScheduledFuture<?> stallCheck;
    private String peer = "";

    /// What is served; null while a request is awaited.
    private @Nullable Command served;

    /// When the message that is awaited began, or last brought something whole. The first one is
    /// awaited from the start.
    private long sinceNanos;

    private boolean hasAsked;
    private boolean isWaiting;
    private boolean isClosed;

    /// `open` gives this connection its services, to be used on the thread given; a message that is
    /// not whole after `stallMillis`, or no first one, ends the connection; `backlog` counts what
    /// it has of one.
    Connection(
            BiFunction<Executor, Backlog.Share, Services> open,
            Consumer<String> log,
            long stallMillis,
            Backlog backlog) {
        this.open = open;
        this.log = log;
        this.stallMillis = stallMillis;
        this.backlog = backlog;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        peer = peer(ctx.channel());
        sinceNanos = System.nanoTime();
        Backlog.Share mine = backlog.open(why -> ctx.executor().execute(() -> makeRoom(ctx, why)));
        share = mine;
        services = open.apply(ctx.executor(), mine);
        long period = Math.max(1, stallMillis / 2);
        stallCheck =
                ctx.executor()
                        .scheduleAtFixedRate(
                                () -> checkStall(ctx), period, period, TimeUnit.MILLISECONDS);
    }

    /// The address that the log names.
    static String peer(Channel channel) {
        return String.valueOf(channel.remoteAddress()).replaceFirst("^.*/", "");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (isClosed) {
            bytes.release();
            return;
        }
        if (hasAsked && !isMidMessage()) {
            sinceNanos = System.nanoTime();
        }
        unread = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), unread, bytes);
        take(ctx);
    }

    /// Takes requests until the bytes run out or one has to be waited for.
    private void take(ChannelHandlerContext ctx) {
        try {
            while (canTake(ctx)) {
                Frame frame = reader.next(unread);
                if (frame == null) {
                    break;
                }
                sinceNanos = System.nanoTime();
                hasAsked = true;
                served = frame instanceof Request request ? request.command() : Command.SET_TENSOR;
                answer(ctx, serve(frame));
            }
            keepRest();
        } catch (RuntimeException e) {
            refuse(ctx, e);
        }
        ctx.channel().config().setAutoRead(canRead(ctx));
    }

    /// Keeps what there is of the next message, if there is a place for it.
    private void keepRest() {
        if (isClosed) {
            return;
        }
        if (unread.isReadable()) {
            unread.discardSomeReadBytes();
        } else {
            unread.release();
            unread = Unpooled.EMPTY_BUFFER;
        }
        Command awaited = reader.awaited();
        if (awaited != null) {
            services().announced(awaited);
        }
        count(unread.capacity());
    }

    private boolean canRead(ChannelHandlerContext ctx) {
        return canTake(ctx) || (isWaiting && unread.readableBytes() < READ_AHEAD_BYTES);
    }

    private void count(long bytes) {
        long change = bytes - countedBytes;
        countedBytes = bytes;
        if (share != null) {
            share.add(change);
        }
    }

    /// Ends this connection, which has most of what all have too much of.
    private void makeRoom(ChannelHandlerContext ctx, WireException why) {
        if (!isClosed) {
            refuse(ctx, why);
        }
    }

    /// A peer who does not take its replies is not read either.
    private boolean canTake(ChannelHandlerContext ctx) {
        return !isWaiting && !isClosed && ctx.channel().isWritable();
    }

    private Services services() {
        Services mine = services;
        if (mine == null) {
            throw new IllegalStateException("not connected");
        }
        return mine;
    }

    private Answer serve(Frame frame) {
        return switch (frame) {
            case Request request -> services().serve(request);
            case Frame.Data(ByteBuf bytes) ->
                    services().data(MemorySegment.ofBuffer(bytes.nioBuffer()));
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
        if (!isWaiting) {
            served = null;
        }
    }

    private void waited(ChannelHandlerContext ctx, Answer next, @Nullable Throwable thrown) {
        if (isClosed) {
            return;
        }
        if (thrown != null) {
            refuse(ctx, cause(thrown));
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
            sinceNanos = System.nanoTime();
            take(ctx);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        resume(ctx);
    }

    private void checkStall(ChannelHandlerContext ctx) {
        long millis = (System.nanoTime() - sinceNanos) / 1_000_000;
        if (canTake(ctx) && (isMidMessage() || !hasAsked) && millis >= stallMillis) {
            String missing = isMidMessage() ? "the rest of the message" : "a first request";
            refuse(ctx, new WireException(missing + " did not come within " + millis + " ms"));
        }
    }

    private boolean isMidMessage() {
        return reader.awaited() != null || unread.isReadable();
    }

    /// The command that is served or awaited.
    private String what() {
        Command command = served == null ? reader.awaited() : served;
        return command == null ? "stream" : command.name();
    }

    private void refuse(ChannelHandlerContext ctx, Throwable why) {
        String what = what();
        boolean isRule =
                why instanceof WireException
                        || why instanceof InvalidGraphException
                        || why instanceof DeviceException;
        String line =
                isRule
                        ? "%s: %s refused: %s".formatted(peer, what, why.getMessage())
                        : "%s: %s failed in this node: %s".formatted(peer, what, why);
        log.accept(line);
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
            log.accept("%s: %s failed in this node: %s".formatted(peer, what(), cause));
        }
        end(ctx);
    }

    /// What a peer who went away leaves behind, if there is anything to say. The protocol has no
    /// farewell, but who is done has freed its buffers, and who was killed has not.
    private void logEnd() {
        Services mine = services;
        if (isClosed || mine == null) {
            return;
        }
        if (mine.isComputing()) {
            log.accept(
                    "%s: went away during %s, which is cancelled; graphs computed: %d"
                            .formatted(peer, what(), mine.graphsComputed()));
        } else if (served != null || isMidMessage()) {
            log.accept(
                    "%s: went away in the middle of %s; graphs computed: %d"
                            .formatted(peer, what(), mine.graphsComputed()));
        } else if (mine.isLending()) {
            log.accept(
                    "%s: went away before it freed its buffers; graphs computed: %d"
                            .formatted(peer, mine.graphsComputed()));
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
            if (share != null) {
                share.close();
            }
            if (stallCheck != null) {
                stallCheck.cancel(false);
            }
        }
        ctx.close();
    }
}
