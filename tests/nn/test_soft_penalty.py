"""The penalty against closed forms: residuals, gradients, minimisers, fused against group by group."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, NonFiniteError, ShapeError  # noqa: E402
from symmeter.groups import SO, O, Scaling, symmetric  # noqa: E402
from symmeter.nn.soft import ProjectionPenalty, SoftEMLP, candidate, named_candidate, replay, tuned_strengths  # noqa: E402
from symmeter.nn.soft.blocks import BlockRows, LinearMap  # noqa: E402
from symmeter.nn.soft.candidates import candidates_of  # noqa: E402
from symmeter.nn.soft.strengths import Schedule, StrengthTuner  # noqa: E402
from symmeter.representations import TensorType, V  # noqa: E402

PLANES = ("O2_xy", "O2_yz", "O2_xz")
W = torch.tensor([[2.0, 0.3, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]], dtype=torch.float64)


def of(weight, names, bias=None, target=V, source=V, **options):
    return ProjectionPenalty([LinearMap("w", weight, bias, target, source)], candidates_of(list(names)), **options)


def test_residuals_of_a_known_matrix():
    found = of(W, [*PLANES, "O3", "SO3"]).residuals()
    np.testing.assert_allclose(found, [0.045, 0.295, 0.295, 1.135 / 3, 1.135 / 3], atol=1e-12)


def test_projections_of_a_known_matrix():
    for name, wanted in (("O2_xy", np.diag([2.0, 2.0, 3.0])), ("O3", np.eye(3) * 7 / 3)):
        w = W.clone()
        of(w, [name]).project_(0)
        np.testing.assert_allclose(w.numpy(), wanted, atol=1e-12)


def test_the_minimiser_in_closed_form_and_what_tuning_makes_of_it():
    penalty = of(W.clone(), PLANES)
    w = penalty.blocks.maps[0].weight
    penalty.proximal_(np.ones(3), 1.0)
    np.testing.assert_allclose(w.numpy(), [[2.2, 0.075, 0], [0, 2.2, 0], [0, 0, 2.6]], atol=1e-12)
    residuals = penalty.residuals()
    np.testing.assert_allclose(residuals, [0.0028125, 0.0428125, 0.0428125], atol=1e-12)
    np.testing.assert_allclose(tuned_strengths(residuals, 1.0, 2.0), [1, 0.0043156, 0.0043156], atol=1e-7)


def test_gradient_descent_reaches_the_same_minimiser():
    w = W.clone().requires_grad_()
    penalty = of(w, PLANES)
    optimizer = torch.optim.SGD([w], lr=0.3)
    for _ in range(300):
        optimizer.zero_grad()
        (0.5 * (w - W).square().sum() + penalty(np.ones(3))).backward()
        optimizer.step()
    np.testing.assert_allclose(w.detach().numpy(), [[2.2, 0.075, 0], [0, 2.2, 0], [0, 0, 2.6]], atol=1e-9)


def network(dtype=torch.float64, candidates=PLANES, base=None, channels=27):
    net = SoftEMLP(
        "2T0+2T1",
        "T2",
        base=O(3) if base is None else base,
        candidates=list(candidates),
        channels=channels,
        layers=3,
        generator=torch.Generator().manual_seed(3),
    )
    return net.to(dtype)


def direct(net, name):
    """R and its gradient by the projector of the whole representation of each layer's maps, without blocks."""
    group = named_candidate(name).group
    total, gradients = 0.0, []
    for m in net.linear_maps():
        for theta, source in ((m.weight, m.source), (m.bias, TensorType(((0, 0),)))):
            q = (source(group) >> m.target(group)).invariants()
            flat = theta.detach().numpy().reshape(-1)
            outside = flat - q.T @ (q @ flat)
            total += 0.5 * (outside**2).sum()
            gradients.append(outside.reshape(theta.shape))
    return total, gradients


@pytest.mark.parametrize("name", ["O2_xy", "O3"])
def test_blocks_give_what_the_whole_representation_gives(name):
    net = SoftEMLP(
        "T0+2T1", "T1", base=O(3), channels=12, layers=2, generator=torch.Generator().manual_seed(0)
    ).double()
    penalty = ProjectionPenalty(net.linear_maps(), candidates_of([name]))
    value = penalty(np.ones(1))
    value.backward()
    wanted, gradients = direct(net, name)
    assert float(value.detach()) == pytest.approx(wanted, rel=1e-9)
    assert penalty.residuals()[0] == pytest.approx(wanted, rel=1e-9)
    for p, g in zip(penalty.blocks.parameters(), gradients):
        np.testing.assert_allclose(p.grad.numpy(), g, atol=1e-6)


def test_the_fused_penalty_is_the_sum_over_groups():
    net = network()
    strengths = np.array([1.0, 0.25, 0.04])
    fused = ProjectionPenalty(net.linear_maps(), net.candidates)
    single = [ProjectionPenalty(net.linear_maps(), [c]) for c in net.candidates]
    total = sum(s * p.residuals()[0] for s, p in zip(strengths, single))
    value = fused(strengths)
    assert float(value.detach()) == pytest.approx(total, rel=1e-12)
    value.backward()
    got = [p.grad.clone() for p in fused.blocks.parameters()]
    net.zero_grad()
    sum(s * p(np.ones(1)) for s, p in zip(strengths, single)).backward()
    for a, p in zip(got, fused.blocks.parameters()):
        torch.testing.assert_close(a, p.grad, rtol=0, atol=1e-12)


def test_autograd_agrees_with_finite_differences():
    w = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    b = torch.randn(9, dtype=torch.float64, requires_grad=True)
    penalty = of(w, PLANES, b, TensorType.parse("T2"), V)

    def value(weight, bias):
        from symmeter.nn.soft.penalty import _Quadratic

        return _Quadratic.apply(penalty.blocks, penalty._factors(np.array([1.0, 0.3, 0.1])), weight, bias)

    assert torch.autograd.gradcheck(value, (w, b))


@pytest.mark.parametrize("variant", ["logmse", "csd"])
def test_variants_follow_their_formulas(variant):
    w = (W + 0.1).requires_grad_()
    found = of(w, ["O2_xy"], variant=variant)(np.ones(1))
    outside = (W + 0.1) - torch.tensor(projected((W + 0.1).numpy()))
    if variant == "logmse":
        wanted = torch.logsumexp(2 * torch.log(1e-300 + outside.abs()).reshape(-1), 0)
    else:
        inside = (W + 0.1) - outside
        wanted = 1 - ((W + 0.1) * inside).sum() / ((W + 0.1).norm() * inside.norm())
    assert float(found.detach()) == pytest.approx(float(wanted), rel=1e-9)
    found.backward()
    assert torch.isfinite(w.grad).all()


def projected(w):
    p = np.zeros((3, 3))
    p[0, 0] = p[1, 1] = (w[0, 0] + w[1, 1]) / 2
    p[2, 2] = w[2, 2]
    return p


def test_biases_can_be_left_out():
    net = network()
    with_bias = ProjectionPenalty(net.linear_maps(), net.candidates).residuals()
    without = ProjectionPenalty(net.linear_maps(), net.candidates, bias=False).residuals()
    biases = ProjectionPenalty(
        [LinearMap("b", m.bias[:, None], None, m.target, TensorType(((0, 0),))) for m in net.linear_maps()],
        net.candidates,
    ).residuals()
    np.testing.assert_allclose(with_bias, without + biases, rtol=1e-12)


def test_normalised_residuals_are_per_constrained_direction():
    plain, scaled = of(W, PLANES), of(W, PLANES, normalised=True)
    np.testing.assert_array_equal(plain.codimensions, [7, 7, 7])
    np.testing.assert_allclose(scaled.residuals(), plain.residuals() / 7, rtol=1e-12)


def test_a_subgroup_has_the_smaller_residual():
    net = network(candidates=["SO2_xy", "O2_xy", "SO3", "O3"])
    r = ProjectionPenalty(net.linear_maps(), net.candidates).residuals()
    assert r[0] <= r[1] <= r[3]
    assert r[2] <= r[3]


def test_nearly_equivariant_weights_give_no_negative_residuals():
    net = network(torch.float32)
    penalty = ProjectionPenalty(net.linear_maps(), candidates_of(["O3"]))
    penalty.project_(0)
    value, residual = float(penalty(np.ones(1)).detach()), penalty.residuals()[0]
    assert 0 <= residual < 1e-11 * penalty.squared_norm
    assert 0 <= value < 1e-11 * penalty.squared_norm


def test_gathering_and_scattering_are_inverse():
    net = network()
    rows = BlockRows(net.linear_maps(), 3, orthogonal=True)
    flat = rows.flat()
    assert torch.equal(rows.flattened(rows.rows(flat), flat), flat)
    for p, q in zip(rows.split(flat), rows.parameters()):
        assert torch.equal(p, q)
    assert sorted(rows.order.tolist()) == list(range(len(flat)))


def test_features_in_any_order_give_the_same_residual():
    rng = torch.Generator().manual_seed(0)
    w = torch.randn(7, 7, dtype=torch.float64, generator=rng)
    first = TensorType.parse("T1+T0+T1")
    order = [0, 1, 2, 4, 5, 6, 3]
    second = TensorType.parse("2T1+T0")
    a = of(w, PLANES, None, first, first).residuals()
    b = of(w[order][:, order].contiguous(), PLANES, None, second, second).residuals()
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_taps_of_a_convolution_are_copies_of_its_map():
    w = torch.randn(3, 3, 2, 2, dtype=torch.float64)
    whole = of(w, PLANES).residuals()
    each = sum(of(w[:, :, i, j].contiguous(), PLANES).residuals() for i in range(2) for j in range(2))
    np.testing.assert_allclose(whole, each, rtol=1e-12)


def test_non_orthogonal_groups_and_permutations():
    w = torch.randn(4, 4, dtype=torch.float64)
    found = ProjectionPenalty([LinearMap("w", w, None, V, V)], [candidate("S4", symmetric(4))])
    diagonal, mean = w.diagonal().mean(), (w.sum() - w.diagonal().sum()) / 12
    wanted = torch.full((4, 4), float(mean), dtype=torch.float64)
    wanted.fill_diagonal_(float(diagonal))
    assert found.residuals()[0] == pytest.approx(0.5 * float((w - wanted).square().sum()), rel=1e-12)
    mixed = TensorType.parse("T0+T1")
    v = torch.randn(4, 4, dtype=torch.float64)
    scaled = ProjectionPenalty(
        [LinearMap("v", v, None, mixed, mixed)], candidates_of({"Scale": Scaling(3), "SO3": SO(3)})
    )
    off = 0.5 * float(v[0, 1:].square().sum() + v[1:, 0].square().sum())
    assert scaled.residuals()[0] == pytest.approx(off, rel=1e-12)


def test_proximal_steps_with_a_huge_strength_project():
    net = network()
    wanted = copy.deepcopy(net)
    ProjectionPenalty(wanted.linear_maps(), candidates_of(["O3"])).project_(0)
    ProjectionPenalty(net.linear_maps(), net.candidates).proximal_(np.full(3, 1e14), 1.0)
    # The plane groups together generate O(3).
    for a, b in zip(net.linear_maps(), wanted.linear_maps()):
        torch.testing.assert_close(a.weight, b.weight, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: of(W, PLANES)(np.ones(2)), InputError, "give 3 finite"),
        (lambda: of(W, PLANES)(np.array([1.0, -1.0, 0.0])), InputError, "give 3 finite"),
        (lambda: of(W, PLANES, variant="l1"), InputError, "'l1'"),
        (lambda: of(W, PLANES, target=TensorType.parse("T2")), ShapeError, "9 coordinates .* 3 outputs"),
        (lambda: of(W, PLANES, variant="csd").proximal_(np.ones(3), 0.1), InputError, "'l2'"),
    ],
)
def test_bad_penalties_are_named(make, error, text):
    with pytest.raises(error, match=text):
        make()


# ---- strengths -------------------------------------------------------------------------------------------------------


def test_any_smaller_entry_replaces_the_whole_record():
    record, strengths = replay([(3, 2, 1), (2, 3, 4)], strength=10.0)
    np.testing.assert_array_equal(record, [2, 3, 4])
    np.testing.assert_allclose(strengths, [10, 40 / 9, 2.5])


def test_a_row_without_a_smaller_entry_changes_nothing():
    np.testing.assert_array_equal(replay([(1, 2, 3), (1, 5, 3)], 1.0)[0], [1, 2, 3])


def brute_force(history, strength, exponent, window, tune_at):
    record = None
    for epoch, row in enumerate(history, start=1):
        if tune_at - window <= epoch < tune_at and (record is None or any(a < b for a, b in zip(row, record))):
            record = row
    best = min(record)
    return record, [strength * (best / r) ** exponent for r in record]


@pytest.mark.parametrize(("window", "tune_at", "exponent"), [(50, 80, 2.0), (5, 60, 5.0), (79, 80, 1.0)])
def test_replay_against_the_rule_written_out(window, tune_at, exponent):
    history = np.random.default_rng(0).uniform(0.5, 2.0, (100, 3)) * np.linspace(2, 1, 100)[:, None]
    record, strengths = replay(history, 3.0, exponent, window, tune_at)
    wanted = brute_force(history.tolist(), 3.0, exponent, window, tune_at)
    np.testing.assert_allclose(record, wanted[0])
    np.testing.assert_allclose(strengths, wanted[1])


def test_vanishing_residuals_keep_the_strength():
    tuner = StrengthTuner("ab", Schedule(2.0, 3, 2.0, 2))
    tuner.observe(1, (1e-15, 1e-16))
    with pytest.warns(UserWarning, match="rounding"):
        tuner.step(3, squared_norm=1.0)
    assert tuner.warnings
    np.testing.assert_allclose(tuned_strengths(np.array([0.0, 1.0, 0.0]), 3.0, 2.0, 5.0), [3, 0, 3], atol=1e-12)


def test_all_equal_residuals_keep_all_strengths():
    np.testing.assert_array_equal(tuned_strengths(np.full(3, 0.7), 4.0, 5.0), [4, 4, 4])


def test_tuning_again_starts_a_new_record():
    tuner = StrengthTuner("ab", Schedule(1.0, 4, 1.0, 2, every=3))
    seen = []
    for epoch in range(1, 11):
        if tuner.schedule.records(epoch):
            seen.append(epoch)
            tuner.observe(epoch, (1.0, 2.0) if epoch < 4 else (3.0, 1.0))
        tuner.step(epoch)
    assert tuner.tuned_at == [4, 7, 10]
    assert seen == [2, 3, 5, 6, 8, 9]
    np.testing.assert_allclose(tuner.strengths, [1 / 3, 1])


def test_averages_follow_the_recursion():
    tuner = StrengthTuner("ab", Schedule(1.0, 9, 1.0, 8, average=0.5))
    for epoch, row in enumerate([(4.0, 2.0), (2.0, 2.0), (0.0, 1.0)], start=1):
        tuner.observe(epoch, row)
    assert tuner.history[-1][1] == (1.5, 1.5)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Schedule(1.0, 10, 2.0, 11), InputError, "window of 11 .* tune_at = 10"),
        (lambda: Schedule(-1.0, 10, 2.0, 5), InputError, "strength"),
        (lambda: Schedule(1.0, 10, 2.0, 5, average=1.0), InputError, "average"),
        (lambda: StrengthTuner("ab", Schedule(1.0, 10, 2.0, 5)).observe(6, (1.0, np.nan)), NonFiniteError, "of b"),
        (lambda: replay([], 1.0), InputError, "history"),
    ],
)
def test_bad_schedules_are_named(make, error, text):
    with pytest.raises(error, match=text):
        make()
