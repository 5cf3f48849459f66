"""The circumradius of a snub polyhedron as an algebraic number: the polynomial that its square solves.

The vertex is refined to many digits by Newton's method on the exact rotations of its group; an integer relation then
gives the polynomial. Coordinates of snub figures are in no quadratic field, so this is their exact datum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["circumradius_polynomial"]

_DIGITS = 160
_LARGEST_DEGREE = 12
_LARGEST_COEFFICIENT = 10**6
_MOST_STEPS = 10**5


def circumradius_polynomial(p: Polyhedron) -> tuple[int, ...]:
    """Integer coefficients, the highest power first, of the polynomial of least degree with the root R^2.

    Parameters
    ----------
    p : Polyhedron
        Uniform, with edges of length 1 and axes as :func:`symmeter.shapes.poly` makes them.

    Raises
    ------
    InputError
        If the vertices are not all alike, the edges not of length 1, or no such polynomial is found.
    MissingDependencyError
        If mpmath is missing (extra ``symbolic``).

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> circumradius_polynomial(poly("snub cube"))
    (32, -80, 44, -7)
    """
    try:
        import mpmath
    except ImportError:
        raise MissingDependencyError("mpmath", "symbolic", "circumradius_polynomial") from None
    if np.abs(p.edge_lengths - 1).max() > 1e-9 or len(np.unique(p.permutations[:, 0])) < p.V:
        raise InputError(f"{p.name} is not uniform with edges of length 1; its circumradius has no such polynomial")
    with mpmath.workdps(_DIGITS):
        v = _refined(p, mpmath)
        square = v[0] ** 2 + v[1] ** 2 + v[2] ** 2
        found = mpmath.findpoly(
            square,
            _LARGEST_DEGREE,
            maxcoeff=_LARGEST_COEFFICIENT,
            maxsteps=_MOST_STEPS,
            tol=mpmath.mpf(10) ** (10 - _DIGITS),
        )
    if found is None:
        raise InputError(f"the circumradius of {p.name} solves no polynomial of degree {_LARGEST_DEGREE} or less")
    sign = -1 if found[0] < 0 else 1
    return tuple(sign * int(c) for c in found)


def _refined(p: Polyhedron, mpmath: Any) -> Any:
    """The first vertex to many digits: v is at distance 1 from its images at the other ends of its edges."""
    ends = {int(b if a == 0 else a) for a, b in p.edges if 0 in (a, b)}
    maps = [g for g, to in zip(p.operations, p.permutations[:, 0]) if int(to) in ends]
    forms = []
    for g in maps:
        exact = mpmath.matrix([[_exact_entry(x, p.name, mpmath) for x in row] for row in g])
        forms.append(2 * mpmath.eye(3) - exact - exact.T)
    v = mpmath.matrix([mpmath.mpf(x) for x in p.vertices[0]])
    for _ in range(12):
        values = [(v.T * q * v)[0] - 1 for q in forms]
        rows = mpmath.matrix([list(2 * (q * v)) for q in forms])
        # Least squares by normal equations: the forms agree, so the step is Newton's.
        step = mpmath.lu_solve(rows.T * rows, rows.T * mpmath.matrix(values))
        v = v - step
        if mpmath.norm(step) < mpmath.mpf(10) ** (8 - _DIGITS):
            return v
    raise InputError(f"the vertices of {p.name} could not be refined")


def _exact_entry(x: float, name: str, mpmath: Any) -> Any:
    """An entry of an octahedral or icosahedral matrix: 0, 1/2, 1 or half a power of the golden ratio."""
    golden = (1 + mpmath.sqrt(5)) / 2
    for value in (mpmath.mpf(0), mpmath.mpf(1), mpmath.mpf(1) / 2, golden / 2, (golden - 1) / 2):
        if abs(abs(x) - float(value)) < 1e-9:
            return value if x >= 0 else -value
    raise InputError(f"{name} is turned out of the setting of the library; take it as poly makes it")
