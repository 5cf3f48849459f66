"""Training runs of the experiment on optimizers: which are made at each scale, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["Job", "jobs_of", "low_rates_of", "train"]

_BYTES = {"sequences": 16, "length": 128}
_WORDS = {"sequences": 24, "length": 64}
_EXPERTS = {"sequences": 16, "length": 64}
#: Steps, and seeds of words and experts.
_LENGTHS = {"laptop": (300, 3), "full": (2000, 5)}
#: Rules of the router that are compared, on the row stack.
ROUTERS = {"AdamW": "adamw", "left-spectral": "centered_left_spectral", "centered row": "centered_row"}


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes
    ----------
    task : str
        "bytes", "words" or "experts".
    method : str
        A recipe, or for experts the rule of the router.
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


def jobs_of(scale: str, seed: int) -> list[Job]:
    """Runs at a scale: one seed for the grid of bytes, several for words and experts."""
    if scale == "smoke":
        return [
            Job(task, method, 4e-3, 1.0, seed, 6, 60_000)
            for task, methods in (("bytes", ("adamw", "muon", "row", "hybrid")), ("words", ("muon", "row", "hybrid")))
            for method in methods
        ] + [Job("experts", router, 4e-3, 1.0, seed, 4, 60_000) for router in ROUTERS]
    steps, seeds = _LENGTHS[scale]
    rates = {"adamw": (5e-4, 1e-3, 2e-3, 4e-3, 8e-3)}
    grid = [
        Job("bytes", m, lr, 1.0, seed, steps)
        for m in ("adamw", "muon", "row", "hybrid")
        for lr in rates.get(m, (2e-3, 4e-3, 8e-3))
    ]
    words = [
        Job("words", m, 4e-3, factor, seed + k, steps)
        for k in range(seeds)
        for m in ("muon", "row", "hybrid")
        for factor in (1.0, 4.0)
    ]
    experts = [Job("experts", r, 4e-3, 1.0, seed + k, (2 * steps) // 3) for k in range(seeds) for r in ROUTERS]
    return [*grid, *words, *experts]


def low_rates_of(scale: str, seed: int) -> list[Job]:
    """The rates of bytes that only AdamW has in :func:`jobs_of`, for the others: one grid for every method."""
    if scale == "smoke":
        return []
    return [
        Job("bytes", m, lr, 1.0, seed, _LENGTHS[scale][0]) for m in ("muon", "row", "hybrid") for lr in (5e-4, 1e-3)
    ]


@lru_cache(maxsize=4)
def _corpus(kind: str, text_bytes: int) -> Any:
    from symmeter.optim.pretraining import Corpus, standard_library_text

    text = standard_library_text()
    return Corpus.of(text[:text_bytes] if text_bytes else text, kind, 2048)


def train(job: Job) -> dict[str, Any]:
    """Train one and give its losses."""
    import torch

    from symmeter.optim.pretraining import NetworkShape, Training, TrainingPlan

    torch.set_num_threads(1)
    corpus = _corpus("bytes" if job.task == "bytes" else "words", job.text_bytes)
    experts = job.task == "experts"
    layers = 2 if experts else 3
    shape = NetworkShape(len(corpus.vocabulary), layers=layers, experts=4 if experts else 0)
    settings: dict[str, Any] = {"lr_mult": {"embedding": job.embedding}} if job.embedding != 1 else {}
    if experts:
        settings["rules"] = {"router": ROUTERS[job.method]}
    sizes = {"bytes": _BYTES, "words": _WORDS, "experts": _EXPERTS}[job.task]
    plan = TrainingPlan(
        "row" if experts else job.method, job.lr, job.steps, seed=job.seed, settings=settings,
        check_every=max(1, job.steps // 6), balance=0.0, **sizes,
    )  # fmt: skip
    run = Training(corpus, shape, plan).run()
    return {
        "task": job.task, "method": job.method, "lr": job.lr, "embedding": job.embedding, "seed": job.seed,
        "loss": run.loss, "checked": list(run.checked), "held_out": list(run.held_out_loss), "drift": run.drift,
        "seconds": run.seconds, "optimizer_seconds": run.optimizer_seconds, "digest": corpus.digest,
    }  # fmt: skip


def best_of(rows: Sequence[dict[str, Any]], task: str, method: str) -> dict[str, Any]:
    """The run of a method with the lowest held-out loss."""
    return min((r for r in rows if r["task"] == task and r["method"] == method), key=lambda r: r["loss"])
