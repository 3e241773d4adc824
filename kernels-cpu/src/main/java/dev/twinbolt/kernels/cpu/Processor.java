package dev.twinbolt.kernels.cpu;

/// What an op computes with: threads that share its rows.
record Processor(Workers workers) implements AutoCloseable {
    @Override
    public void close() {
        workers.close();
    }
}
