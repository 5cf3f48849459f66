"""Point groups of molecules and of a large compound, beside pymatgen's analyzer with its operations; one thread."""

from __future__ import annotations

import multiprocessing
import queue
import time
from itertools import product
from typing import Any

import numpy as np
import pytest

from symmeter.groups import point_group as named
from symmeter.shapes.point_group import point_group

GOLDEN = (1 + 5**0.5) / 2


def fullerene() -> np.ndarray:
    """C60: a third along each edge of an icosahedron, 3.55 Angstrom from the centre."""
    corners = np.array(
        [p for a, b in product((-1, 1), repeat=2) for p in ((0, a, b * GOLDEN), (a, b * GOLDEN, 0), (b * GOLDEN, 0, a))]
    )
    near = np.argwhere(np.abs(np.linalg.norm(corners[:, None] - corners, axis=2) - 2) < 1e-6)
    x = np.array([corners[i] * 2 / 3 + corners[j] / 3 for i, j in near])
    return 3.55 * x / np.linalg.norm(x[0])


def cubane() -> tuple[np.ndarray, list[str]]:
    cube = np.array(list(product((-1.0, 1.0), repeat=3)))
    return np.vstack([0.785 * cube, 1.41 * cube]), ["C"] * 8 + ["H"] * 8


def compound() -> np.ndarray:
    """252 points of five orbits of Ih: vertices, faces, edges and two general ones."""
    matrices = named("Ih").matrices
    seeds = [(0, 1, GOLDEN), (1, 1, 1), (0, 0, 1.9), (0.2, 0.9, 1.9), (0.0, 0.5, 2.2)]
    points = np.concatenate([matrices @ np.array(s, dtype=float) for s in seeds])
    return np.unique(np.round(points, 9), axis=0)


SHAPES = {
    "C60": (fullerene(), ["C"] * 60, "Ih"),
    "cubane": (*cubane(), "Oh"),
    f"{len(compound())}-vertex compound": (compound(), ["C"] * len(compound()), "Ih"),
}


#: Seconds after which the peer is stopped; its time is then a lower bound.
_PATIENCE = 20.0


def _peer(points: np.ndarray, labels: list[str], tolerance: float, answer: Any) -> None:
    from pymatgen.core import Molecule
    from pymatgen.symmetry.analyzer import PointGroupAnalyzer

    molecule = Molecule(labels, points)
    start = time.perf_counter()
    analyzer = PointGroupAnalyzer(molecule, tolerance=tolerance)
    analyzer.get_symmetry_operations()
    answer.put((analyzer.sch_symbol, time.perf_counter() - start))


def peer(points: np.ndarray, labels: list[str], tolerance: float = 0.3) -> dict[str, Any]:
    """Symbol and seconds of pymatgen in a process of its own, which times itself and is stopped when it takes long."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_peer, args=(points, labels, tolerance, answer))
    process.start()
    try:
        symbol, seconds = answer.get(timeout=_PATIENCE)
    except queue.Empty:
        symbol, seconds = "no answer", _PATIENCE
    process.terminate()
    process.join()
    return {"symbol": symbol, "seconds": seconds}


@pytest.mark.parametrize("name", SHAPES)
def test_point_group(beside: Any, name: str) -> None:
    pytest.importorskip("pymatgen.symmetry.analyzer")
    points, labels, symbol = SHAPES[name]

    def ours() -> dict[str, Any]:
        start = time.perf_counter()
        found = point_group(points, labels)
        return {"symbol": found.symbol, "seconds": time.perf_counter() - start}

    found = beside(
        f"point group and operations, {name}",
        ours,
        lambda: peer(points, labels),
        f"pymatgen (stopped after {_PATIENCE:.0f} s)",
        speedup=10,
        rounds=15,
        baseline_rounds=2,
        clock=lambda r: r["seconds"],
    )
    assert found["symbol"] == symbol


@pytest.mark.parametrize("name", ["C60", "cubane"])
def test_right_groups_under_noise(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """How often each is right over 20 draws with noise of 0.3 % of the radius, each at a tolerance that suits it."""
    analyzer = pytest.importorskip("pymatgen.symmetry.analyzer")
    from pymatgen.core import Molecule

    points, labels, symbol = SHAPES[name]
    radius = np.linalg.norm(points, axis=1).max()
    ours = theirs = 0
    for seed in range(20):
        noisy = points + 0.003 * radius * np.random.default_rng(seed).standard_normal(points.shape)
        ours += point_group(noisy, labels, tol=0.01).symbol == symbol
        # The peer's tolerance is absolute; it gets the better of two.
        theirs += any(
            analyzer.PointGroupAnalyzer(Molecule(labels, noisy), tolerance=t * radius).sch_symbol == symbol
            for t in (0.03, 0.1)
        )
    with capsys.disabled():
        print(f"\n{name}: right in {ours} of 20 noisy draws; pymatgen, better of two tolerances, in {theirs}")
    assert ours == 20
    assert ours >= theirs
