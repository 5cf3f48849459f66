"""Clouds on a line or at one place: other vectors decide the turn, gradients turn too, and rounding hides nothing."""

from __future__ import annotations

from itertools import product

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, NonFiniteError, ShapeError  # noqa: E402
from symmeter.nn.frames import EuclideanFrame, FrameAverage, LocalFrameAverage  # noqa: E402
from symmeter.nn.frames.cloud_spectrum import cloud_spectrum  # noqa: E402
from symmeter.nn.frames.eigenvectors import DegenerateCloudError, eigenvectors  # noqa: E402

DOUBLE = torch.float64
ALONG = torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def orthogonal(seed: int, proper: bool) -> torch.Tensor:
    q = torch.linalg.qr(draw(3, 3, seed=seed))[0]
    return q if (torch.linalg.det(q) > 0) == proper else -q


def network(n: int, out: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(3 * n, 24), torch.nn.Tanh(), torch.nn.Linear(24, out)
    ).double()


#: Positions and vectors of two particles; two points are always on a line.
PAIRS = {
    "generic": (draw(3, 2, 3), draw(3, 2, 3, seed=1)),
    "at one place": (torch.ones(1, 2, 3, dtype=DOUBLE) * ALONG, draw(1, 2, 3, seed=2)),
    "at one place, one direction": (torch.ones(1, 2, 3, dtype=DOUBLE), draw(1, 2, 1, seed=3) * ALONG),
    "one direction": (draw(1, 2, 1, seed=4) * ALONG, draw(1, 2, 1, seed=5) * ALONG),
    "at rest": (draw(1, 2, 3, seed=6), torch.zeros(1, 2, 3, dtype=DOUBLE)),
    "nothing": (torch.zeros(1, 2, 3, dtype=DOUBLE), torch.zeros(1, 2, 3, dtype=DOUBLE)),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("group", "kind"),
    [
        *product(["O(3)", "SO(3)", "E(3)", "SE(3)"], ["vectors", "pseudovectors"]),
        ("E(3)", "points"),
        ("SE(3)", "points"),
    ],
)
def test_vectors_beside_two_particles(name: str, group: str, kind: str) -> None:
    x, v = PAIRS[name]
    r = orthogonal(9, group.startswith("S"))
    t = draw(3, seed=7) if "E" in group else torch.zeros(3, dtype=DOUBLE)
    sign = torch.linalg.det(r)
    turned = v @ r.T * (sign if kind == "pseudovectors" else 1.0) + (t if kind == "points" else 0.0)
    net = network(4, 3)
    for output in ("scalars", "vectors", "pseudovectors"):
        model = FrameAverage(lambda a, b: net(torch.cat([a, b], 1)), group, {"x": "points", "v": kind}, output)
        with torch.no_grad():
            before, after = model(x, v), model(x @ r.T + t, turned)
        want = before if output == "scalars" else before @ r.T * (sign if output == "pseudovectors" else 1.0)
        torch.testing.assert_close(after, want, atol=1e-10, rtol=0)


def test_tensors_of_a_line_are_refused_and_of_other_clouds_are_not() -> None:
    model = FrameAverage(lambda x, t: x[:, 0, 0] + t[:, 0, 1], "E(3)", {"x": "points", "t": "tensors"})
    with pytest.raises(InputError, match="its tensors 't'"):
        model(draw(1, 2, 3), draw(1, 3, 3))
    r = orthogonal(3, False)
    x, t = draw(2, 6, 3), draw(2, 3, 3, seed=1)
    torch.testing.assert_close(model(x @ r.T, r @ t @ r.T), model(x, t), atol=1e-11, rtol=0)


@pytest.mark.parametrize("differentiable", [True, False])
def test_forces_on_a_line_point_along_it(differentiable: bool) -> None:
    x = (torch.linspace(-1, 2, 4, dtype=DOUBLE)[:, None] * ALONG)[None].requires_grad_()
    model = FrameAverage(network(4, 1), "E(3)", differentiable_frame=differentiable)
    (force,) = torch.autograd.grad(model(x).sum(), x)
    assert torch.linalg.cross(force[0], ALONG.expand(4, 3)).abs().max() < 1e-12
    assert force.norm() > 1e-3


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-20, 1e20, 1e170, 1e300])
def test_clouds_of_extreme_size(scale: float) -> None:
    net, x, r = network(5, 3), draw(2, 5, 3), orthogonal(2, False)
    model = FrameAverage(lambda y: net(y / scale), "E(3)", output="vectors")
    torch.testing.assert_close(model(scale * x @ r.T), model(scale * x) @ r.T, atol=1e-12, rtol=0)
    assert EuclideanFrame("O(3)").compute(scale * x).sizes.tolist() == [8, 8]


def test_a_line_far_away_is_still_a_line() -> None:
    line = torch.linspace(-1, 2, 6, dtype=DOUBLE)[:, None] * ALONG
    far = line + torch.tensor([1e6, -2e6, 3e6], dtype=DOUBLE)
    assert cloud_spectrum(torch.stack([line, far]), None, True).ranks.tolist() == [1, 1]
    single = (line + 100.0).float()[None]
    assert cloud_spectrum(single, None, True).ranks.tolist() == [1]
    place = torch.full((1, 7, 3), 0.1, dtype=DOUBLE) + 1e5
    assert cloud_spectrum(place, None, True).ranks.tolist() == [0]
    assert cloud_spectrum(draw(3, 6, 3), None, True).ranks.tolist() == [3, 3, 3]


def test_padding_may_hold_anything_and_points_may_not() -> None:
    x = draw(1, 5, 3)
    padded = torch.cat([x, torch.full((1, 2, 3), torch.nan, dtype=DOUBLE)], 1)
    mask = torch.tensor([[True] * 5 + [False] * 2])
    a, b = EuclideanFrame("E(3)").compute(x), EuclideanFrame("E(3)").compute(padded, mask)
    torch.testing.assert_close(a.axes.abs(), b.axes.abs())
    torch.testing.assert_close(a.centroid, b.centroid)
    with pytest.raises(NonFiniteError, match="1 points are NaN or infinite, the first is point 5 of cloud 0"):
        EuclideanFrame("E(3)").compute(padded, torch.tensor([[True] * 6 + [False]]))
    with pytest.raises(InputError, match="mass of point 0 of cloud 0 is inf"):
        EuclideanFrame("E(3)").compute(x, masses=torch.full((1, 5), torch.inf, dtype=DOUBLE))


def test_eigenvectors_have_the_right_derivatives_or_none() -> None:
    a = draw(3, 4, 4)
    a = (a + a.mT).requires_grad_()

    def symmetric(m: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values, vectors = eigenvectors((m + m.mT) / 2)
        # Signs of eigenvectors are free.
        return values, vectors[..., :, None, :] * vectors[..., None, :, :]

    assert torch.autograd.gradcheck(symmetric, (a,))
    assert torch.autograd.gradgradcheck(symmetric, (a,))
    equal = torch.diag(torch.tensor([1.0, 2.0, 2.0 + 1e-9], dtype=DOUBLE))[None].requires_grad_()
    eigenvectors(equal)[0].sum().backward()
    torch.testing.assert_close(equal.grad, torch.eye(3, dtype=DOUBLE)[None])
    with pytest.raises(DegenerateCloudError, match="nearly equal eigenvalues"):
        eigenvectors(equal)[1][0, 0, 1].backward()


def test_arbitrary_axes_give_no_gradient() -> None:
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=DOUBLE)] * 3)[None].requires_grad_()
    model = FrameAverage(network(8, 1), "O(3)", degenerate="warn", differentiable_frame=True)
    with pytest.warns(UserWarning, match="arbitrary"):
        y = model(corners)
    with pytest.raises(DegenerateCloudError, match="use degenerate='blend'"):
        y.sum().backward()


def test_one_pose_each_and_samples() -> None:
    frame = EuclideanFrame("O(3)", "weighted").compute(draw(50, 6, 3))
    for seed in range(5):
        one = frame.one_each(torch.Generator().manual_seed(seed))
        assert one.sizes.tolist() == [1] * 50
    again = frame.one_each(torch.Generator().manual_seed(4))
    torch.testing.assert_close(one.axes, again.axes, atol=0, rtol=0)
    x = draw(4, 8, 3, seed=1)
    whole = FrameAverage(network(8, 1), "O(3)", degenerate="weighted")(x)
    some = FrameAverage(network(8, 1), "O(3)", degenerate="weighted", samples=60, max_frames=100).spread(x)
    assert some.poses.tolist() == [60] * 4
    off = (some.value - whole).abs().squeeze(1) / some.standard_error
    assert off.max() < 5
    exact = FrameAverage(network(8, 1), "O(3)", samples=60, max_frames=100).spread(x)
    assert exact.poses.tolist() == [8] * 4
    assert exact.standard_error.tolist() == [0.0] * 4


def test_an_edge_list_is_constant_whatever_the_batch() -> None:
    edges = torch.tensor([[0, 1, 2], [1, 2, 0]])

    def phi(x: torch.Tensor, edges: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        assert edges.shape == (2, 3)
        return (x[:, edges[0]] * x[:, edges[1]])[..., 0].sum(1) * lengths.sum(1)

    def lengths(x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        return (x[:, edges[0]] - x[:, edges[1]]).norm(dim=-1)

    model = FrameAverage(phi, "SE(3)", {"x": "points", "edges": "constant"}, shared={"lengths": lengths})
    x, r = draw(2, 3, 3), orthogonal(1, True)
    torch.testing.assert_close(model(x @ r.T + 1.0, edges), model(x, edges), atol=1e-12, rtol=0)


def test_several_outputs_have_a_sampled_error() -> None:
    net = network(4, 3)

    def phi(x: torch.Tensor, v: torch.Tensor) -> dict[str, torch.Tensor]:
        y = net(torch.cat([x, v], 1))
        return {"where": y, "energy": y.sum(1)}

    model = FrameAverage(phi, "E(3)", {"x": "points", "v": "vectors"}, {"where": "points", "energy": "scalars"})
    x, v = PAIRS["generic"]
    assert model.equivariance_error(x, v=v) < 1e-12
    assert model.equivariance_error(x=x, v=v) < 1e-12
    with pytest.raises(ShapeError, match="its first axis must be the batch of 3"):
        model(x, v[:2])


def test_neighbours_that_are_equally_far_are_all_taken() -> None:
    grid = torch.cartesian_prod(*[torch.arange(3, dtype=DOUBLE)] * 3)[None]
    torch.manual_seed(0)
    each = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()

    def pooled(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return (each(x) * mask[..., None]).sum(1)

    model, r = LocalFrameAverage(pooled, "O(3)", k=6, output="vectors"), orthogonal(5, False)
    found = model(grid @ r.T)
    torch.testing.assert_close(found, model(grid) @ r.T, atol=1e-11, rtol=0)
    # The middle of the grid is a centre of symmetry.
    assert found[0, 13].abs().max() < 1e-12
    with pytest.raises(InputError, match="more are equally far"):
        LocalFrameAverage(lambda x: each(x).sum(1), "O(3)", k=6, output="vectors")(grid)
    padded = torch.cat([draw(1, 20, 3), torch.zeros(1, 4, 3, dtype=DOUBLE)], 1)
    mask = torch.arange(24)[None] < 20
    cut = model(padded, mask)
    torch.testing.assert_close(cut[:, :20], model(padded[:, :20]), atol=1e-12, rtol=0)
    assert cut[:, 20:].abs().max() == 0
