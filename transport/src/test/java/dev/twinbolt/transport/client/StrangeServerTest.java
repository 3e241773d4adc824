package dev.twinbolt.transport.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.transport.wire.Command;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Servers that are not there, are others than expected, or go away.
final class StrangeServerTest {
    private static Device connect(int port) {
        return new RpcProvider().open(new DeviceConfig(0, List.of("127.0.0.1:" + port))).getFirst();
    }

    /// Also where a part of the reply has come.
    @ParameterizedTest
    @ValueSource(ints = {0, 40})
    void failsAReadThatIsUnderWayWhenTheServerGoes(int replied) throws Exception {
        try (FakeServer server = new FakeServer()) {
            CompletableFuture<Void> serving = server.serve();
            try (Device device = connect(server.port())) {
                MemorySegment target = Arena.ofAuto().allocate(64);
                CompletableFuture<Void> read = device.read(device.allocate(64), 0, target);
                serving.get();
                server.send(FakeServer.reply(64, 1), replied);
                while (replied > 0 && target.get(ValueLayout.JAVA_BYTE, 0) == 0) {
                    Thread.sleep(1);
                }
                server.close();
                ExecutionException e =
                        assertThrows(ExecutionException.class, () -> read.get(2, TimeUnit.SECONDS));
                assertInstanceOf(DeviceException.Lost.class, e.getCause());
            }
        }
    }

    /// Of a new buffer.
    private static CompletableFuture<Void> beginRead(Device device) {
        return device.read(device.allocate(64), 0, Arena.ofAuto().allocate(64));
    }

    /// A stock server's new buffer holds whatever was in that memory before.
    @Test
    void asksForZerosInANewBuffer() throws Exception {
        try (FakeServer server = new FakeServer()) {
            CompletableFuture<Void> serving = server.serve();
            try (Device device = connect(server.port())) {
                assertEquals(Long.MAX_VALUE, device.maxBufferBytes());
                CompletableFuture<Void> read = beginRead(device);
                serving.get();
                assertFalse(read.isDone());
            }
            byte[] handleAndZero = {FakeServer.HANDLE, 0, 0, 0, 0, 0, 0, 0, 0};
            assertEquals(1, server.clears.size());
            assertArrayEquals(handleAndZero, server.clears.getFirst());
        }
    }

    @Test
    void aReplyThatNobodyAskedForEndsTheConnection() throws Exception {
        try (FakeServer server = new FakeServer()) {
            server.serve();
            try (Device device = connect(server.port())) {
                server.send(FakeServer.reply(4, 1), 12);
                assertLost(device.loss(), "sent a reply of 4 bytes that nobody asked for");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63, 65})
    void aReplyOfAnotherSizeEndsTheConnection(int size) throws Exception {
        try (FakeServer server = new FakeServer()) {
            CompletableFuture<Void> serving = server.serve();
            try (Device device = connect(server.port())) {
                DeviceBuffer buffer = device.allocate(64);
                MemorySegment target = Arena.ofAuto().allocate(64);
                CompletableFuture<Void> read = device.read(buffer, 0, target);
                CompletableFuture<Void> next = device.read(buffer, 0, target);
                serving.get();
                server.send(FakeServer.reply(size, 1), 8 + size);
                String expected = "sent a reply of %d bytes to GET_TENSOR".formatted(size);
                assertLost(read, expected);
                assertLost(next, expected);
            }
        }
    }

    private static void assertLost(CompletableFuture<?> future, String part) {
        ExecutionException e =
                assertThrows(ExecutionException.class, () -> future.get(5, TimeUnit.SECONDS));
        assertInstanceOf(DeviceException.Lost.class, e.getCause());
        assertTrue(e.toString().contains(part), e.toString());
    }

    /// And hears of it when the server goes.
    @Test
    void aServerThatReadsNothingHoldsUpWhoWrites() throws Exception {
        try (FakeServer server = new FakeServer()) {
            CompletableFuture<Void> serving = server.serve();
            try (Device device = connect(server.port())) {
                DeviceBuffer buffer = device.allocate(100 << 20);
                MemorySegment bytes = Arena.ofAuto().allocate(100 << 20);
                device.read(buffer, 0, bytes.asSlice(0, 4));
                serving.get(); // which reads no more from here on
                CompletableFuture<Void> written =
                        CompletableFuture.runAsync(() -> device.write(buffer, 0, bytes));
                assertThrows(TimeoutException.class, () -> written.get(1, TimeUnit.SECONDS));
                server.close();
                assertLost(written, "127.0.0.1:" + server.port());
            }
        }
    }

    @Test
    void givesUpAServerThatAnswersNothingButHello() throws Exception {
        try (FakeServer server = new FakeServer()) {
            server.replies.remove(Command.DEVICE_COUNT);
            server.serve();
            DeviceException e = assertThrows(DeviceException.class, () -> connect(server.port()));
            String message = String.valueOf(e.getMessage());
            assertTrue(message.contains("did not answer DEVICE_COUNT within 5000 ms"), message);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DEVICE_COUNT, 4, 0, 'says that it has 0 devices, expected 1 to 64'",
        "DEVICE_COUNT, 4, 65, 'says that it has 65 devices, expected 1 to 64'",
        "GET_ALIGNMENT, 8, 0, 'wants an alignment of 0, expected a power of two'",
        "GET_ALIGNMENT, 8, 48, 'wants an alignment of 48, expected a power of two'"
    })
    void doesNotBelieveEverything(Command command, int bytes, int value, String expected)
            throws Exception {
        try (FakeServer server = new FakeServer()) {
            server.replies.put(command, FakeServer.reply(bytes, value));
            server.serve();
            DeviceException e = assertThrows(DeviceException.class, () -> connect(server.port()));
            assertTrue(String.valueOf(e.getMessage()).contains(expected), e.getMessage());
        }
    }

    @Test
    void speaksTheNextMinorVersionToo() throws Exception {
        try (FakeServer server = new FakeServer()) {
            byte[] hello = FakeServer.reply(28, 5);
            hello[9] = 1;
            server.replies.put(Command.HELLO, hello);
            server.serve();
            try (Device device = connect(server.port())) {
                assertTrue(device.description().contains("ggml RPC 5.1.0"), device.description());
            }
        }
    }

    @Test
    void saysWhereNobodyListensAndWhatToDo() throws Exception {
        int port;
        try (ServerSocket taken = new ServerSocket(0)) {
            port = taken.getLocalPort();
        }
        DeviceException e = assertThrows(DeviceException.Unavailable.class, () -> connect(port));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains("127.0.0.1:" + port), message);
        assertTrue(message.contains("engine-node"), message);
    }

    @Test
    void namesTheVersionThatItDoesNotSpeak() throws Exception {
        assertRefusesHello(new byte[] {28, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0}, 24, "ggml RPC 8.0.0");
        assertRefusesHello(new byte[] {28, 0, 0, 0, 0, 0, 0, 0, 5, 2, 0, 0}, 24, "ggml RPC 5.2.0");
        assertRefusesHello(new byte[] {28, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 1}, 24, "of a fork");
        assertRefusesHello(new byte[] {3, 0, 0, 0, 0, 0, 0, 0, 3, 6, 1}, 0, "ggml RPC 3.6.1");
        assertRefusesHello(
                "HTTP/1.1 400".getBytes(StandardCharsets.US_ASCII), 0, "is it a ggml RPC server?");
        assertRefusesHello(new byte[0], 0, "closed the connection");
    }

    private static void assertRefusesHello(byte[] reply, int zeros, String expected)
            throws Exception {
        try (ServerSocket listener = new ServerSocket(0)) {
            CompletableFuture<Void> serving =
                    CompletableFuture.runAsync(
                            () -> {
                                try (Socket socket = listener.accept()) {
                                    socket.getInputStream().readNBytes(33);
                                    socket.getOutputStream().write(reply);
                                    socket.getOutputStream().write(new byte[zeros]);
                                    if (reply.length > 0) {
                                        socket.getInputStream().read();
                                    }
                                } catch (java.io.IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            });
            DeviceException e =
                    assertThrows(
                            DeviceException.Unavailable.class,
                            () -> connect(listener.getLocalPort()));
            assertTrue(String.valueOf(e.getMessage()).contains(expected), e.getMessage());
            serving.exceptionally(_ -> null).get(5, TimeUnit.SECONDS);
        }
    }
}
