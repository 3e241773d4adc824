// What the compiler expects of a C library on Windows. Kernels do not call it.
#include "kernels.h"

#if defined(_WIN32)
// A mark that the program uses floats; nothing reads it.
const int _fltused = 0;

// Called before a frame of more than a page with its size in RAX: Windows gives out the stack page by page, so each is touched in order.
// Changes R10 and R11 alone.
__attribute__((naked)) void __chkstk(void);

__attribute__((naked)) void __chkstk(void) {
    __asm__("leaq 8(%rsp), %r10\n\t"
            "movq %rax, %r11\n"
            "1:\n\t"
            "cmpq $4096, %r11\n\t"
            "jb 2f\n\t"
            "subq $4096, %r10\n\t"
            "subq $4096, %r11\n\t"
            "testb %al, (%r10)\n\t"
            "jmp 1b\n"
            "2:\n\t"
            "subq %r11, %r10\n\t"
            "testb %al, (%r10)\n\t"
            "retq");
}
#endif
