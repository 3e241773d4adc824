package dev.twinbolt.transport.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.transport.Transcript;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTest {
    private static final TensorRecord TENSOR =
            new TensorRecord(
                    0x11,
                    8,
                    0x22,
                    new Dims(32, 2, 1, 1),
                    new Dims(34, 34, 68, 68),
                    29,
                    OpParams.of(10, -1),
                    16,
                    List.of(0x33L, 0L, 0x44L),
                    0x55,
                    0x66,
                    0x77,
                    "blk.0.ffn");

    private static final String TENSOR_HEX =
            "1100000000000000" // id
                    + "08000000" // type
                    + "2200000000000000" // buffer
                    + "20000000020000000100000001000000" // ne
                    + "22000000220000004400000044000000" // nb
                    + "1d000000" // op
                    + "0a000000ffffffff"
                    + "00".repeat(56) // params
                    + "10000000" // flags
                    + "330000000000000000000000000000004400000000000000"
                    + "00".repeat(56) // sources
                    + "5500000000000000" // view_src
                    + "6600000000000000" // view_offs
                    + "7700000000000000" // data
                    + "626c6b2e302e66666e"
                    + "00".repeat(55) // name
                    + "00000000"; // use_count

    static Stream<Arguments> messages() {
        String device = "01000000";
        String handle = "8877665544332211";
        long buffer = 0x1122334455667788L;
        return Stream.of(
                Arguments.of(
                        new Request.AllocBuffer(1, 0x1000),
                        "000c00000000000000" + device + "0010000000000000"),
                Arguments.of(new Request.GetAlignment(1), "010400000000000000" + device),
                Arguments.of(new Request.GetMaxSize(1), "020400000000000000" + device),
                Arguments.of(new Request.BufferGetBase(buffer), "030800000000000000" + handle),
                Arguments.of(new Request.FreeBuffer(buffer), "040800000000000000" + handle),
                Arguments.of(
                        new Request.BufferClear(buffer, (byte) 7),
                        "050900000000000000" + handle + "07"),
                Arguments.of(
                        new Request.SetTensor(TENSOR, 3, 0),
                        "063001000000000000" + TENSOR_HEX + "0300000000000000"),
                Arguments.of(
                        new Request.SetTensorHash(TENSOR, 3, 4),
                        "073801000000000000" + TENSOR_HEX + "03000000000000000400000000000000"),
                Arguments.of(
                        new Request.GetTensor(TENSOR, 3, 4),
                        "083801000000000000" + TENSOR_HEX + "03000000000000000400000000000000"),
                Arguments.of(
                        new Request.CopyTensor(TENSOR, TENSOR),
                        "095002000000000000" + TENSOR_HEX + TENSOR_HEX),
                Arguments.of(
                        new Request.GraphCompute(
                                1,
                                GraphBytes.of(new GraphRecords(List.of(0x11L), List.of(TENSOR)))),
                        "0a3c01000000000000"
                                + device
                                + "01000000"
                                + "1100000000000000"
                                + "01000000"
                                + TENSOR_HEX),
                Arguments.of(new Request.GetDeviceMemory(1), "0b0400000000000000" + device),
                Arguments.of(new Request.InitTensor(TENSOR), "0c2801000000000000" + TENSOR_HEX),
                Arguments.of(
                        new Request.GetAllocSize(1, TENSOR, sources(TENSOR)),
                        "0dbc0c000000000000"
                                + device
                                + TENSOR_HEX
                                + TENSOR_HEX
                                + "00".repeat(9 * TensorRecord.BYTES)),
                Arguments.of(new Request.Hello(true), "0e1800000000000000" + "00".repeat(24)),
                Arguments.of(new Request.Hello(false), "0e0000000000000000"),
                Arguments.of(new Request.DeviceCount(), "0f0000000000000000"),
                Arguments.of(new Request.Ping(), "f00000000000000000"),
                Arguments.of(new Request.GraphRecompute(1), "100400000000000000" + device),
                Arguments.of(
                        new Request.MemsetTensor(TENSOR, 3, 4, (byte) -1),
                        "113901000000000000" + TENSOR_HEX + "03000000000000000400000000000000ff"));
    }

    private static List<@Nullable TensorRecord> sources(TensorRecord first) {
        List<@Nullable TensorRecord> sources =
                new ArrayList<>(Arrays.asList(new TensorRecord[TensorRecord.MAX_SOURCES]));
        sources.set(0, first);
        return sources;
    }

    private static byte[] bytes(Request request) {
        ByteBuf out = request.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            return ByteBufUtil.getBytes(out);
        } finally {
            out.release();
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void writesTheExactBytes(Request request, String hex) {
        assertEquals(hex, HexFormat.of().formatHex(bytes(request)));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void readsWhatItWrote(Request request, String hex) {
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
        assertEquals(request, new RequestReader().next(in));
        assertEquals(0, in.readableBytes());
    }

    @ParameterizedTest
    @MethodSource("messages")
    void readsAMessageCutAtAnyByte(Request request, String hex) {
        byte[] all = HexFormat.of().parseHex(hex);
        for (int cut = 0; cut < all.length; cut++) {
            RequestReader reader = new RequestReader();
            ByteBuf in = Unpooled.buffer();
            in.writeBytes(all, 0, cut);
            assertNull(reader.next(in), "a request from " + cut + " bytes");
            in.writeBytes(all, cut, all.length - cut);
            assertEquals(request, reader.next(in));
        }
    }

    @Test
    void handsOnTheDataOfASetTensorAsItComes() {
        byte[] head = bytes(new Request.SetTensor(TENSOR, 0, 5));
        RequestReader reader = new RequestReader();
        ByteBuf in = Unpooled.buffer().writeBytes(head).writeBytes(new byte[] {1, 2});
        assertEquals(new Request.SetTensor(TENSOR, 0, 5), reader.next(in));
        assertArrayEquals(new byte[] {1, 2}, data(reader.next(in)));
        assertNull(reader.next(in));
        assertEquals(Command.SET_TENSOR, reader.awaited());
        in.writeBytes(new byte[] {3, 4, 5}).writeBytes(bytes(new Request.DeviceCount()));
        assertArrayEquals(new byte[] {3, 4, 5}, data(reader.next(in)));
        assertEquals(new Request.DeviceCount(), reader.next(in));
        assertNull(reader.awaited());
    }

    private static byte[] data(@Nullable Frame frame) {
        return ByteBufUtil.getBytes(((Frame.Data) Objects.requireNonNull(frame)).bytes());
    }

    @Test
    void refusesASizeThatTheCommandCannotHaveBeforeTheBytesCome() {
        for (Command command : Command.values()) {
            ByteBuf in = Unpooled.buffer().writeByte(command.number()).writeLongLE(1L << 40);
            if (command == Command.SET_TENSOR) {
                assertNull(new RequestReader().next(in));
                in = Unpooled.buffer().writeByte(command.number()).writeLongLE(-1);
            }
            ByteBuf announced = in;
            WireException e =
                    assertThrows(WireException.class, () -> new RequestReader().next(announced));
            assertTrue(String.valueOf(e.getMessage()).contains("is announced, expected"));
        }
    }

    @Test
    void namesAnUnknownCommand() {
        ByteBuf in = Unpooled.buffer().writeByte(18).writeLongLE(0);
        WireException e = assertThrows(WireException.class, () -> new RequestReader().next(in));
        assertEquals("command 18 is unknown, ggml RPC 5.x has 0 to 17", e.getMessage());
    }

    @Test
    void readsANameThatFillsItsBytes() {
        String name = "n".repeat(64);
        ByteBuf in = Unpooled.buffer().writeZero(228);
        in.writeBytes(name.getBytes(StandardCharsets.US_ASCII)).writeIntLE(0x6e6e6e6e);
        assertEquals(name, TensorRecord.read(in).name());
        assertEquals(0, in.readableBytes());
    }

    @Test
    void refusesAGraphWhoseCountsDoNotFitItsPayload() {
        for (int[] counts : new int[][] {{-1, 0}, {2, 1}, {0, -1}, {1, 2}, {1, 0}}) {
            ByteBuf in = Unpooled.buffer().writeByte(10).writeLongLE(20 + 296).writeIntLE(0);
            in.writeIntLE(counts[0]).writeLongLE(1).writeIntLE(counts[1]).writeZero(296);
            Request.GraphCompute request =
                    (Request.GraphCompute) Objects.requireNonNull(new RequestReader().next(in));
            assertThrows(WireException.class, () -> request.graph().records());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stories260k-f32", "stories260k-f32-nofa", "v51-stories260k-f32"})
    void writesEveryRecordedRequestAgainAsItWas(String name) throws IOException {
        int requests = 0;
        for (Transcript.Event event : Transcript.read(name).events()) {
            if (event.direction() != 0) {
                continue;
            }
            ByteBuf in = Unpooled.wrappedBuffer(event.frame());
            Request request = (Request) Objects.requireNonNull(new RequestReader().next(in));
            byte[] again = bytes(request);
            byte[] recorded = Arrays.copyOf(event.frame(), again.length);
            if (request instanceof Request.GraphCompute(int device, GraphBytes graph)) {
                GraphRecords records = graph.records();
                again = bytes(new Request.GraphCompute(device, GraphBytes.of(records)));
                int tensors = again.length - TensorRecord.BYTES * records.tensors().size();
                for (int at = tensors; at < again.length; at += TensorRecord.BYTES) {
                    clearPadding(recorded, at);
                }
            } else if (again.length > TensorRecord.BYTES) {
                clearPadding(
                        recorded,
                        Request.HEADER_BYTES + (request instanceof Request.GetAllocSize ? 4 : 0));
            }
            assertArrayEquals(recorded, again, request.command() + " in " + name);
            requests++;
        }
        assertTrue(requests > 100, "only " + requests + " requests");
    }

    /// What follows a name's NUL and use_count say nothing and are not kept.
    private static void clearPadding(byte[] frame, int tensor) {
        int name = tensor + TensorRecord.BYTES - 68;
        int end = name;
        while (end < name + 64 && frame[end] != 0) {
            end++;
        }
        Arrays.fill(frame, end, tensor + TensorRecord.BYTES, (byte) 0);
    }
}
