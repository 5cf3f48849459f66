"""Flow equivariance of cells, stacks and models: the theorem, closed forms, and what must not hold."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.nn.flow import (  # noqa: E402
    FlowClassifier,
    FlowRNNCell,
    FlowSeq2Seq,
    RotationFlow,
    ScalingFlow,
    TranslationFlow,
    estimate_velocity,
    flow_equivariance_error,
)
from symmeter.nn.flow.readout import pooled, resonances  # noqa: E402

MOVES = [(1, 0), (1, -1), (2, 1)]


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def frames_of(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def direct_states(cell: FlowRNNCell, frames: torch.Tensor) -> torch.Tensor:
    """The recurrence as it is written, with rolls and NumPy convolutions, for a plain cell on a torus."""
    w, u = (layer.weight.detach().numpy() for layer in (cell.stay, cell.enter))

    def convolved(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        r = kernel.shape[-1] // 2
        out = np.zeros((kernel.shape[0], *image.shape[1:]))
        for i in range(-r, r + 1):
            for j in range(-r, r + 1):
                out += np.einsum("oc,chw->ohw", kernel[:, :, i + r, j + r], np.roll(image, (-i, -j), (1, 2)))
        return out

    found = []
    for sequence in frames.numpy():
        h = {nu: np.zeros((cell.hidden, *sequence.shape[2:])) for nu in cell.flow.velocities}
        for f in sequence:
            entering = convolved(f, u)
            for nu in h:
                known = np.roll(convolved(h[nu], w), (int(nu[0]), int(nu[1])), (1, 2))
                h[nu] = np.maximum(known + entering, 0)
        found.append(np.stack([h[nu] for nu in cell.flow.velocities]))
    return torch.from_numpy(np.stack(found))


@pytest.mark.parametrize("frame", ["moving", "lab"])
def test_the_cell_is_the_written_recurrence(frame: str) -> None:
    flow = TranslationFlow(2, 1)
    cell = FlowRNNCell(flow, 2, 3, frame=frame).double()
    frames = frames_of(2, 5, 2, 6, 7)
    state = None
    for t in range(5):
        state = cell(frames[:, t], state)
    assert torch.allclose(state.hidden(), direct_states(cell, frames), rtol=0, atol=1e-13)


@pytest.mark.parametrize("largest", [1, 2])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_states_are_flow_equivariant_for_all_pairs(kind: str, layers: int, largest: int) -> None:
    flow = TranslationFlow(2, largest)
    model = FlowSeq2Seq(flow, hidden=3, cell=kind, layers=layers).double()
    report = flow_equivariance_error(model.encode, flow, frames_of(2, 7, 1, 9, 9), velocities=MOVES)
    assert report.worst.error < 1e-14
    pairs = {1: [6, 4, 2], 2: [20, 16, 12]}[largest]
    assert [report.at(v)[0].channels for v in MOVES] == pairs
    assert len(report.at((2, 1))) == 7


def test_the_wrong_time_index_fails() -> None:
    model = FlowSeq2Seq(TranslationFlow(2, 2), hidden=3).double()
    for lead in (-1, 1):
        report = flow_equivariance_error(
            model.encode, model.flow, frames_of(2, 7, 1, 9, 9), velocities=MOVES, lead=lead
        )
        assert report.error > 0.1


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_gated_cells_are_the_same_in_both_frames(kind: str) -> None:
    flow = TranslationFlow(2, 1)
    cells = [FlowRNNCell(flow, 1, 3, cell=kind, frame=frame).double() for frame in ("moving", "lab")]
    cells[1].load_state_dict(cells[0].state_dict())
    found = []
    for cell in cells:
        x = frames_of(2, 5, 1, 6, 6).requires_grad_()
        state = None
        for t in range(5):
            state = cell(x[:, t], state)
        (state.hidden() ** 2).sum().backward()
        found.append((state.hidden().detach(), x.grad, cell.stay.weight.grad))
    for a, b in zip(*found):
        assert torch.allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_the_fused_step_has_the_derivatives_of_the_plain_one(activation: str, kernel_size: int) -> None:
    flow = TranslationFlow(2, [(0, 0), (1, 2), (-3, 1), (0, 11)])
    cells = [FlowRNNCell(flow, 2, 3, kernel_size, activation=activation, frame=f).double() for f in ("moving", "lab")]
    cells[1].load_state_dict(cells[0].state_dict())
    found = []
    for cell in cells:
        x = frames_of(2, 4, 2, 7, 5).requires_grad_()
        state = None
        for t in range(4):
            state = cell(x[:, t], state)
        weights = torch.linspace(-1, 1, state.hidden().numel(), dtype=torch.float64).view(state.hidden().shape)
        (state.hidden() * weights).sum().backward()
        found.append((x.grad, cell.stay.weight.grad, cell.enter.weight.grad))
    for a, b in zip(*found):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_fused_step_passes_gradcheck() -> None:
    flow = TranslationFlow(2, [(0, 0), (1, 0), (0, 2)])
    cell = FlowRNNCell(flow, 1, 2, activation="tanh").double()

    def last(x: torch.Tensor) -> torch.Tensor:
        state = None
        for t in range(3):
            state = cell(x[:, t], state)
        return state.hidden()

    assert torch.autograd.gradcheck(last, frames_of(1, 3, 1, 4, 4).requires_grad_())


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_models_have_second_derivatives(kind: str) -> None:
    flow = TranslationFlow(2, [(0, 0), (1, 0), (-2, 1)])
    model = FlowSeq2Seq(flow, hidden=2, cell=kind, activation="tanh", decoder_layers=0).double()
    x = frames_of(1, 3, 1, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: model(f, 1), x)
    assert torch.autograd.gradgradcheck(lambda f: model(f, 1), x)


def test_a_penalty_on_gradients_trains_like_the_unfused_cell() -> None:
    flow = TranslationFlow(2, 1)
    cells = [FlowRNNCell(flow, 1, 3, frame=f).double() for f in ("moving", "lab")]
    cells[1].load_state_dict(cells[0].state_dict())
    found = []
    for cell in cells:
        x = frames_of(2, 4, 1, 5, 6).requires_grad_()
        state = None
        for t in range(4):
            state = cell(x[:, t], state)
        (slope,) = torch.autograd.grad((state.hidden() ** 2).sum(), x, create_graph=True)
        found.append(torch.autograd.grad((slope**2).sum(), list(cell.parameters())))
    for a, b in zip(*found):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_compiled_models_have_no_graph_breaks(kind: str) -> None:
    model = FlowSeq2Seq(TranslationFlow(2, 1), hidden=2, cell=kind, decoder_layers=1)
    x = torch.rand(1, 3, 1, 5, 5)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    assert torch.allclose(compiled(x, 2), model(x, 2), atol=1e-6)


def test_pooling_one_after_another_is_the_maximum_of_the_stack() -> None:
    flow = TranslationFlow(2, 1)
    cell = FlowRNNCell(flow, 1, 3).double()
    grads = []
    for way in (lambda s: pooled(s, "max", 1), lambda s: s.hidden(1).amax(1)):
        x = frames_of(2, 3, 1, 6, 5).requires_grad_()
        state = None
        for t in range(3):
            state = cell(x[:, t], state)
        out = way(state)
        (out**2).sum().backward()
        grads.append((out.detach(), x.grad))
    assert torch.equal(grads[0][0], grads[1][0])
    assert torch.allclose(grads[0][1], grads[1][1], rtol=1e-12, atol=1e-14)


def test_coupled_velocities_on_a_group() -> None:
    ring = TranslationFlow(1, "group", size=7)
    assert ring.closed
    for kind in ("rnn", "gru", "lstm"):
        model = FlowSeq2Seq(ring, hidden=3, coupling=True, cell=kind, look_ahead=True).double()
        x = frames_of(2, 6, 1, 7)
        assert flow_equivariance_error(model.encode, ring, x).worst.error < 1e-14
        assert flow_equivariance_error(lambda f: model(f, 2), ring, x, lead=6).worst.error < 1e-13  # noqa: B023


def test_coupling_on_an_open_set_warns_of_its_edges_and_leaks() -> None:
    flow = TranslationFlow(1, 1)
    with pytest.warns(UserWarning, match="2 of 9 couplings"):
        model = FlowSeq2Seq(flow, hidden=3, coupling=True).double()
    assert flow_equivariance_error(model.encode, flow, frames_of(2, 5, 1, 9), velocities=[1]).error > 1e-3


def test_resonance_closed_form() -> None:
    flow = TranslationFlow(1, [-1, 0, 1, 2])
    cell = FlowRNNCell(flow, 1, 1, 1, activation="identity", frame="lab").double()
    with torch.no_grad():
        cell.enter.weight.fill_(1)
        cell.stay.weight.fill_(0.5)
    frames = flow.sequence(torch.arange(8.0, dtype=torch.float64).expand(1, 4, 1, 8), 1)
    state = None
    for t in range(4):
        state = cell(frames[:, t], state)
    wanted = [
        [9.125, 7, 8.875, 2.75, 4.625, 5.5, 7.375, 7.25],
        [9.75, 9.625, 7.5, 1.375, 3.25, 5.125, 7, 8.875],
        [9.375, 11.25, 13.125, 0, 1.875, 3.75, 5.625, 7.5],
        [8, 9.875, 11.75, 5.625, 3.5, 3.375, 4.25, 6.125],
    ]
    assert state.hidden()[0, :, 0].tolist() == wanted
    assert np.allclose(resonances(frames, flow)[0], (np.array(wanted) ** 2).sum(1))
    velocity, confidence = estimate_velocity(flow, frames)
    assert velocity.tolist() == [[1.0]]
    assert 0 < confidence[0] < 1


def test_energies_on_a_small_torus() -> None:
    flow = TranslationFlow(2, [(0, 0), (0, 1), (1, 0)])
    frames = flow.sequence(torch.arange(16.0, dtype=torch.float64).view(1, 1, 1, 4, 4).expand(1, 3, 1, 4, 4), (1, 0))
    assert resonances(frames, flow)[0].tolist() == [3061.5, 3015.5, 3797.5]
    assert estimate_velocity(flow, frames)[0].tolist() == [[1.0, 0.0]]


def test_a_network_without_velocities_is_no_flow_network_but_commutes_with_shifts() -> None:
    model = FlowSeq2Seq(TranslationFlow(2, 0), hidden=3).double()
    x = frames_of(2, 7, 1, 9, 9)

    def field(f: torch.Tensor) -> torch.Tensor:
        return model.encode(f)[:, -1, 0]

    assert flow_equivariance_error(field, model.flow, x, velocities=[(1, 0), (2, 1)]).error > 0.1
    assert flow_equivariance_error(field, model.flow, x, velocities=[(0, 0)]).error == 0
    assert torch.allclose(field(x.roll((2, 3), (-2, -1))), field(x).roll((2, 3), (-2, -1)), atol=1e-14)


def test_predictions_are_equivariant_in_step_and_lag_otherwise() -> None:
    torus = TranslationFlow(2, "group", size=5)
    model = FlowSeq2Seq(torus, hidden=4, decoder_layers=1, look_ahead=True).double()
    x, moves = frames_of(2, 5, 1, 5, 5), [(0, 1), (1, 0), (2, -1)]
    assert flow_equivariance_error(lambda f: model(f, 3), torus, x, velocities=moves, lead=5).worst.error < 1e-13
    model.look_ahead = False
    assert flow_equivariance_error(lambda f: model(f, 3), torus, x, velocities=moves, lead=5).error > 0.1
    assert flow_equivariance_error(lambda f: model(f, 1), torus, x, velocities=moves, lead=4).worst.error < 1e-13
    model.repeat_last = True
    assert flow_equivariance_error(lambda f: model(f, 1), torus, x, velocities=moves, lead=5).error > 0.1


def test_logits_do_not_change_under_a_group_of_motions() -> None:
    torus = TranslationFlow(2, "group", size=5)
    for kind in ("rnn", "lstm"):
        model = FlowClassifier(torus, hidden=4, cell=kind, stem=(3,)).double().eval()
        x = frames_of(2, 4, 1, 5, 5)
        still = model(x)
        for nu in torus.velocities:
            assert torch.allclose(model(torus.sequence(x, nu)), still, rtol=0, atol=1e-12)


def test_a_truncated_set_leaves_an_error_in_what_is_pooled() -> None:
    model = FlowSeq2Seq(TranslationFlow(2, 1), hidden=8).double()
    report = flow_equivariance_error(
        lambda f: model.encode(f).amax(2)[:, -1], model.flow, frames_of(2, 5, 1, 9, 9), velocities=[(0, 1)]
    )
    assert 0.005 < report.error < 0.3


def test_velocities_between_points() -> None:
    flow = TranslationFlow(2, [(0, 0), (0.5, 0), (-0.5, 0), (0, 0.25)])
    model = FlowSeq2Seq(flow, hidden=3).double()
    assert flow_equivariance_error(model.encode, flow, frames_of(2, 6, 1, 9, 9)).worst.error < 1e-14
    # In the lab frame ReLU meets interpolated states, and nothing is exact.
    lab = FlowSeq2Seq(flow, hidden=3, frame="lab").double()
    lab.load_state_dict(model.state_dict())
    assert flow_equivariance_error(lab.encode, flow, frames_of(2, 6, 1, 9, 9)).worst.error > 1e-3


def test_subpixel_shifts_are_an_action_on_odd_grids() -> None:
    flow = TranslationFlow(1, [0, 0.3])
    x = frames_of(2, 3, 9)
    there = flow.move(x, (0.3,), 1, features=False)
    assert torch.allclose(flow.move(there, (0.3,), -1, features=False), x, atol=1e-14)
    moved = x
    for _ in range(9):
        moved = flow.move(moved, (1 / 9,), 1, features=False)
    assert torch.allclose(moved, x.roll(1, -1), atol=1e-14)
    # A band-limited signal moves as its formula does.
    g = torch.arange(9, dtype=torch.float64)
    wave = torch.cos(2 * torch.pi * 3 * g / 9 + 0.4)
    exact = torch.cos(2 * torch.pi * 3 * (g - 0.3) / 9 + 0.4)
    assert torch.allclose(flow.move(wave, (0.3,), 1, features=False), exact, atol=1e-14)


@pytest.mark.parametrize("size", [8, 9])
def test_quarter_turns_are_exact(size: int) -> None:
    flow = RotationFlow([0, 90, 180, 270], orientations=4)
    model = FlowSeq2Seq(flow, hidden=3, decoder_layers=1, look_ahead=True).double()
    x = frames_of(2, 4, 1, size, size)
    assert flow_equivariance_error(model.encode, flow, x).worst.error < 1e-14
    assert flow_equivariance_error(lambda f: model(f, 2), flow, x, lead=4).worst.error < 1e-13


def test_ten_degrees_are_interpolated_and_better_on_finer_images() -> None:
    flow = RotationFlow(1, orientations=36)
    model = FlowSeq2Seq(flow, hidden=1, decoder_layers=0).double()
    errors = []
    for n in (15, 31, 63):
        line = torch.linspace(-1, 1, n, dtype=torch.float64)
        y, x = torch.meshgrid(line, line, indexing="ij")
        image = torch.exp(-((x - 0.35) ** 2 + (y + 0.1) ** 2) / 0.05).expand(1, 3, 1, n, n)
        errors.append(flow_equivariance_error(model.encode, flow, image, velocities=[10]).at(10)[-1].error)
    assert errors[0] > errors[1] > errors[2] > 0
    assert errors[2] < errors[0] / 3


def test_rings_turn_exactly_and_scalings_away_from_the_ends() -> None:
    polar = RotationFlow.polar(12, [-30, 0, 30])
    model = FlowSeq2Seq(polar, hidden=3).double()
    assert flow_equivariance_error(model.encode, polar, frames_of(2, 4, 1, 6, 12)).worst.error < 1e-15
    growth = float(np.log(1.25))
    scaling = ScalingFlow(1.25, [-growth, 0, growth])
    model = FlowSeq2Seq(scaling, hidden=3, kernel_size=1, activation="tanh").double()
    report = flow_equivariance_error(model.encode, scaling, frames_of(2, 4, 1, 13, 12), velocities=[growth])
    for row in report.rows:
        assert row.interior is None or row.interior < 1e-15
    assert report.rows[-1].boundary > 0.01


def test_moving_out_of_the_picture_is_seen_at_the_border() -> None:
    flow = TranslationFlow(2, 1, boundary="zero")
    model = FlowSeq2Seq(flow, hidden=3, kernel_size=1, activation="tanh").double()
    report = flow_equivariance_error(model.encode, flow, frames_of(2, 4, 1, 11, 11), velocities=[(0, 1)])
    assert all(r.interior < 1e-15 for r in report.rows)
    assert report.rows[-1].boundary > 0.01
    wide = FlowSeq2Seq(flow, hidden=3).double()
    deep = flow_equivariance_error(wide.encode, flow, frames_of(2, 3, 1, 13, 13), velocities=[(0, 1)], depth=3)
    assert deep.rows[-1].interior < 1e-15


def test_fast_channels_carry_the_mirror_at_the_border_inwards() -> None:
    """What is inside is inside for every channel that is compared, also those that move faster than the content."""
    flow = TranslationFlow(1, 2, boundary="reflect")
    model = FlowSeq2Seq(flow, hidden=3, kernel_size=1, activation="tanh").double()
    report = flow_equivariance_error(model.encode, flow, frames_of(2, 5, 1, 31), velocities=[1])
    assert all(r.interior < 1e-15 for r in report.rows)
    assert report.rows[-1].boundary > 0.01


def test_three_dimensions_and_streams() -> None:
    flow = TranslationFlow(3, [(0, 0, 0), (1, 0, -1)])
    model = FlowSeq2Seq(flow, hidden=2, decoder_layers=1).double()
    x = frames_of(1, 4, 1, 5, 4, 3)
    assert flow_equivariance_error(model.encode, flow, x, velocities=[(1, 0, -1)]).worst.error < 1e-14
    states = None
    for t in range(4):
        states = model.advance(x[:, t], states)
    assert torch.equal(model.read(states), model(x, 1)[:, 0])
