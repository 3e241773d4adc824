package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumberListTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "512 | [512]",
                "1,2,4 | [1, 2, 4]",
                "1-4 | [1, 2, 3, 4]",
                "16-64+16 | [16, 32, 48, 64]",
                "8-100*3 | [8, 24, 72]",
                "7,1-2,999999999 | [7, 1, 2, 999999999]"
            })
    void readsListsAndRanges(String text, String numbers) {
        assertEquals(numbers, NumberList.parse("-p", text, 0).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "-1",
                "0",
                "1,",
                "2-1",
                "1-4*1",
                "1-4+0",
                "1-2000",
                "9999999999",
                "1;2"
            })
    void namesTheOptionOfAWrongList(String text) {
        IllegalArgumentException thrown =
                assertThrows(IllegalArgumentException.class, () -> NumberList.parse("-t", text, 1));
        String message = String.valueOf(thrown.getMessage());
        assertTrue(message.startsWith("-t " + text + ": expected numbers from 1 on"), message);
    }
}
