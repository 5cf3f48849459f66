"""Experiment for "Characterizing gravitational wave stochastic background anisotropy with Pulsar Timing Arrays".

Exact generalised overlap functions are held against published forms, quadrature and symmetry; skies are recovered from
simulated correlations of 68 pulsars with calibrated errors; finite populations of sources are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from symmeter.papers._pta_anisotropy_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Draws of recoveries, of isotropic skies, of populations; largest degree; rounds of the timing.
_SCALES = {"smoke": (40, 60, 40, 16, 0), "laptop": (500, 1000, 300, 32, 20), "full": (5000, 10000, 2000, 32, 60)}


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from symmeter.papers import _pta_anisotropy_parts as parts

    recoveries, skies, populations, lmax, rounds = _SCALES[scale]
    number = 9
    done = iter(range(number + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / number, 1.0), what)
        return checkpoints.get_or_compute(name, compute)

    tables: dict[str, Any] = {"scale": scale}
    # Timed first, while nothing else of ours runs.
    tables["times"] = part("times", "time of overlap functions", partial(parts.times, rounds)) if rounds else None
    tables["curves"] = part("curves", "overlap functions", parts.curves)
    tables["closed"] = part("closed", "closed forms", parts.closed_forms)
    tables["exact"] = part("exact", "exactness", partial(parts.exactness, lmax, seed))
    tables["recovery"] = part("recovery", "a dipole in noise", partial(parts.recovery, recoveries, seed))
    tables["alarms"] = part("alarms", "isotropic skies", partial(parts.false_alarms, skies, seed))
    tables["populations"] = part("populations", "finite populations", partial(parts.populations, populations, seed))
    tables["detections"] = part(
        "detections", "populations seen", partial(parts.detections, max(recoveries // 5, 20), seed)
    )
    tables["sky"] = part("sky", "one sky", partial(parts.sky, 0.1, seed))
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._pta_anisotropy_figure import draw

    return draw(tables)


PAPER = Paper.of(
    entry("pta-anisotropy"),
    implements=(
        "symmeter.signals.pta.Array",
        "symmeter.signals.pta.AnisotropyFit",
        "symmeter.signals.pta.population",
        "symmeter.signals.pta.simulate",
    ),
    claims=CLAIMS,
    run=run,
)
