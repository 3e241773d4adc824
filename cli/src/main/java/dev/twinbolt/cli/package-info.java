/// The programs `engine-host` and `engine-node`: arguments, one call, errors to one line and an
/// exit code.
///
/// Start reading at `HostCommand` and `NodeCommand`.
@NullMarked
package dev.twinbolt.cli;

import org.jspecify.annotations.NullMarked;
