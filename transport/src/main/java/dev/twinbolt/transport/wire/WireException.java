package dev.twinbolt.transport.wire;

/// The peer sent what the protocol does not allow: the connection ends. The message names the
/// tensor, the rule and the actual value; the command is named by whoever ends the connection.
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public WireException(String message) {
        super(message);
    }
}
