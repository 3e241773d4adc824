package dev.twinbolt.transport.client;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.EventLoops;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The one connection to a server, shared by its devices. Requests leave in the order of the calls
/// and are held back until something flushes them, so that a forward pass is one flush and one
/// reply.
final class ServerConnection implements AutoCloseable {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int SETTLE_MILLIS = 1_000;
    private static final int MAJOR = 5;
    private static final int LAST_MINOR = 1;

    /// How much may wait in memory for the network.
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(8 << 20, 16 << 20);

    private final Endpoint endpoint;
    private final EventLoopGroup group = EventLoops.start("rpc-client", 1);
    private final ReplyHandler replies;
    private final Channel channel;
    private final String version;
    private final LinkWatch watch;
    private Traffic traffic = Traffic.NONE;
    private int users = 1;

    private ServerConnection(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.replies = new ReplyHandler(endpoint.toString());
        Channel opened = null;
        try {
            opened = connect();
            this.channel = opened;
            this.version = greet();
            this.watch = watch();
        } catch (RuntimeException e) {
            if (opened != null) {
                opened.close(); // an event loop that ends may leave it open
            }
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw e;
        }
    }

    /// For one user. Throws [DeviceException.Unavailable] where nobody listens or another version
    /// is spoken.
    static ServerConnection open(Endpoint endpoint) {
        return new ServerConnection(endpoint);
    }

    private Channel connect() {
        ChannelFuture connected =
                new Bootstrap()
                        .group(group)
                        .channel(NioSocketChannel.class)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.SO_KEEPALIVE, true)
                        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                        .handler(replies)
                        .connect(endpoint.host(), endpoint.port())
                        .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            throw new DeviceException.Unavailable(
                    "no node answers at %s (%s); start engine-node -H %s -p %d there, or mend --rpc"
                            .formatted(
                                    endpoint,
                                    connected.cause().getMessage(),
                                    endpoint.host(),
                                    endpoint.port()),
                    connected.cause());
        }
        return connected.channel();
    }

    private String greet() {
        Reply.Hello hello;
        try {
            hello =
                    (Reply.Hello)
                            request(new Request.Hello(true))
                                    .get(CONNECT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new DeviceException.Unavailable(
                    "%s did not answer HELLO as a server of ggml RPC 5.0 or 5.1 does: %s"
                            .formatted(endpoint, cause(e).getMessage()),
                    e);
        } catch (TimeoutException e) {
            throw new DeviceException.Unavailable(
                    "%s did not answer HELLO within %d ms; is it a ggml RPC server?"
                            .formatted(endpoint, CONNECT_MILLIS),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeviceException.Interrupted("interrupted while greeting " + endpoint, e);
        }
        if (hello.major() != MAJOR || hello.minor() > LAST_MINOR || hello.padding() != 0) {
            throw new DeviceException.Unavailable(
                    "%s speaks ggml RPC %s%s, this program 5.0 and 5.1; run engine-node there, or llama.cpp of 2026-07-30 to 2026-08-25"
                            .formatted(
                                    endpoint,
                                    hello.version(),
                                    hello.padding() == 0 ? "" : " of a fork"));
        }
        return hello.version();
    }

    private LinkWatch watch() {
        try {
            return LinkWatch.start(endpoint, CONNECT_MILLIS, this::lose);
        } catch (IOException e) {
            throw new DeviceException.Unavailable(
                    "%s takes no second connection, by which a dead link is noticed: %s"
                            .formatted(endpoint, e.getMessage()),
                    e);
        }
    }

    /// Whether a server that hangs is noticed.
    boolean isWatched() {
        return watch.isAnswered();
    }

    /// Ends the connection, because of `why`.
    void lose(IOException why) {
        try {
            channel.eventLoop()
                    .execute(
                            () -> {
                                if (channel.isActive()) {
                                    channel.pipeline().fireExceptionCaught(why);
                                }
                            });
        } catch (RejectedExecutionException e) {
            // closed meanwhile
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /// The server's version, such as `5.0.0`.
    String version() {
        return version;
    }

    /// Fails when the connection ends.
    CompletableFuture<@Nullable Void> loss() {
        return replies.loss();
    }

    /// Queues a request that has no reply.
    synchronized void send(Request request) {
        replies.checkAlive();
        ByteBuf bytes = request.encode(channel.alloc());
        count(bytes.readableBytes(), 0, 0);
        channel.write(bytes, channel.voidPromise());
    }

    private synchronized void count(long sentBytes, long receivedBytes, long flushes) {
        traffic = traffic.plus(new Traffic(sentBytes, receivedBytes, flushes));
    }

    /// What has gone over the connection, and what was asked for and is still to come.
    synchronized Traffic traffic() {
        return traffic;
    }

    /// Queues `request`, sends all that is queued, and promises the reply.
    synchronized CompletableFuture<Reply> request(Request request) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        replies.expect(new PendingReply.Message(request.command(), reply));
        flush(request, Reply.sizeOf(request.command()));
        return reply;
    }

    /// Sends all that is queued and `request`, whose reply has so many bytes behind its header.
    private void flush(Request request, long replyBytes) {
        ByteBuf bytes = request.encode(channel.alloc());
        count(bytes.readableBytes(), Reply.HEADER_BYTES + replyBytes, 1);
        channel.writeAndFlush(bytes, channel.voidPromise());
    }

    /// Queues `request`, sends all that is queued, and waits for the reply, however long the device
    /// is at what was queued before.
    Reply ask(Request request) {
        return await(request, request(request));
    }

    /// The same before anything was queued, when a server has no reason to be busy.
    Reply askFirst(Request request) {
        return await(request, request(request).orTimeout(CONNECT_MILLIS, TimeUnit.MILLISECONDS));
    }

    private Reply await(Request request, CompletableFuture<Reply> reply) {
        try {
            return reply.get();
        } catch (ExecutionException e) {
            if (cause(e) instanceof TimeoutException) {
                throw new DeviceException.Unavailable(
                        "%s did not answer %s within %d ms; see whether it is stopped"
                                .formatted(endpoint, request.command(), CONNECT_MILLIS),
                        e);
            }
            String why = String.valueOf(cause(e).getMessage());
            throw cause(e) instanceof DeviceException.Lost
                    ? new DeviceException.Lost(why, e)
                    : new DeviceException(why, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeviceException.Interrupted(
                    "interrupted while waiting for %s of %s".formatted(request.command(), endpoint),
                    e);
        }
    }

    /// Queues a read into `target` and sends all that is queued.
    synchronized CompletableFuture<@Nullable Void> read(
            Request.GetTensor request, MemorySegment target) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        replies.expect(new PendingReply.Bytes(target, done));
        flush(request, target.byteSize());
        return done;
    }

    private static Throwable cause(ExecutionException e) {
        return e.getCause() == null ? e : e.getCause();
    }

    /// Queues a SET_TENSOR with all of `source`, a few MiB at most, taking the bytes. Blocks while
    /// the network is behind.
    void write(Request.SetTensor request, MemorySegment source) {
        ByteBuf data = taken(source);
        int size = data.readableBytes();
        synchronized (this) {
            try {
                replies.checkAlive();
            } catch (DeviceException.Lost e) {
                data.release();
                throw e;
            }
            ByteBuf head = request.encode(channel.alloc());
            count(head.readableBytes() + size, 0, 0);
            channel.write(head, channel.voidPromise());
            channel.write(data, channel.voidPromise());
        }
        awaitWritable();
    }

    /// The bytes of `source`, which may be a file that was cut.
    private ByteBuf taken(MemorySegment source) {
        int size = Math.toIntExact(source.byteSize());
        ByteBuf data = channel.alloc().directBuffer(size);
        try {
            MemorySegment.ofBuffer(data.nioBuffer(0, size)).copyFrom(source);
        } catch (RuntimeException | Error e) {
            data.release();
            throw e;
        }
        return data.writerIndex(size);
    }

    private void awaitWritable() {
        if (channel.isWritable()) {
            return;
        }
        count(0, 0, 1);
        channel.flush();
        try {
            replies.awaitWritable(channel);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeviceException.Interrupted("interrupted while writing to " + endpoint, e);
        }
        replies.checkAlive();
    }

    /// Counts one more user; false where the connection has ended.
    synchronized boolean use() {
        if (users == 0 || replies.loss().isDone()) {
            return false;
        }
        users++;
        return true;
    }

    /// A user less; ends the connection with the last.
    @Override
    public synchronized void close() {
        users--;
        if (users == 0) {
            end();
        }
    }

    /// Waits a little until the server has done what it was sent: an end before its replies are
    /// read would be a reset, by which what it has not read yet is lost.
    private void settle() {
        try {
            request(new Request.DeviceCount()).get(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (DeviceException.Lost | ExecutionException | TimeoutException e) {
            // then it ends as it is
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() {
        watch.close();
        settle();
        channel.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
