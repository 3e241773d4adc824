package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Numbers with units, and the machines that are described by them.
class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "MEMORY, 2MB, 2e6",
        "MEMORY, 2MiB, 2097152",
        "MEMORY, 1.5 gb, 1.5e9",
        "MEMORY, 1GiB, 1073741824",
        "MEMORY, 3TB, 3e12",
        "RATE, 5MB/s, 5e6",
        "RATE, 1008GB/s, 1008e9",
        "RATE, 1TB/s, 1e12",
        "RATE, 8Mbit, 1e6",
        "RATE, 16mbit/s, 2e6",
        "RATE, 12Gbit, 1.5e9",
        "RATE, 8Gbit/s, 1e9",
        "ARITHMETIC, 7GFLOPS, 7e9",
        "ARITHMETIC, 165 TFLOPS, 165e12",
        "ARITHMETIC, 27tops, 27e12",
        "TIME, 2s, 2",
        "TIME, 0.6ms, 0.6e-3",
        "TIME, 5us, 5e-6"
    })
    void everyUnitHasItsSize(Quantity quantity, String text, double expected) {
        assertEquals(expected, quantity.read("-x", text), expected * 1e-12);
        assertEquals(expected, quantity.read("-x", " " + text + " "), expected * 1e-12);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e3GB",
                "1,5GB",
                "GB",
                "5",
                ".5GB",
                "-1GB",
                "1GB GB",
                "0GB",
                "1234567890GB"
            })
    void whatIsNoNumberAboveZeroIsRefused(String text) {
        assertThrows(UsageException.class, () -> Quantity.MEMORY.read("-x", text));
    }

    /// Of speeds 70 % counts; memory and links are as they are given.
    @Test
    void aDescriptionIsWhatPlacementKnows() {
        LinkSpeed slow = new LinkSpeed(2e-3, 1e9);
        LinkSpeed fast = new LinkSpeed(1e-6, 2e9);
        DescribedMachines machines =
                DescribedMachines.parse(
                        List.of(
                                "a: 2GB, 100GB/s, 10TFLOPS",
                                " b :1GiB,200GB/s,20GFLOPS",
                                "host: 3MB, 300GB/s, 30TOPS"),
                        List.of("2ms, 8Gbit", "1us,2GB/s"));
        assertEquals(
                List.of(
                        facts("a", false, 2_000_000_000L, 70e9, 7e12, slow),
                        facts("b", false, 1L << 30, 140e9, 14e9, fast),
                        facts("host", true, 3_000_000L, 210e9, 21e12, LinkSpeed.NONE)),
                machines.facts().stream().map(QuantityTest::rounded).toList());
        assertThrows(
                UsageException.class,
                () ->
                        DescribedMachines.parse(
                                List.of("host: 3MB, 300GB/s, 30TOPS"), List.of("2ms, 8Gbit")));
    }

    private static DeviceFacts facts(
            String name, boolean isHost, long bytes, double rate, double ops, LinkSpeed link) {
        return new DeviceFacts(
                name, isHost, isHost, bytes, bytes, new DeviceSpeed(rate, ops, link));
    }

    /// Without the last bits of products.
    private static DeviceFacts rounded(DeviceFacts facts) {
        DeviceSpeed speed = Objects.requireNonNull(facts.speed());
        return new DeviceFacts(
                facts.name(),
                facts.isHost(),
                facts.isLocal(),
                facts.freeBytes(),
                facts.totalBytes(),
                new DeviceSpeed(
                        Math.rint(speed.bytesPerSecond()),
                        Math.rint(speed.operationsPerSecond()),
                        speed.link()));
    }
}
