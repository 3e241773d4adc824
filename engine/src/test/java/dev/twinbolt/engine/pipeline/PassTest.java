package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a pass takes of those that share it, and gives back: rows of one logit.
class PassTest {
    private static final int ROW_BYTES = 4;

    private static Feed feed(int slot, int position, int[] tokens, int rows) {
        return new Feed(slot, position, tokens, rows, () -> false, _ -> {}, 1);
    }

    private static void deliver(Pass pass, float... rows) {
        pass.deliver(MemorySegment.ofArray(rows), ROW_BYTES);
    }

    private static float[] logits(Feed feed) {
        float[] logits = new float[feed.logits().length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = feed.logits()[i].get(ValueLayout.JAVA_FLOAT, 0);
        }
        return logits;
    }

    /// Six rows of twelve tokens, of which passes of four want none, two and four.
    @Test
    void theRowsOfTheLastTokensComeFromWhicheverPassFeedsThem() {
        Feed feed = feed(2, 5, IntStream.range(0, 12).toArray(), 6);
        List<Integer> outputs = List.of(1, 2, 4);
        for (int i = 0; i < outputs.size(); i++) {
            Pass pass = Pass.of(List.of(feed), 4);
            Batch batch = pass.batch();
            int first = 4 * i;
            assertEquals(2, batch.firstSlot());
            assertArrayEquals(IntStream.range(first, first + 4).toArray(), batch.tokens());
            assertArrayEquals(new int[] {5 + first}, batch.positions());
            assertEquals(5 + first + 4, batch.cellsSeen());
            assertEquals(outputs.get(i), batch.outputs());
            float[] rows = new float[batch.outputs()];
            for (int row = 0; row < rows.length; row++) {
                rows[row] = first + 4 - rows.length + row;
            }
            deliver(pass, rows);
            assertEquals(first + 4, feed.fed());
        }
        assertArrayEquals(new float[] {6, 7, 8, 9, 10, 11}, logits(feed));
    }

    @Test
    void whoSharesAPassGetsTheRowOfItsSlot() {
        Feed first = feed(1, 40, new int[] {7}, 1);
        Feed last = feed(3, 9, new int[] {8}, 1);
        Pass pass = Pass.of(List.of(first, last), 1);
        Batch batch = pass.batch();
        assertArrayEquals(new int[] {7, 0, 8}, batch.tokens());
        assertArrayEquals(new int[] {40, Batch.IDLE, 9}, batch.positions());
        assertArrayEquals(new int[] {40, 0, 9}, each(batch::position));
        assertArrayEquals(new int[] {40, 299, 9}, each(token -> batch.cell(token, 300)));
        assertEquals(41, batch.cellsSeen());
        deliver(pass, 10, 11, 12);
        assertArrayEquals(new float[] {10}, logits(first));
        assertArrayEquals(new float[] {12}, logits(last));
    }

    private static int[] each(IntUnaryOperator of) {
        int[] values = new int[3];
        Arrays.setAll(values, of);
        return values;
    }
}
