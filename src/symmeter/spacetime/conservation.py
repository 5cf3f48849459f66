"""Conservation laws of differential equations, by multipliers: no Lagrangian is needed.

A multiplier is a set of functions with ``Lambda^nu Delta_nu`` a total divergence, which the Euler operator tells
exactly; its current is conserved on solutions. Multipliers have no principal derivatives, for then their laws would be
trivial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

from symmeter.errors import InputError
from symmeter.linalg.rational import rational_null_space
from symmeter.spacetime.ansatz import MOST_UNKNOWNS, indices_up_to, monomials_up_to
from symmeter.spacetime.denominators import common_numerators, tidy
from symmeter.spacetime.polynomials import Poly, add_to, exponents, primitive
from symmeter.spacetime.systems import PDESystem
from symmeter.spacetime.variational import current_of, divergence, euler

__all__ = ["ConservationLaw", "ConservationLaws", "conservation_laws"]


@dataclass(frozen=True, eq=False)
class ConservationLaw:
    """One law: ``D_i J^i = Lambda^nu Delta_nu``, zero on solutions.

    Attributes
    ----------
    system : PDESystem
    multipliers : tuple of Poly
        One for each equation, as it was given, multiplied by sums that it was divided by.
    """

    system: PDESystem
    multipliers: tuple[Poly, ...]

    @cached_property
    def _product(self) -> Poly:
        out: Poly = {}
        for m, delta in zip(self.multipliers, self.system.equations):
            add_to(out, self.system.space.times(m, delta))
        return out

    @cached_property
    def current(self) -> tuple[Poly, ...]:
        """J, one component for each independent variable.

        Raises
        ------
        InputError
            Where it has an integral that no rule gives; that there is a current has been told by the Euler operator.
        """
        return current_of(self.system.space, self._product)

    @property
    def density(self) -> Poly:
        """The component of the first variable, whose integral over the others is conserved when that one is time."""
        return self.current[0]

    def verify(self) -> Poly:
        """``D_i J^i - Lambda^nu Delta_nu``: the exact zero polynomial, which is empty."""
        out = divergence(self.system.space, self.current)
        add_to(out, self._product, -1)
        return tidy(self.system.space, out)

    def __str__(self) -> str:
        space = self.system.space
        multipliers = ", ".join(space.text(m) for m in self.multipliers)
        try:
            current = self.current
        except InputError as error:
            return f"a current with multiplier {multipliers}, not integrated: {error}"
        parts = [f"D_{x}({space.text(j)})" for x, j in zip(space.independent, current)]
        return f"{' + '.join(parts)} = 0, multiplier {multipliers}"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, eq=False)
class ConservationLaws:
    """All laws with multipliers of some form.

    Attributes
    ----------
    system : PDESystem
    laws : tuple of ConservationLaw
    order, degree : int
        Of the multipliers.
    """

    system: PDESystem
    laws: tuple[ConservationLaw, ...]
    order: int
    degree: int

    def __iter__(self) -> Iterator[ConservationLaw]:
        return iter(self.laws)

    def __len__(self) -> int:
        return len(self.laws)

    def __getitem__(self, k: int) -> ConservationLaw:
        return self.laws[k]

    def __str__(self) -> str:
        head = f"{len(self)} conservation laws with multipliers of order {self.order}, degree {self.degree}"
        if self.system.cleared:
            head += f", of {'; '.join(f'{t} = 0' for t in self.system.cleared)}"
        return "\n".join([head, *(f"  {law}" for law in self.laws)])


def conservation_laws(
    system: PDESystem, order: int = 2, degree: int = 2, *, factors: Sequence[str] = (),
    keep: Callable[[dict[str, int]], bool] | None = None,
) -> ConservationLaws:  # fmt: skip
    """Laws whose multipliers are polynomials in x, u and derivatives, or these times some functions.

    Parameters
    ----------
    system : PDESystem
    order : int
        Largest order of derivatives in a multiplier.
    degree : int
        Largest total degree of a multiplier.
    factors : sequence of str
        Functions that polynomials may also be multiplied by, such as ``"exp(t)"``.
    keep : callable, optional
        Which monomials a multiplier may have, told by a dictionary from names to exponents: for gradings by weight.

    Raises
    ------
    InputError
        For a system with conditions that were added, whose equations no longer stand one for one, and for too many
        unknown coefficients.

    Examples
    --------
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    >>> for law in kdv.conservation_laws(order=2, degree=2): print(kdv.space.text(law.multipliers[0]))
    1
    u
    -6*t*u + x
    u_xx + 3*u^2

    Functions of derivatives too, such as those of a soap film:

    >>> film = PDESystem("(1 + u_y^2)*u_xx - 2*u_x*u_y*u_xy + (1 + u_x^2)*u_yy", "x y")
    >>> len(film.conservation_laws(order=1, degree=2, factors=["1/sqrt(1 + u_x^2 + u_y^2)^3"]))
    6
    >>> telegraph = PDESystem("u_tt + u_t - u_xx")
    >>> print(telegraph.conservation_laws(order=0, degree=0, factors=["exp(t)"])[1])
    D_t(u_t*exp(t)) + D_x(-exp(t)*u_x) = 0, multiplier exp(t)
    """
    system, others = _with_factors(system, factors)
    space = system.space
    rules = system.orthonomic
    for name, value in (("order", order), ("degree", degree)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"{name} is {value!r}; it must be a whole number >= 0")
    allowed = list(range(len(space.independent)))
    for a in range(len(space.dependent)):
        for index in indices_up_to(len(space.independent), order):
            if not rules.is_principal(a, index):
                allowed.append(space.jet(a, index))
    number = comb(len(allowed) + degree, degree) * len(system.equations) * (1 + len(others))
    if keep is None and number > MOST_UNKNOWNS:
        raise InputError(f"multipliers have {number:,} coefficients; at most {MOST_UNKNOWNS:,}: lower order or degree")
    monomials = monomials_up_to(allowed, degree)
    if keep is not None:
        names = {v: space.variables[v].name for v in allowed}
        monomials = [m for m in monomials if keep({names[v]: e for v, e in exponents(m)})]
    plain: list[Poly] = [{m: 1} for m in monomials]
    basis = plain + [space.reduced(space.times(p, f)) for f in others for p in plain]
    # 1/r times r is there already.
    basis = list({tuple(sorted(p.items())): p for p in basis}.values())
    number = len(basis) * len(system.equations)
    if number > MOST_UNKNOWNS:
        raise InputError(f"multipliers have {number:,} coefficients; at most {MOST_UNKNOWNS:,}: lower order or degree")
    rows = _rows(system, basis)
    # Long ones become pivots, so that short multipliers stand alone.
    columns = sorted(range(number), key=lambda n: (_weight(space, basis[n % len(basis)]), -n), reverse=True)
    place = {n: k for k, n in enumerate(columns)}
    solutions = rational_null_space([{place[n]: v for n, v in row.items()} for row in rows], number)
    laws = []
    for x in reversed(solutions):
        multipliers: list[Poly] = [{} for _ in system.equations]
        ordered = sorted(x, reverse=True)
        for c, value in zip(ordered, primitive(x[c] for c in ordered)):
            n = columns[c]
            add_to(multipliers[n // len(basis)], basis[n % len(basis)], value)
        laws.append(ConservationLaw(system, tuple(multipliers)))
    laws.sort(key=lambda law: max(_weight(space, p) for p in law.multipliers if p))
    return ConservationLaws(system, tuple(laws), order, degree)


def _with_factors(system: PDESystem, factors: Sequence[str]) -> tuple[PDESystem, list[Poly]]:
    """The factors, and the system in a ring that has them: roots of sums and their inverses need a wider one."""
    try:
        return system, [system.expression(f) for f in factors]
    except InputError as error:
        if system.space.denominators or "has no rule" not in str(error):
            raise
    wide = system.with_denominators()
    return wide, [wide.expression(f) for f in factors]


def _weight(space: Any, p: Poly) -> tuple:
    return max(
        (sum(e * (1 + sum(space.variables[v].index)) for v, e in exponents(m)), sum(e for _, e in exponents(m)))
        for m in p
    )


def _rows(system: PDESystem, basis: Sequence[Poly]) -> list[dict[int, Any]]:
    """``E_a(sum of coefficients * basis * Delta)`` split by monomials, with principal derivatives as they are."""
    space = system.space
    rows: dict[tuple[int, int], dict[int, Any]] = {}
    for a in range(len(space.dependent)):
        products = [space.times(p, delta) for delta in system.equations for p in basis]
        found = [space.reduced(euler(space, p, a)) for p in products]
        if space.denominators:
            # Over one denominator, so that what is the same has the same monomials.
            found = common_numerators(space, found)
        for column, p in enumerate(found):
            for n, c in p.items():
                rows.setdefault((a, n), {})[column] = c
    return list(rows.values())
