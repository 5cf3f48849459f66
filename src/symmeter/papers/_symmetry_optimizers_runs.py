"""Training runs of the experiment on optimizers: the grid of rates that every method gets, and repeats at the best.

Rates are chosen on a seed of their own; the repeats that methods are compared by start from other seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["LATER", "REGIMES", "Job", "Regime", "best_rates", "number_of_repeats", "repeats_of", "sweep", "train"]

#: Learning rates, and factors of the embedding's rate, that every method is tried at.
RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
FACTORS = (1.0, 4.0)
#: The seed that rates are chosen on.
CHOSEN_ON = 100
_ALL = ("adamw", "muon", "row", "hybrid")
#: Rules of the router that are compared, on the row stack.
ROUTERS = {"router AdamW": "adamw", "router left-spectral": "centered_left_spectral", "router row": "centered_row"}


@dataclass(frozen=True)
class Regime:
    """What is learned, and by which network.

    Attributes
    ----------
    vocabulary : int
        256 for bytes, otherwise how many words.
    layers, experts : int
    sequences, length, steps : int
    methods : tuple of str
        Recipes, or keys of ``ROUTERS``.
    rates, factors : tuple of float
    repeats : int
        Seeds that methods are compared by, counted from the one asked for.
    """

    vocabulary: int
    layers: int
    sequences: int
    length: int
    steps: int = 300
    experts: int = 0
    methods: tuple[str, ...] = _ALL
    rates: tuple[float, ...] = RATES
    factors: tuple[float, ...] = FACTORS
    repeats: int = 3


REGIMES: Mapping[str, Regime] = {
    "bytes": Regime(256, 3, 16, 128),
    "words": Regime(2048, 3, 24, 64),
    "experts": Regime(2048, 2, 16, 64, 200, 4, ("adamw", "muon", *ROUTERS), factors=(1.0,)),
    "deep": Regime(256, 8, 16, 128, rates=RATES[1:], factors=(1.0,), repeats=5),
    "many words": Regime(8192, 2, 24, 64, rates=RATES[1:], factors=(1.0,), repeats=5),
}
#: Regimes whose repeats are made at full scale only.
LATER = ("deep", "many words")


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes
    ----------
    task : str
        A key of ``REGIMES``.
    method : str
    lr, embedding : float
        Learning rate, and its factor for the embedding.
    seed, steps : int
    text_bytes : int
        How much of the text is used, 0 for all.
    """

    task: str
    method: str
    lr: float
    embedding: float
    seed: int
    steps: int
    text_bytes: int = 0


def sweep(tasks: Iterable[str] = tuple(REGIMES)) -> list[Job]:
    """One grid for every method."""
    return [
        Job(task, method, lr, factor, CHOSEN_ON, regime.steps)
        for task, regime in ((t, REGIMES[t]) for t in tasks)
        for lr in regime.rates
        for factor in regime.factors
        for method in regime.methods
    ]


def best_rates(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Learning rate and factor of the embedding with the lowest held-out loss, by task and method."""
    best: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        key = (row["task"], row["method"])
        if key not in best or row["loss"] < best[key]["loss"]:
            best[key] = row
    return {key: (row["lr"], row["embedding"]) for key, row in best.items()}


def number_of_repeats(scale: str) -> int:
    """How many runs :func:`repeats_of` gives."""
    regimes = [r for name, r in REGIMES.items() if scale == "full" or name not in LATER]
    return sum(len(r.methods) * (1 if scale == "smoke" else r.repeats) for r in regimes)


def repeats_of(scale: str, seed: int, best: Mapping[tuple[str, str], tuple[float, float]]) -> list[Job]:
    """Runs at the best rate of each method, over seeds; a few steps of each at scale smoke."""
    if scale == "smoke":
        return [
            Job(task, method, *best[task, method], seed, 6 if task != "experts" else 4, 60_000)
            for task, regime in REGIMES.items()
            if task not in LATER
            for method in regime.methods
        ]
    return [
        Job(task, method, *best[task, method], seed + k, regime.steps)
        for task, regime in REGIMES.items()
        if scale == "full" or task not in LATER
        for k in range(regime.repeats)
        for method in regime.methods
    ]


@lru_cache(maxsize=4)
def _corpus(vocabulary: int, text_bytes: int) -> Any:
    from symmeter.optim.pretraining import Corpus, standard_library_text

    text = standard_library_text()
    return Corpus.of(text[:text_bytes] if text_bytes else text, "bytes" if vocabulary == 256 else "words", vocabulary)


def train(job: Job) -> dict[str, Any]:
    """Train one and give its losses; infinite where the rate was too high."""
    import torch

    from symmeter.errors import NonFiniteError
    from symmeter.optim.pretraining import NetworkShape, Training, TrainingPlan

    torch.set_num_threads(1)
    regime = REGIMES[job.task]
    corpus = _corpus(regime.vocabulary, job.text_bytes)
    shape = NetworkShape(len(corpus.vocabulary), layers=regime.layers, experts=regime.experts)
    settings: dict[str, Any] = {"lr_mult": {"embedding": job.embedding}} if job.embedding != 1 else {}
    if job.method in ROUTERS:
        settings["rules"] = {"router": ROUTERS[job.method]}
    plan = TrainingPlan(
        "row" if job.method in ROUTERS else job.method, job.lr, job.steps, seed=job.seed, settings=settings,
        check_every=max(1, job.steps // 12), sequences=regime.sequences, length=regime.length,
    )  # fmt: skip
    training = Training(corpus, shape, plan)
    try:
        run = training.run()
        loss, drift = run.loss, run.drift
    except NonFiniteError:
        run = training.result()
        loss = drift = float("inf")
    return {
        "task": job.task, "method": job.method, "lr": job.lr, "embedding": job.embedding, "seed": job.seed,
        "loss": loss, "checked": list(run.checked), "held_out": list(run.held_out_loss), "drift": drift,
        "seconds": run.seconds, "optimizer_seconds": run.optimizer_seconds, "steps": job.steps,
        "digest": corpus.digest,
    }  # fmt: skip
