package dev.twinbolt.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.2:50052, 10.0.0.2, 50052",
        "' pc:1 ', pc, 1",
        "[fe80::1]:65535, fe80::1, 65535",
    })
    void hasAHostAndAPort(String text, String host, int port) {
        Endpoint endpoint = Endpoint.parse(text);
        assertEquals(new Endpoint(host, port), endpoint);
        assertEquals(text.strip(), endpoint.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pc", ":50052", "pc:", "pc:0", "pc:65536", "pc:-1", "pc:x"})
    void namesWhatIsNone(String text) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(text));
        assertTrue(String.valueOf(e.getMessage()).contains("expected host:port"), e.getMessage());
    }
}
