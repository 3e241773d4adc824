package dev.twinbolt.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// Netty's threads: the first thing of Netty that anybody here touches.
public final class EventLoops {
    private static final String MACHINE_ID = "io.netty.machineId";

    static {
        // Netty names channels after the network adapter, and warns where there is only loopback;
        // no name leaves this process, so any will do.
        if (System.getProperty(MACHINE_ID) == null) {
            byte[] id = new byte[8];
            ThreadLocalRandom.current().nextBytes(id);
            System.setProperty(MACHINE_ID, HexFormat.ofDelimiter(":").formatHex(id));
        }
    }

    private EventLoops() {}

    /// `threads` daemon threads named after `name`.
    public static EventLoopGroup start(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    }
}
