/// Guesses of the next tokens, so that one forward pass tells of several.
///
/// Start reading at `DraftedSession`.
@NullMarked
package dev.twinbolt.engine.draft;

import org.jspecify.annotations.NullMarked;
