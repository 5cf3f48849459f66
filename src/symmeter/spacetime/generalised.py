"""Generalised symmetries: characteristics Q[x, u, u_x, ...] whose flow ``u_tau = Q`` maps solutions to solutions.

Integrable equations have infinitely many, and they commute. Characteristics are polynomials without principal
derivatives, since those are known from the others; the condition is linear in their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

from symmeter.errors import InputError
from symmeter.linalg.rational import rational_null_space
from symmeter.spacetime.ansatz import MOST_UNKNOWNS, indices_up_to, monomials_up_to
from symmeter.spacetime.denominators import common_numerators
from symmeter.spacetime.polynomials import Poly, add_to, exponents, primitive
from symmeter.spacetime.prolonged import evolved
from symmeter.spacetime.systems import PDESystem

__all__ = ["GeneralisedSymmetries", "GeneralisedSymmetry", "generalised_symmetries"]


@dataclass(frozen=True, eq=False)
class GeneralisedSymmetry:
    """One symmetry ``u^a_tau = Q^a``.

    Attributes
    ----------
    system : PDESystem
    characteristics : tuple of Poly
    """

    system: PDESystem
    characteristics: tuple[Poly, ...]

    @property
    def order(self) -> int:
        """Largest order of a derivative."""
        return max(self.system.space.order(q) for q in self.characteristics)

    def verify(self) -> tuple[Poly, ...]:
        """The change of every equation under the flow, on solutions: empty polynomials."""
        return _changes(self.system, self.characteristics)

    def bracket(self, other: GeneralisedSymmetry) -> GeneralisedSymmetry:
        """``pr Q (R) - pr R (Q)`` on solutions; zero for flows that commute."""
        space = self.system.space
        out = []
        for a, b in zip(self.characteristics, other.characteristics):
            p = evolved(space, self.characteristics, b)
            add_to(p, evolved(space, other.characteristics, a), -1)
            out.append(self.system.on_solutions(space.reduced(p)))
        return GeneralisedSymmetry(self.system, tuple(out))

    def is_zero(self) -> bool:
        """Whether it moves nothing: exact."""
        return not any(self.characteristics)

    def __str__(self) -> str:
        space = self.system.space
        return "; ".join(f"{u}_τ = {space.text(q)}" for u, q in zip(space.dependent, self.characteristics))

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, eq=False)
class GeneralisedSymmetries:
    """All symmetries of some order and degree.

    Attributes
    ----------
    system : PDESystem
    symmetries : tuple of GeneralisedSymmetry
    order, degree : int
    """

    system: PDESystem
    symmetries: tuple[GeneralisedSymmetry, ...]
    order: int
    degree: int

    def __iter__(self) -> Iterator[GeneralisedSymmetry]:
        return iter(self.symmetries)

    def __len__(self) -> int:
        return len(self.symmetries)

    def __getitem__(self, k: int) -> GeneralisedSymmetry:
        return self.symmetries[k]

    def __str__(self) -> str:
        head = f"{len(self)} generalised symmetries of order {self.order}, degree {self.degree}"
        return "\n".join([head, *(f"  {s}" for s in self.symmetries)])


def generalised_symmetries(
    system: PDESystem, order: int = 3, degree: int = 2, *, keep: Callable[[dict[str, int]], bool] | None = None
) -> GeneralisedSymmetries:
    """Symmetries whose characteristics are polynomials in x, u and derivatives.

    Parameters
    ----------
    system : PDESystem
    order, degree : int
        Largest order of a derivative, and largest total degree.
    keep : callable, optional
        Which monomials may occur, told by a dictionary from names to exponents: for gradings by weight.

    Raises
    ------
    InputError
        For too many unknown coefficients.

    Examples
    --------
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    >>> for s in generalised_symmetries(kdv, order=3, degree=2): print(s)
    u_τ = u_x
    u_τ = 6*t*u_x - 1
    u_τ = u_xxx + 6*u*u_x
    """
    space, rules = system.space, system.orthonomic
    p, q = len(space.independent), len(space.dependent)
    for name, value in (("order", order), ("degree", degree)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"{name} is {value!r}; it must be a whole number >= 0")
    allowed = list(range(p))
    for a in range(q):
        for index in indices_up_to(p, order):
            if not rules.is_principal(a, index):
                allowed.append(space.jet(a, index))
    number = comb(len(allowed) + degree, degree) * q
    if keep is None and number > MOST_UNKNOWNS:
        raise InputError(
            f"characteristics have {number:,} coefficients; at most {MOST_UNKNOWNS:,}: lower order or degree"
        )
    monomials = monomials_up_to(allowed, degree)
    if keep is not None:
        names = {v: space.variables[v].name for v in allowed}
        monomials = [m for m in monomials if keep({names[v]: e for v, e in exponents(m)})]
    number = len(monomials) * q
    if number > MOST_UNKNOWNS:
        raise InputError(
            f"characteristics have {number:,} coefficients; at most {MOST_UNKNOWNS:,}: lower order or degree"
        )
    rows: dict[tuple[int, int], dict[int, Any]] = {}
    trials: list[tuple[Poly, ...]] = []
    for a in range(q):
        for m in monomials:
            trials.append(tuple({m: 1} if b == a else {} for b in range(q)))
    changes = list(zip(*(_changes(system, trial) for trial in trials)))
    for e, change in enumerate(changes):
        # Over one denominator, so that what is the same has the same monomials.
        numerators = common_numerators(space, change) if space.factors else change
        for column, p in enumerate(numerators):
            for n, c in p.items():
                rows.setdefault((e, n), {})[column] = c
    # High orders become pivots, so that simple symmetries stand alone.
    columns = sorted(range(number), key=lambda n: (_weight(system, monomials[n % len(monomials)]), -n), reverse=True)
    place = {n: k for k, n in enumerate(columns)}
    found = []
    for x in reversed(rational_null_space([{place[n]: v for n, v in row.items()} for row in rows.values()], number)):
        characteristics: list[Poly] = [{} for _ in range(q)]
        keys = sorted(x)
        for c, value in zip(keys, primitive(x[c] for c in keys)):
            n = columns[c]
            characteristics[n // len(monomials)][monomials[n % len(monomials)]] = value
        found.append(GeneralisedSymmetry(system, tuple(characteristics)))
    found.sort(key=lambda s: (s.order, max(_weight(system, m) for c in s.characteristics for m in c)))
    return GeneralisedSymmetries(system, tuple(found), order, degree)


def _changes(system: PDESystem, characteristics: tuple[Poly, ...]) -> tuple[Poly, ...]:
    """``pr v_Q`` of every solved equation, on solutions."""
    space = system.space
    out = []
    for (a, index), right in system.orthonomic.rules.items():
        p = dict(space.derivatives(characteristics[a], index))
        add_to(p, evolved(space, characteristics, right), -1)
        out.append(system.on_solutions(space.reduced(p)))
    return tuple(out)


def _weight(system: PDESystem, m: int) -> tuple[int, int]:
    variables = system.space.variables
    return (sum(e * (1 + sum(variables[v].index)) for v, e in exponents(m)), sum(e for _, e in exponents(m)))
