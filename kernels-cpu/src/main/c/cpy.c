// CPY, CONT and DUP: a's rows to d's, which have the same length.
#include "copy.h"
#include "rows.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    int64_t conversion, row_bytes;
} cpy;

TB_KERNEL(cpy) {
    const cpy *op = (const cpy *)arguments;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        tb_copy_row(op->conversion, tb_row_at(&op->d, at), tb_row_at(&op->a, at), op->ne0, op->row_bytes);
    }
}
