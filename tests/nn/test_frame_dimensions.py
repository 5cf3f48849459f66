"""Weighted frames in four dimensions, clouds of every rank, and the same weights by a second route in three."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError  # noqa: E402
from symmeter.nn.frames import EuclideanFrame, FrameAverage  # noqa: E402
from symmeter.nn.frames.pair_frames import weighted_axes  # noqa: E402
from symmeter.nn.frames.tuple_frames import signed_permutations, tuple_axes  # noqa: E402

DOUBLE = torch.float64


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def orthogonal(d: int, proper: bool, seed: int) -> torch.Tensor:
    q = torch.linalg.qr(draw(d, d, seed=seed))[0]
    return q if (torch.linalg.det(q) > 0) == proper else q * torch.tensor([-1.0] + [1.0] * (d - 1), dtype=DOUBLE)


CROSS = torch.cat([torch.eye(4, dtype=DOUBLE), -torch.eye(4, dtype=DOUBLE)])
CLOUDS = {
    "generic": draw(8, 4),
    "cross polytope": CROSS,
    "three dimensions": draw(8, 3) @ draw(3, 4, seed=1),
    "a plane": draw(8, 2) @ draw(2, 4, seed=2),
    "a line": draw(8, 1) @ draw(1, 4, seed=3),
    "one place": torch.ones(8, 1, dtype=DOUBLE) * draw(1, 4, seed=4),
}
SIZES = {"scalars": 2, "vectors": 4, "pseudovectors": 4, "tensors": 16}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("group", ["O(4)", "SO(4)", "E(4)", "SE(4)"])
def test_exact_in_four_dimensions(name: str, group: str) -> None:
    proper = group.startswith("S")
    for kind, size in SIZES.items():
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(32, 16), torch.nn.Tanh(), torch.nn.Linear(16, size)
        ).double()
        phi = (lambda x, net=net: net(x).unflatten(1, (4, 4))) if kind == "tensors" else net
        model = FrameAverage(phi, group, output=kind, max_frames=2000)
        r = orthogonal(4, proper, seed=7)
        t = draw(4, seed=8) if "E" in group else torch.zeros(4, dtype=DOUBLE)
        with torch.no_grad():
            before, after = model(CLOUDS[name][None]), model((CLOUDS[name] @ r.T + t)[None])
        sign = torch.linalg.det(r) if kind == "pseudovectors" else 1.0
        if kind == "tensors":
            want = r @ before @ r.T
        else:
            want = before if kind == "scalars" else sign * (before @ r.T)
        torch.testing.assert_close(after, want, atol=1e-11, rtol=0)


def test_a_vector_of_a_planar_cloud_in_four_dimensions_lies_in_its_plane() -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(32, 4)).double()
    plane = draw(2, 4, seed=2)
    found = FrameAverage(net, "SO(4)", output="vectors")((draw(8, 2) @ plane)[None])[0]
    basis = torch.linalg.qr(plane.T)[0]
    assert (found - basis @ (basis.T @ found)).abs().max() < 1e-13
    assert found.norm() > 1e-3


@pytest.mark.parametrize("proper", [True, False])
def test_pairs_are_the_tuples_of_three_dimensions(proper: bool) -> None:
    y, mass = draw(3, 6, 3), draw(3, 6, seed=1).abs() + 0.1

    def mean(listed: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
        axes, weight, cloud = listed
        # Tuples have their axes in the order e1, e2, e3 of Gram and Schmidt, and so have pairs.
        z = (y[cloud] @ axes).flatten(1)
        powers = torch.arange(1, z.shape[1] + 1, dtype=DOUBLE)
        return torch.zeros(3, dtype=DOUBLE).index_add(0, cloud, weight * torch.sin(z * powers).sum(1))

    torch.testing.assert_close(
        mean(tuple_axes(y, mass, 2, proper, 10_000)), mean(weighted_axes(y, mass, proper, 10_000)), atol=1e-12, rtol=0
    )


@pytest.mark.parametrize("proper", [True, False])
@pytest.mark.parametrize("m", [2, 3, 4])
def test_signed_permutations_average_tensors_of_rank_two_as_all_turns_do(m: int, proper: bool) -> None:
    every = signed_permutations(m, proper)
    tensor = np.random.default_rng(0).standard_normal((m, m))
    found = np.einsum("gij,jk,glk->il", every, tensor, every) / len(every)
    want = np.trace(tensor) / m * np.eye(m)
    if m == 2 and proper:
        want = want + (tensor[0, 1] - tensor[1, 0]) / 2 * np.array([[0, 1], [-1, 0]])
    np.testing.assert_allclose(found, want, atol=1e-14)
    np.testing.assert_allclose(every.mean(0), 0, atol=1e-15)


def test_gradients_of_weighted_frames_in_four_dimensions() -> None:
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(20, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    ).double()
    model = FrameAverage(net, "SO(4)", degenerate="weighted", differentiable_frame=True)
    assert torch.autograd.gradcheck(model, (draw(1, 5, 4).requires_grad_(),), atol=1e-6)


def test_sizes_and_limits() -> None:
    assert EuclideanFrame("O(5)").compute(draw(2, 9, 5) * torch.arange(1.0, 6.0)).sizes.tolist() == [32, 32]
    assert EuclideanFrame("SO(4)").compute(draw(1, 9, 4) * torch.arange(1.0, 5.0)).sizes.tolist() == [8]
    # Six of the eight vertices, three at a time and no two opposite: 8 * 6 * 4 orders.
    assert EuclideanFrame("SO(4)", "weighted").compute(CROSS[None]).sizes.tolist() == [192]
    with pytest.raises(InputError, match="ordered choices of 3"):
        EuclideanFrame("O(4)", "weighted", most=10).compute(draw(1, 80, 4))


@pytest.mark.parametrize("group", ["O(4)", "SE(4)"])
def test_nearly_flat_clouds_lose_no_digits(group: str) -> None:
    x = torch.cat([draw(6, 1, seed=5), 1e-5 * draw(6, 3, seed=6)], dim=1)
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(24, 8), torch.nn.Tanh(), torch.nn.Linear(8, 4)
    ).double()
    model = FrameAverage(net, group, output="vectors", degenerate="weighted")
    r = orthogonal(4, True, 7)
    # Coordinates of size 1 are rounded, which turns directions of size 1e-5 by 1e-11.
    torch.testing.assert_close(model((x @ r.T)[None]), model(x[None]) @ r.T, atol=1e-9, rtol=0)


def test_gradients_of_weights_in_four_dimensions() -> None:
    x = draw(1, 5, 4, seed=8).requires_grad_()
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(20, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    model = FrameAverage(net, "SE(4)", degenerate="weighted", differentiable_frame=True)
    assert torch.autograd.gradcheck(model, (x,))
