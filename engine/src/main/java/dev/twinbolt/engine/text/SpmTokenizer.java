package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;

/// SentencePiece's BPE as llama.cpp runs it (`src/llama-vocab.cpp`): spaces become `▁`, and the
/// adjacent pair whose union has the best score is merged, the leftmost of equals first, until no
/// union is a token. A character that is no token becomes its bytes.
public final class SpmTokenizer implements Tokenizer {
    private static final Vocabulary.Defaults DEFAULTS =
            new Vocabulary.Defaults(1, 2, 0, true, true);
    private static final String SPACE = "▁";
    private static final byte[] SPACE_BYTES = Utf8.bytes(SPACE);
    private static final byte[] NOTHING = {};

    private final Vocabulary vocabulary;
    private final PieceTable table;
    private final ByteTokens byteTokens;
    private final UserDefinedTokens userDefined;

    private SpmTokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        byte[][] pieces = new byte[vocabulary.size()][];
        for (int token = 0; token < pieces.length; token++) {
            if (vocabulary.type(token).isWrittenInText()) {
                pieces[token] = Utf8.bytes(vocabulary.piece(token));
            }
        }
        table = new PieceTable(pieces);
        byteTokens = new ByteTokens(vocabulary);
        userDefined = new UserDefinedTokens(vocabulary);
    }

    static SpmTokenizer of(Metadata metadata) {
        Vocabulary vocabulary = new Vocabulary(metadata, DEFAULTS);
        if (!vocabulary.hasScores()) {
            throw new TokenizerException(
                    "tokenizer.ggml.scores is missing; a SentencePiece vocabulary merges by score");
        }
        return new SpmTokenizer(vocabulary);
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
            case NORMAL -> Utf8.bytes(piece.replace(SPACE, " "));
            case USER_DEFINED -> Utf8.bytes(piece);
            case BYTE -> new byte[] {(byte) ByteTokens.value(piece)};
            case CONTROL, UNKNOWN, UNUSED, UNDEFINED -> NOTHING;
        };
    }

    /// `text[from, to)` with `▁` for each space, and one before it where the vocabulary asks for
    /// that.
    private byte[] escape(byte[] text, int from, int to, boolean prefix) {
        int spaces = prefix ? 1 : 0;
        for (int i = from; i < to; i++) {
            spaces += text[i] == ' ' ? 1 : 0;
        }
        byte[] escaped =
                new byte[to - from + spaces * SPACE_BYTES.length - (spaces - (prefix ? 1 : 0))];
        int at = prefix ? putSpace(escaped, 0) : 0;
        for (int i = from; i < to; i++) {
            if (text[i] == ' ') {
                at = putSpace(escaped, at);
            } else {
                escaped[at++] = text[i];
            }
        }
        return escaped;
    }

    private static int putSpace(byte[] target, int at) {
        System.arraycopy(SPACE_BYTES, 0, target, at, SPACE_BYTES.length);
        return at + SPACE_BYTES.length;
    }

    /// One call's state: the ids so far, and whether the next text follows a special token or
    /// nothing.
    private final class Encoding implements UserDefinedTokens.Fragments {
        final byte[] text;
        final IntList ids = new IntList();
        private final MergeChain chain = new MergeChain();
        private boolean afterSpecial = true;

        Encoding(byte[] text) {
            this.text = text;
        }

        @Override
        public void text(int from, int to) {
            byte[] escaped = escape(text, from, to, afterSpecial && vocabulary.addSpacePrefix());
            Symbols symbols = new Symbols(escaped);
            chain.run(symbols.count, symbols);
            for (int i = 0; i >= 0; i = chain.next(i)) {
                symbols.emit(i, ids);
            }
            afterSpecial = false;
        }

        @Override
        public void token(int token) {
            ids.add(token);
            afterSpecial = true;
        }
    }

    /// The characters of a text, which grow into tokens.
    private final class Symbols implements MergeChain.Pairs {
        private final byte[] text;
        private final int[] start;
        private final int[] length;
        final int count;

        Symbols(byte[] text) {
            this.text = text;
            int characters = 0;
            for (int at = 0; at < text.length; at += Utf8.length(text[at])) {
                characters++;
            }
            count = characters;
            start = new int[count];
            length = new int[count];
            int at = 0;
            for (int i = 0; i < count; i++) {
                start[i] = at;
                length[i] = Utf8.length(text[at]);
                at += length[i];
            }
        }

        @Override
        public int priority(int left, int right) {
            int token = table.find(text, start[left], length[left] + length[right]);
            return token < 0 ? MergeChain.NO_MERGE : descending(vocabulary.score(token));
        }

        @Override
        public void merge(int left, int right) {
            length[left] += length[right];
        }

        void emit(int symbol, IntList ids) {
            int token = table.find(text, start[symbol], length[symbol]);
            if (token >= 0) {
                ids.add(token);
                return;
            }
            int end = start[symbol] + length[symbol];
            for (int i = start[symbol]; i < end; i++) {
                if (byteTokens.token(text[i]) < 0) {
                    vocabulary.unk().ifPresent(ids::add);
                    return;
                }
            }
            for (int i = start[symbol]; i < end; i++) {
                ids.add(byteTokens.token(text[i]));
            }
        }

        /// An int that is smaller for a greater score, and equal for equal ones.
        private static int descending(float score) {
            int bits = Float.floatToIntBits(score + 0f);
            return ~(bits ^ (bits >> 31 & 0x7FFFFFFF));
        }
    }
}
