package dev.twinbolt.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// A recorded conversation between a stock client and a stock server (`.rpct`), from the optional
/// folder beside the project.
public record Transcript(List<Event> events) {
    /// A message or a change of a connection.
    ///
    /// @param direction 0 request, 1 reply, 2 connection opened, 3 closed
    public record Event(int direction, int connection, byte[] frame) {}

    private static final int RECORD_HEADER_BYTES = 28;

    /// The transcript `name`; the test is skipped, with the reason printed, where it is absent.
    public static Transcript read(String name) throws IOException {
        Path file =
                Path.of(
                        System.getProperty("twinbolt.root", "."),
                        "..",
                        "shared",
                        "transcripts",
                        name + ".rpct");
        if (!Files.exists(file)) {
            System.out.println("skipped: there is no " + file);
        }
        Assumptions.assumeTrue(Files.exists(file), "no " + file);
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        in.position(6);
        List<Event> events = new ArrayList<>();
        while (in.remaining() >= RECORD_HEADER_BYTES) {
            int direction = in.get();
            int connection = (in.get() & 0xFF) | (in.getShort() & 0xFFFF) << 8;
            in.getLong(); // time
            in.getLong(); // length on the wire
            byte[] frame = new byte[(int) in.getLong()];
            in.get(frame);
            events.add(new Event(direction, connection, frame));
        }
        return new Transcript(events);
    }
}
