package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.pipeline.PlacementException;
import dev.twinbolt.engine.pipeline.SessionFileException;
import dev.twinbolt.engine.sampling.SamplingException;
import dev.twinbolt.engine.text.TokenizerException;
import dev.twinbolt.gguf.GgufException;
import java.io.IOException;
import java.net.BindException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The exit codes of docs/cli.md.
class FailureTest {
    static Stream<Arguments> failures() {
        InterruptedException interrupted = new InterruptedException();
        return Stream.of(
                Arguments.of(2, "why; see --help", new UsageException("why")),
                Arguments.of(2, "why; see --help", new IllegalArgumentException("why")),
                Arguments.of(3, "why", new GgufException("why", 5)),
                Arguments.of(3, "why", new ModelException("why")),
                Arguments.of(3, "why", new TokenizerException("why")),
                Arguments.of(3, "why", new SamplingException("why")),
                Arguments.of(4, "why", new DeviceException("why")),
                Arguments.of(4, "why", new DeviceException.Lost("why")),
                Arguments.of(4, "why", new DeviceException.Unavailable("why")),
                Arguments.of(4, "why", new DeviceException.Interrupted("why", interrupted)),
                Arguments.of(5, "why", new DeviceException.OutOfMemory("why")),
                Arguments.of(5, "why", new PlacementException("why")),
                Arguments.of(
                        5,
                        "out of memory (why); shorten the context or close other programs",
                        new OutOfMemoryError("why")),
                Arguments.of(6, "why", new BindException("why")),
                Arguments.of(
                        8,
                        "cannot write why: full",
                        new OutputException("why", new IOException("full"))),
                Arguments.of(130, "", interrupted),
                Arguments.of(9, "why", new PlacementException.TooFewNodes("why")),
                Arguments.of(10, "why", new SessionFileException("why")),
                Arguments.of(
                        1,
                        "internal error: java.lang.IllegalStateException: why; run again with -v for the details",
                        new IllegalStateException("why")),
                Arguments.of(
                        2,
                        "java.lang.IllegalArgumentException; see --help",
                        new IllegalArgumentException()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyOneHasItsCodeAndALine(int code, String line, Throwable thrown) {
        Failure failure = Failure.of(thrown);
        assertEquals(line, failure.line());
        assertEquals(code, failure.code().code());
    }

    @Test
    void aFullContextSaysWhatWouldHelp() {
        Failure failure = Failure.of(new ContextFullException(8, 3, 6));
        assertEquals(7, failure.code().code());
        assertEquals(
                "the context holds 8 tokens, 3 are used and 6 more were asked for; use a longer context (-c) or a shorter prompt",
                failure.line());
        assertEquals(130, ExitCode.INTERRUPTED.code());
    }
}
