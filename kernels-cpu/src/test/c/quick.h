// Without the kernels' unrolled loops, which take the compiler a minute where an instruction is a function.
#pragma clang diagnostic ignored "-Wbuiltin-macro-redefined"
#define _Pragma(text)
