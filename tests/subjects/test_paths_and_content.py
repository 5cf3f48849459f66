"""Files recognised by content, and paths that lead nowhere."""

from __future__ import annotations

import builtins
import gzip
import json
import os
import pickle
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from symmeter.errors import FileFormatError, InputError, MissingDependencyError, MissingFileError, NonFiniteError
from symmeter.subjects import Covariance, load
from symmeter.subjects.content import kind_of_content

RNG = np.random.default_rng(7)
X = RNG.normal(size=(8, 3))
FRAME = pd.DataFrame(X, columns=list("abc"))


def test_parquet_and_feather(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_feather(tmp_path / "t.feather")
    feather.write_feather(FRAME, tmp_path / "u.feather", compression="uncompressed")
    for name in ("t.parquet", "t.feather", "u.feather"):
        subject = load(tmp_path / name)
        assert np.array_equal(subject.values, X)
        assert subject.names == ("a", "b", "c")
        assert subject.describe().startswith(f"read {name}: 8 samples x 3 columns, float64")


def test_parquet_of_many_types(tmp_path: Path, refusal) -> None:
    table = pa.table(
        {
            "i": pa.array([1, 2, 3], pa.uint8()),
            "h": pa.array([1.5, 2.5, 3.5], pa.float16()),
            "b": [True, False, True],
            "d": pa.array([1, 2, 3], pa.decimal128(5, 2)),
            "k": pa.array([7, 8, 7]).dictionary_encode(),
            "t": ["u", None, "w"],
            "gap": [1.0, None, 3.0],
            "none": pa.nulls(3),
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    subject = load(tmp_path / "t.parquet", columns="0:5")
    assert subject.values.tolist() == [[1, 1.5, 1, 1, 7], [2, 2.5, 0, 2, 8], [3, 3.5, 1, 3, 7]]
    text = refusal(InputError, load, tmp_path / "t.parquet")
    assert "'t' (column 5): 'u' on row 0, 2 of 3 cells; choose columns of numbers with --columns 0:5,6:8" in text
    assert "row 1, column 'gap'" in refusal(NonFiniteError, load, tmp_path / "t.parquet", columns="gap")
    assert "3 of 3 values" in refusal(NonFiniteError, load, tmp_path / "t.parquet", columns="none")


def test_parquet_with_a_pandas_index(tmp_path: Path) -> None:
    FRAME.set_axis([f"r{i}" for i in range(8)]).to_parquet(tmp_path / "t.parquet")
    subject = load(tmp_path / "t.parquet")
    assert subject.names == ("a", "b", "c")
    assert "index column '__index_level_0__' left out" in subject.notes


def test_damaged_parquet_and_feather(tmp_path: Path, refusal) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_feather(tmp_path / "t.feather")
    for name, word in [("t.parquet", "damaged Parquet"), ("t.feather", "damaged Feather")]:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:100])
        assert word in refusal(FileFormatError, load, tmp_path / name)


def test_parquet_bomb(tmp_path: Path, refusal) -> None:
    column = pa.array(np.zeros(40_000_000, dtype=np.int8))
    parquet.write_table(pa.table({"zeros": column}), tmp_path / "b.parquet")
    assert (tmp_path / "b.parquet").stat().st_size < 200_000
    assert "decompression bomb" in refusal(FileFormatError, load, tmp_path / "b.parquet")


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_without_pyarrow(tmp_path: Path, refusal, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    getattr(FRAME, f"to_{suffix}")(tmp_path / f"t.{suffix}")
    real = builtins.__import__

    def absent(name: str, *rest: object, **options: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", absent)
    text = refusal(MissingDependencyError, load, tmp_path / f"t.{suffix}")
    assert 'pyarrow: pip install "symmeter[tables]"' in text


def test_content_decides_and_the_name_is_noted(tmp_path: Path) -> None:
    writers = {
        "a NumPy array (.npy)": lambda p: np.save(p, X),
        "a NumPy archive (.npz)": lambda p: np.savez(p, X),
        "a text table": lambda p: FRAME.to_csv(p, index=False),
        "a Parquet table": lambda p: FRAME.to_parquet(p),
        "a Feather table": lambda p: FRAME.to_feather(p),
    }
    own = {"npy": "a NumPy array (.npy)", "npz": "a NumPy archive (.npz)", "csv": "a text table"}
    for words, write in writers.items():
        for suffix in ("npy", "npz", "csv", "xyz"):
            path = tmp_path / f"t.{suffix}"
            with path.open("wb") as stream:
                write(stream)
            subject = load(path)
            assert np.array_equal(subject.values, X)
            expected = f"named .{suffix} but its content is {words}"
            assert (expected in subject.notes) == (suffix in own and own[suffix] != words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"1,2\n", mtime=0), "a gzip archive"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(20), "an HDF5"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"GIF89a", "a GIF picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (b"SIMPLE  =                    T", "a FITS file"),
        (pickle.dumps([1.0, 2.0]), "a pickle, which is never loaded because it can run code"),
        (json.dumps({"a": [1]}).encode(), "JSON"),
        (b"\xef\xbb\xbf [1, 2]", "JSON"),
        (b"<!DOCTYPE html><html>", "an HTML or XML page"),
        (bytes(range(256)), "a binary file of unknown kind"),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_content_that_is_not_read(tmp_path: Path, refusal, content: bytes, words: str, suffix: str) -> None:
    (tmp_path / f"f.{suffix}").write_bytes(content)
    text = refusal(FileFormatError, load, tmp_path / f"f.{suffix}")
    assert words in text
    assert "symmeter reads .npy, .npz, .csv/.tsv/.txt tables, Parquet and Feather" in text


def test_empty_file(tmp_path: Path, refusal) -> None:
    (tmp_path / "e.npy").touch()
    assert "the file is empty" in refusal(FileFormatError, load, tmp_path / "e.npy")
    assert kind_of_content(b"\xff\xfe1\x00", "x") == "text"


def test_missing_files(tmp_path: Path, refusal) -> None:
    np.save(tmp_path / "digits.npy", X)
    text = refusal(MissingFileError, load, tmp_path / "digit.npy")
    assert "digit.npy: no such file; did you mean 'digits.npy'?" in text
    assert "no such file in" in refusal(MissingFileError, load, tmp_path / "other.parquet")
    assert "and no folder" in refusal(MissingFileError, load, tmp_path / "nowhere" / "digits.npy")
    assert "cannot be opened" in refusal(MissingFileError, load, tmp_path / "digits.npy" / "x.npy")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "digit.npy")


def test_paths_that_are_no_files(tmp_path: Path, refusal) -> None:
    np.save(tmp_path / "digits.npy", X)
    assert "a folder, not a file; give one of its files, such as 'digits.npy'" in refusal(
        MissingFileError, load, tmp_path
    )
    (tmp_path / "empty").mkdir()
    assert "give a file" in refusal(MissingFileError, load, tmp_path / "empty")
    os.mkfifo(tmp_path / "pipe")
    assert "a pipe or device" in refusal(MissingFileError, load, tmp_path / "pipe")
    assert "a pipe or device" in refusal(MissingFileError, load, "/dev/zero")
    assert "no such file" in refusal(MissingFileError, load, "")
    assert "null byte" in refusal(MissingFileError, load, "a\0b")
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be opened" in refusal(MissingFileError, load, tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tmp_path / "s"))
        assert "a pipe or device" in refusal(MissingFileError, load, tmp_path / "s")


def test_unreadable_file(tmp_path: Path, refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "x.npy", X)

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(builtins, "open", denied)
    assert "no permission" in refusal(MissingFileError, load, tmp_path / "x.npy")


def test_odd_file_names_stay_on_one_line(tmp_path: Path, refusal) -> None:
    for name in ["two\nlines.csv", "\udcff.csv", "bell\x07.csv"]:
        assert "no such file" in refusal(MissingFileError, load, tmp_path / name)
        (tmp_path / name).write_text("a,b\n1,x\n")
        assert "holds text" in refusal(InputError, load, tmp_path / name)


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "c.npy", np.eye(3))
    assert isinstance(load("~/c.npy"), Covariance)
