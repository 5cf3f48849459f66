"""Affine convolutions: definitions by loops, Gaussian oracles, exact permutations, errors that fall as they must."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy.linalg import sqrtm  # noqa: E402
from torch import nn  # noqa: E402

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups.lie import SL, SO  # noqa: E402
from symmeter.nn.affine import (  # noqa: E402
    AffineResNet,
    GroupConv1d,
    GroupConv2d,
    GroupConv3d,
    GroupSampler,
    GroupSamples,
    Lift1d,
    Lift2d,
    Lift3d,
    Project1d,
    Project2d,
    Project3d,
    polar,
)
from symmeter.nn.affine.convolution import window  # noqa: E402

F64 = torch.float64


class Gaussian(nn.Module):
    """exp(-u^T B u / 2)."""

    def __init__(self, B: list[list[float]]) -> None:
        super().__init__()
        self.register_buffer("B", torch.tensor(B, dtype=F64))

    def forward(self, u: torch.Tensor, c: torch.Tensor | None = None) -> torch.Tensor:
        return torch.exp(-torch.einsum("...i,ij,...j->...", u, self.B, u) / 2)[..., None]


def blob(points: torch.Tensor, A: torch.Tensor) -> torch.Tensor:
    return torch.exp(-torch.einsum("...i,ij,...j->...", points, A, points) / 2)


def lifted(A: torch.Tensor, x: torch.Tensor, h: list[list[float]], size: int = 161, extent: float = 7.0) -> float:
    """One output of a lifting layer for a Gaussian image, by a window of so many pixels around x."""
    samples = GroupSamples.of("gl2", torch.tensor([h], dtype=F64))
    lift = Lift2d(
        1,
        1,
        size,
        sampler=GroupSampler("gl2", 1),
        kernel=Gaussian([[2.0, -0.3], [-0.3, 1.0]]),
        mask="none",
        bias=False,
        extent=extent,
    )
    # The pixels of the window are at x + u.
    image = blob(x + window(size, 2, extent), A).reshape(1, 1, size, size)
    return float(lift(image, samples)) * (2 * extent / size) ** 2


A = torch.tensor([[1.0, 0.2], [0.2, 0.5]], dtype=F64)
H = [[1.2, 0.4], [-0.1, 0.9]]
X = torch.tensor([0.3, -0.7], dtype=F64)
G = torch.tensor([[0.8, -0.5], [0.3, 1.1]], dtype=F64)


def closed_form(A: torch.Tensor, x: torch.Tensor, h: torch.Tensor) -> float:
    back = torch.linalg.inv(h)
    C = back.mT @ torch.tensor([[2.0, -0.3], [-0.3, 1.0]], dtype=F64) @ back
    inner = torch.linalg.inv(torch.linalg.inv(A) + torch.linalg.inv(C))
    size = 2 * math.pi / (abs(float(torch.linalg.det(h))) * math.sqrt(float(torch.linalg.det(A + C))))
    return size * math.exp(-float(x @ inner @ x) / 2)


def test_lifting_a_gaussian_is_known_to_ten_digits() -> None:
    assert closed_form(A, X, torch.tensor(H, dtype=F64)) == pytest.approx(2.3744488679, abs=5e-11)
    assert lifted(A, X, H) == pytest.approx(2.3744488679, abs=1e-9)


def test_lifting_the_moved_gaussian_gives_the_moved_value() -> None:
    back = torch.linalg.inv(G)
    moved = back.mT @ A @ back
    left = lifted(moved, X, H)
    right = lifted(A, back @ X, (back @ torch.tensor(H, dtype=F64)).tolist())
    assert left == pytest.approx(2.2444285540, abs=1e-9)
    assert right == pytest.approx(2.2444285540, abs=1e-9)


# -- the definitions, by loops ----------------------------------------------------------------------------------------


def slow_coordinates(g: np.ndarray, basis: np.ndarray) -> np.ndarray:
    P = np.real(sqrtm(g @ g.T))
    R = np.linalg.solve(P, g)
    values, vectors = np.linalg.eigh(P)
    log_p = vectors @ np.diag(np.log(values)) @ vectors.T
    theta = np.arctan2(R[1, 0], R[0, 0])
    both = log_p + theta * np.array([[0, -1], [1, 0]])
    return np.einsum("aij,ij->a", basis, both) / np.einsum("aij,aij->a", basis, basis)


def slow_mask(layer, u: np.ndarray, c: np.ndarray | None) -> float:
    if layer.mask == "hard":
        return float(u @ u <= 1)
    square = u @ u + (0 if c is None else c @ c)
    return 1 / (1 + math.exp(-2 * (1 - math.sqrt(square))))


@pytest.mark.parametrize("name", ["sl2", "gl2"])
@pytest.mark.parametrize("rank", [None, 2])
def test_the_three_layers_are_their_definitions(name: str, rank: int | None) -> None:
    torch.manual_seed(0)
    k, n_in, n_out, n = 3, 2, 3, 3
    sampler = GroupSampler(name, n, measure="haar", radius=0.8, mode="frozen", seed=1)
    lift = Lift2d(1, n_in, k, sampler=sampler, width=5, bias=False).double()
    conv = GroupConv2d(n_in, n_out, k, sampler=sampler, width=5, rank=rank).double()
    project = Project2d(n_out, 2, k, sampler=sampler, width=5).double()
    nn.init.normal_(conv.bias)
    image = torch.randn(1, 1, 7, 7, dtype=F64)
    field = lift(image)
    after = conv(field)
    out = project(after)
    s, basis = sampler.draw(), np.array(sampler.group.group.basis)
    g, w = s.elements.numpy(), s.weights.numpy()
    u = window(k, 2).numpy()
    for i in range(n):
        for row, col in ((0, 0), (4, 2)):
            patch = image[0, 0, row : row + k, col : col + k].reshape(-1).numpy()
            total = np.zeros(n_in)
            for t in range(k * k):
                v = np.linalg.inv(g[i]) @ u[t]
                values = lift.kernel(torch.from_numpy(v), None).detach().numpy()
                total += patch[t] * values * slow_mask(lift, v, None)
            np.testing.assert_allclose(field[0, :, i, row, col].detach(), total / np.linalg.det(g[i]), atol=1e-12)
    for i in range(n):
        for row, col in ((0, 0), (2, 1)):
            total = np.zeros(n_out)
            for j in range(n):
                c = slow_coordinates(np.linalg.inv(g[i]) @ g[j], basis)
                for t in range(k * k):
                    v = np.linalg.inv(g[i]) @ u[t]
                    f = field[0, :, j, row + t // k, col + t % k].detach().numpy()
                    if rank is None:
                        kernel = conv.kernel(torch.from_numpy(v), torch.from_numpy(c)).detach().numpy()
                        kernel = kernel.reshape(n_out, n_in) * slow_mask(conv, v, c)
                    else:
                        a = conv.kernel(torch.from_numpy(v), None).detach().numpy().reshape(n_out, rank)
                        b = conv.mixing(None, torch.from_numpy(c)).detach().numpy().reshape(rank, n_out, n_in)
                        kernel = np.einsum("or,roi->oi", a, b) * slow_mask(conv, v, None)
                    total += w[j] / np.linalg.det(g[j]) * kernel @ f
            np.testing.assert_allclose(
                after[0, :, i, row, col].detach(), total + conv.bias.detach().numpy(), atol=1e-12
            )
    total = np.zeros(2)
    for j in range(n):
        for t in range(k * k):
            v = np.linalg.inv(g[j]) @ u[t]
            kernel = project.kernel(torch.from_numpy(v), None).detach().numpy().reshape(2, n_out)
            total += (
                w[j]
                / np.linalg.det(g[j])
                * slow_mask(project, v, None)
                * kernel
                @ after[0, :, j, t // k, t % k].detach().numpy()
            )
    np.testing.assert_allclose(out[0, :, 0, 0].detach(), total, atol=1e-12)


def test_kernels_of_moved_pairs_are_equal_in_their_group_coordinate() -> None:
    sampler = GroupSampler("gl2", 5, seed=0)
    s = sampler.draw()
    moved = s.moved(G)
    torch.testing.assert_close(moved.relative(), s.relative(), atol=1e-12, rtol=0)
    torch.testing.assert_close(moved.to(torch.float32).relative().double(), s.relative(), atol=1e-5, rtol=0)
    conv = GroupConv2d(2, 3, 5, sampler=sampler, width=6, mask="none").double()
    conv.points = torch.zeros_like(conv.points)  # the group coordinate alone
    torch.testing.assert_close(conv.kernel_values(moved, moved), conv.kernel_values(s, s), atol=1e-11, rtol=0)


# -- exact moves of the grid ------------------------------------------------------------------------------------------


def chain(sampler: GroupSampler, rank: int | None = None) -> tuple[Lift2d, GroupConv2d, Project2d]:
    torch.manual_seed(1)
    lift = Lift2d(2, 3, 5, sampler=sampler, width=8, padding="same")
    conv = GroupConv2d(3, 4, 5, sampler=sampler, width=8, rank=rank)
    return lift, conv, Project2d(4, 2, 3, sampler=sampler, width=8)


@pytest.mark.parametrize("name", ["sl2", "gl2", "so2", "CO+(2)"])
@pytest.mark.parametrize("rank", [None, 2])
@pytest.mark.parametrize("measure", ["haar", "lognormal"])
def test_quarter_turns_permute_the_output_for_a_closed_set(name: str, rank: int | None, measure: str) -> None:
    sampler = GroupSampler(name, 8, turns=4, mode="frozen", seed=0, measure=measure, radius=0.7)
    lift, conv, project = chain(sampler, rank)
    x = torch.randn(2, 2, 16, 16)
    turned = torch.rot90(x, 1, (-2, -1))
    one, two = conv(lift(x)), conv(lift(turned))
    assert (two - one).abs().max() > 0.1
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=F64)
    place = torch.cdist((turn @ sampler.elements).flatten(1), sampler.elements.flatten(1)).argmin(1)
    wanted = torch.empty_like(one)
    wanted[:, :, place] = torch.rot90(one, 1, (-2, -1))
    torch.testing.assert_close(two, wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(project(two), torch.rot90(project(one), 1, (-2, -1)), atol=1e-5, rtol=0)


def test_any_samples_that_move_along_make_quarter_turns_exact() -> None:
    sampler = GroupSampler("gl2", 5, seed=3)
    lift, conv, project = (m.double() for m in chain(sampler))
    x = torch.randn(1, 2, 14, 14, dtype=F64)
    s = sampler.draw()
    moved = s.moved(torch.tensor([[0.0, -1.0], [1.0, 0.0]]))
    one = project(conv(lift(x, s), s), s)
    two = project(conv(lift(torch.rot90(x, 1, (-2, -1)), moved), moved), moved)
    torch.testing.assert_close(two, torch.rot90(one, 1, (-2, -1)), atol=1e-13, rtol=0)


def turn_of_the_cube(x: torch.Tensor) -> torch.Tensor:
    """Quarter turn about z, the first axis of a volume."""
    return torch.rot90(x, 1, (-2, -1))


@pytest.mark.parametrize("name", ["so3", "sl3", "gl3"])
def test_volumes_turn_exactly_with_samples_that_move_along(name: str) -> None:
    torch.manual_seed(0)
    sampler = GroupSampler(name, 4, seed=0)
    lift = Lift3d(1, 2, 3, sampler=sampler, width=6).double()
    conv = GroupConv3d(2, 2, 3, sampler=sampler, width=6).double()
    project = Project3d(2, 1, 3, sampler=sampler, width=6).double()
    x = torch.randn(1, 1, 8, 8, 8, dtype=F64)
    s = sampler.draw()
    about_z = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]], dtype=F64)
    # About x: y goes to z and z to -y; y runs against its axis, z along it.
    about_x = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=F64)
    one = project(conv(lift(x, s), s), s)
    for g, turn in ((about_z, turn_of_the_cube), (about_x, lambda t: torch.rot90(t, -1, (-2, -3)))):
        m = s.moved(g)
        two = project(conv(lift(turn(x), m), m), m)
        torch.testing.assert_close(two, turn(one), atol=1e-13, rtol=0)
    assert (two - one).abs().max() > 1e-3


def test_the_24_rotations_of_a_cube_permute_their_samples() -> None:
    from symmeter.groups import point_group

    turns = np.real(point_group("O").matrices)
    sampler = GroupSampler(SL(3), 24, turns=turns, mode="frozen", seed=0)
    lift = Lift3d(1, 2, 3, sampler=sampler, width=6)
    project = Project3d(2, 1, 3, sampler=sampler, width=6)
    x = torch.randn(1, 1, 7, 7, 7)
    torch.testing.assert_close(
        project(lift(torch.rot90(x, 1, (-2, -1)))), torch.rot90(project(lift(x)), 1, (-2, -1)), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("name", ["sl2", "scale1", "so3"])
def test_shifts_of_a_torus_are_exact(name: str) -> None:
    torch.manual_seed(0)
    sampler = GroupSampler(name, 3, mode="frozen", seed=0)
    n = sampler.group.space_dimension
    lift, conv, project = (
        {1: Lift1d, 2: Lift2d, 3: Lift3d}[n],
        {1: GroupConv1d, 2: GroupConv2d, 3: GroupConv3d}[n],
        {1: Project1d, 2: Project2d, 3: Project3d}[n],
    )
    options = {"sampler": sampler, "width": 6, "padding": "same", "padding_mode": "circular"}
    layers = nn.Sequential(lift(1, 2, 3, **options), conv(2, 2, 3, **options), project(2, 1, 3, **options)).double()
    x = torch.randn(1, 1, *[7] * n, dtype=F64)
    moved = torch.roll(x, (2,) * n, tuple(range(-n, 0)))
    torch.testing.assert_close(layers(moved), torch.roll(layers(x), (2,) * n, tuple(range(-n, 0))), atol=1e-13, rtol=0)


def test_zeros_around_normalised_fields_break_shifts_and_a_torus_does_not() -> None:
    x = torch.rand(2, 1, 16, 16)
    moved = torch.roll(x, (2, 2), (-2, -1))
    torch.manual_seed(0)
    options = {"width": 3, "samples": 3, "padding": "same", "kernel_width": 8, "hidden": 8, "mode": "frozen", "seed": 0}
    torus = AffineResNet("sl2", padding_mode="circular", **options).eval().double()
    assert (torus(x.double()) - torus(moved.double())).abs().max() < 1e-12
    zeros = AffineResNet("sl2", **options).eval().double()
    assert (zeros(x.double()) - zeros(moved.double())).abs().max() > 1e-6


# -- errors of the grid and of sampling fall ---------------------------------------------------------------------------


def smooth_image(size: int, extent: float, g: torch.Tensor | None = None) -> torch.Tensor:
    """Three blobs on [-extent, extent]^2, moved by g exactly and not by interpolation."""
    p = window(size, 2, extent)
    p = p if g is None else p @ torch.linalg.inv(g).mT
    total = torch.zeros(len(p), dtype=F64)
    for x, y, s in ((0.3, 0.2, 6.0), (-0.4, 0.1, 9.0), (0.1, -0.5, 4.0)):
        total += torch.exp(-s * (p - torch.tensor([x, y], dtype=F64)).square().sum(1))
    return total.reshape(1, 1, size, size)


def test_the_grid_error_of_affine_moves_falls_with_resolution() -> None:
    """Lift, convolve, project at the centre pixel: samples move along, so that only quadrature on pixels is left."""
    torch.manual_seed(0)
    sampler = GroupSampler("gl2", 4, seed=2, variance=0.02)
    options = {"sampler": sampler, "width": 6, "mask": "smooth", "first": 1.0, "hidden": 1.0}
    layers = [
        Lift2d(1, 2, 5, **options).double(),
        GroupConv2d(2, 2, 5, **options).double(),
        Project2d(2, 1, 5, **options).double(),
    ]
    # Fade the kernels out inside their window, which cuts moved kernels at another place.
    for layer in layers:
        network = layer.kernel
        layer.kernel = Faded(network)
    s = sampler.draw()
    moved = s.moved(G)
    errors = []
    for k in (5, 11, 23):
        lift, conv, project = (m.at_size(k) for m in layers)
        size = 3 * k - 2
        extent = size / k  # pixels of side 2 / k
        still = project(conv(lift(smooth_image(size, extent), s), s), s)
        there = project(conv(lift(smooth_image(size, extent, G), moved), moved), moved)
        errors.append(float((there - still).detach().abs() / still.detach().abs()))
    assert errors[1] < errors[0] / 3
    assert errors[2] < errors[1] / 3
    assert errors[2] < 1e-3


class Faded(nn.Module):
    """A kernel times a bump that vanishes with its derivatives well inside the window."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, u: torch.Tensor, c: torch.Tensor | None = None) -> torch.Tensor:
        return self.inner(u, c) * torch.exp(-12 * u.square().sum(-1, keepdim=True))


def test_the_error_of_rotations_falls_with_the_number_of_angles() -> None:
    torch.manual_seed(0)
    c, si = math.cos(0.35), math.sin(0.35)
    g = torch.tensor([[c, -si], [si, c]], dtype=F64)
    k, errors = 15, []
    for n in (2, 4, 8):
        torch.manual_seed(0)
        sampler = GroupSampler("so2", n)
        options = {"sampler": sampler, "width": 8, "mask": "smooth", "first": 3.0, "hidden": 3.0}
        layers = [
            Lift2d(1, 2, k, **options).double(),
            GroupConv2d(2, 2, k, angle="circle", **options).double(),
            Project2d(2, 1, k, **options).double(),
        ]
        for layer in layers:
            layer.kernel = Faded(layer.kernel)
        lift, conv, project = layers
        size = 3 * k - 2
        still, there = (project(conv(lift(smooth_image(size, size / k, m)))) for m in (None, g))
        errors.append(float((there - still).detach().abs() / still.detach().abs()))
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[1] / 2


# -- networks ---------------------------------------------------------------------------------------------------------


def test_the_published_network_has_its_shapes_and_runs_in_3d() -> None:
    from symmeter.nn.affine.presets import PRESETS

    assert PRESETS["affnist"].network["width"] == 40
    assert PRESETS["affnist"].network["samples"] == 10
    net = AffineResNet(width=4, samples=3).eval()
    assert net.fields(torch.zeros(1, 1, 40, 40)).shape == (1, 4, 3, 14, 14)
    assert net.lift.bias is None
    solid = AffineResNet("sl3", width=2, samples=2, kernel_size=3, kernel_width=6, hidden=8).eval()
    assert solid(torch.rand(1, 1, 12, 12, 12)).shape == (1, 10)
    assert AffineResNet("so2", width=2, samples=4, stages=3, padding="same").eval().features(
        torch.rand(1, 1, 24, 24)
    ).shape == (1, 2, 6, 6)


def test_all_weights_of_a_network_get_gradients() -> None:
    for options in ({}, {"rank": 2}, {"kernel": "wire"}, {"angle": "circle", "mask": "smooth"}):
        net = AffineResNet("gl2", width=2, samples=3, kernel_width=6, hidden=4, **options)
        net(torch.rand(2, 1, 20, 20)).square().sum().backward()
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())
        assert all(float(p.grad.abs().max()) > 0 for n, p in net.named_parameters() if n.endswith("weight"))


def test_averaging_over_draws_approaches_invariance() -> None:
    torch.manual_seed(0)
    net = AffineResNet("sl2", width=3, samples=4, kernel_width=8, hidden=8, points="stratified").eval()
    x = torch.rand(4, 1, 20, 20)
    seeds = [net.averaged(x, 1, seed=k) for k in range(8)]
    many = [net.averaged(x, 16, seed=100 * k) for k in range(8)]
    assert torch.stack(many).std(0).mean() < 0.5 * torch.stack(seeds).std(0).mean()


@pytest.mark.parametrize("rank", [None, 1])
def test_autocast_leaves_coordinates_and_kernels_precise(rank: int | None) -> None:
    net = AffineResNet("gl2", width=2, samples=3, kernel_width=6, hidden=4, rank=rank, seed=0, mode="frozen").eval()
    x = torch.rand(1, 1, 20, 20)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.isfinite(net(x)).all()
        inside = net.lift.kernel_values(net.sampler.draw())
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, net.lift.kernel_values(net.sampler.draw()), atol=0, rtol=0)
    assert net.sampler.current.relative().dtype == torch.float64


def test_bad_input_has_one_clear_line() -> None:
    lift = Lift2d(1, 2, 5, group="sl2", samples=3)
    conv = GroupConv2d(2, 2, 5, sampler=lift.sampler)
    cases = [
        (lambda: Lift2d(1, 2, 1, group="sl2"), InputError, "kernel_size of Lift2d is 1"),
        (lambda: Lift2d(1, 2, 5, group="sl3"), ShapeError, "2 axes, but SL\\(3,R\\) moves 3"),
        (lambda: Lift3d(1, 2, 5, group=SO(2)), ShapeError, "3 axes"),
        (lambda: Lift1d(1, 2, 5, group="gl2"), ShapeError, "1 axes"),
        (lambda: Lift2d(1, 2, 5), InputError, "group= .* or sampler="),
        (lambda: Lift2d(1, 2, 5, sampler=lift.sampler, variance=1.0), InputError, "variance belongs to the sampler"),
        (lambda: Lift2d(0, 2, 5, group="sl2"), InputError, "in_channels"),
        (lambda: Lift2d(1, 2, 5, group="sl2", kernel="sirn"), UnknownNameError, "did you mean 'siren'"),
        (lambda: Lift2d(1, 2, 4, group="sl2", padding="same"), InputError, "odd kernel_size"),
        (lambda: Lift2d(1, 2, 5, group="sl2", mask="soft"), UnknownNameError, "mask"),
        (lambda: Lift2d(1, 2, 5, group="sl2", padding_mode="zero"), UnknownNameError, "did you mean 'zeros'"),
        (lambda: Lift2d(1, 2, 5, group="sl2", support=0.0), InputError, "support of Lift2d is 0.0"),
        (lambda: GroupConv2d(1, 2, 5, group="sl2", rank=0), InputError, "rank is 0"),
        (lambda: lift(torch.zeros(1, 2, 9, 9)), ShapeError, r"\(B, 1, H, W\); got \(1, 2, 9, 9\)"),
        (lambda: lift(torch.zeros(1, 1, 4, 9)), ShapeError, "4 pixels"),
        (lambda: lift("image"), InputTypeError, "str"),
        (lambda: conv(torch.zeros(1, 2, 4, 9, 9)), ShapeError, r"\(B, 2, 3, H, W\)"),
        (lambda: Lift2d(1, 2, 5, sampler="sl2"), InputTypeError, "the sampler of Lift2d is a str"),
        (lambda: AffineResNet(stages=0), InputError, "stages is 0"),
        (lambda: AffineResNet("sl2", 2, 2, hidden=0), InputError, "hidden is 0"),
        (lambda: AffineResNet("sl2", 2, 2, dropout=2.0), InputError, "dropout is 2.0"),
        (lambda: AffineResNet("sl2", 2, 2).averaged(torch.zeros(1, 1, 20, 20), 0), InputError, "draws is 0"),
        (lambda: AffineResNet("sl2", 2, 2, stages=5).eval()(torch.zeros(1, 1, 12, 12)), ShapeError, "pixels"),
    ]
    for call, error, text in cases:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["so2", "sl2", "gl2", "CO+(2)"])
def test_the_circle_replaces_the_angle_and_does_not_jump(name: str) -> None:
    conv = GroupConv2d(1, 2, 3, group=name, samples=2, angle="circle", width=6, mask="none").double()
    group = conv.group
    near = []
    for angle in (math.pi - 1e-9, -math.pi + 1e-9):
        c, s = math.cos(angle), math.sin(angle)
        seen = conv._seen(group.coordinates(torch.tensor([[c, -s], [s, c]], dtype=F64)))
        np.testing.assert_allclose(seen[-2:], [c, s], atol=1e-12)
        near.append(seen)
    assert len(near[0]) == group.coordinate_dimension + 1
    torch.testing.assert_close(*near, atol=1e-8, rtol=0)
    assert conv.kernel.of_coordinates.in_features == len(near[0])


def test_polar_is_the_layer_coordinate() -> None:
    s = GroupSampler("sl2", 4, seed=0).draw()
    X_, R = polar(s.inverses[1] @ s.elements[2])
    basis = torch.from_numpy(np.array(SL(2).basis))
    c = s.relative()[1, 2]
    theta = torch.atan2(R[1, 0], R[0, 0])
    both = X_ + theta * torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=F64)
    torch.testing.assert_close(torch.tensordot(c, basis, dims=1), both)
