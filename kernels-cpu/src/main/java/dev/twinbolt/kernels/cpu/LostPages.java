package dev.twinbolt.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Pages of mapped files that a native kernel could not read, because the file was cut meanwhile
/// (`lost_pages.c`). Only Linux tells; elsewhere the count stays 0.
final class LostPages {
    // Numbers of Linux's signal.h, the same for x86-64 and aarch64, and the C library's struct
    // sigaction, the same for glibc and musl: handler, mask, flags, restorer.
    private static final int SIGBUS = 7;
    private static final int SA_SIGINFO_RESTART_ONSTACK = 4 | 0x10000000 | 0x08000000;
    private static final int SA_SIGINFO = 4;
    private static final long SIGACTION_BYTES = 152;
    private static final long MASK_AT = 8;
    private static final long FLAGS_AT = 136;

    private static volatile MemorySegment counter =
            Arena.global().allocate(ValueLayout.JAVA_INT, 1);

    private LostPages() {}

    /// How many there were, ever.
    static int count() {
        return counter.get(ValueLayout.JAVA_INT, 0);
    }

    /// Throws as the JVM does for its own reads where there are other than `before`.
    static void checkStill(int before) {
        if (count() != before) {
            throw new InternalError("pages of a mapped file are lost");
        }
    }

    /// Lets the kernels of `library` go on where a page is lost. What is not theirs stays the
    /// JVM's.
    static void watch(NativeLibrary library) {
        if (!NativeTarget.ofThisMachine().os().equals("linux")) {
            return;
        }
        ValueLayout.OfInt i = ValueLayout.JAVA_INT;
        ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
        NativeFunction sigaction = NativeFunction.ofSystem("sigaction");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_BYTES, l.byteSize());
            int failure = sigaction.callInt(SIGBUS, 0, action.address());
            if (failure != 0 || (action.get(i, FLAGS_AT) & SA_SIGINFO) == 0) {
                return; // no handler of the JVM's to pass on to
            }
            int pageBytes = NativeFunction.ofSystem("getpagesize").callInt();
            library.variable("tb_page_bytes", l.byteSize()).set(l, 0, pageBytes);
            library.variable("tb_previous_on_bus_error", l.byteSize()).set(l, 0, action.get(l, 0));
            counter = library.variable("tb_lost_pages", i.byteSize());
            action.set(l, 0, library.variable("tb_on_bus_error", 0).address());
            action.asSlice(MASK_AT, FLAGS_AT - MASK_AT).fill((byte) -1);
            action.set(i, FLAGS_AT, SA_SIGINFO_RESTART_ONSTACK);
            sigaction.callInt(SIGBUS, action.address(), 0);
        }
    }
}
