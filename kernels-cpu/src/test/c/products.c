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
    int64_t (*activation_bytes)(int64_t, int64_t) = function("mul_mat_activation_bytes");
    int64_t (*scratch_bytes)(int64_t) = function("mul_mat_scratch_bytes");
    void (*quantize)(int32_t, const void *, const int64_t *, int64_t, int64_t, void *, int64_t, int64_t) = function("mul_mat_quantize");
    void (*mul_mat)(int32_t, const void *, int64_t, int64_t, int32_t, const void *, int64_t, void *, const int64_t *, int64_t, int64_t, void *) =
        function("mul_mat");
    int64_t (*packed_rows)(void) = function("mul_mat_packed_rows");
    void (*pack)(int32_t, const void *, int64_t, void *, void *, int64_t, int64_t) = function("mul_mat_pack");
    void (*unpack)(int32_t, void *, int64_t, void *, int64_t, int64_t) = function("mul_mat_unpack");
    void (*mul_mat_float)(int32_t, const void *, int64_t, int64_t, const void *, const int64_t *, int64_t, void *, const int64_t *, int64_t, int64_t) =
        function("mul_mat_float");

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
    void *activations = memory(activation_bytes(K, COLUMNS));
    void *scratch = memory(scratch_bytes(COLUMNS));
    void *room = memory(4 * K * 8);
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
        for (size_t c = 0; c < counts; c++) {
            quantize(TYPES[t].type, b, column_at, K, columns[c], activations, 0, columns[c]);
            mul_mat(TYPES[t].type, a, row, K, 0, activations, columns[c], d, d_at, 0, ROWS, scratch);
            print(TYPES[t].type, columns[c], d);
        }
        int64_t groups = PACKED_ROWS / packed_rows();
        pack(TYPES[t].type, a, row, a, room, 0, groups);
        for (size_t c = 0; c < counts; c++) {
            quantize(TYPES[t].type, b, column_at, K, columns[c], activations, 0, columns[c]);
            mul_mat(TYPES[t].type, a, row, K, 1, activations, columns[c], d, d_at, 0, PACKED_ROWS, scratch);
            print(TYPES[t].type, columns[c], d);
        }
        unpack(TYPES[t].type, a, row, room, 0, groups);
        mul_mat(TYPES[t].type, a, row, K, 0, activations, COLUMNS, d, d_at, 0, ROWS, scratch);
        print(TYPES[t].type, COLUMNS, d);
    }
    for (size_t t = 0; t < sizeof FLOATS / sizeof *FLOATS; t++) {
        int bytes = FLOATS[t].bytes;
        for (int64_t i = 0; i < K * ROWS * bytes; i++) {
            // The last byte of a number has its sign and most of its exponent.
            a[i] = (uint8_t)(i % bytes == bytes - 1 ? 0x38 + next() % 16 + next() % 2 * 0x80 : next());
        }
        for (size_t c = 0; c < counts; c++) {
            mul_mat_float(FLOATS[t].type, a, K * bytes, K, b, column_at, columns[c], d, d_at, 0, ROWS);
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
