package dev.twinbolt.transport.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.server.RpcServer;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class RemoteDeviceTest {
    private static LentCpu node;

    @BeforeAll
    static void start() throws Exception {
        node = new LentCpu();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static byte[] read(Device device, DeviceBuffer buffer, long offset, int size)
            throws Exception {
        MemorySegment target = Arena.ofAuto().allocate(Math.max(1, size)).asSlice(0, size);
        device.read(buffer, offset, target).get();
        return target.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void readsWhatWasWrittenFilledAndCopied() throws Exception {
        byte[] bytes = new byte[10 << 20];
        new Random(1).nextBytes(bytes);
        try (Device device = node.connect();
                DeviceBuffer buffer = device.allocate(12 << 20)) {
            assertArrayEquals(new byte[100], read(device, buffer, 5000, 100));
            device.write(buffer, 7, MemorySegment.ofArray(bytes));
            assertArrayEquals(bytes, read(device, buffer, 7, bytes.length));
            device.fill(buffer, 11 << 20, 4, (byte) 9);
            assertArrayEquals(
                    new byte[] {0, 9, 9, 9, 9, 0}, read(device, buffer, (11 << 20) - 1, 6));
            device.copy(buffer, 7, buffer, (11 << 20) + 1, 2);
            assertArrayEquals(
                    new byte[] {9, bytes[0], bytes[1], 9}, read(device, buffer, 11 << 20, 4));
            assertArrayEquals(new byte[0], read(device, buffer, 3, 0));
        }
        assertEquals(List.of(), node.refusals());
    }

    @Test
    void rangesOutsideABufferAndBuffersOfOthersAreNotSent() {
        MemorySegment four = MemorySegment.ofArray(new byte[4]);
        try (Device device = node.connect();
                Device other = node.connect();
                DeviceBuffer foreign = other.allocate(64);
                DeviceBuffer buffer = device.allocate(64)) {
            List<Executable> refused =
                    List.of(
                            () -> device.write(buffer, 61, four),
                            () -> device.write(buffer, -1, four),
                            () -> device.read(buffer, 61, four),
                            () -> device.fill(buffer, 0, 65, (byte) 1),
                            () -> device.fill(buffer, 8, -1, (byte) 1),
                            () -> device.fill(buffer, Long.MAX_VALUE, 1, (byte) 1),
                            () -> device.copy(buffer, 61, buffer, 0, 4),
                            () -> device.copy(buffer, 0, buffer, 61, 4),
                            () -> device.write(foreign, 0, four),
                            () -> device.read(foreign, 0, four),
                            () -> device.copy(foreign, 0, buffer, 0, 4),
                            () -> device.copy(buffer, 0, foreign, 0, 4));
            for (int i = 0; i < refused.size(); i++) {
                assertThrows(IllegalArgumentException.class, refused.get(i), "case " + i);
            }
        }
        assertEquals(List.of(), node.refusals());
    }

    @Test
    void aBufferIsGivenBackOnce() throws Exception {
        try (Device device = node.connect();
                DeviceBuffer other = device.allocate(64)) {
            DeviceBuffer buffer = device.allocate(64);
            buffer.close();
            buffer.close();
            assertArrayEquals(new byte[4], read(device, other, 0, 4));
        }
        assertEquals(List.of(), node.refusals());
    }

    /// Far more than waits for the network in memory.
    @Test
    @Timeout(60)
    void aLongWriteArrivesAsItIsRead() throws Exception {
        byte[] bytes = new byte[70 << 20];
        new Random(2).nextBytes(bytes);
        try (Device device = node.connect();
                DeviceBuffer buffer = device.allocate(bytes.length)) {
            device.write(buffer, 0, MemorySegment.ofArray(bytes));
            assertArrayEquals(bytes, read(device, buffer, 0, bytes.length));
        }
    }

    /// What was taken for it is given back, or the node's end would tell of it.
    @Test
    void aWriteOfAFileThatWasCutLeavesTheConnectionUsable(@TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("weights"), new byte[1 << 20]);
        try (LentCpu lent = new LentCpu();
                Device device = lent.connect();
                DeviceBuffer buffer = device.allocate(1 << 20);
                Arena arena = Arena.ofShared();
                RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            MemorySegment mapped =
                    file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, 1 << 20, arena);
            file.setLength(0);
            assertThrows(InternalError.class, () -> device.write(buffer, 0, mapped));
            device.fill(buffer, 0, 4, (byte) 1);
            assertArrayEquals(new byte[] {1, 1, 1, 1}, read(device, buffer, 0, 4));
        }
    }

    @Test
    void tellsWhatTheDeviceIs() {
        try (Device device = node.connect()) {
            assertEquals("RPC0[127.0.0.1:" + node.port() + "]", device.name());
            assertEquals(node.device().alignmentBytes(), device.alignmentBytes());
            assertEquals(node.device().maxBufferBytes(), device.maxBufferBytes());
            assertEquals(node.device().memory().totalBytes(), device.memory().totalBytes());
            assertTrue(device.description().contains("ggml RPC 5.0.0"));
        }
    }

    @Test
    void answersWithOutOfMemoryWhereTheNodeHasNoRoom() {
        try (Device device = node.connect()) {
            DeviceException e =
                    assertThrows(
                            DeviceException.OutOfMemory.class, () -> device.allocate(1L << 60));
            assertTrue(String.valueOf(e.getMessage()).contains("has no room for a buffer"));
        }
    }

    /// A block of a transformer with everything that the wire carries: views, masks, ropes, row
    /// numbers.
    private record Block(Graph graph, List<Tensor> inputs, Tensor output) {
        static Block build() {
            GraphBuilder b = new GraphBuilder();
            Tensor x = b.input("x", TensorType.F32, Shape.of(64, 3));
            Tensor w = b.input("w", TensorType.Q8_0, Shape.of(64, 64));
            Tensor positions = b.input("positions", TensorType.I32, Shape.of(3));
            Tensor rows = b.input("rows", TensorType.I64, Shape.of(3));
            Tensor mask = b.input("mask", TensorType.F16, Shape.of(8, 3));
            Tensor cache = b.input("cache", TensorType.F16, Shape.of(64, 8));
            Tensor norm = b.mul("norm", b.rmsNorm("rms", x, 1e-5f), x);
            Tensor q = b.mulMat("q", w, norm);
            Tensor heads = b.reshape("heads", q, Shape.of(16, 4, 3));
            Op.Rope rope = new Op.Rope(16, RopeMode.NORMAL, 128, 10000, 1, 0, 1, 32, 1, 0);
            Tensor turned = b.rope("rope", rope, heads, positions, null);
            b.setRows("stored", cache, b.reshape("flat", turned, Shape.of(64, 3)), rows);
            Tensor k = b.view("k", cache, Shape.of(16, 8, 4), new Strides(2, 128, 32, 1024), 0);
            Tensor attended =
                    b.flashAttnExt("attn", b.permute("pq", turned, 0, 2, 1, 3), k, k, mask, 0.25f);
            Tensor gate = b.reshape("merged", attended, Shape.of(64, 3));
            Tensor out = b.add("out", b.glu("glu", GluOp.SWIGLU, gate, norm), x);
            Tensor scaled = b.scale("scaled", out, 0.5f);
            return new Block(b.build(), List.of(x, w, positions, rows, mask, cache), scaled);
        }

        List<float[]> run(Device device) throws Exception {
            GraphAllocator plan =
                    GraphAllocator.plan(
                            graph,
                            Set.of(output),
                            device.alignmentBytes(),
                            device::allocationBytes);
            List<float[]> results = new ArrayList<>();
            try (DeviceBuffer buffer = device.allocate(plan.sizeBytes())) {
                plan.bind(buffer);
                for (int seed = 1; seed <= 3; seed++) {
                    for (Tensor input : inputs) {
                        device.write(buffer, input.offset(), data(input, seed));
                    }
                    device.compute(graph);
                    MemorySegment target = Arena.ofAuto().allocate(output.spanBytes(), 4);
                    device.read(buffer, output.offset(), target).get();
                    results.add(target.toArray(ValueLayout.JAVA_FLOAT));
                }
            }
            return results;
        }

        private static MemorySegment data(Tensor input, int seed) {
            Random random = new Random(seed);
            MemorySegment data = Arena.ofAuto().allocate(input.spanBytes(), 8);
            switch (input.name()) {
                case "x" -> {
                    for (int i = 0; i < 192; i++) {
                        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
                    }
                }
                case "w" -> {
                    for (long i = 0; i < data.byteSize(); i++) {
                        boolean isScale = i % 34 < 2;
                        byte value = (byte) (isScale ? (i % 34 == 0 ? 0 : 0x20) : random.nextInt());
                        data.set(ValueLayout.JAVA_BYTE, i, value);
                    }
                }
                case "positions" -> {
                    for (int i = 0; i < 3; i++) {
                        data.setAtIndex(ValueLayout.JAVA_INT, i, i + seed);
                    }
                }
                case "rows" -> {
                    for (int i = 0; i < 3; i++) {
                        data.setAtIndex(ValueLayout.JAVA_LONG, i, i + seed);
                    }
                }
                default -> data.fill((byte) 0);
            }
            return data;
        }
    }

    @Test
    void computesAndRecomputesAsTheDeviceItselfDoes() throws Exception {
        List<float[]> local = Block.build().run(node.device());
        long before = node.server().graphsComputed();
        List<float[]> remote;
        try (Device device = node.connect()) {
            remote = Block.build().run(device);
        }
        assertEquals(List.of(), node.refusals());
        for (int i = 0; i < local.size(); i++) {
            assertArrayEquals(local.get(i), remote.get(i));
        }
        assertTrue(Float.isFinite(local.get(0)[0]) && local.get(0)[0] != 0);
        assertEquals(3, node.server().graphsComputed() - before);
    }

    /// A stock server would compute on the memory that is no more.
    @Test
    void asksForNoGraphAgainWhoseBufferWasFreed() throws Exception {
        try (LentCpu lent = new LentCpu();
                Device device = lent.connect();
                DeviceBuffer other = device.allocate(64)) {
            GraphBuilder b = new GraphBuilder();
            Tensor x = b.input("x", TensorType.F32, Shape.of(4));
            b.scale("y", x, 2);
            Graph graph = b.build();
            DeviceBuffer buffer = device.allocate(4096);
            GraphAllocator.plan(graph, Set.of(), device.alignmentBytes(), device::allocationBytes)
                    .bind(buffer);
            device.compute(graph);
            buffer.close();
            device.compute(graph);
            assertThrows(ExecutionException.class, () -> read(device, other, 0, 4));
            String line = lent.refusals().getFirst();
            assertTrue(line.contains("GRAPH_COMPUTE refused"), line);
        }
    }

    @Test
    void servesSeveralConnectionsAtOnce() throws Exception {
        List<float[]> local = Block.build().run(node.device());
        List<CompletableFuture<List<float[]>>> runs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            runs.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                                try (Device device = node.connect()) {
                                    return Block.build().run(device);
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            }));
        }
        for (CompletableFuture<List<float[]>> run : runs) {
            for (int i = 0; i < local.size(); i++) {
                assertArrayEquals(local.get(i), run.get().get(i));
            }
        }
    }

    @Test
    void failsWhatWaitsAndWhatComesAfterWhenTheNodeGoes() throws Exception {
        LentCpu mortal = new LentCpu();
        try (Device device = mortal.connect()) {
            DeviceBuffer buffer = device.allocate(64);
            mortal.close();
            assertTimeoutPreemptively(
                    Duration.ofSeconds(2),
                    () -> {
                        DeviceException.Lost e =
                                assertThrows(
                                        DeviceException.Lost.class,
                                        () -> {
                                            while (true) {
                                                device.memory();
                                            }
                                        });
                        assertTrue(String.valueOf(e.getMessage()).contains("127.0.0.1:"));
                        assertThrows(
                                DeviceException.Lost.class,
                                () -> device.write(buffer, 0, MemorySegment.ofArray(new byte[4])));
                        assertThrows(DeviceException.Lost.class, () -> read(device, buffer, 0, 4));
                        buffer.close();
                    });
        }
    }

    /// Also a second time, as a stock server serves one connection.
    @Test
    void theDevicesOfAServerThatIsBackShareOneConnection() throws Exception {
        try (CpuDevice one = new CpuDevice(1);
                CpuDevice other = new CpuDevice(1)) {
            List<Device> lent = List.of(one, other);
            RpcServer server = RpcServer.start(lent, "127.0.0.1", 0, _ -> {});
            int port = server.port();
            List<Device> devices = open(port);
            try {
                assertShareAConnection(devices);
                for (int i = 0; i < 2; i++) {
                    server.close();
                    server = RpcServer.start(lent, "127.0.0.1", port, _ -> {});
                    devices = reopen(devices);
                    assertShareAConnection(devices);
                }
            } finally {
                devices.forEach(Device::close);
                server.close();
            }
        }
    }

    private static void assertShareAConnection(List<Device> devices) {
        devices.getFirst().memory();
        assertEquals(2, devices.size());
        assertEquals(devices.getFirst().traffic(), devices.getLast().traffic());
    }

    /// As soon as they are lost.
    private static List<Device> reopen(List<Device> devices) {
        List<Device> again = new ArrayList<>();
        for (Device device : devices) {
            assertThrows(ExecutionException.class, () -> device.loss().get(5, TimeUnit.SECONDS));
            again.add(device.reopen());
            device.close();
        }
        return again;
    }

    private static List<Device> open(int port) {
        return new RpcProvider().open(new DeviceConfig(0, List.of("127.0.0.1:" + port)));
    }

    @Test
    void refusesAStrideThatTheWireCannotCarry() {
        try (Device device = node.connect();
                DeviceBuffer buffer = device.allocate(64)) {
            GraphBuilder b = new GraphBuilder();
            Tensor x =
                    Tensor.node(
                            "x",
                            TensorType.F32,
                            Shape.of(4, 1),
                            new Strides(4, 1L << 32, 1L << 32, 1L << 32),
                            new Op.None());
            Tensor y = b.scale("y", x, 2);
            x.bind(buffer, 0);
            y.bind(buffer, 16);
            InvalidGraphException e =
                    assertThrows(InvalidGraphException.class, () -> device.compute(b.build()));
            assertTrue(String.valueOf(e.getMessage()).contains("does not fit"), e.getMessage());
        }
    }
}
