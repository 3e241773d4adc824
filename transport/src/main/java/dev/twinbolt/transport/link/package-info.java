/// The link between two machines: one that is emulated, for benchmarks and tests.
///
/// Start reading at `EmulatedLink`, then `Wire` (one direction) and `Tunnel` (a connection).
@NullMarked
package dev.twinbolt.transport.link;

import org.jspecify.annotations.NullMarked;
