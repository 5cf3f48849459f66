"""The search for a comb: transform, harmonics, evidence and posterior in one call."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from symmeter.errors import InputError, UnknownNameError
from symmeter.progress import Progress, silent
from symmeter.signals.echoes.comb import PARAMETERS
from symmeter.signals.echoes.detector_data import DetectorData
from symmeter.signals.echoes.harmonics import harmonic_family
from symmeter.signals.echoes.importance import Evidence, evidence
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.noise_checks import UnlikelyNoise, noise_notes, refuse_the_same_noise
from symmeter.signals.echoes.preparation import prepare
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.search_result import SearchResult
from symmeter.signals.echoes.spacing_scan import CombTransform, comb_transform

__all__ = ["search"]

#: Sizes (even in the logarithm) and number of phases of free antenna factors.
_RATIOS, _PHASES = (0.5, 1.0, 2.0), 8
#: Deviations from what the best comb wants of it beyond which a detector sees something else.
_AT_ODDS = 4.0


def search(
    strains: Any,
    psd: Any = None,
    prior: UniEwPrior | None = None,
    likelihood: str = "per-mode",
    coherent: bool = True,
    *,
    mask: Any = None,
    delays: Any = None,
    antenna: Any = None,
    onset: float | None = None,
    truncation: str = "exact",
    cap: float | None = None,
    student: float | None = None,
    draws: int = 60_000,
    samples: int = 4000,
    peaks: int = 48,
    engine: str = "auto",
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
) -> SearchResult:
    """Is there an even comb of lines in the data, and which?

    Parameters
    ----------
    strains : Strain, list of Strain, or DetectorData
        From the first echo on.
    psd : PowerSpectrum, float, array, name of a design curve, or a list of one for each detector
    prior : UniEwPrior
    likelihood : {"per-mode", "per-bin", "amplitude-free"}
    coherent : bool
        Of a network: one phase for each line, or one for each line and detector.
    mask, delays, antenna, onset
        See :func:`symmeter.signals.echoes.preparation.prepare`. ``antenna="free"`` knows nothing of the factors of two
        detectors: the evidence is averaged over their ratio, of any phase and of size 1/2 to 2.
    truncation, cap, student, engine
        See :class:`symmeter.signals.echoes.likelihood.EchoLikelihood`.
    draws, samples, peaks : int
        Of the evidence, of the posterior that is returned, and of local maxima to look at closely.
    rng : numpy Generator or int
    progress : callable, optional

    Returns
    -------
    SearchResult

    Raises
    ------
    SymmeterError
        One line: data and densities that do not fit, data too short for the spacings, bands above Nyquist, one noise
        given as that of two detectors.

    Warns
    -----
    UnlikelyNoise
        If the data have more power than their density says, or detectors share noise or disagree on the comb; ``notes``
        of the result say so.

    Examples
    --------
    >>> from symmeter.signals.echoes.comb import Comb
    >>> rng, n = np.random.default_rng(0), 4 * 1024
    >>> f, truth = np.arange(n // 2) / 4, Comb(0.5, 0.25, 0.3, 8.0, 60.0, 300.0)
    >>> data = DetectorData.of(f, np.fft.fft(rng.normal(size=n))[: n // 2] / 1024 + truth.template(f), 2 / 1024)
    >>> prior = UniEwPrior((None, 1.0), (0.0, 5.0), (5.0, 10.0), (60.0, 300.0))
    >>> found = search(data, prior=prior, draws=4000)
    >>> abs(found.best.spacing - 8.0) < 0.02, found.ln_bayes_factor > 20
    (True, True)
    """
    if prior is None:
        raise InputError("a search needs a prior: UniEwPrior.from_remnant(mass, spin, redshift), or one of your own")
    rng = np.random.default_rng(rng)
    if isinstance(strains, DetectorData):
        if any(v is not None for v in (psd, mask, delays)) or not (antenna is None or isinstance(antenna, str)):
            raise InputError(
                "DetectorData have their psd, mask, delays and antenna factors in them; leave those out here"
            )
        data = strains
    else:
        if psd is None:
            raise InputError("a search needs the psd of the noise: welch_psd(strain), a design curve, or a number")
        factors = None if isinstance(antenna, str) else antenna
        data = prepare(strains, psd, mask=mask, onset=onset, delays=delays, antenna=factors, width=prior.width[1])
    options: dict[str, Any] = {
        "coherent": coherent, "truncation": truncation, "cap": cap, "student": student, "engine": engine,
    }  # fmt: skip
    settled = prior.settled(data)
    refuse_the_same_noise(data, settled.band)
    if isinstance(antenna, str):
        like, scan, found = _free_antenna(data, settled, antenna, likelihood, options, draws, peaks, rng, progress)
    else:
        like = EchoLikelihood(data, likelihood, **options)
        scan = comb_transform(like, settled, peaks=peaks, rng=rng, progress=progress)
        found = evidence(like, settled, scan, draws=draws, rng=rng, progress=progress)
    top = int(np.argmax(found.ln_likelihoods))
    best, value = scan.best, scan.best_value
    if found.ln_likelihoods[top] > value:
        best = type(best).of(found.theta[top])
    family = harmonic_family(like, best, settled, rng)
    inside = [i for i, c in enumerate(family.combs) if settled.spacing[0] <= c.spacing <= settled.spacing[1]]
    if inside:
        i = max(inside, key=lambda k: family.ln_likelihoods[k])
        best, value = family.combs[i], float(family.ln_likelihoods[i])
    drawn = found.samples(samples, rng)
    rows = np.stack([drawn[name] for name in PARAMETERS[:6]], axis=1)
    unique, back = np.unique(rows, axis=0, return_inverse=True)
    drawn["snr"] = like.snr_batch(unique)[back.ravel()]
    result = SearchResult(like, settled, scan, family, found, best, value, drawn)
    notes = (*noise_notes(data, settled.band, best), *_at_odds(result))
    for note in notes:
        warnings.warn(note, UnlikelyNoise, stacklevel=2)
    progress(1.0, "done")
    return replace(result, notes=notes)


def _at_odds(result: SearchResult) -> list[str]:
    """Detectors of a network that see another comb than the others, where there is one to be seen."""
    if result.likelihood.data.detectors < 2 or result.ln_bayes_factor < 0:
        return []
    seen = result.consistency
    return [
        f"{name} saw a squared signal-to-noise ratio of {was:.1f} where the comb of all wants {wanted:.1f}, "
        f"{abs(off):.1f} deviations {'less' if off < 0 else 'more'}: a glitch, or wrong antenna factors or delays"
        for name, wanted, was, off in zip(seen.detectors, seen.expected, seen.measured, seen.deviations)
        if abs(off) > _AT_ODDS
    ]


def _free_antenna(
    data: DetectorData, prior: UniEwPrior, antenna: str, kind: str, options: dict[str, Any], draws: int, peaks: int,
    rng: np.random.Generator, progress: Progress,
) -> tuple[EchoLikelihood, CombTransform, Evidence]:  # fmt: skip
    """The likelihood with the best factors, a scan that needs none, and the evidence averaged over all."""
    if antenna != "free":
        raise UnknownNameError(f"antenna is {antenna!r}; give factors, or 'free'")
    if data.detectors != 2 or not options["coherent"]:
        raise InputError(
            "free antenna factors are those of two detectors searched coherently; give the factors of others"
        )
    scan = comb_transform(EchoLikelihood(data, kind, **{**options, "coherent": False}), prior, peaks=peaks, rng=rng)
    nodes = [(a, p) for a in _RATIOS for p in 2.0 * np.pi * np.arange(_PHASES) / _PHASES]
    pairs = []
    for k, (ratio, phase) in enumerate(nodes):
        # Factors of a mean square of one, so that amplitudes mean the same at every ratio.
        factors = np.array([1.0, ratio * np.exp(1j * phase)]) * np.sqrt(2.0 / (1.0 + ratio**2))
        like = EchoLikelihood(replace(data, antenna=factors), kind, **options)
        rows = np.array([c.array() for c in scan.peaks])
        values = like.batch(rows)
        order = np.argsort(-values)
        here = replace(
            scan, peaks=tuple(scan.peaks[i] for i in order), peak_values=values[order], best_value=float(values.max())
        )
        pairs.append((like, evidence(like, prior, here, draws=max(4000, draws // 8), rng=rng)))
        progress(0.2 + 0.7 * (k + 1) / len(nodes), "weighing the evidence of antenna factors")
    ln_z = np.array([found.ln_bayes_factor for _, found in pairs])
    share = np.exp(ln_z - ln_z.max())
    mean = float(ln_z.max() + np.log(share.mean()))
    share /= share.sum()
    error = float(np.sqrt(np.sum((share * np.array([found.error for _, found in pairs])) ** 2)))
    theta = np.concatenate([found.theta for _, found in pairs])
    values = np.concatenate([found.ln_likelihoods for _, found in pairs])
    weights = np.concatenate([s * found.weights for s, (_, found) in zip(share, pairs)])
    return pairs[int(ln_z.argmax())][0], scan, Evidence(mean, error, theta, values, weights / weights.sum())
