package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Shape;

/// A weight that an architecture reads: its GGUF name, its shape, and whether a file may lack it.
public record WeightSpec(String name, Shape shape, boolean isOptional) {
    static WeightSpec needed(String name, Shape shape) {
        return new WeightSpec(name, shape, false);
    }

    static WeightSpec optional(String name, Shape shape) {
        return new WeightSpec(name, shape, true);
    }
}
