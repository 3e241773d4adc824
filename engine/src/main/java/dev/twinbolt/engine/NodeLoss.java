package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.Layout;
import dev.twinbolt.engine.pipeline.Recovery;
import dev.twinbolt.engine.pipeline.ReplyLimit;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Carries out a [NodeLossPolicy], and knows the plan that is in force.
final class NodeLoss implements Recovery {
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    /// How long a node may take to find that the connection which held its memory is dead: that is
    /// half a minute.
    private static final long MEMORY_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final NodeLossPolicy policy;
    private final Devices devices;
    private final Planner planner;
    private final @Nullable Duration replyTimeout;
    private final Consumer<String> messages;
    private volatile Plan plan;

    /// The devices that it was made for.
    private List<Device> planned;

    /// Plans for what is left; `held` is what is taken on a node by stages that go before others
    /// come.
    interface Planner {
        Plan plan(Devices devices, Map<Device, Long> held);
    }

    /// When memory began to lack; 0 while it does not.
    private long shortSinceNanos;

    /// `plan` is in force; `planner` makes one for what is left. A pass of a node may take as long
    /// as `replyTimeout`; null for as long as the plan lets expect.
    NodeLoss(
            NodeLossPolicy policy,
            Devices devices,
            Plan plan,
            Planner planner,
            @Nullable Duration replyTimeout,
            Consumer<String> messages) {
        this.policy = policy;
        this.devices = devices;
        this.plan = plan;
        this.planned = devices.list();
        this.planner = planner;
        this.replyTimeout = replyTimeout;
        this.messages = messages;
    }

    Plan plan() {
        return plan;
    }

    /// Where the model lies now.
    Layout layout() {
        Duration time = replyTimeout;
        ReplyLimit limit = time == null ? ReplyLimit.of(plan.prediction()) : ReplyLimit.of(time);
        return new Layout(plan.placement(), devices.list(), limit);
    }

    @Override
    public @Nullable Layout after(DeviceException failure, BooleanSupplier isCancelled)
            throws InterruptedException {
        List<Device> lost = devices.lost();
        return switch (policy) {
            case FAIL -> throw failure;
            case WAIT -> {
                boolean isBack =
                        lost.isEmpty() ? outlast(failure, isCancelled) : reopen(lost, isCancelled);
                yield isBack ? layout() : null;
            }
            case REPLAN -> {
                if (lost.isEmpty() && planned.equals(devices.list())) {
                    throw failure;
                }
                replan();
                yield layout();
            }
        };
    }

    /// No device is lost, yet one failed: a node may still hold the memory of the connection that
    /// was lost, and has more as soon as it notices. False once `isCancelled`.
    private boolean outlast(DeviceException failure, BooleanSupplier isCancelled)
            throws InterruptedException {
        long now = System.nanoTime();
        if (shortSinceNanos == 0) {
            shortSinceNanos = now;
        }
        if (!(failure instanceof DeviceException.OutOfMemory)
                || now - shortSinceNanos > MEMORY_NANOS) {
            throw failure;
        }
        Thread.sleep(LONGEST_PAUSE_MILLIS);
        return !isCancelled.getAsBoolean();
    }

    private boolean reopen(List<Device> lost, BooleanSupplier isCancelled)
            throws InterruptedException {
        shortSinceNanos = 0;
        for (Device device : lost) {
            if (!reopen(device, isCancelled)) {
                return false;
            }
        }
        return true;
    }

    /// Tries until the device answers; false once `isCancelled`.
    private boolean reopen(Device lost, BooleanSupplier isCancelled) throws InterruptedException {
        long start = System.nanoTime();
        messages.accept("%s is lost; waiting for it".formatted(lost.name()));
        long pause = FIRST_PAUSE_MILLIS;
        String told = "";
        while (!isCancelled.getAsBoolean()) {
            try {
                devices.replace(lost, lost.reopen());
                planned = devices.list();
                messages.accept(
                        String.format(
                                Locale.ROOT,
                                "%s is back after %.1f s; its layers are loaded again",
                                lost.name(),
                                (System.nanoTime() - start) / 1e9));
                return true;
            } catch (DeviceException.Unavailable | DeviceException.Lost e) {
                String why = String.valueOf(e.getMessage());
                if (!why.equals(told)) {
                    messages.accept(why);
                    told = why;
                }
                Thread.sleep(pause);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
        return false;
    }

    /// Plans for what is left; anew where another device turns out to be lost as well.
    private void replan() {
        Map<Device, Long> held = new IdentityHashMap<>();
        for (int i = 0; i < planned.size(); i++) {
            Device device = planned.get(i);
            held.put(device, device.isLocal() ? 0 : plan.placement().bytesOn(i));
        }
        while (true) {
            for (Device device : devices.lost()) {
                messages.accept(
                        "%s is lost; its layers go to what is left".formatted(device.name()));
                devices.remove(device);
            }
            try {
                plan = planner.plan(devices, held);
                break;
            } catch (DeviceException.Lost e) {
                if (devices.lost().isEmpty()) {
                    throw e;
                }
            }
        }
        planned = devices.list();
        messages.accept(plan.table().stripTrailing());
    }
}
