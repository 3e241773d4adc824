package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.Engine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class DraftOptionsTest {
    private static DraftOptions options(String... args) {
        return CommandLine.populateCommand(new DraftOptions(), args);
    }

    @ParameterizedTest
    @CsvSource({"'',0", "-md=a,3", "--draft-max=5,5", "-md=a --draft=0,0", "--draft-n=2 -md=a,2"})
    void aModelDraftsThreeTokensWhereNobodySaysHowMany(String args, int tokens) {
        assertEquals(tokens, options(args.isEmpty() ? new String[0] : args.split(" ")).tokens());
    }

    @Test
    void anEmptyNameIsNoModel() {
        DraftOptions options = options("-md", "");
        assertThrows(UsageException.class, () -> options.apply(Engine.builder(), false));
    }
}
