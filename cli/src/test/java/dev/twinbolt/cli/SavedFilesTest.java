package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.pipeline.SavedSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is done to files beside what is written in them, with the demo model.
class SavedFilesTest {
    private static final Path MODEL = SharedData.root().resolve("demo/twinbolt-demo.gguf");

    @TempDir Path folder;

    private static EngineBuilder builder(Path model) {
        return Engine.builder().model(model).contextLength(64).threads(1);
    }

    @Test
    void aLinkStaysALinkToWhatIsSaved() throws Exception {
        Path target = Files.createFile(folder.resolve("target"));
        Path link = folder.resolve("link");
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException | UnsupportedOperationException e) {
            SharedData.skip("no symbolic links here: " + e);
        }
        try (Engine engine = builder(MODEL).load();
                Conversation conversation = engine.openConversation()) {
            conversation.generate("Once", GenerateOptions.defaults().withMaxTokens(2), _ -> {});
            conversation.save(link);
            assertTrue(Files.isSymbolicLink(link));
            try (SavedSession saved = SavedSession.open(target)) {
                assertEquals(conversation.position(), saved.cells());
            }
        }
    }

    @Test
    void whatIsNoFileIsNotReplacedByOne() throws Exception {
        Path pipe = folder.resolve("pipe");
        try {
            assumeTrue(
                    new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0,
                    "mkfifo fails here");
        } catch (IOException e) {
            SharedData.skip("no mkfifo here: " + e);
        }
        try (Engine engine = builder(MODEL).load();
                Conversation conversation = engine.openConversation()) {
            assertThrows(IOException.class, () -> conversation.save(pipe));
        }
        assertFalse(Files.isRegularFile(pipe));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count());
        }
    }

    /// The model, and one that drafts for it.
    @Test
    void aLoadThatFailsLeavesNoFileMapped() throws Exception {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.exists(maps)) {
            SharedData.skip("no " + maps + " here");
        }
        Path model = Files.copy(MODEL, folder.resolve("model.gguf"));
        Path draft = Files.copy(MODEL, folder.resolve("draft.gguf"));
        IllegalStateException failure = new IllegalStateException("the caller's");
        IllegalStateException thrown =
                assertThrows(
                        IllegalStateException.class,
                        () ->
                                builder(model)
                                        .draftModel(draft)
                                        .load(
                                                (_, _) -> {
                                                    assertEquals(2, mapped(maps));
                                                    throw failure;
                                                }));
        assertEquals(failure, thrown);
        assertEquals(0, mapped(maps));
    }

    /// How many files of the folder are mapped.
    private long mapped(Path maps) {
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.filter(line -> line.contains(folder.toString()))
                    .map(line -> line.substring(line.indexOf(folder.toString())))
                    .distinct()
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
