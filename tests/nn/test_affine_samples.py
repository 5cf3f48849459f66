"""Samples of groups: pairs, weights, invariance of the integrals they stand for, and what they refuse."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import (  # noqa: E402
    InputError,
    InputTypeError,
    NotAGroupElementError,
    SampleSizeError,
    ShapeError,
    UnknownNameError,
)
from symmeter.groups.lie import SL, SU, Affine, O, embed  # noqa: E402
from symmeter.nn.affine import (  # noqa: E402
    AffineResNet,
    ChartGroup,
    DecomposedGroup,
    GroupSampler,
    GroupSamples,
    decomposed_group,
    holding_samples,
)
from symmeter.nn.affine.samples import POINTS  # noqa: E402

NAMES = ("gl2", "sl2", "so2", "scale2", "scales2", "CO+(2)", "gl3", "sl3", "so3", "scale1")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("measure", ["lognormal", "haar"])
def test_elements_are_members_with_their_inverses_and_weights(name: str, points: str, measure: str) -> None:
    sampler = GroupSampler(name, 8, points=points, measure=measure, radius=1.2, seed=3)
    s = sampler.draw()
    one = torch.eye(sampler.group.space_dimension, dtype=torch.float64)
    assert (s.elements @ s.inverses - one).abs().max() < 1e-14
    assert (s.elements.float() @ s.inverses.float() - one).abs().max() < 1e-6
    assert bool(sampler.group.group.contains(s.elements.numpy()).all())
    assert float(s.weights.sum()) == pytest.approx(1, abs=1e-14)
    assert bool((s.weights > 0).all())


def test_equidistant_angles_hold_the_identity_and_not_both_ends() -> None:
    for n in (1, 2, 5, 6, 10):
        angle = GroupSampler("so2", n).draw().group.coordinates(GroupSampler("so2", n).draw().elements)[:, 0].numpy()
        turns = np.sort(np.mod(angle, 2 * np.pi))
        np.testing.assert_allclose(turns, 2 * np.pi * np.arange(n) / n, atol=1e-12)


def test_angles_can_be_bounded_and_turned() -> None:
    bound = math.radians(30)
    angle = GroupSampler("so2", 6, max_angle=bound).draw().relative()[0, :, 0]
    s = GroupSampler("gl2", 6, max_angle=bound, angles="turned").draw()
    assert float(angle.max() - angle.min()) == pytest.approx(2 * bound * 5 / 6)
    from symmeter.nn.affine import polar

    R = polar(s.elements)[1]
    assert float(torch.atan2(R[:, 1, 0], R[:, 0, 0]).abs().max()) <= bound


def test_haar_weights_give_the_ball_law_of_sl2() -> None:
    """|g|^2 is uniform on [2, rho] under Haar measure of SL(2) in the ball |g|^2 <= rho, rho = 2 cosh(sqrt 2 r)."""
    radius = math.acosh(5) / math.sqrt(2)
    s = GroupSampler("sl2", 40_000, measure="haar", radius=radius, points="sobol", angles="points", seed=1).draw()
    q = s.elements.square().sum((1, 2))
    for at, exact in ((3, 1 / 8), (4, 2 / 8), (6, 4 / 8), (8, 6 / 8)):
        assert float(s.weights[q <= at].sum()) == pytest.approx(exact, abs=2e-3)
    flat = float((q <= 6).double().mean())  # without the weights: Lebesgue measure of X
    assert flat == pytest.approx(0.5916, abs=3e-3)


def test_haar_integrals_are_left_invariant_and_lognormal_ones_are_not() -> None:
    """f(h g) and f(g) have the same integral; h as in the dossier: a stretch, a shear, a quarter turn."""
    M = torch.tensor([[1.0, 0.3], [-0.2, 0.8]], dtype=torch.float64)
    moves = [np.eye(2), np.diag([1.5, 1 / 1.5]), np.array([[1, 0.8], [0, 1]]), np.array([[0.0, -1], [1, 0]])]

    def integrals(measure: str) -> np.ndarray:
        s = GroupSampler("sl2", 60_000, measure=measure, radius=2.6, points="sobol", angles="points", seed=5).draw()
        # The mass of the ball: 2 integrals over X, against dX dR.
        values = [
            (s.weights * torch.exp(-(torch.from_numpy(h) @ s.elements - M).square().sum((1, 2)))).sum() for h in moves
        ]
        return np.array([float(v) for v in values])

    haar = integrals("haar")
    # In dX dtheta units: the mass of the ball is 2 pi times the integral of sinh(2x)/(2x) over the disc.
    r = 2.6 / math.sqrt(2)
    mass = 2 * math.pi * math.pi * (math.cosh(2 * r) - 1) / 2
    np.testing.assert_allclose(haar * mass, [1.618, 1.610, 1.616, 1.621], atol=0.015)
    assert np.ptp(haar) < 0.01 * haar.mean()
    lognormal = integrals("lognormal")
    assert np.ptp(lognormal) > 0.05 * lognormal.mean()


@pytest.mark.parametrize("points", POINTS[1:])
def test_stratified_and_quasi_random_points_have_less_variance(points: str) -> None:
    def spread(kind: str) -> float:
        draws = []
        for k in range(200):
            s = GroupSampler("sl2", 16, points=kind, seed=k, variance=0.3).draw()
            draws.append(float((s.weights * s.elements.square().sum((1, 2))).sum()))
        return float(np.var(draws))

    assert spread(points) < 0.6 * spread("random")


def test_turns_make_a_set_that_rotations_permute() -> None:
    s = GroupSampler("gl2", 12, turns=4, seed=0).draw()
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    apart = torch.cdist((turn @ s.elements).flatten(1), s.elements.flatten(1))
    assert apart.min(1).values.max() < 1e-14
    assert sorted(apart.argmin(1).tolist()) == list(range(12))


def test_modes() -> None:
    torch.manual_seed(0)
    redrawn, frozen = GroupSampler("sl2", 4), GroupSampler("sl2", 4, mode="frozen", seed=1)
    assert not torch.equal(redrawn.draw().elements, redrawn.draw().elements)
    assert torch.equal(frozen.draw().elements, frozen.draw().elements)
    assert torch.equal(GroupSampler("sl2", 4, mode="frozen", seed=1).elements, frozen.elements)
    assert frozen.double().float().elements.dtype == torch.float64
    again = GroupSampler("sl2", 4, mode="frozen", seed=2)
    again.load_state_dict(frozen.state_dict())
    assert torch.equal(again.elements, frozen.elements)
    assert torch.equal(redrawn.freeze(7).draw().elements, redrawn.draw().elements)
    seeded = [GroupSampler("sl2", 4, seed=9) for _ in range(2)]
    first = [s.draw().elements for s in seeded]
    assert torch.equal(*first)
    assert not torch.equal(first[0], seeded[0].draw().elements)


@pytest.mark.parametrize("name", ["sl2", "gl2", "so2", "gl3"])
def test_jitter_moves_kept_samples_by_one_element_in_training_alone(name: str) -> None:
    torch.manual_seed(0)
    sampler = GroupSampler(name, 5, mode="frozen", jitter=0.2, seed=1)
    kept = sampler.eval().draw()
    assert torch.equal(sampler.draw().elements, kept.elements)
    one, two = (sampler.train().draw() for _ in range(2))
    assert not torch.equal(one.elements, two.elements)
    for drawn in (one, two):
        moves = drawn.elements @ kept.inverses
        torch.testing.assert_close(moves, moves[:1].expand_as(moves), atol=1e-12, rtol=0)
        assert bool(sampler.group.group.contains(moves[0].numpy()))
        torch.testing.assert_close(drawn.relative(), kept.relative(), atol=1e-12, rtol=0)
        unit = torch.eye(sampler.group.space_dimension, dtype=torch.float64)
        assert (drawn.elements @ drawn.inverses - unit).abs().max() < 1e-13
    torch.manual_seed(0)
    again = GroupSampler(name, 5, mode="frozen", jitter=0.2, seed=1)
    assert torch.equal(again.draw().elements, one.elements)


def test_jittered_learned_samples_still_get_gradients() -> None:
    net = AffineResNet("gl2", width=2, samples=3, mode="learned", jitter=0.1, seed=0, kernel_width=6, hidden=4)
    net(torch.rand(2, 1, 20, 20)).square().sum().backward()
    gradient = net.sampler.coordinates.grad
    assert torch.isfinite(gradient).all()
    assert float(gradient.abs().max()) > 0


def test_learned_samples_get_gradients_and_can_be_copied() -> None:
    net = AffineResNet("sl2", width=2, samples=3, mode="learned", seed=0, kernel_width=6, hidden=4)
    net(torch.rand(2, 1, 20, 20)).square().sum().backward()
    gradient = net.sampler.coordinates.grad
    assert torch.isfinite(gradient).all()
    assert float(gradient.abs().max()) > 0
    copy.deepcopy(net)


def test_holding_keeps_and_releases() -> None:
    net = AffineResNet("sl2", width=2, samples=3, kernel_width=6, hidden=4).eval()
    x = torch.rand(1, 1, 20, 20)
    with holding_samples(net, seed=1):
        a, b = net(x), net(x)
        assert torch.equal(a, b)
    with holding_samples(net, seed=1):
        assert torch.equal(a, net(x))
    assert not torch.equal(net(x), net(x))
    assert torch.equal(net.averaged(x, 3), net.averaged(x, 3))


class Shears:
    """A user's own group: [[1, t], [0, 1]], with t drawn evenly or normally."""

    name = "shears"
    space_dimension = 2
    coordinate_dimension = 1
    cube_dimension = 1

    def coordinates(self, g: torch.Tensor) -> torch.Tensor:
        return g[..., 0, 1:]

    def drawn(self, u: np.ndarray, measure: str, radius: float | None, variance: float):
        from scipy.special import ndtri

        t = ndtri(u[:, 0]) * variance**0.5 if measure == "lognormal" else (2 * u[:, 0] - 1) * (radius or 1.0)
        g = np.tile(np.eye(2), (len(t), 1, 1))
        g[:, 0, 1] = t
        back = g.copy()
        back[:, 0, 1] *= -1
        return g, back, np.full(len(t), 1 / len(t))


def test_a_user_group_can_be_plugged_in() -> None:
    group = Shears()
    assert isinstance(group, DecomposedGroup)
    net = AffineResNet(group, width=2, samples=3, kernel_width=6, hidden=4, points="sobol")
    assert net(torch.rand(2, 1, 20, 20)).shape == (2, 10)
    relative = GroupSampler(group, 4, seed=0).draw().relative()[..., 0]
    torch.testing.assert_close(relative, -relative.T)


def test_a_group_of_the_ground_floor_without_polar_coordinates() -> None:
    turning = ChartGroup(embed(decomposed_group("so2").group, 3, [0, 1]))
    s = GroupSampler(turning, 5, seed=0).draw()
    assert s.relative().shape == (5, 5, 1)
    assert (s.elements[:, 2, 2] == 1).all()


def test_bad_input_has_one_clear_line() -> None:
    cases = [
        (lambda: GroupSampler("sl2", 0), SampleSizeError, "number of samples is 0"),
        (lambda: GroupSampler("sl2", measure="haar"), InputError, "finite radius"),
        (lambda: GroupSampler("sl2", measure="har"), UnknownNameError, "did you mean 'haar'"),
        (lambda: GroupSampler("sl2", variance=-1), InputError, "variance is -1"),
        (lambda: GroupSampler("sl2", variance="small"), InputError, "variance is small"),
        (lambda: GroupSampler("sl2", seed="a"), InputError, "seed is 'a'"),
        (lambda: GroupSampler("sl2", turns="four"), InputError, "turns are rotations"),
        (lambda: GroupSampler("sl2", measure="haar", radius=math.inf), InputError, "radius is inf"),
        (lambda: GroupSampler("sl3", 6, turns=3), InputError, "rotations of the plane"),
        (lambda: GroupSampler("sl2", 6, turns=4), InputError, "no multiple of the 4 turns"),
        (lambda: GroupSampler("sl3", max_angle=0.3), InputError, "angles of the plane"),
        (lambda: decomposed_group("slx"), UnknownNameError, "gl2, sl2"),
        (lambda: decomposed_group(SU(2)), InputTypeError, "complex"),
        (lambda: decomposed_group(O(2)), InputError, "2 components"),
        (lambda: decomposed_group(3), InputTypeError, "the group is a int"),
        (lambda: GroupSamples.of("sl2", torch.eye(3)[None]), ShapeError, r"\(N, 2, 2\)"),
        (lambda: GroupSamples.of("sl2", 2 * torch.eye(2)[None]), NotAGroupElementError, "determinant 1"),
        (lambda: GroupSamples.of(Shears(), [[[1.0, 0], [0, 0]]]), NotAGroupElementError, "matrix 0 of 1"),
        (lambda: GroupSamples.of("sl2", torch.eye(2)[None], [-1.0]), InputError, "weights"),
        (lambda: GroupSampler(Shears(), mode="learned"), InputError, "polar coordinates"),
        (lambda: GroupSampler(Shears(), mode="frozen", jitter=0.1), InputError, "polar coordinates"),
        (lambda: GroupSampler("sl2", jitter=0.1), InputError, "elements that are kept"),
        (lambda: GroupSampler("sl2", mode="frozen", jitter=-0.1), InputError, "jitter is -0.1"),
    ]
    for call, error, text in cases:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert decomposed_group(Affine(SL(2))).name == "SL(2,R)"
