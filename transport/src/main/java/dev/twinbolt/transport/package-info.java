/// Devices of other machines over TCP: `client` uses them, `server` lends them, `wire` is what goes
/// between, `link` what it goes through.
@NullMarked
package dev.twinbolt.transport;

import org.jspecify.annotations.NullMarked;
