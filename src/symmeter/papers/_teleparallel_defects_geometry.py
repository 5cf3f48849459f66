"""The part ``geometry``: the catalogue of defects on grids, charges, continuity, and the action.

Defects with smooth cores are put on grids, and everything that a region has is listed: shares of all irreducible parts
of torsion and nonmetricity, fluxes of traces, Burgers and Frank vectors, curvature and volume, beside what they are
exactly. Formulas are checked in closed form; the action's field equations are of second order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from symmeter.papers._teleparallel_defects_geometry_claims import CLAIMS, judge
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Part
from symmeter.progress import Progress

__all__ = ["PART"]


@dataclass(frozen=True)
class _Scale:
    """Points across lines and points; points of the hierarchy check; rounds of the timing."""

    lines: int
    points: int
    hierarchy: tuple[int, ...]
    rounds: int


_SCALES = {
    "smoke": _Scale(64, 24, (24, 32), 0),
    "laptop": _Scale(512, 128, (24, 32, 48, 64), 15),
    "full": _Scale(1024, 256, (24, 32, 48, 64, 96, 128), 50),
}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, piece by piece."""
    from symmeter.papers import _teleparallel_defects_geometry_parts as parts

    size = _SCALES[scale]
    names = parts.DEFECTS
    steps = len(names) + 7
    done = iter(range(steps + 1))

    def piece(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / steps, 1.0), what)
        return checkpoints.get_or_compute(f"geometry.{name}", compute)

    tables: dict[str, Any] = {"scale": scale, "catalogue": {}}
    # Timed first, while nothing else of ours is in the way.
    compute = partial(parts.times, size.rounds, seed)
    tables["times"] = piece("times", "time of a check", compute) if size.rounds else None
    tables["exact"] = piece("exact", "formulas", parts.formulas)
    tables["loops"] = piece("loops", "loops", parts.loops)
    tables["identities"] = piece("identities", "identities on a grid", partial(parts.identities, seed))
    tables["hierarchy"] = piece("hierarchy", "hierarchy of densities", partial(parts.hierarchy, size.hierarchy))
    tables["network"] = piece("network", "a network of lines", parts.network)
    tables["action"] = piece("action", "field equations", partial(parts.action, seed))
    for name in names:
        compute = partial(parts.on_grid, name, size.lines, size.points)
        tables["catalogue"][name] = piece(f"catalogue.{name}", name.replace("-", " "), compute)
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._teleparallel_defects_geometry_figure import draw

    return draw(tables)


PART = Part("Every defect of the catalogue as torsion and nonmetricity, with all parts and charges.", CLAIMS, run)
