package dev.twinbolt.cli;

import dev.twinbolt.engine.Printable;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import java.util.ArrayList;
import java.util.List;

/// Machines by what their data sheets say, for a plan without them. Nobody reaches a data sheet's
/// rates, so a share of them counts; memory and links count as they are given.
///
/// @param lines for people on each
record DescribedMachines(List<DeviceFacts> facts, List<String> lines) {
    /// What kernels reach of a device's peak, in memory's speed and in arithmetic.
    private static final double SHARE = 0.7;

    private static final String DEVICE_FORM =
            "expected a form such as \"4090: 24GB, 1008GB/s, 165TFLOPS\"";

    DescribedMachines {
        facts = List.copyOf(facts);
        lines = List.copyOf(lines);
    }

    /// `devices` as `--device` gives them, the host the last; `links` as `--link` does, one for all
    /// nodes or one for each. Throws [UsageException] where one is no such text.
    static DescribedMachines parse(List<String> devices, List<String> links) {
        int nodes = devices.size() - 1;
        boolean isOneForAll = links.size() == 1 && nodes > 0;
        if (links.size() != nodes && !isOneForAll) {
            throw new UsageException(
                    "%d --link for %d described node%s: give one for all or one for each; the last --device is the host"
                            .formatted(links.size(), nodes, nodes == 1 ? "" : "s"));
        }
        List<String> texts = devices.stream().map(Printable::line).toList();
        List<DeviceFacts> facts = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i <= nodes; i++) {
            boolean isHost = i == nodes;
            String link = isHost ? "" : links.get(isOneForAll ? 0 : i);
            facts.add(device(texts.get(i), isHost, isHost ? LinkSpeed.NONE : LinkText.parse(link)));
            lines.add(texts.get(i).trim() + (isHost ? "; the host" : "; linked by " + link.trim()));
        }
        lines.add(
                "described, not measured: %.0f %% of what they read and compute a second counts"
                        .formatted(SHARE * 100));
        return new DescribedMachines(facts, lines);
    }

    private static DeviceFacts device(String text, boolean isHost, LinkSpeed link) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? "" : text.substring(0, colon).trim();
        String[] parts = text.substring(colon + 1).split(",", -1);
        if (name.isEmpty() || parts.length != 3) {
            throw new UsageException("--device %s: %s".formatted(text, DEVICE_FORM));
        }
        String option = "--device " + text;
        double memory = Quantity.MEMORY.read(option, parts[0]);
        DeviceSpeed speed =
                new DeviceSpeed(
                        SHARE * Quantity.RATE.read(option, parts[1]),
                        SHARE * Quantity.ARITHMETIC.read(option, parts[2]),
                        link);
        return new DeviceFacts(name, isHost, isHost, (long) memory, (long) memory, speed);
    }
}
