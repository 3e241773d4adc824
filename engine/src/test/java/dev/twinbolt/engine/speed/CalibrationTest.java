package dev.twinbolt.engine.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.gguf.TensorType;
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
