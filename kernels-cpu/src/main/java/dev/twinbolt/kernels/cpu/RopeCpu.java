package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// ROPE: turns pairs of columns by an angle that grows with the position (Su et al. 2021),
/// stretched as YaRN (Peng et al. 2023) says. [RopeTable] has the angles.
final class RopeCpu {
    private RopeCpu() {}

    static void compute(Tensor d, Op.Rope op, Processor cpu) {
        Tensor a = d.source(0);
        MemorySegment table =
                cpu.ropeTable().values(op, d.source(1), d.optionalSource(2), cpu.workers());
        NativeKernels kernels = cpu.kernels();
        if (kernels != null && NativeArguments.areFloatRows(d, a)) {
            NativeArguments arguments =
                    cpu.arguments()
                            .addResult(d)
                            .addRows(a)
                            .addShape(d)
                            .add(table.address())
                            .add(op.dims() / 2)
                            .add(op.offset())
                            .add(op.mode() == RopeMode.NEOX ? 1 : 0);
            cpu.run(kernels.rope(), arguments, d.shape().rowCount(), d.ne(0) / 2);
        } else {
            plain(d, op, table, cpu);
        }
    }

    private static void plain(Tensor d, Op.Rope op, MemorySegment table, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        int n = out.columns();
        int pairs = op.dims() / 2;
        long tokens = d.ne(2);
        cpu.workers()
                .share(
                        tokens * d.ne(3),
                        2L * n * d.ne(1),
                        (from, to) -> {
                            float[] row = new float[n];
                            float[] turns = new float[2 * pairs];
                            for (long r = from; r < to; r++) {
                                long token = r % tokens;
                                MemorySegment.copy(
                                        table,
                                        ValueLayout.JAVA_FLOAT,
                                        8 * token * pairs,
                                        turns,
                                        0,
                                        turns.length);
                                for (long head = 0; head < d.ne(1); head++) {
                                    a.readRow(head, token, r / tokens, row, 0);
                                    turn(op, row, turns);
                                    out.writeRow(head, token, r / tokens, row, 0);
                                }
                            }
                        });
    }

    /// `turns` holds the cosines of all pairs, then the sines.
    private static void turn(Op.Rope op, float[] row, float[] turns) {
        boolean isNeox = op.mode() == RopeMode.NEOX;
        int pairs = turns.length / 2;
        for (int i = 0; i < pairs; i++) {
            int first = op.offset() + (isNeox ? i : 2 * i);
            int second = isNeox ? first + pairs : first + 1;
            float x = row[first];
            float y = row[second];
            row[first] = x * turns[i] - y * turns[pairs + i];
            row[second] = x * turns[pairs + i] + y * turns[i];
        }
    }
}
