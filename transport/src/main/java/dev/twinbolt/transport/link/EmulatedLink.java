package dev.twinbolt.transport.link;

import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.random.RandomGenerator;

/// A cable between two machines that are one: a relay that takes connections for a node and passes
/// their bytes on as late, and at such a rate, as a link of these traits would. The connections
/// share it. Of the bytes it knows nothing.
///
/// A relay's kernel acknowledges what it has received and answers keepalives, also for a cut link.
/// So what a real cable's end tells the kernel is not to be seen here; that nobody answers is.
public final class EmulatedLink implements AutoCloseable {
    private final LinkTraits traits;
    private final Endpoint target;
    private final Consumer<String> log;
    private final EventLoopGroup group = EventLoops.start("link", 1);
    private final EventLoop loop = group.next();
    private final ScheduledExecutorService alarm =
            new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("link-alarm").factory());
    private final ChannelGroup channels = new DefaultChannelGroup(loop);
    private final Wire up;
    private final Wire down;
    private final int port;

    private EmulatedLink(
            LinkTraits traits, String host, int port, Endpoint target, Consumer<String> log)
            throws IOException {
        this.traits = traits;
        this.target = target;
        this.log = log;
        SplittableRandom random = new SplittableRandom(traits.seed());
        this.up = new Wire(loop, alarm, traits, random.split());
        this.down = new Wire(loop, alarm, traits, random.split());
        try {
            this.port = listen(host, port);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        repeat(traits.stalls(), random.split(), this::stall);
        repeat(traits.cuts(), random.split(), this::cutFor);
    }

    /// Listens on `host`:`port`, 0 for any free port, for connections to `target`. `log` gets a
    /// line when the link is cut or healed or `target` does not answer, on a thread that must not
    /// be kept.
    public static EmulatedLink start(
            LinkTraits traits, String host, int port, Endpoint target, Consumer<String> log)
            throws IOException {
        return new EmulatedLink(traits, host, port, target, log);
    }

    private int listen(String host, int port) throws IOException {
        ChannelFuture bound =
                new ServerBootstrap()
                        .group(group)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
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
            throw new BindException(
                    "cannot listen on %s:%d: %s; choose another port or address"
                            .formatted(host, port, bound.cause().getMessage()));
        }
        channels.add(bound.channel());
        return ((InetSocketAddress) bound.channel().localAddress()).getPort();
    }

    private void accept(SocketChannel near) {
        SocketChannel far = new NioSocketChannel();
        Tunnel tunnel = new Tunnel(near, far, up, down, traits);
        near.pipeline().addLast(tunnel.near());
        channels.add(near);
        if (up.isCut()) {
            tunnel.sever();
            near.config().setAutoRead(true);
            far.unsafe().closeForcibly();
            return;
        }
        channels.add(far);
        new Bootstrap()
                .group(group)
                .channelFactory(() -> far)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(tunnel.far())
                .connect(target.host(), target.port())
                .addListener(
                        connected -> {
                            if (connected.isSuccess()) {
                                near.config().setAutoRead(true);
                            } else {
                                log.accept(
                                        "%s cannot be reached: %s"
                                                .formatted(target, connected.cause().getMessage()));
                                tunnel.refuse();
                            }
                        });
    }

    /// The port that it listens on.
    public int port() {
        return port;
    }

    /// Nothing arrives for so long; then it goes on as if nothing had been.
    public void stall(double seconds) {
        loop.execute(
                () -> {
                    long nanos = Math.round(seconds * 1e9);
                    up.stall(nanos);
                    down.stall(nanos);
                });
    }

    /// Loses all that is under way or sent from now on, the ends of connections as well, and tells
    /// nobody. A connection that lost something stays silent for good; others go on once the link
    /// is healed.
    public void cut() {
        loop.execute(
                () -> {
                    up.cut();
                    down.cut();
                    log.accept("cut");
                });
    }

    /// Ends a cut: new connections get through.
    public void heal() {
        loop.execute(
                () -> {
                    up.heal();
                    down.heal();
                    log.accept("healed");
                });
    }

    private void cutFor(double seconds) {
        cut();
        loop.schedule(this::heal, Math.round(seconds * 1e9), TimeUnit.NANOSECONDS);
    }

    private void repeat(LinkTraits.Outages outages, RandomGenerator random, DoubleConsumer begin) {
        if (outages.seconds() == 0) {
            return;
        }
        double seconds = outages.everySeconds() * (0.5 + random.nextDouble());
        loop.schedule(
                () -> {
                    begin.accept(outages.seconds());
                    repeat(outages, random, begin);
                },
                Math.round(seconds * 1e9),
                TimeUnit.NANOSECONDS);
    }

    /// Ends all connections; what is under way is lost.
    @Override
    public void close() {
        loop.submit(
                        () -> {
                            up.cut();
                            down.cut();
                        })
                .awaitUninterruptibly();
        channels.close().awaitUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        alarm.shutdownNow();
    }
}
