"""Classical defects as coframes and metrics: lines along z through the origin, unless said otherwise.

Signs: a dislocation with ``b`` has ``oint E^A = b`` around its line, counter-clockwise seen from above; to displace
atoms by ``u = +b phi / 2 pi`` takes the opposite sign (:mod:`symmeter.spacetime.defects.conventions`). A core of radius
c smooths every angle by ``1 - exp(-r^2/c^2)``, so that densities are Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.checked_numbers import array_of, finite, plane_or_space
from symmeter.spacetime.defects.conventions import Convention
from symmeter.spacetime.defects.defect import Core, Defect

__all__ = ["dipole", "dispiration", "edge", "grain_boundary", "point_defect", "screw", "wedge_disclination"]

_UP = (0.0, 0.0, 1.0)
_PHI = "(x dy - y dx)/(x^2+y^2)"
_LINE_GAUGES = ("weitzenboeck", "crystal")
_WEDGE_GAUGES = ("coincident", "weitzenboeck", "levi_civita")


def vortex(
    points: Float[np.ndarray, "k n"], at: Sequence[float] = (0, 0), core: float = 0.0
) -> Float[np.ndarray, "2 k"]:
    """``dphi`` about a point of the plane, smoothed inside the core."""
    x, y = points[:, 0] - at[0], points[:, 1] - at[1]
    r2 = x**2 + y**2
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = 1 / r2 if core == 0 else np.where(r2 > 0, -np.expm1(-r2 / core**2) / np.where(r2 > 0, r2, 1), core**-2)
        return np.array([-y * smooth, x * smooth])


def _log_square(points: np.ndarray, at: float, core: float) -> np.ndarray:
    """``log r^2`` about (at, 0), smoothed so that its Laplacian is Gaussian: ``log r^2 + E_1(r^2 / core^2)``."""
    from scipy.special import exp1

    r2 = (points[:, 0] - at) ** 2 + points[:, 1] ** 2
    with np.errstate(divide="ignore"):
        if core == 0:
            return np.log(r2)
        # E_1(t) = -gamma - log t + t - ... where t is small.
        t = r2 / core**2
        return np.where(
            t > 1e-9, np.log(np.maximum(r2, 1e-300)) + exp1(np.maximum(t, 1e-9)), np.log(core**2) - np.euler_gamma + t
        )


def _unit(points: np.ndarray, n: int) -> np.ndarray:
    return np.repeat(np.eye(n)[:, :, None], len(points), axis=2)


def _number(value: float) -> str:
    """A number as exact text."""
    return f"({Fraction(str(value))})" if np.isfinite(value) else str(value)


def _check(gauge: str, known: Sequence[str], what: str) -> None:
    if gauge not in known:
        near = nearest_name(gauge, known)
        hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(known)}"
        raise UnknownNameError(f"a {what} has no gauge {gauge!r}; {hint}")


def _core(core: Any) -> None:
    if not finite(core, "core") >= 0:
        raise InputError(f"core={core!r}: the radius of a core is not negative")


def _dislocation(
    name: str, burgers: Sequence[float], gauge: str, core: float, n: int, convention: Convention | None
) -> Defect:
    _check(gauge, _LINE_GAUGES, name)
    plane_or_space(n, name)
    b = np.array([finite(v, "b") for v in burgers])
    _core(core)

    def crystal(points: np.ndarray) -> np.ndarray:
        E = _unit(points, n)
        E[:, :2] += np.einsum("a,ik->aik", b / (2 * np.pi), vortex(points, core=core))
        return E

    letters = ("B1", "B2", "B3")[:n]
    forms = [f"d{x} + {v} {_PHI}" if k else f"d{x}" for x, v, k in zip("xyz", letters, b)]
    texts: dict[str, Any] = {"coordinates": "x y z"[: 2 * n - 1]}
    texts |= {"coframe": forms} if gauge == "weitzenboeck" else {"frame": forms}
    return Defect(
        name,
        gauge,
        n,
        crystal if gauge == "weitzenboeck" else lambda points: _unit(points, n),
        crystal,
        (Core((0.0,) * n, _UP if n == 3 else None, core),),
        texts,
        {"burgers": tuple(float(v) for v in b), "frank": 0.0},
        convention or Convention(),
    )


def screw(
    b: float = 1.0, *, gauge: str = "weitzenboeck", core: float = 0.0, convention: Convention | None = None
) -> Defect:
    """``e^3 = dz + (b / 2 pi) dphi``: torsion ``T^3 = b delta^2``, a third of it axial, two thirds tensor.

    Parameters
    ----------
    b : float
    gauge : {"weitzenboeck", "crystal"}
        Whether the coframe is orthonormal in a metric of its own, or the physical metric is Euclidean.
    core : float
    convention : Convention, optional

    Examples
    --------
    >>> from symmeter.spacetime.defects import circle
    >>> screw(2.0).burgers(circle((0, 0, 0), 1.0)).round(9).tolist()
    [0.0, 0.0, 2.0]
    """
    return _dislocation("screw dislocation", (0.0, 0.0, b), gauge, core, 3, convention)


def edge(
    b: float = 1.0, *, gauge: str = "weitzenboeck", core: float = 0.0, n: int = 3, convention: Convention | None = None
) -> Defect:
    """``e^1 = dx + (b / 2 pi) dphi``: half of its torsion is trace, half tensor; all of it is trace in the plane.

    Parameters
    ----------
    b : float
    gauge : {"weitzenboeck", "crystal"}
    core : float
    n : {2, 3}
    convention : Convention, optional
    """
    return _dislocation("edge dislocation", (b, *[0.0] * (n - 1)), gauge, core, n, convention)


def _cone(a: float, core: float, b: float, n: int, gauge: str) -> tuple[Callable, Callable]:
    """Coframe aligned with x and y: ``e_1 + i e_2 = e^(i phi) (dr + i a r dphi)``, smoothed; with a screw along z."""

    def plane(points: np.ndarray) -> np.ndarray:
        e = _unit(points, n)
        dphi = vortex(points, core=core)
        x, y = points[:, 0], points[:, 1]
        # Since dx = cos dr - r sin dphi, a - 1 times the rest turns 1 into a; the smooth core is inside dphi.
        e[0, :2] += (1 - a) * y * dphi
        e[1, :2] -= (1 - a) * x * dphi
        if b:
            e[2, :2] += b / (2 * np.pi) * dphi
        return e

    return plane, plane if gauge != "coincident" else lambda points: _unit(points, n)


def wedge_disclination(
    a: float = 0.9,
    gauge: str = "coincident",
    *,
    core: float = 0.0,
    n: int = 3,
    convention: Convention | None = None,
) -> Defect:
    """``ds^2 = dr^2 + a^2 r^2 dphi^2 + dz^2``: a wedge of ``2 pi (1 - a)`` taken out (a < 1) or put in (a > 1).

    In the coincident gauge ``T = 0``, ``Q = 0`` and ``P = -(1 - a^2)/(2 a^2) dr/r``, with S and H parts beside; in the
    Weitzenboeck gauge the same metric has torsion only; with the Levi-Civita connection, curvature.

    Parameters
    ----------
    a : float
    gauge : {"coincident", "weitzenboeck", "levi_civita"}
    core : float
    n : {2, 3}
    convention : Convention, optional
    """
    _check(gauge, _WEDGE_GAUGES, "wedge disclination")
    plane_or_space(n, "wedge disclination")
    _core(core)
    if not finite(a, "a") > 0:
        raise InputError(f"a wedge disclination with a = {a} is no cone; a is positive, and below 1 for a positive one")
    coframe, crystal = _cone(a, core, 0.0, n, gauge)
    charges: dict[str, Any] = {"frank": 2 * np.pi * (1 - a), "curvature": 4 * np.pi * (1 - a)}
    if gauge == "coincident":
        charges |= {"flux_P": -np.pi * (1 - a * a) / a, "flux_P_raw": -np.pi * (1 - a * a) / (a * a), "flux_Q": 0.0}
    return Defect(
        "wedge disclination",
        gauge,
        n,
        coframe,
        crystal,
        (Core((0.0,) * n, _UP if n == 3 else None, core),),
        _cone_texts(gauge, n),
        charges,
        convention or Convention(),
    )


def _cone_texts(gauge: str, n: int, screw_part: str = "") -> dict[str, Any]:
    z = ["dz" + screw_part] if n == 3 else []
    names = "x y z"[: 2 * n - 1]
    if gauge == "coincident":
        line = " + dz^2" if n == 3 else ""
        return {"metric": f"dx^2 + dy^2 + (a^2-1) (x dy - y dx)^2/(x^2+y^2){line}", "coordinates": names}
    return {"coframe": [f"dx + (1-a) y {_PHI}", f"dy - (1-a) x {_PHI}", *z], "coordinates": names}


def dispiration(a: float = 0.9, b: float = 1.0, *, core: float = 0.0, convention: Convention | None = None) -> Defect:
    """A wedge disclination with a screw dislocation along the same line, in the Weitzenboeck gauge.

    Parameters
    ----------
    a, b : float
    core : float
    convention : Convention, optional
    """
    finite(b, "b")
    _core(core)
    if not finite(a, "a") > 0:
        raise InputError(f"a dispiration with a = {a} is no cone; a is positive")
    coframe, crystal = _cone(a, core, b, 3, "weitzenboeck")
    return Defect(
        "dispiration",
        "weitzenboeck",
        3,
        coframe,
        crystal,
        (Core((0.0, 0.0, 0.0), _UP, core),),
        _cone_texts("weitzenboeck", 3, f" + B {_PHI}"),
        {"burgers_z": float(b), "frank": 2 * np.pi * (1 - a)},
        convention or Convention(),
    )


def point_defect(
    strength: float = 0.1, width: float = 1.0, *, n: int = 3, convention: Convention | None = None
) -> Defect:
    """``g = exp(2 sigma) delta`` with ``sigma = strength exp(-r^2/width^2)``: ``Q_ab = -delta_ab d sigma``.

    Parameters
    ----------
    strength : float
        Positive where matter is missing room: the material's own volume is larger than the space that it fills.
    width : float
    n : {2, 3}
    convention : Convention, optional
    """
    plane_or_space(n, "point defect")
    finite(width, "width")
    if not (np.isfinite(array_of(strength, "strengths")) and width > 0):
        raise InputError(f"a point defect needs a finite strength and a positive width; got {strength} and {width}")

    def coframe(points: np.ndarray) -> np.ndarray:
        sigma = strength * np.exp(-(points**2).sum(1) / width**2)
        return _unit(points, n) * np.exp(sigma)

    square, names = ("x^2+y^2+z^2", "x y z") if n == 3 else ("x^2+y^2", "x y")
    line = "+".join(f"d{x}^2" for x in names.split())
    sigma = f"{_number(strength)} exp(-({square})/{_number(width)}^2)"
    return Defect(
        "point defect",
        "coincident",
        n,
        coframe,
        lambda points: _unit(points, n),
        (),
        {"metric": f"exp(2 {sigma}) ({line})", "coordinates": names},
        {"volume": _gaussian_volume(strength, width, n)},
        convention or Convention(),
    )


def _gaussian_volume(strength: float, width: float, n: int) -> float:
    """``int (e^(n sigma) - 1)``, by its series."""
    total, term = 0.0, 1.0
    for k in range(1, 400):
        term *= n * strength / k
        total += term * (np.pi * width**2 / k) ** (n / 2)
        if abs(term) < 1e-18:
            break
    return float(total)


def dipole(
    kind: str = "screw",
    b: float = 1.0,
    separation: float = 8.0,
    *,
    a: float = 0.9,
    core: float = 0.0,
    convention: Convention | None = None,
) -> Defect:
    """Two opposite lines along z at ``x = -separation/2`` and ``+separation/2``, the positive one on the left.

    Parameters
    ----------
    kind : {"screw", "edge", "wedge"}
        A wedge dipole has the conformal metric of two cones, of ``a`` and ``2 - a``.
    b : float
        Of dislocations.
    separation : float
    a : float
        Of a wedge dipole.
    core : float
    convention : Convention, optional
    """
    _check(kind, ("screw", "edge", "wedge"), "dipole")
    finite(b, "b")
    _core(core)
    half = finite(separation, "separation") / 2
    if not separation > 0:
        raise InputError(f"a dipole needs a positive separation; got {separation}")
    cores = (Core((-half, 0.0, 0.0), _UP, core), Core((half, 0.0, 0.0), _UP, core))
    if kind == "wedge":
        return _wedge_dipole(a, half, core, cores, convention)
    row = 2 if kind == "screw" else 0

    def crystal(points: np.ndarray) -> np.ndarray:
        E = _unit(points, 3)
        E[row, :2] += b / (2 * np.pi) * (vortex(points, (-half, 0), core) - vortex(points, (half, 0), core))
        return E

    s = _number(half)
    pair = f"((x+{s}) dy - y dx)/((x+{s})^2+y^2) - ((x-{s}) dy - y dx)/((x-{s})^2+y^2)"
    forms = [f"d{x} + B ({pair})" if k == row else f"d{x}" for k, x in enumerate("xyz")]
    burgers = [0.0, 0.0, 0.0]
    burgers[row] = float(b)
    return Defect(
        f"{kind} dipole",
        "weitzenboeck",
        3,
        crystal,
        crystal,
        cores,
        {"coframe": forms, "coordinates": "x y z"},
        {"burgers_left": tuple(burgers), "burgers": (0.0, 0.0, 0.0)},
        convention or Convention(),
    )


def _wedge_dipole(a: float, half: float, core: float, cores: tuple, convention: Convention | None) -> Defect:
    if not 0 < a < 2:
        raise InputError(f"a wedge dipole with a = {a} has no partner; a lies between 0 and 2")

    def coframe(points: np.ndarray) -> np.ndarray:
        e = _unit(points, 3)
        left, right = (_log_square(points, -s, core) for s in (half, -half))
        with np.errstate(over="ignore", invalid="ignore"):
            e[:2, :2] *= np.exp((right - left) * (1 - a) / 2)
        return e

    return Defect(
        "wedge dipole",
        "coincident",
        3,
        coframe,
        lambda points: _unit(points, 3),
        cores,
        {},
        {"frank_left": 2 * np.pi * (1 - a), "frank": 0.0},
        convention or Convention(),
    )


def grain_boundary(b: float = 1.0, spacing: float = 10.0, *, convention: Convention | None = None) -> Defect:
    """A small-angle tilt boundary: edge dislocations with b along x, one every ``spacing`` along the wall x = 0.

    The whole wall is summed: ``e_1 + i e_2 = (1 - (i b/2h) coth(pi (x + i y)/h)) (dx + i dy)``. Far from it the lattice
    is turned by ``arctan(b / 2h)`` on either side, in opposite senses: Read and Shockley's ``b/h`` at small angles.

    Parameters
    ----------
    b : float
    spacing : float
    convention : Convention, optional
    """
    finite(b, "b")
    if not finite(spacing, "spacing") > 0:
        raise InputError(f"a grain boundary needs a positive spacing of its dislocations; got {spacing}")

    def crystal(points: np.ndarray) -> np.ndarray:
        z = np.pi * (points[:, 0] + 1j * points[:, 1]) / spacing
        # coth, without overflow.
        decay = np.exp(-2 * np.where(z.real >= 0, z, -z))
        with np.errstate(divide="ignore", invalid="ignore"):
            coth = np.where(z.real >= 0, 1, -1) * (1 + decay) / (1 - decay)
        w = 1 - 0.5j * b / spacing * coth
        e = _unit(points, 3)
        e[0, 0], e[0, 1], e[1, 0], e[1, 1] = w.real, -w.imag, w.imag, w.real
        return e

    cores = tuple(Core((0.0, k * spacing, 0.0), _UP) for k in range(-50, 51))
    return Defect(
        "grain boundary",
        "weitzenboeck",
        3,
        crystal,
        crystal,
        cores,
        {},
        {
            "burgers": (float(b), 0.0, 0.0),
            "angle": 2 * float(np.arctan(b / (2 * spacing))),
            "read_shockley": b / spacing,
        },
        convention or Convention(),
    )
