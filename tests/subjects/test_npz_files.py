"""NumPy archives: which array is read, and bombs and forgeries that are refused."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import FileFormatError, InputError, ShapeError, SymmeterError, UnknownNameError
from symmeter.subjects import Covariance, Samples, load
from symmeter.subjects.npz import read_npz


def one_line(error: SymmeterError) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 1000


RNG = np.random.default_rng(3)
X = RNG.normal(size=(20, 3))
R = X.T @ X / 20


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_single_array(tmp_path: Path, save) -> None:
    save(tmp_path / "a.npz", anything=X)
    subject = load(tmp_path / "a.npz")
    assert np.array_equal(subject.values, X)
    assert subject.source == "a.npz:anything"


@pytest.mark.parametrize("name", ["X", "data", "samples", "values", "Data"])
def test_preferred_names(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "a.npz", other=np.zeros((4, 4)), labels=np.arange(20), **{name: X})
    subject = load(tmp_path / "a.npz")
    assert np.array_equal(subject.values, X)
    assert f"read the array '{name}', not 'other', 'labels'" in subject.notes


@pytest.mark.parametrize("name", ["cov", "covariance", "R"])
def test_covariance_with_its_sample_size(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "a.npz", n=500, **{name: R})
    subject = load(tmp_path / "a.npz")
    assert isinstance(subject, Covariance)
    assert subject.n == 500
    assert load(tmp_path / "a.npz", n=30).n == 30


def test_only_table_among_vectors_and_text(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=np.zeros(20), table=X, title=np.array("words"), objects=np.array([None]))
    subject = load(tmp_path / "a.npz")
    assert isinstance(subject, Samples)
    assert np.array_equal(subject.values, X)


def test_choice_by_name(tmp_path: Path, refusal) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, first=X, second=2 * X)
    text = refusal(InputError, load, path)
    assert "several arrays: 'first' (20 x 3), 'second' (20 x 3)" in text
    assert "a.npz:first" in text
    assert np.array_equal(load(f"{path}:second").values, 2 * X)
    assert load(f"{path}:second.npy").source == "a.npz:second"
    assert "did you mean 'second'?" in refusal(UnknownNameError, load, f"{path}:secnod")


def test_two_preferred_names_are_ambiguous(tmp_path: Path, refusal) -> None:
    np.savez(tmp_path / "a.npz", X=X, cov=R)
    assert "several arrays" in refusal(InputError, load, tmp_path / "a.npz")


def test_colon_is_for_archives_only(tmp_path: Path, refusal) -> None:
    np.save(tmp_path / "a.npy", X)
    (tmp_path / "a.npy").rename(tmp_path / "b.npz")
    assert "chooses an array of a .npz file" in refusal(InputError, load, f"{tmp_path}/b.npz:x")
    np.save(tmp_path / "c.npz:x", X)
    (tmp_path / "c.npz:x.npy").rename(tmp_path / "c.npz:x")
    assert np.array_equal(load(f"{tmp_path}/c.npz:x").values, X)


def test_members_are_checked_as_files_are(tmp_path: Path, refusal) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(5))
    text = refusal(ShapeError, load, tmp_path / "a.npz")
    assert "a.npz:a" in text
    assert "1-d array of 5 numbers" in text
    np.savez(tmp_path / "a.npz", a=np.array([[None]]))
    assert "pickled Python objects" in refusal(FileFormatError, load, tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("members", "part"),
    [
        ({}, "an empty zip archive"),
        ({"[Content_Types].xml": b"x"}, "looks like an Excel"),
        ({"m/data.pkl": b"x"}, "torch.save"),
        ({"readme.txt": b"x"}, "no .npy array in it (it holds 'readme.txt')"),
        ({"a.npy": b"short"}, "header is damaged"),
    ],
)
def test_other_archives(tmp_path: Path, refusal, members: dict[str, bytes], part: str) -> None:
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert part in refusal(FileFormatError, load, tmp_path / "z.npz")


def _npy_head(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def _peak(action) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_header_larger_than_its_member(tmp_path: Path, refusal) -> None:
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("a.npy", _npy_head((125000, 10000)) + bytes(16))
    texts: list[str] = []
    assert _peak(lambda: texts.append(refusal(FileFormatError, load, tmp_path / "z.npz"))) < 5e6
    assert "announces 125000 x 10000 float64 (10.0 GB), but only 16 bytes follow" in texts[0]


def test_decompression_bomb(tmp_path: Path, refusal) -> None:
    with (
        zipfile.ZipFile(tmp_path / "z.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w") as member,
    ):
        member.write(_npy_head((2000, 8000)))
        for _ in range(128):
            member.write(bytes(10**6))
    assert (tmp_path / "z.npz").stat().st_size < 200_000
    texts: list[str] = []
    assert _peak(lambda: texts.append(refusal(FileFormatError, load, tmp_path / "z.npz"))) < 5e6
    assert "decompression bomb" in texts[0]


def test_forged_member_size(tmp_path: Path, refusal) -> None:
    data = _npy_head((10**9, 8)) + bytes(8000)
    with zipfile.ZipFile(tmp_path / "z.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", data)
    raw = (tmp_path / "z.npz").read_bytes()
    true, false = len(data).to_bytes(4, "little"), (0xF0000000).to_bytes(4, "little")
    assert raw.count(true) >= 2
    (tmp_path / "z.npz").write_bytes(raw.replace(true, false))
    assert "which is impossible" in refusal(FileFormatError, load, tmp_path / "z.npz")


def test_zeros_compress_well_and_are_still_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "z.npz", X=np.eye(500)[:, :400])
    assert load(tmp_path / "z.npz").values.shape == (500, 400)


def test_unusual_packing(tmp_path: Path, refusal) -> None:
    member = _npy_head((2, 3)) + bytes(48)
    with zipfile.ZipFile(tmp_path / "z.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.npy", member)
    assert "packed with method 12" in refusal(FileFormatError, load, tmp_path / "z.npz")
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("a.npy", member)
    raw = bytearray((tmp_path / "z.npz").read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "z.npz").write_bytes(bytes(raw))
    assert "encrypted" in refusal(FileFormatError, load, tmp_path / "z.npz")


def _archive(save) -> bytes:
    stream = io.BytesIO()
    save(stream, X=np.arange(6.0).reshape(3, 2), n=7)
    return stream.getvalue()


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([_archive(np.savez), _archive(np.savez_compressed)]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
    cut=st.integers(0, 60),
)
def test_mutated_archives_load_or_raise_one_line(base: bytes, edits: list[tuple[float, bytes]], cut: int) -> None:
    data = bytearray(base)
    for where, new in edits:
        at = int(where * (len(data) - 1))
        data[at : at + len(new)] = new
    content = bytes(data[: len(data) - (cut if cut < 30 else 0)])

    def attempt() -> None:
        try:
            table = read_npz(io.BytesIO(content), "f.npz")
            table.take(None)
        except SymmeterError as error:
            one_line(error)

    assert _peak(attempt) < 20e6
