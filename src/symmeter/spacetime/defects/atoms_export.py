"""What was found for each atom as files: extended XYZ with arrays, VTK points, and a summary as plain values."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.spacetime.defects.vtk import point_data

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport
    from symmeter.spacetime.defects.burgers import BurgersLoop

__all__ = ["loop_json", "save_atoms", "summary_of"]


def save_atoms(report: AtomsReport, path: Any) -> Path:
    """Write ``.extxyz``, ``.vtk`` or ``.json``.

    Raises
    ------
    InputError
        For other extensions.
    """
    import json

    from symmeter.files import write_as, write_atomic

    return write_as(path, "atoms and their summary are", {
        ".extxyz": lambda: write_atomic(path, _extxyz(report)),
        ".vtk": lambda: write_atomic(path, _vtk(report)),
        ".json": lambda: write_atomic(path, json.dumps(summary_of(report), indent=2) + "\n"),
    })  # fmt: skip


def _table(report: AtomsReport) -> dict[str, np.ndarray]:
    return {
        "nye": report.nye.reshape(-1, 9),
        "alpha": report.density[:, None],
        "G": report.G.reshape(-1, 9),
        "A": report.A,
        "volume": report.volume[:, None],
        "rotation_angle": report.rotation_angle[:, None],
        "strain": report.strain.reshape(-1, 9),
        "coordination": report.coordination[:, None],
        "matched": report.matched[:, None],
        "flagged": report.flagged[:, None].astype(np.int64),
    }


def _extxyz(report: AtomsReport) -> str:
    table = _table(report)
    crystal = report.crystal
    kinds = "".join(f":{name}:{'I' if v.dtype.kind in 'iu' else 'R'}:{v.shape[1]}" for name, v in table.items())
    walls = " ".join("T" if p else "F" for p in crystal.periodic)
    cell = " ".join(f"{v:.10g}" for v in crystal.cell.ravel())
    head = f'Lattice="{cell}" Properties=species:S:1:pos:R:3{kinds} pbc="{walls}" reference={report.lattice.name}'
    numbers = np.concatenate([crystal.positions, *table.values()], axis=1)
    formats = ["%.10g"] * 3 + [
        f for v in table.values() for f in (["%d"] if v.dtype.kind in "iu" else ["%.7g"]) * v.shape[1]
    ]
    body = io.StringIO()
    np.savetxt(body, numbers, fmt=" ".join(formats))
    rows = (f"{s} {line}" for s, line in zip(crystal.symbols, body.getvalue().splitlines()))
    return f"{report.n}\n{head} a={report.lattice.a:.10g}\n" + "\n".join(rows) + "\n"


def _vtk(report: AtomsReport) -> str:
    tables = {name: np.nan_to_num(values) for name, values in _table(report).items()}
    return point_data(f"defects of {report.lattice.name} atoms", report.crystal.positions, tables)


def loop_json(loop: BurgersLoop) -> dict[str, Any]:
    """A loop as plain values."""
    return {
        "character": loop.character,
        "burgers": loop.burgers.tolist(),
        "miller": loop.miller,
        "integers": None if loop.integers is None else list(loop.integers),
        "magnitude": loop.magnitude,
        "lab_burgers": loop.lab_burgers.tolist(),
        "frank_degrees": float(np.degrees(loop.frank_angle)),
        "centre": loop.centre.tolist(),
        "normal": loop.normal.tolist(),
        "radius": loop.radius,
        "bonds": len(loop.atoms),
    }


def summary_of(report: AtomsReport) -> dict[str, Any]:
    """Counts, charges and loops as plain values."""
    grains = report.matching.grains
    points = report.point_defects
    settled = grains >= 0
    return {
        "atoms": report.n,
        "reference": report.lattice.name,
        "a": report.lattice.a,
        "c": float(report.lattice.cell[2, 2]) if report.lattice.name == "hcp" else None,
        "periodic": [bool(p) for p in report.crystal.periodic],
        "grains": int(grains.max()) + 1,
        "settled": int(settled.sum()),
        "flags": {name: int(v.sum()) for name, v in report.flags().items()},
        "loops": [loop_json(loop) for loop in report.loops],
        "total_burgers": report.total_burgers.tolist(),
        "lines_are_parallel": report.lines_are_parallel,
        "total_frank_degrees": float(np.degrees(report.total_frank)),
        "burgers_content": report.burgers_content.tolist(),
        "vacancies": points.vacancies.tolist(),
        "interstitials": points.interstitials.tolist(),
        "volume_misfit": report.volume_misfit,
        "largest_density": float(np.nanmax(report.density[settled])),
        "mean_rotation_degrees": float(np.degrees(report.rotation_angle[settled]).mean()),
        "notes": list(report.notes),
        "burgers_convention": report.convention.burgers,
        "nonmetricity_convention": report.convention.nonmetricity,
    }
