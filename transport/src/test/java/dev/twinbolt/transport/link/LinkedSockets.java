package dev.twinbolt.transport.link;

import dev.twinbolt.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// An emulated link with sockets at both of its ends.
final class LinkedSockets implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    /// A connection's two ends.
    record Pair(Socket near, Socket far) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            near.close();
            far.close();
        }
    }

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final EmulatedLink link;

    LinkedSockets(LinkTraits traits) throws IOException {
        server.setSoTimeout(PATIENCE_MILLIS);
        Endpoint target = new Endpoint("127.0.0.1", server.getLocalPort());
        link = EmulatedLink.start(traits, "127.0.0.1", 0, target, log::add);
    }

    EmulatedLink link() {
        return link;
    }

    List<String> log() {
        return log;
    }

    /// The near end of a new connection.
    Socket dial() throws IOException {
        return prepared(new Socket(InetAddress.getLoopbackAddress(), link.port()));
    }

    Pair connect() throws IOException {
        Socket near = dial();
        return new Pair(near, prepared(server.accept()));
    }

    private static Socket prepared(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    @Override
    public void close() throws IOException {
        link.close();
        server.close();
    }
}
