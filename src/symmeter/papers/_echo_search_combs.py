"""Parts of the experiment on echoes with uniform combs: likelihoods, evidence, noise alone, recovery, posteriors."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symmeter.signals import echoes as ec

__all__ = [
    "at_the_truth",
    "each",
    "evidence",
    "gathered",
    "noise_alone",
    "one_scan",
    "oracles",
    "ranks",
    "recovery",
    "times",
]

#: The study of the paper: white noise of unit variance at 4096 Hz, fifty lines.
RATE = 4096.0
TRUTH = ec.Comb(width=0.25, amplitude=0.077, phase=1.26 / 5.83, spacing=5.83, fmin=50.0, fmax=339.0)
#: Nothing above this is looked at.
_TOP = 350.0


def data_of(seconds: float, seed: int, injected: bool = True) -> Any:
    """Noise of a duration, with the comb in it or without."""
    n = round(seconds * RATE)
    noise = np.random.default_rng(seed).standard_normal(n)
    keep = int(_TOP * seconds)
    f = np.arange(keep) / seconds
    spectrum = np.fft.rfft(noise)[:keep] / RATE
    if injected:
        spectrum = spectrum + TRUTH.template(f, seconds)
    return ec.DetectorData.of(f, spectrum, 2.0 / RATE)


def prior_of(seconds: float) -> Any:
    """Four free parameters, the band known; spacings as dense as themselves, since the offset is uniform in hertz."""
    widest = 2.0 if seconds <= 4 else 0.5
    # Two lines are told apart in twice one over their spacing; 3 % of the published prior, or less, lies below.
    least = max(1.0, 2.02 / seconds)
    return ec.UniEwPrior(
        width=(1.0 / seconds, widest), amplitude=(1e-6, 10.0), spacing=(least, 10.0), band=(TRUTH.fmin, TRUTH.fmax),
        free_band=False, spacing_density="proportional",
    )  # fmt: skip


def oracles() -> dict[str, float]:
    """Likelihoods of known data, largest difference from an independent computation."""
    seconds, rate = 8.0, 2048.0
    n = round(seconds * rate)
    comb = ec.Comb(width=0.3, amplitude=0.1, phase=0.4, spacing=6.5, fmin=60.0, fmax=300.0)
    f = np.arange(n // 2) / seconds
    wave = comb.template(f, seconds, truncation="reference")
    noise = np.fft.fft(np.random.default_rng(7).normal(size=n))[: n // 2] / rate
    known = {(True, "per-mode"): 45.98330054933, (True, "per-bin"): 25.91322628194,
             (False, "per-mode"): 38.97086034, (False, "per-bin"): -10.07942692}  # fmt: skip
    gaps = []
    for (noisy, likelihood), value in known.items():
        data = ec.DetectorData.of(f, wave + noise * noisy, 2.0 / rate)
        gaps.append(abs(ec.EchoLikelihood(data, likelihood, truncation="reference")(comb) - value))
    # Narrow and far apart: three bins to each side would be kept, so that all but the central one are masked.
    alone = ec.Comb(width=0.3, amplitude=0.1, phase=0.0, spacing=6.5, fmin=60.0, fmax=300.0)
    off = np.abs((f + 3.25) % 6.5 - 3.25) > 1e-9
    few = ec.DetectorData.of(f, wave + noise, 2.0 / rate, mask=off)
    both = [ec.EchoLikelihood(few, name)(alone) for name in ("per-mode", "per-bin")]
    return {"gap": max(gaps), "snr": float(comb.snr(f, 2.0 / rate)), "unresolved": abs(both[0] - both[1])}


def at_the_truth(draws: int, durations: Sequence[int]) -> dict[str, Any]:
    """ln likelihood ratios at the true parameters: medians and their errors."""
    rows: dict[str, list[Any]] = {"new": [], "old": [], "errors": []}
    for seconds in durations:
        values = np.array([
            [ec.EchoLikelihood(data, name)(TRUTH) for name in ("per-mode", "per-bin")]
            for data in (data_of(float(seconds), seed) for seed in range(draws))
        ])  # fmt: skip
        middle = np.median(values, axis=0)
        rows["new"].append(float(middle[0]))
        rows["old"].append(float(middle[1]))
        # Of the difference of two medians of normal scatter, ours and the prototype's of 20.
        rows["errors"].append((1.2533 * values.std(0, ddof=1) * np.sqrt(1 / draws + 1 / 20)).tolist())
    return {"seconds": list(durations), "draws": draws, **rows}


def each(task: Callable[..., Any], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The task for every row of arguments, in processes of this machine (or as a joblib.parallel_config says)."""
    from joblib import Parallel, delayed

    if len(rows) < 4:
        return [task(*row) for row in rows]
    return list(Parallel(n_jobs=-1)(delayed(task)(*row) for row in rows))


def _factors(seconds: float, noise: int, injected: bool) -> list[tuple[float, float]]:
    """ln Bayes factors and their errors of one realisation, new and old."""
    data, prior = data_of(seconds, noise, injected), prior_of(seconds)
    found = [ec.search(data, None, prior, name, draws=20_000, rng=noise) for name in ("per-mode", "per-bin")]
    return [(float(f.ln_bayes_factor), float(f.ln_bayes_error)) for f in found]


def evidence(seconds: int, draws: int, seed: int) -> dict[str, Any]:
    """ln Bayes factors of one duration."""
    rows = np.array(each(_factors, [(float(seconds), 1000 * seed + k, True) for k in range(draws)]))
    return {
        "seconds": seconds, "new": rows[:, 0, 0].tolist(), "old": rows[:, 1, 0].tolist(),
        "errors": rows[:, :, 1].ravel().tolist(),
    }  # fmt: skip


def gathered(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians, scatter of single realisations and quantiles, by duration."""
    out: dict[str, Any] = {"seconds": [r["seconds"] for r in rows], "draws": min(len(r["new"]) for r in rows)}
    for name in ("new", "old"):
        values = [np.array(r[name]) for r in rows]
        out[name] = [v.tolist() for v in values]
        quantiles = [np.quantile(v, (0.16, 0.84)) for v in values]
        out[f"{name}_median"] = [float(np.median(v)) for v in values]
        out[f"{name}_quantiles"] = [q.tolist() for q in quantiles]
        out[f"{name}_spread"] = [float(q[1] - q[0]) / 2.0 for q in quantiles]
    out["largest_error"] = max(max(r["errors"]) for r in rows)
    return out


def noise_alone(draws: int, seed: int) -> dict[str, Any]:
    """ln Bayes factors of noise of 12 s."""
    start = time.perf_counter()
    rows = np.array(each(_factors, [(12.0, 5000 + 1000 * seed + k, False) for k in range(draws)]))
    took = (time.perf_counter() - start) / (2 * draws)
    return {"new": rows[:, 0, 0].tolist(), "old": rows[:, 1, 0].tolist(), "draws": draws, "seconds_each": took}


def _recovered(noise: int) -> tuple[float, float]:
    likelihood = ec.EchoLikelihood(data_of(12.0, noise), "per-mode")
    best = ec.comb_transform(likelihood, prior_of(12.0)).best
    return float(best.spacing), float(likelihood(best) - likelihood(TRUTH))


def recovery(draws: int) -> dict[str, Any]:
    """Spacing and likelihood of the best comb of the transform alone, beside the truth's."""
    rows = np.array(each(_recovered, [(k,) for k in range(draws)]))
    off = np.abs(rows[:, 0] / TRUTH.spacing - 1.0)
    return {"off": off.tolist(), "gain": rows[:, 1].tolist(), "spacings": rows[:, 0].tolist()}


def one_scan(seed: int) -> dict[str, Any]:
    """One comb for the figure: the periodogram of spacings, thinned, and the spectrum folded by what was found."""
    data, quiet = data_of(12.0, seed), data_of(12.0, 5000 + seed, injected=False)
    found, noise = (ec.comb_transform(ec.EchoLikelihood(d, "per-mode"), prior_of(12.0)) for d in (data, quiet))
    best = found.best
    spacings, values = np.asarray(found.spacings), np.asarray(found.values)
    edges = np.geomspace(1.0, 10.0, 1601)
    place = np.clip(np.searchsorted(edges, spacings) - 1, 0, 1599)
    top = np.full(1600, -np.inf)
    np.maximum.at(top, place, values)
    kept = np.isfinite(top)
    family = []
    for name, ratio in (("1/5", 0.2), ("1/4", 0.25), ("1/3", 1 / 3), ("1/2", 0.5), ("2/3", 2 / 3), ("3/2", 1.5)):
        near = np.abs(spacings / (ratio * best.spacing) - 1.0) < 0.004
        if near.any():
            at = np.flatnonzero(near)[values[near].argmax()]
            family.append((name, float(spacings[at]), float(values[at])))
    frequencies = np.arange(data.spectra.shape[1]) * data.df
    power = 2.0 * data.df * np.abs(data.spectra[0]) ** 2 * data.inverse_psd[0]
    wave = np.abs(TRUTH.template(frequencies, 12.0)) ** 2 * 2.0 * data.df * data.inverse_psd[0]
    inside = (frequencies >= TRUTH.fmin) & (frequencies <= TRUTH.fmax)
    phases = 48
    turn = frequencies[inside] / best.spacing - best.phase
    where = np.minimum(((turn - np.floor(turn + 0.5) + 0.5) * phases).astype(int), phases - 1)
    count = np.maximum(np.bincount(where, minlength=phases), 1)
    return {
        "seconds": 12.0, "truth": TRUTH.spacing, "found": float(best.spacing),
        "snr": float(np.sqrt(2.0 * wave.sum())),
        "spacing": np.sqrt(edges[1:] * edges[:-1])[kept].tolist(), "lnl": top[kept].tolist(), "family": family,
        "noise_maximum": float(np.max(noise.values)), "teeth": int((TRUTH.fmax - TRUTH.fmin) / TRUTH.spacing),
        "profile": (np.bincount(where, power[inside], phases) / count).tolist(),
        "expected_profile": (1.0 + np.bincount(where, wave[inside], phases) / count).tolist(),
    }  # fmt: skip


def ranks(draws: int, seed: int) -> dict[str, Any]:
    """Whether truths drawn from the prior lie anywhere in their posteriors."""
    seconds = 4.0
    prior = ec.UniEwPrior(
        width=(1.0 / seconds, 2.0), amplitude=(1e-6, 0.3), spacing=(3.0, 10.0), band=(TRUTH.fmin, TRUTH.fmax),
        free_band=False, spacing_density="proportional",
    )  # fmt: skip
    found = ec.posterior_ranks(data_of(seconds, seed, injected=False), prior, draws=draws, rng=seed)
    return {
        "draws": draws,
        "p_values": {k: float(v) for k, v in found.p_values.items()},
        "ranks": {k: np.asarray(v).tolist() for k, v in found.ranks.items()},
    }


def times(rounds: int, seed: int) -> dict[str, float]:
    """Seconds of a search of 12 s, and of one likelihood over the prior at 52 s; best of some rounds."""
    data, prior = data_of(12.0, seed), prior_of(12.0)
    ec.search(data, None, prior, rng=seed)
    searches = []
    for _ in range(rounds):
        start = time.perf_counter()
        ec.search(data, None, prior, rng=seed)
        searches.append(time.perf_counter() - start)
    long = ec.EchoLikelihood(data_of(52.0, seed), "per-mode")
    rows = np.asarray(prior_of(52.0).sample(2000, np.random.default_rng(seed)), dtype=float)
    long.batch(rows[:10])
    calls = []
    for _ in range(rounds):
        start = time.perf_counter()
        long.batch(rows)
        calls.append((time.perf_counter() - start) / len(rows))
    return {"search": min(searches), "call": min(calls)}
