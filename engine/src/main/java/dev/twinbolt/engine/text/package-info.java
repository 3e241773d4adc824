/// From text to token ids and back.
///
/// Start reading at `Tokenizer`.
@NullMarked
package dev.twinbolt.engine.text;

import org.jspecify.annotations.NullMarked;
