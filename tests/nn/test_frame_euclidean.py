"""Euclidean frames: exact for every group and degenerate cloud, continuous, with right gradients and typed values."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups.lie import SO  # noqa: E402
from symmeter.nn import tensor_action  # noqa: E402
from symmeter.nn.frames import (  # noqa: E402
    DegenerateCloudError,
    EuclideanFrame,
    FrameAverage,
    LocalFrameAverage,
)

DOUBLE = torch.float64


def orthogonal(seed: int, proper: bool, d: int = 3) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    q, r = torch.linalg.qr(torch.randn(d, d, dtype=DOUBLE, generator=g))
    q = q * torch.sign(torch.diagonal(r))
    if (torch.linalg.det(q) < 0) == proper:
        q[:, 0] *= -1
    return q


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def network(n: int, d: int, out: int, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(n * d, 24), torch.nn.Tanh(), torch.nn.Linear(24, out)
    ).double()


CUBE = torch.tensor(list(product((-1.0, 1.0), repeat=3)), dtype=DOUBLE)
TURN = torch.arange(6, dtype=DOUBLE) * torch.pi / 3
HEXAGON = torch.stack([TURN.cos(), TURN.sin(), 0 * TURN], dim=1)
CLOUDS = {
    "generic": draw(7, 3),
    "cube": CUBE,
    "tetragonal box": CUBE * torch.tensor([1.0, 1.0, 2.0], dtype=DOUBLE),
    "octahedron": torch.cat([torch.eye(3, dtype=DOUBLE), -torch.eye(3, dtype=DOUBLE)]),
    "hexagon": HEXAGON,
    "line": torch.linspace(-1, 2, 6, dtype=DOUBLE)[:, None] * torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE),
    "symmetric line": torch.linspace(-1, 1, 5, dtype=DOUBLE)[:, None] * torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE),
    "one point": torch.tensor([[1.0, 2.0, 3.0]], dtype=DOUBLE),
    "two points": draw(2, 3, seed=4),
    "duplicates": torch.cat([draw(3, 3, seed=5)] * 2),
    "all alike": torch.tensor([[0.3, -0.2, 0.7]], dtype=DOUBLE).repeat(5, 1),
}
OUTPUTS = {"scalars": 2, "vectors": 3, "points": 3, "pseudovectors": 3, "tensors": 9}


def moved(y: torch.Tensor, kind: str, r: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """The oracle: what a value of each type does under x -> x R^T + t."""
    if kind == "scalars":
        return y
    if kind == "tensors":
        return r @ y @ r.T
    sign = torch.linalg.det(r) if kind == "pseudovectors" else 1.0
    return sign * (y @ r.T) + (t if kind == "points" else 0.0)


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("group", ["O(3)", "SO(3)", "E(3)", "SE(3)"])
@pytest.mark.parametrize("policy", ["blend", "weighted"])
def test_exact_on_every_cloud(name: str, group: str, policy: str) -> None:
    x = CLOUDS[name]
    for kind in ("scalars", "vectors", "points", "pseudovectors", "tensors"):
        if kind == "points" and "E" not in group:
            continue
        net = network(len(x), 3, OUTPUTS[kind])
        shaped = (lambda v, net=net: net(v).unflatten(1, (3, 3))) if kind == "tensors" else net
        model = FrameAverage(shaped, group, output=kind, degenerate=policy)
        with torch.no_grad():
            before = model(x[None])
            for seed in range(3):
                r = orthogonal(seed, group.startswith("S") or seed == 0)
                t = draw(3, seed=seed) if "E" in group else torch.zeros(3, dtype=DOUBLE)
                after = model((x @ r.T + t)[None])
                want = moved(before, kind, r, t)
                assert (after - want).abs().max() <= 1e-10 * max(1.0, float(want.abs().max()))


def test_the_network_itself_is_not_equivariant() -> None:
    net, x = network(7, 3, 1), CLOUDS["generic"]
    assert (net(x[None]) - net((x @ orthogonal(0, True).T)[None])).abs().max() > 1e-2


@pytest.mark.parametrize(("group", "size"), [("O(3)", 8), ("SO(3)", 4), ("E(2)", 4), ("SE(2)", 2), ("SO(2)", 2)])
def test_frame_sizes(group: str, size: int) -> None:
    d = int(group[-2])
    poses = EuclideanFrame(group).compute(
        torch.linalg.qr(draw(3, 9, d) - draw(3, 9, d).mean(1, keepdim=True))[0] * torch.arange(1.0, d + 1, dtype=DOUBLE)
    )
    assert poses.sizes.tolist() == [size] * 3
    torch.testing.assert_close(poses.weights.sum(1), torch.ones(3, dtype=DOUBLE))
    eye = poses.elements.mT @ poses.elements
    torch.testing.assert_close(eye, torch.eye(d, dtype=DOUBLE).expand_as(eye))
    if group.startswith("S"):
        assert bool((torch.linalg.det(poses.elements) > 0).all())


def test_five_dimensions_by_principal_axes() -> None:
    x = draw(2, 12, 5)
    model = FrameAverage(network(12, 5, 5), "O(5)", output="vectors", degenerate="error")
    r = orthogonal(3, False, 5)
    torch.testing.assert_close(model(x @ r.T), model(x) @ r.T, atol=1e-12, rtol=0)
    with pytest.raises(InputError, match="offered in 2 and 3 dimensions"):
        EuclideanFrame("O(5)", "block")


def test_an_equivariant_network_is_left_as_it_is() -> None:
    def phi(x: torch.Tensor) -> torch.Tensor:
        return (x * (x**2).sum(-1, keepdim=True)).sum(1)

    for name in ("generic", "cube", "hexagon", "line"):
        x = CLOUDS[name][None]
        torch.testing.assert_close(FrameAverage(phi, "O(3)", output="vectors")(x), phi(x), atol=1e-12, rtol=1e-12)
    once = FrameAverage(network(7, 3, 3), "O(3)", output="vectors")
    x = CLOUDS["generic"][None]
    torch.testing.assert_close(FrameAverage(once, "O(3)", output="vectors")(x), once(x), atol=1e-12, rtol=0)


def test_moments_of_a_cube() -> None:
    def power(k: int):
        return lambda x: x[:, 0, 0] ** k

    x = CUBE[None]
    for policy in ("weighted", "blend"):
        # The frame is stable under the group of the cube, which acts irreducibly: <x^2> = |x|^2 / 3 = 1.
        assert FrameAverage(power(1), "O(3)", degenerate=policy)(x).item() == pytest.approx(0.0, abs=1e-14)
        assert FrameAverage(power(2), "O(3)", degenerate=policy)(x).item() == pytest.approx(1.0, abs=1e-12)
        assert FrameAverage(power(4), "O(3)", degenerate=policy)(x).item() == pytest.approx(7 / 3, abs=1e-12)
    poses = EuclideanFrame("O(3)", "weighted").compute(x)
    assert poses.sizes.tolist() == [96]  # 48 ordered pairs that are not parallel, and their mirror images
    assert poses.degenerate.tolist() == [True]


def test_vectors_of_symmetric_clouds() -> None:
    torch.manual_seed(1)
    each = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)).double()
    model = FrameAverage(lambda x: each(x).sum(1), "O(3)", output="vectors")
    for name in ("cube", "octahedron", "hexagon"):
        assert model(CLOUDS[name][None]).abs().max() < 1e-12
    along = torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE)
    out = model(CLOUDS["line"][None])[0]
    assert torch.linalg.cross(out, along).abs().max() < 1e-12
    assert out.norm() > 1e-3
    assert (
        FrameAverage(lambda x: each(x).sum(1), "E(3)", output="vectors")(CLOUDS["all alike"][None]).abs().max() < 1e-12
    )


@pytest.mark.parametrize("policy", ["blend", "weighted"])
def test_continuous_where_principal_axes_jump(policy: str) -> None:
    model = FrameAverage(network(8, 3, 1), "O(3)", degenerate=policy)

    def oscillation(size: float) -> float:
        values = []
        for k in range(24):
            a = torch.tensor(2 * torch.pi * k / 24)
            # A symmetric strain of fixed size whose direction turns through the degenerate plane.
            strain = torch.zeros(3, 3, dtype=DOUBLE)
            strain[0, 0], strain[1, 1], strain[0, 1], strain[1, 0] = a.cos(), -a.cos(), a.sin(), a.sin()
            values.append(model((CUBE + size * CUBE @ strain)[None]).item())
        return max(values) - min(values)

    sizes = [oscillation(e) for e in (1e-3, 1e-5, 1e-7)]
    assert sizes[0] > 1e-9
    for larger, smaller in pairwise(sizes):
        assert larger / smaller == pytest.approx(100.0, rel=0.1)


@pytest.mark.parametrize("policy", ["blend", "weighted", "error"])
@pytest.mark.parametrize("kind", ["scalars", "vectors"])
def test_gradients_through_the_frame(policy: str, kind: str) -> None:
    model = FrameAverage(
        network(5, 3, OUTPUTS[kind]), "SO(3)", output=kind, degenerate=policy, differentiable_frame=True
    )
    x = draw(2, 5, 3, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(model, (x,), atol=1e-7)


@pytest.mark.parametrize("policy", ["blend", "weighted"])
def test_forces_are_conservative(policy: str) -> None:
    x = draw(3, 6, 3, seed=7).requires_grad_()
    through = FrameAverage(network(6, 3, 1), "E(3)", degenerate=policy, differentiable_frame=True)
    (force,) = torch.autograd.grad(through(x).sum(), x)
    # Invariance under rotations and translations: no total torque, no total force.
    assert torch.linalg.cross(x, force).sum(1).abs().max() < 1e-12
    assert force.sum(1).abs().max() < 1e-12
    detached = FrameAverage(network(6, 3, 1), "E(3)", degenerate=policy)
    (other,) = torch.autograd.grad(detached(x).sum(), x)
    assert (other - force).abs().max() > 1e-3


def test_gradients_stay_finite_at_a_degenerate_cloud() -> None:
    x = torch.stack([CUBE, CLOUDS["tetragonal box"], draw(8, 3)]).requires_grad_()
    model = FrameAverage(network(8, 3, 1), "O(3)", differentiable_frame=True)
    (grad,) = torch.autograd.grad(model(x).sum(), x)
    assert bool(torch.isfinite(grad).all())


def test_padding_and_masses() -> None:
    each = torch.nn.Linear(3, 3).double()

    def phi(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return (torch.tanh(each(x)) * mask[..., None]).sum(1)

    model = FrameAverage(phi, "E(3)", output="vectors")
    x = draw(1, 5, 3)
    padded = torch.cat([x, 1e6 * torch.ones(1, 3, 3, dtype=DOUBLE)], dim=1)
    mask = torch.tensor([[True] * 5 + [False] * 3])
    bare = model(x, mask=torch.ones(1, 5, dtype=torch.bool))
    torch.testing.assert_close(model(padded, mask=mask), bare, atol=1e-12, rtol=0)
    # A point of mass 2 and two equal points of mass 1 give the same poses.
    masses = torch.tensor([[2.0, 1.0, 1.0, 1.0]], dtype=DOUBLE)
    frame = EuclideanFrame("SE(3)")
    heavy = frame.compute(x[:, :4], masses=masses)
    double = frame.compute(torch.cat([x[:, :1], x[:, :4]], dim=1))
    torch.testing.assert_close(heavy.centroid, double.centroid)
    turn = heavy.elements[0].mT @ double.elements[0][:1]
    assert float((turn.abs() - torch.eye(3, dtype=DOUBLE)).abs().amax((1, 2)).min()) < 1e-10


def test_typed_inputs_and_outputs_by_name() -> None:
    net = network(8, 3, 3)

    def phi(x: torch.Tensor, v: torch.Tensor, charge: torch.Tensor, edges: list) -> dict[str, torch.Tensor]:
        y = net(torch.cat([x, v], dim=1)) * charge
        return {"energy": y.sum(1), "push": y, "where": x[:, 0] + y}

    model = FrameAverage(
        phi,
        "SE(3)",
        {"x": "points", "v": "vectors", "charge": "scalars"},
        {"energy": "scalars", "push": "vectors", "where": "points"},
    )
    x, v, q = draw(2, 4, 3), draw(2, 4, 3, seed=1), draw(2, 1, seed=2)
    r, t = orthogonal(2, True), draw(3, seed=9)
    before = model(x, v, charge=q, edges=[(0, 1)])
    after = model(x=x @ r.T + t, v=v @ r.T, charge=q, edges=[(0, 1)])
    for key, kind in (("energy", "scalars"), ("push", "vectors"), ("where", "points")):
        torch.testing.assert_close(after[key], moved(before[key], kind, r, t), atol=1e-12, rtol=0)


def test_one_pose_a_step_while_training_is_right_in_the_mean() -> None:
    model = FrameAverage(network(5, 3, 1), "O(3)", stochastic_train=True)
    x = draw(1, 5, 3)
    whole = model.eval()(x).item()
    torch.manual_seed(0)
    model.train()
    with torch.no_grad():
        some = model(x.repeat(4000, 1, 1)).squeeze(1)
    assert len(set(some.round(decimals=10).tolist())) == 8
    assert some.mean().item() == pytest.approx(whole, abs=5 * float(some.std()) / 4000**0.5)


def test_chunks_and_what_is_shared() -> None:
    class Pairs(torch.nn.Module):
        calls = 0

        def shared(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            Pairs.calls += 1
            return {"distances": torch.cdist(x, x)}

        def forward(self, x: torch.Tensor, distances: torch.Tensor) -> torch.Tensor:
            torch.testing.assert_close(distances, torch.cdist(x, x), atol=1e-10, rtol=0)
            return (x[..., 0] ** 3).sum(1) * distances.sum((1, 2))

    x = draw(5, 6, 3)
    whole, pieces = FrameAverage(Pairs(), "E(3)"), FrameAverage(Pairs(), "E(3)", chunk=3)
    torch.testing.assert_close(whole(x), pieces(x))
    assert Pairs.calls == 2


def test_block_policy_is_approximate_and_says_by_how_much() -> None:
    exact, rough = (FrameAverage(network(8, 3, 1), "O(3)", degenerate=p) for p in ("weighted", "block"))
    x = CLOUDS["tetragonal box"][None]
    found = rough.spread(x)
    assert found.poses.tolist() == [96]
    assert found.spread.item() > 0
    r = orthogonal(1, True)
    off = (rough(x @ r.T) - rough(x)).abs().item()
    assert 1e-14 < off < found.spread.item()
    # For a polynomial of low degree the turns within a block are exact: <x^2> over the frame is invariant.
    square = FrameAverage(lambda y: y[:, 0, 0] ** 2, "O(3)", degenerate="block")
    torch.testing.assert_close(square(x @ r.T), square(x), atol=1e-12, rtol=0)
    assert exact.spread(x).spread.item() > 0


def test_warn_and_error_policies() -> None:
    x = torch.stack([CUBE, draw(8, 3)])
    with pytest.raises(DegenerateCloudError, match=r"clouds 0 \(gap"):
        FrameAverage(network(8, 3, 1), "O(3)", degenerate="error")(x)
    with pytest.warns(UserWarning, match="1 clouds have nearly equal"):
        FrameAverage(network(8, 3, 1), "O(3)", degenerate="warn")(x)


def test_large_degenerate_clouds_are_thinned_continuously_or_refused() -> None:
    x = draw(60, 3, seed=2)
    x = x - x.mean(0)
    values, vectors = torch.linalg.eigh(x.T @ x)
    white = (x @ vectors / values.sqrt())[None]  # all eigenvalues equal
    model = FrameAverage(network(60, 3, 1), "SO(3)", max_frames=200)
    poses = model.average.frame.compute(white)
    assert 1 < int(poses.sizes) <= 200
    r = orthogonal(4, True)
    torch.testing.assert_close(model(white @ r.T), model(white), atol=1e-10, rtol=0)
    ring = torch.arange(40, dtype=DOUBLE) * 2 * torch.pi / 40
    circle = torch.stack([ring.cos(), ring.sin()], 1)[None]
    with pytest.raises(InputError, match="max_frames leaves room for 8"):
        FrameAverage(network(40, 2, 1), "SO(2)", max_frames=8)(circle)


def test_single_precision() -> None:
    x = CLOUDS["generic"].float()
    model = FrameAverage(network(7, 3, 3).float(), "E(3)", output="vectors")
    r = orthogonal(0, False).float()
    assert model(x[None]).dtype == torch.float32
    torch.testing.assert_close(model((x @ r.T + 3.0)[None]), model(x[None]) @ r.T, atol=1e-5, rtol=0)


def test_local_frames_turn_with_the_cloud() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(21, 3)).double()
    model = LocalFrameAverage(net, "O(3)", k=7, output="vectors")
    x, r = draw(2, 30, 3), orthogonal(6, False)
    torch.testing.assert_close(model(x @ r.T + 5.0), model(x) @ r.T, atol=1e-11, rtol=0)
    with pytest.raises(InputError, match=r"choose O\(d\) or SO\(d\)"):
        LocalFrameAverage(net, "SE(3)")
    with pytest.raises(InputError, match="from 1 to that many"):
        LocalFrameAverage(net, "O(3)", k=31)(x)


def test_groups_and_actions_stand_for_their_names() -> None:
    net, x, r = network(7, 3, 1), draw(2, 7, 3), orthogonal(8, True)
    by_name = FrameAverage(net, "SO(3)")(x)
    for group in (SO(3), tensor_action("points", "SO(3)"), tensor_action("vectors", "SO(3)")):
        torch.testing.assert_close(FrameAverage(net, group)(x @ r.T), by_name, atol=1e-12, rtol=0)


def test_plane_frames_and_sampled_error() -> None:
    for group in ("O(2)", "SE(2)"):
        model = FrameAverage(network(6, 2, 2), group, output="vectors")
        x = torch.stack([draw(6, 2), HEXAGON[:, :2], torch.ones(6, 2, dtype=DOUBLE), draw(6, 1) * torch.ones(1, 2)])
        r = orthogonal(5, group.startswith("S"), 2)
        torch.testing.assert_close(model(x @ r.T), model(x) @ r.T, atol=1e-11, rtol=0)
    model = FrameAverage(network(7, 3, 3), "SE(3)", output="vectors")
    assert model.equivariance_error(draw(4, 7, 3)) < 1e-12


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: FrameAverage(3, "O(3)"), InputTypeError, "the backbone is a int"),
        (lambda: FrameAverage(abs, "O(3)", output="vektors"), UnknownNameError, "did you mean 'vectors'"),
        (lambda: FrameAverage(abs, "O(3)", degenerate="blended"), UnknownNameError, "did you mean 'blend'"),
        (lambda: FrameAverage(abs, "O(1)"), UnknownNameError, "d >= 2"),
        (lambda: FrameAverage(abs, "O(3)", max_frames=0), InputError, "max_frames is 0"),
        (lambda: FrameAverage(abs, "O(3)", {"v": "vectors"}), InputError, "no input is of type 'points'"),
        (lambda: EuclideanFrame("O(3)").compute(draw(2, 5, 2)), ShapeError, r"shape \(2, 5, 2\)"),
        (lambda: EuclideanFrame("O(3)").compute(torch.zeros(2, 5, 3, dtype=torch.int64)), InputTypeError, "int64"),
        (lambda: EuclideanFrame("O(3)").compute(draw(1, 2, 3) / 0.0), NonFiniteError, "point 0 of cloud 0"),
        (
            lambda: EuclideanFrame("E(3)").compute(draw(2, 4, 3), torch.tensor([[True] * 4, [False] * 4])),
            InputError,
            "cloud 1 has no points",
        ),
        (lambda: FrameAverage(lambda x: x.sum(), "E(3)")(draw(2, 4, 3)), ShapeError, "first axis must be the 16 poses"),
        (
            lambda: FrameAverage(lambda x: x[:, 0, :2], "E(3)", output="vectors")(draw(2, 4, 3)),
            ShapeError,
            r"shape \(16, 2\); vectors in 3",
        ),
        (lambda: FrameAverage(abs, "E(3)")(), InputTypeError, "'x' is missing"),
    ],
)
def test_bad_input(call, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_mistakes_of_a_first_call() -> None:
    x = draw(2, 5, 3)
    with pytest.raises(ShapeError, match=r"give a single cloud as x\[None\]"):
        FrameAverage(network(5, 3, 1))(x[0])
    with pytest.raises(InputError, match=r"8 poses for E\(3\), more than max_frames = 4"):
        FrameAverage(network(5, 3, 1), max_frames=4)
    assert FrameAverage(network(5, 3, 1), max_frames=4, samples=2)(x).shape == (2, 1)
    with pytest.raises(InputTypeError, match="give types by name"):
        FrameAverage(network(5, 3, 1), inputs=["points"])  # type: ignore[arg-type]
    cube = torch.tensor(list(product((-1.0, 1.0), repeat=3)), dtype=DOUBLE)
    with pytest.raises(InputError, match=r"48 sets of points.*leaves room for 32"):
        FrameAverage(network(8, 3, 1), "E(3)", max_frames=64)(cube[None])


def test_padding_may_weigh_nothing_but_points_may_not() -> None:
    x, masses = draw(2, 5, 3), draw(2, 5).abs() + 0.1
    mask = torch.ones(2, 5, dtype=torch.bool)
    mask[1, 4] = False
    frame = EuclideanFrame("SE(3)")
    padded = torch.where(mask, masses, torch.zeros_like(masses))
    assert torch.equal(frame.compute(x, mask, padded).axes, frame.compute(x, mask, masses).axes)
    with pytest.raises(InputError, match="mass of point 4 of cloud 1 is 0"):
        frame.compute(x, None, padded)


def test_gradients_by_function_transforms() -> None:
    model = FrameAverage(network(5, 3, 1), "E(3)", differentiable_frame=True)
    x = draw(2, 5, 3).requires_grad_()
    plain = torch.autograd.grad(model(x).sum(), x)[0]
    torch.testing.assert_close(torch.func.grad(lambda z: model(z).sum())(x.detach()), plain)
