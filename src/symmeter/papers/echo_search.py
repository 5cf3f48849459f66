"""Experiment for "Model-agnostic search for the quasinormal modes of gravitational wave echoes".

Combs of echoes in noise are searched without a waveform: likelihoods against an independent computation, evidence by
duration and by number of echoes beside the published tables, noise alone, recovery of the spacing, honest posteriors;
and light rings of black holes, from which the benchmark waveforms are made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.papers._echo_search_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Realisations: at the truth, of evidence, of noise alone, of recovery, of waveforms, of ranks; rounds of the timing.
_SCALES = {
    "smoke": (20, 0, 0, 2, 0, 0, 0),
    "laptop": (20, 20, 200, 20, 6, 60, 3),
    "full": (100, 100, 1000, 100, 100, 200, 10),
}
_SECONDS = {"smoke": (), "laptop": (1, 2, 4, 8, 12, 24, 52), "full": (1, 2, 3, 4, 8, 12, 24, 52)}
_ECHOES = {"laptop": (20, 50, 100), "full": (10, 20, 50, 100, 150, 200)}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from symmeter.papers import _echo_search_combs as combs
    from symmeter.papers import _echo_search_light_ring as ring
    from symmeter.papers import _echo_search_shapes as shapes

    truth, evidence, noise, recovery, waveforms, ranks, rounds = _SCALES[scale]
    work: dict[str, Callable[[], Any] | None] = {
        # Timed first, while nothing else of ours runs.
        "times": partial(combs.times, rounds, seed) if rounds else None,
        "oracles": combs.oracles,
        "ring": ring.light_rings,
        "curves": ring.curves,
        "truth": partial(combs.at_the_truth, truth, (1, 4, 12, 52)),
        "recovery": partial(combs.recovery, recovery),
        "scan": partial(combs.one_scan, seed),
        "noise": partial(combs.noise_alone, noise, seed) if noise else None,
    }
    tables: dict[str, Any] = {"scale": scale}
    parts = len(work) + len(_SECONDS[scale]) + (4 if waveforms else 0) + bool(ranks)
    done = iter(range(parts + 1))

    def part(name: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / parts, 1.0), _WORDS.get(name.split("-")[0], name))
        return checkpoints.get_or_compute(name, compute)

    for name, compute in work.items():
        tables[name] = None if compute is None else part(name, compute)
    rows = [part(f"evidence-{t}", partial(combs.evidence, t, evidence, seed)) for t in _SECONDS[scale]]
    tables["evidence"] = combs.gathered(rows) if rows else None
    tables["shapes"] = None
    if waveforms:
        found = {
            name: part(f"shapes-{name}", partial(shapes.evidence_of, name, _ECHOES[scale], waveforms, seed))
            for name in ("constant", "damped", "boltzmann", "xin")
        }
        tables["shapes"] = {"draws": waveforms, "waveforms": found}
    tables["ranks"] = part("ranks", partial(combs.ranks, ranks, seed)) if ranks else None
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


_WORDS = {
    "times": "time of a search", "oracles": "known likelihoods", "ring": "light rings", "curves": "light rings",
    "truth": "likelihood at the truth", "recovery": "recovery of the spacing", "scan": "one comb",
    "noise": "noise alone", "evidence": "evidence by duration", "shapes": "benchmark waveforms", "ranks": "posteriors",
}  # fmt: skip


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._echo_search_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("echo-search"),
    implements=(
        "symmeter.signals.echoes.search",
        "symmeter.signals.echoes.benchmark",
        "symmeter.signals.echoes.transfer_function",
    ),
    claims=CLAIMS,
    run=run,
)
