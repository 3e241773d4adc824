package dev.twinbolt.transport.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.client.RpcProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class EmulatedLinkTest {
    private static final double MBIT = 1e6 / 8;
    private static final LinkTraits FAST = LinkTraits.of(new LinkSpeed(1e-3, 10_000 * MBIT));

    private static LinkTraits traits(double roundTripSeconds, double bytesPerSecond) {
        return LinkTraits.of(new LinkSpeed(roundTripSeconds, bytesPerSecond));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    /// Sends `bytes` in pieces of `piece`, on another thread.
    private static CompletableFuture<Void> send(Socket socket, byte[] bytes, int piece) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        OutputStream out = socket.getOutputStream();
                        for (int at = 0; at < bytes.length; at += piece) {
                            out.write(bytes, at, Math.min(piece, bytes.length - at));
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Executors.newVirtualThreadPerTaskExecutor());
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /// What is under way makes up for moments in which the relay is kept from its work, if few.
    private static void assertTakes(double expected, double actual) {
        String took = "took %.4f s instead of %.4f s".formatted(actual, expected);
        assertTrue(actual > 0.97 * expected && actual < 1.2 * expected + 0.02, took);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 1 << 20})
    void carriesAtItsRateWhateverThePiecesAre(int piece) throws Exception {
        byte[] bytes = random(1_000_000);
        try (LinkedSockets sockets = new LinkedSockets(traits(1e-3, 20 * MBIT));
                LinkedSockets.Pair pair = sockets.connect()) {
            long start = System.nanoTime();
            CompletableFuture<Void> sent = send(pair.near(), bytes, piece);
            assertArrayEquals(bytes, pair.far().getInputStream().readNBytes(bytes.length));
            assertTakes(bytes.length / (20 * MBIT), seconds(start));
            sent.get();
        }
    }

    @Test
    void connectionsShareTheRateAndDirectionsDoNot() throws Exception {
        byte[] bytes = random(400_000);
        try (LinkedSockets sockets = new LinkedSockets(traits(1e-3, 20 * MBIT));
                LinkedSockets.Pair one = sockets.connect();
                LinkedSockets.Pair other = sockets.connect()) {
            long start = System.nanoTime();
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (LinkedSockets.Pair pair : List.of(one, other)) {
                all.add(send(pair.near(), bytes, 1 << 16));
                all.add(send(pair.far(), bytes, 1 << 16));
                all.add(receive(pair.near(), bytes));
                all.add(receive(pair.far(), bytes));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).get();
            assertTakes(2 * bytes.length / (20 * MBIT), seconds(start));
        }
    }

    private static CompletableFuture<Void> receive(Socket socket, byte[] expected) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        assertArrayEquals(
                                expected, socket.getInputStream().readNBytes(expected.length));
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Executors.newVirtualThreadPerTaskExecutor());
    }

    /// Seconds of `count` round trips, the shortest first.
    private static double[] roundTrips(LinkedSockets.Pair pair, int count) throws IOException {
        double[] seconds = new double[count];
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            pair.near().getOutputStream().write(new byte[100]);
            pair.far().getOutputStream().write(pair.far().getInputStream().readNBytes(100));
            pair.near().getInputStream().readNBytes(100);
            seconds[i] = seconds(start);
        }
        Arrays.sort(seconds);
        return seconds;
    }

    @Test
    void aRoundTripIsNoShorterThanSetAndHardlyLonger() throws Exception {
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair pair = sockets.connect()) {
            roundTrips(pair, 50);
            double[] seconds = roundTrips(pair, 200);
            assertTrue(seconds[0] >= 1e-3, "shortest " + seconds[0]);
            // Timers of whole milliseconds would make it 3 ms; a busy machine wakes nobody in time.
            assertTrue(seconds[20] < 1.6e-3, "a tenth took less than " + seconds[20]);
        }
    }

    @Test
    void jitterIsAddedAndTheOrderKept() throws Exception {
        LinkTraits jittery =
                new LinkTraits(
                        FAST.speed(), 2e-3, LinkTraits.Outages.NONE, LinkTraits.Outages.NONE, 7);
        byte[] bytes = random(200_000);
        try (LinkedSockets sockets = new LinkedSockets(jittery);
                LinkedSockets.Pair pair = sockets.connect()) {
            double[] seconds = roundTrips(pair, 100);
            assertTrue(seconds[0] >= 1e-3 && seconds[0] < 2e-3, "shortest " + seconds[0]);
            assertTrue(seconds[75] > 2e-3, "quartile " + seconds[75]);
            CompletableFuture<Void> sent = send(pair.far(), bytes, 100);
            assertArrayEquals(bytes, pair.near().getInputStream().readNBytes(bytes.length));
            sent.get();
        }
    }

    @Test
    void whoDoesNotReadHoldsUpItsOwnSenderAndNoOther() throws Exception {
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair stuck = sockets.connect();
                LinkedSockets.Pair other = sockets.connect()) {
            int size = 200 << 20;
            CompletableFuture<Void> sent = send(stuck.near(), new byte[size], 1 << 20);
            Thread.sleep(700);
            assertTrue(!sent.isDone(), "200 MiB fit into a link's buffers");
            assertTrue(roundTrips(other, 20)[5] < 2e-3);
            stuck.far().getInputStream().skipNBytes(size);
            sent.get();
        }
    }

    @Test
    void theEndOfOneDirectionLeavesTheOther() throws Exception {
        byte[] question = random(300_000);
        byte[] answer = random(400_000);
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair pair = sockets.connect()) {
            CompletableFuture<Void> asked = send(pair.near(), question, 1 << 16);
            asked.get();
            pair.near().shutdownOutput();
            assertArrayEquals(question, pair.far().getInputStream().readAllBytes());
            CompletableFuture<Void> answered = send(pair.far(), answer, 1 << 16);
            answered.get();
            pair.far().shutdownOutput();
            assertArrayEquals(answer, pair.near().getInputStream().readAllBytes());
        }
    }

    @Test
    void aResetIsPassedOn() throws Exception {
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair pair = sockets.connect()) {
            roundTrips(pair, 1);
            pair.far().setSoLinger(true, 0);
            pair.far().close();
            assertThrows(SocketException.class, () -> pair.near().getInputStream().read());
        }
    }

    @Test
    void whereNobodyListensAConnectionIsReset() throws Exception {
        int free;
        try (ServerSocket none = new ServerSocket(0)) {
            free = none.getLocalPort();
        }
        List<String> log = new ArrayList<>();
        Endpoint target = new Endpoint("127.0.0.1", free);
        try (EmulatedLink link = EmulatedLink.start(FAST, "127.0.0.1", 0, target, log::add);
                Socket near = new Socket("127.0.0.1", link.port())) {
            assertThrows(SocketException.class, () -> near.getInputStream().read());
        }
        assertEquals(1, log.size(), log::toString);
        assertTrue(log.getFirst().startsWith(target + " cannot be reached"), log::toString);
    }

    @Test
    void aPortThatIsTakenIsSaid() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Endpoint target = new Endpoint("127.0.0.1", 1);
            IOException e =
                    assertThrows(
                            IOException.class,
                            () ->
                                    EmulatedLink.start(
                                            FAST,
                                            "0.0.0.0",
                                            taken.getLocalPort(),
                                            target,
                                            _ -> {}));
            assertTrue(String.valueOf(e.getMessage()).startsWith("cannot listen on 0.0.0.0:"));
        }
    }

    @Test
    void aStallHoldsWhatIsUnderWayAndLosesNothing() throws Exception {
        byte[] bytes = random(1000);
        try (LinkedSockets sockets = new LinkedSockets(traits(40e-3, 100 * MBIT));
                LinkedSockets.Pair pair = sockets.connect()) {
            long start = System.nanoTime();
            pair.near().getOutputStream().write(bytes);
            Thread.sleep(5);
            sockets.link().stall(0.2);
            pair.far().getOutputStream().write(bytes);
            assertArrayEquals(bytes, pair.far().getInputStream().readNBytes(bytes.length));
            assertTakes(0.22, seconds(start));
            assertArrayEquals(bytes, pair.near().getInputStream().readNBytes(bytes.length));
            assertTakes(0.225, seconds(start));
            assertTrue(roundTrips(pair, 5)[0] < 0.1);
        }
    }

    @Test
    void aCutIsSilentAndWhatWasLostNeverComes() throws Exception {
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair lossy = sockets.connect();
                LinkedSockets.Pair idle = sockets.connect()) {
            roundTrips(lossy, 1);
            roundTrips(idle, 1);
            sockets.link().cut();
            lossy.near().getOutputStream().write(1);
            assertSilent(lossy.far());
            try (Socket late = sockets.dial()) {
                assertSilent(late);
            }
            sockets.link().heal();
            lossy.near().getOutputStream().write(2);
            lossy.far().getOutputStream().write(3);
            lossy.near().shutdownOutput();
            assertSilent(lossy.far());
            assertSilent(lossy.near());
            roundTrips(idle, 1);
            try (LinkedSockets.Pair fresh = sockets.connect()) {
                roundTrips(fresh, 1);
            }
            assertEquals(List.of("cut", "healed"), sockets.log());
        }
    }

    private static void assertSilent(Socket socket) throws IOException {
        int before = socket.getSoTimeout();
        socket.setSoTimeout(100);
        assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
        socket.setSoTimeout(before);
    }

    @Test
    void outagesComeByThemselves() throws Exception {
        LinkTraits.Outages often = new LinkTraits.Outages(0.05, 0.2);
        LinkTraits unsteady = new LinkTraits(FAST.speed(), 0, often, often, 3);
        try (LinkedSockets sockets = new LinkedSockets(unsteady)) {
            while (sockets.log().size() < 4) {
                Thread.sleep(10);
            }
            assertEquals(List.of("cut", "healed", "cut", "healed"), sockets.log().subList(0, 4));
        }
    }

    @Test
    void anIdleLinkTakesNoTime() throws Exception {
        try (LinkedSockets sockets = new LinkedSockets(FAST);
                LinkedSockets.Pair pair = sockets.connect()) {
            roundTrips(pair, 50);
            Thread.sleep(50);
            long before = cpuNanos();
            Thread.sleep(300);
            assertTrue(cpuNanos() - before < 3_000_000, () -> cpuNanos() - before + " ns");
            roundTrips(pair, 50);
            assertTrue(cpuNanos() - before > 0, "the link's threads were not found");
        }
    }

    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("link"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }

    /// With a real device behind it, whose network buffers are watched for leaks.
    @Test
    void aNodeIsUsedOverIt() throws Exception {
        try (LentCpu node = new LentCpu()) {
            Endpoint target = new Endpoint("127.0.0.1", node.port());
            byte[] bytes = random(3 << 20);
            MemorySegment copy = MemorySegment.ofArray(new byte[bytes.length]);
            try (EmulatedLink link = EmulatedLink.start(FAST, "127.0.0.1", 0, target, _ -> {});
                    Device device = connect(link);
                    DeviceBuffer buffer = device.allocate(bytes.length)) {
                device.write(buffer, 0, MemorySegment.ofArray(bytes));
                device.read(buffer, 0, copy).get();
            }
            assertArrayEquals(bytes, copy.toArray(ValueLayout.JAVA_BYTE));
            assertEquals(List.of(), node.refusals());
        }
    }

    private static Device connect(EmulatedLink link) {
        String endpoint = "127.0.0.1:" + link.port();
        return new RpcProvider().open(new DeviceConfig(0, List.of(endpoint))).getFirst();
    }
}
