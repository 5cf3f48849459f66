"""Networks on tensor features: exact where they promise it, alike in their parts, and what training makes of them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups import SO, O, Scaling, embed, symmetric  # noqa: E402
from symmeter.nn.soft import (  # noqa: E402
    EMLP,
    MLP,
    PER,
    RPP,
    MixedRPP,
    SoftEMLP,
    candidate,
    equivariance_error,
    features_action,
    fit,
    harden,
    joined_group,
    named_candidate,
    uniform_channels,
)
from symmeter.nn.soft.channels import coordinates_by_kind  # noqa: E402
from symmeter.nn.soft.products import BilinearProducts, product_paths  # noqa: E402
from symmeter.representations import Scalar, Tensor, TensorType, Vector  # noqa: E402

PLANES = {"O2_xy": embed(O(2), 3, [0, 1]), "O2_yz": embed(O(2), 3, [1, 2]), "O2_xz": embed(O(2), 3, [0, 2])}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def error(net, group, source, target, samples=12):
    c = group if hasattr(group, "algebra") and hasattr(group, "digest") else candidate("group", group)
    pair = [features_action(c, TensorType.parse(t) if isinstance(t, str) else t) for t in (source, target)]
    x = torch.randn(20, pair[0].dimension, dtype=torch.float64, generator=seeded(5))
    return equivariance_error(net, x, *pair, samples=samples, generator=seeded(6))


# ---- channels and products -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "d", "wanted"),
    [
        (54, 3, {0: 18, 1: 6, 2: 2}),
        (128, 3, {0: 38, 1: 12, 2: 3, 3: 1}),
        (5, 3, {0: 5}),
        (6, 3, {0: 3, 1: 1}),
        (7, 1, {0: 7}),
    ],
)
def test_the_uniform_rule(channels, d, wanted):
    features = uniform_channels(channels, d)
    assert {r: features.ranks.count(r) for r in set(features.ranks)} == wanted
    assert features.size(d) == channels


@pytest.mark.parametrize("channels", range(1, 150, 7))
@pytest.mark.parametrize("d", [2, 3, 4])
def test_all_channels_are_used(channels, d):
    assert uniform_channels(channels, d).size(d) == channels
    assert uniform_channels(channels, d, orthogonal=False).size(d) == channels


def test_coordinates_cover_the_features_once():
    places = coordinates_by_kind(TensorType.parse("T1+2T0+T2+T1"), 3)
    assert sorted(np.concatenate([p.ravel() for p in places.values()]).tolist()) == list(range(17))


@pytest.mark.parametrize(
    ("features", "group", "orthogonal"),
    [
        ("6T0+3T1+2T2+T3", O(3), True),
        ("3T0+2T1+2T(0,1)+2T2+2T(1,1)", named_candidate("SL3").group, False),
        ("3T0+2T1+2T(0,1)+T(1,1)", Scaling(3), False),
        ("3T0+2T1+2T(0,1)+T(1,1)", named_candidate("GL3").group, False),
        ("4T0+3T1+T2", symmetric(4), True),
    ],
)
def test_products_follow_the_group(features, group, orthogonal):
    """A random member acts before and after: the oracle is the tensor's matrix, not a generator."""
    t = TensorType.parse(features)
    if hasattr(group, "sample"):
        g = group.exp(0.4 * np.random.default_rng(0).standard_normal(group.dimension))
    else:
        g = group.generators[0].matrix() @ group.generators[-1].matrix()
    d = len(g)
    layer = BilinearProducts(t, d, orthogonal, generator=seeded()).double()
    kinds = coordinates_by_kind(t, d)
    x = torch.randn(5, t.size(d), dtype=torch.float64, generator=seeded(1))

    def apply(v):
        # One row a coordinate and the batch last, as inside the networks; the features stand in the order of kinds.
        sorted_ = torch.cat([v[:, p.ravel()] for p in kinds.values()], dim=1)
        added = (layer(sorted_.mT) - sorted_.mT).mT
        return dict(zip(kinds, added.split([p.size for p in kinds.values()], dim=1)))

    moved = apply(x @ torch.from_numpy(t.matrix(g).T.copy()))
    still = apply(x)
    for kind, z in still.items():
        matrix = torch.from_numpy(TensorType((kind,) * layer.copies[kind]).matrix(g).T.copy())
        torch.testing.assert_close(moved[kind], z @ matrix, rtol=1e-9, atol=1e-9)
    assert max(float(z.detach().abs().max()) for z in still.values()) > 1e-3


def slow_products(layer, y):
    """Path by path and copy by copy, each product by einsum over all of its indices."""
    kinds = list(layer.copies)
    sizes = [layer.copies[k] * layer.d ** sum(k) for k in kinds]
    x = {k: part.reshape(layer.copies[k], *[layer.d] * sum(k), -1) for k, part in zip(kinds, y.split(sizes))}
    used = dict.fromkeys(kinds, 0)
    total = {k: torch.zeros_like(v) for k, v in x.items()}
    for path in layer.paths:
        mixed = []
        for kind in (path.left, path.right):
            n = layer.copies[path.result]
            weights = layer.mixtures[f"{kind[0]}_{kind[1]}"][used[kind] : used[kind] + n]
            used[kind] += n
            mixed.append(torch.tensordot(weights, x[kind], dims=1))
        (p, q), (r, s), k = path.left, path.right, path.contracted
        a, b = "abcdef"[: p + q], "uvwxyz"[: r + s]
        if layer.orthogonal:
            b = a[len(a) - k :] + b[k:]
            out = a[: len(a) - k] + b[k:]
        else:
            b = b[:r] + a[p - k : p] + b[r + k :]
            out = a[: p - k] + b[:r] + a[p:] + b[r + k :]
        total[path.result] += torch.einsum(f"C{a}B,C{b}B->C{out}B", *mixed)
    return y + layer.scale * torch.cat([total[k].reshape(size, -1) for k, size in zip(kinds, sizes)])


@pytest.mark.parametrize(
    ("features", "orthogonal"),
    [("9T0+4T1+2T2+T3", True), ("20T0+3T1+T2", True), ("7T0", True), ("5T0+2T1+2T(0,1)+2T2+2T(1,1)", False)],
)
@pytest.mark.parametrize("large", [False, True])
def test_fused_products_are_those_of_the_slow_formula(features, orthogonal, large, monkeypatch):
    monkeypatch.setattr("symmeter.nn.soft.products._LARGE", -1 if large else 10**9)
    t = TensorType.parse(features)
    t = TensorType(tuple(sorted(t.terms, key=lambda k: (sum(k), -k[0]))))
    layer = BilinearProducts(t, 3, orthogonal, generator=seeded()).double()
    y = torch.randn(t.size(3), 6, dtype=torch.float64, generator=seeded(1), requires_grad=True)
    fast, slow = layer(y), slow_products(layer, y)
    torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-13)
    weights = [y, *layer.parameters()]
    v = torch.randn(fast.shape, dtype=torch.float64, generator=seeded(2))
    for a, b in zip(*(torch.autograd.grad((z * v).sum(), weights) for z in (fast, slow))):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)
    tangent = torch.func.jvp(layer, (y,), (v,))[1]
    torch.testing.assert_close(tangent, torch.func.jvp(lambda u: slow_products(layer, u), (y,), (v,))[1])


def test_products_hold_what_inertia_tensors_need():
    paths = {(p.left, p.right, p.result) for p in product_paths([(0, 0), (1, 0), (2, 0)], True)}
    assert ((1, 0), (1, 0), (2, 0)) in paths  # v v^T
    assert ((1, 0), (1, 0), (0, 0)) in paths  # v . v
    assert ((2, 0), (1, 0), (1, 0)) in paths  # M v
    assert ((0, 0), (2, 0), (2, 0)) in paths  # s M


# ---- networks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["O2_xy", "O2_xz", "SO3", "O3", "SO2_yz"])
def test_hard_networks_are_exact(name):
    group = named_candidate(name)
    net = EMLP("2T0+2T1", "T2+T1", group, O(3), channels=54, layers=3, generator=seeded()).double()
    assert error(net, group, "2T0+2T1", "T2+T1") < 1e-13
    if name.startswith("O2"):
        assert error(net, O(3), "2T0+2T1", "T2+T1") > 0.05


def test_hard_networks_of_permutations_and_of_larger_groups():
    net = EMLP("T0+2T1", "T1", symmetric(4), channels=12, layers=3, generator=seeded()).double()
    assert error(net, symmetric(4), "T0+2T1", "T1") < 1e-13
    both = joined_group(SO(3), Scaling(3), name="both")
    net = EMLP("2T1+T(0,1)", "T1", both, channels=30, layers=2, generator=seeded()).double()
    assert error(net, both, "2T1+T(0,1)", "T1") < 1e-10


def test_single_precision_networks_become_exact_in_double():
    net = EMLP("2T1", "T2", O(3), channels=27, layers=2, generator=seeded())
    net(torch.randn(3, 6))
    assert error(net.double(), O(3), "2T1", "T2") < 1e-13


def test_the_residual_path_is_where_the_networks_break_the_group():
    net = RPP("2T1", "T2", O(3), channels=27, layers=2, generator=seeded()).double()
    small = error(net, O(3), "2T1", "T2")
    assert 1e-6 < small < 1e-2
    with torch.no_grad():
        for p in net.linears.parameters():
            p.mul_(300)
    assert error(net, O(3), "2T1", "T2") > 10 * small
    mixed = MixedRPP("2T1", "T2", O(3), PLANES["O2_xy"], channels=27, layers=2, generator=seeded()).double()
    with torch.no_grad():
        for p in mixed.linears.parameters():
            p.mul_(300)
        for block in mixed.gated_blocks:
            block.leak.zero_()
    assert error(mixed, PLANES["O2_xy"], "2T1", "T2") < 1e-13
    assert error(mixed, O(3), "2T1", "T2") > 1e-3


def test_the_two_paths_merge_into_one_network():
    net = RPP("T0+2T1", "T1", O(3), channels=27, layers=3, generator=seeded()).double()
    x = torch.randn(6, 7, dtype=torch.float64)
    torch.testing.assert_close(net.merged()(x), net(x), rtol=1e-12, atol=1e-12)


@torch.no_grad()
def test_priors_are_what_they_say():
    net = RPP("2T1", "T2", O(3), channels=27, layers=2, basic_decay=0.5, equivariant_decay=0.25, generator=seeded())
    free = sum(float(p.square().sum()) for p in net.linears.parameters())
    inside = sum(float(p.square().sum()) for p in net.equivariant.parameters())
    leak = sum(float(b.leak.square().sum()) for b in net.gated_blocks)
    assert float(net.decay(1.0, 2.0)) == pytest.approx(0.5 * free + 0.25 * inside + 2 * leak, rel=1e-5)
    soft = SoftEMLP("2T1", "T2", O(3), channels=27, layers=2, generator=seeded())
    total = sum(float(p.square().sum()) for p in soft.linears.parameters())
    leak = sum(float(b.leak.square().sum()) for b in soft.gated_blocks)
    assert float(soft.decay(0.1, 1.0)) == pytest.approx(0.05 * total + leak, rel=1e-5)


def test_starts():
    plain, half, rpp = (
        SoftEMLP("2T1", "T2", O(3), PLANES, channels=27, layers=2, init=i, generator=seeded()).double()
        for i in ("orthogonal", "halfsoft", "rpp")
    )
    r = {k: PER(n, {"O3": O(3)}).residuals()["O3"] for k, n in (("plain", plain), ("half", half), ("rpp", rpp))}
    assert r["half"] == pytest.approx(r["plain"] / 4, rel=1e-6)
    assert r["rpp"] == pytest.approx(1e-6 * r["plain"], rel=1e-4)
    w = plain.linear_layers[0].weight
    torch.testing.assert_close(w.mT @ w, torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-6)


def test_gradients_flow_twice_through_projected_weights():
    net = EMLP("T1", "T1", PLANES["O2_xy"], O(3), channels=6, layers=2, generator=seeded()).double()
    x = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, (x,))
    assert torch.autograd.gradgradcheck(net, (x,))
    grads = torch.autograd.grad(net(x).sum(), list(net.linears.parameters()), create_graph=True)
    second = torch.autograd.grad(sum(g.square().sum() for g in grads), list(net.linears.parameters()))
    assert all(torch.isfinite(g).all() for g in second)


# ---- training --------------------------------------------------------------------------------------------------------


def inertia(n, seed, strength=0.3, axis=2):
    rng = np.random.default_rng(seed)
    r = rng.standard_normal((n, 2, 3))
    j = (r**2).sum((1, 2))[:, None, None] * np.eye(3) - np.einsum("nka,nkb->nab", r, r)
    j[:, :, axis] *= 1 + strength
    return tuple(torch.as_tensor(a.reshape(n, -1), dtype=torch.float32) for a in (r, j))


def soft(strength=0.1, tune_at=60, window=20, **options):
    net = SoftEMLP("2T1", "T2", O(3), PLANES, channels=54, layers=2, generator=seeded(1))
    return PER(net, strength=strength, tune_at=tune_at, record_window=window, **options)


def test_without_strength_training_is_that_of_the_bare_network_bit_by_bit():
    x, y = inertia(20, 0)
    per = soft(strength=0.0)
    bare = copy.deepcopy(per.net)
    per.fit(x, y, epochs=70, rate=1e-2)
    fit(bare, x, y, epochs=70, rate=1e-2, decay=lambda: bare.decay(2e-4, 1.0))
    for a, b in zip(per.net.state_dict().values(), bare.state_dict().values()):
        assert torch.equal(a, b)


def test_the_same_seed_gives_the_same_training():
    x, y = inertia(24, 0)
    runs = []
    for _ in range(2):
        per = soft()
        per.fit(x, y, epochs=80, rate=1e-2, batch=8, generator=seeded(2))
        runs.append([p.clone() for p in per.net.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*runs))


def test_a_large_strength_tends_to_the_group_that_the_candidates_generate():
    x, y = inertia(20, 0)
    per = soft(strength=1e9, mode="proximal")
    with pytest.warns(UserWarning, match="rounding"):
        per.fit(x, y, epochs=70, rate=1e-2)
    whole = PER(per.net, {"O3": O(3)})
    assert whole.residuals()["O3"] < 1e-9 * whole._penalty.squared_norm


def test_proximal_steps_shrink_what_breaks_the_groups_as_the_loss_does():
    x, y = inertia(20, 0)
    residual = {}
    for mode in ("loss", "proximal"):
        per = soft(strength=10.0, mode=mode, tune_at=100)
        start = per.residuals()["O2_xy"]
        per.fit(x, y, epochs=101, rate=1e-2)
        residual[mode] = per.residuals()["O2_xy"] / start
    assert residual["loss"] < 0.5
    assert residual["proximal"] < 0.5


def test_training_records_its_window_and_tunes_once():
    x, y = inertia(20, 0)
    per = soft()
    found = per.fit(x, y, epochs=100, rate=1e-2, validation=inertia(20, 1), check_every=5)
    epochs = [e for e, _ in per.tuner.history]
    assert epochs == list(range(40, 60))
    assert per.tuner.tuned_at == [60]
    assert max(per.strengths().values()) == pytest.approx(0.1)
    from symmeter.nn.soft import replay

    wanted = replay([r for _, r in per.tuner.history], 0.1, 2.0)[1]
    np.testing.assert_allclose(list(per.strengths().values()), wanted, rtol=1e-12)
    # Selection counts after twice the tuning epoch, which is after the end here.
    assert found.best_epoch == 100


def test_selection_and_early_stopping():
    x, y = inertia(20, 0)
    per = soft(tune_at=10, window=5)
    found = per.fit(x, y, epochs=400, rate=3e-2, validation=inertia(20, 1), check_every=1, patience=5)
    assert found.stopped_early
    assert 20 < found.best_epoch <= found.epochs - 5
    later = {e: s for e, _, s in found.history if e > 20}
    assert found.best_score == min(later.values())
    with torch.no_grad():
        xv, yv = inertia(20, 1)
        assert float((per.net(xv) - yv).square().mean()) == pytest.approx(found.best_score, rel=1e-5)


def test_a_report_before_and_after_tuning():
    per = soft()
    before = per.report(samples=8)
    assert "not tuned" in before.summary
    x, y = inertia(20, 0)
    per.fit(x, y, epochs=70, rate=1e-2)
    report = per.report(x, samples=8)
    plain = report.to_json()
    assert plain["options"]["tuned"] is True
    assert list(report.levels.values()) == sorted(report.levels.values(), reverse=True)
    assert set(report.levels) == set(PLANES)
    assert {"level", "strength", "residual", "error", "error_interval"} <= set(plain["findings"][0]["evidence"])
    for name in PLANES:
        assert name in report.text()
    assert per.best().name == report.best.name
    assert 0 <= report.best.evidence["error"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize(("axis", "plane"), [(2, "O2_xy"), (0, "O2_yz")])
def test_the_plane_is_discovered_and_hardening_keeps_the_accuracy(axis, plane):
    (x, y), validation, (xt, yt) = inertia(60, 0, axis=axis), inertia(500, 1, axis=axis), inertia(1000, 2, axis=axis)
    net = SoftEMLP("2T1", "T2", O(3), PLANES, channels=54, layers=2, generator=seeded(1))
    per = PER(net, strength=0.1, tune_at=600)
    per.fit(x, y, epochs=2500, rate=1e-2, validation=validation, check_every=25)
    levels = per.levels()
    assert levels.pop(plane) == 1.0
    assert max(levels.values()) < 0.1
    assert per.best().name == plane
    with torch.no_grad():
        soft_error = float((net(xt) - yt).square().mean())
        hard = harden(net, per.best())
        hard_error = float((hard(xt) - yt).square().mean())
    assert soft_error < 5e-3
    assert hard_error < 5e-2
    assert error(hard.double(), PLANES[plane], "2T1", "T2") < 1e-13


# ---- hardening -------------------------------------------------------------------------------------------------------


def test_hardening_a_network_that_is_already_equivariant_changes_nothing():
    net = SoftEMLP("2T1", "T2", O(3), PLANES, channels=27, layers=2, generator=seeded()).double()
    PER(net)._penalty.project_(0)
    with torch.no_grad():
        for block in net.gated_blocks:
            block.leak.zero_()
    hard = harden(net, "O2_xy")
    x = torch.randn(5, 6, dtype=torch.float64)
    torch.testing.assert_close(hard(x), net(x), rtol=1e-10, atol=1e-10)
    assert error(hard, PLANES["O2_xy"], "2T1", "T2") < 1e-13


def test_hardening_leaves_the_soft_network_as_it_is():
    per = soft()
    before = [p.clone() for p in per.net.parameters()]
    hard = harden(per)
    assert isinstance(hard, EMLP)
    assert all(torch.equal(a, b) for a, b in zip(before, per.net.parameters()))
    assert isinstance(harden(per, "O2_yz"), EMLP)
    with pytest.raises(UnknownNameError, match="O2_x"):
        harden(per, "O2_xx")


def test_a_group_without_equivariant_output_is_warned_about():
    net = SoftEMLP("3T0", "T1", O(3), {"O3": O(3)}, channels=5, layers=2, generator=seeded())
    per = PER(net, tune_at=10, record_window=5)
    with pytest.warns(UserWarning, match="constant zero"):
        per.report(samples=4)
    with pytest.warns(UserWarning, match="constant zero"):
        hard = harden(net, "O3")
    assert float(hard(torch.randn(4, 3)).abs().max()) < 1e-6


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: SoftEMLP("2T1", "T2", O(3), channels=27, layers=2)(torch.zeros(4, 5)), ShapeError, "6 coordinates"),
        (lambda: SoftEMLP("2T1", "T2", O(3), {"a": O(2)}), ShapeError, "'a' acts on 2 coordinates"),
        (lambda: SoftEMLP("2T1", "T2", O(3), init="zero"), InputError, "'zero'"),
        (lambda: SoftEMLP("2Q1", "T2", O(3)), InputError, "2Q1"),
        (lambda: SoftEMLP(3, "T2", O(3)), InputTypeError, "int"),
        (lambda: SoftEMLP("2T1", "T2", O(3), channels=0), InputError, "channels is 0"),
        (lambda: SoftEMLP("2T1", "T2", O(3), layers=0), InputError, "layers is 0"),
        (lambda: PER(MLP([6, 4, 9])), InputError, "for_module"),
        (lambda: PER(SoftEMLP("2T1", "T2", O(3), channels=5)), InputError, "no candidates"),
        (lambda: soft(tune_at=10, window=11), InputError, "window of 11"),
        (lambda: soft(mode="other"), InputError, "'other'"),
        (lambda: soft().fit(*inertia(9, 0), epochs=60), InputError, "tune_at = 60"),
        (lambda: soft().fit(inertia(9, 0)[0], inertia(8, 0)[1], epochs=70), ShapeError, "9 inputs and 8 targets"),
        (lambda: soft().fit(*inertia(9, 0), epochs=90, rate=1e30), NonFiniteError, "loss is"),
        (lambda: soft().fit(inertia(9, 0)[0] * np.nan, inertia(9, 0)[1], epochs=70), NonFiniteError, "NaN"),
        (lambda: harden(MLP([6, 9]), O(3)), InputTypeError, "MLP"),
        (lambda: harden(soft().net), InputError, "which group"),
        (lambda: soft().named("O2_xz "), UnknownNameError, "O2_xz"),
    ],
)
def test_bad_input_is_named(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


def test_symbols_and_text_are_one():
    a = SoftEMLP(5 * Scalar + 5 * Vector, Tensor(2), O(3), channels=27, layers=2, generator=seeded())
    b = SoftEMLP("5T0+5T1", "T2", O(3), channels=27, layers=2, generator=seeded())
    x = torch.randn(3, 20)
    assert torch.equal(a(x), b(x))
