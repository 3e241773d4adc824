package dev.twinbolt.transport.client;

import dev.twinbolt.transport.Endpoint;
import org.jspecify.annotations.Nullable;

/// A server as all its devices know it: they share one connection, also the next one after that has
/// ended, as a stock server serves one at a time.
final class Server {
    private final Endpoint endpoint;
    private @Nullable ServerConnection last;

    Server(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /// The connection that is there, or a new one; for one more user.
    ///
    /// @throws dev.twinbolt.engine.device.DeviceException.Unavailable where nobody listens or
    ///   another version is spoken
    synchronized ServerConnection use() {
        ServerConnection connection = last;
        if (connection == null || !connection.use()) {
            connection = ServerConnection.open(endpoint);
            last = connection;
        }
        return connection;
    }
}
