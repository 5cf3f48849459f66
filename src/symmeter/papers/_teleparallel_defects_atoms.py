"""The part ``atoms``: dislocations, disclinations and vacancies in crystals that were displaced by known amounts.

Simple-cubic cylinders as in the prototype, a copper-like crystal of 5e4 atoms with an edge or a screw, rotated
crystals, sheets with a wedge cut out, crystals with atoms taken out, and the time that a Nye tensor takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symmeter.papers._teleparallel_defects_atoms_claims import CLAIMS, judge
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Part
from symmeter.progress import Progress
from symmeter.spacetime import defects

__all__ = ["PART"]

COPPER = 3.61
_B = COPPER / np.sqrt(2)
#: Edges of a block with the Burgers vector along x (edge) or z (screw).
EDGE_AXES = ((0.5, -0.5, 0), (1, 1, 1), (-0.5, -0.5, 1))
SCREW_AXES = ((1, 1, 1), (-0.5, -0.5, 1), (0.5, -0.5, 0))
#: Radius in angstroms and blocks along the line; vacancies; atoms that are timed.
_SCALES = {
    "smoke": (22.0, (2, 3), 3, 0),
    "laptop": (75.0, (8, 13), 12, 200_000),
    "full": (250.0, (60, 105), 100, 1_000_000),
}
_RADII = (4.0, 6.0, 8.0, 11.0, 14.0)


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, piece by piece."""
    radius, layers, missing, timed = _SCALES[scale]
    work: dict[str, Callable[[], Any] | None] = {
        "speed": partial(speed, timed) if timed else None,
        "cylinders": cylinders,
        "edge": partial(copper, "edge", radius, layers[0]),
        "screw": partial(copper, "screw", radius, layers[1]),
        "rotated": rotated,
        "wedge": wedge,
        "vacancies": partial(vacancies, missing, 4 if scale == "smoke" else 12, seed),
    }
    tables: dict[str, Any] = {"scale": scale}
    for k, (name, compute) in enumerate(work.items()):
        progress(k / len(work), _WORDS[name])
        tables[name] = None if compute is None else checkpoints.get_or_compute(f"atoms.{name}", compute)
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


_WORDS = {
    "speed": "time of a Nye tensor", "cylinders": "simple-cubic cylinders", "edge": "edge in copper",
    "screw": "screw in copper",
    "rotated": "rotated crystals", "wedge": "wedges of sheets", "vacancies": "missing atoms",
}  # fmt: skip


def cylinders() -> dict[str, Any]:
    """Nye sums below r = 8 and circulations of 5056 atoms with a screw or an edge of b = 1."""
    out: dict[str, Any] = {"radii": list(_RADII)}
    inside = np.hypot(*defects.dislocated_cylinder("none").positions[:, :2].T) < 8
    for kind, row in (("screw", 2), ("edge", 0)):
        found = defects.from_atoms(defects.dislocated_cylinder(kind), "sc", 1.0)
        loops = found.burgers_loops()
        out[kind] = {
            "atoms": found.n,
            "nye": float(found.nye[inside, row, 2].sum() / 4),
            "frames": [float(found.circulation((0, 0, 0.3), r, linear=False)[row]) for r in _RADII],
            "gradients": [float(found.circulation((0, 0, 0.3), r)[row]) for r in _RADII],
            "integers": [list(loop.integers or ()) for loop in loops],
        }
    return out


def copper(kind: str, radius: float, layers: int) -> dict[str, Any]:
    """One dislocation in an fcc crystal: exact loops, smeared circulations, and a slice for the figure."""
    axes = np.array(EDGE_AXES if kind == "edge" else SCREW_AXES)
    lab = axes / np.linalg.norm(axes, axis=1)[:, None]
    crystal = defects.dislocated_cylinder(kind, "fcc", COPPER, radius, layers, axes=axes, b=_B, centre=(0.3, 0.45))
    start = time.process_time()
    found = defects.from_atoms(crystal, "fcc", COPPER, orientation=lab)
    found.nye  # noqa: B018
    seconds = time.process_time() - start
    loops = found.burgers_loops()
    radii = np.linspace(2.0 * _B, 0.8 * radius, 12)
    # The Burgers vector is along x (edge) or z (screw) of the block, in the crystal's axes.
    unit = lab[0] if kind == "edge" else lab[2]
    smeared = {
        name: [float(found.circulation((0, 0, 1.0), r, linear=linear) @ unit / _B) for r in radii]
        for name, linear in (("frames", False), ("gradients", True))
    }
    exact = [found.burgers_loops((0, 0, 1.0), radius=float(r))[0] for r in radii[1:]]
    depth = np.abs(crystal.positions[:, 2] - crystal.positions[:, 2].mean()) < COPPER
    near = depth & (np.linalg.norm(crystal.positions[:, :2], axis=1) < 22.0)
    return {
        "atoms": found.n, "seconds": seconds, "loops": [loop.miller for loop in loops],
        "characters": [loop.character for loop in loops], "integers": [list(loop.integers or ()) for loop in loops],
        "radii": radii.tolist(), **smeared, "exact": [(loop.burgers @ unit / _B).item() for loop in exact],
        "nye": float((unit @ found.burgers_content)[2] / crystal.cell[2, 2] / _B),
        "slice": crystal.positions[near][:, :2], "density": np.nan_to_num(found.density[near]),
        "flagged": int(found.flagged.sum()), "lab_burgers": loops[0].lab_burgers.tolist() if loops else [0.0] * 3,
    }  # fmt: skip


def rotated() -> dict[str, Any]:
    """An edge in cylinders that are turned by larger and larger angles about a direction of no symmetry."""
    axis = np.array([1, 2, 3]) / np.sqrt(14)
    cross = -np.cross(np.eye(3), axis)
    crystal = defects.dislocated_cylinder("edge", radius=11.0, layers=5)
    angles, right = [0, 10, 20, 30, 45, 60, 90, 135, 180], []
    for degrees in angles:
        t = np.radians(degrees)
        r = np.eye(3) + np.sin(t) * cross + (1 - np.cos(t)) * cross @ cross
        found = defects.from_atoms(crystal.positions @ r.T, "sc", 1.0, orientation=r, cell=crystal.cell @ r.T,
                                   periodic=crystal.periodic)  # fmt: skip
        right.append([list(loop.integers or ()) for loop in found.burgers_loops()] == [[-1, 0, 0]])
    return {"angles": angles, "right": right}


def wedge() -> dict[str, Any]:
    """Frank angles of sheets from which a sixth was cut."""
    out = {}
    for name in ("honeycomb", "triangular"):
        sheet = defects.build_crystal(name, 1.0, (48, 48, 1))
        middle = np.array([36.0, 12 * np.sqrt(3), 0.0])
        middle += [0.5, 0.5 / np.sqrt(3), 0.0] if name == "honeycomb" else [0.0, 0.0, 0.0]
        points, _ = defects.wedge_map(sheet.positions, 1, 6, (middle[0], middle[1]))
        found = defects.from_atoms(points[np.linalg.norm(points - middle, axis=1) < 14], name, 1.0)
        out[name] = [
            float(np.degrees(found.burgers_loops(middle, radius=r)[0].frank_angle)) for r in (5.0, 7.0, 9.0, 11.0)
        ]
    return out


def vacancies(missing: int, repeat: int, seed: int) -> dict[str, Any]:
    """Atoms taken out of a crystal whose other atoms are displaced at random by 2 % of the nearest distance."""
    rng = np.random.default_rng(seed)
    block = defects.build_crystal("fcc", COPPER, (repeat,) * 3)
    x = block.positions + 0.02 * _B * rng.normal(size=(block.n, 3)) / np.sqrt(3)
    gone = rng.choice(block.n, missing, replace=False)
    found = defects.from_atoms(np.delete(x, gone, axis=0), "fcc", COPPER, cell=block.cell)
    places = found.point_defects.vacancies
    gap = (places[:, None] - block.positions[gone][None]) @ np.linalg.inv(block.cell)
    distance = np.linalg.norm((gap - np.rint(gap)) @ block.cell, axis=-1)
    return {
        "atoms": block.n, "missing": missing, "found": len(places),
        "interstitials": len(found.point_defects.interstitials),
        "worst": float(distance.min(1).max(initial=0.0)), "all": bool(len(places) and (distance.min(0) < 0.5).all()),
        "loops": len(found.burgers_loops()),
    }  # fmt: skip


def speed(atoms: int) -> dict[str, Any]:
    """Seconds of one processor for the Nye tensor of a copper-like block, best of three, and of atomman where it is."""
    from importlib.util import find_spec

    n = round((atoms / 4) ** (1 / 3))
    block = defects.build_crystal("fcc", COPPER, (n, n, n))
    x = block.positions + 0.03 * np.random.default_rng(0).normal(size=(block.n, 3))
    # Compiled before it is timed.
    defects.from_atoms(x, "fcc", COPPER, cell=block.cell).nye  # noqa: B018
    seconds = []
    for _ in range(3):
        start = time.process_time()
        defects.from_atoms(x, "fcc", COPPER, cell=block.cell).nye  # noqa: B018
        seconds.append(time.process_time() - start)
    out: dict[str, Any] = {"atoms": block.n, "seconds": min(seconds), "compiled": find_spec("numba") is not None}
    if find_spec("atomman") is not None:
        out |= _peer()
    return out


def _peer() -> dict[str, float]:
    """Seconds of atomman and of ours for the same 5056 atoms, neighbour lists included."""
    import warnings

    crystal = defects.dislocated_cylinder("screw")
    lattice = defects.reference_lattice("sc", 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import atomman as am  # pyright: ignore[reportMissingImports]

        box = np.where(crystal.periodic[:, None], crystal.cell, np.diag(np.ptp(crystal.positions, axis=0) + 20.0))
        origin = np.where(crystal.periodic, 0.0, crystal.positions.min(0) - 10.0)
        start = time.process_time()
        system = am.System(
            atoms=am.Atoms(pos=crystal.positions), box=am.Box(vects=box, origin=origin), pbc=crystal.periodic
        )
        near = am.NeighborList(system=system, cutoff=1.573)
        am.defect.nye_tensor(system, lattice.references[0], neighbors=near)
        peer = time.process_time() - start
    ours = []
    for _ in range(5):
        start = time.process_time()
        defects.from_atoms(crystal, "sc", 1.0, use_compiled=True).nye  # noqa: B018
        ours.append(time.process_time() - start)
    return {"peer": peer, "ours_beside_peer": min(ours[1:])}


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._teleparallel_defects_atoms_figure import draw

    return draw(tables)


PART = Part("Atoms: integer Burgers vectors, Frank angles, vacancies, and how fast a Nye tensor is.", CLAIMS, run)
