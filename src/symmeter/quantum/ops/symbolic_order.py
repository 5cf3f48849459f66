"""Normal ordering of words whose modes are indices.

Fermions, bosons and Majorana operators follow Wick's theorem for the product of two ordered words: the sum over all
sets of pairs (one letter from the left, one from the right) that are contracted to Kronecker deltas. What is left of a
Majorana word is its antisymmetric product. Letters of Lie algebras (spins, Pauli, SU(N)) are brought to the order of
their kinds with ``[L_i, M_j] = delta_ij [L, M]_i``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from itertools import product as every
from math import comb, factorial
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.body import Letter, Slot, slot_order, sorted_with_sign
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins

__all__ = ["adjoint_kind", "is_ladder", "letters_of", "merged_letters", "ordered_product", "sorted_word"]

Deltas = tuple[tuple[Slot, Slot], ...]
Ordered = tuple[Coefficient, Deltas, tuple[Letter, ...]]

_SPIN_BRACKETS = {("S+", "S-"): ("Sz", 2), ("Sz", "S-"): ("S-", -1), ("S+", "Sz"): ("S+", -1)}
_PAULI_BRACKETS = {("p+", "p-"): ("pz", 1), ("pz", "p-"): ("p-", -2), ("p+", "pz"): ("p+", -2)}
_DAGGERS = {"c": "cd", "cd": "c", "a": "ad", "ad": "a", "S+": "S-", "S-": "S+", "p+": "p-", "p-": "p+"}
_HALF = Fraction(1, 2)
MOST_CONTRACTIONS = 20_000
#: Products of two letters of one site, for spin 1/2 and for Pauli matrices.
_SPIN_MERGES: dict[tuple[str, str], list[tuple[Coefficient, str]]] = {
    ("S-", "S-"): [],
    ("S+", "S+"): [],
    ("Sz", "Sz"): [(Fraction(1, 4), "")],
    ("S-", "Sz"): [(_HALF, "S-")],
    ("Sz", "S+"): [(_HALF, "S+")],
    ("S-", "S+"): [(_HALF, ""), (-1, "Sz")],
}
_PAULI_MERGES: dict[tuple[str, str], list[tuple[Coefficient, str]]] = {
    ("p-", "p-"): [],
    ("p+", "p+"): [],
    ("pz", "pz"): [(1, "")],
    ("p-", "pz"): [(1, "p-")],
    ("pz", "p+"): [(1, "p+")],
    ("p-", "p+"): [(_HALF, ""), (-_HALF, "pz")],
}


def is_ladder(species: Species) -> bool:
    """Whether letters of a species contract to numbers, so that Wick's theorem orders them."""
    return not isinstance(species, (Spins, Paulis, SUN))


def letters_of(species: Species, kind: str) -> list[tuple[Coefficient, str]]:
    """A generator as a sum of the kinds that words are made of."""
    from symmeter.quantum.ops.coefficients import Gaussian

    if isinstance(species, Spins) and kind in ("Sx", "Sy"):
        return (
            [(_HALF, "S+"), (_HALF, "S-")]
            if kind == "Sx"
            else [(Gaussian(0, -_HALF), "S+"), (Gaussian(0, _HALF), "S-")]
        )
    if isinstance(species, Paulis) and kind in ("X", "Y", "Z"):
        pairs: dict[str, list[tuple[Coefficient, str]]] = {
            "X": [(1, "p+"), (1, "p-")],
            "Y": [(Gaussian(0, -1), "p+"), (Gaussian(0, 1), "p-")],
            "Z": [(1, "pz")],
        }
        return pairs[kind]
    return [(1, kind)]


def adjoint_kind(species: Species, kind: str) -> str:
    """The kind of the Hermitian conjugate."""
    if isinstance(species, SUN):
        a, b = colour_pair(kind)
        return species.kind(b, a)
    return _DAGGERS.get(kind, kind)


def colour_pair(kind: str) -> tuple[int, int]:
    """The two colours of a kind such as "E01"."""
    a, b = kind[1:].split(",") if "," in kind else kind[1:]
    return int(a), int(b)


def _rank(letter: Letter) -> Any:
    if isinstance(letter.species, SUN):
        return colour_pair(letter.kind)
    return letter.species.kinds.index(letter.kind)


def _bracket(species: Species, first: str, second: str) -> list[tuple[int, str]]:
    if isinstance(species, SUN):
        (a, b), (c, d) = colour_pair(first), colour_pair(second)
        return [(1, species.kind(a, d))] * (b == c) + [(-1, species.kind(c, b))] * (d == a)
    table = _PAULI_BRACKETS if isinstance(species, Paulis) else _SPIN_BRACKETS
    found = table.get((first, second))
    return [(found[1], found[0])] if found else []


def ordered_product(left: tuple[Letter, ...], right: tuple[Letter, ...]) -> Iterator[Ordered]:
    """The product of two ordered words as a sum of coefficients, deltas and ordered words."""
    if not left or not right:
        yield 1, (), left or right
        return
    names = sorted({w.species.name for w in left + right})
    mine = {n: tuple(w for w in left if w.species.name == n) for n in names}
    theirs = {n: tuple(w for w in right if w.species.name == n) for n in names}
    sign = 1
    later = 0
    for n in reversed(names):
        odd = [len(group) & 1 if group and group[0].species.fermionic else 0 for group in (theirs[n], mine[n])]
        sign = -sign if later and odd[0] else sign
        later ^= odd[1]
    found: list[Ordered] = [(sign, (), ())]
    for n in names:
        first = (mine[n] or theirs[n])[0].species
        pieces = _wick(mine[n], theirs[n]) if is_ladder(first) else _straightened([*mine[n], *theirs[n]])
        pieces = list(pieces)
        found = [(c * k, d + e, w + v) for c, d, w in found for k, e, v in pieces]
    yield from found


def _contracts(first: Letter, second: Letter) -> bool:
    return (first.kind, second.kind) in (("c", "cd"), ("g", "g")) and len(first.slots) == len(second.slots)


def _wick(left: tuple[Letter, ...], right: tuple[Letter, ...]) -> Iterator[Ordered]:
    """All sets of contractions between two ordered words of one species."""
    first = (left or right)[0]
    if isinstance(first.species, Bosons):
        yield from _boson_contractions(left, right)
        return
    whole = left + right
    contractible = (
        [sum(_contracts(x, y) for y in right) > 0 for x in left].count(True),
        [sum(_contracts(x, y) for x in left) > 0 for y in right].count(True),
    )
    _check_number(
        sum(comb(contractible[0], k) * comb(contractible[1], k) * factorial(k) for k in range(min(contractible) + 1))
    )

    def choose(
        k: int, used: frozenset[int], pairs: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        if k == len(left):
            yield pairs
            return
        yield from choose(k + 1, used, pairs)
        for q in range(len(left), len(whole)):
            if q not in used and _contracts(left[k], whole[q]):
                yield from choose(k + 1, used | {q}, (*pairs, (k, q)))

    for pairs in choose(0, frozenset(), ()):
        paired = {p for pair in pairs for p in pair}
        rest = [p for p in range(len(whole)) if p not in paired]
        if first.kind != "g":
            rest.sort(key=lambda p: whole[p].kind != "cd")
        sign = sorted_with_sign([p for pair in pairs for p in pair] + rest, lambda p: p)[1]
        deltas = tuple(d for p, q in pairs for d in zip(whole[p].slots, whole[q].slots))
        yield sign, deltas, tuple(whole[p] for p in rest)


def _check_number(contractions: int) -> None:
    if contractions > MOST_CONTRACTIONS:
        raise InputError(
            f"normal ordering this product makes {contractions} sets of contractions; the most is {MOST_CONTRACTIONS}"
        )


def _boson_contractions(left: tuple[Letter, ...], right: tuple[Letter, ...]) -> Iterator[Ordered]:
    """Equal letters together: k contractions of m letters with n letters count ``m! n! / ((m-k)! (n-k)! k!)`` times."""
    lowering = Counter(w for w in left if w.kind == "a")
    raising = Counter(w for w in right if w.kind == "ad")
    pairs = [(x, y) for x in lowering for y in raising if len(x.slots) == len(y.slots)]
    number = 1
    for x, y in pairs:
        number *= min(lowering[x], raising[y]) + 1
    _check_number(number)
    others = tuple(w for w in left if w.kind == "ad") + tuple(w for w in right if w.kind == "a")
    for counts in every(*(range(min(lowering[x], raising[y]) + 1) for x, y in pairs)):
        free_left, free_right = Counter(lowering), Counter(raising)
        weight = Fraction(1)
        for (x, y), k in zip(pairs, counts):
            free_left[x] -= k
            free_right[y] -= k
            weight /= factorial(k)
        if min((*free_left.values(), *free_right.values()), default=0) < 0:
            continue
        for have, free in ((lowering, free_left), (raising, free_right)):
            for x, m in have.items():
                weight *= factorial(m) // factorial(free[x])
        deltas = tuple(d for (x, y), k in zip(pairs, counts) for _ in range(k) for d in zip(x.slots, y.slots))
        rest = [*free_right.elements(), *others, *free_left.elements()]
        yield int(weight), deltas, tuple(sorted(rest, key=lambda w: w.kind != "ad"))


def _straightened(word: list[Letter]) -> Iterator[Ordered]:
    """A word of a Lie algebra in the order of its kinds."""
    waiting: list[tuple[Coefficient, Deltas, list[Letter]]] = [(1, (), word)]
    steps = 0
    while waiting:
        steps += 1
        _check_number(steps)
        value, deltas, letters = waiting.pop()
        k = next((k for k in range(len(letters) - 1) if _rank(letters[k]) > _rank(letters[k + 1])), None)
        if k is None:
            yield value, deltas, tuple(letters)
            continue
        first, second = letters[k], letters[k + 1]
        waiting.append((value, deltas, [*letters[:k], second, first, *letters[k + 2 :]]))
        for c, kind in _bracket(first.species, first.kind, second.kind):
            joint = Letter(first.species, kind, first.slots)
            more = (*deltas, *zip(first.slots, second.slots))
            waiting.append((value * c, more, [*letters[:k], joint, *letters[k + 2 :]]))


def sorted_word(word: tuple[Letter, ...]) -> tuple[int, tuple[Letter, ...]]:
    """Sort letters that (anti)commute; sign 0 when the word vanishes."""
    sign = 1
    out: list[Letter] = []
    for species, letters in groupby(word, key=lambda w: w.species):
        for kind, group in groupby(letters, key=lambda w: w.kind):
            found, s = sorted_with_sign(group, lambda w: tuple(map(slot_order, w.slots)))
            if species.fermionic:
                if len(set(found)) < len(found):
                    return 0, ()
                sign *= s
                if kind == "c":
                    n = len(found)
                    found = found[::-1]
                    sign *= -1 if n * (n - 1) // 2 & 1 else 1
            out += found
    return sign, tuple(out)


def merged_letters(word: tuple[Letter, ...]) -> list[tuple[Coefficient, tuple[Letter, ...]]] | None:
    """Use the relations of one site once, on the first pair of letters with equal indices; None when there is none."""
    for p, first in enumerate(word):
        table = _merges(first.species)
        if table is None:
            continue
        for q in range(p + 1, len(word)):
            second = word[q]
            if second.species != first.species or second.slots != first.slots or not _adjacent(word, p, q):
                continue
            products = _colours(first, second) if isinstance(first.species, SUN) else table[first.kind, second.kind]
            rest = [w for k, w in enumerate(word) if k not in (p, q)]
            out = []
            for c, kind in products:
                new = list(rest)
                if kind:
                    new.insert(p, Letter(first.species, kind, first.slots))
                new.sort(key=lambda w: (w.species.name, _rank(w) if not is_ladder(w.species) else 0))
                out.append((c, tuple(new)))
            return out
    return None


def _merges(species: Species) -> dict[tuple[str, str], list[tuple[Coefficient, str]]] | None:
    if isinstance(species, Paulis):
        return _PAULI_MERGES
    if isinstance(species, Spins) and species.spin == _HALF:
        return _SPIN_MERGES
    return {} if isinstance(species, SUN) else None


def _colours(first: Letter, second: Letter) -> list[tuple[Coefficient, str]]:
    (a, b), (c, d) = colour_pair(first.kind), colour_pair(second.kind)
    assert isinstance(first.species, SUN)
    return [(1, first.species.kind(a, d))] if b == c else []


def _adjacent(word: tuple[Letter, ...], p: int, q: int) -> bool:
    """Whether what stands between commutes with one of the two (and keeps the order of kinds)."""
    kinds = {w.kind for w in word[p + 1 : q] if w.species == word[p].species}
    if isinstance(word[p].species, SUN):
        return q == p + 1
    return kinds <= {word[p].kind, word[q].kind}
