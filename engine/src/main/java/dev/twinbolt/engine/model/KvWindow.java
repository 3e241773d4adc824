package dev.twinbolt.engine.model;

/// Which part of a KV cache a pass works on. A cache is divided into slots of `slotCells` cells,
/// one slot per conversation; a pass feeds `slots` neighbouring conversations, and each sees the
/// first `cells` cells of its own slot.
public record KvWindow(int firstSlot, int slots, long cells, long slotCells) {}
