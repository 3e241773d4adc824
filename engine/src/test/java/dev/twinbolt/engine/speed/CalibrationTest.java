package dev.twinbolt.engine.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    @Test
    void measuresADeviceThatTakesNoTimeAndGivesItsMemoryBack() {
        CountingDevice device = new CountingDevice(1 << 30, -1);
        DeviceSpeed speed = Calibration.measure(device, TensorType.Q4_K);
        assertEquals(LinkSpeed.NONE, speed.link());
        assertTrue(speed.bytesPerSecond() > 0 && speed.operationsPerSecond() > 0, "" + speed);
        assertEquals(0, device.openBuffers());
    }

    @Test
    void findsThePaceOfADeviceAcrossALink() {
        DeviceSpeed expected = new DeviceSpeed(1e10, 1e12, new LinkSpeed(0.005, 1e9));
        PacedDevice device = new PacedDevice(expected);
        DeviceSpeed speed = Calibration.measure(device, TensorType.Q4_K, () -> device.nanos);
        assertNear(expected.bytesPerSecond(), speed.bytesPerSecond());
        assertNear(expected.operationsPerSecond(), speed.operationsPerSecond());
        assertNear(expected.link().roundTripSeconds(), speed.link().roundTripSeconds());
        assertNear(expected.link().bytesPerSecond(), speed.link().bytesPerSecond());
    }

    private static void assertNear(double expected, double actual) {
        assertEquals(expected, actual, expected * 1e-4);
    }

    /// A device whose work alone makes time pass.
    private static final class PacedDevice extends CountingDevice {
        private final DeviceSpeed pace;
        private final Set<Graph> ready = new HashSet<>();
        private long nanos;

        PacedDevice(DeviceSpeed pace) {
            super(1 << 30, -1);
            this.pace = pace;
        }

        private void spend(double seconds) {
            nanos += Math.round(seconds * 1e9);
        }

        @Override
        public boolean isLocal() {
            return false;
        }

        @Override
        public void write(DeviceBuffer target, long offset, MemorySegment source) {
            spend(source.byteSize() / pace.link().bytesPerSecond());
            super.write(target, offset, source);
        }

        @Override
        public CompletableFuture<Void> compute(Graph graph) {
            for (Tensor product : graph.nodes()) {
                Tensor weight = product.source(0);
                double operations = 2.0 * weight.shape().elementCount() * product.ne(1);
                spend(
                        product.ne(1) == 1
                                ? weight.spanBytes() / pace.bytesPerSecond()
                                : operations / pace.operationsPerSecond());
            }
            if (ready.add(graph)) {
                spend(1); // kernels are made ready
            }
            return super.compute(graph);
        }

        @Override
        public CompletableFuture<Void> read(
                DeviceBuffer source, long offset, MemorySegment target) {
            spend(pace.link().seconds(target.byteSize()));
            return super.read(source, offset, target);
        }
    }

    @Test
    void givesBackWhatItHadWhereMemoryOrTheDeviceFails() {
        CountingDevice small = new CountingDevice(1 << 20, -1);
        assertThrows(
                DeviceException.OutOfMemory.class,
                () -> Calibration.measure(small, TensorType.Q4_K));
        assertEquals(0, small.openBuffers());
        CountingDevice failing = new CountingDevice(1 << 30, 50);
        assertThrows(DeviceException.class, () -> Calibration.measure(failing, TensorType.Q4_K));
        assertEquals(0, failing.openBuffers());
    }
}
