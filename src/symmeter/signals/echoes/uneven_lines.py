"""A comb whose spacing drifts: the light ring's own delay depends on frequency, so that lines of echoes are uneven.

An even comb fits a part of such lines and stops where the drift exceeds their width. Here line ``m`` lies at a
polynomial of its number, and the stretch of lines grows from what the search found as far as the data support it. The
local spacing in its middle is then known from all of them, and its drift is what the light ring does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.signals.echoes.comb import Comb, cut_of_lines, ln_bessel_i0
from symmeter.signals.echoes.likelihood import EchoLikelihood, settled_engine
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import _bins_plain, _sums_plain

__all__ = ["UnevenComb", "uneven_comb"]


@dataclass(frozen=True, eq=False)
class UnevenComb:
    """Lines of a comb whose spacing drifts.

    Attributes
    ----------
    frequencies : array of shape (m,)
        Hertz, of the lines of the stretch.
    width, amplitude : float
        As those of :class:`symmeter.signals.echoes.comb.Comb`.
    reference : float
        Hertz: where the local spacing is known best, the middle of the stretch by signal.
    spacing, spacing_error : float
        Hertz: there, mean and deviation of the posterior.
    drift, drift_error : float
        Change of the spacing from one line to the next, hertz.
    ln_likelihood : float
        The best, over the stretch.
    effective_samples : float
        Independent draws of the posterior that mean and deviation are worth.
    """

    frequencies: Float[np.ndarray, " m"]
    width: float
    amplitude: float
    reference: float
    spacing: float
    spacing_error: float
    drift: float
    drift_error: float
    ln_likelihood: float
    effective_samples: float

    def __repr__(self) -> str:
        return (
            f"UnevenComb({self.spacing:.7g} +- {self.spacing_error:.1g} Hz at {self.reference:.5g} Hz, "
            f"{len(self.frequencies)} lines, drift {self.drift:.2g} +- {self.drift_error:.1g} Hz a line, "
            f"ln likelihood {self.ln_likelihood:.2f})"
        )


class _Lines:
    """Terms of lines at polynomials of their numbers: rows (ln width, ln amplitude, coefficients)."""

    def __init__(self, like: EchoLikelihood, spacing: float, base: float) -> None:
        self.like, self.spacing, self.base = like, spacing, base

    def places(self, x: Float[np.ndarray, "b p"], lines: Float[np.ndarray, " m"], half: float) -> np.ndarray:
        """Hertz. Legendre's polynomials of ``m / half`` keep the coefficients apart."""
        basis = np.polynomial.legendre.legvander(lines / half, x.shape[1] - 3)
        return self.base + self.spacing * lines + x[:, 2:] @ basis.T

    def terms(self, x: Float[np.ndarray, "b p"], lines: Float[np.ndarray, " m"], half: float) -> np.ndarray:
        f = self.places(x, lines, half)
        like, w, amp = self.like, np.exp(x[:, 0]), np.exp(x[:, 1])
        widest = np.full(len(x), self.spacing)
        if settled_engine(like.engine, f.size) == "numba":
            from symmeter.signals.echoes.likelihood_kernel import bessel_table, line_terms

            out = np.empty(f.shape)
            line_terms(
                np.ascontiguousarray(f), w, amp, widest, *like.parts, like.weight, like.data.df, like.cut, like.kind,
                like.cap, like.student, bessel_table(), out,
            )  # fmt: skip
            return out
        return np.array([_plain_terms(like, row, w[b], amp[b], self.spacing) for b, row in enumerate(f)])


def _plain_terms(like: EchoLikelihood, f: np.ndarray, w: float, amp: float, spacing: float) -> np.ndarray:
    om_cut = float(cut_of_lines(w, spacing, like.data.duration, like.cut))
    if like.likelihood == "per-bin":
        return _bins_plain(f, w, om_cut, amp, like)
    square, power = _sums_plain(f, w, om_cut, like)
    if like.likelihood == "per-mode":
        return like._tame(ln_bessel_i0(amp * np.sqrt(square)) - amp**2 * power).sum(0)
    gain = 1.0 + 2.0 * amp**2 * power
    return like._tame(0.5 * amp**2 * square / gain - np.log(gain)).sum(0)


def _best_stretch(terms: Float[np.ndarray, "b m"], fewest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest sum of at least ``fewest`` neighbours in each row, and where it begins and ends (one past)."""
    sums = np.concatenate([np.zeros((len(terms), 1)), np.cumsum(terms, axis=1)], axis=1)
    least = np.minimum.accumulate(sums[:, : sums.shape[1] - fewest], axis=1)
    gain = sums[:, fewest:] - least
    end = gain.argmax(1)
    rows = np.arange(len(terms))
    begin = np.array([sums[b, : e + 1].argmin() for b, e in enumerate(end)])
    return gain[rows, end], begin, end + fewest


def _climbed(
    lines: _Lines, x: np.ndarray, spread: np.ndarray, window: np.ndarray, half: float, fewest: int,
    rng: np.random.Generator, limits: tuple[np.ndarray, np.ndarray], rounds: int = 14, draws: int = 240,
) -> tuple[np.ndarray, float]:  # fmt: skip
    """The best parameters in a window of lines, by shrinking clouds of trials."""
    best, lift = x.copy(), np.diag(spread)
    value = float(_best_stretch(lines.terms(best[None], window, half), fewest)[0][0])
    for turn in range(rounds):
        moves = rng.standard_normal((draws, len(x))) @ lift.T
        # Every other trial moves one coordinate alone, by any size.
        moves[::2] *= np.eye(len(x))[rng.integers(len(x), size=draws // 2)] * rng.exponential(1.0, (draws // 2, 1))
        trials = np.clip(best + moves, *limits)
        got = _best_stretch(lines.terms(trials, window, half), fewest)[0]
        elite = trials[np.argsort(-got)[: draws // 5]] - best
        cov = np.cov(elite.T) + np.diag((spread * 0.6**turn * 0.2) ** 2)
        lift = np.linalg.cholesky(cov + 1e-12 * np.diag(np.diag(cov)))
        top = int(got.argmax())
        if got[top] > value:
            best, value = trials[top], float(got[top])
    return best, value


def uneven_comb(
    likelihood: EchoLikelihood,
    comb: Comb | Any,
    prior: UniEwPrior,
    degree: int = 2,
    rng: np.random.Generator | int | None = 0,
) -> UnevenComb:
    """Follow the lines of a comb as far as they go, with a spacing that drifts.

    Parameters
    ----------
    likelihood : EchoLikelihood
    comb : Comb
        What a search found: the start.
    prior : UniEwPrior
        Its band, widths, amplitudes and ``min_modes`` bound the lines.
    degree : int
        Of the polynomial; 1 is an even comb.
    rng : numpy Generator or int

    Raises
    ------
    InputError
        Degrees below one, combs outside the band.

    Examples
    --------
    >>> from symmeter.signals.echoes.detector_data import DetectorData
    >>> f, truth = np.arange(2048) / 4, Comb(0.5, 0.4, 0.3, 8.0, 60.0, 300.0)
    >>> rng = np.random.default_rng(0)
    >>> noise = (rng.normal(size=2048) + 1j * rng.normal(size=2048)) * np.sqrt(4 / 1024 / 2)
    >>> like = EchoLikelihood(DetectorData.of(f, noise + truth.template(f), 2 / 1024))
    >>> found = uneven_comb(like, truth, UniEwPrior((None, 1.0), (0.0, 5.0), (5.0, 10.0), (60.0, 300.0)))
    >>> abs(found.spacing - 8.0) < 4 * found.spacing_error < 0.01, abs(found.drift) < 4 * found.drift_error
    (True, True)
    """
    if degree < 1:
        raise InputError(f"degree is {degree}; an even comb has 1, a drift takes 2 or more")
    comb, prior, rng = Comb.of(comb), prior.settled(likelihood.data), np.random.default_rng(rng)
    low, high = prior.band
    space, df = comb.spacing, likelihood.data.df
    start, stop = max(comb.fmin, low), min(comb.fmax, high)
    if stop - start < 2.0 * space:
        raise InputError(f"the comb from {comb.fmin:g} to {comb.fmax:g} Hz has no lines in {low:g} to {high:g} Hz")
    middle = round(0.5 * (start + stop) / space - comb.phase)
    base = (middle + comb.phase) * space
    lines = _Lines(likelihood, space, base)
    most = np.arange(np.ceil((low - base) / space), np.floor((high - base) / space) + 1)
    fewest = min(prior.min_modes, len(most))
    half = max(0.5 * (stop - start) / space, 0.5 * fewest, 2.0)
    widest = max(df, comb.width / np.pi)
    w_low, w_high = prior.width
    assert w_low is not None
    least = max(prior.amplitude[0], 1e-300)
    ends = np.full((2, degree + 3), np.inf) * np.array([[-1.0], [1.0]])
    ends[:, 0], ends[:, 1] = np.log((w_low, w_high)), np.log((least, prior.amplitude[1]))
    found = []
    # A drift of either sign may fit the first few lines.
    for bend in (0.0, -2.0, 2.0) if degree > 1 else (0.0,):
        x = np.concatenate([[np.log(comb.width), np.log(max(comb.amplitude, least))], np.zeros(degree + 1)])
        x[4:5] = bend * widest
        found.append(_followed(lines, x, most, half, fewest, widest, ends, rng))
    x, stretch, half, value = max(found, key=lambda one: one[3])
    return _measured(lines, x, stretch, half, value, ends, widest, rng)


def _followed(
    lines: _Lines, x: np.ndarray, most: np.ndarray, half: float, fewest: int, widest: float, ends: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, float, float]:  # fmt: skip
    """Parameters and lines of the best stretch, from windows that grow; the polynomial is that of the last window."""
    reach, degree = float(max(-most[0], most[-1])), len(x) - 3
    spread = np.concatenate([[0.4, 0.3], np.full(degree + 1, 1.5 * widest)])
    while True:
        window = most[np.abs(most) <= half + 1e-9]
        if len(window) < fewest:
            window = np.sort(most[np.argsort(np.abs(most))[:fewest]])
        x, _ = _climbed(lines, x, spread, window, half, fewest, rng, (ends[0], ends[1]))
        if half >= reach:
            break
        grown = min(1.4 * half, reach)
        # The same polynomial in a wider window.
        old = np.polynomial.Legendre(x[2:], domain=[-half, half])
        x[2:] = np.pad(old.convert(domain=[-grown, grown]).coef, (0, degree + 1))[: degree + 1]
        half = grown
    value, begin, end = _best_stretch(lines.terms(x[None], window, half), fewest)
    return x, window[begin[0] : end[0]], half, float(value[0])


def _measured(
    lines: _Lines, x: np.ndarray, stretch: np.ndarray, half: float, value: float, ends: np.ndarray, widest: float,
    rng: np.random.Generator,
) -> UnevenComb:  # fmt: skip
    """Posterior of the polynomial over a stretch of lines, by importance sampling from clouds that follow it."""
    size, nu = len(x), 5.0
    # The same polynomial about the stretch itself, where its coefficients have little to do with each other.
    centre, wide = 0.5 * (stretch[0] + stretch[-1]), 0.5 * (stretch[-1] - stretch[0])
    old = np.polynomial.Legendre(x[2:], domain=[-half, half])
    about = old.convert(domain=[centre - wide, centre + wide]).coef
    x = np.concatenate([x[:2], np.pad(about, (0, size))[: size - 2]])
    lines = _Lines(lines.like, lines.spacing, lines.base + lines.spacing * centre)
    stretch, half = stretch - centre, wide
    mean, cov = x.copy(), np.diag(np.concatenate([[0.2, 0.15], np.full(size - 2, 0.3 * widest)]) ** 2)
    for turn in range(8):
        draws = 1500 if turn < 7 else 6000
        scale = np.sqrt(np.diag(cov))
        lift = scale[:, None] * np.linalg.cholesky(cov / np.outer(scale, scale) + 1e-9 * np.eye(size))
        y = rng.standard_normal((draws, size)) / np.sqrt(rng.chisquare(nu, (draws, 1)) / nu)
        trials = mean + y @ lift.T
        inside = np.all((trials >= ends[0]) & (trials <= ends[1]), axis=1)
        got = np.full(draws, -np.inf)
        got[inside] = lines.terms(trials[inside], stretch, half).sum(1)
        # Amplitudes are uniform, widths log-uniform.
        ln_w = got + trials[:, 1] + 0.5 * (nu + size) * np.log1p(np.sum(y**2, axis=1) / nu)
        w = np.exp(ln_w - ln_w.max())
        w /= w.sum()
        tempered = w
        while 1.0 / np.sum(tempered**2) < 20 * size:
            tempered = np.sqrt(tempered)
            tempered /= tempered.sum()
        mean = tempered @ trials
        cov = (trials - mean).T @ ((trials - mean) * tempered[:, None]) + np.diag((1e-4 * scale) ** 2)
    best = trials[int(np.argmax(got))] if got.max() > value else x
    # The middle by signal: there the spacing is known apart from the places of the lines.
    strength = np.maximum(lines.terms(best[None], stretch, half)[0], 0.0) + 1e-12
    middle = float(np.sum(strength * stretch) / strength.sum())
    units = [np.polynomial.Legendre.basis(k, domain=[-half, half]) for k in range(size - 2)]
    spacing = lines.spacing + trials[:, 2:] @ np.array([unit.deriv(1)(middle) for unit in units])
    drift = trials[:, 2:] @ np.array([unit.deriv(2)(middle) if k > 1 else 0.0 for k, unit in enumerate(units)])
    averages = [float(w @ v) for v in (spacing, drift)]
    errors = [float(np.sqrt(w @ (v - m) ** 2)) for v, m in zip((spacing, drift), averages)]
    return UnevenComb(
        lines.places(best[None], stretch, half)[0], float(np.exp(best[0])), float(np.exp(best[1])),
        float(lines.places(best[None], np.array([middle]), half)[0, 0]), averages[0], errors[0], averages[1],
        errors[1], max(value, float(got.max())), float(1.0 / np.sum(w**2)),
    )  # fmt: skip
