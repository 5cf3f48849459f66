"""The digits of scikit-learn, raw and augmented: which symmetries of the pictures second moments accept."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.covariance_tests import CovarianceTest, transformation_test
from symmeter.discover.finder import SecondMomentFinder
from symmeter.discover.moments import moments_of_samples
from symmeter.finders import FindOptions
from symmeter.subjects import Samples

pytest.importorskip("sklearn")

GRID = (8, 8)
CANDIDATES = [
    *dictionary.grid_shifts(GRID),
    *dictionary.reflections(GRID),
    *dictionary.rotations(GRID),
    *dictionary.transposes(GRID),
    dictionary.Monomial(np.random.default_rng(99).permutation(64), name="random"),
]
#: Symmetries of each augmentation at the level 1e-3; rot180 of the shifts is what real second moments cannot avoid.
ACCEPTED = {
    "raw": set(),
    "shifts": {"shift_x", "shift_y", "rot180"},
    "flip": {"flip_x"},
    "both": {"shift_x", "shift_y", "flip_x", "flip_y", "rot180"},
    "rot90": {"rot90", "rot180"},
}
#: Weakly violated: the flips of shifted digits (1.7 to 3 times the noise). Neither accepted nor rejected for sure.
HARD = {"shifts": {"flip_x", "flip_y"}}


@cache
def pictures() -> np.ndarray:
    from sklearn.datasets import load_digits

    return load_digits().images


def augmented(case: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = pictures().copy()
    for k in range(len(out)):
        if case in ("shifts", "both"):
            out[k] = np.roll(out[k], rng.integers(0, 8, 2), (0, 1))
        if case in ("flip", "both") and rng.random() < 0.5:
            out[k] = out[k][:, ::-1]
        if case == "rot90":
            out[k] = np.rot90(out[k], rng.integers(4))
    return out.reshape(len(out), 64)


@cache
def measured(case: str, seed: int) -> dict[str, CovarianceTest]:
    moments = moments_of_samples(augmented(case, seed))
    return {p.name: transformation_test(moments, p) for p in CANDIDATES}


def check(case: str, seed: int) -> None:
    hard = HARD.get(case, set())
    for name, test in measured(case, seed).items():
        if name in ACCEPTED[case]:
            assert test.ratio < 2.5, (name, test.ratio)
            assert test.p_value >= 1e-3, (name, test.p_value)
        elif name in hard:
            assert 1.2 < test.ratio < 10.0, (name, test.ratio)
            # Borderline at most: never accepted without a doubt.
            assert test.p_value < 0.05, (name, test.p_value)
        else:
            assert test.ratio > 10.0, (name, test.ratio)
            assert test.p_value < 1e-3, (name, test.p_value)


@pytest.mark.parametrize("case", sorted(ACCEPTED))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_accepted_and_rejected(case: str, seed: int) -> None:
    check(case, seed)


def test_violations_have_the_published_sizes() -> None:
    """Ratios to the noise level, as in the dossier's table (medians of 25 seeds there, within 40 % here)."""
    shifts, flip, turn, raw = (measured(case, 0) for case in ("shifts", "flip", "rot90", "raw"))
    published = [
        (shifts["transpose"], 196.0),
        (shifts["rot90"], 191.0),
        (flip["flip_y"], 16.6),
        (flip["rot180"], 16.2),
        (flip["shift_y"], 28.9),
        (flip["shift_x"], 42.0),
        (turn["flip_x"], 30.0),
        (turn["flip_y"], 30.0),
        (turn["transpose"], 25.0),
        (turn["shift_x"], 107.0),
        (raw["random"], 111.0),
    ]
    for test, ratio in published:
        assert 0.6 * ratio < test.ratio < 1.4 * ratio
    assert all(test.ratio >= 45.0 for test in raw.values())


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(ACCEPTED))
def test_twenty_five_seeds(case: str) -> None:
    ratios: dict[str, list[float]] = {}
    for seed in range(25):
        for name, test in measured(case, seed).items():
            ratios.setdefault(name, []).append(test.ratio)
            if name not in ACCEPTED[case] and name not in HARD.get(case, set()):
                assert test.ratio > 10.0
    for name in ACCEPTED[case]:
        assert max(ratios[name]) < 2.5
        assert 0.85 < np.median(ratios[name]) < 1.1
    if case == "shifts":
        assert 1.7 < np.median(ratios["flip_x"]) < 2.4
        assert 2.0 < np.median(ratios["flip_y"]) < 2.8


def find(case: str, names: str) -> dict:
    subject = Samples(augmented(case, 1), grid=GRID)
    report = SecondMomentFinder().find(subject, FindOptions(dictionary=names, alpha=1e-3, rng=0))
    return {f.name: f for f in report}


def test_the_half_turn_of_shifted_digits_is_flagged_as_implied() -> None:
    found = find("shifts", "shifts,flips,rotations,transpose")
    half = found["rot180"]
    assert half.holds
    assert half.identifiability == "supergroup only"
    assert any("implied by shift_y, shift_x" in note and note.startswith("Supergroup") for note in half.notes)
    assert found["shift_x"].identifiability == found["shift_y"].identifiability == ""
    # A shifted six turned over is a nine in its place: only the whole distribution sees that it is none.
    assert half.verdict == "second moments only"
    assert found["shift_x"].verdict == found["shift_y"].verdict == "symmetric"
    for name in ("rot90", "transpose"):
        assert found[name].verdict == "broken"


def test_turned_digits_do_not_flag_the_half_turn() -> None:
    found = find("rot90", "flips,rotations,transpose")
    assert found["rot180"].verdict == found["rot90"].verdict == "symmetric"
    assert found["rot180"].identifiability == ""
    assert any("lies in the group that rot90 generates" in note for note in found["rot180"].notes)
    assert {n for n, f in found.items() if f.verdict == "broken"} == {"flip_x", "flip_y", "transpose"}


def test_raw_digits_have_nothing() -> None:
    found = find("raw", "shifts,flips,rotations,transpose")
    assert not any(f.holds for f in found.values())
    assert all(f.p_value < 1e-3 for f in found.values())
