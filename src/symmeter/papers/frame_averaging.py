"""Experiment for "Frame Averaging for Invariant and Equivariant Network Design" (2110.03336).

All connected graphs on eight vertices are put before random networks, pairs that message passing cannot tell apart are
learned, charged particles are forecast, normals of surfaces are estimated in poses never trained on, and frames are
followed through equal eigenvalues. All data are generated; the paper's own data sets are read by
:func:`symmeter.nn.nbody.load_nbody`, :func:`symmeter.nn.point_clouds.load_normals` and
:func:`symmeter.nn.frames.load_exp`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from symmeter.errors import MissingDependencyError
from symmeter.papers._frame_averaging_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]


@dataclass(frozen=True)
class _Scale:
    """How much is done.

    Attributes
    ----------
    vertices, networks : int
        Graphs of how many vertices, and random networks that look at them.
    pairs, pair_epochs, pair_seeds : int
    particles : tuple of int
        Training and test trajectories, epochs, width, layers.
    particle_seeds : int
    pointnet, dgcnn : tuple of int, or None
        Clouds, points, epochs, width.
    normal_seeds : int
    poses : int
    enough : bool
        Whether trained networks may be judged.
    parallel, paper_size : bool
    """

    vertices: int
    networks: int
    pairs: int
    pair_epochs: int
    pair_seeds: int
    particles: tuple[int, int, int, int, int]
    particle_seeds: int
    pointnet: tuple[int, int, int, int]
    dgcnn: tuple[int, int, int, int]
    normal_seeds: int
    poses: int
    enough: bool
    parallel: bool
    paper_size: bool = False


_SCALES = {
    "smoke": _Scale(6, 3, 12, 2, 1, (100, 20, 1, 12, 2), 1, (10, 32, 1, 4), (10, 32, 1, 4), 1, 20, False, False),
    "laptop": _Scale(
        8, 100, 600, 60, 3, (1000, 600, 100, 48, 3), 3, (300, 256, 60, 24), (150, 128, 30, 24), 1, 50, True, True
    ),
    "full": _Scale(
        8,
        100,
        600,
        200,
        10,
        (3000, 2000, 10_000, 60, 4),
        5,
        (3000, 512, 200, 64),
        (3000, 512, 200, 64),
        3,
        200,
        True,
        True,
        True,
    ),
}

Job = tuple[Callable[..., Any], tuple]
Share = Callable[[Sequence[Job]], list[Any]]


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "symmeter reproduce frame-averaging")
    from symmeter.papers import _frame_averaging_degenerate as degenerate
    from symmeter.papers import _frame_averaging_graphs as graphs
    from symmeter.papers import _frame_averaging_normals as normals
    from symmeter.papers import _frame_averaging_particles as particles

    size = _SCALES[scale]
    steps = 3 + size.particle_seeds + size.normal_seeds
    done = iter(range(steps + 1))

    def part(name: str, what: str, share: Share, jobs: Sequence[Job]) -> list[Any]:
        progress(next(done) / steps, what)
        return checkpoints.get_or_compute(name, lambda: share(jobs))

    with _workers(size.parallel) as share:
        pair_jobs = [
            (graphs.classified, (name, size.pairs, size.pair_epochs, seed + k))
            for name in graphs.CLASSIFIERS
            for k in range(_seeds(name, size))
        ]
        jobs = [
            (graphs.separation, (size.vertices, size.networks)),
            (graphs.enumeration, (size.vertices,)),
            (graphs.frame_statistics, (min(size.vertices, 7), seed)),
            *pair_jobs,
        ]
        separation, enumeration, frames, *classified = part("graphs", "graphs", share, jobs)
        forecasts = [
            part(
                f"particles.{k}",
                f"charged particles, seed {k + 1} of {size.particle_seeds}",
                share,
                # The longest first, so that two workers finish together.
                [(particles.trained, (name, *size.particles, seed + k)) for name in reversed(particles.METHODS)],
            )
            for k in range(size.particle_seeds)
        ]
        estimates = [
            part(
                f"normals.{k}",
                f"normals, seed {k + 1} of {size.normal_seeds}",
                share,
                [
                    (normals.trained, (name, *(size.pointnet if "pointnet" in name else size.dgcnn), seed + k))
                    for name in reversed(normals.METHODS)
                ],
            )
            for k in range(size.normal_seeds)
        ]
        [symmetric] = part("degenerate", "equal eigenvalues", share, [(degenerate.measured, (size.poses, seed))])
    still = [
        particles.constant_velocity(particles.simulated(1, size.particles[1], seed + k)[1])
        for k in range(size.particle_seeds)
    ]
    tables: dict[str, Any] = {
        "enumeration": enumeration,
        "frames": frames,
        "separation": separation,
        "pairs": {
            "enough": size.enough,
            "rows": _by_name({name: _seeds(name, size) for name in graphs.CLASSIFIERS}, classified),
        },
        "particles": {
            "enough": size.enough,
            "paper_size": size.paper_size,
            "constant_velocity": still,
            "rows": {name: [f[-1 - i] for f in forecasts] for i, name in enumerate(particles.METHODS)},
        },
        "normals": {
            "enough": size.enough,
            "rows": {name: [e[-1 - i] for e in estimates] for i, name in enumerate(normals.METHODS)},
        },
        "degenerate": symmetric,
    }
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables, seed), tables=tables)


def _seeds(name: str, size: _Scale) -> int:
    """The rows that sample orderings take long and are there for comparison: one seed but at full scale."""
    return size.pair_seeds if size.paper_size or name in ("gin", "fa-mlp", "fa-gin") else 1


def _by_name(repeats: dict[str, int], results: list[Any]) -> dict[str, list[Any]]:
    rest = iter(results)
    return {name: [next(rest) for _ in range(number)] for name, number in repeats.items()}


def _figure(tables: dict[str, Any], seed: int) -> Any:
    from symmeter.papers._frame_averaging_figure import draw

    return draw(tables, seed)


@contextmanager
def _workers(parallel: bool) -> Iterator[Share]:
    """Runs jobs on all processors or in this process; one thread of linear algebra in each."""
    if not parallel:
        yield lambda jobs: [call(*arguments) for call, arguments in jobs]
        return
    from joblib import Parallel, delayed

    # Processes on this machine, unless a joblib.parallel_config says otherwise (Dask, Ray, ...).
    with Parallel(n_jobs=-1) as pool:
        yield lambda jobs: list(pool(delayed(call)(*arguments) for call, arguments in jobs))


PAPER = Paper.of(
    entry("frame-averaging"),
    implements=(
        "symmeter.nn.frames.FrameAverage",
        "symmeter.nn.frames.EuclideanFrame",
        "symmeter.nn.frames.PermutationFrame",
        "symmeter.nn.frames.PermutationAverage",
        "symmeter.nn.frames.FrameAveragedGNN",
    ),
    claims=CLAIMS,
    run=run,
)
