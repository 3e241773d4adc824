package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.draft.DraftedSession;
import dev.twinbolt.engine.draft.Drafter;
import dev.twinbolt.engine.draft.PromptLookup;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.pipeline.Pipeline;
import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.text.Tokenizer;
import dev.twinbolt.gguf.GgufFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model loaded over the devices of this machine and of others, ready for conversations.
///
/// ```java
/// try (Engine engine = Engine.builder().model(path).rpc("192.168.1.7:50052").load();
///         Conversation conversation = engine.openConversation()) {
///     conversation.generate("Once upon a time", GenerateOptions.defaults(), System.out::print);
/// }
/// ```
public final class Engine implements AutoCloseable {
    private final GgufFile file;
    private final Devices devices;
    private final Pipeline pipeline;
    private final @Nullable DraftModel draftModel;
    private final Tokenizer tokenizer;
    private final NodeLoss nodeLoss;

    Engine(
            GgufFile file,
            Devices devices,
            Pipeline pipeline,
            @Nullable DraftModel draftModel,
            Tokenizer tokenizer,
            NodeLoss nodeLoss) {
        this.file = file;
        this.devices = devices;
        this.pipeline = pipeline;
        this.draftModel = draftModel;
        this.tokenizer = tokenizer;
        this.nodeLoss = nodeLoss;
    }

    public static EngineBuilder builder() {
        return new EngineBuilder();
    }

    /// What was loaded where; after a loss, what is there now.
    public Plan plan() {
        return nodeLoss.plan();
    }

    public Model model() {
        return pipeline.model();
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /// The devices in use order: remote ones as given, local ones, the host's CPU last.
    public List<Device> devices() {
        return devices.list();
    }

    /// A conversation; as many at once as [EngineBuilder#conversations(int)] made room for.
    public Conversation openConversation() {
        Session session = openSession();
        try {
            Drafter drafter = draftModel == null ? new PromptLookup() : draftModel.drafter();
            return new Conversation(
                    new DraftedSession(session, drafter),
                    tokenizer,
                    this::checkFiles,
                    file::fingerprint);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /// A conversation that goes on where one was saved, with the same text as that would have: on
    /// whatever devices the layers are now, if they compute with the same kernels. `saved` may be
    /// closed afterwards.
    ///
    /// @throws dev.twinbolt.engine.pipeline.SessionFileException where it was saved with another
    ///   model or other cache types, or is longer than the context
    /// @throws dev.twinbolt.engine.device.DeviceException where a device fails or is lost
    public Conversation restoreConversation(SavedSession saved) {
        Conversation conversation = openConversation();
        try {
            conversation.restore(saved);
            return conversation;
        } catch (RuntimeException e) {
            conversation.close();
            throw e;
        }
    }

    private void checkFiles() {
        file.checkIntact();
        if (draftModel != null) {
            draftModel.checkFile();
        }
    }

    /// A conversation without text: token ids in, logits out.
    public Session openSession() {
        return pipeline.openSession();
    }

    @Override
    public void close() {
        pipeline.close();
        if (draftModel != null) {
            draftModel.close();
        }
        devices.close();
        file.close();
    }
}
