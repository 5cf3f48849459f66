"""The bootstrap as a report: the group, its character table typeset, branching rules, statistics and form factors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symmeter.findings import Finding, Report, Rung
from symmeter.groups import Group, NamedGroup
from symmeter.quantum.symmetry_bootstrap.patterns import pattern_text
from symmeter.quantum.symmetry_bootstrap.solutions import BootstrapResult, Solution
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra
from symmeter.quantum.symmetry_bootstrap.weights import ChargeSpectra
from symmeter.representations import Space, UnaveragedAction

__all__ = ["BootstrapReport", "HiddenAction", "ReportSection", "bootstrap_report"]

_MOST_TABLES = 4
_MOST_CURVES = 6


@dataclass(frozen=True, eq=False)
class ReportSection:
    """A part of a report beside its findings.

    Attributes
    ----------
    title, lead : str
    text : str
        Preformatted; may be empty.
    curves : tuple of (name, x, y)
        Lines of a chart; may be empty.
    axes : (str, str)
        What stands at the axes of the chart.
    """

    title: str
    lead: str = ""
    text: str = ""
    curves: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...] = ()
    axes: tuple[str, str] = ("", "")


class HiddenAction(UnaveragedAction):
    """The action of a group whose irreps are known but whose operators are not.

    Spectra in sectors determine how often each irrep occurs, not the operators; asking for averages is an error that
    says so.
    """

    def __init__(self, group: Group, title: str, dimension: int) -> None:
        super().__init__(
            group,
            Space(max(dimension, 1), title=title),
            f"{group.name} was found from spectra alone, which tell its irreps but not its operators; find these, and "
            "give them as generators",
        )


@dataclass(frozen=True, eq=False, repr=False)
class BootstrapReport(Report):
    """The report for a Hamiltonian: as any other, with sections that typeset the representation theory.

    Attributes
    ----------
    result : BootstrapResult
    sections : tuple of ReportSection
    """

    result: BootstrapResult | None = None
    sections: tuple[ReportSection, ...] = field(default=())

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        return self.result.summary if self.result is not None else super().summary

    def to_json(self) -> dict[str, Any]:
        """Plain values, the bootstrap's own under ``"bootstrap"``."""
        from symmeter.findings import _plain

        plain = super().to_json()
        if self.result is not None:
            plain["bootstrap"] = _plain(self.result.to_json())
        return plain

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.console import Group as Lines
        from rich.text import Text

        yield from super().__rich_console__(console, options)
        for section in self.sections:
            if section.text:
                yield Lines(
                    Text(""),
                    Text(section.title, style="bold"),
                    Text(section.text.rstrip(), no_wrap=False, overflow="fold"),
                )


def bootstrap_report(
    spectra: SectorSpectra | ChargeSpectra,
    result: BootstrapResult,
    subject: str = "",
    options: dict[str, Any] | None = None,
) -> BootstrapReport:
    """The report of a bootstrap.

    Parameters
    ----------
    spectra : SectorSpectra or ChargeSpectra
        What the result rests on; its form factors are drawn.
    result : BootstrapResult
    subject : str
        The line that says what was read.
    options : dict, optional
        What was asked for.
    """
    sections = [*_sections(result)]
    if isinstance(spectra, SectorSpectra):
        sections += _curve_sections(spectra)
    findings = _findings(spectra, result)
    known = "the torus" if result.seed is None else result.seed.known.name
    rungs = [Rung(0.0, known, None if result.seed is None else result.seed.known.order, "known")]
    if len(findings) == 1:
        rungs.append(Rung(findings[0].defect, findings[0].group.name, findings[0].order, findings[0].name))
    described = subject or (spectra.describe() if isinstance(spectra, SectorSpectra) else repr(spectra))
    return BootstrapReport(
        described,
        tuple(findings),
        tuple(rungs),
        tuple(_capital(n) for n in result.notes),
        options or {},
        ("symmetry-bootstrap",),
        result,
        tuple(sections),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _findings(spectra: SectorSpectra | ChargeSpectra, result: BootstrapResult) -> list[Finding]:
    """One finding a group; the defect is the splitting of levels that should coincide, in mean spacings."""
    defect, how = _splitting(result)
    if result.weights is not None:
        named = result.weights.name
        only_charges = named.replace(" ", "").replace("x", "").replace("U(1)", "") == ""
        group = NamedGroup(named, abelian=only_charges, where="is known by its weights only; it has no elements here")
        action = HiddenAction(group, "multiplets of the charges", 1)
        how = "every multiplet of coinciding levels compared with the weight diagrams of the algebra"
        return [
            Finding(
                result.weights.name,
                action,
                0.0,
                (0.0, 0.0),
                verdict="exact",
                how=how,
                notes=(result.weights.summary,),
                evidence={"algebra": result.weights.algebra, "irreps": len(result.weights.irreps)},
            )
        ]
    findings = []
    single = result.status == "unique"
    for identity in result.groups:
        if result.index == 1:
            break
        solution = next(s for s in result.solutions if identity in s.groups)
        findings.append(
            Finding(
                f"hidden {identity.name}"
                if single
                else f"{identity.name}, SmallGroup({identity.order}, {identity.number})",
                HiddenAction(
                    identity.group, f"{len(solution.dims)} irreps over {solution.known.name}", len(solution.dims)
                ),
                defect,
                (0.0, defect),
                verdict="exact" if single else "unidentifiable",
                how=how,
                notes=tuple(_finding_notes(solution)),
                code=f"result.character_table  # {identity.name}, exact" if single else "",
                evidence={
                    "order": identity.order,
                    "index": result.index,
                    "irreps": len(solution.dims),
                    "found_by": " and ".join(solution.found_by),
                },
            )
        )
    return findings


def _finding_notes(solution: Solution) -> list[str]:
    normal = {True: "is normal", False: "is not normal", None: "may be normal or not"}[solution.is_normal]
    notes = [
        f"Irreps of dimension {', '.join(map(str, solution.dims.tolist()))}; {solution.known.name} {normal} in it."
    ]
    if solution.antiunitary == "twisted":
        notes.append("The anti-unitary acts on the group by an automorphism, or squares to one of its elements.")
    elif solution.antiunitary == "commuting":
        notes.append("The anti-unitary commutes with the group.")
    return notes


def _splitting(result: BootstrapResult) -> tuple[float, str]:
    p = None if result.seed is None else result.seed.patterns
    if p is None:
        return 0.0, "from integers that were given"
    count = max(float(p.counts.sum()), 2.0)
    energies = np.concatenate([a[0] for a in p.levels if len(a[0])])
    spacing = max(float(np.ptp(energies)) / count, 1e-300)
    how = (
        f"largest splitting of coinciding levels, {p.spread:.2g}, over the mean spacing of levels, {spacing:.2g}; the "
        f"closest distinct levels lie {p.gap:.2g} apart"
    )
    return float(min(p.spread / spacing, 1.0)), how


def _sections(result: BootstrapResult) -> Iterator[ReportSection]:
    seed = result.seed
    if seed is not None and seed.rows:
        yield ReportSection(
            "Levels by pattern",
            "Which sectors share levels, how many, and what their statistics say.",
            _pattern_table(result),
        )
    for solution in result.solutions[:_MOST_TABLES]:
        names = ", ".join(map(str, solution.groups)) or f"order {solution.order}"
        yield ReportSection(
            f"Character table: {names}", "Exact values, laid out as in the Atlas.", solution.table_text()
        )
        yield ReportSection(
            f"Branching rules to {solution.known.name}",
            "Each irrep of the group, and the sectors whose levels it carries.",
            "\n".join(solution.branching_rules()),
        )
        yield ReportSection("Fusion rules", "Tensor products of irreps.", _fusion_text(solution))
    if result.weights is not None:
        lines = [f"{'highest weight':>20}  {'dimension':>9}  {'multiplets':>10}"]
        for w, d, n in result.weights.irreps[:40]:
            lines.append(f"{'(' + ', '.join(map(str, w)) + ')':>20}  {d:>9}  {n:>10}")
        yield ReportSection("Multiplets", f"Weight diagrams of {result.weights.algebra}.", "\n".join(lines))
    if result.rejected:
        lines = [f"{n:>5}  {why}" for why, n in sorted(result.rejected.items(), key=lambda item: -item[1])]
        yield ReportSection("What was ruled out", "How often each reason applied.", "\n".join(lines))


def _pattern_table(result: BootstrapResult) -> str:
    seed = result.seed
    assert seed is not None
    rows = [("sectors", "levels", "blocks", "class", "gap ratio", "blocks from ramp")]
    for r in seed.rows:
        s = r.statistics
        ratio = "" if s is None or not np.isfinite(s.gap_ratio) else f"{s.gap_ratio:.3f} +- {s.gap_ratio_error:.3f}"
        ramp = "" if s is None or s.estimate is None else f"{s.estimate.value:.2f} +- {s.estimate.error:.2f}"
        name = (s.ensemble if s is not None else None) or "undecided"
        rows.append((pattern_text(r.pattern, seed.known.labels), f"{r.levels:g}", str(r.blocks), name, ratio, ramp))
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    return "\n".join("  ".join([r[0].ljust(widths[0]), *(x.rjust(w) for x, w in zip(r[1:], widths[1:]))]) for r in rows)


def _fusion_text(solution: Solution, most: int = 40) -> str:
    """``X2 x X3 = X3``, products with the trivial irrep left out."""
    f = solution.fusion
    r = len(f)
    dual = f[0].argmax(axis=1)
    lines = []
    for i in range(1, r):
        for j in range(i, r):
            parts = [(f"{n} " if n > 1 else "") + f"X{k + 1}" for k, n in enumerate(f[i, j, dual].tolist()) if n]
            lines.append(f"X{i + 1} x X{j + 1} = {' + '.join(parts)}")
    return "\n".join(lines[:most] + ([f"and {len(lines) - most} more"] if len(lines) > most else []))


def _curve_sections(spectra: SectorSpectra) -> Sequence[ReportSection]:
    from symmeter.quantum.symmetry_bootstrap.xsff import unfolded_curve

    if int(spectra.dims[spectra.dims > 0].min(initial=0)) < 20:
        return ()
    x = np.geomspace(0.02, 3.0, 60)
    found = unfolded_curve(spectra, x)
    pairs = _telling_pairs(np.real(found.values))
    curves = tuple(
        (
            spectra.labels[a] if a == b else f"{spectra.labels[a]} with {spectra.labels[b]}",
            tuple(x.tolist()),
            tuple(_smoothed(np.real(found.values[a, b])).tolist()),
        )
        for a, b in pairs
    )
    lead = (
        "Cross spectral form factors on unfolded levels, in units of the plateau of the smallest sector, against time "
        "over its Heisenberg time"
    )
    lead += "." if spectra.realisations > 1 else "; one realisation, smoothed over times."
    return (ReportSection("Cross spectral form factors", lead, "", curves, ("time / Heisenberg time", "form factor")),)


def _smoothed(values: np.ndarray) -> np.ndarray:
    kernel = np.array([1, 2, 3, 2, 1]) / 9.0
    return np.convolve(np.pad(values, 2, mode="edge"), kernel, mode="valid")


def _telling_pairs(values: np.ndarray) -> list[tuple[int, int]]:
    """Sectors of different behaviour: the first of each kind on the diagonal, then pairs that share levels and not."""
    late = values[:, :, -12:].mean(axis=2)
    scale = float(np.abs(np.diag(late)).max()) or 1.0
    kinds: dict[tuple, tuple[int, int]] = {}
    for a in range(len(late)):
        kinds.setdefault(("self", tuple(np.round(late[a] / scale, 1) > 0.3)), (a, a))
    for a in range(len(late)):
        for b in range(a + 1, len(late)):
            kinds.setdefault(("pair", bool(late[a, b] > 0.3 * scale)), (a, b))
    return list(kinds.values())[:_MOST_CURVES]
