"""Digits, benchmark files and training: what is drawn is what was asked for, and other files are refused."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from scipy.io import savemat  # noqa: E402

from symmeter.errors import FileFormatError, InputError, MissingFileError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.nn.affine import PRESETS, AffineTraining, DeformedDigits, load_affnist, load_homnist, move_images  # noqa: E402
from symmeter.nn.affine.digits import affine_maps  # noqa: E402
from symmeter.nn.affine.presets import preset  # noqa: E402
from symmeter.nn.affine.training import accuracy  # noqa: E402


def test_upright_digits_are_the_scans_read_as_smooth_functions() -> None:
    """With a digit of 8 pixels every pixel lies on a point of the scan, where the spline takes its value."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    made = DeformedDigits("train", 12, 8, 0.0)
    images, labels = made.batch(range(5))
    np.testing.assert_allclose(images[:, 0, 2:-2, 2:-2], data.images[order[:5]] / 16, atol=1e-6)
    assert labels.tolist() == data.target[order[:5]].tolist()
    assert len(made) == 1000
    assert len(DeformedDigits("test")) == 797


def test_deformed_digits_are_the_upright_ones_moved() -> None:
    upright = DeformedDigits("test", 64, 20, 0.0).batch([3])[0]
    bent = DeformedDigits("test", 64, 20, 1.5, seed=4)
    image = bent.batch([3])[0]
    h, place = affine_maps(797, 1.5, np.random.default_rng([4, True, 0]))
    g = np.eye(3)
    g[:2, :2] = h[3]
    g[:2, 2] = place[3] * np.maximum(64 / 20 - np.abs(h[3]).sum(1), 0) * 20 / 64
    again = move_images(upright, torch.from_numpy(g), ndim=2, mode="bicubic")
    assert float((again - image).abs().mean() / image.mean()) < 0.05
    assert float((upright - image).abs().mean() / image.mean()) > 0.5


def test_deformed_digits_keep_their_ink_while_there_is_room() -> None:
    """Sums of pixels grow by the determinant of the map: nothing is cut off."""
    upright = DeformedDigits("test", 48, 20, 0.0).batch(range(60))[0].sum((1, 2, 3))
    bent = DeformedDigits("test", 48, 20, 1.0).batch(range(60))[0].sum((1, 2, 3))
    h, _ = affine_maps(797, 1.0, np.random.default_rng([0, True, 0]))
    np.testing.assert_allclose(bent / upright, np.linalg.det(h[:60]), rtol=0.03)


def test_same_seed_same_digits_and_other_epochs_differ() -> None:
    one, two = DeformedDigits(seed=1), DeformedDigits(seed=1)
    assert torch.equal(one.batch([0, 5])[0], two.batch([0, 5])[0])
    assert not torch.equal(one.batch([0])[0], one.batch([0], epoch=1)[0])
    assert not torch.equal(one.batch([0])[0], DeformedDigits(seed=2).batch([0])[0])


def test_maps_have_the_range_that_was_asked_for() -> None:
    h, _ = affine_maps(5000, 1.0, np.random.default_rng(0))
    s = np.linalg.svd(h)[1]
    assert s.max() < 1.2 * 1.12
    assert s.min() > 1 / (1.2 * 1.12)
    np.testing.assert_allclose(affine_maps(3, 0.0, np.random.default_rng(0))[0], np.tile(np.eye(2), (3, 1, 1)))


def affnist(path, count: int = 3):
    rng = np.random.default_rng(0)
    upright = rng.integers(0, 256, (count, 40, 40), dtype=np.uint8)
    record = {"image": upright.swapaxes(1, 2).reshape(count, 1600).T, "label_int": np.arange(count, dtype=np.uint8)}
    savemat(path, {"affNISTdata": record})
    return upright


def test_affnist_files_are_read_upright(tmp_path) -> None:
    upright = affnist(tmp_path / "2.mat")
    affnist(tmp_path / "10.mat", 4)
    one = load_affnist(tmp_path / "2.mat")
    assert np.array_equal(one.images[:, 0], upright)
    assert one.labels.tolist() == [0, 1, 2]
    both = load_affnist(tmp_path)
    assert both.labels.tolist() == [0, 1, 2, 0, 1, 2, 3]
    assert load_affnist(tmp_path, limit=4).images.shape == (4, 1, 40, 40)
    assert accuracy(lambda x: torch.eye(10)[torch.zeros(len(x), dtype=torch.long)], one.images, one.labels) == 1 / 3


@pytest.mark.parametrize("last", [True, False])
def test_homnist_files_are_read(tmp_path, last: bool) -> None:
    images = np.random.default_rng(0).random((5, 40, 40))
    maps = np.random.default_rng(1).random((5, 3, 3))
    stored = {"img_data": images, "labels": np.arange(5), "hom_matrices": maps}
    if last:
        stored |= {"img_data": np.moveaxis(images, 0, 2), "hom_matrices": np.moveaxis(maps, 0, 2)}
    savemat(tmp_path / "h.mat", stored)
    found = load_homnist(tmp_path / "h.mat", limit=2)
    np.testing.assert_allclose(found.images[:, 0] / 255, images[:2], atol=0.5 / 255 + 1e-9)
    np.testing.assert_allclose(found.homographies, maps[:2])


def test_training_learns_and_keeps_to_its_budget() -> None:
    images, labels = DeformedDigits("train", 20, 12, 0.0).batch(range(64))
    keep = labels < 2
    data = (images[keep], labels[keep])
    recipe = PRESETS["digits"].with_options(epochs=40, batch=14, rate=3e-3)
    torch.manual_seed(0)
    net = recipe.build(group="so2", width=4, samples=4, classes=2, rank=None, kernel_width=12)
    run = AffineTraining(net, recipe, lambda epoch: data).run()
    assert sum(run.losses[-10:]) < 0.4 * sum(run.losses[:10])
    assert accuracy(net, *data) > 0.9
    assert not net.training
    short = AffineTraining(net, recipe, lambda epoch: data, seconds=0.2).run()
    assert 1 <= short.steps < 200


def test_bad_input_has_one_clear_line(tmp_path) -> None:
    (tmp_path / "text.mat").write_text("nothing")
    savemat(tmp_path / "other.mat", {"x": np.ones(3)})
    savemat(tmp_path / "flat.mat", {"affNISTdata": {"image": np.ones((10, 3)), "label_int": np.ones(3)}})
    savemat(tmp_path / "half.mat", {"affNISTdata": {"image": np.ones((1600, 3))}})
    (tmp_path / "empty").mkdir()
    net = PRESETS["digits"].build(width=2, samples=2)
    cases = [
        (lambda: load_affnist(tmp_path / "no.mat"), MissingFileError, "does not exist"),
        (lambda: load_affnist(tmp_path / "empty"), MissingFileError, "no .mat file"),
        (lambda: load_affnist(tmp_path / "text.mat"), FileFormatError, "cannot be read"),
        (lambda: load_affnist(tmp_path / "other.mat"), FileFormatError, "no affNISTdata; it has x"),
        (lambda: load_affnist(tmp_path / "half.mat"), FileFormatError, "label_int"),
        (lambda: load_affnist(tmp_path / "flat.mat"), ShapeError, r"\(1600, N\)"),
        (lambda: load_homnist(tmp_path / "other.mat"), FileFormatError, "no img_data"),
        (lambda: DeformedDigits("trian"), UnknownNameError, "'train' or 'test'"),
        (lambda: DeformedDigits(size=12, digit=16), InputError, "fit into"),
        (lambda: DeformedDigits(strength=-1.0), InputError, "strength is -1"),
        (lambda: preset("afnist"), UnknownNameError, "did you mean 'affnist'"),
        (lambda: PRESETS["digits"].with_options(rates=1.0), InputError, "did you mean rate"),
        (lambda: AffineTraining(net, PRESETS["digits"], lambda e: None, seconds=0), InputError, "seconds is 0"),
        (
            lambda: AffineTraining(net, PRESETS["digits"], lambda e: (torch.ones(2, 1, 9, 9), torch.ones(3))).run(),
            ShapeError,
            "an epoch is",
        ),
    ]
    for call, error, text in cases:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)
