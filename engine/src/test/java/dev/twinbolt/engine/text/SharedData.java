package dev.twinbolt.engine.text;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The optional folder of test data beside the project.
final class SharedData {
    private SharedData() {}

    /// The file at `path` in that folder; where it is absent the test is skipped and says so.
    static Path require(String path) {
        Path file =
                Path.of(System.getProperty("twinbolt.root", ".."), "..", "shared").resolve(path);
        if (!Files.exists(file)) {
            String reason = "skipped: " + file.normalize() + " is absent";
            System.out.println(reason);
            Assumptions.abort(reason);
        }
        return file;
    }
}
