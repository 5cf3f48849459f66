"""Finds the discrete translation symmetry of the spectrum of strain: the finder that ``find`` runs on strain files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Level, Report, Rung
from symmeter.signals.echoes.strain_files import read_strain
from symmeter.signals.echoes.strain_record import StrainRecord
from symmeter.signals.echoes.translation_symmetry import SpectrumShift, translation_defect
from symmeter.subjects import Subject
from symmeter.subjects.strain import StrainSubject

__all__ = ["StrainFinder", "StrainReport", "open_strain"]

#: Seconds that are searched, from the middle of the file on, where public files have the merger.
_SECONDS = 16.0
#: Spacings that remnants of 10 to 200 solar masses have, hertz, and where lines may lie.
_SPACINGS = (1.5, 20.0)
_BAND = (20.0, 400.0)
#: More would mean echoes of a remnant; less than this many seconds tell nothing of a comb.
_SHORTEST = 2.0


class StrainFinder(Finder):
    """Searches the spectrum for an even comb and measures how exactly it repeats."""

    name = "strain"

    def accepts(self, subject: Subject) -> bool:
        return isinstance(subject, StrainSubject)

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, StrainSubject)
        from symmeter.signals import echoes as ec

        record = subject.record
        seed = int(np.random.default_rng(options.rng).integers(2**31))
        on, density, mask, notes = _prepared(record)
        highest = min(_BAND[1], 0.45 * record.sample_rate)
        least, most = max(_SPACINGS[0], 4.0 / on.duration), min(_SPACINGS[1], (highest - _BAND[0]) / 12.0)
        prior = ec.UniEwPrior(
            width=(None, 4.0), amplitude=(0.01, 10.0), spacing=(least, most),
            band=(_BAND[0], highest), free_band=True, amplitude_unit="noise",
        )  # fmt: skip
        options.report_progress(0.1, "scanning spacings")
        found = ec.search([on], [density], prior, mask=mask, rng=seed)
        options.report_progress(0.9, "how exactly the spectrum repeats")
        data = ec.prepare([on], [density], mask=mask)
        finding = _finding(found, data, options.alpha, seed, subject.source)
        ladder = [Rung(0.0, "C1", 1, "")]
        if finding.holds or finding.verdict == "nearly":
            ladder.append(Rung(finding.defect, "Z", None, finding.name))
        return StrainReport(
            subject.describe(), (finding,), tuple(ladder), tuple(notes),
            {"alpha": options.alpha, "seed": seed, "spacings": [least, most],
             "band": [_BAND[0], highest]},
            ("echo-search",),
        )  # fmt: skip


def _prepared(record: StrainRecord) -> tuple[Any, Any, Any, list[str]]:
    from symmeter.signals import echoes as ec

    whole = ec.Strain.from_array(record.values, record.sample_rate, start=record.start, detector=record.detector)
    total = len(record.values) / record.sample_rate
    if total < _SHORTEST:
        raise InputError(
            f"{record.source} holds {total:g} s of strain; a comb of {_SPACINGS[0]:g} Hz and more shows in "
            f"{_SHORTEST:g} s or longer"
        )
    if 0.45 * record.sample_rate < 4.0 * _BAND[0]:
        raise InputError(
            f"{record.source} is sampled at {record.sample_rate:g} Hz; lines above {_BAND[0]:g} Hz need "
            f"{4.0 * _BAND[0] / 0.45:.0f} Hz or more"
        )
    half = 0.5 * total if total >= 2.0 * _SHORTEST else 0.0
    length = min(_SECONDS, total - half)
    on = whole.cut(record.start + half, length)
    # Half a second: coarser than a comb, which must not be taken for noise.
    segment = min(2048, int(record.sample_rate / 2), int(length * record.sample_rate / 8))
    notes = []
    if half >= 8 * segment / record.sample_rate:
        noise = whole.cut(record.start, half)
        notes.append(f"{length:.4g} s from the middle on were searched, noise was measured on the {half:.4g} s before")
    else:
        noise = on
        notes.append(f"{length:g} s were searched; noise was measured on the same data")
    density = ec.welch_psd(noise, segment=segment, method="median")
    mask = ec.notch_lines(density)
    return on, density, mask, notes


def _finding(found: Any, data: Any, alpha: float, seed: int, source: str) -> Finding:
    best = found.best
    frequencies = np.arange(data.spectra.shape[1]) * data.df
    weight = data.inverse_psd[0]
    power = np.where(weight > 0, 2.0 * data.df * np.abs(data.spectra[0]) ** 2 * weight, np.nan)
    inside = (frequencies >= best.fmin) & (frequencies <= best.fmax)
    # A line is as wide as its decay or as the data are short, whichever is wider.
    wide = max(best.width / np.pi, 1.5 * data.df)
    exact = translation_defect(power[inside], frequencies[inside], best.spacing, best.phase * best.spacing, wide, seed)
    sure = float(found.ln_bayes_factor)
    present = sure > -np.log(alpha)
    verdict = "unidentifiable" if not present else _verdict(exact.interval, exact.defect)
    low, high = (float(v) for v in np.quantile(found.samples["spacing"], (0.025, 0.975)))
    notes = [
        f"ln Bayes factor of a comb over noise alone: {sure:.2f} +- {found.ln_bayes_error:.2f}",
        f"lines every {best.spacing:.5g} Hz ({low:.5g} to {high:.5g} with 95 %), that is a pulse every "
        f"{1.0 / best.spacing:.4g} s, from {best.fmin:.0f} to {best.fmax:.0f} Hz: {exact.teeth} whole periods",
    ]
    if not present:
        notes.append("no comb stands out of the noise: a flat spectrum looks the same from everywhere")
    action = SpectrumShift(frequencies[inside], best.spacing, best.phase * best.spacing)
    level = Level(
        "comb over noise", present, float(min(1.0, np.exp(-sure))), sure,
        "Bayes factor; noise exceeds b with a probability below 1/b",
    )  # fmt: skip
    return Finding(
        f"shift by {best.spacing:.5g} Hz", action, exact.defect if present else 1.0,
        exact.interval if present else (0.0, 1.0), None, verdict,
        f"share of the structure that {exact.teeth} periods have in common, free of the scatter of noise",
        (level,), "generative subgroup possible" if present else "unidentifiable", tuple(notes),
        f"symmeter.signals.echoes.Strain.from_gwosc({source!r}).spectrum()",
        {
            "ln_bayes_factor": sure, "spacing": float(best.spacing), "phase": float(best.phase),
            "width": float(best.width), "fmin": float(best.fmin), "fmax": float(best.fmax), "teeth": exact.teeth,
            "profile": exact.profile, "snr": float(np.median(found.samples["snr"])),
        },
    )  # fmt: skip


def _verdict(interval: tuple[float, float], defect: float) -> str:
    if interval[0] < 0.1:
        return "symmetric"
    return "nearly" if defect < 0.7 else "broken"


@dataclass(frozen=True, eq=False, repr=False)
class StrainReport(Report):
    """The report for strain: as any other, with a sentence of its own."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        finding = self.best
        seen = finding.evidence
        if finding.verdict == "unidentifiable":
            return f"No comb stands out of the noise (ln Bayes factor {seen['ln_bayes_factor']:.1f})."
        told = {"symmetric": "repeats", "nearly": "nearly repeats"}.get(finding.verdict, "has lines that hardly repeat")
        return (
            f"The spectrum {told} every {seen['spacing']:.5g} Hz, with a defect of {finding.defect:.2g} and a ln Bayes "
            f"factor of {seen['ln_bayes_factor']:.1f} over noise."
        )


def open_strain(source: Any, sample_rate: float | None = None) -> StrainSubject:
    """A file, a record of ours or a time series of gwpy, as a subject.

    Raises
    ------
    SymmeterError
        As :func:`~symmeter.signals.echoes.strain_files.read_strain`.
    """
    if isinstance(source, StrainSubject):
        return source
    if isinstance(source, (str, os.PathLike)):
        record = read_strain(source, sample_rate=sample_rate)
        return StrainSubject(record, record.source)
    from symmeter.signals.echoes.strain import Strain

    record = Strain.of(source)
    return StrainSubject(record, record.source)
