"""Experiment for "Lie Group Decompositions for Equivariant Neural Networks" (2310.11366).

Worked numbers and invariant integrals; networks on the affine group of the plane against plain, augmented and compact
ones, trained on upright digits for equal processor time and tested on deformed ones; what their equivariance errors are
made of; times. The published benchmark needs the files of affNIST and a graphics card: this is a scaled one, whose
protocol and its history stand in ``_lie_decompositions_networks``. Laptop trains one seed for 60 seconds a network,
full three seeds for twice as long, and those that the paper compares for ten minutes too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.papers._lie_decompositions_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Seeds and processor seconds of training for each network; and seconds of the longer training of a few.
_SCALES: dict[str, tuple[int, float | None, float | None]] = {
    "smoke": (1, None, None),
    "laptop": (1, 60.0, None),
    "full": (3, 120.0, 600.0),
}
_SMOKE = ("CNN", "GL+(2)", "GL+(2), redrawn")


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work; every network that is finished is kept."""
    from symmeter.papers import _lie_decompositions_networks as networks
    from symmeter.papers import _lie_decompositions_parts as parts

    seeds, seconds, longer = _SCALES[scale]
    small = scale == "smoke"
    jobs = [(name, seed + k) for k in range(seeds) for name in networks.NETWORKS if not small or name in _SMOKE]
    again = [(name, seed + k) for k in range(seeds) for name in networks.LONGER] if longer else []
    number = 3 + len(jobs) + len(again)
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(next(done) / number, what)
        return checkpoints.get_or_compute(name, compute)

    def trained(kind: str, pairs: list[tuple[str, int]], budget: float | None) -> list[Any]:
        """Each in a process and on a thread of its own; budgets are of processor time."""
        names = {_file_name(kind, *pair): pair for pair in pairs}

        def tell(name: str) -> None:
            progress(next(done) / number, "{}, seed {}".format(*names[name]))

        work = {n: partial(parts.trained, *pair, budget, count=24 if small else 797) for n, pair in names.items()}
        return list(checkpoints.get_or_compute_all(work, tell, parallel=not small).values())

    tables: dict[str, Any] = {"scale": scale, "seconds": seconds, "strengths": list(networks.STRENGTHS)}
    # Timed first, while nothing else of ours runs.
    tables["times"] = None if small else part("times", "times", partial(parts.times, 7, 100_000))
    tables["exact"] = part("exact", "worked numbers", partial(parts.exactness, seed, 20_000 if small else 200_000))
    tables["causes"] = part("causes", "causes of errors", partial(parts.causes, seed, small))
    tables["trained"] = trained("trained", jobs, seconds)
    tables["longer"], tables["longer_seconds"] = trained("longer", again, longer), longer
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _file_name(kind: str, network: str, seed: int) -> str:
    words = f"{network} {seed}".replace("+", "p").replace("°", "deg")
    return f"{kind}." + re.sub(r"[^A-Za-z0-9_]+", "-", words)


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
