package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
}
