package dev.twinbolt.transport.client;

import static jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class LinkWatchTest {
    private final CompletableFuture<IOException> death = new CompletableFuture<>();

    private LinkWatch watch(ServerSocket server) throws IOException {
        return LinkWatch.start(
                new Endpoint("127.0.0.1", server.getLocalPort()), 1000, death::complete);
    }

    private static ServerSocket silentServer() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    @Test
    void tellsOfALinkThatDies() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            link.setSoLinger(true, 0); // a reset, as of a machine that started again
            link.close();
            death.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void tellsOfANodeThatEndsTheLink() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            AtomicInteger left = new AtomicInteger(2);
            answer(link, () -> left.decrementAndGet() > 0);
            link.close();
            IOException why = death.get(5, TimeUnit.SECONDS);
            assertTrue(String.valueOf(why.getMessage()).contains("closed the connection"));
        }
    }

    /// As one that does not know PING, and serves the first connection all the same.
    @Test
    void aServerThatEndsTheLinkUnansweredIsNotWatched() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch watch = watch(server);
                Socket link = server.accept()) {
            link.getInputStream().skipNBytes(Request.HEADER_BYTES);
            link.close();
            Thread.sleep(300);
            assertFalse(death.isDone());
            assertFalse(watch.isAnswered());
        }
    }

    /// The silence before the first question and all questions together; one may be lost.
    @Test
    void givesUpADeadLinkWithinThreeSeconds() throws Exception {
        try (ServerSocket server = silentServer();
                Socket watch =
                        LinkWatch.connect(new Endpoint("127.0.0.1", server.getLocalPort()), 1000)) {
            assumeTrue(
                    watch.supportedOptions()
                            .containsAll(List.of(TCP_KEEPIDLE, TCP_KEEPINTERVAL, TCP_KEEPCOUNT)),
                    "keepalive has no options here");
            assertTrue(watch.getKeepAlive());
            int questions = watch.getOption(TCP_KEEPCOUNT);
            int seconds =
                    watch.getOption(TCP_KEEPIDLE) + questions * watch.getOption(TCP_KEEPINTERVAL);
            assertTrue(questions >= 2, questions + " questions");
            assertTrue(seconds <= 3, seconds + " seconds");
        }
    }

    /// Answers as a node does, as long as it is alive.
    private static void answer(Socket link, BooleanSupplier isAlive) {
        try {
            InputStream in = link.getInputStream();
            OutputStream out = link.getOutputStream();
            while (in.readNBytes(Request.HEADER_BYTES).length > 0 && isAlive.getAsBoolean()) {
                out.write(new byte[Reply.HEADER_BYTES]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void tellsOfANodeThatFallsSilent() throws Exception {
        AtomicInteger left = new AtomicInteger(3);
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            AtomicLong silent = new AtomicLong();
            BooleanSupplier isAlive =
                    () -> {
                        silent.set(System.nanoTime());
                        return left.decrementAndGet() > 0;
                    };
            Thread.ofVirtual().start(() -> answer(link, isAlive));
            IOException why = death.get(20, TimeUnit.SECONDS);
            long millis = (System.nanoTime() - silent.get()) / 1_000_000;
            assertEquals(0, left.get(), "answers left");
            assertTrue(String.valueOf(why.getMessage()).contains("no answer for"), "" + why);
            assertTrue(millis >= 500, millis + " ms are no silence");
        }
    }

    @Test
    void aServerThatTakesNoSecondConnectionMayBeSilent() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server)) {
            Thread.sleep(1200);
            assertFalse(death.isDone());
        }
    }

    @Test
    void aReplyThatNoServerGivesEndsIt() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch _ = watch(server);
                Socket link = server.accept()) {
            byte[] huge = new byte[Reply.HEADER_BYTES];
            Arrays.fill(huge, (byte) -1);
            link.getOutputStream().write(huge);
            IOException why = death.get(5, TimeUnit.SECONDS);
            assertTrue(String.valueOf(why.getMessage()).contains("18446744073709551615"));
        }
    }

    @Test
    void isSilentOnceItIsClosed() throws Exception {
        try (ServerSocket server = silentServer();
                LinkWatch watch = watch(server);
                Socket link = server.accept()) {
            link.getInputStream().skipNBytes(Request.HEADER_BYTES);
            watch.close();
            assertTrue(link.getInputStream().read() < 0);
            Thread.sleep(50);
            assertFalse(death.isDone());
        }
    }
}
