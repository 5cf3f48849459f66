"""Experiment for "Noether's Learning Dynamics: Role of Symmetry Breaking in Neural Networks" (2105.02716).

Charges of a network on digits are measured beside exact recursions, the continuous model and decay alone; normalised
weights are compared with RMSProp; symmetries are found from gradients alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.errors import MissingDependencyError
from symmeter.papers._noether_learning_dynamics_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Steps on digits, on the dense network and of the noisy loss; rounds of the timing.
_SCALES = {"smoke": (60, 60, 600, 0), "laptop": (2000, 400, 20000, 30), "full": (20000, 4000, 100000, 60)}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "optim", "the experiment on charges")
    if find_spec("sklearn") is None:
        raise MissingDependencyError("scikit-learn", "examples", "the digits of this experiment")
    from symmeter.papers import _noether_learning_dynamics_parts as parts

    on_digits, dense, noisy, rounds = _SCALES[scale]
    number = len(parts.SETTINGS) + 9
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / number, 1.0), what)
        return checkpoints.get_or_compute(name, compute)

    tables: dict[str, Any] = {"scale": scale}
    # Timed first, while nothing else of ours runs.
    tables["overhead"] = part("overhead", "cost of tracking", partial(parts.overhead, rounds)) if rounds else None
    tables["digits"] = {
        name: part(f"digits.{k}", f"digits, {name}", partial(parts.digits_run, name, on_digits, seed))
        for k, name in enumerate(parts.SETTINGS)
    }
    tables["dense"] = part("dense", "dense network", partial(parts.dense_errors, dense, seed))
    tables["scalars"] = part("scalars", "scalar laws", parts.scalars)
    tables["rayleigh"] = part("rayleigh", "normalised weights", partial(_rayleigh, noisy, seed))
    tables["rotations"] = part("rotations", "angular momentum", partial(parts.rotations, 60, seed))
    tables["drifts"] = part("drifts", "drift in a fixed time", partial(parts.drifts, seed))
    tables["discovery"] = part("discovery", "symmetries from gradients", partial(parts.discovery, seed))
    tables["budgets"] = part("budgets", "budgets", partial(parts.budgets, 100, seed))
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _rayleigh(steps: int, seed: int) -> list[dict[str, float]]:
    from symmeter.papers import _noether_learning_dynamics_parts as parts

    return [{**row, "steps": steps} for row in parts.rayleigh(steps, seed)]


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._noether_learning_dynamics_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("noether-learning-dynamics"),
    implements=(
        "symmeter.optim.noether.discover_symmetries",
        "symmeter.optim.noether.NoetherTracker",
        "symmeter.optim.noether.StepRule",
    ),
    claims=CLAIMS,
    run=run,
)
