"""Experiment for "Lie Group Decompositions for Equivariant Neural Networks" (2310.11366).

Worked numbers and invariant integrals; networks on the affine group of the plane against plain, augmented and compact
ones, trained on upright digits for equal processor time and tested on deformed ones; what their equivariance errors are
made of; times. The published benchmark needs the files of affNIST and a graphics card: this is a scaled one, whose
protocol and its history stand in ``_lie_decompositions_networks``. Laptop trains one seed for 60 seconds a network,
full three seeds for twice as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from symmeter.papers._lie_decompositions_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Seeds and processor seconds of training for each network.
_SCALES: dict[str, tuple[int, float | None]] = {"smoke": (1, None), "laptop": (1, 60.0), "full": (3, 120.0)}
_TOGETHER = 2


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work; every pair of networks that is finished is kept."""
    from symmeter.papers import _lie_decompositions_networks as networks
    from symmeter.papers import _lie_decompositions_parts as parts

    seeds, seconds = _SCALES[scale]
    small = scale == "smoke"
    jobs = [(name, seed + k) for k in range(seeds) for name in networks.NETWORKS]
    jobs = [j for j in jobs if not small or j[0] in ("CNN", "GL+(2)", "GL+(2), redrawn")]
    pairs = [jobs[k : k + _TOGETHER] for k in range(0, len(jobs), _TOGETHER)]
    number = 3 + len(pairs)
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / number, 1.0), what)
        return checkpoints.get_or_compute(name, compute)

    tables: dict[str, Any] = {"scale": scale, "seconds": seconds, "strengths": list(networks.STRENGTHS)}
    # Timed first, while nothing else of ours runs.
    tables["times"] = None if small else part("times", "times", partial(parts.times, 7, 100_000))
    tables["exact"] = part("exact", "worked numbers", partial(parts.exactness, seed, 20_000 if small else 200_000))
    tables["causes"] = part("causes", "causes of errors", partial(parts.causes, seed, small))
    tables["trained"] = []
    for pair in pairs:
        what = f"training {' and '.join(f'{name}, seed {k}' for name, k in pair)}"
        tables["trained"] += part(_file_name(pair), what, partial(_train, pair, seconds, 24 if small else 797))
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _file_name(pair: Sequence[tuple[str, int]]) -> str:
    """One name for what was trained together, whatever else is in the list."""
    words = "_".join(f"{name} {k}" for name, k in pair).replace("+", "p").replace("°", "deg")
    return "trained." + re.sub(r"[^A-Za-z0-9_]+", "-", words)


def _train(pair: Sequence[tuple[str, int]], seconds: float | None, count: int) -> list[dict[str, Any]]:
    """Side by side, each in a process and on a thread of its own; budgets are of processor time."""
    from symmeter.papers._lie_decompositions_parts import trained

    if seconds is None or len(pair) == 1:
        return [trained(name, seed, seconds, count=count) for name, seed in pair]
    from joblib import Parallel, delayed

    found: list[Any] = list(
        Parallel(n_jobs=_TOGETHER)(delayed(trained)(name, seed, seconds, count=count) for name, seed in pair)
    )
    return found


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._lie_decompositions_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("lie-decompositions"),
    implements=(
        "symmeter.groups.lie.polar",
        "symmeter.groups.lie.integrate",
        "symmeter.nn.affine.Lift2d",
        "symmeter.nn.affine.GroupConv2d",
        "symmeter.nn.affine.Project2d",
        "symmeter.nn.affine.AffineResNet",
        "symmeter.nn.affine.equivariance_report",
    ),
    claims=CLAIMS,
    run=run,
)
