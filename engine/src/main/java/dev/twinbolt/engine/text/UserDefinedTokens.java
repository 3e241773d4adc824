package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Takes the user-defined tokens out of a text before it is split or merged: longer ones first,
/// then from left to right.
///
/// The order is llama.cpp's (`src/llama-vocab.cpp`, partition by special tokens), which asks for
/// each token in turn over the whole text; here one walk over a trie finds them all, because
/// vocabularies with thousands of such tokens exist.
final class UserDefinedTokens {
    /// Tokens, the longest spelling first; a token's place here is its rank.
    private final int[] tokens;

    private final int[] lengths;

    /// Edges of the trie: node and byte to the next node. Node 0 is the root.
    private final LongIntMap edges = new LongIntMap();

    /// By node: the rank of the token that ends there, or -1.
    private final IntList rankAt = new IntList();

    /// Receives a text's fragments from left to right.
    interface Fragments {
        void text(int from, int to);

        void token(int token);
    }

    UserDefinedTokens(Vocabulary vocabulary) {
        tokens =
                IntStream.range(0, vocabulary.size())
                        .filter(token -> vocabulary.type(token) == TokenType.USER_DEFINED)
                        .boxed()
                        .sorted(
                                Comparator.comparingInt(
                                        token -> -spelling(vocabulary, token).length))
                        .mapToInt(Integer::intValue)
                        .toArray();
        lengths = new int[tokens.length];
        rankAt.add(-1);
        for (int rank = 0; rank < tokens.length; rank++) {
            byte[] spelling = spelling(vocabulary, tokens[rank]);
            lengths[rank] = spelling.length;
            rankAt.set(node(spelling), rank);
        }
    }

    private static byte[] spelling(Vocabulary vocabulary, int token) {
        return Utf8.bytes(vocabulary.piece(token));
    }

    void split(byte[] text, Fragments fragments) {
        if (tokens.length == 0) {
            if (text.length > 0) {
                fragments.text(0, text.length);
            }
            return;
        }
        int at = 0;
        LongHeap chosen = chosen(text);
        while (!chosen.isEmpty()) {
            long match = chosen.pop();
            int start = (int) (match >>> 32);
            int rank = (int) match;
            if (start > at) {
                fragments.text(at, start);
            }
            fragments.token(tokens[rank]);
            at = start + lengths[rank];
        }
        if (at < text.length) {
            fragments.text(at, text.length);
        }
    }

    /// The occurrences that do not overlap a better one, as start and rank.
    ///
    /// Of the tokens that start at one byte only the longest waits; when a better one took a part
    /// of it, the longest that still fits. So a text costs a few longs per byte, however many
    /// tokens begin with one another.
    private LongHeap chosen(byte[] text) {
        LongHeap waiting = new LongHeap();
        for (int start = 0; start < text.length; start++) {
            offer(text, start, text.length, waiting);
        }
        LongHeap chosen = new LongHeap();
        boolean[] isTaken = new boolean[text.length];
        while (!waiting.isEmpty()) {
            long match = waiting.pop();
            int rank = (int) (match >>> 32);
            int start = (int) match;
            int end = start + lengths[rank];
            int free = start;
            while (free < end && !isTaken[free]) {
                free++;
            }
            if (free == end) {
                Arrays.fill(isTaken, start, end, true);
                chosen.push((long) start << 32 | rank);
            } else {
                offer(text, start, free, waiting);
            }
        }
        return chosen;
    }

    /// Lets the longest token that starts `text[start, limit)` wait, as rank and start.
    private void offer(byte[] text, int start, int limit, LongHeap waiting) {
        int longest = -1;
        int node = 0;
        for (int i = start; i < limit; i++) {
            node = edges.get(edge(node, text[i]));
            if (node < 0) {
                break;
            }
            if (rankAt.get(node) >= 0) {
                longest = rankAt.get(node);
            }
        }
        if (longest >= 0) {
            waiting.push((long) longest << 32 | start);
        }
    }

    /// The node for `bytes`, with the way there.
    private int node(byte[] bytes) {
        int node = 0;
        for (byte b : bytes) {
            int child = edges.get(edge(node, b));
            if (child < 0) {
                child = rankAt.size();
                rankAt.add(-1);
                edges.put(edge(node, b), child);
            }
            node = child;
        }
        return node;
    }

    private static long edge(int node, byte b) {
        return (long) node << 8 | (b & 0xFF);
    }
}
