"""Invariant solutions: with a one-parameter group of symmetries a system loses one variable.

In coordinates in which the flow moves one of them only, the clock, the system for what the flow keeps no longer has the
clock in it; that is checked, not assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symmeter.errors import InputError
from symmeter.spacetime.flow_charts import flow_chart
from symmeter.spacetime.jet_maps import JetMap
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, exponents
from symmeter.spacetime.systems import PDESystem
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["Reduction", "reduced_by"]


@dataclass(frozen=True, eq=False)
class Reduction:
    """A system for the solutions that a symmetry keeps.

    Attributes
    ----------
    field : VectorField
    ansatz : tuple of str
        The new variables, then the old unknowns in terms of them: ``z = x - 2*t``, ``u = w``.
    system : PDESystem
        For w, in one variable less.
    """

    field: VectorField
    ansatz: tuple[str, ...]
    system: PDESystem

    def __str__(self) -> str:
        return f"{'; '.join(self.ansatz)}: {'; '.join(f'{t} = 0' for t in self.system.texts)}"


def reduced_by(system: PDESystem, field: VectorField) -> Reduction:
    """The system for solutions that are invariant under a symmetry.

    Parameters
    ----------
    system : PDESystem
        In at least two variables.
    field : VectorField
        A symmetry of it: a scaling, a rotation or boost, or shifts along one coordinate by polynomials of it and of
        the coordinates that rest.

    Raises
    ------
    InputError
        For a field that is no symmetry, moves no independent variable, or is of another form.

    Examples
    --------
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    >>> for field in kdv.point_symmetries()[2:]: print(reduced_by(kdv, field))
    u = (1/6)*x*t^-1 + w: w_t + w*t^-1 = 0
    z = x*t^(-1/3); u = w*t^(-2/3): w_zzz - (1/3)*z*w_z + 6*w*w_z - (2/3)*w = 0
    """
    field = field.in_space(system.space)
    if not system.is_symmetry(field):
        raise InputError(f"{field} is no symmetry of the system; there are no solutions that it keeps")
    space = system.space
    if len(space.independent) < 2:
        raise InputError("a system in one variable would have none left; integrate it instead")
    if not any(field.coefficients[: len(space.independent)]):
        raise InputError(f"{field} moves no independent variable; take one that does")
    chart = flow_chart(field)
    if chart is None:
        raise InputError(
            f"{field} is no scaling, rotation, boost or shift by polynomials; its invariants are not found"
        )
    target = chart.jets.target
    equations = [_without_clock(target, chart.jets(e), chart.section, field) for e in system.equations]
    texts = [target.text(e) for e in equations if e]
    if not texts:
        raise InputError(f"every function of the form that {field} keeps is a solution")
    names: dict[str, Any] = {"parameters": target.parameters, "functions": system.functions}
    read = PDESystem(texts, target.independent[1:], target.dependent, **names)
    # Once more, for without the clock indices are written in their short form.
    texts = [read.space.text(e) for e in read.equations]
    reduced = PDESystem(texts, target.independent[1:], target.dependent, complete=system.complete, **names)
    return Reduction(field, chart.ansatz, reduced)


def _without_clock(space: JetSpace, p: Poly, section: Poly, field: VectorField) -> Poly:
    """An expression that is a function of the clock times one without it: the latter."""
    if not p:
        return p
    zero = (0,) * len(space.independent)
    here = JetMap(
        space, space, [section, *(space.poly(k) for k in range(1, len(space.independent)))],
        [space.poly(space.jet(a, zero)) for a in range(len(space.dependent))],
        [{k: {0: 1}} for k in range(len(space.independent))],
    )  # fmt: skip
    found = here(p)
    parts: dict[int, Poly] = {}
    for m, c in p.items():
        own = sum(e << (WIDTH * v) for v, e in exponents(m) if _has_clock(space, v))
        parts.setdefault(own, {})[m - own] = c
    if not all(_proportional(part, found) for part in parts.values()):
        raise InputError(f"the flow of {field} keeps no form of the system that is free of {space.independent[0]}")
    return found


def _has_clock(space: JetSpace, v: int) -> bool:
    if v == 0 or v not in space.functions:
        return v == 0
    return any(_has_clock(space, w) for m in space.functions[v].argument for w, _ in exponents(m))


def _proportional(a: Poly, b: Poly) -> bool:
    if not b or a.keys() != b.keys():
        return False
    first = next(iter(a))
    ratio = Fraction(a[first]) / Fraction(b[first])
    return all(Fraction(a[m]) == ratio * b[m] for m in a)
