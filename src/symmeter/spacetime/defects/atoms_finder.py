"""Finds how a crystal breaks its translations and rotations: the finder that ``find`` runs on atoms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Report, Rung
from symmeter.groups import NamedGroup
from symmeter.representations import Space, UnaveragedAction
from symmeter.spacetime.defects.atoms import AtomsReport, from_atoms
from symmeter.spacetime.defects.atoms_export import loop_json
from symmeter.spacetime.defects.burgers import BurgersLoop
from symmeter.subjects import Subject
from symmeter.subjects.crystals import Crystal, crystal_of
from symmeter.subjects.static_picture import StaticPicture

__all__ = ["CrystalFinder", "CrystalReport", "open_crystal"]

_MOST_LOOPS = 20


class CrystalFinder(Finder):
    """Compares atoms with a perfect lattice: translations that fail to close, rotations that do not come back."""

    name = "crystal"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, Crystal)
        told = subject.lattice
        if not told.get("reference"):
            raise InputError(
                f"{subject.source} is a crystal; say what it is compared with: --lattice fcc (sc, bcc, hcp, diamond, "
                f"triangular, honeycomb), in Python lattice='fcc'{_guess(subject)}"
            )
        options.report_progress(0.1, "matching bonds")
        found = from_atoms(subject, told["reference"], told.get("a") or "estimate")
        options.report_progress(0.5, "loops around cores")
        loops = found.loops
        options.report_progress(0.8, "sites and pictures")
        findings = (_translations(found), _rotations(found, options.rng), *_lines(found), *_sites(found))
        ladder = [Rung(0.0, "C1", 1, "")]
        for finding in sorted(findings[:2], key=lambda f: f.defect):
            ladder.append(Rung(finding.defect, finding.group.name, None, finding.name))
        return CrystalReport(
            subject.describe(), findings, tuple(ladder), tuple(_notes(found, told)),
            {"lattice": found.lattice.name, "a": found.lattice.a, "loops": len(loops)}, ("teleparallel-defects",),
        )  # fmt: skip


def _guess(subject: Crystal) -> str:
    from symmeter.spacetime.defects.atoms_recognition import looks_like

    if subject.n < 4:
        return ""
    name, a, share = looks_like(subject)
    return f"; it looks like {name}, a about {a:.4g}" if share > 0.5 else ""


def open_crystal(source: Any, lattice: Any, a: float | None) -> Crystal:
    """Atoms from a path or object, with the lattice that they are compared with."""
    return replace(crystal_of(source), lattice={} if lattice is None else {"reference": lattice, "a": a})


def _action(found: AtomsReport, name: str, abelian: bool, why: str) -> UnaveragedAction:
    group = NamedGroup(name, abelian=abelian, where="acts on an infinite crystal; see symmeter.spacetime.defects")
    return UnaveragedAction(group, Space(3 * found.n, title=f"{found.n} atoms"), why)


def _interval(values: np.ndarray) -> tuple[float, tuple[float, float]]:
    mean = float(values.mean()) if len(values) else 0.0
    half = 1.96 * float(values.std()) / max(len(values), 1) ** 0.5
    return min(mean, 1.0), (max(mean - half, 0.0), min(mean + half, 1.0))


def _translations(found: AtomsReport) -> Finding:
    matching, bonds = found.matching, found.bonds
    settled = matching.grains[bonds.owner] >= 0
    held = np.flatnonzero((matching.match >= 0) & settled)
    owner = bonds.owner[held]
    right = found.lattice.references[matching.sites[owner], matching.match[held]]
    seen = np.einsum("nji,nj->ni", found.rotation[owner], bonds.vector[held])
    off = np.ones(int(settled.sum()))
    off[: len(held)] = np.minimum(np.linalg.norm(seen - right, axis=1) / (0.5 * found.lattice.spacing), 1.0)
    defect, interval = _interval(np.where(off < 1e-9, 0.0, off))
    lines = [loop for loop in found.loops if loop.magnitude > 0]
    points = found.point_defects
    worse = len(points.vacancies) + len(points.interstitials)
    verdict = "broken" if lines else "exact" if defect < 1e-9 and not worse else "nearly" if worse else "symmetric"
    notes = [_of_lines(found)]
    if worse:
        notes.append(f"{_counted(len(points.vacancies), 'site')} empty, {_counted(len(points.interstitials), 'atom')} "
                     "without a site")  # fmt: skip
    return Finding(
        "translations of the lattice", _action(found, "Z^2" if found.lattice.planar else "Z^3", True,
                                               "translations of a crystal have no average over finitely many atoms"),
        defect, interval, None, verdict,
        "mean distance of neighbours from their places in the reference, in the lattice's local orientation, over half "
        "the nearest distance; a neighbour without a place counts as 1",
        notes=tuple(notes), code="symmeter.spacetime.defects.from_atoms(...).burgers_loops()",
        evidence={"bonds": int(settled.sum()), "matched": len(held), "lines": len(lines)},
        picture=_picture(found, "alpha"),
    )  # fmt: skip


def _rotations(found: AtomsReport, rng: Any) -> Finding:
    settled = found.matching.grains >= 0
    own = found.lattice.rotations

    def angles(turns: np.ndarray) -> np.ndarray:
        trace = np.einsum("pij,nij->np", own, turns).max(1)
        return np.arccos(np.clip(0.5 * (trace - 1), -1, 1))

    seen = found.misorientation[settled]
    chance = angles(_random_rotations(np.random.default_rng(0 if rng is None else rng), found.lattice.planar))
    defect, interval = _interval(np.minimum(seen / chance.mean(), 1.0))
    turned = [loop for loop in found.loops if abs(loop.frank_angle) > 1e-6]
    grains = int(found.matching.grains.max()) + 1
    verdict = (
        "broken" if turned else "exact" if defect < 1e-7 else "nearly" if grains > 1 or found.loops else "symmetric"
    )
    notes = [f"mean misorientation {np.degrees(seen.mean()):.3g} degrees, largest {np.degrees(seen.max()):.3g}; "
             f"random ones have {np.degrees(chance.mean()):.3g}"]  # fmt: skip
    if grains > 1:
        notes.append(f"{grains} grains")
    if not turned:
        notes.append("no loop that was laid has a Frank rotation")
    return Finding(
        "orientation of the lattice", _action(found, "SO(2)" if found.lattice.planar else "SO(3)", False,
                                              "parallel transport of the lattice has no average over atoms"),
        defect, interval, None, verdict,
        "mean misorientation from the mean lattice, up to the crystal's own rotations, over that of random ones",
        notes=tuple(notes), code="symmeter.spacetime.defects.from_atoms(...).rotation",
        evidence={"grains": grains, "mean_degrees": float(np.degrees(seen.mean()))},
        picture=_picture(found, "misorientation"),
    )  # fmt: skip


def _random_rotations(rng: np.random.Generator, planar: bool, count: int = 2000) -> np.ndarray:
    if planar:
        c, s = np.cos(t := rng.uniform(0, 2 * np.pi, count)), np.sin(t)
        out = np.zeros((count, 3, 3))
        out[:, 2, 2] = 1.0
        out[:, 0, 0], out[:, 1, 1], out[:, 0, 1], out[:, 1, 0] = c, c, -s, s
        return out
    q, r = np.linalg.qr(rng.normal(size=(count, 3, 3)))
    q *= np.sign(np.einsum("nii->ni", r))[:, None]
    return q * np.linalg.det(q)[:, None, None]


def _lines(found: AtomsReport) -> list[Finding]:
    out = []
    for loop in found.loops[:_MOST_LOOPS]:
        turn = abs(loop.frank_angle) > 1e-6
        group = "SO(3)" if turn else "Z^3"
        out.append(
            Finding(
                _name(loop),
                _action(found, group, not turn, "what fails to close around a line has no average"),
                1.0,
                (1.0, 1.0),
                None,
                "broken",
                f"exact sum of reference vectors around a closed loop of {len(loop.atoms)} bonds, frames carried along",
                notes=(_sentence(loop),),
                code=f"report.burgers_loops({np.round(loop.centre, 2).tolist()}, {np.round(loop.normal, 3).tolist()})",
                evidence=loop_json(loop),
            )
        )
    return out


def _name(loop: BurgersLoop) -> str:
    x = ", ".join(f"{v:.1f}" for v in loop.centre)
    if loop.character == "disclination":
        return f"disclination of {np.degrees(loop.frank_angle):.3g} degrees at ({x})"
    return f"{loop.character} dislocation {loop.miller} at ({x})"


def _sentence(loop: BurgersLoop) -> str:
    line = ", ".join(f"{v:.2f}" for v in loop.normal)
    if loop.character == "disclination":
        return f"A direction carried around ({line}) comes back turned by {np.degrees(loop.frank_angle):.4g} degrees."
    whole = "" if loop.integers is None else f", {loop.integers} in primitive translations"
    where = f"({line})"
    failed = f"Steps that close among the atoms fail to close in the lattice by {loop.miller}{whole}"
    return f"{failed}; the line runs along {where}."


def _of_lines(found: AtomsReport) -> str:
    n = len([loop for loop in found.loops if loop.magnitude > 0])
    if not n:
        return "Every loop that was laid closes: no dislocation."
    if not found.lines_are_parallel:
        return f"{_counted(n, 'loop')} fail{'s' * (n == 1)} to close, around lines that are not parallel."
    total = ", ".join(f"{v / found.lattice.a:.4g}" for v in found.total_burgers)
    return f"{_counted(n, 'loop')} fail{'s' * (n == 1)} to close; Burgers vectors add up to a [{total}]."


def _sites(found: AtomsReport) -> list[Finding]:
    points = found.point_defects
    n = len(points.vacancies) + len(points.interstitials)
    if not n:
        return []
    return [
        Finding(
            "one atom on every site",
            _action(found, "Z^3", True, "sites have no average"),
            min(1.0, n / found.n),
            (min(1.0, n / found.n), min(1.0, n / found.n)),
            None,
            "broken",
            "empty sites that most of their neighbours name, and atoms that share a site or have none, over atoms",
            notes=(
                f"{_counted(len(points.vacancies), 'vacancy')} and "
                f"{_counted(len(points.interstitials), 'interstitial')}.",
            ),
            code="symmeter.spacetime.defects.from_atoms(...).point_defects",
            evidence={"vacancies": points.vacancies[:100], "interstitials": points.interstitials[:100]},
        )
    ]


def _counted(n: int, what: str) -> str:
    many = "vacancies" if what == "vacancy" else f"{what}s"
    return f"{n} {what if n == 1 else many}"


def _picture(found: AtomsReport, scalar: str) -> StaticPicture:
    from symmeter.spacetime.defects.pictures import UNITS
    from symmeter.spacetime.defects.pictures_svg import svg_of_atoms

    svg, note = svg_of_atoms(found, scalar)
    return StaticPicture(
        svg, f"A slice seen along the line, shaded by {UNITS[scalar]}; arrows are Burgers vectors", note
    )


def _notes(found: AtomsReport, told: Any) -> list[str]:
    settled = int((found.matching.grains >= 0).sum())
    height = f", c = {found.lattice.cell[2, 2]:.6g}" if found.lattice.name == "hcp" else ""
    sizes = f"a = {found.lattice.a:.6g}{height}"
    out = [f"compared with {found.lattice.name}, {sizes}: {settled} of {found.n} atoms have a place"]
    kinds = sorted(set(found.crystal.symbols))
    if len(kinds) > 1:
        out.append(f"{', '.join(kinds[:6])} count alike: places are compared, not species")
    if not told.get("a"):
        out.append("a was estimated from the distances of neighbours; give it with --a where the crystal is strained")
    out.append(f"flagged: {', '.join(f'{int(v.sum())} {k}' for k, v in found.flags().items())}")
    out += found.notes
    out.append(f"volume gained over the reference: {found.volume_misfit:.4g} (length cubed)")
    return out


@dataclass(frozen=True, eq=False, repr=False)
class CrystalReport(Report):
    """The report for a crystal: as any other, with a sentence of its own."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        lines = [f for f in self.findings[2:] if "dislocation" in f.name or "disclination" in f.name]
        points = [f for f in self.findings[2:] if f.name.startswith("one atom")]
        if not lines and not points:
            return "No defect was found: translations and orientation of the lattice hold."
        parts = [f.name for f in lines[:4]] + ([f"{len(lines) - 4} more"] if len(lines) > 4 else [])
        parts += [f.notes[0].rstrip(".") for f in points]
        return f"The lattice is broken by {'; '.join(parts)}."
