"""Processor time: point groups beside pymatgen, and pictures; one thread."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from symmeter.papers._polyhedra_benchmark_peer import Peer

__all__ = ["PATIENCE", "SHAPES", "all_from_nothing", "pictures", "point_groups", "shadows", "shape"]

_GOLDEN = (1.0 + 5.0**0.5) / 2.0
#: Seconds after which the peer is stopped; its time is then a lower bound.
PATIENCE = 20.0
#: The shapes that are timed, and their groups.
SHAPES = {"C60": "Ih", "cubane": "Oh", "252-vertex compound": "Ih"}


def shape(name: str) -> tuple[np.ndarray, list[str]]:
    """Points and labels of a shape that is timed: a fullerene, a molecule of carbon and hydrogen, orbits of Ih."""
    from symmeter.shapes import poly
    from symmeter.shapes.frames import symmetry_matrices

    if name == "C60":
        x = poly("truncated icosahedron").vertices
        return 3.55 * x / np.linalg.norm(x[0]), ["C"] * 60
    if name == "cubane":
        x = 2.0 * poly("cube").vertices
        return np.concatenate([0.785 * x, 1.41 * x]), ["C"] * 8 + ["H"] * 8
    # An orbit of 12, two of 60 on mirrors, and a general one of 120.
    seeds = [(0, 1, _GOLDEN), (0.0, 0.5, 2.2), (0.0, 1.5, 1.3), (0.2, 0.9, 1.9)]
    points = np.concatenate([symmetry_matrices("Ih") @ np.array(s, dtype=float) for s in seeds])
    points = np.unique(np.round(points, 9) + 0.0, axis=0)
    return points, ["C"] * len(points)


def point_groups(names: Sequence[str], rounds: int, peer: Peer | None) -> list[dict[str, Any]]:
    """Symbol and least seconds of some rounds, ours and the peer's, both with all operations."""
    from symmeter.shapes.point_group import point_group

    rows = []
    for name in names:
        points, labels = shape(name)
        times, symbol = [], ""
        for _ in range(rounds):
            start = time.process_time()
            symbol = point_group(points, labels).symbol
            times.append(time.process_time() - start)
        row: dict[str, Any] = {"name": name, "points": len(points), "expected": SHAPES[name]}
        row |= {"symbol": symbol, "seconds": min(times)}
        if peer is not None:
            answers = [peer.ask(points, labels, 0.3, PATIENCE, operations=True) for _ in range(2)]
            answered = [a for a in answers if a is not None]
            row["peer_symbol"] = answered[0][0] if answered else f"no answer in {PATIENCE:.0f} s"
            row["peer_seconds"] = min((a[1] for a in answered), default=PATIENCE)
        rows.append(row)
    return rows


def pictures(names: Sequence[str], rounds: int) -> dict[str, Any]:
    """Least processor time of a picture of 256 x 256 with four samples a pixel, for shapes below 2000 triangles."""
    from symmeter.shapes import Camera, Scene, poly, render, viewpoints

    engines = ["numpy", *(["numba"] if find_spec("numba") else [])]
    out: dict[str, Any] = {"engines": engines, "rows": [], "differ": 0}
    cameras = [Camera(tuple(d)) for d in viewpoints(rounds)]
    for name in names:
        scene = Scene.of(poly(name))
        if len(scene.triangles) >= 2000:
            continue
        row: dict[str, Any] = {"name": name, "triangles": len(scene.triangles)}
        images = {}
        for engine in engines:
            images[engine] = render(scene, cameras[0], engine=engine).image
            times = []
            # The plain engine is not in question: a few views of it are enough.
            for camera in cameras if engine == "numba" else cameras[:4]:
                start = time.process_time()
                render(scene, camera, engine=engine)
                times.append(time.process_time() - start)
            row[engine] = min(times)
        out["differ"] += int((images[engines[0]] != images[engines[-1]]).sum())
        out["rows"].append(row)
    return out


def shadows(names: Sequence[str], views: int) -> dict[str, Any]:
    """Mean area of the orthographic shadow over a quarter of the surface: 1 for convex solids, by Cauchy."""
    from symmeter.shapes import Camera, poly, render_views, viewpoints

    cameras = [Camera(tuple(d), projection="orthographic") for d in viewpoints(views)]
    ratios = {}
    for name in names:
        p = poly(name)
        areas = [x.cover.sum() * x.framing.pixel_area for x in render_views(p, cameras, size=96, lines=0.0)]
        ratios[name] = float(np.mean(areas)) / (p.mesh().area / 4.0)
    return ratios


def all_from_nothing() -> float:
    """Processor time to make all 224 solids with their visible surfaces in a new process, imports not counted."""
    code = (
        "import time, numpy, scipy.spatial\n"
        "from symmeter.papers._polyhedra_benchmark_solids import BENCHMARK\n"
        "from symmeter.shapes import poly\n"
        "start = time.process_time()\n"
        "for n in BENCHMARK: poly(n).mesh(visible=True)\n"
        "print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)
