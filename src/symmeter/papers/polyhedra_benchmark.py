"""Experiment for "GIQ: Benchmarking 3D Geometric Reasoning of Vision Foundation Models ... Polyhedra" (2506.08194).

One part so far, ``shapes``: every solid of the benchmark made from first principles and compared with tables of counts,
groups and metric data, the detection of point groups under noise and with points missing beside pymatgen's, and the
speed of making, recognising and drawing. The tasks for vision models are the other part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from symmeter.papers import _polyhedra_benchmark_clouds as clouds
from symmeter.papers import _polyhedra_benchmark_solids as solids
from symmeter.papers import _polyhedra_benchmark_tables as expected
from symmeter.papers import _polyhedra_benchmark_timing as timing
from symmeter.papers._polyhedra_benchmark_claims import CLAIMS, judge
from symmeter.papers._polyhedra_benchmark_peer import Peer, peer_is_there
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper, Part
from symmeter.progress import Progress

__all__ = ["PAPER"]


@dataclass(frozen=True)
class _Scale:
    """How much is done.

    Attributes
    ----------
    groups : sequence of str
        Point groups that are sought under noise.
    sigmas : sequence of float
    seeds : int
        Draws for each group and level of noise.
    missing : sequence of int
        How many points are left out.
    stellations : sequence of int, optional
        Wenninger's numbers; all without it.
    cores : sequence of str
        Whose planes are counted.
    detected : sequence of str
        Shapes whose groups are found from coordinates.
    shapes : sequence of str
        Timed beside the peer.
    rounds : int
    pictures, shadows : sequence of str
        Shapes that are drawn for time, and for their shadows.
    views : int
    everything : bool
        Whether making all 224 is timed.
    peer : bool
    quality : str
        Of the figure.
    """

    groups: Sequence[str]
    sigmas: Sequence[float]
    seeds: int
    missing: Sequence[int]
    stellations: Sequence[int] | None
    cores: Sequence[str]
    detected: Sequence[str]
    shapes: Sequence[str]
    rounds: int
    pictures: Sequence[str]
    shadows: Sequence[str]
    views: int
    everything: bool
    peer: bool
    quality: str


_CONVEX = ("tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron", "U12", "U29", "C13", "J1", "J44", "J87")
_DRAWN = (*(f"W{n}" for n in range(1, 67)), *(f"J{n}" for n in range(1, 93, 4)), *(f"W{n}" for n in range(67, 120)))
_SCALES = {
    "smoke": _Scale(
        groups=clouds.FEW,
        sigmas=(1e-4, 3e-3),
        seeds=3,
        missing=(1,),
        stellations=(19, 20, 23, 26, 43),
        cores=("tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron"),
        detected=("W12", "W17", "W24", "C7", "J44", "J78"),
        shapes=("cubane",),
        rounds=3,
        pictures=("cube", "W18", "W26"),
        shadows=("cube", "J1"),
        views=150,
        everything=False,
        peer=False,
        quality="draft",
    ),
    "laptop": _Scale(
        groups=clouds.GROUPS,
        sigmas=clouds.SIGMAS,
        seeds=20,
        missing=(1, 2, 3),
        stellations=None,
        cores=tuple(expected.ARRANGEMENTS),
        detected=solids.BENCHMARK,
        shapes=tuple(timing.SHAPES),
        rounds=15,
        pictures=_DRAWN[::4],
        shadows=_CONVEX,
        views=300,
        everything=True,
        peer=True,
        quality="fine",
    ),
    "full": _Scale(
        groups=clouds.GROUPS,
        sigmas=(1e-6, *clouds.SIGMAS),
        seeds=100,
        missing=(1, 2, 3, 4, 6),
        stellations=None,
        cores=tuple(expected.ARRANGEMENTS),
        detected=solids.BENCHMARK,
        shapes=tuple(timing.SHAPES),
        rounds=50,
        pictures=_DRAWN,
        shadows=(*(f"W{n}" for n in range(1, 19)), *(f"C{n}" for n in range(1, 14)), *(f"J{n}" for n in range(1, 93))),
        views=1000,
        everything=True,
        peer=True,
        quality="fine",
    ),
}


def run_shapes(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work of the part ``shapes``, step by step."""
    size = _SCALES[scale]
    steps = len(size.groups) * 2 + 12
    done = iter(range(steps + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(next(done) / steps, what)
        return checkpoints.get_or_compute(f"shapes.{name}", compute)

    with ExitStack() as stack:
        peer = stack.enter_context(Peer()) if size.peer and peer_is_there() else None
        tables: dict[str, Any] = {"peer": peer is not None, "noise": {}, "missing": {}}
        _timed(tables, size, part, peer)
        tables["inventory"] = part("inventory", "families", solids.inventory)
        tables["uniform"] = part("uniform", "uniform polyhedra", solids.uniform_polyhedra)
        tables["johnson"] = part("johnson", "Johnson solids", solids.johnson_solids)
        tables["stellations"] = part("stellations", "stellations", partial(solids.stellations, size.stellations))
        tables["arrangements"] = part("arrangements", "arrangements", partial(solids.arrangements, size.cores))
        tables["convex"] = part("convex", "symmetries of convex solids", solids.convex_symmetries)
        tables["metric"] = part("metric", "volumes and angles", solids.metric)
        tables["detected"] = part("detected", "groups from coordinates", partial(solids.detected, size.detected))
        for name in size.groups:
            compute = partial(clouds.noise, name, size.sigmas, size.seeds, seed, peer)
            tables["noise"][name] = part(f"noise.{name}", f"{name} under noise", compute)
            compute = partial(clouds.missing_points, name, size.missing, size.seeds, seed)
            tables["missing"][name] = part(f"missing.{name}", f"{name} with points missing", compute)
    progress(1.0, "figure")
    return Outcome(judge(tables, scale), figure=partial(_figure, tables, size.quality), tables=tables)


def _timed(
    tables: dict[str, Any], size: _Scale, part: Callable[[str, str, Callable[[], Any]], Any], peer: Peer | None
) -> None:
    """What is timed comes first, while nothing is kept from other work."""
    tables["everything"] = (
        part("everything", "making all 224 shapes", timing.all_from_nothing) if size.everything else None
    )
    tables["seconds"] = part(
        "seconds", "timing uniform polyhedra", partial(solids.seconds_of_all, 1 + size.rounds // 5)
    )
    compute = partial(timing.point_groups, size.shapes, size.rounds, peer)
    tables["point_groups"] = part("point_groups", "timing point groups", compute)
    compute = partial(timing.pictures, size.pictures, 2 * size.rounds)
    tables["pictures"] = part("pictures", "timing pictures", compute)
    tables["shadows"] = part("shadows", "shadows of convex solids", partial(timing.shadows, size.shadows, size.views))


def _figure(tables: dict[str, Any], quality: str) -> Any:
    from symmeter.papers._polyhedra_benchmark_figure import draw

    return draw(tables, quality)


PAPER = Paper.of_parts(
    entry("polyhedra-benchmark"),
    (
        "symmeter.shapes.poly",
        "symmeter.shapes.stellate",
        "symmeter.shapes.point_group",
        "symmeter.shapes.render",
        "symmeter.shapes.Mesh",
    ),
    {"shapes": Part("Every polyhedron exactly, point groups with a margin, and pictures.", CLAIMS, run_shapes)},
)
