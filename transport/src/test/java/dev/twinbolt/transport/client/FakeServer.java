package dev.twinbolt.transport.client;

import dev.twinbolt.transport.wire.Command;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Speaks just enough of the protocol to lend a device and buffers. From the first request that it
/// has no reply to it reads and says no more.
final class FakeServer implements AutoCloseable {
    static final byte HANDLE = 7;

    /// What it answers; a test may change it.
    final Map<Command, byte[]> replies =
            new ConcurrentHashMap<>(
                    Map.of(
                            Command.HELLO, reply(28, 5),
                            Command.DEVICE_COUNT, reply(4, 1),
                            Command.GET_ALIGNMENT, reply(8, 64),
                            Command.GET_MAX_SIZE, unlimited(),
                            Command.ALLOC_BUFFER, reply(16, HANDLE),
                            Command.BUFFER_GET_BASE, reply(8, 1),
                            Command.BUFFER_CLEAR, reply(0, 0)));

    /// The payloads of what came as BUFFER_CLEAR.
    final List<byte[]> clears = new CopyOnWriteArrayList<>();

    private final ServerSocket listener = new ServerSocket(0);
    private Socket socket = new Socket();

    FakeServer() throws IOException {}

    int port() {
        return listener.getLocalPort();
    }

    void send(byte[] bytes, int count) throws IOException {
        socket.getOutputStream().write(bytes, 0, count);
    }

    /// `sizeBytes`, of which the first is `first`, the others 0.
    static byte[] reply(int sizeBytes, int first) {
        byte[] reply = new byte[8 + sizeBytes];
        reply[0] = (byte) sizeBytes;
        if (sizeBytes > 0) {
            reply[8] = (byte) first;
        }
        return reply;
    }

    /// 2^64 - 1, as stock servers say for main memory.
    private static byte[] unlimited() {
        byte[] reply = reply(8, 0);
        Arrays.fill(reply, 8, 16, (byte) -1);
        return reply;
    }

    /// Done when what is not answered has come.
    CompletableFuture<Void> serve() {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        socket = listener.accept();
                        while (answer(socket.getInputStream(), socket.getOutputStream())) {
                            // the next one
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    private boolean answer(InputStream in, OutputStream out) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(in.readNBytes(9)).order(ByteOrder.LITTLE_ENDIAN);
        Command command = Command.values()[header.get()];
        byte[] payload = in.readNBytes((int) header.getLong());
        byte[] reply = replies.get(command);
        if (reply == null) {
            return false;
        }
        if (command == Command.BUFFER_CLEAR) {
            clears.add(payload);
        }
        out.write(reply);
        return true;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        listener.close();
    }
}
