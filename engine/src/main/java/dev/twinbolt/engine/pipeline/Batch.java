package dev.twinbolt.engine.pipeline;

/// What one pass feeds: as many tokens to each of a few neighbouring slots.
///
/// @param tokens slot by slot
/// @param positions of each slot's first token; [#IDLE] for a slot that feeds nothing
/// @param outputs the last tokens of each slot whose logits are wanted, at least 1, so that passes
///   of one size have one graph
record Batch(int firstSlot, int[] tokens, int[] positions, int outputs) {
    static final int IDLE = -1;

    int slots() {
        return positions.length;
    }

    int tokensPerSlot() {
        return tokens.length / positions.length;
    }

    private boolean isIdle(int token) {
        return positions[token / tokensPerSlot()] == IDLE;
    }

    /// The position of token `token` of the pass.
    int position(int token) {
        return isIdle(token) ? 0 : positions[token / tokensPerSlot()] + token % tokensPerSlot();
    }

    /// The cell of its slot that token `token` is written to. What a slot feeds that feeds nothing
    /// goes to its last cell, which is there for that.
    int cell(int token, int slotCells) {
        return isIdle(token) ? slotCells - 1 : position(token);
    }

    /// How many leading cells any token sees.
    int cellsSeen() {
        int most = 0;
        for (int position : positions) {
            most = Math.max(most, position == IDLE ? 1 : position + tokensPerSlot());
        }
        return most;
    }
}
