package dev.twinbolt.transport.link;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// One direction of a link. What is sent leaves at the link's rate behind what was sent before, by
/// whichever connection, and arrives a delay later in the same order. All of it happens on the
/// event loop's thread.
final class Wire {
    /// An event loop sleeps whole milliseconds, and any thread wakes up late. So another one wakes
    /// the loop so much too early, and the loop looks after its sockets until it is time.
    private static final long LEAD_NANOS = TimeUnit.MICROSECONDS.toNanos(120);

    /// Behind one that is due so many more are a stream, of which the middle may come late by the
    /// lead: so that nobody stays awake for it, and one call to the kernel takes several.
    private static final int STREAM = 4;

    /// What travels: bytes, or the end of a stream. All calls come from the wire, one of `arrive`
    /// and `lose`, and after the last of those that arrive together `flush`.
    interface Parcel {
        int sizeBytes();

        void arrive();

        void flush();

        void lose();
    }

    private record Sent(Parcel parcel, long dueNanos) {}

    private final EventLoop loop;
    private final ScheduledExecutorService alarm;
    private final double nanosPerByte;
    private final long delayNanos;
    private final long jitterNanos;
    private final RandomGenerator random;
    private final Deque<Sent> underWay = new ArrayDeque<>();

    /// When all that was sent has left.
    private long freeNanos = System.nanoTime();

    private boolean isAwaited;
    private boolean isCut;

    Wire(
            EventLoop loop,
            ScheduledExecutorService alarm,
            LinkTraits traits,
            RandomGenerator random) {
        this.loop = loop;
        this.alarm = alarm;
        this.nanosPerByte = 1e9 / traits.speed().bytesPerSecond();
        this.delayNanos = Math.round(traits.speed().roundTripSeconds() * 1e9 / 2);
        this.jitterNanos = Math.round(traits.jitterSeconds() * 1e9 / 2);
        this.random = random;
    }

    void send(Parcel parcel) {
        if (isCut) {
            parcel.lose();
            return;
        }
        occupy(Math.round(parcel.sizeBytes() * nanosPerByte));
        long due = freeNanos + delayNanos + random.nextLong(jitterNanos + 1);
        Sent last = underWay.peekLast();
        if (last != null) {
            due += Math.max(0, last.dueNanos() - due);
        }
        underWay.add(new Sent(parcel, due));
        if (!isAwaited) {
            await();
        }
    }

    private void occupy(long nanos) {
        long now = System.nanoTime();
        freeNanos += Math.max(0, now - freeNanos) + nanos;
    }

    private void await() {
        Sent next = underWay.peek();
        isAwaited = next != null;
        if (next == null) {
            return;
        }
        long early = underWay.size() > STREAM ? -LEAD_NANOS : LEAD_NANOS;
        long left = next.dueNanos() - System.nanoTime() - early;
        if (left > 0) {
            alarm.schedule(() -> loop.execute(this::deliver), left, TimeUnit.NANOSECONDS);
        } else {
            loop.schedule(this::deliver, 0, TimeUnit.NANOSECONDS);
        }
    }

    private void deliver() {
        long now = System.nanoTime();
        List<Parcel> arrived = new ArrayList<>();
        while (!underWay.isEmpty() && underWay.peek().dueNanos() - now <= 0) {
            arrived.add(underWay.remove().parcel());
        }
        arrived.forEach(Parcel::arrive);
        arrived.forEach(Parcel::flush);
        await();
    }

    /// For so long nothing leaves or arrives.
    void stall(long nanos) {
        occupy(nanos);
        List<Sent> held = List.copyOf(underWay);
        underWay.clear();
        held.forEach(sent -> underWay.add(new Sent(sent.parcel(), sent.dueNanos() + nanos)));
    }

    /// Loses all that is under way, and what is sent from now on.
    void cut() {
        isCut = true;
        List<Sent> lost = List.copyOf(underWay);
        underWay.clear();
        lost.forEach(sent -> sent.parcel().lose());
    }

    boolean isCut() {
        return isCut;
    }

    void heal() {
        isCut = false;
    }
}
