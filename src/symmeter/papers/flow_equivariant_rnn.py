"""Experiment for "Flow Equivariant Recurrent Neural Networks" (2507.14793).

The theorem with random weights; digits that drift over each other, predicted and classified by networks with and
without channels of velocities, in the published arrangement and in one that is equivariant as a whole; the time of a
cell. Full scale also trains both arrangements of both networks, and a ConvGRU, for 3,000 steps instead of 400, on which
the long horizon is judged, three classifiers of each kind, and classifiers with learned kernels in place of shifts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.papers._flow_equivariant_rnn_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, network by network: what is finished is kept."""
    from symmeter.papers import _flow_equivariant_rnn_parts as parts

    predict, classify, seeds, few = parts.recipes(scale)
    jobs = [(name, data, seed + k) for data in (2, 1) for k in seeds for name in parts.DATA[data]]
    sorts = [
        (name, data, seed + k)
        for data in ((0, 2) if scale == "full" else (0,))
        for k in few
        for name in parts.CLASSIFIERS
        if scale == "full" or name != "G-RNN+"
    ]
    long = parts.longer(scale)
    again = [(name, seed + k) for k in seeds for name in parts.LONGER] if long is not None else []
    number = 3 + len(jobs) + len(again) + len(sorts)
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(next(done) / number, what)
        return checkpoints.get_or_compute(name, compute)

    def trained(work: dict[str, tuple[str, Callable[[], Any]]]) -> list[Any]:
        def tell(name: str) -> None:
            progress(next(done) / number, work[name][0])

        found = checkpoints.get_or_compute_all({n: w[1] for n, w in work.items()}, tell, parallel=scale != "smoke")
        return list(found.values())

    tables: dict[str, Any] = {"scale": scale, "steps": predict.steps, "given": predict.given}
    # Timed first, while nothing else of ours runs.
    tables["times"] = part("times", "time of a cell", partial(parts.times, 12)) if scale != "smoke" else None
    tables["exact"] = part("exact", "what the theorem says", partial(parts.exactness, seed))
    tables["readout"] = part(
        "readout", "velocities read", partial(parts.readout, seed, 20 if scale == "smoke" else 400)
    )
    tables["predicted"] = trained(
        {
            f"predicted.{data}.{k}.{_file_name(name)}": (
                f"{name}, data V{data}, seed {k}",
                partial(parts.predicted, predict, name, data, k),
            )
            for name, data, k in jobs
        }
    )
    tables["longer_steps"] = None if long is None else long.steps
    tables["longer"] = trained(
        {
            f"longer.2.{k}.{_file_name(name)}": (
                f"{name}, seed {k}, for longer",
                partial(parts.predicted, long, name, 2, k),
            )
            for name, k in again
        }
    )
    tables["classified"] = trained(
        {
            f"classify.{data}.{k}.{_file_name(name)}": (
                f"{name}, classes, data V{data}, seed {k}",
                partial(parts.classified, classify, name, data, k),
            )
            for name, data, k in sorts
        }
    )
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _file_name(model: str) -> str:
    return model.replace("+", " plus").replace(",", "").replace(" ", "-")


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._flow_equivariant_rnn_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("flow-equivariant-rnn"),
    implements=(
        "symmeter.nn.flow.FlowRNNCell",
        "symmeter.nn.flow.FlowSeq2Seq",
        "symmeter.nn.flow.FlowClassifier",
        "symmeter.nn.flow.flow_equivariance_error",
        "symmeter.nn.flow.estimate_velocity",
    ),
    claims=CLAIMS,
    run=run,
)
