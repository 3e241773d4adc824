package dev.twinbolt.cli;

/// The program that lends this machine's devices.
public final class EngineNode {
    private EngineNode() {}

    public static void main(String[] args) {
        System.exit(Program.run("engine-node", new NodeCommand(), args));
    }
}
