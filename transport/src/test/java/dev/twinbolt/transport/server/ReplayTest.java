package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.Transcript;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Recorded conversations of stock 5.x clients with a stock server, replayed against the node.
final class ReplayTest {
    private static final int ALLOC_BUFFER = 0;
    private static final int BUFFER_GET_BASE = 3;
    private static final int GET_TENSOR = 8;
    private static final int GRAPH_COMPUTE = 10;
    private static final int GET_ALLOC_SIZE = 13;
    private static final double LIMIT = 2e-5;

    /// The recorded server's handles and addresses, and what stands for them here.
    private static final class Names {
        private record Range(long base, long size, long here) {}

        private final Map<Long, Long> handles = new HashMap<>();
        private final Map<Long, Long> sizes = new HashMap<>();
        private final List<Range> ranges = new ArrayList<>();

        long handle(long recorded) {
            return handles.getOrDefault(recorded, recorded);
        }

        long address(long recorded) {
            for (Range range : ranges) {
                if (recorded >= range.base && recorded <= range.base + range.size) {
                    return recorded - range.base + range.here;
                }
            }
            return recorded;
        }
    }

    private static final class Peer implements AutoCloseable {
        private final Socket socket;
        private final Queue<byte[]> asked = new ArrayDeque<>();

        Peer(int port) throws IOException {
            socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(20_000);
        }

        byte[] reply() throws IOException {
            InputStream in = socket.getInputStream();
            byte[] header = in.readNBytes(8);
            assertEquals(8, header.length, "the node ended the connection");
            long size = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong();
            return in.readNBytes((int) size);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stories260k-f32", "stories260k-f32-nofa", "v51-stories260k-f32"})
    void answersARecordedClientAsTheStockServerDid(String name) throws IOException {
        Transcript transcript = Transcript.read(name);
        Names names = new Names();
        Map<Integer, Peer> peers = new HashMap<>();
        int logits = 0;
        try (LentCpu node = new LentCpu()) {
            for (Transcript.Event event : transcript.events()) {
                switch (event.direction()) {
                    case 2 -> peers.put(event.connection(), new Peer(node.port()));
                    case 3 -> peer(peers, event).close();
                    case 0 -> {
                        Peer peer = peer(peers, event);
                        byte[] frame = renamed(event.frame(), names);
                        peer.socket.getOutputStream().write(frame);
                        if (hasReply(frame[0])) {
                            peer.asked.add(event.frame());
                        }
                    }
                    default -> {
                        Peer peer = peer(peers, event);
                        byte[] recorded =
                                Arrays.copyOfRange(event.frame(), 8, event.frame().length);
                        byte[] request = peer.asked.remove();
                        byte[] reply;
                        try {
                            reply = peer.reply();
                        } catch (AssertionError e) {
                            throw new AssertionError("the node's log: " + node.refusals(), e);
                        }
                        assertEquals(recorded.length, reply.length, "command " + request[0]);
                        logits += compare(request, recorded, reply, names);
                    }
                }
            }
            for (Peer peer : peers.values()) {
                peer.close();
            }
            assertEquals(9, logits);
            assertEquals(9, node.server().graphsComputed());
            assertEquals(List.of(), node.refusals());
        }
    }

    private static Peer peer(Map<Integer, Peer> peers, Transcript.Event event) {
        return Objects.requireNonNull(peers.get(event.connection()));
    }

    private static boolean hasReply(int command) {
        return command != 6 && command != GRAPH_COMPUTE && command != 16;
    }

    /// `frame` with this node's handles and addresses.
    private static byte[] renamed(byte[] frame, Names names) {
        byte[] copy = frame.clone();
        ByteBuffer out = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        switch (copy[0]) {
            case 3, 4, 5 -> out.putLong(9, names.handle(out.getLong(9)));
            case 6, 7, GET_TENSOR, 12, 17 -> rename(out, 9, names);
            case 9 -> {
                rename(out, 9, names);
                rename(out, 9 + 296, names);
            }
            case GET_ALLOC_SIZE -> {
                for (int i = 0; i < 11; i++) {
                    rename(out, 13 + 296 * i, names);
                }
            }
            case GRAPH_COMPUTE -> {
                int nodes = out.getInt(13);
                int tensors = 17 + 8 * nodes;
                for (int at = tensors + 4; at < copy.length; at += 296) {
                    rename(out, at, names);
                }
            }
            default -> {}
        }
        return copy;
    }

    private static void rename(ByteBuffer out, int tensor, Names names) {
        out.putLong(tensor + 12, names.handle(out.getLong(tensor + 12)));
        out.putLong(tensor + 220, names.address(out.getLong(tensor + 220)));
    }

    /// Learns names, and holds data against the recording; returns 1 for logits that agree.
    private static int compare(byte[] request, byte[] recorded, byte[] reply, Names names) {
        ByteBuffer asked = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer then = ByteBuffer.wrap(recorded).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer now = ByteBuffer.wrap(reply).order(ByteOrder.LITTLE_ENDIAN);
        switch (request[0]) {
            case ALLOC_BUFFER -> {
                names.handles.put(then.getLong(0), now.getLong(0));
                names.sizes.put(then.getLong(0), then.getLong(8));
                assertEquals(then.getLong(8), now.getLong(8));
            }
            case BUFFER_GET_BASE -> {
                long size = names.sizes.getOrDefault(asked.getLong(9), 0L);
                names.ranges.removeIf(
                        r -> r.base < then.getLong(0) + size && then.getLong(0) < r.base + r.size);
                names.ranges.add(new Names.Range(then.getLong(0), size, now.getLong(0)));
            }
            case GET_TENSOR -> {
                double error = 0;
                double power = 0;
                int bestThen = 0;
                int bestNow = 0;
                for (int i = 0; i < recorded.length / 4; i++) {
                    float x = then.getFloat(4 * i);
                    float y = now.getFloat(4 * i);
                    error += (x - y) * (double) (x - y);
                    power += x * (double) x;
                    bestThen = x > then.getFloat(4 * bestThen) ? i : bestThen;
                    bestNow = y > now.getFloat(4 * bestNow) ? i : bestNow;
                }
                assertTrue(error / power < LIMIT, "NMSE " + error / power);
                assertEquals(bestThen, bestNow);
                return 1;
            }
            case GET_ALLOC_SIZE, 4, 5, 15 ->
                    assertTrue(Arrays.equals(recorded, reply), "command " + request[0]);
            default -> {}
        }
        return 0;
    }
}
