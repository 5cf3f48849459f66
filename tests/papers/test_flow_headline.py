"""The headline of flow-equivariant recurrence in trained networks: some minutes for each of three seeds, on request."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from symmeter.papers import _flow_equivariant_rnn_parts as parts

pytestmark = pytest.mark.slow
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def predicted():
    recipe = parts.recipes("laptop")[0]
    return {
        (name, data): [parts.predicted(recipe, name, data, seed) for seed in SEEDS]
        for name, data in (("G-RNN", 2), ("FERNN V2", 2), ("G-RNN", 1), ("FERNN V2", 1))
    }


def mean(rows, what, place=None):
    return float(np.mean([row[what] if place is None else row[what][place] for row in rows]))


def test_next_frames(predicted):
    ours, plain = predicted["FERNN V2", 2], predicted["G-RNN", 2]
    assert mean(ours, "test") <= 0.4 * mean(plain, "test")


def test_velocities_that_were_never_trained_on(predicted):
    ours, plain = predicted["FERNN V2", 1], predicted["G-RNN", 1]
    assert mean(ours, "on_v2") <= 0.3 * mean(plain, "on_v2")


def test_twice_the_trained_horizon(predicted):
    ours, plain = predicted["FERNN V2", 2], predicted["G-RNN", 2]
    assert mean(ours, "horizon", 11) <= 0.6 * mean(plain, "horizon", 11)


def test_learned_kernels_in_place_of_shifts_do_not_do_it(predicted):
    recipe = parts.recipes("laptop")[0]
    control = parts.predicted(recipe, "G-RNN+", 2, SEEDS[0])
    ours = predicted["FERNN V2", 2][0]
    assert control["parameters"] > ours["parameters"]
    assert ours["test"] < control["test"]


def test_classifiers_of_static_digits_on_moving_ones():
    recipe = parts.recipes("laptop")[1]
    drops = {}
    for name in ("G-RNN", "FERNN V2"):
        found = parts.classified(recipe, name, 0, SEEDS[0])["accuracy"]
        drops[name] = found[0] - found[2]
    assert drops["G-RNN"] >= 0.12
    assert drops["FERNN V2"] <= 0.08
