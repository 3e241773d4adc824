// products LIBRARY VARIANT: prints the bits of matrix products of the same random blocks in every type, by some and many columns, packed and as they lie, so that what one
// CPU computes can be compared with what another does.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Rows that are packed come in groups of up to eight.
enum { ROWS = 37, PACKED_ROWS = 32, COLUMNS = 9, K = 3 * 256 };

// Blocks of `size` elements, `bytes` long, with halves at two offsets, or at one that is given twice; -1 for none.
static const struct {
    int32_t type;
    int size, bytes, halves[2];
} TYPES[] = {
    {2, 32, 18, {0, 0}},      {3, 32, 20, {0, 2}},      {6, 32, 22, {0, 0}},      {7, 32, 24, {0, 2}},     {8, 32, 34, {0, 0}},
    {10, 256, 84, {80, 82}},  {11, 256, 110, {108, 108}}, {12, 256, 144, {0, 2}},   {13, 256, 176, {0, 2}},  {14, 256, 210, {208, 208}},
    {20, 32, 18, {0, 0}},     {23, 256, 136, {0, 0}},   {34, 256, 54, {52, 52}},  {35, 256, 66, {64, 64}}, {39, 32, 17, {-1, -1}},
};
static const struct {
    int32_t type;
    int bytes;
} FLOATS[] = {{0, 4}, {1, 2}, {30, 2}};

static uint32_t state;

static uint32_t next(void) {
    state = state * 1664525 + 1013904223;
    return state >> 16;
}

static void *library;
static const char *variant;

static void *function(const char *op) {
    char name[100];
    snprintf(name, sizeof name, "tb_%s_%s", variant, op);
    return dlsym(library, name);
}

typedef void kernel(const void *arguments, int64_t from, int64_t to, void *scratch);

// Arguments as mul_mat.h and mul_mat.c have them.
typedef struct {
    int64_t type;
    const void *a;
    int64_t nb_a, k, is_packed;
    const void *b;
    const int64_t *b_at;
    int64_t columns;
    void *act, *d;
    const int64_t *d_at;
} mul_mat;
typedef struct {
    int64_t type;
    const void *from;
    int64_t row_bytes;
    void *to;
} packing;

static void *memory(int64_t bytes) {
    return aligned_alloc(64, (size_t)(bytes + 127) / 64 * 64);
}

static void print(int32_t type, int64_t columns, const uint32_t *d) {
    printf("type %d, %d columns:", (int)type, (int)columns);
    for (int i = 0; i < ROWS * columns; i++) {
        printf(" %08x", (unsigned)d[i]);
    }
    printf("\n");
}

int main(int count, char **arguments) {
    library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : 0;
    if (library == 0) {
        fprintf(stderr, "products: cannot load: %s\n", count == 3 ? dlerror() : "expected LIBRARY VARIANT");
        return 64;
    }
    variant = arguments[2];
    kernel *quantize = function("mul_mat_quantize");
    kernel *multiply = function("mul_mat");
    kernel *multiply_floats = function("mul_mat_float");
    kernel *pack = function("mul_mat_pack");
    kernel *unpack = function("mul_mat_unpack");
    const int64_t *sizes = function("mul_mat_sizes");

    float *b = memory(4 * K * COLUMNS);
    int64_t column_at[COLUMNS], d_at[COLUMNS];
    for (int i = 0; i < K * COLUMNS; i++) {
        b[i] = ((int)(next() % 20001) - 10000) * 0.0137f;
    }
    for (int i = 0; i < COLUMNS; i++) {
        column_at[i] = 4 * K * i;
        d_at[i] = 4 * ROWS * i;
    }
    uint8_t *a = memory(4 * K * ROWS);
    uint32_t *d = memory(4 * ROWS * COLUMNS);
    void *act = memory(K / 256 * COLUMNS * sizes[1]);
    void *scratch = memory(sizes[2] + COLUMNS * sizes[3]);
    void *room = memory(4 * K * 8);
    int64_t groups = PACKED_ROWS / sizes[0];
    const int64_t columns[] = {1, 2, 4, COLUMNS};
    const size_t counts = sizeof columns / sizeof *columns;

    for (size_t t = 0; t < sizeof TYPES / sizeof *TYPES; t++) {
        int64_t row = K / TYPES[t].size * TYPES[t].bytes;
        for (int64_t i = 0; i < row * ROWS; i++) {
            a[i] = (uint8_t)next();
        }
        for (int64_t block = 0; block < row * ROWS; block += TYPES[t].bytes) {
            if (TYPES[t].halves[0] < 0) {
                a[block] = (uint8_t)(120 + next() % 10);
            }
            for (int i = 0; i < 2 && TYPES[t].halves[0] >= 0; i++) {
                a[block + TYPES[t].halves[i] + 1] = (uint8_t)(0x28 + next() % 16);
            }
        }
        mul_mat product = {TYPES[t].type, a, row, K, 0, b, column_at, 0, act, d, d_at};
        for (size_t c = 0; c < counts; c++) {
            product.columns = columns[c];
            quantize(&product, 0, columns[c], 0);
            multiply(&product, 0, ROWS, scratch);
            print(TYPES[t].type, columns[c], d);
        }
        packing all = {TYPES[t].type, a, row, a};
        pack(&all, 0, groups, room);
        product.is_packed = 1;
        for (size_t c = 0; c < counts; c++) {
            product.columns = columns[c];
            quantize(&product, 0, columns[c], 0);
            multiply(&product, 0, PACKED_ROWS, scratch);
            print(TYPES[t].type, columns[c], d);
        }
        unpack(&all, 0, groups, room);
        product.is_packed = 0;
        multiply(&product, 0, ROWS, scratch);
        print(TYPES[t].type, COLUMNS, d);
    }
    for (size_t t = 0; t < sizeof FLOATS / sizeof *FLOATS; t++) {
        int bytes = FLOATS[t].bytes;
        for (int64_t i = 0; i < K * ROWS * bytes; i++) {
            // The last byte of a number has its sign and most of its exponent.
            a[i] = (uint8_t)(i % bytes == bytes - 1 ? 0x38 + next() % 16 + next() % 2 * 0x80 : next());
        }
        for (size_t c = 0; c < counts; c++) {
            mul_mat product = {FLOATS[t].type, a, K * bytes, K, 0, b, column_at, columns[c], 0, d, d_at};
            multiply_floats(&product, 0, ROWS, 0);
            print(FLOATS[t].type, columns[c], d);
        }
    }
    // What only measures may have an instruction of its own, which a CPU without it refuses.
    int64_t (*int8_peak)(int64_t) = function("int8_peak");
    if (int8_peak != 0) {
        int8_peak(1000);
    }
    return 0;
}
