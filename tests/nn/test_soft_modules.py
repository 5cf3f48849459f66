"""The regulariser on the user's own layers: linear, convolution, attention; maps, actions and findings."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.findings import Finding  # noqa: E402
from symmeter.groups import O, symmetric  # noqa: E402
from symmeter.nn.actions import tensor_action  # noqa: E402
from symmeter.nn.measure import equivariance_error  # noqa: E402
from symmeter.nn.soft import PER, SoftEquivariance, Turned, features_action, harden, named_candidate  # noqa: E402
from symmeter.nn.soft.general_maps import BasisProjector, OrbitProjector, map_projector  # noqa: E402
from symmeter.representations import Representation, TensorType, V  # noqa: E402

PLANES = ["O2_xy", "O2_yz"]


def seeded(*layers):
    torch.manual_seed(0)
    return torch.nn.Sequential(*(layer() for layer in layers)).double()


def linear(n, m, **options):
    return lambda: torch.nn.Linear(n, m, **options)


# ---- tensor features -------------------------------------------------------------------------------------------------


def test_linear_layers_are_made_exact_by_hardening():
    model = seeded(linear(6, 9, bias=False), linear(9, 12))
    per = PER.for_module(model, PLANES, {"0": ("2T1", "3T1"), "1": ("3T1", "T1+T2")}, tune_at=100)
    c = named_candidate("O2_yz")
    pair = [features_action(c, TensorType.parse(t)) for t in ("2T1", "T1+T2")]
    x = torch.randn(9, 6, dtype=torch.float64)
    assert equivariance_error(model, x, *pair) > 0.1
    hard = harden(per, "O2_yz")
    assert equivariance_error(hard, x, *pair) < 1e-13
    assert equivariance_error(model, x, *pair) > 0.1


def test_descending_the_penalty_makes_the_layers_equivariant():
    model = seeded(linear(6, 9))
    per = PER.for_module(model, ["O3"], {"0": ("2T1", "T2")}, tune_at=100)
    optimizer = torch.optim.SGD(per.parameters(), lr=0.5)
    for _ in range(60):
        optimizer.zero_grad()
        per.penalty().backward()
        optimizer.step()
    pair = [features_action(named_candidate("O3"), TensorType.parse(t)) for t in ("2T1", "T2")]
    assert equivariance_error(model, torch.randn(9, 6, dtype=torch.float64), *pair) < 1e-10


def test_convolutions_over_vector_fields():
    conv = torch.nn.Sequential(torch.nn.Conv1d(7, 6, 3)).double()
    per = PER.for_module(conv, ["O3"], {"0": ("T0+2T1", "2T1")}, tune_at=100)
    hard = harden(per, "O3")
    g = torch.from_numpy(O(3).sample(1, rng=0)[0][0])
    into = torch.from_numpy(TensorType.parse("T0+2T1").matrix(g.numpy()))
    out = torch.from_numpy(TensorType.parse("2T1").matrix(g.numpy()))
    x = torch.randn(2, 7, 10, dtype=torch.float64)
    torch.testing.assert_close(hard(torch.einsum("ab,nbt->nat", into, x)), torch.einsum("ab,nbt->nat", out, hard(x)))


@pytest.mark.parametrize("bias", [True, False])
def test_attention_blocks_follow_the_group_in_every_head(bias):
    torch.manual_seed(0)
    block = torch.nn.MultiheadAttention(12, 2, bias=bias, batch_first=True).double()
    per = PER.for_module(block, ["O3"], {"": ("4T1", "4T1")}, tune_at=100)
    assert per.residuals()["O3"] > 0
    hard = harden(per, "O3").eval()
    g = torch.from_numpy(TensorType.parse("4T1").matrix(O(3).sample(1, rng=1)[0][0]))
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    moved = x @ g.T
    torch.testing.assert_close(hard(moved, moved, moved)[0], hard(x, x, x)[0] @ g.T, rtol=1e-10, atol=1e-10)


def test_convolutions_of_general_features():
    """Four channels that a permutation group moves, five taps that it does not; the oracle is the layer itself."""
    group = symmetric(4)
    model = seeded(lambda: torch.nn.Conv1d(4, 8, 5))
    per = PER.for_module(model, {"S4": group}, {"0": (V, lambda g: V(g) + V(g))}, tune_at=100)
    x = torch.randn(2, 4, 9, dtype=torch.float64)
    order, twice = [2, 0, 3, 1], [2, 0, 3, 1, 6, 4, 7, 5]
    assert not torch.allclose(model(x[:, order]), model(x)[:, twice])
    hard = harden(per, "S4")
    torch.testing.assert_close(hard(x[:, order]), hard(x)[:, twice])
    assert float(hard(x).detach().std()) > 1e-3


class Mixed(torch.nn.Module):
    """A network of the kinds of layers that users have: convolutions over a path of vectors, attention, linear."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.path = torch.nn.Conv1d(6, 12, 3, padding=1)
        self.look = torch.nn.MultiheadAttention(12, 2, batch_first=True)
        self.out = torch.nn.Linear(12, 6)

    def forward(self, x):
        h = self.path(x.mT).mT
        h = h + self.look(h, h, h)[0]
        return self.out(h).mean(1)


def test_blocks_of_all_kinds_are_drawn_to_the_group_together():
    model = Mixed().double()
    rep_map = {"path": ("2T1", "4T1"), "look": ("4T1", "4T1"), "out": ("4T1", "2T1")}
    per = PER.for_module(model, PLANES, rep_map, tune_at=100, strength=1.0, mode="proximal")
    assert not [n for n in per.notes if "Not penalised" in n]
    g = O(3).sample(1, rng=2)[0][0]
    into = out = torch.from_numpy(TensorType.parse("2T1").matrix(g))
    x = torch.randn(3, 7, 6, dtype=torch.float64)

    def broken(net):
        return float((net(x @ into.T) - net(x) @ out.T).detach().norm() / net(x).detach().norm())

    assert broken(model) > 0.05
    for _ in range(6):
        per.after_step(1e3)
    # Both planes together are all of O(3).
    assert broken(model) < 1e-6
    assert float(model(x).detach().std()) > 1e-3


def test_pictures_that_are_turned_in_larger_steps_are_warned_about():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, stride=2))
    group = tensor_action("pixels", "C4").group
    per = PER.for_module(model, {"C4": group}, {"0": Turned("1 trivial", "1 regular")}, tune_at=9)
    assert any("more than one pixel" in note for note in per.notes)


def test_layers_that_are_left_out_are_named():
    model = seeded(linear(6, 9), linear(9, 4))
    per = PER.for_module(model, ["O3"], {"0": ("2T1", "3T1")}, tune_at=100)
    assert any("1" in note and "Not penalised" in note for note in per.notes)


# ---- general representations -----------------------------------------------------------------------------------------


def averaged(w, out, into):
    """The Reynolds average of a map over a finite list of pairs of matrices."""
    return sum(a @ w @ np.linalg.inv(b) for a, b in zip(out, into)) / len(out)


def test_orbits_of_entries_are_the_group_average():
    group = symmetric(4)
    v = V(group)
    elements = list(group.elements())
    matrices = [e.matrix().astype(float) for e in elements]
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4, 4))
    found = map_projector(v, v)
    assert isinstance(found, OrbitProjector)
    got = found(torch.from_numpy(w.ravel())).numpy().reshape(4, 4)
    np.testing.assert_allclose(got, averaged(w, matrices, matrices), atol=1e-13)


def test_signed_orbits_and_bases_agree():
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    signed = Representation(discrete=(quarter,))
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, -s], [s, c]])
    oblique = Representation(discrete=(turn @ quarter @ turn.T,))
    first, second = map_projector(signed, signed), map_projector(oblique, signed)
    assert isinstance(first, OrbitProjector)
    w = np.random.default_rng(0).standard_normal((2, 2))
    powers = [np.linalg.matrix_power(quarter, k) for k in range(4)]
    np.testing.assert_allclose(
        first(torch.from_numpy(w.ravel())).numpy().reshape(2, 2), averaged(w, powers, powers), atol=1e-13
    )
    assert first.codimension == 2
    mixed = Representation(discrete=(np.kron(turn, np.eye(1)) @ np.diag([1.0, -1.0]) @ turn.T,))
    found = map_projector(mixed, Representation(discrete=(np.diag([1.0, -1.0]),)))
    assert isinstance(found, BasisProjector)
    out = [np.eye(2), turn @ np.diag([1.0, -1.0]) @ turn.T]
    into = [np.eye(2), np.diag([1.0, -1.0])]
    np.testing.assert_allclose(
        found(torch.from_numpy(w.ravel())).numpy().reshape(2, 2), averaged(w, out, into), atol=1e-9
    )
    assert second.codimension == 2


def test_entries_that_must_vanish_are_zero():
    sign = Representation(discrete=(np.array([[-1.0]]),))
    one = Representation(discrete=(np.array([[1.0]]),))
    found = map_projector(sign, one)
    assert found.codimension == 1
    assert float(found(torch.ones(1, dtype=torch.float64))) == 0.0


@pytest.mark.parametrize("group", ["C4", "D4", "flips"])
@pytest.mark.parametrize("size", [3, 2])
def test_kernels_that_turn_with_the_picture(group, size):
    """Oracle: the convolution itself, before and after turning its input."""
    action = tensor_action("pixels", group)
    order = action.group.order
    model = torch.nn.Sequential(
        torch.nn.Conv2d(2, order, size), torch.nn.ReLU(), torch.nn.Conv2d(order, 1, size)
    ).double()
    rep_map = {"0": Turned("2 trivial", "1 regular"), "2": Turned("1 regular", "1 trivial")}
    per = PER.for_module(model, {"turns": action.group}, rep_map, tune_at=100)
    assert per.residuals()["turns"] > 0
    x = torch.randn(2, 2, 7, 7, dtype=torch.float64)
    assert equivariance_error(model, x, action, action) > 1e-3
    assert equivariance_error(harden(per), x, action, action) < 1e-13


# ---- actions and findings --------------------------------------------------------------------------------------------


def chain():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 10), torch.nn.ReLU(), torch.nn.Linear(10, 6), torch.nn.Tanh(), torch.nn.Linear(6, 4)
    ).double()


def test_chains_under_permutations_get_their_features_by_themselves():
    action = tensor_action("nodes", "C4")
    soft = SoftEquivariance(chain(), [action], tune_at=100)
    x = torch.randn(8, 4, dtype=torch.float64)
    torch.testing.assert_close(soft(x), soft.net(x))
    assert {id(p) for p in soft.parameters()} == {id(p) for p in soft.net.parameters()}
    hard = harden(soft)
    assert equivariance_error(hard, x, action, action) < 1e-13
    assert float(hard(x).detach().abs().max()) > 0
    report = soft.report(x)
    assert report.best.evidence["error"] > 0.01


def test_an_invariant_output_is_one_that_does_not_move():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)).double()
    action = tensor_action("nodes", "S4")
    hard = harden(SoftEquivariance(model, [action], tune_at=100))
    x = torch.randn(8, 4, dtype=torch.float64)
    for order in ([1, 0, 2, 3], [3, 2, 0, 1]):
        torch.testing.assert_close(hard(x[:, order]), hard(x))


def test_a_finding_starts_as_weak_as_it_is_broken():
    action = tensor_action("nodes", "C4")
    near = Finding("near", action, 0.25, (0.2, 0.3), verdict="nearly")
    far = Finding("far", tensor_action("nodes", "S4"), 0.9, (0.8, 1.0), verdict="broken")
    soft = SoftEquivariance(chain(), [near, far], strength=2.0, tune_at=100)
    assert soft.strengths() == pytest.approx({"near": 1.5, "far": 0.2})


def test_findings_of_a_search_go_straight_in():
    import symmeter

    rng = np.random.default_rng(0)
    base = np.array([[2.0, 0.8, 0.3, 0.8], [0.8, 2, 0.8, 0.3], [0.3, 0.8, 2, 0.8], [0.8, 0.3, 0.8, 2]])
    x = rng.multivariate_normal(np.zeros(4), base, 2000)
    finding = symmeter.find(x).best
    soft = SoftEquivariance(chain(), [finding], tune_at=100)
    assert list(soft.strengths().values()) == pytest.approx([1 - finding.defect])
    hard = harden(soft)
    action = tensor_action(finding.action)
    assert equivariance_error(hard, torch.from_numpy(x[:20]), action, action) < 1e-13


def test_other_models_are_penalised_on_sampled_orbits():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)).double()
    soft = SoftEquivariance(model, [tensor_action("vectors", "SO(3)")], tune_at=100, strength=3.0)
    assert any("sampled orbits" in note for note in soft.notes)
    with pytest.raises(InputError, match="per\\(x\\)"):
        soft.penalty()
    x = torch.randn(64, 3, dtype=torch.float64)
    optimizer = torch.optim.Adam(soft.parameters(), lr=1e-2)
    before = soft.report(x).best.evidence["error"]
    for _ in range(60):
        optimizer.zero_grad()
        y = soft(x)
        ((y - 2 * x).square().mean() + soft.penalty()).backward()
        optimizer.step()
    assert soft.report(x).best.evidence["error"] < 0.5 * before
    with pytest.raises(InputError, match="FrameAverage"):
        harden(soft)


def test_sampled_orbits_tune_too():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    actions = [tensor_action("vectors", named_candidate(n).group) for n in ("SO2_xy", "SO2_yz")]
    soft = SoftEquivariance(model, actions, "scalars", tune_at=20, record_window=10)
    x = torch.randn(100, 3, dtype=torch.float64)
    y = (x[:, :2].square().sum(1, keepdim=True) + x[:, 2:]) / 3
    soft.fit(x, y, epochs=30, rate=1e-2)
    assert soft.tuner.tuned_at == [20]
    assert max(soft.levels().values()) == 1.0


def test_copies_of_a_regulariser_stand_alone():
    soft = SoftEquivariance(chain(), [tensor_action("nodes", "C4")], tune_at=100)
    copied = copy.deepcopy(soft)
    with torch.no_grad():
        for p in copied.net.parameters():
            p.zero_()
    assert copied.residuals()["C4"] == 0.0
    assert soft.residuals()["C4"] > 0.0


def test_moving_to_another_type_is_followed():
    model = seeded(linear(6, 9))
    per = PER.for_module(model, PLANES, {"0": ("2T1", "3T1")}, tune_at=100)
    first = per.residuals()
    per.float()
    for name, value in per.residuals().items():
        assert value == pytest.approx(first[name], rel=1e-5)


@pytest.mark.parametrize(
    ("rep_map", "kind", "text"),
    [
        ({"5": ("2T1", "3T1")}, UnknownNameError, "no layer '5'"),
        ({"0": ("2T1", "4T1")}, ShapeError, "12 coordinates .* 9 outputs"),
        ({"0": ("3T1", "3T1")}, ShapeError, "9 coordinates .* 6 inputs"),
        ({"1": ("2T1", "3T1")}, InputTypeError, "Tanh"),
        ({"0": "2T1"}, InputError, "pair"),
        ({}, InputError, "empty"),
        ({"0": (3, 4)}, InputTypeError, "int"),
        ({"0": Turned("2 trivial", "1 regular")}, InputError, "Conv2d"),
        ({"0": (V, {"O2_xy": V(O(3))})}, InputError, "no representation"),
    ],
)
def test_bad_maps_are_named(rep_map, kind, text):
    model = torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh())
    with pytest.raises(kind, match=text):
        PER.for_module(model, ["O3"], rep_map, tune_at=100)


def test_bad_actions_are_named():
    with pytest.raises(InputError, match="no actions"):
        SoftEquivariance(chain(), [])
    with pytest.raises(InputError, match="rep_map"):
        PER.for_module(chain())
    heads = torch.nn.MultiheadAttention(12, 3)
    with pytest.raises(InputError, match="3 heads"):
        PER.for_module(torch.nn.Sequential(heads), ["O3"], {"0": ("3T0+3T1", "3T0+3T1")}, tune_at=9)
    with pytest.raises(ShapeError, match="2 regular"):
        PER.for_module(
            torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3)),
            {"C4": tensor_action("pixels", "C4").group},
            {"0": Turned("1 trivial", "2 regular")},
            tune_at=9,
        )
    with pytest.raises(InputError, match="strengths"):
        PER.for_module(chain(), actions=[tensor_action("nodes", "C4")], strengths=[1.0, 2.0])
