package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.speed.Calibration;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.gguf.TensorType;
import org.junit.jupiter.api.Test;

class CpuCalibrationTest {
    /// Between the slowest and the fastest machine there may be: how fast this one is no test says.
    @Test
    void findsRatesThatACpuMayHave() {
        try (CpuDevice cpu = new CpuDevice(2)) {
            DeviceSpeed speed = Calibration.measure(cpu, TensorType.Q4_K);
            assertEquals(LinkSpeed.NONE, speed.link());
            assertTrue(speed.bytesPerSecond() > 1e6, speed.describe());
            assertTrue(speed.bytesPerSecond() < 1e13, speed.describe());
            assertTrue(speed.operationsPerSecond() > 1e7, speed.describe());
            assertTrue(speed.operationsPerSecond() < 1e15, speed.describe());
        }
    }
}
