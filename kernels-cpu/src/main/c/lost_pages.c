// Pages of a mapped file that was cut. A kernel that reads one would end the process by SIGBUS; on Linux it reads zeros there instead, and Java, which
// looks at tb_lost_pages after every op, fails that op. The JVM does the same for its own reads.
#include "kernels.h"

#if defined(__linux__)
typedef void on_signal(int number, const uint8_t *info, const uint8_t *context);

// How many were met, ever. These three are the only globals that change; Java sets the others before it installs the handler.
TB_EXPORT int32_t tb_lost_pages;
TB_EXPORT on_signal *tb_previous_on_bus_error;
TB_EXPORT int64_t tb_page_bytes;

// Where this library's code begins and ends; the linker knows.
extern const uint8_t __ehdr_start[] __attribute__((visibility("hidden")));
extern const uint8_t etext[] __attribute__((visibility("hidden")));

// The kernel's siginfo_t and ucontext_t.
#define CODE_AT 8
#define ADDRESS_AT 16
#define NO_SUCH_ADDRESS 2 // BUS_ADRERR
#if defined(__x86_64__)
#define INSTRUCTION_AT 168 // uc_mcontext.gregs[REG_RIP]
#else
#define INSTRUCTION_AT 440 // uc_mcontext.pc
#endif

// Anonymous memory that can be read, at `address` and nowhere else; false where the system refuses.
static int map_zeros(uint64_t address, uint64_t bytes) {
    enum { READ = 1, PRIVATE_FIXED_ANONYMOUS = 0x02 | 0x10 | 0x20 };
#if defined(__x86_64__)
    register int64_t flags __asm__("r10") = PRIVATE_FIXED_ANONYMOUS;
    register int64_t file __asm__("r8") = -1;
    register int64_t offset __asm__("r9") = 0;
    uint64_t result = 9;
    __asm__ volatile("syscall" : "+a"(result) : "D"(address), "S"(bytes), "d"((int64_t)READ), "r"(flags), "r"(file), "r"(offset) : "rcx", "r11", "memory");
#else
    register uint64_t result __asm__("x0") = address;
    register uint64_t size __asm__("x1") = bytes;
    register int64_t protection __asm__("x2") = READ;
    register int64_t flags __asm__("x3") = PRIVATE_FIXED_ANONYMOUS;
    register int64_t file __asm__("x4") = -1;
    register int64_t offset __asm__("x5") = 0;
    register int64_t call __asm__("x8") = 222;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(size), "r"(protection), "r"(flags), "r"(file), "r"(offset), "r"(call) : "memory");
#endif
    return result == address;
}

TB_EXPORT void tb_on_bus_error(int number, const uint8_t *info, const uint8_t *context) {
    uint64_t instruction = TB_LOAD(uint64_t, context + INSTRUCTION_AT);
    int is_ours = instruction >= (uint64_t)__ehdr_start && instruction < (uint64_t)etext;
    uint64_t page = TB_LOAD(uint64_t, info + ADDRESS_AT) & -(uint64_t)tb_page_bytes;
    if (is_ours && TB_LOAD(int32_t, info + CODE_AT) == NO_SUCH_ADDRESS && map_zeros(page, (uint64_t)tb_page_bytes)) {
        // Of two at once one may not be counted, and the count has changed all the same. (Compilers call a library for an atomic addition on aarch64.)
        __atomic_store_n(&tb_lost_pages, __atomic_load_n(&tb_lost_pages, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
    } else {
        tb_previous_on_bus_error(number, info, context);
    }
}
#endif
