"""Homomorphisms of the algebras: Jordan-Wigner, Majorana, particle-hole, Schwinger, Holstein-Primakoff, Dyson-Maleev.

Each replaces the generators of one species by operators of another and multiplies out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient, Gaussian, symbolic
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.operator import Operator, scalar
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins
from symmeter.quantum.ops.symbolic_order import colour_pair

__all__ = [
    "dyson_maleev",
    "holstein_primakoff",
    "jordan_wigner",
    "majorana_form",
    "only_species",
    "particle_hole",
    "schwinger_bosons",
    "substitute",
    "total",
]


def substitute(operator: Operator, rule: Callable[[Species, str, int], Operator | None]) -> Operator:
    """Replace generators by operators, a homomorphism of algebras if the rule respects their relations.

    Parameters
    ----------
    operator : Operator
    rule : callable
        Takes a species, a kind ("cd", "Sz", ...) and the number of a mode; gives an Operator, or None to keep it.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> swap = lambda s, kind, mode: s.cre(mode) if kind == "c" else s.ann(mode)
    >>> print(substitute(f.n(0), swap))
    1 - cd[0] c[0]
    """

    @cache
    def image(s: Species, kind: str, mode: int) -> Operator:
        found = rule(s, kind, mode)
        return Operator.of_parts(s, s.generator(kind, mode)) if found is None else found

    pieces: list[Operator] = []
    for value, word in operator:
        term = scalar(1)
        for s, (kind, mode) in word:
            term = term * image(s, kind, mode)
        pieces.append(term * value)
    return total(pieces)


def total(operators: Iterable[Operator]) -> Operator:
    """The sum of many operators, each term touched once (``sum`` would copy the growing sum every time).

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> len(ops.total(f.n(k) for k in range(1000)))
    1000
    """
    groups: dict[tuple[Species, ...], list[tuple[Any, Coefficient]]] = {}
    for p in operators:
        groups.setdefault(p.species, []).extend(p.terms.items())
    whole = scalar(0)
    for species, terms in groups.items():
        whole = whole + Operator(species, collect(terms))
    return whole


def only_species(operator: Operator, kinds: tuple[type, ...], what: str) -> None:
    """Refuse operators of other species, or of several."""
    wrong = [s.name for s in operator.species if not isinstance(s, kinds) and operator.modes[s.name]]
    if wrong:
        raise InputError(f"{what}; the operator also has {', '.join(wrong)}")
    if len([s for s in operator.species if operator.modes[s.name]]) > 1:
        raise InputError(f"{what}, of one species; the operator has {', '.join(s.name for s in operator.species)}")


def jordan_wigner(operator: Operator, paulis: Paulis | None = None) -> Operator:
    """Fermions or Majorana operators as Pauli strings, ``c_j = Z_0 ... Z_(j-1) (X_j + i Y_j)/2``.

    An empty mode has Z = +1.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> print(ops.jordan_wigner((f.cre(0) * f.ann(2)).plus_hc()))
    1/2 X[0] Z[1] X[2] + 1/2 Y[0] Z[1] Y[2]
    """
    only_species(operator, (Fermions, Majoranas), "Jordan-Wigner maps fermions")
    target = Paulis() if paulis is None else paulis
    half = Fraction(1, 2)

    def rule(s: Species, kind: str, mode: int) -> Operator:
        site = mode // 2 if kind == "g" else mode
        string, bit = (1 << site) - 1, 1 << site
        plain, turned = (bit, string), (bit, string | bit)
        if kind == "g":
            return Operator.of_parts(target, [(1, turned if mode & 1 else plain)])
        return Operator.of_parts(target, [(half, plain), (Gaussian(0, half if kind == "c" else -half), turned)])

    return substitute(operator, rule)


def majorana_form(operator: Operator, majoranas: Majoranas | None = None) -> Operator:
    """Fermions as Majorana operators: ``c_j = (g_2j + i g_2j+1)/2``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(ops.majorana_form(ops.Fermions().n(0)))
    1/2 + 1/2 i g[0] g[1]
    """
    only_species(operator, (Fermions,), "the Majorana form is made of fermions")
    target = Majoranas() if majoranas is None else majoranas
    half = Fraction(1, 2)

    def rule(s: Species, kind: str, mode: int) -> Operator:
        turned = Gaussian(0, half if kind == "c" else -half)
        return Operator.of_parts(target, [(half, 1 << 2 * mode), (turned, 1 << (2 * mode + 1))])

    return substitute(operator, rule)


def particle_hole(operator: Operator, occupied: Iterable[Any]) -> Operator:
    """Exchange creation and annihilation in some modes; afterwards the order is normal with respect to their Fermi sea.

    Parameters
    ----------
    operator : Operator
        Of one species of fermions.
    occupied : iterable of labels
        Modes that the reference state fills.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> print(particle_hole(f.n(0) * f.n(1), [0]))
    cd[1] c[1] - cd[0] cd[1] c[1] c[0]
    """
    only_species(operator, (Fermions,), "particle-hole exchange is for fermions")
    labels = [x if isinstance(x, tuple) else (x,) for x in occupied]

    def rule(s: Species, kind: str, mode: int) -> Operator | None:
        if mode not in {s.mode(*x) for x in labels}:
            return None
        return Operator.of_parts(s, s.generator("c" if kind == "cd" else "cd", mode))

    return substitute(operator, rule)


def schwinger_bosons(operator: Operator, name: str = "b") -> Operator:
    """Spins as two bosons on each site, ``S+ = a^+ b``, ``Sz = (a^+ a - b^+ b)/2``; colours as N, ``X^ab = b_a^+ b_b``.

    The bosons of site j are modes ``N j + a``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(ops.schwinger_bosons(ops.Spins().z(0)))
    1/2 ad[0] a[0] - 1/2 ad[1] a[1]
    """
    only_species(operator, (Spins, SUN), "Schwinger bosons are made of spins or colours")
    target = Bosons(name=name)

    def rule(s: Species, kind: str, mode: int) -> Operator:
        if isinstance(s, SUN):
            a, b = colour_pair(kind)
            return target.cre(s.colours * mode + a) * target.ann(s.colours * mode + b)
        up, down = 2 * mode, 2 * mode + 1
        if kind == "Sz":
            return (target.n(up) - target.n(down)) * Fraction(1, 2)
        return target.cre(up) * target.ann(down) if kind == "S+" else target.cre(down) * target.ann(up)

    return substitute(operator, rule)


def dyson_maleev(operator: Operator, spin: Any = None, name: str = "b") -> Operator:
    """Spins as bosons, exactly but not Hermitian: ``S- = b^+``, ``S+ = (2S - n) b``, ``Sz = S - n``."""
    only_species(operator, (Spins,), "Dyson-Maleev bosons are made of spins")
    target = Bosons(name=name)

    def rule(s: Any, kind: str, mode: int) -> Operator:
        length = _spin(s, spin)
        if kind == "Sz":
            return length - target.n(mode)
        return target.cre(mode) if kind == "S-" else (2 * length - target.n(mode)) * target.ann(mode)

    return substitute(operator, rule)


def holstein_primakoff(operator: Operator, order: int = 1, spin: Any = None, name: str = "b") -> Operator:
    """Spins as bosons to an order in 1/S: ``S+ = sqrt(2S) (1 - n/(2S))^(1/2) b``, ``Sz = S - n``.

    Parameters
    ----------
    operator : Operator
        Of spins.
    order : int
        Power of 1/S up to which the root is expanded; terms keep every power in the product.
    spin : number or SymPy symbol, optional
        The length S, where the species has none.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(ops.holstein_primakoff(ops.Spins(2).minus(0), 1))
    2 ad[0] - 1/4 ad[0]^2 a[0]
    """
    only_species(operator, (Spins,), "Holstein-Primakoff bosons are made of spins")
    if isinstance(order, bool) or not isinstance(order, int) or not 0 <= order <= 8:
        raise InputError(f"the order in 1/S is a whole number from 0 to 8; got {order!r}")
    target = Bosons(name=name)

    def rule(s: Any, kind: str, mode: int) -> Operator:
        length = _spin(s, spin)
        n = target.n(mode)
        if kind == "Sz":
            return length - n
        root, power = scalar(0), scalar(1)
        binomial: Coefficient = Fraction(1)
        for k in range(order + 1):
            root = root + power * binomial
            binomial = binomial * (Fraction(1, 2) - k) / (k + 1)
            power = (
                power
                * n
                * (-1 / (2 * length) if not isinstance(length, (int, Fraction)) else Fraction(-1, 1) / (2 * length))
            )
        front = _square_root(2 * length)
        return root * target.ann(mode) * front if kind == "S+" else target.cre(mode) * root * front

    return substitute(operator, rule)


def _spin(s: Spins, spin: Any) -> Any:
    length = s.spin if spin is None else spin
    if length is None:
        raise InputError(f"the spins {s.name} have no length; say spin=, a number or a symbol")
    return Fraction(length) if isinstance(length, (int, float, str)) else length


def _square_root(value: Any) -> Any:
    import sympy

    from symmeter.quantum.ops.coefficients import as_coefficient

    return as_coefficient(sympy.sqrt(symbolic(value)))
