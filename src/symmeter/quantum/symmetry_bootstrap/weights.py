"""Continuous groups: when N is a torus U(1)^r, patterns of levels are weight diagrams, and name a Lie algebra.

Reflections that keep every pattern are collected; their directions are the roots. Each pattern must be the weight
diagram of one irrep (Freudenthal's formula). The weights that occur, modulo the root lattice, give the global form.
Humphreys, Introduction to Lie Algebras and Representation Theory, sections 9-13 and 22.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.quantum.symmetry_bootstrap.lie_names import global_form, type_of
from symmeter.quantum.symmetry_bootstrap.root_search import Roots, find_roots, weight_diagram

__all__ = ["ChargeSpectra", "WeightAnalysis", "analyse_weights", "fuse"]

Weight = tuple[int, ...]
Diagram = frozenset


@dataclass(frozen=True, eq=False)
class ChargeSpectra:
    """Levels under the charges of a torus.

    Attributes
    ----------
    charges : int array of shape (n, r)
        Charges times ``denominator``.
    denominator : int
    levels : tuple of arrays
        Sorted levels of each charge.

    Examples
    --------
    >>> ChargeSpectra.from_levels({"1/2": [0.0], "-1/2": [0.0]})
    ChargeSpectra(U(1), 2 charges, 2 states)
    """

    charges: np.ndarray
    denominator: int
    levels: tuple[Float[np.ndarray, " d"], ...]

    @classmethod
    def from_levels(cls, levels: Mapping[Any, Any]) -> ChargeSpectra:
        """From a mapping of charges, ``(1, -1)``, ``"1/2,0"`` or ``"0.5,0"``, to levels.

        Raises
        ------
        InputError
            If a charge cannot be read, or charges have different lengths.
        """
        if not levels:
            raise InputError("no charges were given")
        read = [_charge(key) for key in levels]
        rank = len(read[0])
        if any(len(c) != rank for c in read):
            raise InputError("all charges need the same number of entries, one a U(1)")
        denominator = int(np.lcm.reduce([x.denominator for c in read for x in c]))
        arrays = [np.sort(np.asarray(v, dtype=float).ravel()) for v in levels.values()]
        for key, a in zip(levels, arrays):
            if not np.isfinite(a).all():
                raise InputError(f"the levels of charge {key} hold NaN or infinity; remove them")
        charges = np.array([[int(x * denominator) for x in c] for c in read], dtype=np.int64)
        return cls(charges, denominator, tuple(arrays))

    @property
    def rank(self) -> int:
        return self.charges.shape[1]

    @property
    def dimension(self) -> int:
        """Number of states."""
        return sum(map(len, self.levels))

    def __repr__(self) -> str:
        torus = " x ".join(["U(1)"] * self.rank)
        return f"ChargeSpectra({torus}, {len(self.charges)} charges, {self.dimension} states)"


@dataclass(frozen=True, eq=False)
class WeightAnalysis:
    """What the patterns of a torus say.

    Attributes
    ----------
    algebra : str
        ``"A1 x A1"``; with ``U(1)`` for charges that no root moves.
    name : str
        Global form, ``"SO(4)"``.
    is_projective : bool
        Whether the irreps that occur are projective for that form.
    roots : array of shape (n, r)
        In the unit of the charges.
    irreps : tuple of (highest weight, dimension, levels)
        Highest weights as tuples of fractions in the unit of the charges, with how many levels carry the irrep.
    accidental : tuple of (pattern size, count)
        Patterns that are no weight diagram of an irrep.
    ramp_grows : float
        Largest over smallest ``(A d)_a / d_a``: far from 1 for a continuous group.
    """

    algebra: str
    name: str
    is_projective: bool
    roots: np.ndarray
    irreps: tuple[tuple[tuple[Fraction, ...], int, int], ...]
    accidental: tuple[tuple[int, int], ...]
    ramp_grows: float

    @property
    def summary(self) -> str:
        """One sentence."""
        how = "projective irreps of " if self.is_projective else ""
        many = f"{len(self.irreps)} irreps in {sum(n for *_, n in self.irreps)} multiplets"
        odd = sum(n for _, n in self.accidental)
        rest = f", {odd} multiplets fit none" if odd else ""
        return f"The levels carry {how}{self.name} (algebra {self.algebra}): {many}{rest}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "algebra": self.algebra,
            "name": self.name,
            "projective": self.is_projective,
            "roots": self.roots.tolist(),
            "irreps": [{"highest_weight": [str(x) for x in w], "dimension": d, "levels": n} for w, d, n in self.irreps],
            "unexplained": [{"states": s, "levels": n} for s, n in self.accidental],
        }


def _charge(key: Any) -> tuple[Fraction, ...]:
    parts = key.strip("()[] ").split(",") if isinstance(key, str) else key if isinstance(key, Sequence) else [key]
    try:
        found = tuple(Fraction(str(p).strip()).limit_denominator(1000) for p in parts)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"the charge {key!r} is not readable; write it as (1, -1), '1/2,0' or '0.5,0'") from None
    return found


def multiplets(spectra: ChargeSpectra, tolerance: float | None = None) -> Counter:
    """How often each weight diagram occurs: a frozenset of (weight, multiplicity)."""
    energies = np.concatenate(spectra.levels)
    where = np.repeat(np.arange(len(spectra.charges)), [len(a) for a in spectra.levels])
    order = np.argsort(energies, kind="stable")
    energies, where = energies[order], where[order]
    tol = 1e-9 * max(float(np.ptp(energies)), 1e-300) if tolerance is None else tolerance
    cuts = np.flatnonzero(np.diff(energies) > tol) + 1
    charges = [tuple(c) for c in spectra.charges.tolist()]
    return Counter(frozenset(Counter(charges[i] for i in part.tolist()).items()) for part in np.split(where, cuts))


def analyse_weights(spectra: ChargeSpectra, tolerance: float | None = None) -> WeightAnalysis | None:
    """The Lie group behind the charges, or None when no reflection keeps all common patterns.

    Parameters
    ----------
    spectra : ChargeSpectra
    tolerance : float, optional
        Of coinciding levels; 1e-9 of the bandwidth when omitted.
    """
    found = multiplets(spectra, tolerance)
    total = sum(found.values())
    # Rare patterns may be accidental coincidences: roots come from the others, the rare ones are then decomposed.
    common = [p for p, n in found.items() if n >= max(2, 0.005 * total)] or list(found)
    roots = find_roots([dict(p) for p in common])
    if roots is None:
        return None
    irreps, odd = [], []
    for pattern, n in found.items():
        high, diagram = weight_diagram(roots, dict(pattern))
        if diagram == dict(pattern):
            size = sum(diagram.values())
            irreps.append((tuple(Fraction(x, spectra.denominator) for x in high), size, n))
        else:
            odd.append((sum(m for _, m in pattern), n))
    irreps.sort(key=lambda item: (item[1], item[0]))
    algebra = type_of(roots)
    weights = np.array([w for p in common for w, _ in p])
    name, projective = global_form(roots, weights)
    return WeightAnalysis(
        algebra,
        name,
        projective,
        roots.vectors / spectra.denominator,
        tuple(irreps),
        tuple(sorted(odd)),
        _growth(found),
    )


def _growth(found: Counter) -> float:
    """Spread of (A d)_a / d_a over charges, every kind of multiplet once."""
    sums: Counter = Counter()
    for pattern in found:
        size = sum(m for _, m in pattern)
        for w, m in pattern:
            sums[w] += m * size
    return max(sums.values()) / min(sums.values())


def fuse(roots: Roots, first: Mapping[Weight, int], second: Mapping[Weight, int]) -> Counter:
    """Irreps in a tensor product, by highest weight: the product of characters, peeled from above.

    Parameters
    ----------
    roots : Roots
    first, second : mapping of weight to multiplicity
    """
    product: Counter = Counter()
    for u, m in first.items():
        for v, n in second.items():
            product[tuple(a + b for a, b in zip(u, v))] += m * n
    out: Counter = Counter()
    while product:
        high, diagram = weight_diagram(roots, dict(product))
        n = product[high]
        out[high] += n
        for w, m in diagram.items():
            product[w] -= n * m
            if product[w] == 0:
                del product[w]
            elif product[w] < 0:
                raise InputError("these are not characters of the group: a weight is left with a negative multiplicity")
    return out
