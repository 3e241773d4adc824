package dev.twinbolt.transport.server;

import dev.twinbolt.engine.Printable;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.transport.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;

/// A node: lends devices over ggml RPC 5.0 to any number of clients at once, each with buffers and
/// a queue of its own. The devices stay the caller's.
public final class RpcServer implements AutoCloseable {
    private static final long STALL_MILLIS = 60_000;
    private static final int THREADS = 2;

    /// A host has two; each may hold the piece of a tensor that it does not take.
    static final int MAX_CONNECTIONS = 64;

    private static final long CLOSE_SECONDS = 5;

    /// A silent peer's kernel is asked after so many seconds, again after so many, so often.
    private static final Map<SocketOption<Integer>, Integer> KEEPALIVE =
            Map.of(
                    ExtendedSocketOptions.TCP_KEEPIDLE, 15,
                    ExtendedSocketOptions.TCP_KEEPINTERVAL, 5,
                    ExtendedSocketOptions.TCP_KEEPCOUNT, 3);

    private final EventLoopGroup group = EventLoops.start("rpc-server", THREADS);
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final LongAdder graphsComputed = new LongAdder();
    private final Backlog backlog = new Backlog();
    private final List<Device> devices;
    private final Consumer<String> log;
    private final long stallMillis;

    private RpcServer(List<Device> devices, Consumer<String> log, long stallMillis) {
        this.devices = List.copyOf(devices);
        // A tensor's name is the peer's text: it may not start a line of its own in the log.
        this.log = line -> log.accept(Printable.line(line));
        this.stallMillis = stallMillis;
    }

    /// Listens on `host`:`port`, 0 for any free port. `log` gets one line for each connection that
    /// is refused, breaks off or has computed something; it is called by several threads.
    public static RpcServer start(List<Device> devices, String host, int port, Consumer<String> log)
            throws IOException {
        return start(devices, host, port, log, STALL_MILLIS);
    }

    /// The same with another limit for a message that stops in the middle.
    static RpcServer start(
            List<Device> devices, String host, int port, Consumer<String> log, long stallMillis)
            throws IOException {
        RpcServer server = new RpcServer(devices, log, stallMillis);
        try {
            server.listen(host, port);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void listen(String host, int port) throws IOException {
        ChannelFuture bound =
                new ServerBootstrap()
                        .group(group)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        .childHandler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel channel) {
                                        accept(channel);
                                    }
                                })
                        .bind(host, port)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on %s:%d: %s; choose another port or address"
                            .formatted(host, port, bound.cause().getMessage()),
                    bound.cause());
        }
        bound.channel().pipeline().addLast(new Refusals());
        connections.add(bound.channel());
    }

    /// Where no connection can be taken, as too many files are open, Netty's handler before this
    /// one tries again after a second.
    private final class Refusals extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            log.accept(
                    "cannot take a connection: %s; trying again in a second"
                            .formatted(cause.getMessage()));
        }
    }

    /// A connection's own, so that a client waits for one op of another's work at most.
    private List<Device> queues() {
        return devices.stream().map(Device::openQueue).toList();
    }

    private void accept(SocketChannel channel) {
        connections.add(channel);
        if (connections.size() - 1 > MAX_CONNECTIONS) { // the listening one is among them
            log.accept(
                    "%s: connection refused: %d are open, the most that this node serves"
                            .formatted(Connection.peer(channel), MAX_CONNECTIONS));
            channel.close();
            return;
        }
        // A system that lacks one of them ignores it.
        KEEPALIVE.forEach(
                (option, value) -> channel.config().setOption(NioChannelOption.of(option), value));
        channel.pipeline()
                .addLast(
                        new Connection(
                                (loop, share) ->
                                        new Services(
                                                queues(), blocking, loop, graphsComputed, share),
                                log,
                                stallMillis,
                                backlog));
    }

    /// The port that it listens on.
    public int port() {
        return connections.stream()
                .map(Channel::localAddress)
                .filter(InetSocketAddress.class::isInstance)
                .mapToInt(address -> ((InetSocketAddress) address).getPort())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the server is closed"));
    }

    /// The channels that are open, the listening one among them.
    ChannelGroup connections() {
        return connections;
    }

    /// Graphs computed so far, by all connections.
    public long graphsComputed() {
        return graphsComputed.sum();
    }

    /// Ends all connections, whose buffers are freed.
    @Override
    public void close() {
        connections.close().awaitUninterruptibly();
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
        blocking.close();
    }
}
