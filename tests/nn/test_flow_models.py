"""Flow networks in use: data, files, training, wrong input."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from symmeter.errors import (  # noqa: E402
    FileFormatError,
    InputError,
    InputTypeError,
    MissingFileError,
    ShapeError,
    UnknownNameError,
)
from symmeter.nn.flow import (  # noqa: E402
    FlowClassifier,
    FlowRNNCell,
    FlowSeq2Seq,
    MovingSprites,
    Recipe,
    RotationFlow,
    ScalingFlow,
    TranslationFlow,
    TurningSprites,
    estimate_velocity,
    flow_equivariance_error,
    load_clips,
    load_flow_model,
    save_flow_model,
)
from symmeter.nn.flow.idx_files import read_idx  # noqa: E402
from symmeter.nn.flow.recipes import PRESETS, preset  # noqa: E402
from symmeter.nn.flow.training import FlowTraining  # noqa: E402


def test_sprites_move_as_they_say() -> None:
    data = MovingSprites("digits", 14, 1, 2, 7, seed=3)
    frames, labels, velocities = data[5]
    assert frames.shape == (7, 1, 14, 14)
    assert 0 <= int(labels) <= 9
    for t in range(7):
        shift = (t * velocities[0]).tolist()
        assert torch.equal(frames[t, 0], frames[0, 0].roll(shift, (0, 1)))
    again = MovingSprites("digits", 14, 1, 2, 7, seed=3)[5]
    assert torch.equal(again[0], frames)
    assert not torch.equal(MovingSprites("digits", 14, 1, 2, 7, seed=4)[5][0], frames)


def test_the_velocity_of_a_sprite_is_read() -> None:
    data = MovingSprites("digits", 14, 1, 2, 6, seed=1, split="test")
    frames, _, velocities = data.batch(range(60))
    found, _ = estimate_velocity(TranslationFlow(2, 2), frames.double())
    assert torch.equal(found, velocities[:, 0].double())
    model = FlowSeq2Seq(TranslationFlow(2, 1), hidden=4)
    velocity, confidence = estimate_velocity(model, frames[:2])
    assert velocity.shape == (2, 2)
    assert ((confidence >= 0) & (confidence <= 1)).all()


def test_two_sprites_are_clamped_and_splits_share_no_sprite() -> None:
    train, test = (MovingSprites("digits", 12, 3, 1, 4, split=s) for s in ("train", "test"))
    assert train.batch(range(20))[0].max() <= 1
    assert len(train.sprites) == 1400
    assert len(test.sprites) == 397
    seen = {s.tobytes() for s in train.sprites}
    # Some digits occur twice in the set itself.
    assert sum(s.tobytes() in seen for s in test.sprites) <= 2


def test_turning_sprites_turn() -> None:
    data = TurningSprites("digits", 13, 1, [90], length=3, seed=2)
    frames, _, velocities = data[0]
    assert velocities.tolist() == [[90.0]]
    assert torch.allclose(frames[2], torch.rot90(frames[0], 2, (-2, -1)), atol=1e-4)


def test_idx_files(tmp_path) -> None:
    images = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
    header = bytes([0, 0, 8, 3]) + b"".join(int(n).to_bytes(4, "big") for n in images.shape)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + images.tobytes()))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    assert np.array_equal(read_idx(tmp_path / "train-images-idx3-ubyte.gz"), images)
    data = MovingSprites(f"mnist:{tmp_path}", 6, 1, 1, 3)
    assert set(data.labels) == {7, 8, 9}
    assert np.allclose(data.sprites * 255, images)
    short = tmp_path / "short"
    short.write_bytes(header + images.tobytes()[:-1])
    with pytest.raises(FileFormatError, match="47 bytes of data; its header"):
        read_idx(short)
    short.write_bytes(b"\x00\x01\x08\x03")
    with pytest.raises(FileFormatError, match="starts with 00 01 08 03"):
        read_idx(short)
    short.write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_idx(short)
    with pytest.raises(MissingFileError, match="t10k-images"):
        MovingSprites(f"mnist:{tmp_path}", 6, split="test")
    with pytest.raises(MissingFileError):
        MovingSprites("mnist:nowhere")


def test_clips(tmp_path) -> None:
    rng = np.random.default_rng(0)
    for name in ("walking", "boxing"):
        (tmp_path / name).mkdir()
        for person in (3, 18):
            clip = rng.integers(0, 256, (9, 6, 5), dtype=np.uint8)
            np.save(tmp_path / name / f"person{person:02d}_{name}_d1.npy", clip)
    clips = load_clips(tmp_path, "train", length=4)
    assert clips.frames.shape == (2, 4, 1, 6, 5)
    assert clips.classes == ("boxing", "walking")
    assert clips.labels.tolist() == [0, 1]
    kept = np.load(tmp_path / "boxing" / "person03_boxing_d1.npy")
    assert np.allclose(clips.frames[0, 2, 0] * 255, kept[4])
    moved, _ = clips.moved(2, seed=0)
    assert moved.shape == clips.frames.shape
    assert np.allclose(moved[:, 0], clips.frames[:, 0])
    assert len(load_clips(tmp_path, length=4).labels) == 4
    with pytest.raises(FileFormatError, match="9 frames"):
        load_clips(tmp_path, length=16)
    np.save(tmp_path / "boxing" / "unnamed.npy", kept)
    with pytest.raises(FileFormatError, match="person07"):
        load_clips(tmp_path, "test", length=4)
    with pytest.raises(MissingFileError):
        load_clips(tmp_path / "none")


def test_clips_in_hdf5(tmp_path) -> None:
    h5py = pytest.importorskip("h5py")
    clip = np.random.default_rng(0).integers(0, 256, (7, 6, 5), dtype=np.uint8)
    (tmp_path / "walking").mkdir()
    with h5py.File(tmp_path / "walking" / "one.h5", "w") as file:
        file["frames"] = clip
    found = load_clips(tmp_path, length=4)
    assert np.allclose(found.frames[0, :, 0] * 255, clip[::2])
    with h5py.File(tmp_path / "walking" / "one.h5", "a") as file:
        file["more"] = clip
    with pytest.raises(FileFormatError, match="2 data sets"):
        load_clips(tmp_path, length=4)


def test_training_goes_on_bit_by_bit(tmp_path) -> None:
    recipe = Recipe(hidden=3, flow_velocities=1, data_velocities=1, batch=2, steps=6)
    whole = FlowTraining(recipe)
    whole.run()
    part = FlowTraining(recipe.with_options({"steps": 3}), tmp_path)
    part.run()
    rest = FlowTraining(recipe, tmp_path)
    assert rest.step == 3
    run = rest.run()
    assert run.losses == tuple(whole.losses)
    for a, b in zip(whole.model.parameters(), rest.model.parameters()):
        assert torch.equal(a, b)
    with pytest.raises(InputError, match=r"lr = 0\.001"):
        FlowTraining(recipe.with_options({"lr": 0.1}), tmp_path)
    (tmp_path / "training.pt").write_bytes(b"no checkpoint")
    with pytest.raises(FileFormatError, match="is no checkpoint"):
        FlowTraining(recipe, tmp_path)


def test_training_learns() -> None:
    recipe = Recipe(hidden=8, flow_velocities=1, data_velocities=1, batch=4, steps=60, decoder_layers=1, lr=3e-3)
    losses = FlowTraining(recipe).run().losses
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])


def test_networks_in_files(tmp_path) -> None:
    recipe = preset("digits-classify").with_options({"hidden": 4})
    model = recipe.model()
    path = save_flow_model(tmp_path / "net.safetensors", model, recipe)
    again, kept = load_flow_model(path)
    assert kept == recipe
    x = torch.rand(2, 3, 1, 9, 9)
    assert torch.equal(model(x), again(x))
    with pytest.raises(MissingFileError):
        load_flow_model(tmp_path / "none")
    path.write_bytes(b"broken")
    with pytest.raises(FileFormatError):
        load_flow_model(path)
    with pytest.raises(InputTypeError):
        save_flow_model(path, torch.nn.Linear(1, 1), recipe)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_make_their_networks(name: str) -> None:
    recipe = preset(name).with_options({"hidden": 3, "orientations": 36})
    frames = torch.rand(1, 2, 1, recipe.size, recipe.size)
    model = recipe.model().eval()
    out = model(frames) if recipe.task == "classify" else model(frames, 1)
    assert out.shape == ((1, recipe.classes) if recipe.task == "classify" else (1, 1, 1, recipe.size, recipe.size))


def test_parameters_do_not_depend_on_velocities_but_for_learned_shifts() -> None:
    sizes = {
        (v, shifts): sum(p.numel() for p in FlowSeq2Seq(TranslationFlow(2, v), hidden=4, shifts=shifts).parameters())
        for v in (1, 2)
        for shifts in ("flow", "learned")
    }
    assert sizes[1, "flow"] == sizes[2, "flow"]
    assert sizes[2, "learned"] - sizes[2, "flow"] == 25 * 25


def test_learned_shifts_can_become_shifts_and_respect_the_end_of_an_axis() -> None:
    """With the kernels of the shifts themselves the control is the flow network, on a torus and on rings."""
    torch.manual_seed(0)
    for flow, x in (
        (TranslationFlow(2, 1), torch.rand(2, 4, 1, 7, 6)),
        (RotationFlow.polar(12, [-30, 0, 60]), torch.rand(2, 4, 1, 5, 12)),
    ):
        ours, learned = FlowRNNCell(flow, 1, 3), FlowRNNCell(flow, 1, 3, shifts="learned")
        learned.load_state_dict(ours.state_dict(), strict=False)
        with torch.no_grad():
            learned.learned.weight.zero_()
            for v, nu in enumerate(flow.velocities):
                down, right = (round(s) for s in flow.shift(nu))
                learned.learned.weight[v, 0, 2 - down, 2 - right] = 1
        states = [None, None]
        for t in range(4):
            states = [cell(x[:, t], state) for cell, state in zip((ours, learned), states)]
        torch.testing.assert_close(states[1].hidden(), states[0].hidden(), atol=1e-5, rtol=1e-5)


def test_the_video_baseline_trains_and_is_kept(tmp_path) -> None:
    options = {
        "network": "cnn3d",
        "hidden": 3,
        "given": 4,
        "steps": 12,
        "batch": 4,
        "classes": 10,
        "data_velocities": 1,
    }
    recipe = preset("digits-classify").with_options(options)
    training = FlowTraining(recipe)
    losses = training.run().losses
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    x = torch.rand(2, 4, 1, 12, 12)
    again, _ = load_flow_model(save_flow_model(tmp_path / "net.safetensors", training.model, recipe))
    assert torch.equal(again.eval()(x), training.model.eval()(x))
    # 27 (1 b + 2 b b + 4 b b + 8 b b + 16 b b), two numbers for each normalised channel, and the head.
    assert sum(p.numel() for p in training.model.parameters()) == 27 * (3 + 30 * 9) + 2 * 13 * 3 + 13 * 10
    # It hears edges of the image, and the order of frames.
    assert not torch.allclose(training.model(x), training.model(x.flip(1)), atol=1e-4)
    with pytest.raises(ShapeError, match="batch, time, 1 channels"):
        training.model(x[0])
    with pytest.raises(InputError, match="task 'classify'"):
        Recipe(network="cnn3d")


def test_published_presets_are_in_the_published_arrangement() -> None:
    for name in ("flowing-mnist", "rotating-mnist"):
        assert (preset(name).look_ahead, preset(name).repeat_last) == (False, True)


def test_half_precision_and_teacher_forcing() -> None:
    model = FlowSeq2Seq(TranslationFlow(2, 1), hidden=4)
    x = torch.rand(2, 5, 1, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model(x[:, :3], 2)
    assert torch.allclose(rough.float(), model(x[:, :3], 2), atol=0.05)
    forced = model(x[:, :3], 2, x[:, 3:], teacher_forcing=True)
    assert torch.allclose(forced[:, 1], model(x[:, :4], 1)[:, 0], atol=1e-6)


WRONG = [
    (lambda: TranslationFlow(2, []), InputError, "is empty"),
    (lambda: TranslationFlow(2, [(0, 0), (0, 0)]), InputError, "twice"),
    (lambda: TranslationFlow(2, [(0,)]), InputError, "give 2"),
    (lambda: TranslationFlow(2, [(0, float("nan"))]), InputError, "not finite"),
    (lambda: TranslationFlow(2, "group"), InputError, "needs a periodic grid and its size"),
    (lambda: TranslationFlow(1, [0, 7], size=7), InputError, "modulo the grid"),
    (lambda: TranslationFlow(2, 1, boundary="torus"), UnknownNameError, "circular, zero, reflect"),
    (lambda: TranslationFlow(4), InputError, "1, 2 or 3"),
    (lambda: TranslationFlow(2, 1.5), InputTypeError, "velocities are 1.5"),
    (lambda: TranslationFlow(2, 1, size="28"), InputError, "whole numbers of points"),
    (lambda: TranslationFlow(2, 1, boundary=3), UnknownNameError, "boundary is 3"),
    (lambda: RotationFlow.polar(0, [0]), InputError, "angles is 0"),
    (lambda: RotationFlow.polar(12, 2), InputTypeError, "velocities are 2"),
    (lambda: ScalingFlow("large", [0]), InputError, "above 1"),
    (lambda: FlowSeq2Seq("shifts"), InputTypeError, "the flow is a str"),
    (lambda: FlowClassifier(None), InputTypeError, "the flow is a NoneType"),
    (lambda: FlowClassifier(TranslationFlow(), classes=0), InputError, "classes is 0"),
    (lambda: FlowSeq2Seq(TranslationFlow(velocities=1), hidden=2, coupling=3), InputError, "coupling is 3"),
    (lambda: FlowRNNCell(TranslationFlow(), 1, 2)(torch.rand(1, 1, 8, 8), 3), InputTypeError, "the state is a int"),
    (
        lambda: FlowSeq2Seq(TranslationFlow(velocities=0), hidden=2)(
            torch.rand(1, 3, 1, 8, 8), 3, torch.rand(1, 3, 1, 9, 9), teacher_forcing=True
        ),
        ShapeError,
        r"targets have shape \(1, 3, 1, 9, 9\)",
    ),
    (lambda: flow_equivariance_error(len, None, torch.rand(1, 2, 1, 4, 4)), InputTypeError, "the flow is a NoneType"),
    (
        lambda: flow_equivariance_error(len, TranslationFlow(), torch.rand(1, 2, 1, 4, 4), velocities=3),
        InputTypeError,
        "velocities are 3",
    ),
    (lambda: MovingSprites("digits", seed=-1), InputError, "seed is -1"),
    (lambda: TurningSprites("digits", 14, 1, 3), InputError, "degrees per frame"),
    (lambda: Recipe(hidden="many"), InputError, "hidden is 'many'; give a whole number"),
    (lambda: FlowTraining(None), InputTypeError, "the recipe is a NoneType"),
    (lambda: RotationFlow([0, 15], orientations=36), InputError, "1.5 of the 36 orientations"),
    (lambda: ScalingFlow(0.9, [0]), InputError, "above 1"),
    (lambda: FlowRNNCell(TranslationFlow(), 1, 4, 4), InputError, "take 3 or 5"),
    (lambda: FlowRNNCell(TranslationFlow(), 1, 4, cell="elman"), UnknownNameError, "rnn, gru, lstm"),
    (lambda: FlowRNNCell(TranslationFlow(boundary="zero"), 1, 4, frame="moving"), InputError, "periodic"),
    (
        lambda: FlowSeq2Seq(TranslationFlow())(torch.rand(2, 1, 8, 8)),
        ShapeError,
        "batch, time, channels, height, width",
    ),
    (lambda: FlowSeq2Seq(TranslationFlow())(torch.rand(2, 0, 1, 8, 8)), ShapeError, "one entry or more"),
    (lambda: FlowSeq2Seq(TranslationFlow())(torch.rand(2, 3, 2, 8, 8)), ShapeError, "the model takes 1"),
    (lambda: FlowSeq2Seq(TranslationFlow())(torch.ones(2, 3, 1, 8, 8).int()), InputTypeError, "floating-point"),
    (lambda: FlowSeq2Seq(TranslationFlow())(torch.rand(1, 3, 1, 8, 8), 0), InputError, "at least 1"),
    (
        lambda: FlowSeq2Seq(TranslationFlow(velocities=0), hidden=2)(
            torch.rand(1, 3, 1, 8, 8), 3, teacher_forcing=True
        ),
        InputError,
        "no targets",
    ),
    (lambda: FlowSeq2Seq(RotationFlow(1))(torch.rand(1, 3, 1, 8, 9)), ShapeError, "square"),
    (lambda: FlowSeq2Seq(TranslationFlow(), pool="median"), UnknownNameError, "max, mean, sum"),
    (lambda: FlowClassifier(RotationFlow(1), stem=(4,)), InputError, "stem"),
    (lambda: MovingSprites("digits", size=5), InputError, "8 points wide"),
    (lambda: MovingSprites("cats"), UnknownNameError, "digits"),
    (lambda: MovingSprites("digits", velocities=[(0.5, 0)]), InputError, "whole"),
    (lambda: preset("digits-quik"), UnknownNameError, "digits-quick"),
    (lambda: Recipe().with_options({"hiden": 3}), UnknownNameError, "hidden"),
    (lambda: estimate_velocity(torch.nn.Identity(), torch.rand(1, 2, 1, 4, 4)), InputTypeError, "flow network"),
    (
        lambda: flow_equivariance_error(lambda f: f[0, 0, 0, 0, 0], TranslationFlow(), torch.rand(1, 2, 1, 4, 4)),
        ShapeError,
        "no state",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_wrong_input_gets_one_clear_line(call, kind, text) -> None:
    with pytest.raises(kind, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="velocity 0 is not in the list"):
        TranslationFlow(1, [1, 2])
    flow = TranslationFlow(2, [(0, 0), (9, 0)])
    with pytest.warns(UserWarning, match="slower one"):
        flow.check_frames(torch.rand(1, 1, 1, 8, 8))
