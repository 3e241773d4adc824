package dev.twinbolt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The optional folder of test data beside the project.
final class SharedData {
    private SharedData() {}

    static Path root() {
        return Path.of(System.getProperty("twinbolt.root", ".."));
    }

    /// The file at `path` in that folder; where it is absent the test is skipped and says so.
    static Path require(String path) {
        Path file = root().resolve("../shared").resolve(path);
        if (!Files.exists(file)) {
            skip(file.normalize() + " is absent");
        }
        return file;
    }

    static void skip(String reason) {
        System.out.println("skipped: " + reason);
        Assumptions.abort(reason);
    }
}
