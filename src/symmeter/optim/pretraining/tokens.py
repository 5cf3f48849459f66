"""From bytes to tokens: bytes themselves, frequent words with bytes for the rest, or byte pairs merged by frequency."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError

__all__ = ["Vocabulary", "byte_vocabulary", "pair_vocabulary", "word_vocabulary"]

#: Names with the space before them, new lines with the indentation that follows, and single signs.
_WORDS = re.compile(rb" ?[A-Za-z0-9_]+|\n+ *| +|[^A-Za-z0-9_ \n]")
_BYTES = 256


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Tokens of a text.

    Attributes
    ----------
    kind : str
        "bytes", "words" or "pairs".
    pieces : tuple of bytes
        What each token stands for; the first 256 are the bytes.
    """

    kind: str
    pieces: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: bytes) -> Int[np.ndarray, " n"]:
        """Tokens of a text; ``decode`` gives the text back."""
        if self.kind == "bytes":
            return np.frombuffer(text, dtype=np.uint8).astype(np.int64)
        known = {piece: k for k, piece in enumerate(self.pieces)}
        memory: dict[bytes, list[int]] = {}
        out: list[int] = []
        ranks = {p: k for k, p in enumerate(self.pieces)} if self.kind == "pairs" else {}
        for word in _WORDS.findall(text):
            tokens = memory.get(word)
            if tokens is None:
                if word in known:
                    tokens = [known[word]]
                else:
                    tokens = _merged(word, ranks) if ranks else list(word)
                memory[word] = tokens
            out += tokens
        return np.array(out, dtype=np.int64)

    def decode(self, tokens: Int[np.ndarray, " n"]) -> bytes:
        """The text of some tokens."""
        return b"".join(self.pieces[int(t)] for t in tokens)


def _merged(word: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """Pairs are merged in the order in which they were learned."""
    parts = [word[k : k + 1] for k in range(len(word))]
    while len(parts) > 1:
        best = min(range(len(parts) - 1), key=lambda k: ranks.get(parts[k] + parts[k + 1], len(ranks)))
        both = parts[best] + parts[best + 1]
        if both not in ranks:
            break
        parts[best : best + 2] = [both]
    return [ranks[p] for p in parts]


def byte_vocabulary() -> Vocabulary:
    """The 256 bytes."""
    return Vocabulary("bytes", tuple(bytes([k]) for k in range(_BYTES)))


def _checked(size: int) -> int:
    if size <= _BYTES:
        raise InputError(f"a vocabulary of {size} has no room beside the {_BYTES} bytes; give a larger one")
    return size - _BYTES


def word_vocabulary(text: bytes, size: int) -> Vocabulary:
    """The bytes and the words that cover most of the text: by count times length.

    Examples
    --------
    >>> v = word_vocabulary(b"def f(x): return x + x", 260)
    >>> v.decode(v.encode(b"return y"))
    b'return y'
    """
    room = _checked(size)
    counts = Counter(w for w in _WORDS.findall(text) if len(w) > 1)
    # Then by the word itself: the same text gives the same vocabulary.
    chosen = sorted(counts, key=lambda w: (-counts[w] * len(w), w))[:room]
    return Vocabulary("words", (*byte_vocabulary().pieces, *chosen))


def pair_vocabulary(text: bytes, size: int) -> Vocabulary:
    """Byte pairs: the most frequent pair of neighbours within words becomes a token, again and again."""
    room = _checked(size)
    counts = Counter(_WORDS.findall(text))
    words = [([w[k : k + 1] for k in range(len(w))], n) for w, n in sorted(counts.items())]
    pairs: Counter[tuple[bytes, bytes]] = Counter()
    where: dict[tuple[bytes, bytes], set[int]] = defaultdict(set)
    for k, (parts, n) in enumerate(words):
        for pair in pairwise(parts):
            pairs[pair] += n
            where[pair].add(k)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    pieces = list(byte_vocabulary().pieces)
    known = set(pieces)
    while heap and len(pieces) < _BYTES + room:
        n, pair = heapq.heappop(heap)
        if -n != pairs[pair]:
            # An old count; the pair comes again with its new one.
            continue
        if -n < 2:
            break
        both = pair[0] + pair[1]
        if both not in known:
            known.add(both)
            pieces.append(both)
        changed = _merge_everywhere(words, pair, where, pairs)
        for other in changed:
            if pairs[other] > 0:
                heapq.heappush(heap, (-pairs[other], other))
    return Vocabulary("pairs", tuple(pieces))


def _merge_everywhere(
    words: list[tuple[list[bytes], int]],
    pair: tuple[bytes, bytes],
    where: dict[tuple[bytes, bytes], set[int]],
    pairs: Counter[tuple[bytes, bytes]],
) -> set[tuple[bytes, bytes]]:
    changed = set()
    for k in list(where[pair]):
        parts, n = words[k]
        for old in pairwise(parts):
            pairs[old] -= n
            changed.add(old)
        new: list[bytes] = []
        j = 0
        while j < len(parts):
            if j + 1 < len(parts) and (parts[j], parts[j + 1]) == pair:
                new.append(parts[j] + parts[j + 1])
                j += 2
            else:
                new.append(parts[j])
                j += 1
        parts[:] = new
        for fresh in pairwise(parts):
            pairs[fresh] += n
            where[fresh].add(k)
            changed.add(fresh)
    pairs[pair] = 0
    return changed
