package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A device whose passes are done when the test says so.
final class HeldDevice extends CountingDevice {
    private final BlockingQueue<Held> queue = new LinkedBlockingQueue<>();
    private CompletableFuture<Void> computed = new CompletableFuture<>();

    private Consumer<String> onAbandoned = _ -> {};
    private volatile Runnable onAsked = () -> {};

    HeldDevice() {
        super(Integer.MAX_VALUE, -1);
    }

    /// A pass that was queued.
    record Held(CompletableFuture<Void> computed, CompletableFuture<Void> read) {
        void finish() {
            computed.complete(null);
            read.complete(null);
        }

        void fail(Throwable failure) {
            computed.completeExceptionally(failure);
            read.completeExceptionally(failure);
        }

        boolean isCancelled() {
            return computed.isCancelled() && read.isCancelled();
        }
    }

    void whenAbandoned(Consumer<String> onAbandoned) {
        this.onAbandoned = onAbandoned;
    }

    /// `onAsked` is done before it says what a pass of a new shape needs.
    void whenAsked(Runnable onAsked) {
        this.onAsked = onAsked;
    }

    @Override
    public long allocationBytes(Tensor tensor) {
        onAsked.run();
        return super.allocationBytes(tensor);
    }

    @Override
    public boolean isLocal() {
        return false;
    }

    @Override
    public void abandon(String why) {
        onAbandoned.accept(why);
    }

    /// The next pass, as soon as it is queued.
    Held next() throws InterruptedException {
        Held held = queue.poll(10, TimeUnit.SECONDS);
        assertNotNull(held, "no pass was queued");
        return held;
    }

    /// Whether all passes that were queued were asked for.
    boolean isIdle() {
        return queue.isEmpty();
    }

    @Override
    public CompletableFuture<Void> compute(Graph graph) {
        super.compute(graph).join();
        computed = new CompletableFuture<>();
        return computed;
    }

    @Override
    public CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target) {
        super.read(source, offset, target).join();
        Held held = new Held(computed, new CompletableFuture<>());
        queue.add(held);
        return held.read();
    }
}
