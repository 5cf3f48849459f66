"""TFRecord shards, trajectories and presets."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import (  # noqa: E402
    FileFormatError,
    InputError,
    MissingFileError,
    NonFiniteError,
    ShapeError,
    UnknownNameError,
)
from symmeter.nn.soft.presets import PRESETS, preset  # noqa: E402
from symmeter.nn.soft.tfrecord import crc32c, parse_example, read_examples, read_records, write_records  # noqa: E402
from symmeter.nn.soft.trajectories import (  # noqa: E402
    displacement_error,
    forecast_displacement,
    load_trajectories,
    normalise,
    select_tracks,
    tracks_of_shards,
)

# ---- a writer of the wire format, written from its specification ----------------------------------------------------


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def message(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def feature(values):
    if isinstance(values, list):
        return message(1, b"".join(message(1, v) for v in values))
    if values.dtype.kind == "f":
        return message(2, message(1, values.astype("<f4").tobytes()))
    return message(3, message(1, b"".join(varint(int(v)) for v in values)))


def example(features):
    entries = b"".join(message(1, message(1, k.encode()) + message(2, feature(v))) for k, v in features.items())
    return message(1, entries)


def test_checksums_known_from_the_standard():
    # RFC 3720, appendix B.4.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_a_record_byte_by_byte(tmp_path):
    path = write_records(tmp_path / "one.tfrecord", [b"symmetry"])
    raw = path.read_bytes()
    assert struct.unpack("<Q", raw[:8])[0] == 8
    assert raw[12:20] == b"symmetry"
    crc = crc32c(b"symmetry")
    assert struct.unpack("<I", raw[20:])[0] == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_and_examples_round_trip(tmp_path):
    rng = np.random.default_rng(0)
    wanted = [
        {
            "a": rng.standard_normal(7).astype(np.float32),
            "b": np.array([0, 1, -1, 2**40, -(2**62)]),
            "c": [b"bytes", b"", b"\x00\xff"],
        }
        for _ in range(3)
    ]
    path = write_records(tmp_path / "x.tfrecord", [example(w) for w in wanted])
    found = list(read_examples(path))
    assert len(found) == 3
    for got, want in zip(found, wanted):
        np.testing.assert_array_equal(got["a"], want["a"])
        np.testing.assert_array_equal(got["b"], want["b"])
        assert got["c"] == want["c"]


def test_unpacked_lists_are_read_too():
    floats = b"".join(varint(1 << 3 | 5) + struct.pack("<f", v) for v in (1.5, -2.0))
    numbers = b"".join(varint(1 << 3) + varint(v) for v in (3, -4))
    data = message(
        1,
        message(1, message(1, b"f") + message(2, message(2, floats)))
        + message(1, message(1, b"i") + message(2, message(3, numbers))),
    )
    found = parse_example(data)
    np.testing.assert_array_equal(found["f"], [1.5, -2.0])
    np.testing.assert_array_equal(found["i"], [3, -4])


def test_damaged_records_are_named(tmp_path):
    good = write_records(tmp_path / "good.tfrecord", [b"first", b"second"]).read_bytes()
    cases = {
        "cut off": good[:-3],
        "checksum of the length": b"\x07" + good[1:],
        "checksum of the data": good[:14] + b"X" + good[15:],
        "inside a length": good + b"abc",
    }
    for text, raw in cases.items():
        path = tmp_path / "bad.tfrecord"
        path.write_bytes(raw)
        with pytest.raises(FileFormatError, match=text):
            list(read_records(path))
    with pytest.raises(MissingFileError):
        list(read_records(tmp_path / "none"))


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\xff\x01", b"\x0b", b"\x0a" + b"\xff" * 11])
def test_damaged_messages_are_errors_not_answers(data):
    with pytest.raises(FileFormatError):
        parse_example(data)


def test_random_bytes_never_crash():
    rng = np.random.default_rng(0)
    good = example({"a": np.arange(5.0), "b": np.arange(4)})
    for _ in range(300):
        raw = bytearray(good)
        for place in rng.integers(0, len(raw), 3):
            raw[place] = rng.integers(256)
        try:
            parse_example(bytes(raw))
        except FileFormatError:
            continue


# ---- trajectories ----------------------------------------------------------------------------------------------------


def shard(tmp_path, agents=6, seed=0):
    """A Waymo-like example, and the tracks that must come out."""
    rng = np.random.default_rng(seed)
    xyz = np.cumsum(rng.uniform(0, 0.1, (agents, 91, 3)), axis=1)
    xyz[1, :, 2] = 0.0  # does not rise
    xyz[2, :, 0] *= 60  # leaves the range
    valid = np.ones((agents, 91), dtype=np.int64)
    valid[3, 17] = 0
    valid[4, 60] = 0  # after the frames that are used
    features = {}
    for when, part in (("past", slice(0, 10)), ("current", slice(10, 11)), ("future", slice(11, 91))):
        for k, axis in enumerate("xyz"):
            features[f"state/{when}/{axis}"] = xyz[:, part, k].ravel().astype(np.float32)
        features[f"state/{when}/valid"] = valid[:, part].ravel()
    path = write_records(tmp_path / "shard", [example(features)])
    return path, xyz[[0, 4, 5]][:, :24:2]


def test_shards_give_the_selected_tracks(tmp_path):
    path, wanted = shard(tmp_path)
    found = tracks_of_shards([path], check=True)
    assert found.shape == (3, 12, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert tracks_of_shards([]).shape == (0, 12, 3)


def test_a_shard_of_something_else_is_named(tmp_path):
    path = write_records(tmp_path / "other", [example({"image": [b"png"]})])
    with pytest.raises(FileFormatError, match="no Waymo Open Motion example"):
        tracks_of_shards([path])


def test_tracks_are_read_and_checked(tmp_path):
    tracks = np.random.default_rng(0).standard_normal((4, 12, 3))
    np.savez(tmp_path / "t.npz", traj=tracks)
    np.testing.assert_array_equal(load_trajectories(tmp_path / "t.npz"), tracks)
    np.savez(tmp_path / "u.npz", other=tracks)
    with pytest.raises(FileFormatError, match="'traj'"):
        load_trajectories(tmp_path / "u.npz")
    np.savez(tmp_path / "v.npz", traj=tracks[:, :11])
    with pytest.raises(ShapeError, match="11"):
        load_trajectories(tmp_path / "v.npz")
    np.savez(tmp_path / "w.npz", traj=tracks * np.nan)
    with pytest.raises(NonFiniteError):
        load_trajectories(tmp_path / "w.npz")
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(FileFormatError):
        load_trajectories(tmp_path / "x.npz")
    with pytest.raises(MissingFileError):
        load_trajectories(tmp_path / "y.npz")
    with pytest.raises(ShapeError):
        select_tracks(tracks, np.ones((4, 12)))


def test_normalising_and_its_way_back():
    tracks = np.random.default_rng(0).standard_normal((5, 12, 3)) + 3.0
    found = normalise(tracks, "symmetry-aware")
    both = np.concatenate([found.x, found.y], axis=1).reshape(5, 12, 3)
    np.testing.assert_allclose(both.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(both * 1.05, tracks - tracks.mean(1, keepdims=True), atol=1e-12)
    assert len(set(normalise(tracks, "scale-aware").scale)) == 3
    kept = normalise(tracks, "symmetry-scale-aware")
    height = np.concatenate([kept.x, kept.y], axis=1).reshape(5, 12, 3)[..., 2].mean(1) * 1.31
    np.testing.assert_allclose(height, 0.007 * tracks[..., 2].mean(1) + 0.23, atol=1e-9)
    with pytest.raises(UnknownNameError):
        normalise(tracks, "other")


def test_rotations_about_the_vertical_commute_with_the_symmetric_normalisation():
    tracks = np.random.default_rng(0).standard_normal((5, 12, 3))
    turn = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    for how, same in (("symmetry-aware", True), ("scale-aware", False)):
        a = normalise(tracks @ turn.T, how).x
        b = (normalise(tracks, how).x.reshape(5, 6, 3) @ turn.T).reshape(5, 18)
        assert np.allclose(a, b) is same


def test_displacement_in_metres():
    a = np.zeros((2, 18))
    b = np.tile([3.0, 0.0, 4.0], 6)[None].repeat(2, 0)
    assert displacement_error(a, b, np.array([1.0, 1.0, 1.0])) == pytest.approx(5.0)
    assert displacement_error(a, b, np.array([2.0, 1.0, 0.0])) == pytest.approx(6.0)


def test_forecasts_on_the_users_own_file(tmp_path):
    rng = np.random.default_rng(0)
    t = np.arange(12)[None, :, None]
    tracks = rng.standard_normal((60, 1, 3)) + 0.2 * t * rng.standard_normal((60, 1, 3))
    np.savez(tmp_path / "t.npz", traj=tracks)
    small = replace(PRESETS["motion-symmetry-aware"], channels=27, layers=2, epochs=40, tune_at=12, rate=3e-3)
    found = forecast_displacement(tmp_path / "t.npz", configuration=small)
    still = displacement_error(np.zeros((17, 18)), normalise(tracks).y[43:], normalise(tracks).scale)
    assert set(found) == {"PER", "RPP"}
    assert 0 < found["PER"] < still
    np.savez(tmp_path / "few.npz", traj=tracks[:5])
    with pytest.raises(InputError, match="5 trajectories"):
        forecast_displacement(tmp_path / "few.npz", configuration=small)


# ---- presets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_build_their_networks(name):
    per = preset(name).build(torch.Generator().manual_seed(0))
    net = per.net
    assert net.hidden.size(3) == preset(name).channels
    assert len(net.linear_layers) == 4
    assert set(per.strengths().values()) == {preset(name).strength}
    x = torch.randn(2, net.source.size(3))
    assert net(x).shape == (2, net.target.size(3))


def test_an_unknown_preset_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean inertia"):
        preset("inertja")
