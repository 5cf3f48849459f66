"""Evidence and posterior of a comb by importance sampling: the prior, and clouds around the transform's peaks.

Each peak gets a cloud (Student t) that adapts to the posterior there; a share of the draws comes from the prior, with
amplitudes of the size that noise allows, so that nothing is out of reach. Weights are exact for the mixture of all, and
their scatter is the error. Bands that are free are drawn from their conditional by the likelihood of whole lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import lgamma

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.progress import Progress, silent
from symmeter.signals.echoes.comb import PARAMETERS
from symmeter.signals.echoes.likelihood import EchoLikelihood, settled_engine
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import (
    CombTransform,
    comb_transform,
    from_coordinates,
    local_coordinates,
)

__all__ = ["Evidence", "evidence", "prior_evidence"]

_NU = 4.0
#: Errors of ln evidences above this are brought down by as many rounds of draws more, at most.
_ENOUGH, _MOST_ROUNDS = 0.1, 6


@dataclass(frozen=True, eq=False)
class Evidence:
    """An evidence with its error, and weighted draws of the posterior.

    Attributes
    ----------
    ln_bayes_factor, error : float
        Against noise.
    theta : array of shape (n, 6)
        In the order of ``PARAMETERS``.
    ln_likelihoods, weights : arrays of shape (n,)
        Weights add up to one.
    """

    ln_bayes_factor: float
    error: float
    theta: Float[np.ndarray, "n 6"]
    ln_likelihoods: Float[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]

    @property
    def effective_samples(self) -> float:
        """How many independent draws of the posterior the weighted ones are worth."""
        return float(1.0 / np.sum(self.weights**2))

    def quantile(self, values: Float[np.ndarray, " n"], q: float) -> float:
        """Quantile of the posterior of anything computed from the draws."""
        order = np.argsort(values)
        return float(values[order][min(np.searchsorted(np.cumsum(self.weights[order]), q), len(values) - 1)])

    def samples(self, n: int, rng: np.random.Generator | int | None = 0) -> dict[str, np.ndarray]:
        """Draws of equal weight, by name."""
        picked = np.random.default_rng(rng).choice(len(self.weights), size=n, p=self.weights)
        out = {name: self.theta[picked, i] for i, name in enumerate(PARAMETERS[:6])}
        out["ln_likelihood"] = self.ln_likelihoods[picked]
        return out

    def __repr__(self) -> str:
        value = f"{self.ln_bayes_factor:.2f} +- {self.error:.2f}"
        return f"Evidence(ln B = {value}, {self.effective_samples:.0f} effective draws)"


def _of_weights(theta: np.ndarray, value: np.ndarray, ln_weight: np.ndarray) -> Evidence:
    n = len(ln_weight)
    top = float(ln_weight.max())
    if not np.isfinite(top):
        raise InputError("no draw has any likelihood; the prior and the data do not meet")
    w = np.exp(ln_weight - top)
    mean = w.mean()
    error = float(w.std() / mean / np.sqrt(n))
    kept = w > 0
    return Evidence(float(top + np.log(mean)), error, theta[kept], value[kept], w[kept] / w.sum())


def prior_evidence(
    likelihood: EchoLikelihood,
    prior: UniEwPrior,
    draws: int = 400_000,
    amplitude_cap: float | None = None,
    rng: np.random.Generator | int | None = 0,
) -> Evidence:
    """Evidence by draws of the prior alone: exact enough for noise, hopeless for signals; the check of the other.

    Parameters
    ----------
    likelihood : EchoLikelihood
    prior : UniEwPrior
    draws : int
    amplitude_cap : float, optional
        Draw amplitudes up to here alone, where everything above has no likelihood, and weigh by the share.
    rng : numpy Generator or int
    """
    prior = prior.settled(likelihood.data)
    ranged, share = prior, 0.0
    if amplitude_cap is not None and amplitude_cap < prior.amplitude[1]:
        ranged = replace(prior, amplitude=(prior.amplitude[0], float(amplitude_cap)))
        share = float(np.log((amplitude_cap - prior.amplitude[0]) / (prior.amplitude[1] - prior.amplitude[0])))
    theta = ranged.sample(draws, rng)
    value = likelihood.batch(theta)
    return _of_weights(theta, value, value + share)


class _Bulk:
    """The prior, with amplitudes of a half Cauchy of the size that noise allows."""

    def __init__(self, prior: UniEwPrior, scan: CombTransform) -> None:
        self.prior = prior
        self._w, self._r = np.log(scan.powers[:, 0]), np.log(scan.powers[:, 1])

    def _scale(self, theta: np.ndarray) -> np.ndarray:
        r = np.exp(np.interp(np.log(theta[:, 0]), self._w, self._r))
        lines = np.maximum((theta[:, 5] - theta[:, 4]) / theta[:, 3], 1.0)
        return 3.0 * lines**0.25 / np.sqrt(2.0 * r * lines)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        theta = self.prior.sample(n, rng)
        if self.prior.free_band:
            theta[:, 4], theta[:, 5] = self.prior.band
        low, high = self.prior.amplitude
        s = self._scale(theta)
        a, b = np.arctan(low / s), np.arctan(high / s)
        theta[:, 1] = np.clip(s * np.tan(a + (b - a) * rng.random(n)), low, high)
        return theta

    def ln_density(self, theta: np.ndarray) -> np.ndarray:
        """Of (width, amplitude, phase, spacing); ``theta`` must have the whole band where it is free."""
        low, high = self.prior.amplitude
        s = self._scale(theta)
        cauchy = -np.log(s * (1.0 + (theta[:, 1] / s) ** 2) * (np.arctan(high / s) - np.arctan(low / s)))
        plain = self.prior.ln_density(theta) + np.log(high - low)
        if self.prior.free_band:
            plain += np.log(np.maximum(self.prior.band_room(theta[:, 3]), 1e-300))
        return plain + cauchy


class _Clouds:
    """Student t's in the coordinates of peaks."""

    def __init__(self, centres: np.ndarray, covariances: np.ndarray) -> None:
        self.centres = centres
        self.covariances = covariances
        self._set()

    def _set(self) -> None:
        scale = np.sqrt(np.einsum("sii->si", self.covariances))
        unit = self.covariances / scale[:, :, None] / scale[:, None, :] + 1e-9 * np.eye(4)
        self._lift = scale[:, :, None] * np.linalg.cholesky(unit)
        self._inverse = np.linalg.inv(self._lift)
        self._norm = (
            lgamma(0.5 * (_NU + 4)) - lgamma(0.5 * _NU) - 2.0 * np.log(_NU * np.pi)
            - np.log(np.abs(np.einsum("sii->si", self._lift))).sum(1)
        )  # fmt: skip

    def draw(self, which: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        normal = rng.standard_normal((len(which), 4)) / np.sqrt(rng.chisquare(_NU, (len(which), 1)) / _NU)
        return self.centres[which] + np.einsum("bij,bj->bi", self._lift[which], normal)

    def ln_density(self, theta: np.ndarray, s: int) -> np.ndarray:
        """Of (width, amplitude, phase, spacing), by the line nearest to the centre of cloud s."""
        # Far tails may reach spacings below zero, which the prior refuses.
        f, space = self.centres[s, 2], np.maximum(theta[:, 3], 1e-6 * self.centres[s, 3])
        tooth = (np.floor(f / space - theta[:, 2] + 0.5) + theta[:, 2]) * space
        amp = np.maximum(theta[:, 1], 1e-300)
        # In coordinates of the cloud, one at a time: tables of all draws and clouds would not fit the cache.
        offset = np.stack([np.log(theta[:, 0]), np.log(amp), tooth, space], axis=1) - self.centres[s]
        y = offset @ self._inverse[s].T
        density = self._norm[s] - 0.5 * (_NU + 4) * np.log1p(np.einsum("bi,bi->b", y, y) / _NU)
        return density + np.log(space) - np.log(theta[:, 0]) - np.log(amp)

    def mine(self, x: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Whether the line that was drawn is the one nearest to the centre; others would be counted elsewhere."""
        return np.abs(x[:, 2] - self.centres[which, 2]) < 0.5 * x[:, 3]


def _target(
    like: EchoLikelihood, prior: UniEwPrior, theta: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Likelihoods of draws, and ln of prior over what is left of the proposal: bands are drawn here, in place."""
    extra = np.zeros(len(theta))
    if prior.free_band:
        extra = -_draw_bands(like, prior, theta, rng)
    density = prior.ln_density(theta) + extra
    value = np.full(len(theta), -np.inf)
    good = np.isfinite(density)
    value[good] = like.batch(theta[good])
    return value, density


def _draw_bands(like: EchoLikelihood, prior: UniEwPrior, theta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    u = rng.random((len(theta), 4))
    out = np.empty(len(theta))
    sane = prior.spacing[0] * 0.5 < theta[:, 3]
    if settled_engine(like.engine, len(theta)) == "numba":
        from symmeter.signals.echoes.likelihood_kernel import band_draws, bessel_table

        rows = np.ascontiguousarray(theta[sane])
        part = np.empty(len(rows))
        band_draws(
            rows, *prior.band, prior.min_modes, u[sane], *like.parts, like.weight, like.data.df, like.cut, like.kind,
            like.cap, like.student, bessel_table(), part,
        )  # fmt: skip
        theta[sane], out[sane] = rows, part
        out[~sane] = np.inf
        return out
    for b, row in enumerate(theta):
        out[b] = _draw_band(like, prior, row, u[b]) if sane[b] else np.inf
    return out


def _draw_band(like: EchoLikelihood, prior: UniEwPrior, row: np.ndarray, u: np.ndarray) -> float:
    low, high = prior.band
    row[4:6] = low, high
    q0, space, fewest = row[2], row[3], prior.min_modes
    centres, terms = like.terms(row)
    first = int(np.ceil(low / space - q0))
    count = int(np.floor(high / space - q0)) - first + 1
    if count < fewest:
        return np.inf
    f = (first + np.arange(count) + q0) * space
    line = np.rint((centres - f[0]) / space).astype(int)
    table = np.zeros(count)
    inside = (line >= 0) & (line < count)
    table[line[inside]] = terms[inside]
    sums = np.concatenate([[0.0], np.cumsum(table)])
    shift, top = -sums[:-1].min(), sums.max()
    start = np.cumsum(np.minimum(space, f - low) * np.exp(-sums[:-1] - shift))
    ends = np.minimum(space, high - f) * np.exp(sums[1:] - top)
    ends[: fewest - 1] = 0.0
    ends[fewest - 1 :] *= start[: count - fewest + 1]
    total = np.cumsum(ends)
    if not total[-1] > 0:
        return np.inf
    last = max(min(int(np.searchsorted(total, u[0] * total[-1])), count - 1), fewest - 1)
    begin = min(int(np.searchsorted(start, u[1] * start[last - fewest + 1])), last - fewest + 1)
    row[4] = f[begin] - u[2] * min(space, f[begin] - low)
    row[5] = f[last] + u[3] * min(space, high - f[last])
    return float(sums[last + 1] - sums[begin] - shift - top - np.log(total[-1]))


def _adapted(
    like: EchoLikelihood,
    prior: UniEwPrior,
    peaks: np.ndarray,
    rng: np.random.Generator,
    rounds: int = 5,
    draws: int = 240,
) -> tuple[_Clouds, np.ndarray]:
    """Clouds that follow the posterior about each peak, and the evidence that each holds."""
    teeth = np.maximum((peaks[:, 5] - peaks[:, 4]) / peaks[:, 3], 2.0)
    line = np.maximum(like.data.df, peaks[:, 0] / np.pi) * 0.25
    spread = np.stack([np.full(len(peaks), 0.4), np.full(len(peaks), 0.25), line, 2.0 * line / teeth], axis=1)
    clouds = _Clouds(local_coordinates(peaks), np.einsum("si,ij->sij", spread**2, np.eye(4)))
    held = np.full(len(peaks), -np.inf)
    which = np.repeat(np.arange(len(peaks)), draws)
    band = np.array(prior.band) if prior.free_band else None
    for _ in range(rounds):
        x = clouds.draw(which, rng)
        theta = from_coordinates(x, peaks[which, 4:] if band is None else np.tile(band, (len(x), 1)))
        own = np.concatenate([clouds.ln_density(theta[which == s], s) for s in range(len(peaks))])
        value, density = _target(like, prior, theta, rng)
        ln_w = np.where(clouds.mine(x, which), value + density - own, -np.inf).reshape(len(peaks), draws)
        top = ln_w.max(1, keepdims=True)
        with np.errstate(invalid="ignore"):
            w = np.where(np.isfinite(top), np.exp(ln_w - top), 1.0)
        held = np.where(np.isfinite(top[:, 0]), top[:, 0] + np.log(w.mean(1)), -1e30)
        # Few draws that matter make thin clouds: temper until a tenth of them counts.
        for _ in range(6):
            worth = w.sum(1) ** 2 / np.maximum((w**2).sum(1), 1e-300)
            w = np.where((worth < 0.1 * draws)[:, None], np.sqrt(w), w)
        w = w / w.sum(1, keepdims=True)
        x = x.reshape(len(peaks), draws, 4)
        mean = np.einsum("sd,sdi->si", w, x)
        offset = x - mean[:, None]
        cov = np.einsum("sd,sdi,sdj->sij", w, offset, offset) + np.einsum("si,ij->sij", (0.03 * spread) ** 2, np.eye(4))
        clouds = _Clouds(mean, cov)
    return clouds, held


def evidence(
    likelihood: EchoLikelihood,
    prior: UniEwPrior,
    scan: CombTransform | None = None,
    *,
    draws: int = 60_000,
    bulk: float = 0.35,
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
) -> Evidence:
    """The Bayes factor of a comb against noise, and its posterior.

    Parameters
    ----------
    likelihood : EchoLikelihood
    prior : UniEwPrior
    scan : CombTransform, optional
        Made when omitted.
    draws : int
        As many again, up to six times, where the error is above a tenth.
    bulk : float
        Share of the draws from the whole prior.
    rng : numpy Generator or int
    progress : callable, optional

    Returns
    -------
    Evidence
    """
    if draws < 1000:
        raise InputError(f"draws is {draws}; an evidence takes a thousand or more")
    rng = np.random.default_rng(rng)
    prior = prior.settled(likelihood.data)
    if scan is None:
        scan = comb_transform(likelihood, prior, rng=rng)
    peaks = np.array([c.array()[:6] for c in scan.peaks])
    # Peaks far below the best hold nothing; noise has many that hold alike.
    peaks = peaks[scan.peak_values > scan.best_value - 25.0]
    clouds, held = _adapted(likelihood, prior, peaks, rng)
    wide = _Bulk(prior, scan)
    share = np.exp(0.7 * (held - held.max())) + 0.002
    share *= (1.0 - bulk) / share.sum()
    pieces = []
    for turn, n in enumerate((draws // 4, draws - draws // 4)):
        progress(0.5 + 0.1 * turn, "weighing the evidence")
        theta, value, ln_w, owner = _round(likelihood, prior, clouds, wide, share, bulk, n, rng)
        pieces.append((theta, value, ln_w))
        if turn == 0:
            w = np.exp(ln_w - ln_w.max())
            mass = np.bincount(owner, w, len(share) + 1) / w.sum()
            inner = np.sqrt(mass[:-1] * share / share.sum()) + 0.5 * mass[:-1] + 1e-4
            bulk = float(np.clip(mass[-1], 0.15, 0.6))
            share = inner * (1.0 - bulk) / inner.sum()
    # Draws of the first round shaped the second: they are left out, so that nothing is counted by what it fitted.
    found = _of_weights(*pieces[1])
    for _ in range(_MOST_ROUNDS):
        if found.error < _ENOUGH:
            break
        # A draw on a narrow peak that has no cloud outweighs all others: more draws of the same mixture even it out.
        more = _round(likelihood, prior, clouds, wide, share, bulk, draws, rng)
        pieces.append(more[:3])
        found = _of_weights(*(np.concatenate(part) for part in zip(*pieces[1:])))
    return found


def _round(
    like: EchoLikelihood, prior: UniEwPrior, clouds: _Clouds, wide: _Bulk, share: np.ndarray, bulk: float, n: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    owner = rng.choice(len(share) + 1, size=n, p=np.append(share, bulk) / (share.sum() + bulk))
    theta = np.empty((n, 6))
    from_bulk = owner == len(share)
    which = owner[~from_bulk]
    theta[from_bulk] = wide.draw(int(from_bulk.sum()), rng)
    x = clouds.draw(which, rng)
    theta[~from_bulk] = from_coordinates(x, np.tile(prior.band, (len(x), 1)))
    counted = np.ones(n, dtype=bool)
    counted[~from_bulk] = clouds.mine(x, which)
    total = np.log(bulk) + wide.ln_density(theta)
    for s in range(len(share)):
        # Only draws near a cloud's spacing can have any density there.
        total = np.logaddexp(total, np.log(share[s]) + clouds.ln_density(theta, s))
    value, density = _target(like, prior, theta, rng)
    ln_w = np.where(counted & np.isfinite(density), value + density - total, -np.inf)
    return theta, value, ln_w, owner
