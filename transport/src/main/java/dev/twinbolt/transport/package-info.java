/// Devices of other machines over TCP: `client` uses them, `server` lends them, `wire` is what goes
/// between.
@NullMarked
package dev.twinbolt.transport;

import org.jspecify.annotations.NullMarked;
