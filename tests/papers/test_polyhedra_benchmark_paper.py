"""The shapes of the polyhedra-benchmark experiment: its tables, clouds, judgement, and a smoke run."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from symmeter.groups import point_group as named
from symmeter.papers import _polyhedra_benchmark_clouds as clouds
from symmeter.papers import _polyhedra_benchmark_solids as solids
from symmeter.papers import _polyhedra_benchmark_tables as expected
from symmeter.papers import _polyhedra_benchmark_timing as timing
from symmeter.papers._polyhedra_benchmark_claims import CLAIMS, judge
from symmeter.papers._polyhedra_benchmark_peer import Peer
from symmeter.papers.polyhedra_benchmark import PAPER
from symmeter.papers.run import run_paper

#: Claims on time depend on what else the machine does.
TIMED = ("from nothing", "a picture of 256 x 256", "beside pymatgen")


def test_tables_are_whole_and_consistent():
    assert [r.number for r in expected.UNIFORM] == list(range(1, 76))
    assert [r.number for r in expected.JOHNSON] == list(range(1, 93))
    assert [r.number for r in expected.STELLATIONS] == list(range(19, 67))
    for r in expected.UNIFORM:
        assert r.vertices - r.edges + r.faces == r.euler
        counts = [tuple(map(int, part.split("x"))) for part in r.counts.split("+")]
        assert sum(n for n, _ in counts) == r.faces
        assert sum(n * k for n, k in counts) == 2 * r.edges
    for r in expected.JOHNSON:
        assert r.vertices - r.edges + r.faces == 2
        counts = [tuple(map(int, part.split("x"))) for part in r.counts.split("+")]
        assert sum(n * k for n, k in counts) == 2 * r.edges
    for planes, lines, points, bounded, regions in expected.ARRANGEMENTS.values():
        assert planes < lines
        assert points < bounded + planes + lines
        assert bounded < regions
    symbols = [expected.uniform_group(n) for n in range(1, 76)]
    assert [symbols.count(g) for g in ("Td", "O", "Oh", "I", "Ih")] == [3, 1, 17, 8, 46]
    assert len(set(solids.BENCHMARK)) == 224


@pytest.mark.parametrize("symbol", ["C1", "Cs", "C3", "C4h", "S8", "D2", "D5d", "T", "Oh"])
def test_clouds_have_their_group(symbol):
    points, labels = clouds.cloud(symbol)
    matrices = named(symbol).matrices
    assert len(points) == len(labels)
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(1)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    kinds = np.array(labels)
    for g in matrices:
        distance = np.linalg.norm((points @ g.T)[:, None] - points, axis=2)
        assert distance.min(axis=1).max() < 1e-9
        assert (kinds[distance.argmin(axis=1)] == kinds).all()
    # No point lies on an axis or a mirror: each kind has one point for each operation.
    assert all((kinds == k).sum() == len(matrices) for k in set(labels))


def test_a_gap_leaves_the_group_that_keeps_it():
    found = clouds.missing_points("D3", (1, 2), 6, 0)
    assert found["counts"] == [1, 2]
    assert found["left"] == [6, 6]
    assert max(found["whole"]) == 0
    assert found["completed_seeds"] == 2
    assert found["completed"] == [2, 2]
    assert clouds.missing_points("C1", (1,), 3, 0)["counts"] == []


def test_noise_counts_right_answers():
    low = clouds.noise("D3", (1e-4,), 4, 0, None)
    assert low["right"] == [4]
    assert "peer" not in low
    # Noise as large as the cloud: nothing can be found.
    assert clouds.noise("Oh", (0.1,), 3, 0, None)["right"] == [0]


def test_shapes_that_are_timed_have_their_groups():
    from symmeter.shapes.point_group import point_group

    assert [len(timing.shape(n)[0]) for n in timing.SHAPES] == [60, 16, 252]
    for name, symbol in timing.SHAPES.items():
        points, labels = timing.shape(name)
        assert point_group(points, labels).symbol == symbol
    near = np.sort(np.linalg.norm(timing.shape("C60")[0][:, None] - timing.shape("C60")[0], axis=2), axis=1)[:, 1]
    np.testing.assert_allclose(near, near[0])


def test_decorated_points_tell_faces_from_vertices():
    from symmeter.shapes import poly

    assert solids.detected(["U4", "U3", "U15", "J78", "W24", "U75"])["wrong"] == []
    points, labels = solids._decorated(poly("U75"))
    assert len(np.unique(np.round(points, 6), axis=0)) == len(points) == len(labels)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    pytest.importorskip("matplotlib")
    return run_paper(PAPER.only("shapes"), "smoke", tmp_path_factory.mktemp("shapes"))


def test_the_smoke_run_writes_results_and_a_figure(smoke):
    results = json.loads(smoke.results_path.read_text())
    assert results["part"] == "shapes"
    assert len(results["claims"]) == len(CLAIMS)
    untimed = [m for m in smoke.measured if not any(t in m.claim.statement for t in TIMED)]
    assert len(untimed) >= 15
    assert [m.claim.statement for m in untimed if m.outcome == "falls short"] == []
    assert sum(m.outcome == "passed" for m in untimed) >= 9
    assert smoke.figure_path is not None
    assert smoke.figure_path.stat().st_size > 50_000


def test_the_whole_paper_has_the_claims_of_its_part():
    assert PAPER.claims == CLAIMS == PAPER.only("shapes").claims
    assert list(PAPER.parts) == ["shapes"]


def test_verdicts_follow_the_numbers(smoke):
    """Tables in which everything is wrong make every claim fall short; tables as good as can be make all pass."""
    good = copy.deepcopy(dict(smoke.tables))
    good |= {"peer": True, "everything": 0.5}
    seeds = {"seeds": 20, "sigmas": [1e-4, 3e-3], "right": [20, 20]}
    good["noise"] = {"D3": seeds | {"peer": [{"right": 19, "answered": 20}] * 2}}
    good["missing"] = {"D3": {"counts": [1], "seeds": 20, "whole": [0], "left": [20]}}
    good["missing"]["D3"] |= {"completed": [5], "completed_seeds": 5}
    good["stellations"] = {"solids": 48, "wrong": [], "reach_error": 1e-7, "watertight": 48}
    good["arrangements"] = {
        "counts": {k: list(v) for k, v in expected.ARRANGEMENTS.items()},
        "miller": {k: list(v) for k, v in expected.MILLER.items()},
    }
    good["detected"] = {"solids": 224, "wrong": []}
    fast = {"seconds": 0.001, "peer_seconds": 0.1, "peer_symbol": "Ih", "symbol": "Ih", "expected": "Ih"}
    good["point_groups"] = [fast | {"name": n} for n in timing.SHAPES]
    rows = [{"name": "cube", "triangles": 12, "numpy": 0.03, "numba": 0.004}]
    good["pictures"] = {"engines": ["numpy", "numba"], "rows": rows, "differ": 0}
    good["seconds"] = {"uniform": 0.3, "johnson": 0.3}
    assert {m.outcome for m in judge(good, "laptop")} == {"passed"}

    bad = copy.deepcopy(good)
    bad["everything"] = 9.0
    bad["noise"]["D3"] |= {"right": [18, 18]}
    bad["missing"]["D3"] |= {"left": [10], "completed": [4]}
    bad["inventory"] |= {"benchmark": 223}
    bad["uniform"] |= {"wrong_counts": [3], "wrong_groups": [3], "radius_error": 1.0}
    bad["johnson"] |= {"wrong_groups": [3], "volume_error": 1.0}
    bad["stellations"] |= {"wrong": [63]}
    bad["arrangements"]["counts"]["cube"][0] = 7
    bad["arrangements"]["miller"]["icosahedron"] = [32, 26]
    bad["convex"] = [37, 29, 47]
    bad["metric"]["dihedral"] = [[164.0, 90]]
    bad["detected"]["wrong"] = ["W63"]
    bad["point_groups"][0]["seconds"] = 0.02
    bad["pictures"] |= {"differ": 1}
    bad["pictures"]["rows"][0]["numba"] = 0.02
    bad["seconds"]["uniform"] = 6.0
    bad["shadows"] = {"cube": 1.01}
    assert {m.outcome for m in judge(bad, "laptop")} == {"falls short"}
    alone = good | {"peer": False}
    skipped = [m for m in judge(alone, "laptop") if m.outcome == "not run"]
    assert len(skipped) == 2
    assert all("pip install pymatgen" in m.detail for m in skipped)


@pytest.mark.slow
def test_the_peer_answers_and_is_stopped():
    pytest.importorskip("pymatgen.symmetry.analyzer")
    points, labels = timing.shape("cubane")
    with Peer() as peer:
        answer = peer.ask(points, labels, 0.3, 20.0, operations=True)
        assert answer is not None
        assert answer[0] == "Oh"
        assert peer.ask(points, labels, 0.3, 0.0) is None
        assert peer.ask(points, labels, 0.3, 20.0) is not None
    assert peer._process is None
