"""Cyclic shifts and circles: few elements, read off phases, and exact averages for every stabiliser."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import symmeter as sm  # noqa: E402
from symmeter.errors import InputError, NonFiniteError, ShapeError  # noqa: E402
from symmeter.groups import LieAlgebra  # noqa: E402
from symmeter.nn.frames import FrameAverage, ShiftAverage, TorusAverage  # noqa: E402
from symmeter.nn.frames.shift_average import shift_weights  # noqa: E402
from symmeter.nn.frames.torus_average import integer_charges  # noqa: E402
from symmeter.representations import FlowAction  # noqa: E402

DOUBLE, COMPLEX = torch.float64, torch.complex128


def draw(*shape: int, seed: int = 0, dtype: torch.dtype = DOUBLE) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def network(n: int, out: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(n, 16), torch.nn.Tanh(), torch.nn.Linear(16, out)
    ).double()


def signals(n: int) -> torch.Tensor:
    at = torch.arange(n, dtype=DOUBLE)
    return torch.stack(
        [
            draw(n),
            torch.ones(n, dtype=DOUBLE),
            torch.zeros(n, dtype=DOUBLE),
            at % 2,
            torch.cos(2 * torch.pi * 2 * at / n),
            1 + 1e-4 * draw(n, seed=1),
            1 + 1e-7 * draw(n, seed=2),
            (at == 0).to(DOUBLE),
        ]
    )


@pytest.mark.parametrize("n", [1, 2, 5, 6, 12, 16])
@pytest.mark.parametrize("output", ["scalars", "same"])
def test_exact_for_every_period(n: int, output: str) -> None:
    model, x = ShiftAverage(network(n, n), output=output), signals(n)
    with torch.no_grad():
        before = model(x)
        for s in range(n):
            want = before.roll(s, -1) if output == "same" else before
            torch.testing.assert_close(model(x.roll(s, -1)), want, atol=2e-12, rtol=0)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("complex_", [False, True])
def test_weights_move_with_the_signal(threshold: float, complex_: bool) -> None:
    x = draw(3, 2, 12, dtype=COMPLEX if complex_ else DOUBLE)
    w = shift_weights(x, threshold=threshold)
    torch.testing.assert_close(w.sum(1), torch.ones(3, dtype=DOUBLE))
    for s in (1, 5):
        torch.testing.assert_close(shift_weights(x.roll(s, -1), threshold=threshold), w.roll(s, -1), atol=1e-13, rtol=0)
    torch.testing.assert_close(shift_weights(x.flip(1), threshold=threshold), w)


def test_a_few_shifts_instead_of_all() -> None:
    x = torch.cos(2 * torch.pi * (torch.arange(60, dtype=DOUBLE) + 0.3) / 60)[None] + 0.1 * draw(1, 60)
    assert ShiftAverage(network(60, 1)).frame(x).sizes.tolist() == [2]


def test_continuous_where_a_coefficient_vanishes_and_where_two_are_equal() -> None:
    model = ShiftAverage(network(12, 1))
    at = torch.arange(12, dtype=DOUBLE)
    one, two = torch.cos(2 * torch.pi * at / 12), torch.cos(2 * torch.pi * 3 * at / 12 + 1.0)
    for base in (one, one + two, two + one * 0.75):
        sizes = []
        for step in (1e-3, 1e-5, 1e-7):
            near = base + step * draw(40, 12, seed=3)
            sizes.append((model(near) - model(base[None])).abs().max().item())
        assert sizes[0] > 1e-6
        assert sizes[1] < 3e-2 * sizes[0]
        assert sizes[2] < 3e-2 * sizes[1]


def test_pictures_are_shifted_along_both_axes() -> None:
    x = draw(3, 2, 5, 6)
    net = network(60, 60)
    model = FrameAverage(lambda v: net(v).unflatten(1, (2, 5, 6)), "shifts", output="same")
    moved = model(x.roll((2, -1), (-2, -1)))
    torch.testing.assert_close(moved, model(x).roll((2, -1), (-2, -1)), atol=1e-12, rtol=0)
    assert model.equivariance_error(x) < 1e-13
    assert FrameAverage(network(6, 1), "shifts(1)").equivariance_error(draw(4, 6)) < 1e-13
    assert sm.nn.equivariance_error(net, x, sm.nn.tensor_action("pixels", "shifts", like=x), "scalars") > 1e-2


def test_the_whole_average_is_the_projection() -> None:
    # A network that is equivariant already, a convolution, stays what it is.
    kernel = draw(12)

    def phi(x: torch.Tensor) -> torch.Tensor:
        return torch.fft.ifft(torch.fft.fft(x) * torch.fft.fft(kernel)).real

    x = signals(12)
    torch.testing.assert_close(ShiftAverage(phi, output="same")(x), phi(x), atol=1e-12, rtol=0)
    once = ShiftAverage(network(12, 12), output="same")
    torch.testing.assert_close(ShiftAverage(once, output="same")(x), once(x), atol=1e-12, rtol=0)


def test_gradients_through_the_shifts() -> None:
    model = ShiftAverage(network(8, 1), differentiable_frame=True, threshold=0.3)
    assert torch.autograd.gradcheck(model, (draw(2, 8, seed=5).requires_grad_(),), atol=1e-6)


def test_stochastic_training_and_chunks() -> None:
    x = draw(1, 12)
    model = ShiftAverage(network(12, 1), stochastic_train=True, threshold=0.3)
    whole = model.eval()(x).item()
    torch.testing.assert_close(ShiftAverage(model.backbone, threshold=0.3, chunk=1)(x), model(x))
    torch.manual_seed(0)
    with torch.no_grad():
        some = model.train()(x.repeat(4000, 1))
    assert some.std() > 1e-3
    assert some.mean().item() == pytest.approx(whole, abs=5 * float(some.std()) / 4000**0.5)


@pytest.mark.parametrize("charges", [[1, 2, 3], [2, 4, 0], [3, -2, 5], [[1, 0], [0, 2], [1, 1], [2, -1]]])
@pytest.mark.parametrize("output", ["scalars", "same"])
def test_circles_and_tori(charges: list, output: str) -> None:
    q = torch.tensor(charges, dtype=DOUBLE).reshape(len(charges), -1)
    z = draw(5, len(q), dtype=COMPLEX)
    model = TorusAverage(lambda v: v.real**2 + v.roll(1, -1) / (1 + v.abs() ** 2), charges, output=output)
    theta = draw(q.shape[1], seed=3)
    turn = torch.exp(1j * (q @ theta))
    want = model(z) * turn if output == "same" else model(z)
    torch.testing.assert_close(model(z * turn), want, atol=1e-12, rtol=0)
    assert model.equivariance_error(z) < 1e-12


def test_a_circle_keeps_what_has_no_charge() -> None:
    z = torch.tensor([[0.0, 0.0, 1.5 - 0.5j]], dtype=COMPLEX)
    model = TorusAverage(lambda v: v + 1.0, [1, 2, 0], output="same")
    # Components with a charge average to 0 over all turns, the other one is left alone.
    torch.testing.assert_close(model(z), torch.tensor([[0.0, 0.0, 2.5 - 0.5j]], dtype=COMPLEX), atol=1e-14, rtol=0)
    with pytest.raises(InputError, match="kept by a whole circle"):
        TorusAverage(lambda v: v, [[1, 0], [0, 1]])(torch.tensor([[1.0 + 0j, 0.0]], dtype=COMPLEX))


def test_the_flow_of_a_finding() -> None:
    generator = np.zeros((1, 5, 5))
    generator[0, 0, 1], generator[0, 1, 0] = -1.5, 1.5
    generator[0, 2, 3], generator[0, 3, 2] = -0.5, 0.5
    action = FlowAction(LieAlgebra(generator))
    for output in ("scalars", "same"):
        model = FrameAverage(network(5, 5), action, output=output)
        assert model.equivariance_error(draw(6, 5)) < 1e-12
    open_flow = generator.copy()
    open_flow[0, 2, 3], open_flow[0, 3, 2] = -(2**0.5), 2**0.5
    with pytest.raises(InputError, match="does not close"):
        FrameAverage(network(5, 5), FlowAction(LieAlgebra(open_flow)))
    turns = np.zeros((3, 3, 3))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        turns[k, i, j], turns[k, j, i] = -1, 1
    with pytest.raises(InputError, match="infinite and has no frame here"):
        FrameAverage(network(3, 3), FlowAction(LieAlgebra(turns)))


def test_integer_charges() -> None:
    assert integer_charges(np.array([0.0, 0.5, -0.75])).tolist() == [0, 2, -3]
    assert integer_charges(np.zeros(3)).tolist() == [0, 0, 0]


def test_bad_input() -> None:
    model = ShiftAverage(network(6, 1), axes=2)
    with pytest.raises(ShapeError, match=r"shape \(4, 6\)"):
        model(draw(4, 6))
    with pytest.raises(NonFiniteError, match="NaN or infinite"):
        ShiftAverage(network(6, 1))(draw(4, 6) / 0.0)
    with pytest.raises(InputError, match="'scalars' \\(invariant\\) or 'same'"):
        ShiftAverage(network(6, 1), output="vectors")
    with pytest.raises(InputError, match="more than max_frames = 2"):
        ShiftAverage(network(6, 1), max_frames=2)(torch.ones(1, 6, dtype=DOUBLE))
    with pytest.raises(ShapeError, match="first axis must be the batch"):
        ShiftAverage(lambda v: v.sum())(draw(4, 6))
    with pytest.raises(InputError, match="do not tell the 2 circles apart"):
        TorusAverage(lambda v: v, [[1, 2], [2, 4]])
    with pytest.raises(ShapeError, match="of complex inputs"):
        TorusAverage(lambda v: v, [1, 2])(draw(3, 2))
