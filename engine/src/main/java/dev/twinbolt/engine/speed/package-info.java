/// How fast devices and the links to them are: measured in a moment, remembered for a month.
///
/// Start reading at `DeviceSpeed`.
@NullMarked
package dev.twinbolt.engine.speed;

import org.jspecify.annotations.NullMarked;
