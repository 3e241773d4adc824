package dev.twinbolt.transport.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A tensor record in the making, for tests that send what no client of ours would.
public final class Draft {
    private static final int F32 = 0;

    private final long id;
    private final String name;
    private int type = F32;
    private long buffer;
    private long data;
    private Dims ne = new Dims(1, 1, 1, 1);
    private Dims nb = new Dims(4, 4, 4, 4);
    private int op;
    private OpParams params = OpParams.NONE;
    private int flags;
    private List<Long> sources = List.of();
    private long viewSource;
    private long viewOffset;

    public Draft(long id, String name) {
        this.id = id;
        this.name = name;
    }

    public Draft at(long handle, long address) {
        buffer = handle;
        data = address;
        return this;
    }

    /// Elements of 4 bytes, or of `bytes` bytes, without gaps.
    public Draft shape(long ne0, long ne1) {
        return shape(4, ne0, ne1);
    }

    public Draft shape(int bytes, long ne0, long ne1) {
        ne = new Dims(ne0, ne1, 1, 1);
        long row = bytes * ne0;
        nb = new Dims(bytes, row, row * ne1, row * ne1);
        return this;
    }

    public Draft ne(long d0, long d1, long d2, long d3) {
        ne = new Dims(d0, d1, d2, d3);
        return this;
    }

    public Draft nb(long d0, long d1, long d2, long d3) {
        nb = new Dims(d0, d1, d2, d3);
        return this;
    }

    public Draft type(int number) {
        type = number;
        return this;
    }

    /// A node that computes op `number` from `sources`.
    public Draft op(String name, Long... sources) {
        op = OpNumbers.V5.ops().number(name).orElseThrow();
        return node(sources);
    }

    public Draft opNumber(int number, Long... sources) {
        op = number;
        return node(sources);
    }

    private Draft node(Long... ids) {
        sources = new ArrayList<>(Arrays.asList(ids));
        flags = TensorRecord.FLAG_COMPUTE;
        return this;
    }

    public Draft params(int... words) {
        params = OpParams.of(words);
        return this;
    }

    public Draft view(long root, long offset) {
        viewSource = root;
        viewOffset = offset;
        return this;
    }

    public Draft flags(int value) {
        flags = value;
        return this;
    }

    public TensorRecord record() {
        return new TensorRecord(
                id,
                type,
                buffer,
                ne,
                nb,
                op,
                params,
                flags,
                sources,
                viewSource,
                viewOffset,
                data,
                name);
    }
}
