package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.pipeline.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomModelTest {
    @TempDir Path folder = Path.of("");

    static Stream<String> types() {
        return Arrays.stream(FormatMix.names().split(", "));
    }

    /// A model that computed infinities, or next to nothing, would be measured at another speed
    /// than a real one.
    @ParameterizedTest
    @MethodSource("types")
    void logitsAreInRange(String type) throws IOException, InterruptedException {
        Path file = folder.resolve("a.gguf");
        new RandomModel(Preset.TINY.shape(), FormatMix.byName(type), 1).writer().write(file);
        try (Engine engine = Engine.builder().model(file).contextLength(16).threads(1).load();
                Session session = engine.openSession()) {
            float[] logits = session.prefill(new int[] {1, 300, 301, 302, 303, 304});
            double squares = 0;
            for (float logit : logits) {
                assertTrue(Float.isFinite(logit), type + " gives " + logit);
                squares += (double) logit * logit;
            }
            double deviation = Math.sqrt(squares / logits.length);
            assertTrue(deviation > 0.1 && deviation < 1, type + " gives " + deviation);
        }
    }

    @Test
    void aTruncatedContextIsAsIfTheRestHadNeverBeen() throws IOException, InterruptedException {
        Path file = folder.resolve("a.gguf");
        new RandomModel(Preset.TINY.shape(), FormatMix.byName("Q8_0"), 1).writer().write(file);
        try (Engine engine = Engine.builder().model(file).contextLength(16).threads(1).load();
                Session session = engine.openSession()) {
            session.prefill(new int[] {1, 300});
            float[] expected = session.prefill(new int[] {301, 302});
            session.truncate(2);
            session.prefill(new int[] {400, 401, 402});
            session.truncate(2);
            assertEquals(2, session.position());
            assertArrayEquals(expected, session.prefill(new int[] {301, 302}));
            assertThrows(IllegalArgumentException.class, () -> session.truncate(5));
        }
    }
}
