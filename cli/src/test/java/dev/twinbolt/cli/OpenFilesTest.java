package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.cli.Programs.Node;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A node that may open no more files than it needs and a few.
class OpenFilesTest {
    private static final int LIMIT = 64;
    private static final String SAID = "engine-node: cannot take a connection: Too many open files";

    private static void awaitLine(Node node) throws InterruptedException {
        for (int i = 0; i < 100 && node.log().stream().noneMatch(l -> l.startsWith(SAID)); i++) {
            Thread.sleep(100);
        }
        assertTrue(node.log().stream().anyMatch(l -> l.startsWith(SAID)), node.log()::toString);
    }

    private static void assertServes(Node node) throws Exception {
        Ended ended = Programs.host("--list-devices", "-t", "1", "--rpc", node.endpoint());
        assertEquals(0, ended.code(), ended.err() + node.log());
        assertTrue(ended.out().startsWith("RPC0["), ended.out());
    }

    @Test
    void moreConnectionsThanThatAreWaitedFor() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/fd")), "no /proc here");
        ProcessBuilder builder = Node.builder("-t", "1");
        builder.command()
                .addAll(0, List.of("/bin/sh", "-c", "ulimit -n " + LIMIT + "; exec \"$@\"", "sh"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        List<Socket> open = new ArrayList<>();
        try (Node node = new Node(builder)) {
            assertServes(node); // so that classes in folders, files too, are loaded
            int port = Integer.parseInt(node.endpoint().split(":")[1]);
            for (int i = 0; i < LIMIT; i++) {
                open.add(new Socket("127.0.0.1", port));
            }
            awaitLine(node);
            for (Socket socket : open) {
                socket.close();
            }
            assertServes(node);
            assertTrue(node.log().stream().noneMatch(l -> l.startsWith("\tat ")));
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }
}
