"""Wick's theorem: averages of products, the table of all contractions, and mean-field decouplings.

Wick, Phys. Rev. 80, 268 (1950); Gaudin, Nucl. Phys. 15, 89 (1960).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient, as_coefficient
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.gaussian_states import (
    FermiSea,
    GaussianState,
    SymbolicState,
    Vacuum,
    WickState,
    quadratic_form,
    thermal,
)
from symmeter.quantum.ops.operator import Operator, scalar
from symmeter.quantum.ops.pairings import matched_sum, matchings
from symmeter.quantum.ops.species import Factor, Species
from symmeter.quantum.ops.words import letters_product

__all__ = [
    "Contraction",
    "FermiSea",
    "GaussianState",
    "SymbolicState",
    "Vacuum",
    "WickState",
    "contractions",
    "expectation",
    "mean_field",
    "quadratic_form",
    "thermal",
]


@dataclass(frozen=True)
class Contraction:
    """One full contraction of a product.

    Attributes
    ----------
    pairs : tuple of pairs of int
        Which factors are paired, counted from 0.
    sign : int
    value : number
        Product of the pair averages, with the sign.
    """

    pairs: tuple[tuple[int, int], ...]
    sign: int
    value: Coefficient


def expectation(operator: Any, state: WickState) -> Any:
    """The average of an operator in a Gaussian state.

    Parameters
    ----------
    operator : Operator
        Of fermions and bosons. An Expression is accepted with the vacuum, and gives an Expression.
    state : WickState
        The vacuum, a Fermi sea, a thermal or any other Gaussian state.

    Returns
    -------
    number, SymPy expression or Expression

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> i, j = ops.indices("i j")
    >>> f = ops.Fermions()
    >>> print(ops.expectation(f.ann(i) * f.cre(j), ops.Vacuum()))
    delta[i,j]
    """
    if isinstance(operator, Expression):
        if not isinstance(state, Vacuum):
            raise InputError(
                "averages of expressions with indices are taken in the vacuum; instantiate() them for others"
            )
        return Expression({b: v for b, v in operator.terms.items() if not b.word})
    if not isinstance(operator, Operator):
        raise InputTypeError(f"an average is taken of an Operator or Expression; got {type(operator).__name__}")
    state.check([s for s in operator.species if operator.modes[s.name]])
    if isinstance(state, Vacuum) and all(isinstance(s, (Fermions, Bosons)) for s in operator.species):
        return operator.constant
    if isinstance(state, GaussianState) and not state.anomalous and len(operator) > 64:
        found = _determinants(operator, state)
        if found is not None:
            return found
    pieces = (
        (None, value * _product_average([(s, part) for s, part in zip(operator.species, key)], state))
        for key, value in operator.terms.items()
    )
    return collect(pieces).get(None, 0)


def _product_average(parts: Sequence[tuple[Species, Any]], state: WickState) -> Coefficient:
    total: Coefficient = 1
    for s, part in parts:
        factors = s.factors(part)
        if factors and not isinstance(s, (Fermions, Bosons)):
            raise InputError(f"Wick's theorem is for fermions and bosons; the operator has factors of {s.name}")
        if not state.anomalous and 2 * sum(kind in ("cd", "ad") for kind, _ in factors) != len(factors):
            return 0
        total = total * _word_average(s, factors, state)
    return as_coefficient(total)


def _word_average(s: Species, factors: Sequence[Factor], state: WickState) -> Coefficient:
    return matched_sum(lambda p, q: state.pair(s, factors[p], factors[q]), len(factors), s.fermionic)


def _determinants(operator: Operator, state: GaussianState) -> Coefficient | None:
    """All terms of one degree at once: ``<c_i1^+ ... c_ik^+ c_jk ... c_j1> = det <c_ia^+ c_jb>``."""
    if len(operator.species) != 1 or not isinstance(operator.species[0], Fermions) or operator.symbols:
        return None
    groups: dict[int, list[tuple[Any, Any, complex]]] = {}
    for value, factors in operator:
        creators = [m for _, (kind, m) in factors if kind == "cd"]
        annihilators = [m for _, (kind, m) in factors if kind == "c"][::-1]
        if len(creators) == len(annihilators):
            groups.setdefault(len(creators), []).append((creators, annihilators, complex(value)))
    total = 0j
    for k, terms in groups.items():
        rows, columns, values = (np.array(x) for x in zip(*terms))
        if k == 0:
            total += values.sum()
            continue
        if max(rows.max(), columns.max()) >= len(state.normal):
            raise InputError(f"the state has modes 0 to {len(state.normal) - 1}; the operator acts on more")
        total += values @ np.linalg.det(state.normal[rows[:, :, None], columns[:, None, :]])
    return as_coefficient(complex(total))


def contractions(species: Species, factors: Sequence[tuple[Any, ...]], state: WickState) -> list[Contraction]:
    """The table of all full contractions of a product that do not vanish.

    Parameters
    ----------
    species : Fermions or Bosons
    factors : sequence of tuples
        ("cd", labels...) or ("c", labels...), ("ad", ...) or ("a", ...), in the order written.
    state : WickState

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> table = contractions(ops.Fermions(), [("c", 0), ("c", 1), ("cd", 1), ("cd", 0)], Vacuum())
    >>> [(c.pairs, c.value) for c in table]
    [(((0, 3), (1, 2)), 1)]
    """
    if not isinstance(species, (Fermions, Bosons)):
        raise InputError(f"Wick's theorem is for fermions and bosons; {species.name} is neither")
    state.check([species])
    found = [(kind, species.mode(*labels)) for kind, *labels in factors]
    for kind, _ in found:
        if kind not in species.kinds:
            raise InputError(f"a factor of a product of {species.name} is {' or '.join(species.kinds)}; got {kind!r}")
    table = {(p, q): state.pair(species, found[p], found[q]) for q in range(len(found)) for p in range(q)}
    out = []
    for sign, pairs in matchings(range(len(found)), lambda p, q: table[p, q] != 0):
        sign = sign if species.fermionic else 1
        value: Coefficient = sign
        for pair in pairs:
            value = value * table[pair]
        out.append(Contraction(pairs, sign, value))
    return out


def mean_field(operator: Operator, state: WickState) -> Operator:
    """Decouple quartic terms into all pair averages: ``A B -> <A> B + A <B> - <A><B>`` for each of the three pairings.

    Terms of lower degree stay. The average of the result is that of the operator.

    Parameters
    ----------
    operator : Operator
        Of one species of fermions or bosons, of degree up to four.
    state : WickState
        Numbers, or symbols with :class:`SymbolicState`.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(["up", "dn"])
    >>> print(mean_field(f.n(0, "up") * f.n(0, "dn"), FermiSea([(0, "up")], f)))
    cd[0,dn] c[0,dn]
    """
    state.check([s for s in operator.species if operator.modes[s.name]])
    total = scalar(0)
    for key, value in operator.terms.items():
        active = [(s, s.factors(p)) for s, p in zip(operator.species, key) if s.factors(p)]
        if sum(len(f) for _, f in active) in (0, 1, 2):
            total = total + Operator(operator.species, {key: value})
            continue
        s, factors = active[0]
        if len(active) > 1 or len(factors) != 4 or not isinstance(s, (Fermions, Bosons)):
            raise InputError(
                f"mean_field decouples products of four fermions or bosons; got {Operator(operator.species, {key: 1})}"
            )
        letters = [(kind, m) for kind, m in factors]
        for sign, pairs in matchings(range(4)):
            sign = sign if s.fermionic else 1
            (a, b) = ([letters[k] for k in pair] for pair in pairs)
            mean_a, mean_b = state.pair(s, a[0], a[1]), state.pair(s, b[0], b[1])
            total = total + (_pair(s, b) * mean_a + _pair(s, a) * mean_b - mean_a * mean_b) * value * sign
    return total


def _pair(s: Species, letters: Sequence[Factor]) -> Operator:
    return Operator((s,), letters_product((s,), [(s, kind, m) for kind, m in letters]))
