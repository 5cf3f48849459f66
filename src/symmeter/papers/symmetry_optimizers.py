"""Experiment for "Symmetry-Compatible Principle for Optimizer Design: Embeddings, LM Heads, SwiGLU MLPs, and MoE
Routers" (2605.18106).

Symmetric twins are trained side by side; optimizers are audited block by block; small language models are trained on
the sources of Python's standard library. Every optimizer gets one grid of learning rates and of factors for the
embedding, on a seed of its own (scale full; its result is kept), and is repeated on three other seeds at its best. The
published runs on billions of tokens are listed, not run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from symmeter.errors import MissingDependencyError
from symmeter.papers._symmetry_optimizers_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "optim", "the experiment on optimizers")
    from symmeter.papers._symmetry_optimizers_rates import kept_rates, kept_repeats
    from symmeter.papers._symmetry_optimizers_runs import Job, best_rates, number_of_repeats, repeats_of, sweep, train

    large = scale != "smoke"
    tried = sweep() if scale == "full" else []
    number = len(tried) + number_of_repeats(scale) + 4
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(next(done) / number, what)
        return checkpoints.get_or_compute(name, compute)

    def trained(kind: str, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        names = {f"{kind}.{k}": job for k, job in enumerate(jobs)}

        def tell(name: str) -> None:
            job = names[name]
            progress(next(done) / number, f"{job.task}, {job.method} at {job.lr:g}")

        work = {name: partial(train, job) for name, job in names.items()}
        return list(checkpoints.get_or_compute_all(work, tell, parallel=large).values())

    tables: dict[str, Any] = {"scale": scale}
    # Timed first, while nothing else of ours runs.
    tables["timing"] = part("timing", "time of a step", partial(_timing, 12)) if large else None
    tables["memory"] = part("memory", "numbers kept", _memory)
    tables["twins"] = part("twins", "symmetric twins", partial(_twins, 40, seed))
    tables["audit"] = part("audit", "audits", partial(_audits, seed))
    # At full scale rates are chosen afresh; the laptop repeats those of the kept sweep.
    tables["sweep"] = trained("sweep", tried) if tried else kept_rates()
    tables["kept"] = kept_repeats() if scale == "laptop" else []
    tables["runs"] = trained("runs", repeats_of(scale, seed, best_rates(tables["sweep"])))
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._symmetry_optimizers_figure import draw

    return draw(tables)


def _timing(rounds: int) -> dict[str, Any]:
    from symmeter.papers._symmetry_optimizers_timing import step_times

    return step_times(True, rounds)


def _memory() -> dict[str, Any]:
    from symmeter.papers._symmetry_optimizers_timing import step_times

    return step_times(False, 1)


def _twins(steps: int, seed: int) -> dict[str, Any]:
    import torch

    from symmeter.optim import SymmetryStack
    from symmeter.papers._symmetry_optimizers_twins import TWIN_STACKS, twin_trajectories

    out: dict[str, Any] = {}
    for name, rules in TWIN_STACKS.items():
        out[name] = twin_trajectories(lambda net, rules=rules: SymmetryStack(net, lr=0.02, rules=rules), steps, seed)

    def adamw(net: Any) -> torch.optim.Optimizer:
        # Moments that agree up to rounding are divided by each other: eps keeps that from showing.
        return torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=0.0, eps=1e-5)

    out["AdamW"] = twin_trajectories(adamw, steps, seed)
    out["AdamW, permutations"] = twin_trajectories(adamw, steps, seed, permutations_only=True)
    return out


def _audits(seed: int) -> dict[str, dict[str, float]]:
    import torch

    from symmeter.optim import SymmetryStack, audit_optimizer
    from symmeter.optim.pretraining import LanguageModel, NetworkShape

    net = LanguageModel(NetworkShape(96, 32, 2, 2, 48, experts=4), seed)
    tokens = torch.randint(96, (8, 33), generator=torch.Generator().manual_seed(seed))
    optimizers: list[tuple[Any, dict[str, Any]]] = [
        (SymmetryStack, {"lr": 4e-3}),
        (torch.optim.AdamW, {"lr": 1e-3, "weight_decay": 0.0}),
        (torch.optim.SGD, {"lr": 1e-2, "momentum": 0.9}),
        (torch.optim.RMSprop, {"lr": 1e-3}),
    ]
    return {o.__name__: audit_optimizer(o, net, tokens, seed=seed, **s).by_role() for o, s in optimizers}


PAPER = Paper.of(
    entry("symmetry-optimizers"),
    implements=(
        "symmeter.optim.SymmetryStack",
        "symmeter.optim.classify",
        "symmeter.optim.audit_optimizer",
        "symmeter.optim.pretraining.Training",
    ),
    claims=CLAIMS,
    run=run,
)
