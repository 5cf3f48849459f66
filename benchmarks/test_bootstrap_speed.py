"""Speed of the symmetry bootstrap, one thread; no peer does the whole task, so that goals stand in names."""

from __future__ import annotations

import numpy as np

from symmeter.groups import small_groups
from symmeter.quantum.symmetry_bootstrap import Seed, bootstrap, known_subgroup
from symmeter.quantum.symmetry_bootstrap.identities import ramp_matrix

A5_FROM_Z5 = np.array([[4, 2, 2, 2, 2], [2, 3, 2, 2, 3], [2, 2, 3, 3, 2], [2, 2, 3, 3, 2], [2, 3, 2, 2, 3]])


def test_a5_from_z5_under_five_seconds(benchmark):
    seed = Seed.from_ramp(A5_FROM_Z5, "Z5")
    assert benchmark(bootstrap, seed).name == "A5"


def test_every_pair_of_order_twelve(benchmark):
    seeds = [
        Seed.from_ramp(ramp_matrix(g.character_table.branching(h)), known_subgroup(h.group))
        for g in small_groups(12)
        for h in g.subgroup_classes
    ]
    found = benchmark.pedantic(lambda: [bootstrap(s) for s in seeds], rounds=3)
    assert all(f.solutions for f in found)
