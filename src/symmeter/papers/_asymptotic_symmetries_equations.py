"""Symmetries, conservation laws and identities of equations, for the experiment on asymptotic symmetries."""

from __future__ import annotations

import time
from typing import Any

from symmeter.spacetime import Lagrangian, PDESystem

__all__ = [
    "TABLE",
    "conservation",
    "dimensions",
    "gauge_identities",
    "hierarchies",
    "reductions",
    "sizes",
    "variational",
]

_NLS = "u_t = -v_xx - v*(u^2+v^2); v_t = u_xx + u*(u^2+v^2)"
_SCHROEDINGER = "u_t = -v_xx; v_t = u_xx"
#: In closed form, with the equation for the pressure that follows.
_NAVIER_STOKES = (
    "u_t + u*u_x + v*u_y + w*u_z + p_x - u_xx - u_yy - u_zz; v_t + u*v_x + v*v_y + w*v_z + p_y - v_xx - v_yy - v_zz; "
    "w_t + u*w_x + v*w_y + w*w_z + p_z - w_xx - w_yy - w_zz; u_x + v_y + w_z; "
    "p_xx + p_yy + p_zz + u_x^2 + v_y^2 + w_z^2 + 2*u_y*v_x + 2*u_z*w_x + 2*v_z*w_y"
)

#: System: text, independent and dependent variables, degrees, dimensions that the prototype found.
TABLE: dict[str, tuple[str, str, str, tuple[int, ...], tuple[int, ...]]] = {
    "Korteweg-de Vries": ("u_t + 6*u*u_x + u_xxx", "t x", "u", (1, 2), (4, 4)),
    "Burgers": ("u_t + u*u_x = u_xx", "t x", "u", (1, 2), (4, 5)),
    "heat": ("u_t = u_xx", "t x", "u", (1, 2, 3, 4), (6, 8, 10, 11)),
    "wave 2+1": ("u_tt = u_xx + u_yy", "t x y", "u", (2, 3), (20, 27)),
    "wave 3+1": ("u_tt = u_xx + u_yy + u_zz", "t x y z", "u", (2,), (30,)),
    "cubic Schrödinger": (_NLS, "t x", "u v", (1, 2), (4, 5)),
    "free Schrödinger": (_SCHROEDINGER, "t x", "u v", (2, 3), (12, 15)),
    "y'' = 0": ("y''", "x", "y", (2,), (8,)),
    "y''' = 0": ("y'''", "x", "y", (2,), (7,)),
    "Navier-Stokes 3d": (_NAVIER_STOKES, "t x y z", "u v w p", (1, 2), (13, 17)),
    # Beyond the prototype's table, at full scale: shifts, boost and scaling; shifts and three functions of time.
    "Zakharov-Kuznetsov": ("u_t + u*u_x + u_xxx + u_xyy", "t x y", "u", (1, 2), (5, 5)),
    "Kadomtsev-Petviashvili": ("u_tx + 6*u_x^2 + 6*u*u_xx + u_xxxx + 3*u_yy", "t x y", "u", (1,), (6,)),
}
#: What the series must say: a dimension, or how many variables arbitrary functions have.
SIZES: dict[str, tuple[int | None, int | None]] = {
    "Korteweg-de Vries": (4, None),
    "Burgers": (5, None),
    "heat": (None, 1),
    "wave 2+1": (None, 2),
    "cubic Schrödinger": (5, None),
    "y'' = 0": (8, None),
    "y''' = 0": (7, None),
    "Zakharov-Kuznetsov": (5, None),
    "Kadomtsev-Petviashvili": (None, 1),
}


def _system(name: str) -> PDESystem:
    text, x, u, _, _ = TABLE[name]
    return PDESystem(text, x, u)


def dimensions(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Number of determining equations and of symmetries by degree, each checked to be a symmetry."""
    rows = []
    for name in names:
        system, (_, _, _, degrees, known) = _system(name), TABLE[name]
        began = time.perf_counter()
        number = len(system.determining)
        seconds = time.perf_counter() - began
        found = [system.point_symmetries(d, size=False) for d in degrees]
        rows.append(
            {
                "name": name, "equations": number, "seconds": seconds, "degrees": list(degrees),
                "found": [s.dim for s in found], "known": list(known),
                "checked": all(system.is_symmetry(g) for g in found[0]),
            }
        )  # fmt: skip
    return rows


def sizes(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Number of symmetries from Taylor series, without solving."""
    rows = []
    for name in names:
        size = _system(name).point_symmetries(1).size
        assert size is not None
        wanted = SIZES[name]
        rows.append(
            {
                "name": name, "counts": list(size.counts), "dimension": size.dimension,
                "functions_of": size.functions_of, "right": (size.dimension, size.functions_of) == wanted,
            }
        )  # fmt: skip
    return rows


def conservation() -> dict[str, Any]:
    """Multipliers of KdV and Burgers, the law of weight 6, and whether all are proved."""
    kdv, burgers = PDESystem("u_t + 6*u*u_x + u_xxx"), PDESystem("u_t + u*u_x = u_xx")
    space = kdv.space
    weights = {"u" + "_" * bool(k) + "x" * k: k + 2 for k in range(6)}

    def even(limit: int) -> Any:
        return lambda m: not {"t", "x"} & set(m) and sum(weights.get(n, 99) * e for n, e in m.items()) == limit

    laws = list(kdv.conservation_laws(order=2, degree=2))
    by_weight = {w: [space.text(law.multipliers[0]) for law in kdv.conservation_laws(order=w - 2, degree=w // 2,
                 keep=even(w))] for w in range(2, 8)}  # fmt: skip
    others = list(burgers.conservation_laws(order=2, degree=2))
    return {
        "kdv": [space.text(law.multipliers[0]) for law in laws],
        "burgers": [burgers.space.text(law.multipliers[0]) for law in others],
        "by_weight": {str(k): v for k, v in by_weight.items()},
        "proved": all(law.verify() == {} for law in [*laws, *others]),
    }


def hierarchies() -> dict[str, Any]:
    """Generalised symmetries of KdV up to order 7: their number and whether they commute."""
    kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    weights = {"u" + "_" * bool(k) + "x" * k: k + 2 for k in range(8)}

    def keep(m: dict[str, int]) -> bool:
        return not {"t", "x"} & set(m) and sum(weights[n] * e for n, e in m.items()) in (3, 5, 7, 9)

    found = list(kdv.generalised_symmetries(7, 4, keep=keep))
    return {
        "orders": [s.order for s in found],
        "commute": all(a.bracket(b).is_zero() for a in found for b in found),
        "proved": all(not any(s.verify()) for s in found),
        "texts": [str(s) for s in found],
    }


def variational() -> list[dict[str, Any]]:
    """Noether currents: the identity ``D_i J^i + Q^a E_a(L) = 0`` of every variational symmetry."""
    given = {
        "a particle in a potential": ("u_t^2/2 - f(u)", "t", "u", "f"),
        "Klein-Gordon": ("u_t^2/2 - u_x^2/2 - m^2*u^2/2", "t x", "u", ""),
        "sine-Gordon": ("u_t^2/2 - u_x^2/2 + cos(u)", "t x", "u", ""),
        "wave 2+1": ("u_t^2/2 - u_x^2/2 - u_y^2/2", "t x y", "u", ""),
        "a stiff beam": ("u_t^2/2 - u_xx^2/2", "t x", "u", ""),
        "two coupled oscillators": ("u_t^2/2 + v_t^2/2 - (u^2+v^2)/2", "t", "u v", ""),
    }
    rows = []
    for name, (text, x, u, functions) in given.items():
        lagrangian = Lagrangian(text, x, u, parameters="m" if "m" in text else "", functions=functions)
        fields = lagrangian.variational_symmetries()
        currents = [lagrangian.noether(f) for f in fields]
        rows.append({"name": name, "symmetries": len(fields), "exact": all(c.verify() == {} for c in currents),
                     "first": str(currents[0])})  # fmt: skip
    return rows


def gauge_identities() -> dict[str, bool]:
    """Noether's second theorem for electrodynamics in four dimensions, and what fails without the gauge symmetry."""
    x = "t x y z"
    names = "abcd"  # a is the scalar potential, b, c, d the vector's components
    electric = " + ".join(f"({u}_t + a_{i})^2" for u, i in zip("bcd", "xyz"))
    magnetic = "(d_y - c_z)^2 + (b_z - d_x)^2 + (c_x - b_y)^2"
    gauge: list[dict[str, str]] = [{"t": "1"}, {"x": "-1"}, {"y": "-1"}, {"z": "-1"}]
    maxwell = Lagrangian(f"({electric})/2 - ({magnetic})/2", x, " ".join(names))
    massive = Lagrangian(f"({electric})/2 - ({magnetic})/2 + (a^2 - b^2 - c^2 - d^2)/2", x, " ".join(names))
    wrong: list[dict[str, str]] = [{"t": "1"}, {"x": "1"}, {"y": "1"}, {"z": "1"}]
    return {
        "maxwell": maxwell.noether_identity(gauge).holds,
        "massive": massive.noether_identity(gauge).holds,
        "wrong sign": maxwell.noether_identity(wrong).holds,
    }


def reductions() -> dict[str, Any]:
    """Invariant solutions whose equations are known, checked on their known solutions."""
    kdv, heat = PDESystem("u_t + 6*u*u_x + u_xxx"), PDESystem("u_t = u_xx")
    fields = list(kdv.point_symmetries(size=False))
    from symmeter.spacetime.vector_fields import sum_of

    wave = kdv.reduced_by(sum_of(fields, [1, 4, 0, 0]))
    boost = next(f for f in heat.point_symmetries(2, size=False) if str(f) == "2*t ∂_x - x*u ∂_u")
    kernel = heat.reduced_by(boost)
    return {
        "soliton": wave.system.residual(w="2/cosh(z)^2") == ({},),
        "self-similar": "; ".join(kdv.reduced_by(fields[3]).system.texts),
        "heat kernel": kernel.system.residual(w="t^(-1/2)") == ({},)
        and heat.residual(u="t^(-1/2)*exp(-x^2/(4*t))") == ({},),
    }
