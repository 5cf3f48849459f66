"""The part ``stress``: eigenstress of dislocation dipoles in a periodic box, isotropic and anisotropic.

A box of side 64 with two lines 32 apart and Gaussian cores of width 1 on 512 x 512 points, beside a sum over images in
closed form, and the same edge dipole with the stiffness of copper beside an isotropic average.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symmeter.papers._teleparallel_defects_stress_claims import CLAIMS, judge
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Part
from symmeter.progress import Progress
from symmeter.spacetime import defects

__all__ = ["PART"]

SIDE, CORE, LAME = 64.0, 1.0, (1.5, 1.0)
#: Stiffness of copper, GPa, along its cubic axes.
COPPER = (168.4, 121.4, 75.4)
_POINTS = {"smoke": 512, "laptop": 512, "full": 2048}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, piece by piece."""
    del seed
    n = _POINTS[scale]
    work: dict[str, Callable[[], Any]] = {
        "screw": partial(dipole, "screw", n), "edge": partial(dipole, "edge", n), "copper": copper,
    }  # fmt: skip
    tables: dict[str, Any] = {"scale": scale, "points": n}
    for k, (name, compute) in enumerate(work.items()):
        progress(k / len(work), f"stress of {'copper' if name == 'copper' else f'a {name} dipole'}")
        tables[name] = checkpoints.get_or_compute(f"stress.{name}", compute)
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _lines(b: tuple[float, float, float]) -> list[Any]:
    return [((16.0, 32.0), b), ((48.0, 32.0), tuple(-v for v in b))]


def image_sum(x: float, rows: int = 60) -> float:
    """sigma_yz of a screw dipole and all its images on the line between its cores, b = mu = 1; a held box."""
    total = 0.0
    for m in range(-rows, rows + 1):
        for where, sign in ((16.0, 1.0), (48.0, -1.0)):
            # sum_n u / (u^2 + (n L)^2) = (pi / L) coth(pi u / L).
            total += sign / (2 * SIDE * np.tanh(np.pi * (x - where + m * SIDE) / SIDE))
    return total


def dipole(kind: str, n: int) -> dict[str, Any]:
    """Stress of one dipole: values that are known, errors, and a profile between the cores."""
    h = SIDE / n
    alpha = defects.line_density((n, n), h, _lines((0, 0, 1.0) if kind == "screw" else (1.0, 0, 0)), CORE)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        found = defects.stress_from_density(alpha, LAME, h)
        seconds.append(time.process_time() - start)
    held = defects.stress_from_density(alpha, LAME, h, zero_mode="zero_mean_distortion")
    component, row = ("yz", 2) if kind == "screw" else ("xy", 0)
    middle = n // 2
    place = round(21.0 / h)
    i, w = round(16.0 / h), round(8.0 / h)
    x, y = slice(i - w, i + w + 1), slice(middle - w, middle + w + 1)
    beta = found.distortion[row]

    def line(values: np.ndarray) -> float:
        return float((values[1:] + values[:-1]).sum() * h / 2)

    burgers = (
        line(beta[0, x, middle - w]) + line(beta[1, i + w, y]) - line(beta[0, x, middle + w]) - line(beta[1, i - w, y])
    )
    step = n // 256
    nu = LAME[0] / (2 * (LAME[0] + LAME[1]))
    return {
        "value": float(found[component][place, middle]), "held": float(held[component][place, middle]),
        "images": image_sum(21.0), "isolated": 1.0 / (2 * np.pi * 5.0) / (1.0 if kind == "screw" else 1 - nu),
        "curl": found.curl_error, "equilibrium": found.equilibrium_error, "burgers": burgers, "seconds": min(seconds),
        "x": (np.arange(n) * h)[::step].tolist(), "profile": found[component][::step, middle].tolist(),
        "sums": [image_sum(v) - 32.0 / 4096.0 for v in np.arange(18.0, 46.5, 1.0)] if kind == "screw" else [],
    }  # fmt: skip


def copper(n: int = 256) -> dict[str, Any]:
    """An edge dipole along [001] of copper, anisotropic and with the isotropic average of Voigt; GPa for b = 1."""
    h = SIDE / n
    alpha = defects.line_density((n, n), h, _lines((1.0, 0, 0)), 1.2)
    c11, c12, c44 = COPPER
    mu = (c11 - c12 + 3 * c44) / 5
    lam = (c11 + 4 * c12 - 2 * c44) / 5
    start = time.process_time()
    cubic = defects.stress_from_density(alpha, defects.cubic_stiffness(*COPPER), h)
    seconds = time.process_time() - start
    even = defects.stress_from_density(alpha, (lam, mu), h)
    return {
        "curl": cubic.curl_error, "equilibrium": cubic.equilibrium_error, "seconds": seconds, "points": n,
        "anisotropy": 2 * c44 / (c11 - c12), "energies": [cubic.energy, even.energy],
        "cubic": cubic["xy"][::2, ::2], "isotropic": even["xy"][::2, ::2],
    }  # fmt: skip


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._teleparallel_defects_stress_figure import draw

    return draw(tables)


PART = Part("Stress of dislocation densities in a periodic box, isotropic and anisotropic.", CLAIMS, run)
