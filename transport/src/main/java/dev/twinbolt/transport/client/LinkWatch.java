package dev.twinbolt.transport.client;

import dev.twinbolt.transport.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.util.Map;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;

/// A second, silent connection to a server that tells when the link is dead: a pulled cable, a
/// machine that lost its power.
///
/// The first connection cannot tell, because TCP repeats unanswered data for a quarter of an hour.
/// This one never has any, so the kernel's keepalive asks the other kernel every few seconds; a
/// server that is merely busy, or stopped, still answers. Stock servers take one connection at a
/// time and leave this one waiting, which does no harm.
final class LinkWatch implements AutoCloseable {
    private static final int SECONDS = 2;
    private static final int QUESTIONS = 3;
    private static final Map<SocketOption<Integer>, Integer> KEEPALIVE =
            Map.of(
                    ExtendedSocketOptions.TCP_KEEPIDLE, SECONDS,
                    ExtendedSocketOptions.TCP_KEEPINTERVAL, SECONDS,
                    ExtendedSocketOptions.TCP_KEEPCOUNT, QUESTIONS);

    private final Socket socket;

    private LinkWatch(Socket socket) {
        this.socket = socket;
    }

    /// Calls `onDead` once, on a thread of its own, when the other side is gone; not after
    /// [#close()].
    static LinkWatch start(Endpoint endpoint, int connectMillis, Consumer<IOException> onDead)
            throws IOException {
        LinkWatch watch = new LinkWatch(connect(endpoint, connectMillis));
        Thread.ofVirtual().name("link-watch").start(() -> watch.listen(onDead));
        return watch;
    }

    /// A connection whose other side the kernel asks after.
    static Socket connect(Endpoint endpoint, int connectMillis) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setKeepAlive(true);
            for (Map.Entry<SocketOption<Integer>, Integer> option : KEEPALIVE.entrySet()) {
                if (socket.supportedOptions().contains(option.getKey())) {
                    socket.setOption(option.getKey(), option.getValue());
                }
            }
            socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), connectMillis);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        return socket;
    }

    private void listen(Consumer<IOException> onDead) {
        try {
            while (socket.getInputStream().read() >= 0) {
                // a server has nothing to say here
            }
            tell(onDead, new IOException("it closed the connection"));
        } catch (IOException e) {
            tell(onDead, e);
        }
    }

    private void tell(Consumer<IOException> onDead, IOException why) {
        if (!socket.isClosed()) {
            onDead.accept(why);
            close();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // nothing is left to do with it
        }
    }
}
