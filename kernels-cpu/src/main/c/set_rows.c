// SET_ROWS: row i of the values to the row of d that a number names. The numbers are checked already.
#include "copy.h"
#include "rows.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    int64_t conversion, row_bytes;
    tb_rows numbers; // of dimension 0, 1 and 2
    int64_t numbers_ne1, numbers_ne2, number_bytes;
} set_rows;

TB_KERNEL(set_rows) {
    const set_rows *op = (const set_rows *)arguments;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *number = tb_row(&op->numbers, at.i1, at.i2 % op->numbers_ne1, at.i3 % op->numbers_ne2);
        int64_t row = op->number_bytes == 8 ? TB_LOAD(int64_t, number) : TB_LOAD(int32_t, number);
        tb_copy_row(op->conversion, tb_row(&op->d, row, at.i2, at.i3), tb_row_at(&op->a, at), op->ne0, op->row_bytes);
    }
}
