package dev.twinbolt.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Zeroed memory in pages of 2 MiB, as Linux gives to programs that ask. A head's cells lie a row
/// of the cache apart, so in pages of 4 KiB attention spends more time on finding pages than on
/// reading them.
final class HugePages {
    private static final long PAGE_BYTES = 2 << 20;

    /// No page is smaller on any system, and larger ones are told of by whole pages alone.
    private static final long SMALL_PAGE_BYTES = 4 << 10;

    // Numbers of linux/mman.h, the same for x86-64 and aarch64.
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final long MAP_FAILED = -1;

    private HugePages() {}

    /// `sizeBytes` that live as long as `arena`; null where they are too few to be worth it or the
    /// system has none.
    static @Nullable MemorySegment allocate(long sizeBytes, Arena arena) {
        Functions functions = Functions.OF_THIS_SYSTEM;
        if (functions == null || sizeBytes < 2 * PAGE_BYTES) {
            return null;
        }
        // Room to begin at a whole page.
        long mappedBytes = Math.addExact(sizeBytes, PAGE_BYTES);
        long mapped = functions.map(mappedBytes);
        if (mapped == MAP_FAILED) {
            return null;
        }
        long start = Math.ceilDiv(mapped, PAGE_BYTES) * PAGE_BYTES;
        MemorySegment segment = functions.segment(start, sizeBytes, arena, mapped, mappedBytes);
        functions.advise(start, sizeBytes, MADV_HUGEPAGE);
        // Touched now, or memory that is not there would only be missed when it is written; and
        // page
        // by page, as one call for all would hold up every thread that maps memory meanwhile.
        return segment.fill((byte) 0);
    }

    /// Tells the system that a mapped file's `pages` are not needed for now.
    static void giveBack(MemorySegment pages) {
        Functions functions = Functions.OF_THIS_SYSTEM;
        long start = Math.ceilDiv(pages.address(), SMALL_PAGE_BYTES) * SMALL_PAGE_BYTES;
        long size = pages.address() + pages.byteSize() - start;
        if (functions != null && pages.isMapped() && size > 0) {
            functions.advise(start, size, MADV_DONTNEED);
        }
    }

    private record Functions(NativeFunction mmap, NativeFunction madvise, NativeFunction munmap) {
        static final @Nullable Functions OF_THIS_SYSTEM = find();

        private static @Nullable Functions find() {
            if (!NativeTarget.ofThisMachine().os().equals("linux")) {
                return null;
            }
            return new Functions(
                    NativeFunction.ofSystem("mmap"),
                    NativeFunction.ofSystem("madvise"),
                    NativeFunction.ofSystem("munmap"));
        }

        long map(long sizeBytes) {
            return mmap.call(0, sizeBytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        }

        /// A wish: a system that does not grant it gives small pages.
        void advise(long address, long sizeBytes, int advice) {
            madvise.call(address, sizeBytes, advice);
        }

        @SuppressWarnings("restricted")
        MemorySegment segment(
                long address, long sizeBytes, Arena arena, long mapped, long mappedBytes) {
            return MemorySegment.ofAddress(address)
                    .reinterpret(sizeBytes, arena, _ -> munmap.callInt(mapped, mappedBytes));
        }
    }
}
