package dev.twinbolt.cli;

/// The program that owns a model and a conversation.
public final class EngineHost {
    private EngineHost() {}

    public static void main(String[] args) {
        System.exit(Program.run("engine-host", new HostCommand(), args));
    }
}
