// Arguments of the kernels that work on rows.
#ifndef TB_ROWS_H
#define TB_ROWS_H

#include "kernels.h"

// Where a tensor's rows lie: the first, and the bytes from one to the next in dimensions 1, 2 and 3.
typedef struct {
    int64_t address, nb1, nb2, nb3;
} tb_rows;

// The number of a row in dimensions 1, 2 and 3.
typedef struct {
    int64_t i1, i2, i3;
} tb_index;

TB_INLINE tb_index tb_index_of(int64_t row, int64_t ne1, int64_t ne2) {
    return (tb_index){row % ne1, row / ne1 % ne2, row / ne1 / ne2};
}

TB_INLINE char *tb_row(const tb_rows *rows, int64_t i1, int64_t i2, int64_t i3) {
    return (char *)(rows->address + i1 * rows->nb1 + i2 * rows->nb2 + i3 * rows->nb3);
}

TB_INLINE char *tb_row_at(const tb_rows *rows, tb_index i) {
    return tb_row(rows, i.i1, i.i2, i.i3);
}

#endif
