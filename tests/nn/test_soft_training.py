"""Training: data as users give them, interruptions, states of strengths, precisions, and networks in files."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import (  # noqa: E402
    FileFormatError,
    InputError,
    InputTypeError,
    MissingFileError,
    NonFiniteError,
    ShapeError,
)
from symmeter.groups import SO, O, Scaling, embed, symmetric  # noqa: E402
from symmeter.nn.actions import tensor_action  # noqa: E402
from symmeter.nn.soft import (  # noqa: E402
    EMLP,
    MLP,
    PER,
    RPP,
    MixedRPP,
    SoftEMLP,
    SoftEquivariance,
    equivariance_error,
    features_action,
    fit,
    harden,
    joined_group,
    load_soft,
    named_candidate,
    save_soft,
    training_state,
)
from symmeter.nn.soft.candidates import candidates_of  # noqa: E402
from symmeter.representations import Scalar, Tensor, TensorType, Vector  # noqa: E402

PLANES = {"O2_xy": embed(O(2), 3, [0, 1]), "O2_yz": embed(O(2), 3, [1, 2]), "O2_xz": embed(O(2), 3, [0, 2])}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def made(tune_at=12, window=6, **options):
    net = SoftEMLP("2T1", "T2", O(3), PLANES, channels=27, layers=2, generator=seeded(1))
    return PER(net, strength=0.1, tune_at=tune_at, record_window=window, **options)


def data(n=16, seed=0):
    r = np.random.default_rng(seed).standard_normal((n, 2, 3))
    j = (r**2).sum((1, 2))[:, None, None] * np.eye(3) - np.einsum("nka,nkb->nab", r, r)
    j[:, :, 2] *= 1.3
    return r.reshape(n, 6), j.reshape(n, 9)


# ---- the names of the first page -------------------------------------------------------------------------------------


def test_the_first_example_runs_as_it_is_written():
    cands = {
        "O2_xy": embed(O(2), 3, [0, 1]),
        "O2_yz": embed(O(2), 3, [1, 2]),
        "O2_xz": embed(O(2), 3, [0, 2]),
    }
    net = SoftEMLP(5 * Scalar + 5 * Vector, Tensor(2), base=O(3), candidates=cands, channels=27, layers=4)
    per = PER(net, cands, strength=100.0, tune_at=5, exponent=2.0)
    x, y = torch.randn(8, 20), torch.randn(8, 9)
    loss = torch.nn.functional.mse_loss(per(x), y) + per.penalty()
    loss.backward()
    per.step(1)
    found = per.fit(x, y)
    assert found.epochs == 20  # four times tune_at
    report = str(per.report())
    assert all(name in report for name in cands)
    hard = harden(net, per.best())
    pair = [features_action(per.best(), t) for t in (net.source, net.target)]
    assert equivariance_error(hard.double(), x.double(), *pair) < 1e-13


def test_a_large_penalty_leads_to_the_constrained_least_squares_solution():
    """One linear layer: the limit is the regression within the equivariant maps of the group that all generate."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 3)), rng.standard_normal((40, 3))
    net = SoftEMLP("T1", "T1", O(3), {k: PLANES[k] for k in ("O2_xy", "O2_yz")}, layers=1, generator=seeded()).double()
    per = PER(net, tune_at=10**6)
    w, b = net.linear_layers[0].weight, net.linear_layers[0].bias
    strengths = np.full(2, 1e7)
    # The minimum of a quadratic by one Newton step, Hessian column by column.
    theta = [w, b]

    def gradient():
        out = (net(torch.from_numpy(x)) - torch.from_numpy(y)).square().mean() + per._penalty(strengths)
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(out, theta)])

    def put(v):
        with torch.no_grad():
            w.copy_(v[:9].view(3, 3))
            b.copy_(v[9:])

    put(torch.zeros(12, dtype=torch.float64))
    start = gradient()
    columns = []
    for k in range(12):
        put(torch.eye(12, dtype=torch.float64)[k])
        columns.append(gradient() - start)
    put(torch.linalg.solve(torch.stack(columns, 1), -start))
    slope = (x * y).sum() / (x * x).sum()  # the best multiple of the identity; no bias is equivariant
    np.testing.assert_allclose(w.detach().numpy(), slope * np.eye(3), atol=1e-6)
    np.testing.assert_allclose(b.detach().numpy(), 0, atol=1e-6)


# ---- data as users give them -----------------------------------------------------------------------------------------


def test_arrays_of_double_precision_and_their_validation_are_taken_as_they_are():
    per = made()
    found = per.fit(*data(), epochs=15, validation=data(9, 1))
    assert np.isfinite(found.best_score)


def test_targets_of_another_shape_are_no_broadcast():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    per = SoftEquivariance(model, [tensor_action("nodes", "C4")], "scalars", tune_at=5)
    with pytest.raises(ShapeError, match=r"\(7, 1\), the targets have shape \(7,\)"):
        per.fit(np.zeros((7, 4)), np.zeros(7), epochs=8)


def test_classes_stay_whole_numbers():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    per = SoftEquivariance(model, [tensor_action("nodes", "C4")], "scalars", tune_at=5)
    x, y = np.random.default_rng(0).standard_normal((20, 4)), np.arange(20) % 3
    found = per.fit(x, y, epochs=8, loss=torch.nn.functional.cross_entropy, rate=1e-2)
    assert 0 < found.best_score < 5


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"epochs": 0}, InputError, "epochs is 0"),
        ({"epochs": 20.5}, InputError, "epochs is 20.5"),
        ({"batch": 0}, InputError, "batch is 0"),
        ({"check_every": 0}, InputError, "check_every is 0"),
        ({"patience": -1}, InputError, "patience is -1"),
        ({"rate": 0.0}, InputError, "rate is 0.0"),
        ({"rate": float("nan")}, InputError, "rate is nan"),
        ({"loss_scale": float("inf")}, InputError, "loss_scale"),
        ({"validation": (np.zeros((3, 6)), np.zeros((2, 9)))}, ShapeError, "3 validation inputs and 2 targets"),
        ({"validation": (np.zeros((0, 6)), np.zeros((0, 9)))}, InputError, "no validation samples"),
        ({"validation": (np.full((2, 6), np.nan), np.zeros((2, 9)))}, NonFiniteError, "validation inputs"),
        ({"validation": np.zeros((3, 6))}, InputError, "pair"),
    ],
)
def test_bad_options_of_training_are_named(options, kind, text):
    with pytest.raises(kind, match=text):
        made().fit(*data(), **{"epochs": 15, **options})


def test_numbers_that_overflow_single_precision_are_named():
    x, y = data()
    with pytest.raises(NonFiniteError, match="float32"):
        made().fit(x * 1e200, y, epochs=15)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tune_at": 12.5}, "tune_at is 12.5"),
        ({"tune_at": True}, "tune_at is True"),
        ({"window": 2.0}, "record_window is 2.0"),
        ({"retune_every": 7.5}, "retune_every is 7.5"),
        ({"exponent": "2"}, "exponent is '2'"),
        ({"exponent": float("nan")}, "exponent is nan"),
        ({"average": "a"}, "average is a"),
        ({"mode": "proximal", "variant": "csd"}, "'csd'"),
    ],
)
def test_bad_schedules_are_named(options, text):
    with pytest.raises(InputError, match=text):
        made(**options)


def test_strengths_that_are_no_numbers_are_named():
    net = SoftEMLP("2T1", "T2", O(3), PLANES, channels=9, layers=1)
    for strength in ("1", None, float("inf"), -1.0):
        with pytest.raises(InputError, match="strength is"):
            PER(net, strength=strength)


def test_a_tuning_that_was_missed_is_said():
    per = made()
    with pytest.warns(UserWarning, match="step\\(12\\) was never called"):
        per.step(13)
    fresh = made(window=1)
    with pytest.warns(UserWarning, match="no residuals were recorded"):
        assert not fresh.step(12)


# ---- groups ----------------------------------------------------------------------------------------------------------


def test_names_in_a_mapping_are_kept_and_follow_the_space():
    found = candidates_of({"mine": "O2_xy"})
    assert found[0].name == "mine"
    assert {c.dimension for c in candidates_of("SO2,Scale")} == {2}
    assert {c.dimension for c in candidates_of([symmetric(4), "Scale"])} == {4}
    assert {c.dimension for c in candidates_of("Scale,S4")} == {4}
    assert {c.dimension for c in candidates_of("Scale", 5)} == {5}
    with pytest.raises(InputError, match="different axes"):
        named_candidate("O2_xx")
    with pytest.raises(InputError, match="different axes"):
        named_candidate("O3_xy")


def test_products_that_do_not_follow_a_candidate_are_refused():
    """Scalings move a dot product: with O(3) as the base, R = 0 would not make the network follow them."""
    for make in (
        lambda: SoftEMLP("2T1", "T1", O(3), {"Scale": Scaling(3)}, channels=9),
        lambda: PER(SoftEMLP("2T1", "T1", O(3), channels=9), {"Scale": Scaling(3)}),
        lambda: EMLP("2T1", "T1", Scaling(3), O(3), channels=9),
        lambda: MixedRPP("2T1", "T1", O(3), Scaling(3), channels=9),
    ):
        with pytest.raises(InputError, match="joined_group"):
            make()
    both = joined_group(SO(3), Scaling(3), name="both")
    net = SoftEMLP("2T1", "T1", both, {"SO3": SO(3), "Scale": Scaling(3)}, channels=30, layers=2).double()
    hard = harden(net, "Scale")
    x = torch.randn(5, 6, dtype=torch.float64)
    torch.testing.assert_close(hard(3.0 * x), 3.0 * hard(x))


def test_a_lone_linear_layer_is_projected_under_any_group():
    soft = SoftEquivariance(torch.nn.Linear(3, 3).double(), [tensor_action("vectors", "O(3)")], tune_at=9)
    hard = harden(soft)
    mean = soft.net.weight.detach().diagonal().mean()
    torch.testing.assert_close(hard.weight.detach(), mean * torch.eye(3, dtype=torch.float64))
    assert hard.bias.detach().abs().max() < 1e-12


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: SoftEquivariance(3, [tensor_action("nodes", "C4")]), InputTypeError, "the model is a int"),
        (lambda: PER.for_module(torch.nn.Linear(4, 4), ["O3"], 5), InputTypeError, "rep_map is a int"),
        (lambda: RPP("2T1", "T2", O(3), channels=9, basic_decay=float("nan")), InputError, "basic_decay is nan"),
        (lambda: RPP("2T1", "T2", O(3), channels=9, equivariant_decay=-1.0), InputError, "equivariant_decay is -1"),
    ],
)
def test_models_that_are_none_are_named(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


# ---- interruptions ---------------------------------------------------------------------------------------------------


class Stop:
    """Presses Ctrl-C at some epoch."""

    def __init__(self, share):
        self.share = share

    def __call__(self, share, text):
        if share >= self.share:
            raise KeyboardInterrupt


@pytest.mark.parametrize("mode", ["loss", "proximal"])
def test_an_interrupted_training_goes_on_to_the_same_end(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(training_state, "PAUSE", 0.0)
    options = {"epochs": 40, "batch": 5, "rate": 1e-2, "validation": data(9, 1), "check_every": 2}
    whole = made(mode=mode)
    wanted = whole.fit(*data(), **options, generator=seeded(3))
    path = tmp_path / "state.pt"
    for share in (0.2, 0.5, 0.8):  # before tuning, and twice after it
        with pytest.raises(KeyboardInterrupt, match=r"state.pt holds the training up to epoch \d+"):
            made(mode=mode).fit(*data(), **options, generator=seeded(3), checkpoint=path, progress=Stop(share))
    per = made(mode=mode)
    found = per.fit(*data(), **options, generator=seeded(3), checkpoint=path)
    assert found == wanted
    assert per.strengths() == whole.strengths()
    assert per.tuner.history == whole.tuner.history
    assert all(torch.equal(a, b) for a, b in zip(per.parameters(), whole.parameters()))
    # A training that is over is not trained again.
    again = made(mode=mode)
    assert again.fit(*data(), **options, checkpoint=path) == wanted
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), whole.parameters()))


def test_an_interruption_without_a_file_passes_through():
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        made().fit(*data(), epochs=20, progress=Stop(0.5))


def test_files_of_other_trainings_are_refused(tmp_path):
    path = tmp_path / "state.pt"
    made().fit(*data(), epochs=20, checkpoint=path)
    with pytest.raises(InputError, match="epochs = 20, now it is 30"):
        made().fit(*data(), epochs=30, checkpoint=path)
    other = PER(SoftEMLP("2T1", "T2", O(3), PLANES, channels=12, layers=2), tune_at=12)
    with pytest.raises(FileFormatError, match="does not fit this network"):
        other.fit(*data(), epochs=20, checkpoint=path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(FileFormatError, match="no saved training"):
        made().fit(*data(), epochs=20, checkpoint=path)


def test_strengths_travel_with_the_state_of_the_module(tmp_path):
    per = made()
    per.fit(*data(), epochs=15)
    path = tmp_path / "per.pt"
    torch.save(per.state_dict(), path)
    other = made()
    other.load_state_dict(torch.load(path, weights_only=True))
    assert other.strengths() == per.strengths()
    assert other.tuner.tuned_at == [12]
    assert all(isinstance(v, torch.Tensor) for v in per.state_dict().values())
    stranger = PER(SoftEMLP("2T1", "T2", O(3), {"O3": O(3)}, channels=27, layers=2), tune_at=12)
    with pytest.raises(InputError, match="are of O2_xy, O2_yz, O2_xz, the candidates are O3"):
        stranger.load_state_dict(per.state_dict())


def test_a_second_training_is_tuned_by_its_own_residuals():
    from symmeter.nn.soft import replay

    per = made()
    per.fit(*data(), epochs=15, rate=1e-2)
    first = list(per.tuner.history)
    assert per.tuner.tuned_at == [12]
    per.fit(*data(), epochs=15, rate=1e-2)
    assert per.tuner.tuned_at == [12]
    assert [e for e, _ in per.tuner.history] == [e for e, _ in first]
    assert per.tuner.history != first
    wanted = replay([r for _, r in per.tuner.history], 0.1, 2.0)[1]
    np.testing.assert_allclose(list(per.strengths().values()), wanted, rtol=1e-12)


def test_selected_weights_do_not_turn_the_strengths_back():
    per = made(retune_every=6)
    per.fit(*data(), epochs=30, validation=data(9, 1), rate=3e-2)
    assert per.tuner.tuned_at == [12, 18, 24, 30]


# ---- parameters that are exchanged, frozen or computed ---------------------------------------------------------------


def linear_model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 4))


def test_parameters_that_are_exchanged_are_followed():
    model = linear_model()
    per = PER.for_module(model, ["O3"], {"0": ("2T1", "3T1")}, tune_at=9)
    state = {k: torch.zeros_like(v) for k, v in model.state_dict().items()}
    model.load_state_dict(state, assign=True)
    assert per.residuals()["O3"] == 0.0
    tied = SoftEquivariance(torch.nn.Sequential(torch.nn.Linear(4, 4)), [tensor_action("nodes", "C4")], tune_at=9)
    tied.net[0].weight = torch.nn.Parameter(torch.eye(4))
    tied.net[0].bias = torch.nn.Parameter(torch.ones(4))
    assert tied.residuals()["C4"] == pytest.approx(0.0, abs=1e-12)


def test_weights_under_a_parametrisation():
    model = linear_model()
    torch.nn.utils.parametrizations.weight_norm(model[0])
    per = PER.for_module(model, ["O3"], {"0": ("2T1", "3T1")}, tune_at=9)
    per.penalty().backward()
    assert all(p.grad is not None for p in model[0].parametrizations.weight.parameters())
    still = PER.for_module(model, ["O3"], {"0": ("2T1", "3T1")}, tune_at=9, mode="proximal")
    with pytest.raises(InputError, match="computes its weight from other"):
        still.after_step(0.1)


def test_proximal_steps_leave_frozen_layers_alone():
    model = linear_model()
    model[0].weight.requires_grad_(False)
    before = model[0].weight.clone()
    PER.for_module(model, ["O3"], {"0": ("2T1", "3T1")}, tune_at=9, mode="proximal").after_step(10.0)
    assert torch.equal(model[0].weight, before)
    assert model[0].bias.abs().max() < 0.2


def test_lazy_layers_say_what_they_wait_for():
    with pytest.raises(InputError, match="no shape yet"):
        PER.for_module(torch.nn.Sequential(torch.nn.LazyLinear(9)), ["O3"], {"0": ("2T1", "3T1")})


def test_gradients_of_the_penalty_can_be_differentiated():
    per = made()
    parameters = list(per.net.linears.parameters())
    first = torch.autograd.grad(per.penalty(), parameters, create_graph=True)
    # |grad|^2 / 2 has the gradient M^2 theta: apply the penalty's gradient once more, to the first one.
    second = torch.autograd.grad(0.5 * sum(g.square().sum() for g in first), parameters)
    moved = copy.deepcopy(per)
    with torch.no_grad():
        for p, g in zip(moved.net.linears.parameters(), first):
            p.copy_(g)
    wanted = torch.autograd.grad(moved.penalty(), list(moved.net.linears.parameters()))
    for a, b in zip(second, wanted):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


# ---- precision -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_networks_are_penalised_in_single(dtype):
    per = made()
    wanted = per.residuals()
    per.to(dtype)
    for name, value in per.residuals().items():
        assert value == pytest.approx(wanted[name], rel=2e-2)
    per.penalty().backward()
    grads = [p.grad for p in per.net.linears.parameters()]
    assert all(g.dtype == dtype and torch.isfinite(g).all() for g in grads)
    with torch.no_grad():
        for p in per.net.linears.parameters():
            p.mul_(100)  # squares beyond 65504
    assert all(np.isfinite(v) for v in per.residuals().values())


def test_autocast_does_not_reach_the_penalty():
    per = made()
    PER(per.net, {"O3": O(3)})._penalty.project_(0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert per(torch.randn(4, 6)).shape == (4, 9)
        assert float(per.penalty().detach()) < 1e-11 * per._penalty.squared_norm
        assert max(per.residuals().values()) < 1e-11 * per._penalty.squared_norm


def test_hard_networks_are_exact_again_after_half_precision():
    group = named_candidate("O2_xz")
    net = EMLP("2T1", "T2", group, O(3), channels=27, layers=2, generator=seeded())
    net.half().float().double()
    pair = [features_action(group, TensorType.parse(t)) for t in ("2T1", "T2")]
    assert equivariance_error(net, torch.randn(9, 6, dtype=torch.float64), *pair) < 1e-13
    assert torch.isfinite(net.half()(torch.randn(4, 6).half())).all()


def test_double_precision_stays_double():
    per = made()
    per.double().fit(*data(), epochs=15, validation=data(9, 1))
    assert all(p.dtype == torch.float64 for p in per.parameters())


def test_empty_batches_and_copies_after_a_call():
    per = made()
    assert per(torch.zeros(0, 6)).shape == (0, 9)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3))
    soft = SoftEquivariance(model, [tensor_action("vectors", "SO(3)")], tune_at=9)
    x = torch.randn(5, 3)
    soft(torch.nn.functional.silu(torch.nn.Linear(3, 3)(x)))  # not a leaf
    assert copy.deepcopy(soft).residuals()["SO(3)"] == soft.residuals()["SO(3)"]


# ---- randomness in the model -----------------------------------------------------------------------------------------


def test_sampled_orbits_do_not_see_dropout_or_move_batch_statistics():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3, bias=False), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(3))
    with torch.no_grad():
        model[0].weight.copy_(torch.eye(3))
    soft = SoftEquivariance(model, [tensor_action("vectors", "SO(3)")], tune_at=9)
    model.train()
    mean = model[2].running_mean.clone()
    penalty = soft.penalty(torch.randn(50, 3))
    assert float(penalty.detach()) < 1e-10
    assert max(soft.residuals().values()) < 1e-10
    assert torch.equal(model[2].running_mean, mean)
    assert model[1].training


def test_training_leaves_parts_in_evaluation_mode_there_when_it_looks_at_validation():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 4))

    class Frozen(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = model

        def forward(self, x):
            self.net[1].eval()
            return self.net(x)

    whole = Frozen()
    fit(whole, torch.randn(9, 4), torch.randn(9, 4), epochs=2, validation=(torch.randn(3, 4), torch.randn(3, 4)))
    assert whole.training
    assert not model[1].training


def test_sampled_orbits_have_no_proximal_step():
    with pytest.raises(InputError, match="no proximal step"):
        SoftEquivariance(
            torch.nn.Sequential(torch.nn.Bilinear(3, 3, 3)), [tensor_action("vectors", "SO(3)")], mode="proximal"
        )


# ---- files -----------------------------------------------------------------------------------------------------------


def test_networks_in_files_are_the_same_networks(tmp_path):
    per = made()
    per.fit(*data(), epochs=15)
    path = tmp_path / "net.safetensors"
    again = load_soft(save_soft(path, per))
    x = torch.randn(5, 6)
    assert torch.equal(again(x), per(x))
    assert again.strengths() == per.strengths()
    assert again.residuals() == per.residuals()
    assert again.tuner.schedule == per.tuner.schedule
    assert [c.digest for c in again.candidates] == [c.digest for c in per.candidates]
    hard = harden(per)
    loaded = load_soft(save_soft(path, hard.double()))
    assert torch.equal(loaded(x.double()), hard(x.double()))
    both = joined_group(SO(3), Scaling(3), name="both")
    net = SoftEMLP("2T1+T(0,1)", "T1", both, {"Scale": Scaling(3)}, channels=30, layers=3)
    mixed = load_soft(save_soft(path, net))
    v = torch.randn(4, 9)
    assert torch.equal(mixed(v), net(v))
    rpp = RPP("2T1", "T2", O(3), channels=27, layers=2).merged()
    assert torch.equal(load_soft(save_soft(path, rpp))(x), rpp(x))


def test_files_that_are_no_networks_are_named(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "net.safetensors"
    with pytest.raises(MissingFileError):
        load_soft(path)
    path.write_bytes(b"nothing")
    with pytest.raises(FileFormatError, match="no file of save_soft"):
        load_soft(path)
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(FileFormatError, match="no file of save_soft"):
        load_soft(path)
    save_file({"a": torch.zeros(2)}, path, metadata={"symmeter.soft": json.dumps({"version": 9})})
    with pytest.raises(FileFormatError, match="version 9"):
        load_soft(path)
    with pytest.raises(InputTypeError, match="MLP"):
        save_soft(path, MLP([3, 3]))
    with pytest.raises(InputTypeError, match="RPP"):
        save_soft(path, RPP("2T1", "T2", O(3), channels=9, layers=1))
