"""The group-selection experiment: planted groups are what they claim, and second methods give the same numbers."""

import json

import numpy as np
import pytest

from symmeter.papers import _group_selection_digits as digits
from symmeter.papers import _group_selection_estimators as estimators
from symmeter.papers import _group_selection_planted as groups
from symmeter.papers import _group_selection_timing as timing
from symmeter.papers import group_selection, load_paper
from symmeter.papers._group_selection_claims import CLAIMS, judge
from symmeter.papers.run import run_paper
from symmeter.representations import Monomial

ORDERS = {"dihedral-8": 16, "reflection-12": 2, "blocks-8": 24 * 24, "torus-16": 64, "dihedral-32": 64}


# ---- planted groups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*groups.SIX, "cyclic-8", "cyclic-32", "dihedral-32", "so3-30", "blocks-16"])
def test_the_planted_generators_commute_and_the_decoys_do_not(key):
    setting = groups.planted(key)
    r = setting.covariance
    assert np.linalg.eigvalsh(r)[0] > 1e-3

    def broken(generator):
        a = generator.matrix() if isinstance(generator, Monomial) else generator
        return np.linalg.norm(r @ a - a @ r) / np.linalg.norm(a)

    assert max(broken(g) for g in setting.true) < 1e-12
    if key.startswith("so3"):
        assert min(broken(g) for g in setting.candidates) > 1e-2
        span = np.stack([c.reshape(-1) for c in setting.candidates], axis=1)
        for g in setting.true:
            assert np.linalg.lstsq(span, g.reshape(-1), rcond=None)[1].sum() < 1e-20
    else:
        decoys = setting.candidates[len(setting.true) :]
        assert len(decoys) >= 2
        assert min(broken(g) for g in decoys) > 1e-2


@pytest.mark.parametrize(("key", "order"), ORDERS.items())
def test_order_of_the_planted_group(key, order):
    assert groups.planted(key).action().group.order == order


@pytest.mark.parametrize("key", list(ORDERS))
def test_the_planted_group_is_all_that_the_covariance_has(key):
    # Brute force over a random set: no permutation outside the group leaves the covariance as it is.
    setting = groups.planted(key)
    group = setting.action().group
    rng = np.random.default_rng(0)
    for _ in range(200):
        p = rng.permutation(setting.size)
        kept = np.abs(setting.covariance[np.ix_(p, p)] - setting.covariance).max() < 1e-12
        assert kept == (p in group)


def test_eigenvalues_of_the_ring_pair_up():
    values = np.sort(np.linalg.eigvalsh(groups.ring_covariance(16)))
    expected = np.sort(np.fft.fft(groups.ring_covariance(16)[0]).real)
    np.testing.assert_allclose(values, expected, atol=1e-12)


@pytest.mark.parametrize("key", ["dihedral-8", "blocks-8"])
def test_noise_level_of_a_true_symmetry(key):
    # Monte Carlo: the ratio of a true symmetry has mean one, whatever the permutation.
    setting = groups.planted(key)
    root = np.linalg.cholesky(setting.covariance)
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(400):
        x = rng.standard_normal((201, setting.size)) @ root.T
        x -= x.mean(0)
        ratios.append([groups.noise_ratio(x.T @ x / 200, p, 200) for p in setting.true])
    spread = np.std(ratios, axis=0) / np.sqrt(len(ratios))
    assert (np.abs(np.mean(ratios, axis=0) - 1.0) < 4.0 * spread + 0.03).all()


def test_trials_do_not_depend_on_how_they_are_shared_out():
    together = groups.trials("cyclic-8", 60, 3, 0, 4)
    apart = np.concatenate([groups.trials("cyclic-8", 60, 3, first, 1) for first in range(4)])
    np.testing.assert_array_equal(together, apart)
    assert not np.array_equal(together, groups.trials("cyclic-8", 60, 4, 0, 4))


@pytest.mark.parametrize("key", ["cyclic-16", "dihedral-8", "reflection-12", "torus-16", "so3-15"])
def test_every_planted_group_is_found_in_many_samples(key):
    # At level 0.01 or below each trial fails with probability of a few percent at most; three of four suffice.
    assert groups.trials(key, 2000, 0, 0, 4)[:, 0].sum() >= 3


def test_few_samples_are_not_taken_for_the_group():
    # Eight dimensions of noise: nobody can tell four commuting generators from ten samples of sixteen columns.
    assert groups.trials("cyclic-16", 10, 0, 0, 3)[:, 0].sum() == 0


# ---- estimators ---------------------------------------------------------------------------------------------------


def test_ledoit_wolf_agrees_with_scikit_learn():
    covariance = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(0)
    for n in (5, 30, 300):
        x = rng.standard_normal((n, 6)) @ np.diag([1, 1, 2, 2, 3, 3.0])
        x -= x.mean(0)
        np.testing.assert_allclose(estimators.ledoit_wolf(x), covariance.ledoit_wolf(x, assume_centered=True)[0])


def test_gain_in_closed_form_against_brute_force_group_average():
    setting = groups.planted("dihedral-8")
    elements = [g.matrix() for g in _all_elements(setting)]
    assert len(elements) == 16
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 9, 8)) @ np.linalg.cholesky(setting.covariance).T
    s = np.swapaxes(x, 1, 2) @ x / 9
    averaged = np.mean([p @ s @ p.T for p in elements], axis=0)
    errors = [((e - setting.covariance) ** 2).sum((1, 2)) for e in (s, averaged)]
    gain = errors[0].mean() / errors[1].mean()
    spread = (errors[0] - gain * errors[1]).std() / errors[1].mean() / np.sqrt(len(x))
    assert abs(gain - estimators.expected_gain(setting.covariance, setting.action())) < 4.0 * spread


def _all_elements(setting):
    """Closure by breadth-first products."""
    found = {tuple(range(setting.size))}
    queue = list(found)
    while queue:
        p = np.array(queue.pop())
        for g in setting.true:
            product = tuple(g.images[p])
            if product not in found:
                found.add(product)
                queue.append(product)
    return [Monomial(np.array(p)) for p in found]


def test_squared_errors_of_white_data():
    # R = I without symmetrisation: E ||S - I||^2 = (M^2 + M) / (n - 1).
    setting = groups.planted("dihedral-8")
    errors = estimators.squared_errors(np.eye(8), setting.action(), 11, 4000, 0)
    spread = errors[:, 0].std() / np.sqrt(len(errors))
    assert abs(errors[:, 0].mean() - 72 / 10) < 4 * spread


# ---- timing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "generators"), [(12, 6), (24, 20)])
def test_both_ways_solve_the_same_problem(size, generators):
    assert timing.timed(size, generators, 1, 0)["disagreement"] < 1e-11


# ---- digits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", list(digits.CASES))
def test_augmentations_only_move_pixels(case):
    images = np.random.default_rng(0).random((40, 64))
    moved = digits.augmented(images, case, 5)
    np.testing.assert_array_equal(np.sort(moved, axis=1), np.sort(images, axis=1))
    assert np.array_equal(moved, images) == (case == "raw")


def test_augmentations_use_every_element_of_their_group():
    marked = np.zeros((2000, 64))
    marked[:, 8 + 2] = 1.0  # pixel (1, 2)
    reached = {case: set(np.argmax(digits.augmented(marked, case, 0), axis=1).tolist()) for case in digits.CASES}
    assert reached["shifts"] == reached["both"] == set(range(64))
    assert reached["flips"] == {8 + 2, 8 + 5}
    assert reached["turns"] == {8 + 2, 5 * 8 + 1, 6 * 8 + 5, 2 * 8 + 6}
    assert reached["raw"] == {8 + 2}


def test_quarter_turns_of_digits_are_seen():
    pytest.importorskip("sklearn")
    rows = digits.judged(digits.load_digits(), "turns", 0)
    accepted = {name for name, p in zip(digits.CANDIDATES, rows[:, 1]) if p >= groups.ALPHA}
    assert accepted == {"rot90", "rot180"}
    assert rows[digits.CANDIDATES.index("transpose"), 0] > 10.0


# ---- the run ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smoke")
    return run_paper(load_paper("group-selection"), "smoke", folder)


def test_smoke_run_passes_its_claims(smoke):
    assert [m.claim.statement for m in smoke.measured if m.outcome == "falls short"] == []
    assert sum(m.outcome == "passed" for m in smoke.measured) >= 8
    assert {m.claim.kind for m in smoke.measured} == {"paper", "derived", "measured", "goal"}


def test_smoke_run_writes_results_and_figure(smoke):
    results = json.loads(smoke.results_path.read_text(encoding="utf-8"))
    assert list(results["tables"]["recovery"]) == list(groups.SIX)
    for sweep in results["tables"]["recovery"].values():
        for rate, low, high in sweep["recovered"]:
            assert 0.0 <= low <= rate <= high <= 1.0
    pytest.importorskip("matplotlib")
    assert smoke.figure_path.name == "figure.png"
    assert smoke.figure_path.stat().st_size > 50_000
    assert (smoke.figure_path.parent / "figure.svg").read_text(encoding="utf-8").count("<svg") == 1


def test_ctrl_c_and_resume_give_the_same_numbers(tmp_path, smoke):
    def impatient(fraction, what):
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="finished parts are kept"):
        run_paper(group_selection.PAPER, "smoke", tmp_path, progress=impatient)
    kept = {p.stem for p in (tmp_path / "checkpoints").iterdir()}
    assert "recovery.dihedral-8.n50" in kept
    record = run_paper(group_selection.PAPER, "smoke", tmp_path)
    assert set(record.resumed) == kept
    first, second = (dict(r.to_json()["tables"]) for r in (smoke, record))
    for tables in (first, second):
        tables.pop("timing")
    assert first == second


def test_a_claim_that_is_missed_falls_short(smoke):
    tables = json.loads(smoke.results_path.read_text(encoding="utf-8"))["tables"]
    tables["exact"]["nullity"] = 3
    tables["digits"]["cases"]["raw"]["flip_x"]["accepted"] = 1
    outcome = {m.claim.statement: m.outcome for m in judge(tables, "smoke")}
    assert outcome["Z16 with eight candidates, exact covariance: dimension of what commutes"] == "falls short"
    assert outcome["digits: accepted at 0.001, any seed, the two flips of shifted images apart"] == "falls short"


def test_claims_say_where_they_come_from():
    assert len({c.statement for c in CLAIMS}) == len(CLAIMS) >= 25
    assert all(c.source and c.expected for c in CLAIMS)
