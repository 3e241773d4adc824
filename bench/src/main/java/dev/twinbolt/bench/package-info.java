/// engine-bench: benchmarks, and the generator of random models.
///
/// Start reading at `EngineBench`.
@NullMarked
package dev.twinbolt.bench;

import org.jspecify.annotations.NullMarked;
