package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;

/// Byte-level BPE (GPT-2): the text is cut into words, a word starts as its bytes, and the adjacent
/// pair that comes first in the list of merges is merged, the leftmost of equals first, until none
/// is listed. Bytes that no token spells are the unknown token, or dropped.
public final class BpeTokenizer implements Tokenizer {
    private static final Vocabulary.Defaults DEFAULTS =
            new Vocabulary.Defaults(-1, -1, -1, false, false);
    private static final Vocabulary.Defaults WITH_BOS =
            new Vocabulary.Defaults(-1, -1, -1, true, false);
    private static final byte[] NOTHING = {};

    private final Vocabulary vocabulary;
    private final PreTokenizer preTokenizer;
    private final PieceTable table;
    private final Merges merges;
    private final int[] byteTokens = new int[256];
    private final UserDefinedTokens userDefined;

    private BpeTokenizer(Metadata metadata, PreTokenizer preTokenizer) {
        this.preTokenizer = preTokenizer;
        vocabulary =
                new Vocabulary(
                        metadata, preTokenizer == PreTokenizer.LLAMA_BPE ? WITH_BOS : DEFAULTS);
        byte[][] pieces = new byte[vocabulary.size()][];
        for (int token = 0; token < pieces.length; token++) {
            if (vocabulary.type(token).isWrittenInText()) {
                pieces[token] = ByteLevel.decode(vocabulary.piece(token));
            }
        }
        table = new PieceTable(pieces);
        merges = new Merges(metadata.strings("tokenizer.ggml.merges"), table);
        for (int b = 0; b < 256; b++) {
            byteTokens[b] = table.find(new byte[] {(byte) b}, 0, 1);
        }
        userDefined = new UserDefinedTokens(vocabulary);
    }

    static BpeTokenizer of(Metadata metadata) {
        return new BpeTokenizer(metadata, PreTokenizer.of(metadata.string("tokenizer.ggml.pre")));
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public int[] encode(String text, boolean addSpecial) {
        Encoding encoding = new Encoding(Utf8.bytes(text));
        userDefined.split(encoding.text, encoding);
        int[] ids = encoding.ids.toArray();
        return addSpecial ? vocabulary.withSpecials(ids) : ids;
    }

    @Override
    public byte[] bytes(int token) {
        String piece = vocabulary.piece(token);
        return switch (vocabulary.type(token)) {
            case NORMAL -> ByteLevel.decode(piece);
            case USER_DEFINED -> Utf8.bytes(piece);
            case BYTE -> new byte[] {(byte) ByteTokens.value(piece)};
            case CONTROL, UNKNOWN, UNUSED, UNDEFINED -> NOTHING;
        };
    }

    /// One call's state; the symbols of a word are token ids, -1 for a byte that is none.
    private final class Encoding implements UserDefinedTokens.Fragments, MergeChain.Pairs {
        final byte[] text;
        final IntList ids = new IntList();
        private final MergeChain chain = new MergeChain();
        private int[] symbols = new int[64];

        Encoding(byte[] text) {
            this.text = text;
        }

        @Override
        public void text(int from, int to) {
            int[] codePoints = Utf8.codePoints(text, from, to);
            IntList ends = preTokenizer.words(codePoints);
            int character = 0;
            int start = from;
            for (int i = 0; i < ends.size(); i++) {
                int end = start;
                for (; character < ends.get(i); character++) {
                    end += Utf8.length(codePoints[character]);
                }
                word(start, end - start);
                start = end;
            }
        }

        @Override
        public void token(int token) {
            ids.add(token);
        }

        private void word(int start, int length) {
            if (preTokenizer.ignoresMerges()) {
                int whole = table.find(text, start, length);
                if (whole >= 0) {
                    ids.add(whole);
                    return;
                }
            }
            if (symbols.length < length) {
                symbols = new int[length];
            }
            for (int i = 0; i < length; i++) {
                symbols[i] = byteTokens[text[start + i] & 0xFF];
            }
            chain.run(length, this);
            for (int i = 0; i >= 0; i = chain.next(i)) {
                if (symbols[i] >= 0) {
                    ids.add(symbols[i]);
                } else {
                    vocabulary.unk().ifPresent(ids::add);
                }
            }
        }

        @Override
        public int priority(int left, int right) {
            int rank = merges.rank(symbols[left], symbols[right]);
            return rank < 0 ? MergeChain.NO_MERGE : rank;
        }

        @Override
        public void merge(int left, int right) {
            symbols[left] = merges.merged(merges.rank(symbols[left], symbols[right]));
        }
    }
}
