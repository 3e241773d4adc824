package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A placement as a table for people.
final class PlacementTable {
    private static final List<String> HEADINGS =
            List.of("device", "computes", "weights", "KV", "buffers", "full");
    private static final int FIRST_NUMBER = 2;
    private static final String GAP = "  ";

    private PlacementTable() {}

    /// One line per stage, or where that is wider than `columns`, one per cell. 0 is as wide as it
    /// takes.
    static String of(Placement placement, int columns) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        placement.stages().forEach(stage -> rows.add(cells(stage, placement)));
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        int width = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1);
        StringBuilder text = new StringBuilder();
        if (columns == 0 || width < columns) {
            rows.forEach(row -> appendLine(text, row, widths));
        } else {
            rows.subList(1, rows.size()).forEach(row -> appendLines(text, row));
        }
        return text.toString();
    }

    private static List<String> cells(Placement.Stage stage, Placement placement) {
        return List.of(
                stage.facts().name(),
                stage.range().describe(),
                Placement.bytes(stage.weightBytes()),
                Placement.bytes(stage.kvBytes()),
                Placement.bytes(stage.computeBytes()),
                placement.percentFull(stage) + " %");
    }

    private static void appendLine(StringBuilder text, List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            String pad = " ".repeat(widths[i] - row.get(i).length());
            boolean isNumber = i >= FIRST_NUMBER;
            text.append(i == 0 ? "" : GAP);
            text.append(isNumber ? pad + row.get(i) : row.get(i) + pad);
        }
        text.append(System.lineSeparator());
    }

    private static void appendLines(StringBuilder text, List<String> row) {
        for (int i = 0; i < row.size(); i++) {
            text.append(i == 0 ? "" : "  " + HEADINGS.get(i) + " ");
            text.append(row.get(i)).append(System.lineSeparator());
        }
    }
}
