package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;

/// A client that sends whatever a test wants, with one buffer of its own.
final class RawPeer implements AutoCloseable {
    static final int BUFFER_BYTES = 4096;

    private final Socket socket;
    private long handle;
    private long base;

    private RawPeer(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
    }

    /// Connected, and nothing said yet.
    static RawPeer connect(int port) throws IOException {
        return new RawPeer(port);
    }

    /// Greeted, with a buffer.
    static RawPeer open(int port) throws IOException {
        RawPeer peer = connect(port);
        peer.ask(new Request.Hello(true));
        peer.handle =
                ((Reply.Allocated) peer.ask(new Request.AllocBuffer(0, BUFFER_BYTES))).buffer();
        peer.base = ((Reply.Number) peer.ask(new Request.BufferGetBase(peer.handle))).value();
        return peer;
    }

    /// Lets the system hold little of what this peer does not read.
    void holdLittle() throws IOException {
        socket.setReceiveBufferSize(1 << 16);
    }

    long handle() {
        return handle;
    }

    long base() {
        return base;
    }

    void send(Request request) throws IOException {
        ByteBuf bytes = request.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            send(ByteBufUtil.getBytes(bytes));
        } finally {
            bytes.release();
        }
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /// A header that announces `sizeBytes`, then `payload`.
    void send(int command, long sizeBytes, byte[] payload) throws IOException {
        ByteBuf out = Unpooled.buffer().writeByte(command).writeLongLE(sizeBytes);
        send(ByteBufUtil.getBytes(out.writeBytes(payload)));
    }

    Reply ask(Request request) throws IOException {
        send(request);
        return Reply.read(request.command(), Unpooled.wrappedBuffer(reply()));
    }

    byte[] reply() throws IOException {
        byte[] header = socket.getInputStream().readNBytes(8);
        assertEquals(8, header.length, "the node ended the connection");
        return socket.getInputStream()
                .readNBytes((int) Unpooled.wrappedBuffer(header).readLongLE());
    }

    /// Whether the node ends the connection without a further reply.
    boolean isEnded() throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true; // reset, since the node left bytes of ours unread
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
