"""The finder: verdicts, confirmation on held-out samples, joint groups, the ladder, and what it tells people."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.confirmation import LEAST_HELD_OUT, confirm, split_rows
from symmeter.discover.covariance_tests import CovarianceTest, transformation_test
from symmeter.discover.finder import SecondMomentFinder, verdict_of
from symmeter.discover.ladder import ladder_of
from symmeter.discover.moments import moments_of_covariance
from symmeter.errors import EmptyDictionaryError, InputError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.finders import FindOptions
from symmeter.findings import Level, Report
from symmeter.representations import Dense, Monomial, Space
from symmeter.statistics import clopper_pearson
from symmeter.subjects import Covariance, Samples, SeveralSamples

LAG = np.abs(np.arange(8)[:, None] - np.arange(8))
RING = 0.6 ** np.minimum(LAG, 8 - LAG)


def draw(r: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, len(r))) @ np.linalg.cholesky(r).T


def find(subject, dictionary="shifts,flips", **options) -> Report:
    return SecondMomentFinder().find(subject, FindOptions(dictionary=dictionary, **options))


# Verdicts.


def measured(p: float | None, defect: float, high: float) -> CovarianceTest:
    return CovarianceTest(1.0, 1.0, p, defect, (0.0, high), "")


def level(passed: bool) -> Level:
    return Level("whole distribution", passed, 0.5 if passed else 0.0, None, "")


@pytest.mark.parametrize(
    ("p", "defect", "high", "whole", "verdict"),
    [
        (None, 0.0, 0.0, None, "exact"),
        (None, 1e-9, 1e-9, None, "exact"),
        (None, 0.05, 0.05, None, "nearly"),
        (None, 0.5, 0.5, None, "broken"),
        (0.4, 0.0, 0.1, None, "symmetric"),
        (0.4, 0.0, 0.1, True, "symmetric"),
        (0.4, 0.0, 0.1, False, "second moments only"),
        (0.02, 0.1, 0.2, True, "borderline"),
        (0.02, 0.1, 0.2, False, "second moments only"),
        (0.001, 0.05, 0.09, None, "nearly"),
        (0.001, 0.3, 0.5, None, "broken"),
    ],
)
def test_verdicts(p: float | None, defect: float, high: float, whole: bool | None, verdict: str) -> None:
    said = verdict_of(measured(p, defect, high), 0.01, None if whole is None else level(whole))
    assert said == verdict


# Whole distribution.


def lopsided(n: int, seed: int) -> np.ndarray:
    """Two columns of equal variance, one skewed to the right, one to the left, and a third of its own."""
    rng = np.random.default_rng(seed)
    e = rng.exponential(size=(n, 2)) - 1.0
    return np.column_stack([e[:, 0], -e[:, 1], 3.0 * rng.standard_normal(n)])


def test_second_moments_accept_what_the_distribution_rejects() -> None:
    swap = "swap(0,1)"
    report = find(Samples(lopsided(1500, 0)), "exchanges")
    assert report[swap].verdict == "second moments only"
    assert report[swap].holds
    assert [lv.passed for lv in report[swap].levels] == [True, False]
    assert any("follow different laws" in note for note in report[swap].notes)
    gaussian = find(Samples(draw(np.diag([1.0, 1.0, 9.0]), 1500)), "exchanges")
    assert gaussian[swap].verdict == "symmetric"
    assert [lv.name for lv in gaussian[swap].levels] == ["second moments", "whole distribution"]
    assert gaussian["swap(0,2)"].verdict == "broken"


def test_confirmation_holds_its_level() -> None:
    trials, rejected = 60, 0
    swap = Monomial([1, 0, 2])
    for seed in range(trials):
        x = draw(np.diag([1.0, 1.0, 4.0]), 60, seed)
        rejected += not confirm([x], swap, 0.05, np.random.default_rng(seed)).passed
    assert clopper_pearson(rejected, trials, 0.99)[0] <= 0.05


def test_confirmation_over_several_tables() -> None:
    swap = Monomial([1, 0, 2])
    good, bad = draw(np.diag([1.0, 1.0, 4.0]), 200), lopsided(400, 1)
    rng = np.random.default_rng(0)
    assert confirm([good, good[:100]], swap, 0.01, rng).passed
    assert not confirm([good, bad], swap, 0.01, rng).passed
    assert "held-out samples" in confirm([good], swap, 0.01, rng).method


def test_rows_are_divided_once_and_for_all() -> None:
    x = np.arange(300.0).reshape(100, 3)
    searched, held = split_rows(x, 1 / 3, np.random.default_rng(0))
    assert held is not None
    assert (len(searched), len(held)) == (67, 33)
    together = np.sort(np.concatenate([searched, held]), axis=0)
    np.testing.assert_array_equal(together, x)
    few = np.zeros((2 * LEAST_HELD_OUT - 1, 3))
    assert split_rows(few, 0.5, np.random.default_rng(0))[1] is None
    assert split_rows(x, 0.0, np.random.default_rng(0))[1] is None


# Reports.


def test_samples_of_a_ring() -> None:
    report = find(Samples(draw(RING, 900, 3)))
    by_name = {f.name: f for f in report}
    assert by_name["shift"].verdict == by_name["reversal"].verdict == "symmetric"
    joint = by_name["joint group"]
    assert (joint.group.name, joint.order) == ("D8", 16)
    assert joint.identifiability == "generative subgroup possible"
    assert report.best is joint
    assert report.options["alpha"] == 0.01
    assert report.options["seed"] == 0
    assert report.citations == ("group-selection",)
    assert any("300 samples were held out" in note for note in report.notes)
    for f in report:
        low, high = f.interval
        assert 0.0 <= low <= f.defect <= high <= 1.0
        assert f.p_value is not None
        assert "sm.find" in f.code or not f.holds


def test_exact_covariance() -> None:
    report = find(Covariance(RING))
    assert {f.verdict for f in report if f.name in ("shift", "reversal", "joint group")} == {"exact"}
    assert all(f.p_value is None for f in report)
    assert any("a covariance shows second moments only" in note for note in report.notes)
    assert report["shift"].picture is None


def test_covariance_with_a_sample_size_is_tested() -> None:
    s = np.cov(draw(RING, 200).T)
    report = find(Covariance(s, n=199))
    assert report["shift"].p_value is not None
    assert report["shift"].p_value > 0.01
    assert report["shift"].verdict in ("symmetric", "borderline")
    assert report["shift"].notes[-1] == "Checked on second moments only."
    # The same numbers without a sample size are an exact covariance, and nothing is exact.
    assert find(Covariance(s))["shift"].verdict in ("nearly", "broken")


def test_pictures_show_a_sample_before_and_after() -> None:
    x = draw(np.kron(np.eye(2), RING[:3, :3]) + 0.0, 200)
    report = find(Samples(x, grid=(2, 3)))
    picture = report["flip_x"].picture
    assert picture is not None
    assert picture.grid == (2, 3)
    before, after = picture.before.reshape(2, 3), picture.after.reshape(2, 3)
    np.testing.assert_array_equal(after, before[:, ::-1])
    assert any(np.array_equal(picture.before, row) for row in x)


def test_white_samples() -> None:
    report = find(Samples(np.random.default_rng(1).standard_normal((300, 5))), "exchanges")
    assert len(report) == 1
    assert report.best.verdict == "unidentifiable"
    assert report.best.identifiability == "fully symmetric / unidentifiable"
    assert report.found == ()
    assert report.best.code == ""
    exact = find(Covariance(2.0 * np.eye(5)), "exchanges")
    assert exact.best.verdict == "unidentifiable"


def test_few_samples_say_so() -> None:
    report = find(Samples(draw(0.95**LAG, 12)), "shifts")
    assert any("too few samples to hold some out" in note for note in report.notes)
    assert len(report["shift"].levels) == 1


def test_constant_columns_are_named() -> None:
    x = np.column_stack([draw(np.diag([1.0, 1.0, 4.0]), 200), np.full(200, 3.0), np.zeros(200)])
    report = find(Samples(x, names=("a", "b", "c", "d", "e")), "exchanges")
    assert any("2 columns are constant (d, e); moving them among themselves changes nothing" in n for n in report.notes)
    assert report["swap(a,b)"].holds
    assert "swap(d,e)" not in [f.name for f in report]
    assert report["swap(a,d)"].verdict == "broken"


def test_several_samples_share() -> None:
    """One sample has both shift and reversal, the other the reversal alone."""
    rng = np.random.default_rng(4)
    a = rng.standard_normal((8, 8))
    r = a @ a.T + np.eye(8)
    r = 0.5 * (r + r[::-1, ::-1])
    report = find(SeveralSamples((Samples(draw(RING, 600)), Samples(draw(r, 600, 1)))))
    assert report["reversal"].verdict == "symmetric"
    assert report["shift"].verdict == "broken"
    assert any("200, 200 samples were held out" in note for note in report.notes)
    mixed = find(SeveralSamples((Samples(draw(RING, 600)), Covariance(r, n=500))))
    assert mixed["shift"].verdict == "broken"


def test_complex_samples() -> None:
    rng = np.random.default_rng(0)
    u = np.exp(2j * np.pi * np.outer(np.arange(8), np.arange(8)) / 8) / np.sqrt(8)
    r = (u * rng.uniform(0.5, 3.0, 8)) @ u.conj().T
    z = (rng.standard_normal((900, 8)) + 1j * rng.standard_normal((900, 8))) / np.sqrt(2)
    report = find(Samples(z @ np.linalg.cholesky(0.5 * (r + r.conj().T)).T))
    assert report["shift"].verdict == "symmetric"
    assert report["reversal"].verdict == "broken"


def test_user_maps_and_matrices() -> None:
    rng = np.random.default_rng(0)
    x = draw(np.diag([1.0, 1.0, 4.0]), 900)
    plane = np.zeros((3, 3))
    plane[1, 0], plane[0, 1] = 1.0, -1.0
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    report = find(Samples(x), [quarter, [1, 0, 2], rng.permutation(3)[:3].tolist(), plane, "signs"])
    assert report["map 0"].verdict == "symmetric"
    assert report["map 0"].order == 4
    assert report["map 1"].generators[0] == Monomial([1, 0, 2])
    assert report["negate(2)"].holds
    flow = report["continuous"]
    assert flow.group.name == "U(1)"
    assert flow.order is None
    assert flow.evidence["nullity"] == 1
    np.testing.assert_allclose(flow.symmetrize(np.diag([1.0, 3.0, 5.0])), np.diag([2.0, 2.0, 5.0]), atol=1e-9)


def test_maps_of_infinite_order() -> None:
    # No power of this rotation is the identity (its cosine is 3/5), so that it generates no finite group.
    turn = Dense([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]], name="turn")
    exact = find(Covariance(np.diag([2.0, 2.0, 1.0])), [turn])["turn"]
    assert (exact.verdict, exact.group.name, exact.order) == ("exact", "Z", None)
    rng = np.random.default_rng(0)
    round_law = rng.standard_normal((3000, 3)) * [1.0, 1.0, 2.0]
    report = find(Samples(round_law), [turn, [1, 0, 2]])
    held = report["turn"]
    assert held.verdict == "symmetric"
    assert [level.passed for level in held.levels] == [True, True]
    assert "left out of the joint group, for it has no finite order: turn" in report.notes
    assert "infinite" in report._repr_html_()
    symmetrized = held.action.symmetrize(np.cov(round_law.T))
    np.testing.assert_allclose(turn.conjugate(symmetrized), symmetrized, atol=1e-12)
    # The corners of a square have the covariance of a disc, but not its law.
    square = np.column_stack([rng.choice([-1.0, 1.0], (3000, 2)), 2.0 * rng.standard_normal(3000)])
    assert find(Samples(square), [turn])["turn"].verdict == "second moments only"
    # Against the plain definition: ||R - P R P^T|| over its root mean square for random rotations.
    r = np.diag([3.0, 1.0, 1.0])
    broken = find(Covariance(r), [turn])["turn"]
    q = np.linalg.qr(rng.standard_normal((4000, 3, 3)))[0]
    chance = np.mean(np.linalg.norm(r - q @ r @ q.swapaxes(1, 2), axis=(1, 2)) ** 2)
    p = turn.matrix()
    assert broken.verdict == "broken"
    assert broken.defect == pytest.approx(np.linalg.norm(r - p @ r @ p.T) / np.sqrt(chance), rel=0.03)


def test_maps_that_generate_no_finite_group_together() -> None:
    # Each is of order 8; their product is a rotation by an irrational part of the full circle.
    c = np.sqrt(0.5)
    about_z, about_x = np.eye(4), np.eye(4)
    about_z[:2, :2] = about_x[1:3, 1:3] = [[c, -c], [c, c]]
    x = np.random.default_rng(1).uniform(-1, 1, (900, 4)) * [1.0, 1.0, 1.0, 3.0]
    report = find(Samples(x), [Dense(about_z, name="about z"), Dense(about_x, name="about x")])
    assert {f.name for f in report} >= {"about z", "about x"}
    assert report["about z"].order == 8


def test_repeated_eigenvalues_of_an_exact_covariance_are_rotations() -> None:
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    r = (q * np.array([1.0, 1.0, 1.0, 2.0, 3.0])) @ q.T
    plane = np.zeros((5, 5))
    plane[1, 0], plane[0, 1] = 1.0, -1.0
    report = find(Covariance(0.5 * (r + r.T)), [plane])
    (rotations,) = [f for f in report if f.name.startswith("rotations at eigenvalue")]
    assert rotations.name == "rotations at eigenvalue 1"
    assert rotations.group.name == "SO(3)"
    np.testing.assert_allclose(rotations.symmetrize(r), r, atol=1e-9)


def test_progress_is_reported_in_order() -> None:
    seen: list[tuple[float, str]] = []
    find(Samples(draw(RING, 300)), progress=lambda share, what: seen.append((share, what)))
    shares = [s for s, _ in seen]
    assert shares == sorted(shares)
    assert seen[-1] == (1.0, "done")
    assert "tested shift" in [w for _, w in seen]


def test_same_seed_same_report() -> None:
    reports = [find(Samples(draw(RING, 300)), rng=seed).to_json() for seed in (3, 3, 4)]
    assert reports[0] == reports[1]
    assert reports[0] != reports[2]


@pytest.mark.parametrize(
    ("elements", "error", "text"),
    [
        ([], EmptyDictionaryError, "the dictionary is empty; give at least one transformation, or leave it out"),
        ("shift", UnknownNameError, "did you mean 'shifts'"),
        ("rotations", InputError, "say which, as in --grid 8x8"),
        ([np.eye(3)], ShapeError, "dictionary element 0 moves 3 coordinates; the data have 8 columns"),
        (["flips", Monomial([1, 0])], ShapeError, "dictionary element 1 moves 2 coordinates"),
        ([7], ShapeError, "dictionary element 0 is 7, neither a map nor a matrix"),
        ([np.full((8, 8), np.nan)], NonFiniteError, "holds NaN or infinity"),
        ([np.zeros((3, 8))], ShapeError, "square matrix"),
        (["nothing"], UnknownNameError, "no dictionary is called 'nothing'"),
    ],
)
def test_errors(elements, error: type[Exception], text: str) -> None:
    x = draw(RING, 300)
    with pytest.raises(error, match=text):
        find(Samples(x), elements)


def test_bad_names_are_told_even_when_the_data_are_white() -> None:
    with pytest.raises(UnknownNameError, match="no dictionary is called 'shift'"):
        find(Samples(np.random.default_rng(1).standard_normal((300, 8))), "shift")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"alpha": 0.0}, "alpha is a probability between 0 and 1; got 0"),
        ({"alpha": 1.0}, "alpha is a probability"),
        ({"alpha": float("nan")}, "alpha is a probability"),
        ({"holdout": 1.0}, "holdout is a share of the samples, from 0 to below 1; got 1"),
        ({"holdout": -0.1}, "holdout is a share"),
    ],
)
def test_options_are_checked(options: dict, text: str) -> None:
    with pytest.raises(InputError, match=text):
        FindOptions(**options)


# The ladder.


def rungs(r: np.ndarray, maps: list) -> list[tuple[str, str]]:
    moments = [moments_of_covariance(r)]
    ladder = ladder_of([(t, transformation_test(moments, t)) for t in maps], Space(len(r)))
    assert ladder[0].tolerance == 0.0
    tolerances = [rung.tolerance for rung in ladder]
    assert tolerances == sorted(tolerances)
    return [(rung.group, rung.added) for rung in ladder]


def test_ladder_of_a_ring_with_a_dent() -> None:
    """The reversal is exact, the shift broken by the dent: C2 at once, D8 at the tolerance that the dent needs."""
    dent = RING.copy()
    dent[0, 0] = dent[7, 7] = 1.2
    shift, flip = dictionary.ring_shifts(8)[0], dictionary.ring_reflection(8)[0]
    assert rungs(dent, [shift, flip]) == [("C1", ""), ("C2", "reversal"), ("D8", "shift")]
    assert rungs(RING, [shift, flip]) == [("C1", ""), ("D8", "shift, reversal")]
    moments = [moments_of_covariance(dent)]
    ladder = ladder_of([(t, transformation_test(moments, t)) for t in (shift, flip)], Space(8))
    assert ladder[2].tolerance == pytest.approx(transformation_test(moments, shift).defect)
    assert [rung.order for rung in ladder] == [1, 2, 16]


def test_ladder_leaves_out_what_is_in_the_group_already() -> None:
    shifts = dictionary.ring_shifts(8, (1, 2, 3))
    assert rungs(RING, shifts) == [("C1", ""), ("C8", "shift")]
    assert rungs(np.diag(np.arange(1.0, 9.0)), []) == [("C1", "")]


def test_ladder_with_signs_and_dense_maps() -> None:
    r = np.diag([1.0, 1.0, 2.0])
    quarter = Monomial([1, 0, 2], [1, -1, 1], name="quarter")
    # The signed permutations of two columns, and the sign of the third: 8 * 2 elements.
    moments = [moments_of_covariance(r)]
    maps = [quarter, *dictionary.sign_flips(3)]
    assert ladder_of([(t, transformation_test(moments, t)) for t in maps], Space(3))[-1].order == 16
    turn = Dense([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]], name="turn")
    # An element of infinite order has no finite group: it is left out.
    assert all(added != "turn" for _, added in rungs(r, [quarter, turn]))
