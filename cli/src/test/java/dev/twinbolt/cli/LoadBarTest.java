package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LoadBarTest {
    @Test
    void neverFillsTheTerminalsLine() {
        for (int columns = 14; columns < 200; columns++) {
            String line = new LoadBar(columns).line(100);
            assertTrue(line.length() < columns, columns + ": " + line);
        }
    }

    @Test
    void isABarWhereThereIsRoomAndANumberWhereNobodyKnows() {
        assertEquals("loading [#####     ]  50 %", new LoadBar(27).line(50));
        assertEquals(40, new LoadBar(80).line(100).chars().filter(c -> c == '#').count());
        assertEquals("loading  50 %", new LoadBar(26).line(50));
        assertEquals("loading  50 %", new LoadBar(0).line(50));
    }

    @Test
    void isWrittenAnewForEveryPercentAndEndsItsLine() {
        assertEquals(
                "\rloading   0 %\rloading  33 %\rloading  99 %\rloading 100 %" + end(),
                said(3000, 0, 1, 999, 1000, 1001, 2999, 3000, 3000));
        assertEquals("\rloading 100 %" + end(), said(0, 0));
    }

    /// A failure while loading has a line of its own.
    @Test
    void whatFollowsAnUnfinishedBarBeginsALine() {
        said(3000, 1000);
        assertEquals(end(), caught(Terminal::finishLine));
        assertEquals("", caught(Terminal::finishLine));
    }

    private static String end() {
        return System.lineSeparator();
    }

    private static String said(long totalBytes, long... doneBytes) {
        LoadBar bar = new LoadBar(0);
        return caught(() -> LongStream.of(doneBytes).forEach(done -> bar.loaded(done, totalBytes)));
    }

    private static String caught(Runnable speaker) {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            speaker.run();
        } finally {
            System.setErr(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }
}
