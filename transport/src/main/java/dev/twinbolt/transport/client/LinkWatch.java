package dev.twinbolt.transport.client;

import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;

/// A second connection to a server that tells when the server or the link to it is dead: a pulled
/// cable, a machine that lost its power or sleeps, a stopped process.
///
/// The first connection cannot tell, because TCP repeats unanswered data for a quarter of an hour,
/// and a server that computes is silent for good reasons. A node of ours serves several connections
/// at once and answers PING on this one, which it is sent a few times a second from then on. A
/// stock server takes one connection at a time and leaves this one waiting, which does no harm,
/// also not when it takes it at last and ends it: of it the kernel's keepalive tells whether its
/// kernel still answers, busy or stopped as it may be.
final class LinkWatch implements AutoCloseable {
    private static final int SECONDS = 1;
    private static final int QUESTIONS = 2;
    private static final Map<SocketOption<Integer>, Integer> KEEPALIVE =
            Map.of(
                    ExtendedSocketOptions.TCP_KEEPIDLE, SECONDS,
                    ExtendedSocketOptions.TCP_KEEPINTERVAL, SECONDS,
                    ExtendedSocketOptions.TCP_KEEPCOUNT, QUESTIONS);

    private static final Request PING = new Request.Ping();

    /// Between an answer and the next question, and how often it is looked whether one came.
    private static final int TICK_MILLIS = 200;

    /// After so long without an answer nobody is there.
    private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

    private final Socket socket;

    /// When a reply last came; that is not long ago after the host itself has slept.
    private long heardNanos;

    private long lookedNanos;
    private volatile boolean isAnswered;

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

    /// Whether the server answers on this connection, so that its silence means something.
    boolean isAnswered() {
        return isAnswered;
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
            if (!greet()) {
                close();
                return;
            }
            isAnswered = true;
            socket.setSoTimeout(TICK_MILLIS);
            while (true) {
                Thread.sleep(TICK_MILLIS);
                ask();
                lookedNanos = System.nanoTime();
                awaitReply();
            }
        } catch (InterruptedException e) {
            close(); // nobody interrupts it
        } catch (IOException e) {
            tell(onDead, e);
        }
    }

    /// Whether the server knows PING; one that does not may end this connection and go on serving
    /// the first.
    private boolean greet() throws IOException {
        ask();
        try {
            awaitReply();
            return true;
        } catch (EOFException e) {
            return false;
        }
    }

    private void ask() throws IOException {
        ByteBuf message = PING.encode(UnpooledByteBufAllocator.DEFAULT);
        byte[] bytes = ByteBufUtil.getBytes(message);
        message.release();
        socket.getOutputStream().write(bytes);
    }

    private void awaitReply() throws IOException {
        byte[] header = read(Reply.HEADER_BYTES);
        long size = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (size != 0) {
            throw new IOException(
                    "it sent a reply of %s bytes to PING, expected 0"
                            .formatted(Long.toUnsignedString(size)));
        }
        heardNanos = System.nanoTime();
    }

    private byte[] read(int size) throws IOException {
        byte[] bytes = new byte[size];
        InputStream in = socket.getInputStream();
        int done = 0;
        while (done < size) {
            try {
                int count = in.read(bytes, done, size - done);
                if (count < 0) {
                    throw new EOFException("it closed the connection");
                }
                done += count;
            } catch (SocketTimeoutException e) {
                checkSilence();
            }
        }
        return bytes;
    }

    private void checkSilence() throws IOException {
        long now = System.nanoTime();
        if (now - lookedNanos > SILENCE_NANOS) {
            heardNanos = now; // this process did not run: it is not the other side that was silent
        }
        lookedNanos = now;
        if (now - heardNanos > SILENCE_NANOS) {
            throw new SocketTimeoutException(
                    "no answer for %d ms".formatted((now - heardNanos) / 1_000_000));
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
