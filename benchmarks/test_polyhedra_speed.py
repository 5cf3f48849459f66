"""Making polyhedra, their groups and their surfaces, in one thread; no package on PyPI makes these solids."""

from __future__ import annotations

import pytest

from symmeter.shapes import Arrangement, johnson, poly, uniform
from symmeter.shapes.miller import miller_stellations
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.snub import great_dirhombicosidodecahedron

BENCHMARK = [*(f"W{n}" for n in range(1, 120)), *(f"C{n}" for n in range(1, 14)), *(f"J{n}" for n in range(1, 93))]


def anew(p: Polyhedron) -> Polyhedron:
    """The same solid without what is cached in it."""
    return Polyhedron(p.vertices, p.faces, p.name, is_solid_surface=p.is_solid_surface)


@pytest.mark.benchmark(group="all 75 uniform polyhedra, cold")
def test_all_uniform_polyhedra(benchmark):
    def make():
        uniform.cache_clear()
        great_dirhombicosidodecahedron.cache_clear()
        return [uniform(n) for n in range(1, 76)]

    assert sum(p.V for p in benchmark.pedantic(make, rounds=5)) > 0
    assert benchmark.stats.stats.min < 5


@pytest.mark.benchmark(group="all 92 Johnson solids, cold")
def test_all_johnson_solids(benchmark):
    def make():
        johnson.cache_clear()
        return [johnson(n) for n in range(1, 93)]

    assert len(benchmark.pedantic(make, rounds=5)) == 92


@pytest.mark.benchmark(group="groups of the 224 solids of the benchmark")
def test_all_groups(benchmark):
    solids = [poly(n) for n in BENCHMARK]
    found = benchmark.pedantic(
        lambda fresh: [p.group for p in fresh], setup=lambda: (([*map(anew, solids)],), {}), rounds=3
    )
    assert found.count("Ih") > 50


@pytest.mark.benchmark(group="visible surface")
@pytest.mark.parametrize("number", [34, 53, 36, 75, 72])
def test_visible_surface(benchmark, number):
    def fresh():
        p = anew(uniform(number))
        _ = p.operations
        return (p,), {}

    mesh = benchmark.pedantic(lambda p: p.mesh(visible=True), setup=fresh, rounds=3)
    assert mesh.is_watertight


@pytest.mark.benchmark(group="arrangements")
@pytest.mark.parametrize("name", ["icosahedron", "icosidodecahedron"])
def test_cells(benchmark, name):
    core = poly(name)
    _ = core.operations
    cells = benchmark.pedantic(lambda: Arrangement.of(core).cells, rounds=3)
    assert len(cells.signs) in (473, 2577)


@pytest.mark.benchmark(group="the fifty-nine icosahedra, enumerated")
def test_fifty_nine(benchmark):
    core = poly("icosahedron")
    _ = core.operations
    assert len(benchmark.pedantic(lambda: miller_stellations(Arrangement.of(core)), rounds=3)) == 59
