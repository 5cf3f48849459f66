"""Large numeric sums as arrays of bit masks: products of all pairs of terms at once, then one sort to add like terms.

Used for one species of fermions, Pauli or Majorana operators whose coefficients are floating point, or whole numbers
so small that 53 bits hold every sum. Mode m is bit m % 64 of word m // 64.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_, xor
from typing import Any

import numpy as np
from jaxtyping import Num, UInt64

from symmeter.quantum.ops.coefficients import Coefficient, Gaussian
from symmeter.quantum.ops.collecting import ROUNDING
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species

__all__ = ["PackedSum", "bracket", "pack", "product"]

_LARGEST_MODE = 1024
_EXACT = 2.0**53
_PAIRS_AT_ONCE = 1 << 15
_MOST_WAITING = 1 << 22
_WORD = (1 << 64) - 1

Words = tuple[UInt64[np.ndarray, " n"], ...]


@dataclass(frozen=True, eq=False)
class PackedSum:
    """A sum of monomials.

    Attributes
    ----------
    species : Species
    masks : tuple of tuples of arrays
        For each of the one or two masks of a part its words, lowest modes first.
    coefficients : array of shape (n,)
    exact : bool
        Whether the coefficients are whole numbers.
    """

    species: Species
    masks: tuple[Words, ...]
    coefficients: Num[np.ndarray, " n"]
    exact: bool

    def __len__(self) -> int:
        return int(self.coefficients.size)

    @property
    def width(self) -> int:
        """Words of a mask."""
        return len(self.masks[0])

    @cached_property
    def parities(self) -> tuple[tuple[Words, Words], ...]:
        """For each mask the parities above and below every bit."""
        out = []
        for words in self.masks:
            above = _above(words)
            whole = np.uint64(0) - _parity(words)
            out.append((above, tuple(whole ^ w ^ a for w, a in zip(words, above))))
        return tuple(out)

    def rows(self, part: slice) -> PackedSum:
        """Some of the terms."""
        if part.start == 0 and part.stop >= len(self):
            return self
        masks = tuple(tuple(w[part] for w in m) for m in self.masks)
        return PackedSum(self.species, masks, self.coefficients[part], self.exact)

    def terms(self) -> dict[tuple[Any, ...], Coefficient]:
        """The sum as the dictionary of an Operator."""
        columns = [_integers(words) for words in self.masks]
        parts = columns[0] if len(columns) == 1 else zip(*columns)
        # Nested zips make the keys ``(part,)`` without a Python step for each; the collector would only slow them.
        enabled = gc.isenabled()
        gc.disable()
        try:
            return dict(zip(zip(parts), _values(self.coefficients, self.exact)))
        finally:
            if enabled:
                gc.enable()

    def with_coefficients(self, coefficients: Num[np.ndarray, " n"], exact: bool) -> PackedSum:
        """The same monomials with other coefficients."""
        return PackedSum(self.species, self.masks, coefficients, exact)

    def scaled(self, factor: Coefficient) -> PackedSum | None:
        """A multiple; None where an exact number does not fit."""
        whole = isinstance(factor, int)
        if factor == 0 or not (whole or isinstance(factor, (float, complex))):
            return None
        if self.exact and whole and abs(factor) * np.abs(self.coefficients).sum() >= _EXACT:
            return None
        return self.with_coefficients(self.coefficients * factor, self.exact and whole)

    def adjoint(self) -> PackedSum:
        """The Hermitian conjugate."""
        values = np.conj(self.coefficients)
        if isinstance(self.species, Fermions):
            return PackedSum(self.species, self.masks[::-1], values, self.exact)
        if isinstance(self.species, Majoranas):
            number = sum(np.bitwise_count(w).astype(np.int64) for w in self.masks[0])
            values = np.where(number * (number - 1) // 2 & 1, -values, values)
        return self.with_coefficients(values, self.exact)

    def plus(self, other: PackedSum) -> PackedSum | None:
        """The sum of two sums; None where exact numbers do not fit."""
        exact = self.exact and other.exact
        if exact and np.abs(self.coefficients).sum() + np.abs(other.coefficients).sum() >= _EXACT:
            return None
        width = max(self.width, other.width)
        a, b = _widened(self, width), _widened(other, width)
        stack = _Stack(len(a.masks) * width)
        for packed in (a, b):
            stack.add([w for m in packed.masks for w in m], packed.coefficients)
        return _from_words(a, *stack.finished(), exact)


def _integers(words: Words) -> list[int]:
    out = words[0].tolist()
    for k, more in enumerate(words[1:], start=1):
        out = [low | (high << 64 * k) for low, high in zip(out, more.tolist())]
    return out


def _values(coefficients: Num[np.ndarray, " n"], exact: bool) -> Iterable[Coefficient]:
    if not np.iscomplexobj(coefficients):
        return (coefficients.astype(np.int64) if exact else coefficients).tolist()
    if not exact:
        values = coefficients.tolist()
        for k in np.flatnonzero(np.imag(coefficients) == 0).tolist():
            values[k] = values[k].real
        return values
    return [Gaussian(int(v.real), int(v.imag)) if v.imag else int(v.real) for v in coefficients.tolist()]


def _kernel(species: Species) -> Any:
    return {Fermions: _fermion_pairs, Paulis: _pauli_pairs, Majoranas: _majorana_pairs}.get(type(species))


def pack(species: Species, terms: Mapping[tuple[Any, ...], Coefficient]) -> PackedSum | None:
    """The arrays of a sum; None where they cannot hold it."""
    if _kernel(species) is None:
        return None
    values = list(terms.values())
    whole = [
        isinstance(v, int) or (isinstance(v, Gaussian) and v.re.denominator == v.im.denominator == 1) for v in values
    ]
    exact = all(whole)
    # Whole numbers among floating ones join them; other exact numbers stay exact elsewhere.
    if not exact and not all(w or isinstance(v, (float, complex)) for w, v in zip(whole, values)):
        return None
    if sum(abs(v) for w, v in zip(whole, values) if w) >= _EXACT:
        return None
    parts = [key[0] for key in terms]
    columns = [parts] if isinstance(species, Majoranas) else [list(c) for c in zip(*parts)]
    longest = max((m.bit_length() for column in columns for m in column), default=1)
    if longest > _LARGEST_MODE:
        return None
    width = max(1, -(-longest // 64))
    masks = tuple(
        tuple(np.array([m >> 64 * w & _WORD for m in column], np.uint64) for w in range(width)) for column in columns
    )
    real = not any(isinstance(v, (complex, Gaussian)) for v in values)
    return PackedSum(species, masks, np.array([float(v) if real else complex(v) for v in values]), exact)


def _widened(packed: PackedSum, width: int) -> PackedSum:
    if packed.width == width:
        return packed
    empty = np.zeros(len(packed), np.uint64)
    masks = tuple(words + (empty,) * (width - packed.width) for words in packed.masks)
    return PackedSum(packed.species, masks, packed.coefficients, packed.exact)


def product(left: PackedSum, right: PackedSum) -> PackedSum | None:
    """The product of two sums; None where exact numbers would outgrow the arrays."""
    return _summed(left, right, [(left, right, 1, None)])


def bracket(left: PackedSum, right: PackedSum, sign: int) -> PackedSum | None:
    """``left right + sign * right left``; commutators skip pairs that share no mode."""
    local = _sharing if sign < 0 else None
    return _summed(left, right, [(left, right, 1, local), (right, left, sign, local)])


def _summed(left: PackedSum, right: PackedSum, jobs: list[tuple[PackedSum, PackedSum, int, Any]]) -> PackedSum | None:
    exact = left.exact and right.exact
    # Contractions of a pair and the two orders of a bracket add; 2^20 leaves room for them.
    if exact and np.abs(left.coefficients).sum() * np.abs(right.coefficients).sum() * 2**20 >= _EXACT:
        return None
    width = max(left.width, right.width)
    kernel = _kernel(left.species)
    stack = _Stack(len(left.masks) * width)
    wide = (_widened(left, width), _widened(right, width))
    for a, b, sign, chosen in jobs:
        a, b = wide[a is right], wide[b is right]
        rows = max(1, _PAIRS_AT_ONCE // max(1, len(b)))
        for start in range(0, len(a), rows):
            part = slice(start, start + rows)
            block = a.rows(part)
            keep = None if chosen is None else chosen(block, b)
            masks, values = kernel(block, b, keep)
            stack.add([w for m in masks for w in m], values if sign > 0 else -values)
    words, values = stack.finished()
    return _from_words(left, words, values, exact)


class _Stack:
    """Contributions that are added up whenever there are many, so that memory follows the result."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.pieces: list[tuple[list[Any], Any, Any]] = []
        self.waiting = 0

    def add(self, words: list[UInt64[np.ndarray, " n"]], values: Num[np.ndarray, " n"]) -> None:
        self.pieces.append((words, values, np.abs(values)))
        self.waiting += values.size
        if self.waiting > _MOST_WAITING:
            self.pieces = [_added(*self._joined())]
            # Only what came since is waiting; a result larger than the limit must not be sorted at every step.
            self.waiting = 0

    def _joined(self) -> tuple[list[Any], Any, Any]:
        words = [np.concatenate([p[0][k] for p in self.pieces]) for k in range(self.columns)]
        return words, np.concatenate([p[1] for p in self.pieces]), np.concatenate([p[2] for p in self.pieces])

    def finished(self) -> tuple[list[Any], Any]:
        """The sum without terms that are rounding."""
        words, values, sizes = _added(*self._joined())
        keep = np.abs(values) > ROUNDING * sizes
        return [w[keep] for w in words], values[keep]


def _from_words(
    like: PackedSum, words: list[UInt64[np.ndarray, " n"]], values: Num[np.ndarray, " n"], exact: bool
) -> PackedSum:
    """A sum of the kind of another from the words of its masks."""
    width = len(words) // len(like.masks)
    masks = tuple(tuple(words[k * width : (k + 1) * width]) for k in range(len(like.masks)))
    if np.iscomplexobj(values) and not np.imag(values).any():
        values = np.real(values)
    return PackedSum(like.species, masks, values, exact)


def _added(
    words: list[UInt64[np.ndarray, " n"]], values: Num[np.ndarray, " n"], sizes: Num[np.ndarray, " n"]
) -> tuple[list[UInt64[np.ndarray, " m"]], Num[np.ndarray, " m"], Num[np.ndarray, " m"]]:
    """Add like terms, and the sizes of all that was added to them."""
    if not values.size:
        return words, values, sizes
    half = np.uint64(32)
    if len(words) == 2 and not ((words[0] | words[1]) >> half).any():
        key = (words[0] << half) | words[1]
        order = np.argsort(key)
        key = key[order]
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    else:
        order = np.lexsort(words) if len(words) > 1 else np.argsort(words[0])
        change = np.zeros(values.size, bool)
        change[0] = True
        for w in words:
            ordered = w[order]
            change[1:] |= ordered[1:] != ordered[:-1]
        first = np.flatnonzero(change)
    total, size = np.add.reduceat(values[order], first), np.add.reduceat(sizes[order], first)
    first = order[first]
    return [w[first] for w in words], total, size


def _sharing(left: PackedSum, right: PackedSum) -> Any:
    """Which pairs need not commute: they share a mode, or both are odd in fermions."""
    supports = []
    for packed in (left, right):
        masks = packed.masks
        supports.append([reduce(or_, [m[w] for m in masks]) for w in range(packed.width)])
    meet = np.zeros((len(left), len(right)), bool)
    for a, b in zip(*supports):
        meet |= (a[:, None] & b[None, :]) != 0
    if left.species.fermionic:
        odd = [_parity([w for m in packed.masks for w in m]) for packed in (left, right)]
        meet |= (odd[0][:, None] & odd[1][None, :]).astype(bool)
    return meet


def _parity(words: Iterable[UInt64[np.ndarray, ...]]) -> UInt64[np.ndarray, ...]:
    """0 or 1: the parity of all bits of a multi-word mask."""
    return np.bitwise_count(reduce(xor, words)).astype(np.uint64) & np.uint64(1)


def _above(words: Words) -> Words:
    """Masks whose bit j tells the parity of the bits above j, over all words."""
    out: list[UInt64[np.ndarray, " n"]] = []
    higher = np.zeros(words[0].shape, np.uint64)
    for w in reversed(words):
        y = w >> np.uint64(1)
        for step in (1, 2, 4, 8, 16, 32):
            y = y ^ (y >> np.uint64(step))
        out.append(y ^ (np.uint64(0) - higher))
        higher = higher ^ (np.bitwise_count(w).astype(np.uint64) & np.uint64(1))
    return tuple(reversed(out))


def _pairs(shape: tuple[int, int], keep: Any) -> tuple[Any, Any]:
    if keep is None:
        keep = np.ones(shape, bool)
    i, j = np.nonzero(keep)
    return i, j


def _signed(values: Num[np.ndarray, " n"], odd: UInt64[np.ndarray, " n"]) -> Num[np.ndarray, " n"]:
    return np.where(odd.astype(bool), -values, values)


def _fermion_pairs(left: PackedSum, right: PackedSum, keep: Any) -> tuple[tuple[Words, ...], Num[np.ndarray, " n"]]:
    """Every contraction of every pair; the formula stands in ``fermions.py``."""
    c1, a1 = left.masks
    c2, a2 = right.masks
    shape = (len(left), len(right))
    alive = np.ones(shape, bool) if keep is None else keep
    for w in range(left.width):
        forced = (c1[w][:, None] & c2[w][None, :]) | (a1[w][:, None] & a2[w][None, :])
        alive = alive & ((forced & ~(a1[w][:, None] & c2[w][None, :])) == 0)
    i, j = np.nonzero(alive)
    value = left.coefficients[i] * right.coefficients[j]
    ups, order_left = left.parities[0][0], left.parities[1][1]
    order_right, downs = right.parities[0][1], right.parities[1][0]
    pair = {
        "c1": [w[i] for w in c1],
        "a1": [w[i] for w in a1],
        "c2": [w[j] for w in c2],
        "a2": [w[j] for w in a2],
        "order": [x[i] ^ y[j] for x, y in zip(order_left, order_right)],
        "ups": [w[i] for w in ups],
        "downs": [w[j] for w in downs],
    }
    pair["forced"] = [(p & q) | (r & s) for p, q, r, s in zip(pair["c1"], pair["c2"], pair["a1"], pair["a2"])]
    pair["free"] = [(r & q) ^ f for r, q, f in zip(pair["a1"], pair["c2"], pair["forced"])]
    choice = pair["free"]
    creators: list[list[Any]] = []
    annihilators: list[list[Any]] = []
    values = []
    while value.size:
        s = [f | t for f, t in zip(pair["forced"], choice)]
        a = [x ^ y for x, y in zip(pair["a1"], s)]
        c = [x ^ y for x, y in zip(pair["c2"], s)]
        passing = [
            (o & x) ^ (u & y) ^ (d & z) for o, x, u, y, d, z in zip(pair["order"], s, pair["ups"], c, pair["downs"], a)
        ]
        odd = _parity(passing) ^ (_parity(a) & _parity(c))
        creators.append([x | y for x, y in zip(pair["c1"], c)])
        annihilators.append([x | y for x, y in zip(a, pair["a2"])])
        values.append(_signed(value, odd))
        more = np.flatnonzero(reduce(or_, choice) != 0)
        if not more.size:
            break
        pair = {name: [w[more] for w in words] for name, words in pair.items()}
        value = value[more]
        choice = _next_subset([w[more] for w in choice], pair["free"])
    if not values:
        none = tuple(np.zeros(0, np.uint64) for _ in range(left.width))
        return (none, none), value
    masks = tuple(tuple(np.concatenate(column) for column in zip(*pieces)) for pieces in (creators, annihilators))
    return masks, np.concatenate(values)


def _next_subset(choice: list[Any], free: list[Any]) -> list[Any]:
    """``(choice - 1) & free`` over several words, with the borrow."""
    out = []
    borrow = np.ones(choice[0].shape, np.uint64)
    for t, f in zip(choice, free):
        out.append((t - borrow) & f)
        borrow = borrow & (t == 0).astype(np.uint64)
    return out


def _pauli_pairs(left: PackedSum, right: PackedSum, keep: Any) -> tuple[tuple[Words, ...], Num[np.ndarray, " n"]]:
    i, j = _pairs((len(left), len(right)), keep)
    x, z = [], []
    k = np.zeros(i.shape, np.int64)
    for x1, z1, x2, z2 in zip(left.masks[0], left.masks[1], right.masks[0], right.masks[1]):
        p, q, r, s = x1[i], z1[i], x2[j], z2[j]
        x.append(p ^ r)
        z.append(q ^ s)
        count = [np.bitwise_count(m).astype(np.int64) for m in (p & q, r & s, q & r, x[-1] & z[-1])]
        k += count[0] + count[1] + 2 * count[2] - count[3]
    value = left.coefficients[i] * right.coefficients[j]
    if (k & 1).any():
        value = value * np.array([1, 1j, -1, -1j])[k & 3]
    else:
        value = np.where(k & 2, -value, value)
    return (tuple(x), tuple(z)), value


def _majorana_pairs(left: PackedSum, right: PackedSum, keep: Any) -> tuple[tuple[Words, ...], Num[np.ndarray, " n"]]:
    i, j = _pairs((len(left), len(right)), keep)
    ups = left.parities[0][0]
    mask = tuple(a[i] ^ b[j] for a, b in zip(left.masks[0], right.masks[0]))
    odd = _parity([u[i] & b[j] for u, b in zip(ups, right.masks[0])])
    return (mask,), _signed(left.coefficients[i] * right.coefficients[j], odd)
