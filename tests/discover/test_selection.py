"""From candidates to one group: planted dihedral, reflection and exchange groups, joint tests, BIC, identifiability."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from symmeter.discover import DoubleCommutator, dictionary
from symmeter.discover.covariance_tests import transformation_test
from symmeter.discover.moments import moments_of_covariance, moments_of_samples
from symmeter.discover.selection import bayes_information, chosen_test, grow_chain, looks_gaussian
from symmeter.errors import ClosureError, InputError, SampleSizeError
from symmeter.findings import Finding
from symmeter.representations import Dense, Monomial, MonomialAction, Space
from symmeter.statistics import clopper_pearson

LAG = np.abs(np.arange(8)[:, None] - np.arange(8))
RING = 0.6 ** np.minimum(LAG, 8 - LAG)
RNG = np.random.default_rng(1)
DECOYS = [Monomial(RNG.permutation(8), name=f"decoy {k}") for k in range(3)]


def planted(generators: list[Monomial], seed: int) -> np.ndarray:
    """A generic covariance with this symmetry: wide spectrum, well conditioned."""
    rng = np.random.default_rng(seed)
    m = generators[0].dimension
    q = np.linalg.qr(rng.standard_normal((m, m)))[0]
    return MonomialAction(generators).symmetrize((q * np.geomspace(0.2, 8.0, m)) @ q.T)


def exchangeable_blocks() -> np.ndarray:
    block = np.full((4, 4), 0.4) + 0.6 * np.eye(4)
    return np.block([[block, np.full((4, 4), 0.2)], [np.full((4, 4), 0.2), 2.0 * block]])


FLIP12 = dictionary.ring_reflection(12)
BLOCKS = dictionary.block_exchanges(8, 4)
#: Covariance, dictionary with decoys, order of the planted group, sample sizes where it must be found.
PLANTED = {
    "dihedral": (
        RING,
        dictionary.ring_shifts(8, (1, 2)) + dictionary.ring_reflection(8) + DECOYS + dictionary.column_exchanges(8)[:3],
        16,
        (50, 200),
    ),
    "reflection": (
        planted(FLIP12, 0),
        FLIP12 + dictionary.ring_shifts(12) + dictionary.column_exchanges(12)[:4],
        2,
        (200, 800),
    ),
    "block exchange": (
        planted(BLOCKS, 3),
        BLOCKS + dictionary.column_exchanges(8)[:6] + dictionary.ring_reflection(8) + DECOYS,
        2,
        (200, 800),
    ),
    "exchangeable blocks": (
        exchangeable_blocks(),
        dictionary.column_exchanges(8) + BLOCKS,
        576,
        (100,),
    ),
}


def draw(r: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, n])
    z = rng.standard_normal((n, len(r)))
    if np.iscomplexobj(r):
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2)
    return z @ np.linalg.cholesky(r).T


def found(listed: list, x: np.ndarray, **options) -> Finding:
    return DoubleCommutator(listed).fit(x).to_group(**options)


@pytest.mark.parametrize("case", sorted(PLANTED))
def test_planted_groups_are_recovered(case: str) -> None:
    r, listed, order, sizes = PLANTED[case]
    exact = DoubleCommutator(listed, metric="frobenius").fit(cov=r).to_group()
    assert exact.order == order
    assert exact.verdict == "exact"
    assert exact.defect < 1e-7
    for n in sizes:
        trials = 6
        orders = [found(listed, draw(r, n, seed)).order for seed in range(trials)]
        assert clopper_pearson(orders.count(order), trials, 0.99)[1] >= 0.95, orders
        assert orders.count(order) >= 4, orders


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(PLANTED))
def test_planted_groups_with_many_trials(case: str) -> None:
    r, listed, order, sizes = PLANTED[case]
    orders = [found(listed, draw(r, sizes[-1], seed)).order for seed in range(60)]
    assert orders.count(order) >= 0.9 * 60


def test_the_finding_can_be_used() -> None:
    x = draw(RING, 200, 0)
    group = found(dictionary.ring_shifts(8) + dictionary.ring_reflection(8), x)
    assert group.group.name == "D8"
    assert group.identifiability == "generative subgroup possible"
    assert group.p_value is not None
    assert group.p_value > 0.01
    assert group.levels[0].passed
    assert group.evidence["test"] == "lrt"
    s = group.symmetrize(np.cov(x.T))
    for g in group.generators:
        np.testing.assert_allclose(g.conjugate(s), s, atol=1e-12)
    np.testing.assert_allclose(s[0], [s[0, k] for k in (0, 7, 6, 5, 4, 3, 2, 1)], atol=1e-12)
    assert np.linalg.norm(s - RING) < np.linalg.norm(np.cov(x.T) - RING)


def test_a_cyclic_group_is_a_supergroup_only_for_real_data() -> None:
    shift = dictionary.ring_shifts(8)
    real = found(shift, draw(RING, 200, 0))
    assert (real.order, real.identifiability) == (8, "supergroup only")
    assert real.evidence["closure_order"] == 16
    spectrum = np.random.default_rng(0).uniform(0.5, 3.0, 8)
    u = np.exp(2j * np.pi * np.outer(np.arange(8), np.arange(8)) / 8) / np.sqrt(8)
    r = (u * spectrum) @ u.conj().T
    complex_group = found(shift + dictionary.ring_reflection(8), draw(0.5 * (r + r.conj().T), 300, 0))
    assert (complex_group.order, complex_group.identifiability) == (8, "generative subgroup possible")


def test_bic_guards_against_the_symmetric_group_at_small_n() -> None:
    """Not rejecting is no evidence: with few samples the largest passing group is far too large, BIC's is smaller."""
    r, listed, order, _ = PLANTED["block exchange"]
    largest, chosen = [], []
    for seed in range(8):
        fit = DoubleCommutator(listed, draws=1).fit(draw(r, 40, seed))
        largest.append(fit.to_group(select=None).order or 0)
        chosen.append(fit.to_group(select="bic").order or 0)
    assert np.median(largest) >= np.median(chosen)
    assert all(a >= b for a, b in zip(largest, chosen))
    assert max(largest) > order


def test_generators_are_tested_jointly() -> None:
    """Every generator may pass alone at small n while the group they generate does not."""
    r, listed, _, _ = PLANTED["dihedral"]
    x = draw(r, 400, 5)
    moments = [moments_of_samples(x)]
    group = found(listed, x)
    for t in listed:
        alone = transformation_test(moments, t)
        if alone.p_value is not None and alone.p_value < 1e-3:
            assert t.images not in group.group


def test_chain_is_nested_and_starts_trivial() -> None:
    x = draw(RING, 300, 1)
    moments = [moments_of_samples(x)]
    listed = dictionary.ring_shifts(8, (4, 2, 1)) + dictionary.ring_reflection(8)
    tested = [(t, transformation_test(moments, t)) for t in listed]
    chain = grow_chain(moments, tested, Space(8), "lrt", 0.01)
    orders = [step.action.group.order for step in chain]
    assert orders[0] == 1
    assert orders == sorted(set(orders))
    assert all(b % a == 0 for a, b in pairwise(orders))
    assert orders[-1] == 16
    assert all(step.p_value >= 0.01 for step in chain if step.p_value is not None)
    # The larger group has fewer parameters and, being true, the lower BIC.
    assert chain[-1].bic < chain[0].bic
    assert chain[-1].bic == pytest.approx(bayes_information(moments, chain[-1].action))


def test_bic_counts_the_parameters_of_the_commutant() -> None:
    r = moments_of_covariance(RING, 100)
    d8 = MonomialAction([*dictionary.ring_shifts(8), *dictionary.ring_reflection(8)])
    free = MonomialAction([], Space(8))
    # RING is symmetric: the likelihoods agree, the parameters are 5 and 36.
    assert bayes_information([r], free) - bayes_information([r], d8) == pytest.approx(31 * np.log(100))
    assert np.isnan(bayes_information([moments_of_covariance(RING)], d8))
    x = draw(RING, 5, 0)
    assert bayes_information([moments_of_samples(x)], free) == np.inf
    assert np.isfinite(bayes_information([moments_of_samples(x)], d8))


def test_dense_and_signed_candidates() -> None:
    rng = np.random.default_rng(2)
    q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    mirror = Dense(q @ np.diag([1.0, 1.0, 1.0, -1.0]) @ q.T, name="mirror")
    a = rng.standard_normal((4, 4))
    r = a @ a.T + 0.3 * np.eye(4)
    r = 0.5 * (r + mirror.conjugate(r))
    other = Dense(np.linalg.qr(rng.standard_normal((4, 4)))[0], name="turn")
    reflection = Dense(2 * np.outer(other.matrix()[0], other.matrix()[0]) - np.eye(4), name="other")
    group = found([mirror, reflection], draw(r, 1000, 0))
    assert (group.order, group.generators[0].name) == (2, "mirror")
    signed = Monomial([1, 2, 3, 0], [1, 1, 1, -1], name="twisted shift")
    a = rng.standard_normal((4, 4))
    r = MonomialAction([signed]).symmetrize(a @ a.T + 0.1 * np.eye(4))
    group = found([signed, *dictionary.sign_flips(4)[:2]], draw(r, 300, 0))
    assert signed in group.generators


def test_heavy_tails_choose_the_distribution_free_test() -> None:
    rng = np.random.default_rng(0)
    heavy = draw(RING, 600, 0) * rng.choice([0.3, 2.0], (600, 1), p=[0.8, 0.2])
    assert not looks_gaussian(moments_of_samples(heavy))
    assert chosen_test("auto", [moments_of_samples(heavy)]) == "frobenius"
    group = found(dictionary.ring_shifts(8) + dictionary.ring_reflection(8), heavy)
    assert group.evidence["test"] == "frobenius"
    assert group.order == 16


def test_gaussian_samples_look_gaussian() -> None:
    gaussian = [moments_of_samples(draw(RING, n, seed)) for seed in range(25) for n in (60, 500)]
    assert np.mean([looks_gaussian(m) for m in gaussian]) >= 0.95
    assert looks_gaussian(moments_of_covariance(RING, 50))
    assert not looks_gaussian(moments_of_samples(draw(RING, 10, 0)))
    z = draw(RING + 0j, 400, 1)
    assert looks_gaussian(moments_of_samples(z))
    uniform = np.random.default_rng(0).uniform(-1, 1, (2000, 4))
    assert not looks_gaussian(moments_of_samples(uniform))


def test_few_samples_use_frobenius_and_say_that_the_evidence_is_weak() -> None:
    strong = 0.95**LAG
    group = found(dictionary.ring_shifts(8), draw(strong, 7, 0))
    assert group.evidence["test"] == "frobenius"
    assert any("not being rejected is weak evidence" in note for note in group.notes)
    with pytest.raises(SampleSizeError, match=r"needs more than M = 8 degrees of freedom; n is 6"):
        found(dictionary.ring_shifts(8), draw(strong, 7, 0), test="lrt")


@pytest.mark.parametrize("test", ["auto", "lrt", "frobenius"])
def test_when_nothing_holds_the_group_is_trivial(test: str) -> None:
    x = draw(np.diag(2.0 ** np.arange(6)) + 0.3, 400, 0)
    group = found(dictionary.column_exchanges(6), x, test=test)
    assert group.order == 1
    assert group.defect == 0.0
    np.testing.assert_array_equal(group.symmetrize(np.cov(x.T)), np.cov(x.T))


def test_several_samples_at_once() -> None:
    """The first sample has the reversal and a shift, the second the reversal only: what they share is the reversal."""
    flip = dictionary.ring_reflection(8)
    xs = [draw(RING, 300, 0), draw(planted(flip, 4), 300, 1)]
    listed = dictionary.ring_shifts(8) + flip
    assert found(listed, xs[0]).order == 16
    group = DoubleCommutator(listed).fit(xs).to_group()
    assert group.order == 2
    assert group.generators[0] == flip[0]


def test_errors() -> None:
    fit = DoubleCommutator(dictionary.ring_shifts(8)).fit(draw(RING, 60, 0))
    with pytest.raises(InputError, match='test must be "auto", "lrt" or "frobenius"; got \'wald\''):
        fit.to_group(test="wald")
    with pytest.raises(InputError, match="select must be \"bic\" or None; got 'aic'"):
        fit.to_group(select="aic")
    # A rotation by an irrational angle generates an infinite group.
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]]
    fit = DoubleCommutator([Dense(turn)], metric="frobenius").fit(cov=np.diag([1.0, 1.0, 2.0, 3.0]))
    with pytest.raises(ClosureError, match="more than the cap of 100 elements: raise cap="):
        fit.to_group(cap=100)
