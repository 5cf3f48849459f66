"""Presentations: reading generators and relators, and Todd-Coxeter coset enumeration over the trivial subgroup.

The enumeration is the HLT strategy with coincidences processed through a union-find (Holt, Eick and O'Brien, Handbook
of Computational Group Theory, 2005, section 5.2).
"""

from __future__ import annotations

import re

import numpy as np

from symmeter.errors import ClosureError, InputError
from symmeter.groups.cayley import DEFAULT_CAP, table_from_left_multiplications
from symmeter.groups.finite_group import FiniteGroup

__all__ = ["group_of_presentation", "parse_presentation"]

_LONGEST = 10_000
_DEEPEST = 50
Word = tuple[int, ...]


def group_of_presentation(text: str, cap: int = DEFAULT_CAP, name: str | None = None) -> FiniteGroup:
    """The finite group that generators and relations present.

    Parameters
    ----------
    text : str
        Such as ``"a, b | a^3, b^2, (a b)^5"`` or ``"a^4, a^2 = b^2, b a b^-1 = a^-1"``; ``[a, b]`` is a commutator.
    cap : int
        Largest order accepted; ten times as many cosets may be tried on the way.

    Raises
    ------
    ClosureError
        If the group is larger than ``cap``, or the enumeration does not close.
    InputError
        If the text cannot be read.

    Examples
    --------
    >>> group_of_presentation("a^2, b^3, (a b)^5").order
    60
    """
    letters, relators = parse_presentation(text)
    rows = _enumerate(len(letters), relators, cap)
    n = len(rows[0]) if rows else 1
    if n > cap:
        raise ClosureError(f"the presentation gives order {n}, more than the cap of {cap}; raise cap=")
    # Cosets of the trivial subgroup multiply on the right: x -> x g; the inverse reading is on the left.
    table = table_from_left_multiplications(rows, n).T if rows else np.zeros((1, 1), dtype=np.int32)
    return FiniteGroup.trusted(table, name, generators=list(dict.fromkeys(int(r[0]) for r in rows)))


def parse_presentation(text: str) -> tuple[str, list[Word]]:
    """Letters of the generators, and relators as words: generator k is 2k, its inverse 2k + 1."""
    head, bar, body = text.strip().strip("<>").rpartition("|")
    parts = _split(body)
    named = re.findall(r"[a-z]", head) if bar else []
    letters = "".join(dict.fromkeys(named)) or "".join(sorted(set(re.findall(r"[a-z]", body.lower()))))
    if not letters:
        raise InputError(f"the presentation {text!r} names no generator; write it as 'a^3, b^2, (a b)^2'")
    relators = []
    for part in parts:
        sides = [_Reader(side, letters).word() for side in part.split("=")]
        if len(sides) == 1:
            sides.append(())
        relators.extend(_freely_reduced(left + _inverse(sides[-1])) for left in sides[:-1])
    return letters, [r for r in relators if r]


def _split(body: str) -> list[str]:
    """Parts between commas outside brackets."""
    parts, depth, current = [], 0, ""
    for c in body:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += c
    return [p for p in (*parts, current) if p.strip()]


class _Reader:
    """Recursive descent over one word."""

    def __init__(self, text: str, letters: str) -> None:
        self.text, self.letters, self.at = text, letters, 0

    def fail(self, what: str) -> InputError:
        return InputError(f"cannot read the word {self.text.strip()!r} at position {self.at}: {what}")

    def skip(self) -> str:
        while self.at < len(self.text) and self.text[self.at] in " *\t\n.":
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def word(self) -> Word:
        value = self.product(0)
        if self.skip():
            raise self.fail(f"unexpected {self.skip()!r}")
        return value

    def product(self, depth: int) -> Word:
        if depth > _DEEPEST:
            raise self.fail(f"brackets deeper than {_DEEPEST}")
        value: Word = ()
        while (c := self.skip()) and c not in ")],":
            value += self.factor(depth)
            if len(value) > _LONGEST:
                raise self.fail(f"the word is longer than {_LONGEST} letters")
        return value

    def factor(self, depth: int) -> Word:
        c = self.skip()
        self.at += 1
        if c in "([":
            value = self.product(depth + 1)
            if c == "[":
                if self.skip() != ",":
                    raise self.fail("a commutator is written [a, b]")
                self.at += 1
                other = self.product(depth + 1)
                value = value + other + _inverse(value) + _inverse(other)
            if self.skip() != (")" if c == "(" else "]"):
                raise self.fail("a bracket is not closed")
            self.at += 1
        elif c.lower() in self.letters and c.isalpha():
            value = (2 * self.letters.index(c.lower()) + c.isupper(),)
        elif c == "1" or c == "e":
            value = ()
        else:
            self.at -= 1
            raise self.fail(f"{c!r} is no generator; there are {', '.join(self.letters)}")
        return self.raised(value)

    def raised(self, value: Word) -> Word:
        if self.skip() != "^":
            return value
        self.at += 1
        # A bracket belongs to the exponent only if it opens there: that of (a b^-1)^4 closes the factor.
        found = re.match(r"\s*([+-]?\d{1,6})|\s*\(\s*([+-]?\d{1,6})\s*\)", self.text[self.at :])
        if not found:
            raise self.fail("an integer exponent must follow ^")
        self.at += found.end()
        exponent = int(found[1] or found[2])
        if abs(exponent) * len(value) > _LONGEST:
            raise self.fail(f"the word is longer than {_LONGEST} letters")
        return (value if exponent >= 0 else _inverse(value)) * abs(exponent)


def _inverse(word: Word) -> Word:
    return tuple(x ^ 1 for x in reversed(word))


def _freely_reduced(word: Word) -> Word:
    stack: list[int] = []
    for x in word:
        if stack and stack[-1] == x ^ 1:
            stack.pop()
        else:
            stack.append(x)
    return tuple(stack)


def _enumerate(generators: int, relators: list[Word], cap: int) -> list[np.ndarray]:
    """Images of the cosets under right multiplication by each generator."""
    cosets = _CosetTable(2 * generators, limit=10 * cap + 100)
    at = 0
    while at < len(cosets.rows):
        if cosets.find(at) == at:
            for relator in relators:
                cosets.scan_and_fill(at, relator)
                if cosets.find(at) != at:
                    break
            if cosets.find(at) == at:
                for x in range(2 * generators):
                    if cosets.rows[at][x] < 0:
                        cosets.define(at, x)
        at += 1
    live = [c for c in range(len(cosets.rows)) if cosets.find(c) == c]
    number = {c: k for k, c in enumerate(live)}
    return [np.array([number[cosets.find(cosets.rows[c][2 * g])] for c in live]) for g in range(generators)]


class _CosetTable:
    def __init__(self, columns: int, limit: int) -> None:
        self.columns, self.limit = columns, limit
        self.rows: list[list[int]] = [[-1] * columns]
        self.parent = [0]
        self.live = 1

    def find(self, c: int) -> int:
        while self.parent[c] != c:
            self.parent[c] = self.parent[self.parent[c]]
            c = self.parent[c]
        return c

    def define(self, c: int, x: int) -> int:
        new = len(self.rows)
        if self.live >= self.limit or new >= 20 * self.limit:
            raise ClosureError(
                f"coset enumeration did not close within {self.limit} cosets: the group is infinite or larger than the "
                "cap; raise cap=, or add relations that follow from the given ones"
            )
        self.rows.append([-1] * self.columns)
        self.parent.append(new)
        self.live += 1
        self.rows[c][x], self.rows[new][x ^ 1] = new, c
        return new

    def scan_and_fill(self, c: int, word: Word) -> None:
        rows = self.rows
        f, b, i, j = c, c, 0, len(word) - 1
        while True:
            while i <= j and rows[f][word[i]] >= 0:
                f = rows[f][word[i]]
                i += 1
            if i > j:
                if f != b:
                    self.coincide(f, b)
                return
            while j >= i and rows[b][word[j] ^ 1] >= 0:
                b = rows[b][word[j] ^ 1]
                j -= 1
            if j < i:
                self.coincide(f, b)
                return
            if i == j:
                rows[f][word[i]], rows[b][word[i] ^ 1] = b, f
                return
            self.define(f, word[i])

    def coincide(self, a: int, b: int) -> None:
        queue = [(a, b)]
        while queue:
            a, b = (self.find(c) for c in queue.pop())
            if a == b:
                continue
            keep, drop = min(a, b), max(a, b)
            self.parent[drop] = keep
            self.live -= 1
            for x in range(self.columns):
                d = self.rows[drop][x]
                if d < 0:
                    continue
                self.rows[drop][x] = -1
                if self.rows[d][x ^ 1] == drop:
                    self.rows[d][x ^ 1] = -1
                u, v = self.find(keep), self.find(d)
                if self.rows[u][x] >= 0:
                    queue.append((v, self.rows[u][x]))
                elif self.rows[v][x ^ 1] >= 0:
                    queue.append((u, self.rows[v][x ^ 1]))
                else:
                    self.rows[u][x], self.rows[v][x ^ 1] = v, u
