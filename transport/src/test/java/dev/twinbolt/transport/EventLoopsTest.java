package dev.twinbolt.transport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventLoopsTest {
    @Test
    void nettyNeedNotLookForANetworkAdapter() {
        EventLoops.start("test", 1).shutdownGracefully(0, 1, TimeUnit.SECONDS);
        String id = System.getProperty("io.netty.machineId", "");
        assertTrue(id.matches("([0-9a-f]{2}:){7}[0-9a-f]{2}"), id);
    }
}
