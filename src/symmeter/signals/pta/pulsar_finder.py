"""Is the sky of gravitational waves the same in all directions? The finder that ``find`` runs on pairs of pulsars.

The symmetry is rotation of the power of the sky. Its defect is the share of the mean square power that is not
isotropic, ``sqrt(A / (1 + A))`` with ``A = sum_lm c_lm^2 / c_00^2`` over l > 0 and the noise taken off: 0 for an
isotropic sky, near 1 for a single source. Its p-value is that of the gain of a linear fit over the best isotropic sky.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Level, Picture, Report, Rung
from symmeter.groups import LieAlgebra, LieGroup
from symmeter.representations import Action, Space
from symmeter.signals.pta.conventions import degrees_and_orders
from symmeter.signals.pta.fits import AnisotropyFit
from symmeter.signals.pta.information import fisher_matrix
from symmeter.subjects import Subject
from symmeter.subjects.pulsars import PulsarPairs

__all__ = ["PulsarFinder", "PulsarReport", "SkyRotation", "anisotropy", "resolved_degree"]

_LARGEST = 4
_CONDITION = 60.0
_NEARLY = 0.2
#: Of the monopole, in deviations: below it there is no background to speak of.
_SEEN = 3.0
_GRID = (18, 36)


class SkyRotation(Action):
    """All rotations of the sky, on real coefficients of its power; the average keeps the mean power alone."""

    def __init__(self, lmax: int) -> None:
        turns = np.zeros((3, 3, 3))
        for k in range(3):
            turns[k, (k + 1) % 3, (k + 2) % 3], turns[k, (k + 2) % 3, (k + 1) % 3] = -1.0, 1.0
        self.group = LieGroup(LieAlgebra(list(turns)))
        size = (lmax + 1) ** 2
        self.space = Space(size, title=f"the sky, {size} harmonics")
        self.generators = ()
        self.lmax = lmax

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        out = np.zeros_like(np.asarray(x))
        out[..., 0] = np.asarray(x)[..., 0]
        return out

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """By Schur's lemma a number for each degree: the mean of its diagonal."""
        a = np.asarray(operator)
        ell, _ = degrees_and_orders(self.lmax)
        means = np.bincount(ell, weights=np.real(np.diag(a))) / (2 * np.arange(self.lmax + 1) + 1)
        return np.diag(means[ell])


def resolved_degree(array: Any, sigma: Any) -> int:
    """The largest degree, up to 4, whose harmonics the array tells apart with a condition number below 60."""
    whole = fisher_matrix(array, _LARGEST, sigma)
    best = 1
    for lmax in range(1, _LARGEST + 1):
        size = (lmax + 1) ** 2
        if size >= len(array.pairs):
            break
        values = np.linalg.eigvalsh(whole[:size, :size])
        if values[0] > 0 and values[-1] / values[0] < _CONDITION:
            best = lmax
    return best


def anisotropy(
    c: Float[np.ndarray, " k"], cov: Float[np.ndarray, "k k"], rng: np.random.Generator, draws: int = 4000
) -> tuple[float, tuple[float, float]]:
    """The defect of rotation symmetry of a sky, noise taken off, and where it lies with probability 0.95."""
    noise = float(np.trace(cov[1:, 1:]))
    share = max(float((c[1:] ** 2).sum()) - noise, 0.0) / c[0] ** 2
    values, vectors = np.linalg.eigh(cov)
    some = c + rng.standard_normal((draws, len(c))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    # Draws about the estimate carry the noise twice.
    shares = np.maximum((some[:, 1:] ** 2).sum(1) - 2 * noise, 0.0) / np.maximum(some[:, 0] ** 2, 1e-300)
    low, high = np.quantile(shares, (0.025, 0.975))
    defect, below, above = (float(np.sqrt(a / (1 + a))) for a in (share, low, high))
    return defect, (min(below, defect), max(above, defect))


class PulsarReport(Report):
    """The report for pairs of pulsars, with a sentence about the sky."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        best = self.findings[0]
        p = "" if best.p_value is None else f" (p = {best.p_value:.2g})"
        low, high = best.interval
        if best.verdict == "undecided":
            return "No background is seen in these correlations, so that nothing can be said of its directions."
        if best.holds:
            return (
                f"The background is the same in all directions as far as these pulsars can tell{p}; a defect of up to "
                f"{high:.2g} would not have been seen."
            )
        return f"The background is not the same in all directions{p}: defect {best.defect:.2g} [{low:.2g}, {high:.2g}]."


class PulsarFinder(Finder):
    """Finds whether the sky behind correlations of pulsars has the symmetry of rotation."""

    name = "pulsars"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, PulsarPairs)
        options.report_progress(0.1, "choosing degrees")
        lmax = resolved_degree(subject.array, subject.sigma)
        options.report_progress(0.3, "fitting the sky")
        with warnings.catch_warnings():
            # The condition number stands in the report.
            warnings.simplefilter("ignore")
            fit = AnisotropyFit(subject.array, subject.rho, subject.sigma, lmax)
            finding, notes = _finding(fit, subject, options)
        rungs = (Rung(0.0, "C1", 1, "none"), Rung(finding.defect, "SO(3)", None, finding.name))
        asked = {"alpha": options.alpha, "lmax": lmax}
        return PulsarReport(subject.describe(), (finding,), rungs, tuple(notes), asked, ("pta-anisotropy",))


def _measured(subject: PulsarPairs) -> int:
    """Pairs that weigh something."""
    s = np.asarray(subject.sigma)
    return len(subject.rho) if s.ndim == 2 else int((s < 1e5 * s.min()).sum())


def _finding(fit: AnisotropyFit, subject: PulsarPairs, options: FindOptions) -> tuple[Finding, list[str]]:
    from scipy.special import betainc, gammaincc

    size, pairs = (fit.lmax + 1) ** 2, _measured(subject)
    spare, more = pairs - size, size - 1
    chi2, gain = fit.chi2(), max(fit.delta_chi2, 0.0)
    p = float(gammaincc(more / 2, gain / 2))
    fair = float(gammaincc(spare / 2, chi2 / 2)) if spare > 0 else 1.0
    notes, method = [], f"gain of {gain:.1f} in chi squared for {more} coefficients"
    scaled = spare > 0 and not 1e-3 < fair < 1 - 1e-3
    scale = 1.0
    if scaled:
        # Fisher's F: the law does not know the noise, and takes it from what the fit leaves.
        scale = chi2 / spare
        ratio = (gain / more) / scale
        p = float(betainc(spare / 2, more / 2, spare / (spare + more * ratio)))
        word = "larger" if chi2 > spare else "smaller"
        notes.append(
            f"What the fit leaves is {word} than sigma says (chi squared {chi2:.0f} for {spare}); the p-value takes "
            "the noise from the fit, and sigma only as weights."
        )
        method = f"F of {ratio:.2f} for {more} and {spare} degrees of freedom, noise taken from the fit"
    cov = fit.cov * scale
    mean = float(fit.c_lm[0] / np.sqrt(4 * np.pi))
    seen = float(fit.c_lm[0] / np.sqrt(cov[0, 0]))
    rng = np.random.default_rng(options.rng)
    defect, interval = anisotropy(fit.c_lm, cov, rng)
    verdict = _verdict(seen, p, defect, options.alpha)
    if verdict == "undecided":
        interval = (0.0, 1.0)
        notes.append(
            f"The mean power is {seen:.1f} deviations from zero; {_SEEN:g} are needed to speak of a background."
        )
    spectrum = fit.C_l[1:] / fit.c_lm[0] ** 2
    strongest = int(np.argmax(fit.c_lm[1:] ** 2 - np.diag(cov)[1:])) + 1 if more else 0
    finding = Finding(
        name="rotation of the sky",
        action=SkyRotation(fit.lmax),
        defect=defect,
        interval=interval,
        p_value=p,
        verdict=verdict,
        how=(
            f"share of the mean square power that is not isotropic, degrees 1 to {fit.lmax}, noise taken off; linear "
            f"fit of {size} harmonics to {pairs} correlations with exact overlap functions"
        ),
        levels=(
            Level("isotropic", p >= options.alpha, p, gain, method),
            Level("sigma fits", not scaled, fair, chi2, f"chi squared of the fit, {spare} degrees of freedom"),
        ),
        notes=(_spectrum_text(spectrum),),
        code=f"report = sm.find({options.call[0]}{options.call[1]}); report.best.evidence['c_lm']",
        evidence={
            "lmax": fit.lmax, "mean_power": mean, "mean_power_in_deviations": seen, "c_lm": fit.c_lm,
            "deviations": np.sqrt(np.diag(cov)), "C_l_over_C_0": spectrum, "chi2": chi2, "delta_chi2": gain,
            "condition": fit.condition, "pairs": pairs,
        },
        picture=_picture(fit),
    )  # fmt: skip
    return finding, [*_where(fit, strongest, cov, verdict), *notes]


def _verdict(seen: float, p: float, defect: float, alpha: float) -> str:
    if seen < _SEEN:
        return "undecided"
    if p >= alpha:
        return "symmetric" if p >= 0.05 else "borderline"
    return "nearly" if defect < _NEARLY else "broken"


def _spectrum_text(spectrum: np.ndarray) -> str:
    return "C_l / C_0, noise taken off: " + ", ".join(f"l = {k}: {v:.2g}" for k, v in enumerate(spectrum, 1)) + "."


def _where(fit: AnisotropyFit, strongest: int, cov: np.ndarray, verdict: str) -> list[str]:
    """Of a sky that is not isotropic: its strongest harmonic, and where most power comes from."""
    if verdict not in ("nearly", "broken") or not strongest:
        return []
    ell, m = degrees_and_orders(fit.lmax)
    value = fit.c_lm[strongest] / fit.c_lm[0]
    error = np.sqrt(cov[strongest, strongest]) / abs(fit.c_lm[0])
    points, x = _even_points(), fit.array.directions
    # Sources lie opposite to where their waves go.
    brightest = points[int(fit.power.values(-points).argmax())]
    ra, dec = np.degrees(np.arctan2(brightest[1], brightest[0])) % 360, np.degrees(np.arcsin(brightest[2]))
    near = np.degrees(np.arccos(np.clip(x @ brightest, -1, 1)).min())
    return [
        f"The strongest harmonic of the directions in which waves go is l = {ell[strongest]}, m = {m[strongest]}: "
        f"{value:+.2f} ± {error:.2f} of the mean.",
        f"Most power comes from near right ascension {ra / 15:.0f} h, declination {dec:+.0f} degrees; the nearest of "
        f"{len(x)} pulsars is {near:.0f} degrees away.",
    ]


def _even_points() -> np.ndarray:
    from symmeter.signals.pta.pixels import healpix_directions

    return healpix_directions(8)


def _picture(fit: AnisotropyFit) -> Picture:
    """The sky of sources as a grid of declination and right ascension, and the mean that rotations leave."""
    from symmeter.representations import real_sph_harm

    h, w = _GRID
    dec = np.radians(90 - 180 * (np.arange(h) + 0.5) / h)[:, None]
    ra = np.radians(360 * (np.arange(w) + 0.5) / w)[None, :]
    points = np.stack(np.broadcast_arrays(np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)), -1)
    values = real_sph_harm(-points.reshape(-1, 3), fit.lmax, axis="z") @ fit.c_lm
    return Picture(values, np.full(h * w, fit.c_lm[0] / np.sqrt(4 * np.pi)), _GRID)
