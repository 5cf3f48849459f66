"""The comb transform: the best ln likelihood ratio of each spacing, over all offsets, without a sampler.

For each of a few widths and heights of lines, what a single line at any frequency would add to the ln likelihood ratio
is tabulated on a grid of a quarter of a bin or of a line. A comb is then a sum of look-ups at even steps; of bands that
are free, the best stretch of lines is found in one pass over running sums. Peaks are refined with the exact likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.progress import Progress, silent
from symmeter.signals.echoes.comb import Comb, ln_bessel_i0
from symmeter.signals.echoes.likelihood import EchoLikelihood, settled_engine
from symmeter.signals.echoes.prior import UniEwPrior

__all__ = ["CombTransform", "comb_transform", "refined"]

#: Signal-to-noise ratios of single lines that are tried.
HEIGHTS = (0.8, 1.5, 2.6, 4.5)
#: Ratio of neighbouring widths: half way between two, a Lorentzian keeps 94 % of its power.
_RATIO = 2.7


@dataclass(frozen=True, eq=False)
class CombTransform:
    """A periodogram of spacings.

    Attributes
    ----------
    spacings : array of shape (n,)
        Hertz, growing.
    values : array of shape (n,)
        The best ln likelihood ratio of each on the grid.
    best : Comb
        The refined global maximum.
    best_value : float
        Its exact ln likelihood ratio.
    peaks : tuple of Comb
        Refined local maxima, best first; ``peak_values`` are theirs.
    powers : array of shape (widths, 2)
        Widths, and the mean ``r`` of a line of unit amplitude of each.
    """

    spacings: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    best: Comb
    best_value: float
    peaks: tuple[Comb, ...]
    peak_values: Float[np.ndarray, " p"]
    powers: Float[np.ndarray, "k 2"]

    def __repr__(self) -> str:
        return f"CombTransform({len(self.spacings)} spacings, best {self.best.spacing:.6g} Hz at {self.best_value:.2f})"


def _sums_plain(f: np.ndarray, w: float, om_cut: float, like: EchoLikelihood) -> tuple[np.ndarray, np.ndarray]:
    """``|z|**2`` and ``r`` of single lines of unit amplitude, without numba."""
    df, n = like.data.df, like.weight.shape[1]
    reach = int(om_cut / (2.0 * np.pi * df)) + 1
    square, power = (np.empty((len(like.weight), len(f))) for _ in range(2))
    for i in range(0, len(f), 4096):
        part = f[i : i + 4096]
        bins = np.rint(part / df).astype(int)[:, None] + np.arange(-reach, reach + 1)
        om = 2.0 * np.pi * (bins * df - part[:, None])
        u = w / (w + 1j * om) * (1.0 - np.exp(-w / df + 2j * np.pi * part / df))[:, None]
        u[(np.abs(om) > om_cut * (1.0 - 1e-9)) | (bins < 0) | (bins >= n)] = 0.0
        bins = np.clip(bins, 0, n - 1)
        for c in range(len(like.weight)):
            square[c, i : i + 4096] = np.abs((like.projected[c][bins] * u.conj()).sum(1)) ** 2
            power[c, i : i + 4096] = 0.5 * (like.weight[c][bins] * np.abs(u) ** 2).sum(1)
    return square, power


def _bins_plain(f: np.ndarray, w: float, om_cut: float, amp: float, like: EchoLikelihood) -> np.ndarray:
    df, n = like.data.df, like.weight.shape[1]
    reach = int(om_cut / (2.0 * np.pi * df)) + 1
    out = np.zeros(len(f))
    for i in range(0, len(f), 4096):
        part = f[i : i + 4096]
        bins = np.rint(part / df).astype(int)[:, None] + np.arange(-reach, reach + 1)
        om = 2.0 * np.pi * (bins * df - part[:, None])
        u = amp * w / np.hypot(w, om) * np.abs(1.0 - np.exp(-w / df + 2j * np.pi * part / df))[:, None]
        u[(np.abs(om) > om_cut * (1.0 - 1e-9)) | (bins < 0) | (bins >= n)] = 0.0
        bins = np.clip(bins, 0, n - 1)
        for c in range(len(like.weight)):
            x = np.abs(like.projected[c])[bins] * u
            out[i : i + 4096] += (ln_bessel_i0(x) - 0.5 * like.weight[c][bins] * u**2).sum(1)
    return out


def _scan_plain(table: np.ndarray, spacings: np.ndarray, fewest: int | None) -> tuple[np.ndarray, ...]:
    n, m = len(table), len(spacings)
    best, place = np.empty(m), np.zeros(m, dtype=int)
    first, last = np.zeros(m, dtype=int), np.zeros(m, dtype=int)
    for i, p in enumerate(spacings):
        width = int(p)
        starts = (np.arange(int(n / p) + 1) * p + 0.5).astype(int)
        rows = np.zeros((len(starts), width))
        for k, at in enumerate(starts):
            part = table[at : at + width]
            rows[k, : len(part)] = part
        if fewest is None:
            total = rows.sum(0)
            place[i] = total.argmax()
            best[i] = total[place[i]]
            continue
        sums = np.concatenate([np.zeros((1, width)), np.cumsum(rows, axis=0)])
        least = np.minimum.accumulate(sums[: len(sums) - fewest], axis=0)
        gain = sums[fewest:] - least
        where = np.unravel_index(gain.argmax(), gain.shape)
        best[i], place[i] = gain[where], where[1]
        last[i] = where[0] + fewest - 1
        first[i] = sums[: where[0] + 1, where[1]].argmin()
    return best, place, first, last


def _scan(table: np.ndarray, spacings: np.ndarray, fewest: int | None, engine: str) -> tuple[np.ndarray, ...]:
    if engine == "numpy":
        return _scan_plain(table, spacings, fewest)
    from symmeter.signals.echoes.likelihood_kernel import scan, scan_bands

    m = len(spacings)
    best, place = np.empty(m), np.zeros(m, dtype=np.int64)
    first, last = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    values = table.astype(np.float32)
    if fewest is None:
        scan(values, spacings, best, place, np.empty(int(spacings.max()) + 1, dtype=np.float32))
    else:
        scan_bands(values, spacings, fewest, best, place, first, last)
    return best, place, first, last


def widths_of(prior: UniEwPrior) -> Float[np.ndarray, " k"]:
    """Widths that are tried, evenly in the logarithm."""
    low, high = prior.width
    assert low is not None
    count = max(2, int(np.ceil(np.log(high / low) / np.log(_RATIO))))
    edges = np.linspace(np.log(low), np.log(high), count + 1)
    return np.exp(0.5 * (edges[1:] + edges[:-1]))


def _tables(
    like: EchoLikelihood, f: np.ndarray, w: float, prior: UniEwPrior, heights: tuple[float, ...], engine: str
) -> tuple[float, list[tuple[float, np.ndarray]]]:
    """Mean r of lines of unit amplitude, and for each amplitude what a line at each frequency adds."""
    om_cut = float(max(w * np.sqrt(1.0 - like.cut**2) / like.cut, 6.0 * np.pi * like.data.df))
    if engine == "numpy":
        square, power = _sums_plain(f, w, om_cut, like)
    else:
        from symmeter.signals.echoes.likelihood_kernel import line_sums

        square, power = (np.empty((len(like.weight), len(f))) for _ in range(2))
        line_sums(f, w, om_cut, *like.parts, like.weight, like.data.df, square, power)
    seen = power.sum(0)
    if not np.any(seen > 0):
        raise InputError("every bin of the band is masked or beyond the psd")
    mean = float(np.mean(seen[seen > 0]))
    amplitudes = np.unique(
        np.clip(np.array(heights) / np.sqrt(2.0 * mean), max(prior.amplitude[0], 1e-300), prior.amplitude[1])
    )
    out = []
    for a in amplitudes:
        if like.likelihood == "per-mode":
            value = like._tame(ln_bessel_i0(a * np.sqrt(square)) - a * a * power).sum(0)
        elif like.likelihood == "amplitude-free":
            gain = 1.0 + 2.0 * a * a * power
            value = like._tame(0.5 * a * a * square / gain - np.log(gain)).sum(0)
        elif engine == "numpy":
            value = _bins_plain(f, w, om_cut, a, like)
        else:
            from symmeter.signals.echoes.likelihood_kernel import bessel_table, line_bins

            value = np.empty(len(f))
            line_bins(f, w, om_cut, a, *like.parts, like.weight, like.data.df, bessel_table(), value)
        out.append((float(a), value))
    return mean, out


def comb_transform(
    likelihood: EchoLikelihood,
    prior: UniEwPrior,
    *,
    heights: tuple[float, ...] = HEIGHTS,
    oversampling: int = 4,
    peaks: int = 48,
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
) -> CombTransform:
    """Scan all spacings and offsets of a prior.

    Parameters
    ----------
    likelihood : EchoLikelihood
    prior : UniEwPrior
    heights : tuple of float
        Signal-to-noise ratios of single lines to try.
    oversampling : int
        Steps of the grid in a bin, or in a line where that is wider.
    peaks : int
        How many local maxima to refine.
    rng : numpy Generator or int
        For the refinement.
    progress : callable, optional

    Returns
    -------
    CombTransform
    """
    like, prior = likelihood, prior.settled(likelihood.data)
    engine = settled_engine(like.engine, 1e6)
    low, high = prior.band
    fewest = prior.min_modes if prior.free_band else None
    widths = widths_of(prior)
    finest = like.data.df / oversampling
    span = high - low
    count = int(np.ceil(span / finest * np.log(prior.spacing[1] / prior.spacing[0]))) + 2
    spacings = np.geomspace(prior.spacing[0], prior.spacing[1], count)
    values = np.full(count, -np.inf)
    seeds = np.zeros((count, 6))
    powers = np.empty((len(widths), 2))
    for k, w in enumerate(widths):
        coarser = max(1, int(w / np.pi / like.data.df))
        step = finest * coarser
        f = low + step * np.arange(int(span / step) + 1)
        mean, tables = _tables(like, f, float(w), prior, heights, engine)
        powers[k] = w, mean
        # Wide lines need fewer spacings; each stands for its neighbours.
        mine = np.arange(0, count, coarser)
        for a, table in tables:
            found, place, first, last = _scan(table, spacings[mine] / step, fewest, engine)
            owner = np.minimum(np.arange(count) // coarser, len(mine) - 1)
            better = found[owner] > values
            who = owner[better]
            values[better] = found[who]
            s = spacings[mine][who]
            at = low + step * place[who]
            rows = np.stack([np.full(len(s), w), np.full(len(s), a), np.mod(at / s, 1.0), s], axis=1)
            ends = np.tile([low, high], (len(s), 1))
            if fewest is not None:
                ends[:, 0] = np.maximum(at + (first[who] - 0.5) * s, low)
                ends[:, 1] = np.minimum(at + (last[who] + 0.5) * s, high)
            seeds[better] = np.concatenate([rows, ends], axis=1)
        progress(0.5 * (k + 1) / len(widths), "scanning spacings")
    order = _separate(values, peaks)
    combs, exact = refined(like, prior, seeds[order], finest, rng)
    ranked = np.argsort(-exact)
    chosen = tuple(Comb.of(combs[i]) for i in ranked)
    return CombTransform(spacings, values, chosen[0], float(exact[ranked[0]]), chosen, exact[ranked], powers)


def _separate(values: np.ndarray, most: int, reach: int = 4) -> np.ndarray:
    """Indices of the highest values, none within ``reach`` of a higher one."""
    free = np.ones(len(values), dtype=bool)
    out = []
    for i in np.argsort(-values):
        if free[i]:
            out.append(i)
            free[max(0, i - reach) : i + reach + 1] = False
            if len(out) == most:
                break
    return np.array(out)


def reference_tooth(theta: np.ndarray) -> np.ndarray:
    """Frequency of the line nearest to the middle of the band, which is known best."""
    middle = 0.5 * (theta[:, 4] + theta[:, 5])
    return (np.floor(middle / theta[:, 3] - theta[:, 2] + 0.5) + theta[:, 2]) * theta[:, 3]


def local_coordinates(theta: np.ndarray) -> Float[np.ndarray, "b 4"]:
    """ln width, ln amplitude, frequency of the middle line, spacing."""
    return np.stack(
        [np.log(theta[:, 0]), np.log(np.maximum(theta[:, 1], 1e-300)), reference_tooth(theta), theta[:, 3]], axis=1
    )


def from_coordinates(x: np.ndarray, band: np.ndarray) -> Float[np.ndarray, "b 6"]:
    """Combs of coordinates, with bands."""
    out = np.empty((len(x), 6))
    out[:, 0], out[:, 1], out[:, 3] = np.exp(x[:, 0]), np.exp(x[:, 1]), x[:, 3]
    out[:, 2] = np.mod(x[:, 2] / x[:, 3], 1.0)
    out[out[:, 2] >= 1.0, 2] = 0.0
    out[:, 4:] = band
    return out


def _clipped(theta: np.ndarray, prior: UniEwPrior) -> np.ndarray:
    low, high = prior.width
    assert low is not None
    theta[:, 0] = np.clip(theta[:, 0], low, high)
    theta[:, 1] = np.clip(theta[:, 1], prior.amplitude[0], prior.amplitude[1])
    theta[:, 3] = np.clip(theta[:, 3], *prior.spacing)
    return theta


def refined(
    like: EchoLikelihood,
    prior: UniEwPrior,
    seeds: Float[np.ndarray, "s 6"],
    step: float,
    rng: np.random.Generator | int | None = 0,
    rounds: int = 14,
    draws: int = 48,
) -> tuple[Float[np.ndarray, "s 6"], Float[np.ndarray, " s"]]:
    """Climb from each comb to the top of its peak of the exact likelihood, by shrinking clouds of trials."""
    rng = np.random.default_rng(rng)
    s = len(seeds)
    best = _clipped(np.array(seeds, dtype=float), prior)
    value = like.batch(best)
    teeth = np.maximum((best[:, 5] - best[:, 4]) / best[:, 3], 2.0)
    spread = np.stack([np.full(s, 0.5), np.full(s, 0.4), np.full(s, 1.5 * step), 3.0 * step / teeth], axis=1)
    lift = np.eye(4)[None].repeat(s, 0) * spread[:, None, :]
    for turn in range(rounds):
        x = local_coordinates(best)
        moves = np.einsum("sij,sdj->sdi", lift, rng.standard_normal((s, draws, 4)))
        # Every other trial moves one coordinate alone, by any size.
        alone = np.eye(4)[rng.integers(4, size=(s, draws // 2))]
        moves[:, ::2] *= alone * rng.exponential(1.0, (s, draws // 2, 1))
        bands = np.repeat(best[:, None, 4:], draws, 1)
        trials = from_coordinates((x[:, None] + moves).reshape(-1, 4), bands.reshape(-1, 2))
        trials = _clipped(trials, prior)
        got = like.batch(trials).reshape(s, draws)
        elite = np.argsort(-got, axis=1)[:, : draws // 4]
        picked = np.take_along_axis(moves, elite[:, :, None], 1)
        centred = picked - picked.mean(1, keepdims=True)
        cov = np.einsum("sdi,sdj->sij", centred, centred) / picked.shape[1]
        floor = (spread * 0.6**turn * 0.2) ** 2
        cov += np.eye(4) * floor[:, :, None]
        scale = np.sqrt(np.einsum("sii->si", cov))
        unit = cov / scale[:, :, None] / scale[:, None, :]
        lift = scale[:, :, None] * np.linalg.cholesky(unit + 1e-9 * np.eye(4))
        top = got.argmax(1)
        better = got[np.arange(s), top] > value
        rows = trials.reshape(s, draws, 6)[np.arange(s), top]
        best[better], value[better] = rows[better], got[np.arange(s), top][better]
    return best, value


def tuned(like: EchoLikelihood, prior: UniEwPrior, combs: list[Comb], rng: Any = 0) -> tuple[list[Comb], np.ndarray]:
    """The combs, climbed to the tops of their peaks, each within its own spacing."""
    rows = np.array([c.array()[:6] for c in combs])
    wide = (min(prior.spacing[0], rows[:, 3].min() * 0.99), max(prior.spacing[1], rows[:, 3].max() * 1.01))
    loose = replace(prior, spacing=wide, min_modes=2)
    best, value = refined(like, loose, rows, like.data.df / 4, rng, rounds=10)
    return [Comb.of(row) for row in best], value
