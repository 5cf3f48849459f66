"""Every family of solids, made from first principles and compared row by row with the tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers import _polyhedra_benchmark_tables as expected

if TYPE_CHECKING:
    from symmeter.shapes import Polyhedron

__all__ = [
    "BENCHMARK",
    "arrangements",
    "convex_symmetries",
    "detected",
    "inventory",
    "johnson_solids",
    "metric",
    "seconds_of_all",
    "stellations",
    "uniform_polyhedra",
]

#: Numbers of the 224 solids of the benchmark.
BENCHMARK = (*(f"W{n}" for n in range(1, 120)), *(f"C{n}" for n in range(1, 14)), *(f"J{n}" for n in range(1, 93)))
_PLATONIC_AND_ARCHIMEDEAN = 18


def inventory() -> dict[str, Any]:
    """How many solids each family has, how many different ones the benchmark, and which numbers have none."""
    from symmeter.shapes import families, missing, poly

    return {
        "families": {name: len(names) for name, names in families().items()},
        "benchmark": len({poly(n).name for n in BENCHMARK}),
        "missing": list(missing()),
    }


def uniform_polyhedra() -> dict[str, Any]:
    """The 75: counts, faces, radii, edges, groups; numbers of the rows that differ."""
    from symmeter.shapes import uniform

    wrong, groups, radius, edge, twice = [], [], 0.0, 0.0, 0
    for row in expected.UNIFORM:
        p = uniform(row.number)
        found = (p.V, p.E, p.F, p.euler, _counts([len(f) for f in p.faces]))
        if found != row[1:6]:
            wrong.append(row.number)
        if p.group != expected.uniform_group(row.number):
            groups.append(row.number)
        radius = max(radius, abs((p.circumradius or 0.0) - row.circumradius))
        edge = max(edge, float(np.abs(p.edge_lengths - 1.0).max()))
        twice += sum(map(len, p.faces)) == p.E * 2 and p.is_closed
    return {
        "solids": len(expected.UNIFORM),
        "wrong_counts": wrong,
        "wrong_groups": groups,
        "radius_error": radius,
        "edge_error": edge,
        "two_faces_at_each_edge": twice,
    }


def johnson_solids() -> dict[str, Any]:
    """The 92: counts, faces, groups, volumes, edges, and how many are different from all others."""
    from symmeter.shapes import johnson

    wrong, groups, volume, edge, seen = [], [], 0.0, 0.0, set()
    for row in expected.JOHNSON:
        p = johnson(row.number)
        counted = "+".join(f"{n}x{k}" for k, n in p.face_counts.items())
        if (p.V, p.E, p.F, counted) != (row.vertices, row.edges, row.faces, row.counts):
            wrong.append(row.number)
        if p.group != row.group:
            groups.append(row.number)
        volume = max(volume, abs((p.volume or 0.0) - row.volume))
        edge = max(edge, float(np.abs(p.edge_lengths - 1.0).max()))
        x = p.vertices
        seen.add(tuple(np.sort(np.linalg.norm(x[:, None] - x, axis=2).ravel()).round(7).tolist()))
    return {
        "solids": len(expected.JOHNSON),
        "wrong_counts": wrong,
        "wrong_groups": groups,
        "volume_error": volume,
        "edge_error": edge,
        "different": len(seen),
    }


def stellations(numbers: Sequence[int] | None = None) -> dict[str, Any]:
    """Wenninger's 48: group, reach, outermost vertices, and whether the surface is watertight."""
    from symmeter.shapes import poly

    nearest = {
        "cuboctahedron": float(np.abs(poly("cuboctahedron").planes[1]).min()),
        "icosidodecahedron": float(np.abs(poly("icosidodecahedron").planes[1]).min()),
    }
    wrong, reach, watertight, rows = [], 0.0, 0, [r for r in expected.STELLATIONS if not numbers or r.number in numbers]
    for row in rows:
        p = poly(f"W{row.number}")
        core = "cuboctahedron" if 43 <= row.number <= 46 else "icosidodecahedron" if row.number >= 47 else ""
        mesh = p.mesh(visible=True)
        radii = np.linalg.norm(mesh.vertices, axis=1)
        plane = nearest.get(core, float(np.abs(p.planes[1]).min()))
        outermost = int((radii > radii.max() * (1 - 1e-7)).sum())
        if (p.group, outermost) != (row.group, row.outermost):
            wrong.append(row.number)
        reach = max(reach, abs(float(radii.max()) / plane - row.reach))
        watertight += mesh.is_watertight
    return {"solids": len(rows), "wrong": wrong, "reach_error": reach, "watertight": watertight}


def arrangements(names: Sequence[str]) -> dict[str, Any]:
    """Counts of the planes of some cores, and their stellations by Miller's rules where these can be listed."""
    from symmeter.shapes import Arrangement, poly
    from symmeter.shapes.miller import miller_stellations

    counts, miller = {}, {}
    for name in names:
        arrangement = Arrangement.of(poly(name))
        c = arrangement.counts()
        counts[name] = [c.planes, c.lines, c.points, c.bounded_cells, c.all_cells]
        if name in expected.MILLER:
            found = miller_stellations(arrangement)
            chiral = sum(s.is_chiral for s in found)
            miller[name] = [len(found) - chiral, chiral]
    return {"counts": counts, "miller": miller}


def convex_symmetries() -> list[int]:
    """How many of the 123 convex solids have an inversion, a fourfold axis, a fivefold axis."""
    from symmeter.shapes import poly

    totals = [0, 0, 0]
    for number in BENCHMARK:
        if number[0] == "W" and int(number[1:]) > _PLATONIC_AND_ARCHIMEDEAN:
            continue
        operations = poly(number).operations
        proper = operations[np.linalg.det(operations) > 0]
        angles = np.degrees(np.arccos(np.clip((np.trace(proper, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0)))
        totals[0] += bool((np.abs(operations + np.eye(3)).max(axis=(1, 2)) < 1e-6).any())
        totals[1] += bool((np.abs(angles - 90.0) < 1e-3).any())
        # A tenfold axis holds a fivefold one.
        totals[2] += bool((np.abs(angles - 72.0) < 1e-3).any())
    return totals


def metric() -> dict[str, Any]:
    """Volumes at unit edge, and the dihedral angles of the snub dodecahedron with their numbers of edges."""
    from symmeter.shapes import poly

    angles = poly("snub dodecahedron").dihedral_angles
    return {
        "volumes": {name: poly(name).volume for name in expected.VOLUMES},
        "dihedral": [[a.degrees, a.count] for a in angles],
    }


def detected(numbers: Sequence[str]) -> dict[str, Any]:
    """Groups found from coordinates alone, beside those of the construction; the shape turned, moved and shuffled."""
    from symmeter.shapes import poly
    from symmeter.shapes.point_group import point_group

    rng = np.random.default_rng(0)
    wrong = []
    for number in numbers:
        p = poly(number)
        points, labels = _decorated(p)
        q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        order = rng.permutation(len(points))
        moved = points[order] @ q.T * rng.uniform(0.1, 10.0) + rng.standard_normal(3)
        if point_group(moved, [labels[i] for i in order], tol=1e-6).symbol != p.group:
            wrong.append(number)
    return {"solids": len(numbers), "wrong": wrong}


def seconds_of_all(repeats: int) -> dict[str, float]:
    """Processor time to make all uniform and all Johnson solids from nothing: the least of some rounds, seconds."""
    from symmeter.shapes import johnson, uniform
    from symmeter.shapes.snub import great_dirhombicosidodecahedron

    def all_uniform() -> None:
        uniform.cache_clear()
        great_dirhombicosidodecahedron.cache_clear()
        for n in range(1, 76):
            uniform(n)

    def all_johnson() -> None:
        johnson.cache_clear()
        for n in range(1, 93):
            johnson(n)

    best = {}
    for name, work in (("uniform", all_uniform), ("johnson", all_johnson)):
        times = []
        for _ in range(repeats):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        best[name] = min(times)
    return best


def _counts(sizes: list[int]) -> str:
    return "+".join(f"{sizes.count(k)}x{k}" for k in sorted(set(sizes)))


def _decorated(p: Polyhedron) -> tuple[np.ndarray, list[str]]:
    """Vertices and, in each face, points that tell where it is and of which kind: vertices alone do not show faces."""
    points, labels = [p.vertices], ["vertex"] * p.V
    for face, kind in zip(p.faces, p.face_kinds):
        corners = p.vertices[list(face)]
        if p.is_solid_surface:
            points.append(corners.mean(axis=0)[None])
        else:
            points.append(0.7 * corners + 0.3 * corners.mean(axis=0))
        labels += [kind] * len(points[-1])
    placed = np.concatenate(points)
    # Faces of one plane, centre and kind (two squares of U75) put points at the same places.
    keys = [(label, *x) for label, x in zip(labels, (np.round(placed, 7) + 0.0).tolist())]
    first = sorted({key: i for i, key in reversed(list(enumerate(keys)))}.values())
    return placed[first], [labels[i] for i in first]
