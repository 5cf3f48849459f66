"""Experiment for "Symmetries and Asymptotically Flat Space".

Symmetries and conservation laws of a table of equations, found, counted and proved; flat gravity in three dimensions at
null infinity: symmetries, charges, central charges, orbits, vacua, and the link between past and future, derived and
watched in a simulated wave.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.papers._asymptotic_symmetries_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

_BEYOND = ("Zakharov-Kuznetsov", "Kadomtsev-Petviashvili")
_LARGE = ("Navier-Stokes 3d", "wave 3+1")
_RADII = {"smoke": None, "laptop": (12.0, 20.0, 30.0, 40.0), "full": (16.0, 26.0, 40.0, 56.0)}
_PAIRS = {"smoke": 20, "laptop": 200, "full": 2000}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from symmeter.papers import _asymptotic_symmetries_equations as equations
    from symmeter.papers import _asymptotic_symmetries_gravity as gravity
    from symmeter.papers._asymptotic_symmetries_scattering import scattering

    left_out = {"smoke": (*_BEYOND, *_LARGE), "laptop": _BEYOND, "full": ()}[scale]
    radii = _RADII[scale]
    work: dict[str, Callable[[], Any] | None] = {
        "dimensions": partial(equations.dimensions, tuple(n for n in equations.TABLE if n not in left_out)),
        "sizes": partial(equations.sizes, tuple(n for n in equations.SIZES if n not in left_out)),
        "conservation": equations.conservation,
        "hierarchies": equations.hierarchies,
        "variational": equations.variational,
        "gauge": equations.gauge_identities,
        "reductions": equations.reductions,
        "bondi": gravity.bondi,
        "completion": gravity.completion,
        "algebra": partial(gravity.algebra, _PAIRS[scale], seed),
        "orbits": gravity.orbits,
        "vacua": gravity.vacua,
        "linking": partial(gravity.linking, seed),
        "curved": gravity.curved_spaces,
        "four": gravity.four_dimensions,
        "scattering": None if radii is None else partial(scattering, radii),
    }
    tables: dict[str, Any] = {"scale": scale}
    for k, (name, compute) in enumerate(work.items()):
        progress(k / len(work), name)
        tables[name] = None if compute is None else checkpoints.get_or_compute(name, compute)
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._asymptotic_symmetries_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("asymptotic-symmetries"),
    implements=(
        "symmeter.spacetime.PDESystem",
        "symmeter.spacetime.Lagrangian",
        "symmeter.spacetime.Metric",
        "symmeter.spacetime.ConformalCompletion",
        "symmeter.spacetime.BMS3State",
        "symmeter.spacetime.bms3",
    ),
    claims=CLAIMS,
    run=run,
)
