"""The soft-equivariance experiment: its data, its protocol, its judgement, and a smoke run."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError  # noqa: E402
from symmeter.groups import O  # noqa: E402
from symmeter.papers import _soft_equivariance_protocol as protocol  # noqa: E402
from symmeter.papers import _soft_equivariance_tasks as tasks  # noqa: E402
from symmeter.papers._soft_equivariance_claims import CLAIMS, compare, judge, selected  # noqa: E402
from symmeter.papers._soft_equivariance_frames import FrameAveragedMLP  # noqa: E402
from symmeter.papers._soft_equivariance_protocol import METHODS, Budget, Task, settings_of, trial  # noqa: E402
from symmeter.papers.run import run_paper  # noqa: E402
from symmeter.papers.soft_equivariance import PAPER, _truth  # noqa: E402
from symmeter.representations import TensorType  # noqa: E402

SHORT = Budget(sizes=(12, 20, 20), epochs=12, tune_at=4, check_every=3)


def rotation(angle, i, j):
    g = np.eye(3)
    g[i, i] = g[j, j] = np.cos(angle)
    g[i, j] = -np.sin(angle)
    g[j, i] = np.sin(angle)
    return g


def target(positions, axis=2, strength=0.3):
    return tasks.inertia_target(np.ones(positions.shape[:2]), positions, axis, strength).reshape(-1, 3, 3)


# ---- data ------------------------------------------------------------------------------------------------------------


def test_inertia_of_a_rod():
    j = target(np.array([[[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]]), strength=0.0)[0]
    np.testing.assert_allclose(j, np.diag([2.0, 2.0, 0.0]))


@pytest.mark.parametrize(("axis", "plane"), [(0, (1, 2)), (1, (0, 2)), (2, (0, 1))])
def test_the_target_keeps_the_rotations_about_its_axis_and_no_others(axis, plane):
    r = np.random.default_rng(0).standard_normal((10, 2, 3))
    for other in ((0, 1), (1, 2), (0, 2)):
        g = rotation(0.7, *other)
        kept = np.allclose(target(r @ g.T, axis), g @ target(r, axis) @ g.T, atol=1e-12)
        assert kept is (other == plane)


def test_the_sampled_error_of_the_target_is_that_of_quadrature():
    r = np.random.default_rng(0).standard_normal((400, 2, 3))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)

    def one(angle, i, j):
        g = rotation(angle, i, j)
        a, b = target(r @ g.T), g @ target(r) @ g.T
        sizes = [np.linalg.norm(m, axis=(1, 2)) for m in (a - b, a, b)]
        return (sizes[0] / (sizes[1] + sizes[2])).mean()

    found = _truth()
    assert found["O2_xy"] < 1e-14
    for name, plane in (("O2_yz", (1, 2)), ("O2_xz", (0, 2))):
        exact = sum(w * one(t, *plane) for t, w in zip(nodes, weights)) / weights.sum()
        assert found[name] == pytest.approx(exact, abs=0.004)


def test_cosines_have_the_invariance_they_keep():
    x = np.random.default_rng(0).standard_normal((6, 9))

    def value(variant, moved):
        sample = tasks.cosine(variant, 0.3, (1, 1, 1), 0)
        assert sample.rep_in == "3T1"
        rng = FixedDraw(moved)
        return _cosine_of(variant, rng)

    g = rotation(0.9, 0, 2) @ rotation(0.4, 0, 1)
    turned = (x.reshape(6, 3, 3) @ g.T).reshape(6, 9)
    assert np.allclose(value("so3", turned), value("so3", x))
    assert not np.allclose(value("so3", 2 * x), value("so3", x))
    assert np.allclose(value("scale", 2 * x), value("scale", x))
    assert not np.allclose(value("scale", turned), value("scale", x))
    assert not np.allclose(value("none", 2 * x), value("none", x))


class FixedDraw:
    """Hands out given numbers instead of random ones."""

    def __init__(self, values):
        self.values = values

    def standard_normal(self, shape):
        return np.resize(self.values, shape)


def _cosine_of(variant, rng):
    original = np.random.default_rng
    try:
        np.random.default_rng = lambda seed: rng
        return tasks.cosine(variant, 0.3, (6, 6, 6), 0).train[1]
    finally:
        np.random.default_rng = original


def test_unknown_variants_are_named():
    with pytest.raises(InputError, match="'other'"):
        tasks.cosine("other", 0.3, (1, 1, 1), 0)
    with pytest.raises(InputError, match="axis is 3"):
        tasks.inertia(3, 0.3, (1, 1, 1), 0)


def test_motion_falls_along_the_field_and_no_other_way():
    still = tasks.motion((300, 1, 1), 0, field=0.0, noise=0.0)
    falling = tasks.motion((300, 1, 1), 0, field=1.0, noise=0.0)
    drift = falling.train[1].reshape(300, 6, 3)[:, -1].mean(0) - still.train[1].reshape(300, 6, 3)[:, -1].mean(0)
    # From the mean of times 0..1 to time 2.2, in units of 0.2: t^2 / 2 at 2.2 less its mean over the past.
    t = 0.2 * np.arange(12)
    wanted = -(t[11] ** 2 - (t[:6] ** 2).mean()) / 2
    assert drift[2] == pytest.approx(wanted, abs=0.25)
    assert abs(drift[0]) < 0.25
    assert abs(drift[1]) < 0.25


def test_a_seed_gives_one_data_set():
    for make in (lambda: tasks.inertia(2, 0.3, (5, 5, 5), 3), lambda: tasks.motion((3, 2, 2), 3)):
        for a, b in zip(make().train, make().train):
            np.testing.assert_array_equal(a, b)


# ---- protocol --------------------------------------------------------------------------------------------------------


def test_every_method_has_the_same_tuning_budget():
    assert {len(settings_of(m, Task("inertia"))) for m in METHODS} == {3}
    assert settings_of("EMLP", Task("inertia")) == ("O2_xy", "O2_yz", "O2_xz")


def test_all_methods_see_the_same_data_and_one_seed_gives_one_answer():
    task = Task("inertia")
    first = {m: trial(task, m, settings_of(m, task)[1], SHORT, 3) for m in METHODS}
    assert len({r["variance"] for r in first.values()}) == 1
    again = trial(task, "PER", settings_of("PER", task)[1], SHORT, 3)
    for key in ("test", "validation", "levels"):
        assert again[key] == first["PER"][key]
    assert first["RPP"]["weights"] > first["PER"]["weights"] > first["MLP"]["weights"] / 3
    assert first["FrameAverage"]["weights"] == first["MLP"]["weights"]


@pytest.mark.parametrize(("rep_in", "rep_out"), [("2T1", "T2"), ("6T1", "6T1")])
@pytest.mark.parametrize(("plane", "axes"), [("O2_xy", (0, 1)), ("O2_yz", (1, 2)), ("O2_xz", (0, 2)), ("O3", None)])
def test_the_frame_averaged_network_has_its_group_and_no_larger_one(rep_in, rep_out, plane, axes):
    torch.manual_seed(0)
    net = FrameAveragedMLP(rep_in, rep_out, 16, axes).double()
    source, made = TensorType.parse(rep_in), TensorType.parse(rep_out)
    x = torch.randn(9, source.size(3), dtype=torch.float64)
    found = {}
    for name, group in {**tasks.planes(), "O3": O(3)}.items():
        g = group.sample(1, rng=0)[0][0]
        into, out = (torch.from_numpy(t.matrix(g)) for t in (source, made))
        found[name] = float((net(x @ into.T) - net(x) @ out.T).detach().abs().max() / net(x).detach().abs().max())
    kept = {plane} if axes else set(found)
    assert max(found[k] for k in kept) < 1e-12
    assert min([found[k] for k in set(found) - kept], default=1.0) > 1e-3


def test_a_reference_of_the_wrong_group_can_be_run():
    found = trial(Task("inertia"), "FrameAverage", "base", SHORT, 3)
    assert np.isfinite(found["test"])


def rows(method, tests, settings=(1, 2), shift=0.0):
    return [
        {"method": method, "setting": s, "seed": k, "test": t * (1 + 0.1 * i), "validation": i + shift}
        for k, t in enumerate(tests)
        for i, s in enumerate(settings)
    ]


def test_validation_selects_and_test_is_not_looked_at():
    made = rows("PER", [1.0, 2.0])
    made[0]["test"], made[1]["test"] = 9.0, 0.1
    chosen = selected(made, "PER")
    assert chosen[0]["test"] == 9.0
    reference = {"method": "EMLP", "setting": "base", "seed": 0, "test": 0.0, "validation": -5.0}
    assert selected([*rows("EMLP", [3.0]), reference], "EMLP")[0]["test"] == 3.0


def test_pairs_are_compared_seed_by_seed():
    per, rpp = rows("PER", [1.0, 10.0, 100.0, 1000.0, 1e4]), rows("RPP", [2.0, 20.0, 200.0, 2000.0, 2e4])
    found = compare(per + rpp, "PER", "RPP")
    assert found["mean"] == pytest.approx(np.log(0.5))
    assert found["low"] == pytest.approx(found["high"])
    mixed = compare(per + rows("RPP", [2.0, 5.0, 200.0, 500.0, 2e4]), "PER", "RPP")
    assert mixed["low"] < mixed["mean"] < mixed["high"]
    assert mixed["low"] < 0 < mixed["high"]


# ---- runs ------------------------------------------------------------------------------------------------------------


def test_the_smoke_run_writes_results_and_a_figure(tmp_path):
    pytest.importorskip("matplotlib")
    record = run_paper(PAPER, "smoke", tmp_path)
    results = json.loads(record.results_path.read_text())
    assert len(results["claims"]) == len(CLAIMS)
    assert record.counts["falls short"] == 0
    assert record.counts["passed"] == 2
    assert record.figure_path is not None
    assert record.figure_path.stat().st_size > 20_000
    assert len(judge(record.tables, "smoke")) == len(CLAIMS)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_results(tmp_path):
    pytest.importorskip("matplotlib")
    runs = [run_paper(PAPER, "smoke", tmp_path / str(k), seed=1) for k in range(2)]
    for a, b in zip(runs[0].tables["inertia"], runs[1].tables["inertia"]):
        assert {k: v for k, v in a.items() if k != "seconds"} == {k: v for k, v in b.items() if k != "seconds"}


def test_verdicts_follow_the_numbers():
    """A table in which nothing works makes every claim about training fall short."""
    task = Task("inertia")

    def bad(method, setting, seed):
        levels = {"O2_xy": 0.2, "O2_yz": 1.0, "O2_xz": 0.9}
        errors = {"O2_xy": 0.3, "O2_yz": 0.3, "O2_xz": 0.3, "base": 0.3}
        row = {"method": method, "setting": setting, "seed": seed, "test": 1.0, "validation": 1.0, "variance": 1.0}
        return {**row, "levels": levels, "errors": errors} if method == "PER" else {**row, "test": 0.5}

    runs = [bad(m, s, k) for m in METHODS for s in settings_of(m, task) for k in range(5)]
    runs += [bad(m, "base", k) for m in ("EMLP", "FrameAverage") for k in range(5)]
    cosine = [
        {**bad("PER", 0.01, 0), "variant": v, "levels": {"SO3": 0.5, "Scale": 0.5}} for v in tasks.COSINE_VARIANTS
    ]
    tables = {
        "dimensions": {"SO2": [1], "O2": [1], "SO3": [1], "O3": [1], "S5": [1]},
        "truth": {"base": 0.5, "O2_xy": 0.5, "O2_yz": 0.5, "O2_xz": 0.5},
        "inertia": runs,
        "wider": [],
        "axes": {
            "x": [bad("PER", 0.1, 0) | {"levels": {"O2_xy": 1.0, "O2_yz": 0.1, "O2_xz": 0.1}}],
            "y": [bad("PER", 0.1, 0)],
        },
        "control": [bad("PER", 0.1, 0)],
        "motion": runs,
        "cosine": cosine,
        "timing": {
            "penalty_share_large": 0.5,
            "penalty_share_small": 0.5,
            "step_over_mlp": 9.0,
            "penalised_mlp_over_mlp": 9.0,
        },
    }
    found = judge(tables, "laptop")
    assert {m.outcome for m in found if m.outcome != "not run"} == {"falls short"}
    assert sum(m.outcome == "not run" for m in found) == 1
    assert protocol.METHODS["RPP"][0] == 1.0
