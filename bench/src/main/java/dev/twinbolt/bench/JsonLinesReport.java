package dev.twinbolt.bench;

import java.io.PrintWriter;

/// An object a line.
final class JsonLinesReport implements Report {
    private final PrintWriter out;

    JsonLinesReport(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void add(SpeedResult result) {
        out.print("{" + JsonReport.object(result, ", ") + "}\n");
        out.flush();
    }

    @Override
    public void end() {
        out.flush();
    }
}
