"""A SentencePiece-style vocabulary with byte fallback, as GGUF's `tokenizer.ggml.model = llama`.

Ids: 0 `<unk>`, 1 `<s>`, 2 `</s>`, 3 to 258 the bytes, then the printable characters, then pieces in
the order in which they were merged. A space is written U+2581 and occurs only at a piece's start.
"""

import collections
import functools
import itertools
import random
import re

import stories

SIZE = 1792
BOS, EOS = 1, 2
SPACE = "\u2581"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

_SEGMENT = re.compile(SPACE + "?[A-Za-z]+|" + SPACE + "?[^A-Za-z" + SPACE + "]|" + SPACE)


class Vocabulary:
    def __init__(self, merged):
        special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
        characters = [SPACE] + [chr(c) for c in range(33, 127)]
        self.pieces = special + characters + merged
        self.types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256
        self.types += [NORMAL] * (len(characters) + len(merged))
        self.scores = [0.0] * len(special)
        self.scores += [-1e6 - i for i in range(len(characters))]
        self.scores += [-float(i + 1) for i in range(len(merged))]
        self.ids = {p: i for i, p in enumerate(self.pieces) if self.types[i] == NORMAL}
        self._segment_ids = functools.lru_cache(maxsize=None)(self._merge)

    def encode(self, text):
        """Token ids, without BOS and EOS."""
        marked = SPACE + text.replace(" ", SPACE)
        # No piece joins letters with punctuation or crosses a space, so segments merge on their own.
        return list(itertools.chain.from_iterable(map(self._segment_ids, _SEGMENT.findall(marked))))

    def decode(self, ids):
        data = b""
        for i in ids:
            if self.types[i] == NORMAL:
                data += self.pieces[i].replace(SPACE, " ").encode()
            elif self.types[i] == BYTE:
                data += bytes([i - 3])
        return data.decode(errors="replace").removeprefix(" ")

    def _merge(self, segment):
        parts = list(segment)
        while True:
            best = None
            for i, (left, right) in enumerate(itertools.pairwise(parts)):
                found = self.ids.get(left + right)
                if found is not None and (best is None or self.scores[found] > best[0]):
                    best = (self.scores[found], i)
            if best is None:
                break
            parts[best[1] : best[1] + 2] = ["".join(parts[best[1] : best[1] + 2])]
        ids = []
        for part in parts:
            found = self.ids.get(part)
            ids += [found] if found is not None else [3 + b for b in part.encode()]
        return tuple(ids)


@functools.cache
def vocabulary(sample=20_000):
    """Byte pair encoding of a sample of the stories; the same for the same grammar and seed."""
    rng = random.Random(stories.SEED)
    counts = collections.Counter()
    for _ in range(sample):
        counts.update(_SEGMENT.findall(SPACE + stories.story(rng).text.replace(" ", SPACE)))
    segments = [(list(s), n) for s, n in sorted(counts.items())]
    merged = []
    while len(merged) < SIZE - 3 - 256 - 95:
        pairs = collections.Counter()
        for parts, n in segments:
            for pair in itertools.pairwise(parts):
                pairs[pair] += n
        if not pairs:
            break
        left, right = max(pairs, key=lambda pair: (pairs[pair], pair))
        if left + right not in merged:
            merged.append(left + right)
        for parts, _ in segments:
            _join(parts, left, right)
    return Vocabulary(merged)


def _join(parts, left, right):
    i = 0
    while i < len(parts) - 1:
        if parts[i] == left and parts[i + 1] == right:
            parts[i : i + 2] = [left + right]
        i += 1


if __name__ == "__main__":
    known = vocabulary()
    print(len(known.pieces), "pieces")
    for example in itertools.islice(stories.training_set(), 2):
        print(" ".join(known.pieces[i] for i in known.encode(example.text)))
