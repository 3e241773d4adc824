package dev.twinbolt.transport;

/// Where a server listens: `host:port`, an IPv6 address in brackets.
public record Endpoint(String host, int port) {
    /// White space around it does not count. Throws [IllegalArgumentException] for what is no such
    /// text.
    public static Endpoint parse(String padded) {
        String text = padded.strip();
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = -1;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            // the message below says what is expected
        }
        if (host.isEmpty() || port < 1 || port > 65535) {
            throw new IllegalArgumentException(
                    "remote device '%s': expected host:port, such as 192.168.1.20:50052"
                            .formatted(text));
        }
        return new Endpoint(host, port);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
