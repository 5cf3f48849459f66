"""Shapes in one thread: point groups with operations beside pymatgen, all uniform polyhedra, and pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from symmeter.papers import _polyhedra_benchmark_timing as timing
from symmeter.papers._polyhedra_benchmark_peer import Peer
from symmeter.papers._polyhedra_benchmark_solids import seconds_of_all
from symmeter.shapes import Camera, Scene, render, viewpoints
from symmeter.shapes.point_group import point_group

#: Below 2000 triangles: a simple solid, a snub one, stars, compounds, and the last stellation of the icosidodecahedron.
DRAWN = ("cube", "U29", "U53", "W98", "W25", "W61", "W66")


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    if find_spec("pymatgen") is None:
        pytest.skip("pymatgen is not installed")
    with Peer() as running:
        yield running


@pytest.mark.parametrize("name", timing.SHAPES)
def test_point_group(beside: Any, peer: Peer, name: str) -> None:
    """The peer gives its operations as matrices; ours come with their permutations and deviations as well.

    Its ``get_equivalent_atoms``, which says where operations take atoms, is not counted: 9 ms more for cubane and 70 ms
    for C60.
    """
    points, labels = timing.shape(name)

    def ours() -> dict[str, Any]:
        start = time.process_time()
        symbol = point_group(points, labels).symbol
        return {"symbol": symbol, "seconds": time.process_time() - start}

    def theirs() -> dict[str, Any]:
        answer = peer.ask(points, labels, 0.3, timing.PATIENCE, operations=True)
        return (
            {"symbol": "none", "seconds": timing.PATIENCE}
            if answer is None
            else dict(zip(("symbol", "seconds"), answer))
        )

    found = beside(
        f"point group and operations, {name}",
        ours,
        theirs,
        f"pymatgen (stopped after {timing.PATIENCE:.0f} s)",
        speedup=10,
        rounds=15,
        baseline_rounds=2,
        clock=lambda r: r["seconds"],
    )
    assert found["symbol"] == timing.SHAPES[name]


@pytest.mark.benchmark(group="all 75 uniform polyhedra, cold, less than 5 s")
def test_all_uniform_polyhedra(benchmark: Any) -> None:
    assert benchmark.pedantic(lambda: seconds_of_all(1)["uniform"], rounds=3) < 5


@pytest.mark.parametrize("name", DRAWN)
def test_picture(beside: Any, name: str) -> None:
    """256 x 256, four samples a pixel, lines drawn; the plain engine is the baseline."""
    pytest.importorskip("numba")
    scene = Scene.of(name)
    assert len(scene.triangles) < 2000
    cameras = [Camera(tuple(d)) for d in viewpoints(8)]
    render(scene, engine="numba")

    def all_views(engine: str) -> Any:
        start = time.process_time()
        picture = [render(scene, camera, engine=engine) for camera in cameras][-1]
        return {"picture": picture, "seconds": (time.process_time() - start) / len(cameras)}

    found = beside(
        f"picture of 256 x 256, {name}, {len(scene.triangles)} triangles",
        lambda: all_views("numba"),
        lambda: all_views("numpy"),
        "our NumPy path",
        seconds=0.010,
        rounds=9,
        baseline_rounds=2,
        clock=lambda r: r["seconds"],
    )
    assert found["picture"].mask.any()
