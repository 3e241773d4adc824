package dev.twinbolt.kernels.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/// The names that a shared library gives and asks for, read from the 64-bit little-endian files of
/// Linux (ELF), macOS (Mach-O) and Windows (PE).
///
/// @param exported without the underscore that macOS puts before each
/// @param imported likewise; on Windows one word where there is any
record LibrarySymbols(Set<String> exported, Set<String> imported) {
    private static final int ELF = 0x464c457f;
    private static final int MACH_O = 0xfeedfacf;

    static LibrarySymbols of(byte[] library) {
        ByteBuffer bytes = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
        LibrarySymbols symbols = new LibrarySymbols(new TreeSet<>(), new TreeSet<>());
        switch (bytes.getInt(0)) {
            case ELF -> symbols.readElf(bytes);
            case MACH_O -> symbols.readMachO(bytes);
            default -> symbols.readPe(bytes);
        }
        return symbols;
    }

    private void readElf(ByteBuffer b) {
        int sections = (int) b.getLong(0x28);
        int sectionSize = b.getShort(0x3a);
        for (int i = 0; i < b.getShort(0x3c); i++) {
            int section = sections + i * sectionSize;
            if (b.getInt(section + 4) != 11) { // SHT_DYNSYM
                continue;
            }
            int first = (int) b.getLong(section + 0x18);
            int end = first + (int) b.getLong(section + 0x20);
            int strings = sections + b.getInt(section + 0x28) * sectionSize;
            int names = (int) b.getLong(strings + 0x18);
            for (int symbol = first + 24; symbol < end; symbol += 24) {
                boolean isDefined = b.getShort(symbol + 6) != 0;
                (isDefined ? exported : imported).add(text(b, names + b.getInt(symbol)));
            }
        }
    }

    private void readMachO(ByteBuffer b) {
        int command = 32;
        for (int i = 0; i < b.getInt(16); i++, command += b.getInt(command + 4)) {
            if (b.getInt(command) != 2) { // LC_SYMTAB
                continue;
            }
            int names = b.getInt(command + 16);
            for (int j = 0; j < b.getInt(command + 12); j++) {
                int symbol = b.getInt(command + 8) + j * 16;
                int type = b.get(symbol + 4);
                boolean isExternal = (type & 1) != 0;
                boolean isDefined = (type & 0x0e) != 0;
                if (isExternal) {
                    (isDefined ? exported : imported).add(text(b, names + b.getInt(symbol) + 1));
                }
            }
        }
    }

    private void readPe(ByteBuffer b) {
        int coff = b.getInt(0x3c) + 4;
        int optional = coff + 20;
        int sections = optional + b.getShort(coff + 16);
        int sectionCount = b.getShort(coff + 2);
        int exports = offset(b, sections, sectionCount, b.getInt(optional + 112));
        int names = offset(b, sections, sectionCount, b.getInt(exports + 32));
        for (int i = 0; i < b.getInt(exports + 24); i++) {
            int name = b.getInt(names + 4 * i);
            exported.add(text(b, offset(b, sections, sectionCount, name)));
        }
        if (b.getInt(optional + 120) != 0) {
            imported.add("imports");
        }
    }

    /// Where in the file lies what is loaded at `address`.
    private static int offset(ByteBuffer b, int sections, int sectionCount, int address) {
        for (int i = 0; i < sectionCount; i++) {
            int section = sections + 40 * i;
            int start = b.getInt(section + 12);
            if (address >= start && address < start + b.getInt(section + 16)) {
                return address - start + b.getInt(section + 20);
            }
        }
        throw new AssertionError("no section at %#x".formatted(address));
    }

    private static String text(ByteBuffer b, int start) {
        int end = start;
        while (b.get(end) != 0) {
            end++;
        }
        return new String(b.array(), start, end - start, StandardCharsets.US_ASCII);
    }
}
