/// What a machine lends: an in-order queue of writes, graphs and reads over its own memory.
///
/// Start reading at `Device`.
@NullMarked
package dev.twinbolt.engine.device;

import org.jspecify.annotations.NullMarked;
