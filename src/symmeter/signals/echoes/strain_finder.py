"""Finds the discrete translation symmetry of the spectrum of strain: the finder that ``find`` runs on strain files."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Level, Picture, Report, Rung
from symmeter.signals.echoes.strain_files import read_strain
from symmeter.signals.echoes.strain_record import StrainRecord
from symmeter.signals.echoes.translation_symmetry import SpectrumShift, comb_defect, echelle
from symmeter.subjects import Subject
from symmeter.subjects.strain import StrainSubject

__all__ = ["StrainFinder", "StrainReport", "open_strain"]

#: Seconds that are searched, from the middle of the file on, where public files have the merger.
_SECONDS = 16.0
#: Spacings that remnants of 10 to 200 solar masses have, hertz, and where lines may lie.
_SPACINGS = (1.5, 20.0)
_BAND = (20.0, 400.0)
#: Below this the ground is filtered out, hertz.
_FLOOR = 15.0
_FLAT = "no comb stands out of the noise: a flat spectrum looks the same from everywhere"
#: More would mean echoes of a remnant; less than this many seconds tell nothing of a comb.
_SHORTEST = 2.0


class StrainFinder(Finder):
    """Searches the spectrum for an even comb and measures how exactly it repeats."""

    name = "strain"

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
        with warnings.catch_warnings():
            # The report says it in its own place.
            warnings.simplefilter("ignore", ec.UnlikelyNoise)
            found = ec.search([on], [density], prior, mask=mask, rng=seed)
        options.report_progress(0.9, "how exactly the spectrum repeats")
        finding = _finding(found, options.alpha, seed, subject.source)
        ladder = [Rung(0.0, "C1", 1, "")]
        if finding.holds or finding.verdict == "nearly":
            ladder.append(Rung(finding.defect, "Z", None, finding.name))
        return StrainReport(
            subject.describe(), (finding,), tuple(ladder), (*notes, *found.notes),
            {"alpha": options.alpha, "seed": seed, "spacings": [least, most],
             "band": [_BAND[0], highest]},
            ("echo-search",), _sections(found.periodogram),
        )  # fmt: skip


def _prepared(record: StrainRecord) -> tuple[Any, Any, Any, list[str]]:
    from symmeter.signals import echoes as ec

    whole = ec.Strain.of(record)
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
    # Raw strain is all ground motion, which would leak from below into every bin.
    whole = whole.high_passed(_FLOOR)
    half = 0.5 * total if total >= 2.0 * _SHORTEST else 0.0
    # Where the filter rings nothing is taken, unless the file is too short to do without.
    ends = whole.spoilt if total > 8.0 * whole.spoilt else 0.0
    length = min(_SECONDS, total - half - ends)
    on = whole.cut(record.start + half, length)
    # Half a second: coarser than a comb, which must not be taken for noise.
    segment = min(2048, int(record.sample_rate / 2), int(length * record.sample_rate / 8))
    notes = []
    if half >= 8 * segment / record.sample_rate:
        noise = whole.cut(record.start + ends, half - ends)
        notes.append(
            f"{length:.4g} s from the middle on were searched, noise was measured on the {half - ends:.4g} s before"
        )
    else:
        noise = on
        notes.append(f"{length:g} s were searched; noise was measured on the same data")
    density = ec.welch_psd(noise, segment=segment, method="median")
    mask = ec.notch_lines(density)
    return on, density, mask, notes


def _finding(found: Any, alpha: float, seed: int, source: str) -> Finding:
    best, data = found.best, found.likelihood.data
    sure = float(found.ln_bayes_factor)
    present = sure > -np.log(alpha)
    exact = comb_defect(found.likelihood, best, seed)
    verdict = "unidentifiable" if not present else _verdict(exact.interval, exact.defect)
    low, high = (float(v) for v in np.quantile(found.samples["spacing"], (0.025, 0.975)))
    notes = [
        f"ln Bayes factor of a comb over noise alone: {sure:.2f} +- {found.ln_bayes_error:.2f}",
        f"lines every {best.spacing:.5g} Hz ({low:.5g} to {high:.5g} with 95 %), that is a pulse every "
        f"{1.0 / best.spacing:.4g} s, from {best.fmin:.0f} to {best.fmax:.0f} Hz: {exact.teeth} whole periods",
        *(_drift(found.uneven) if present else [_FLAT]),
    ]
    frequencies = data.frequencies[(data.frequencies >= best.fmin) & (data.frequencies <= best.fmax)]
    action = SpectrumShift(frequencies, best.spacing, best.phase * best.spacing)
    level = Level(
        "comb over noise", present, float(min(1.0, np.exp(-sure))), sure,
        "Bayes factor; noise exceeds b with a probability below 1/b",
    )  # fmt: skip
    return Finding(
        f"shift by {best.spacing:.5g} Hz", action, exact.defect if present else 1.0,
        exact.interval if present else (0.0, 1.0), None, verdict,
        f"share of the structure that {exact.teeth} periods have in common, free of the scatter of noise",
        (level,), "" if present else "unidentifiable", tuple(notes),
        f"symmeter.signals.echoes.Strain.from_gwosc({source!r}).spectrum()",
        {
            "ln_bayes_factor": sure, "spacing": float(best.spacing), "phase": float(best.phase),
            "width": float(best.width), "fmin": float(best.fmin), "fmax": float(best.fmax), "teeth": exact.teeth,
            "profile": exact.profile, "snr": float(np.median(found.samples["snr"])),
        },
        _picture(found.likelihood, best) if present else None,
    )  # fmt: skip


def _drift(uneven: Any) -> list[str]:
    """What lines that are followed with a drift tell, where they tell it surely."""
    if abs(uneven.drift) < 3.0 * uneven.drift_error:
        return []
    grows = "grows" if uneven.drift > 0 else "falls"
    return [
        f"the spacing {grows} by {abs(uneven.drift):.2g} +- {uneven.drift_error:.1g} Hz from line to line: "
        f"{len(uneven.frequencies)} lines can be followed, {uneven.spacing:.6g} +- {uneven.spacing_error:.1g} Hz apart "
        f"at {uneven.reference:.0f} Hz"
    ]


def _picture(likelihood: Any, comb: Any) -> Picture | None:
    """The spectrum one period a row, and moved by a period: lines stand one above the other."""
    table = echelle(likelihood, comb.replace(fmax=comb.fmax + comb.spacing))
    table = np.sqrt(np.where(np.isfinite(table), table, 1.0))
    # No more columns than can be told apart in the picture; the highest of neighbours, so that lines stay.
    columns = min(table.shape[1], int(np.clip(3 * len(table), 16, 48)))
    edges = np.linspace(0, table.shape[1], columns + 1).astype(int)
    table = np.stack([table[:, a:b].max(1) for a, b in pairwise(edges)], axis=1)
    if len(table) < 3:
        return None
    return Picture(table[:-1].ravel(), table[1:].ravel(), (len(table) - 1, columns))


def _verdict(interval: tuple[float, float], defect: float) -> str:
    if interval[0] < 0.1:
        return "symmetric" if interval[1] < 0.7 else "undecided"
    return "nearly" if defect < 0.7 else "broken"


def _sections(scan: Any) -> tuple[ReportSection, ...]:
    """The best ln likelihood ratio of each spacing, thinned to what can be seen."""
    edges = np.geomspace(scan.spacings[0], scan.spacings[-1], 481)
    place = np.clip(np.searchsorted(edges, scan.spacings) - 1, 0, 479)
    top = np.full(480, -np.inf)
    np.maximum.at(top, place, scan.values)
    kept = np.isfinite(top)
    x, y = np.sqrt(edges[1:] * edges[:-1])[kept], top[kept]
    lead = (
        "How much likelier each spacing is than noise alone, for its best place, width and height of lines. Fractions "
        "and multiples of the true spacing stand out as well, by less."
    )
    curve = ("best comb", tuple(x.tolist()), tuple(y.tolist()))
    return (ReportSection("Periodogram of spacings", lead, "", (curve,), ("spacing (Hz)", "ln likelihood ratio")),)


@dataclass(frozen=True)
class ReportSection:
    """A part of the report beside the findings.

    Attributes
    ----------
    title, lead, text : str
    curves : tuple of (name, x, y)
    axes : (str, str)
    """

    title: str
    lead: str
    text: str
    curves: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...] = ()
    axes: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False, repr=False)
class StrainReport(Report):
    """The report for strain: as any other, with a sentence and a periodogram of its own.

    Attributes
    ----------
    sections : tuple of ReportSection
    """

    sections: tuple[ReportSection, ...] = ()

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        finding = self.best
        seen = finding.evidence
        sure = f"{seen['ln_bayes_factor']:.1f}"
        if finding.verdict == "undecided":
            return (
                f"Lines come every {seen['spacing']:.5g} Hz (ln Bayes factor {sure} over noise), but the "
                f"{seen['teeth']} of them do not say how exactly the spectrum repeats."
            )
        if finding.verdict == "unidentifiable":
            return f"No comb stands out of the noise (ln Bayes factor {sure})."
        told = {"symmetric": "repeats", "nearly": "nearly repeats"}.get(finding.verdict, "has lines that hardly repeat")
        return (
            f"The spectrum {told} every {seen['spacing']:.5g} Hz, with a defect of {finding.defect:.2g} and a ln Bayes "
            f"factor of {sure} over noise."
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
