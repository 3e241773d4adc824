package dev.twinbolt.transport.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ReplyTest {
    static Stream<Arguments> replies() {
        return Stream.of(
                Arguments.of(Command.FREE_BUFFER, new Reply.Empty(), "0000000000000000"),
                Arguments.of(
                        Command.ALLOC_BUFFER,
                        new Reply.Allocated(1, 2),
                        "100000000000000001000000000000000200000000000000"),
                Arguments.of(
                        Command.GET_ALIGNMENT,
                        new Reply.Number(64),
                        "08000000000000004000000000000000"),
                Arguments.of(Command.COPY_TENSOR, new Reply.Result(true), "010000000000000001"),
                Arguments.of(
                        Command.GET_DEVICE_MEMORY,
                        new Reply.Memory(3, 4),
                        "100000000000000003000000000000000400000000000000"),
                Arguments.of(Command.DEVICE_COUNT, new Reply.Count(2), "040000000000000002000000"),
                Arguments.of(
                        Command.HELLO,
                        new Reply.Hello(5, 0, 0, 0),
                        "1c0000000000000005000000" + "00".repeat(24)));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void writesTheExactBytesAndReadsThem(Command command, Reply reply, String hex) {
        ByteBuf bytes = reply.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            assertEquals(hex, ByteBufUtil.hexDump(bytes));
            assertTrue(Reply.fits(command, bytes.readLongLE()));
            assertEquals(reply, Reply.read(command, bytes));
        } finally {
            bytes.release();
        }
    }
}
