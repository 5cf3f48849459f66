"""Equivariance errors, their null, intervals and Lie derivatives, against closed forms and brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError  # noqa: E402
from symmeter.groups.lie import O, embed  # noqa: E402
from symmeter.nn import check_equivariance, equivariance_error, measure, tensor_action  # noqa: E402
from symmeter.nn.exponential import exponential  # noqa: E402
from symmeter.nn.measure import NotEquivariantError  # noqa: E402
from symmeter.nn.measure_error import element_errors, prepared  # noqa: E402
from symmeter.nn.measure_generators import generator_errors  # noqa: E402
from symmeter.nn.measure_interval import ratio_interval  # noqa: E402
from symmeter.nn.measure_null import null_errors, null_partners, unrelated_motion  # noqa: E402
from symmeter.representations import T, V  # noqa: E402
from symmeter.representations.equivariance import mean_discrepancy, relative_discrepancy  # noqa: E402


def inertia(x: torch.Tensor) -> torch.Tensor:
    """J + 0.3 (J e_z) e_z^T of two unit masses: exactly O(2)_z, nearly O(3)."""
    r = x.reshape(-1, 2, 3)
    one = torch.eye(3, dtype=x.dtype)
    J = (r.pow(2).sum(-1)[..., None, None] * one - r[..., :, None] * r[..., None, :]).sum(1)
    return (J + 0.3 * (J @ one[2])[..., None] * one[2]).reshape(-1, 9)


def perceptron(*widths: int, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for a, b in pairwise(widths):
        layers += [torch.nn.Linear(a, b), torch.nn.SiLU()]
    return torch.nn.Sequential(*layers[:-1])


# -- the bare formula --------------------------------------------------------------------------------------------------


def test_bare_formula_on_arrays_and_tensors() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 7, 3, 2))
    wanted = [np.linalg.norm(p - q) / (np.linalg.norm(p) + np.linalg.norm(q)) for p, q in zip(a, b)]
    assert np.allclose(relative_discrepancy(a, b), wanted, atol=1e-14)
    assert np.allclose(relative_discrepancy(torch.from_numpy(a), torch.from_numpy(b)).numpy(), wanted, atol=1e-14)
    assert mean_discrepancy(a, b) == pytest.approx(np.mean(wanted))
    assert mean_discrepancy(a, -a) == 1.0
    assert mean_discrepancy(0 * a, a) == 1.0
    assert mean_discrepancy(0 * a, 0 * a) == 0.0
    with pytest.raises(ShapeError, match=r"\(7, 3, 2\).*\(3, 2\)"):
        relative_discrepancy(a, b[0])
    with pytest.raises(InputError, match="no sample"):
        mean_discrepancy(a[:0], b[:0])


def test_bare_formula_does_not_overflow_and_has_gradients_at_zero() -> None:
    half = torch.full((1, 4), 300.0, dtype=torch.float16)
    assert float(relative_discrepancy(half, -half)[0]) == 1.0
    z = torch.zeros(1, 3, requires_grad=True)
    relative_discrepancy(z, torch.zeros(1, 3)).sum().backward()
    assert torch.isfinite(z.grad).all()


# -- the error of a model ----------------------------------------------------------------------------------------------


def test_error_of_a_finite_group_is_the_mean_over_all_its_elements() -> None:
    net = perceptron(16, 32, 5).double()

    def model(x):
        return net(x.flatten(1))

    x = torch.randn(6, 1, 4, 4, dtype=torch.float64)
    by_hand = [relative_discrepancy(model(torch.rot90(x, k, (-2, -1))), model(x)).mean().item() for k in range(4)]
    error = equivariance_error(model, x, tensor_action("pixels", "C4"))
    assert error == pytest.approx(np.mean(by_hand), abs=1e-14)
    assert by_hand[0] == 0.0


def test_error_of_the_inertia_task_in_the_truth() -> None:
    x = torch.randn(1000, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def error(axes: list[int], law: str = "haar") -> float:
        group = embed(O(2), 3, axes)
        pair = tensor_action(2 * V, group), tensor_action(T(2), group)
        return equivariance_error(inertia, x, *pair, samples=400, generator=torch.Generator().manual_seed(1), law=law)

    assert error([0, 1]) < 1e-15
    assert error([0, 1], "normal") < 1e-15

    def brute_force(p: int, q: int) -> float:
        errors, y = [], inertia(x)
        for angle in np.linspace(0, 2 * np.pi, 48, endpoint=False):
            g = torch.eye(3, dtype=x.dtype)
            g[p, p] = g[q, q] = np.cos(angle)
            g[q, p] = np.sin(angle)
            g[p, q] = -g[q, p]
            found, wanted = inertia(x @ torch.block_diag(g, g).T), y @ torch.kron(g, g).T
            errors.append(relative_discrepancy(found, wanted).mean().item())
        return float(np.mean(errors))

    # A reflection in a coordinate plane changes nothing here, so that rotations tell the whole; 400 uniform draws.
    assert error([1, 2]) == pytest.approx(brute_force(1, 2), abs=0.005)
    assert error([0, 2]) == pytest.approx(brute_force(0, 2), abs=0.005)
    assert brute_force(1, 2) == pytest.approx(0.072, abs=0.003)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_exact_models_of_every_kind(dtype) -> None:
    x = torch.randn(8, 5, 3, dtype=dtype)
    tolerance = 1e-13 if dtype == torch.float64 else 1e-5
    points, vectors = tensor_action("points", "E(3)"), tensor_action("vectors", "E(3)")
    assert equivariance_error(lambda p: p.mean(1), x, points) < tolerance
    assert equivariance_error(lambda p: p[:, 1] - p[:, 0], x, points, vectors) < tolerance
    assert equivariance_error(lambda p: torch.cdist(p, p), x, points, "scalars") < 10 * tolerance
    nodes = tensor_action("nodes", "S5")
    assert equivariance_error(lambda p: torch.cdist(p, p), x, nodes, "adjacency") < tolerance
    assert equivariance_error(lambda p: p.tanh().sum(1), x, nodes) < tolerance
    rotations = tensor_action("points", "O(3)")
    assert equivariance_error(lambda p: torch.linalg.cross(p[:, 0], p[:, 1]), x, rotations, "pseudovectors") < tolerance
    assert equivariance_error(lambda p: torch.linalg.cross(p[:, 0], p[:, 1]), x, rotations, "vectors") > 0.2
    assert equivariance_error(lambda p: p.mT @ p, x, rotations, "tensors") < tolerance


def test_several_inputs_and_outputs() -> None:
    x, v, m = torch.randn(4, 5, 3), torch.randn(4, 5, 3), torch.rand(4, 5)
    given = {"x": tensor_action("points", "E(3)"), "v": "vectors", "m": None}

    def step(x, v, m):
        return {"x": x + 0.1 * v, "energy": (m * v.pow(2).sum(-1)).sum(-1)}

    inputs = {"x": x, "v": v, "m": m}
    assert equivariance_error(step, inputs, given, "points", output="x") < 1e-5
    assert equivariance_error(step, inputs, given, ("points", "scalars"), output=("x", "energy")) < 1e-5
    # Velocities taken for points are translated too, which the model does not undo.
    wrong = dict(given, v="points")
    assert equivariance_error(step, inputs, wrong, "points", output="x") > 0.01
    with pytest.raises(InputError, match="several outputs"):
        equivariance_error(step, inputs, given)
    with pytest.raises(InputError, match="no output 'force'"):
        equivariance_error(step, inputs, given, output="force")


def test_models_that_differentiate_inside() -> None:
    def force(x):
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(torch.cdist(x, x).sum(), x)[0]

    def plain_force(x):
        return torch.autograd.grad(torch.cdist(x, x).sum(), x)[0]

    class Wants(torch.nn.Module):
        def forward(self, x):
            return plain_force(x if x.requires_grad else x.requires_grad_())

    x = torch.randn(4, 5, 3, dtype=torch.float64)
    for model in (force, Wants()):
        assert equivariance_error(model, x, tensor_action("points", "E(3)"), "vectors") < 1e-12


def test_arrays_go_to_functions_of_arrays() -> None:
    seen = []

    def model(x):
        seen.append(type(x))
        return np.linalg.norm(x, axis=-1)

    x = np.random.default_rng(0).standard_normal((8, 3))
    assert equivariance_error(model, x, tensor_action("vectors", "SO(3)")) < 1e-15
    assert set(seen) == {np.ndarray}


def test_seed_decides() -> None:
    net, x = perceptron(3, 8, 3), torch.randn(8, 3)
    action = tensor_action("vectors", "SO(3)")

    def error(seed: int) -> float:
        return equivariance_error(net, x, action, generator=torch.Generator().manual_seed(seed))

    assert error(0) == error(0) != error(1)


# -- the assertion -----------------------------------------------------------------------------------------------------


def test_assertion_returns_the_error_or_raises_with_the_element() -> None:
    rotations = tensor_action("vectors", "SO(3)")
    assert check_equivariance(lambda v: v * v.norm(dim=-1, keepdim=True), rotations, torch.randn(8, 3)) < 1e-6
    with pytest.raises(NotEquivariantError, match=r"exp\(.*SO\(3\) on vectors"):
        check_equivariance(torch.nn.Linear(3, 3), rotations)
    with pytest.raises(AssertionError):
        check_equivariance(torch.nn.Linear(3, 3), rotations, tol=1e-3)
    assert check_equivariance(torch.nn.Linear(3, 3), rotations, tol=1.0) > 0.1


def test_assertion_is_not_disturbed_by_outputs_that_vanish_by_symmetry() -> None:
    # The mean of x and -x is rounding noise, which turned noise does not equal.
    x = torch.randn(8, 3, dtype=torch.float64)
    x = torch.stack([x, -x], 1) * 1e3
    rotations = tensor_action("points", "SO(3)")
    assert check_equivariance(lambda p: torch.stack([p.sum(1), p[:, 0]], 1), rotations, x) < 1e-10


# -- the null ----------------------------------------------------------------------------------------------------------


def test_unrelated_motions_turn_by_the_same_angle() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 12, dtype=torch.float64, generator=generator)
    action = tensor_action("nodes", "S12")
    moved = action.apply(action.draw(5, generator), x)
    apart = unrelated_motion(x, moved, x.roll(1, 0).expand(5, 20, 12))
    cosine = torch.nn.functional.cosine_similarity
    wanted = cosine(moved, x[None], dim=-1).clamp(min=-0.5)  # at most 120 degrees
    assert torch.allclose(cosine(apart, x[None], dim=-1), wanted, atol=1e-10)
    assert not torch.allclose(apart, moved, atol=0.1)
    tokens = torch.arange(12).reshape(1, 12)
    assert torch.equal(unrelated_motion(tokens, tokens[None], tokens[None] + 1), tokens[None] + 1)


@pytest.mark.parametrize(
    ("sizes", "shape", "kind", "group", "out"),
    [
        ((3, 64, 64, 5), (48, 3), "vectors", "SO(3)", "scalars"),
        ((3, 64, 64, 3), (48, 3), "vectors", "SO(3)", "vectors"),
        ((12, 64, 64, 5), (48, 12), "nodes", "S12", "scalars"),
        ((36, 64, 64, 5), (48, 1, 6, 6), "pixels", "C4", "scalars"),
        ((36, 64, 64, 36), (48, 1, 6, 6), "pixels", "shifts", "same"),
        ((15, 64, 64, 15), (48, 5, 3), "points", "E(3)", "same"),
    ],
)
def test_defect_of_random_networks_is_about_one(sizes, shape, kind, group, out) -> None:
    defects = []
    for seed in range(4):
        net = perceptron(*sizes, seed=seed)

        def model(x, net=net):
            y = net(x.flatten(1))
            return y.reshape(x.shape) if out == "same" else y

        x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        report = measure(model, x, [tensor_action(kind, group, like=x)], out, seed=seed)
        defects.append(report.best.defect)
        assert report.best.verdict == "broken"
    assert 0.85 < np.mean(defects) <= 1.0


def test_null_does_not_depend_on_the_scale_of_the_output_or_an_offset_of_it() -> None:
    # A large constant hides how broken a model is from the error, and not from the defect.
    net, x = perceptron(3, 64, 1), torch.randn(48, 3)
    rotations = tensor_action("vectors", "SO(3)")
    plain = measure(net, x, [rotations], "scalars").best
    lifted = measure(lambda v: net(v) + 100.0, x, [rotations], "scalars").best
    assert lifted.evidence["error"] < 0.02 * plain.evidence["error"]
    assert lifted.defect > 0.8


def test_model_of_lengths_alone_is_exact_and_not_compared_with_itself() -> None:
    report = measure(lambda v: v.pow(2).sum(-1), torch.randn(32, 4), ["SO(4)", "S4"], "scalars")
    assert all(f.verdict == "exact" and f.defect < 1e-5 for f in report)
    assert all(f.evidence["null"] > 0.05 for f in report)


# -- intervals ---------------------------------------------------------------------------------------------------------


def test_interval_covers_under_both_random_effects() -> None:
    # errors = mu + a_g + b_x + noise: the true ratio of means is mu / nu.
    rng = np.random.default_rng(0)
    hits, trials = 0, 120
    for t in range(trials):
        a, b = rng.normal(0, 0.06, (24, 1)), rng.normal(0, 0.05, (1, 24))
        errors = torch.from_numpy(0.5 + a + b + rng.normal(0, 0.05, (24, 24)))
        null = torch.from_numpy(1.0 + 0.5 * b + rng.normal(0, 0.05, (24, 24)))
        _, low, high = ratio_interval(errors, null, False, torch.Generator().manual_seed(t), draws=400)
        hits += low <= 0.5 <= high
    # 95 % nominal; a binomial of 120 falls below 107 once in a thousand.
    assert hits >= 107


def test_interval_covers_where_the_null_has_two_samples() -> None:
    # null = nu + b_x + b_x' + noise for partners x': both samples are draws.
    rng = np.random.default_rng(2)
    hits, narrow, trials, b = 0, 0, 150, 32
    for t in range(trials):
        generator = torch.Generator().manual_seed(t)
        partners = null_partners(24, b, generator)
        own = torch.from_numpy(rng.normal(0, 0.3, b))
        null = 1.0 + own + own[partners] + torch.from_numpy(rng.normal(0, 0.05, (24, b)))
        errors = torch.from_numpy(0.5 + rng.normal(0, 0.05, (24, b)))
        _, low, high = ratio_interval(errors, null, False, generator, draws=400, partners=partners)
        hits += low <= 0.5 <= high
        _, low, high = ratio_interval(errors, null, False, generator, draws=400)
        narrow += low <= 0.5 <= high
    # 95 % nominal; a binomial of 150 falls below 134 once in a thousand. Of one sample each it would cover 83 %.
    assert hits >= 134
    assert narrow < 134


def test_interval_over_one_axis_alone_would_be_too_narrow() -> None:
    rng = np.random.default_rng(1)
    errors = torch.from_numpy(0.5 + rng.normal(0, 0.2, (24, 1)) + np.zeros((24, 24)))
    one = torch.ones_like(errors)
    _, low, high = ratio_interval(errors, one, False, torch.Generator().manual_seed(0))
    _, low_all, high_all = ratio_interval(errors, one, True, torch.Generator().manual_seed(0))
    assert high - low == pytest.approx(3.92 * float(errors[:, 0].std()) / 24**0.5, rel=0.15)
    assert high_all - low_all < 1e-12  # elements that are all there are no draw


# -- generators --------------------------------------------------------------------------------------------------------


def test_lie_derivative_in_closed_form() -> None:
    # f(v) = x^2: L_z f = 2 x (-y), L_x f = 0, and the rate is the mean of |2 x y| over that of x^2.
    x = torch.randn(16, 3, dtype=torch.float64)
    call, bundle, pair, y = prepared(lambda v: v[:, :1] ** 2, x, tensor_action("vectors", "SO(3)"), "scalars")
    found = {g.name: g for g in generator_errors(call, bundle, pair, y)}
    assert found["Lz"].rate == pytest.approx(float((2 * x[:, 0] * x[:, 1]).abs().mean() / (x[:, 0] ** 2).mean()))
    assert found["Lx"].rate == 0.0
    assert found["Lx"].error == 0.0
    assert found["Lz"].error == pytest.approx(1.0)
    assert found["Lz"].method == "forward mode"


def test_lie_derivative_agrees_with_finite_motions_and_with_differences() -> None:
    net, x = perceptron(3, 16, 3).double(), torch.randn(8, 3, dtype=torch.float64)
    action = tensor_action("vectors", "SO(3)")
    call, bundle, pair, y = prepared(net, x, action, action)
    forward = generator_errors(call, bundle, pair, y)
    t = 1e-5
    for k, g in enumerate(forward):
        turn = exponential(t * torch.from_numpy(np.array(action.group.basis[k]))[None])[0]
        drift = (net(x @ turn.T) @ turn - net(x)) / t
        rate = drift.norm(dim=-1).mean() / net(x).norm(dim=-1).mean()
        assert g.rate == pytest.approx(float(rate.detach()), rel=1e-3)
    numpy_net = lambda v: net(torch.from_numpy(v)).detach().numpy()  # noqa: E731
    call, bundle, pair, y = prepared(numpy_net, x.numpy(), action, action)
    for a, b in zip(forward, generator_errors(call, bundle, pair, y)):
        assert b.method == "differences"
        assert b.rate == pytest.approx(a.rate, rel=1e-6)


def test_exponential_of_a_single_matrix() -> None:
    # torch's own is wrong by 1.5e-10 here.
    from scipy.linalg import expm

    rng = np.random.default_rng(0)
    for scale in (1e-3, 0.045, 0.5, 5.0):
        a = scale * rng.standard_normal((1, 4, 4))
        found = exponential(torch.from_numpy(a))[0].numpy()
        assert np.allclose(found, expm(a[0]), rtol=1e-12, atol=1e-13)
    assert torch.autograd.gradcheck(exponential, (torch.randn(2, 2, 2, dtype=torch.float64, requires_grad=True),))


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_bad_input_is_refused_with_what_would_be_right() -> None:
    rotations = tensor_action("vectors", "SO(3)")
    x = torch.randn(4, 3)
    with pytest.raises(ShapeError, match=r"input has shape \(4, 2\).*3\)"):
        equivariance_error(torch.nn.Linear(2, 2), torch.randn(4, 2), rotations)
    with pytest.raises(ShapeError, match=r"output has shape \(4, 5\).*3\)"):
        equivariance_error(torch.nn.Linear(3, 5), x, rotations, rotations)
    with pytest.raises(ShapeError, match="same way"):
        equivariance_error(torch.nn.Linear(3, 5), x, rotations, "same")
    with pytest.raises(NonFiniteError, match="sample 2"):
        equivariance_error(torch.nn.Linear(3, 3), x.index_fill(0, torch.tensor([2]), torch.nan), rotations)
    with pytest.raises(NonFiniteError, match="output"):
        equivariance_error(lambda v: v.sqrt(), x - 10, rotations)
    with pytest.raises(SampleSizeError):
        equivariance_error(torch.nn.Linear(3, 3), x[:0], rotations)
    with pytest.raises(InputError, match="two groups"):
        equivariance_error(torch.nn.Linear(3, 3), x, rotations, tensor_action("vectors", "O(3)"))
    with pytest.raises(InputError, match="the model fails on inputs of shape"):
        equivariance_error(torch.nn.Linear(4, 3), x, rotations)
    with pytest.raises(ShapeError, match="must count samples"):
        equivariance_error(lambda v: v.sum(), x, rotations)


def test_randomness_is_told_apart_from_asymmetry() -> None:
    x, rotations = torch.randn(32, 3), tensor_action("vectors", "SO(3)")
    training = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(0.5))
    with pytest.raises(InputError, match=r"layer '1' \(Dropout\).*eval"):
        equivariance_error(training, x, rotations)
    with pytest.raises(InputError, match="BatchNorm1d"):
        equivariance_error(torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3)), x, rotations)
    assert equivariance_error(torch.nn.Sequential(torch.nn.Dropout(0.0)), x, rotations) < 1e-6

    def noisy(v):
        return v + 0.1 * torch.randn_like(v)

    with pytest.raises(InputError, match="random in evaluation"):
        equivariance_error(noisy, x, rotations)
    few, many = (equivariance_error(noisy, x, rotations, averages=n) for n in (2, 200))
    assert many < 0.4 * few
    assert "random" in measure(noisy, x, [rotations], averages=4).notes[0]


def test_elements_are_taken_in_pieces_without_changing_the_answer() -> None:
    net, x = perceptron(3, 8, 3), torch.randn(7, 3)
    call, bundle, pair, y = prepared(net, x, tensor_action("vectors", "SO(3)"), None)
    elements = pair.leader.draw(9, torch.Generator().manual_seed(0))
    whole = element_errors(call, bundle, pair, elements, y)
    call.batch = 5
    assert torch.allclose(element_errors(call, bundle, pair, elements, y), whole, atol=1e-6)
    assert null_errors(call, bundle, pair, elements, y).shape == whole.shape == (9, 7)


def test_output_that_depends_on_its_neighbours_in_the_batch_is_refused() -> None:
    x, rotations = torch.randn(6, 3), tensor_action("vectors", "SO(3)")
    with pytest.raises(InputError, match="independent samples"):
        equivariance_error(lambda v: v - v.mean(0), x, rotations)


def test_tokens_and_graphs_are_measured() -> None:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(20, (32, 6), generator=generator)
    torch.manual_seed(0)
    table, head = torch.nn.Embedding(20, 8), torch.nn.Linear(48, 3)
    bag = measure(lambda t: table(t).sum(1).detach(), tokens, ["S6"], "scalars").best
    assert bag.verdict == "exact"
    ordered = measure(lambda t: head(table(t).flatten(1)).detach(), tokens, ["S6"], "scalars").best
    assert ordered.verdict == "broken"
    assert ordered.defect > 0.7
    upper = torch.triu(torch.rand(32, 6, 6, generator=generator) < 0.5, 1)
    graphs = (upper | upper.mT).float()
    spectra = measure(lambda a: torch.linalg.eigvalsh(a), graphs, [tensor_action("adjacency", "S6")], "scalars").best
    assert spectra.verdict == "exact"
    assert spectra.evidence["null"] > 0.05
