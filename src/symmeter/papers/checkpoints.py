"""Finished parts of a long run on disk, so that an interrupted run resumes where it stopped.

A part is JSON or, when it is a dictionary of arrays, an ``.npz`` without pickle. Each file carries the slug, scale,
seed and version it was made with; a part made with others, or damaged, is computed again and a note says so.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symmeter.errors import InputError

__all__ = ["Checkpoints", "decode", "encode"]

SCHEMA = "symmeter/checkpoint/1"
_STAMP = "__stamp__"


def encode(value: Any) -> Any:
    """Plain values that JSON can hold; non-finite and complex numbers are tagged.

    Examples
    --------
    >>> encode({"a": [1.0, float("inf")], "b": 1 + 2j})
    {'a': [1.0, {'__float__': 'inf'}], 'b': {'__complex__': [1.0, 2.0]}}
    """
    if isinstance(value, np.ndarray):
        return encode(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"__float__": repr(value)}
    if isinstance(value, complex):
        return {"__complex__": [encode(value.real), encode(value.imag)]}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    raise InputError(f"a checkpoint cannot hold a {type(value).__name__}; use numbers, text, lists, dicts or arrays")


def decode(value: Any) -> Any:
    """The inverse of :func:`encode`, up to tuples and arrays, which come back as lists."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"__float__"}:
            return float(value["__float__"])
        if set(value) == {"__complex__"}:
            return complex(*(decode(part) for part in value["__complex__"]))
        return {key: decode(item) for key, item in value.items()}
    return value


def _name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name):
        raise InputError(f"{name!r} cannot name a part; use letters, digits, dots, dashes and underscores")
    return name


def _timed(name: str, job: Callable[[], Any]) -> tuple[str, Any, float]:
    start = time.perf_counter()
    value = job()
    return name, value, time.perf_counter() - start


class Checkpoints:
    """The finished parts of one run.

    Parameters
    ----------
    out_dir : path
        Parts are kept in ``out_dir/checkpoints``.
    slug, scale : str
    seed : int
    version : str
        Anything that changes when old parts may no longer be used.
    note : callable, optional
        Told, in one sentence, when a part on disk could not be used.

    Examples
    --------
    >>> import tempfile
    >>> parts = Checkpoints(tempfile.mkdtemp(), "example", "smoke", 0, "1")
    >>> parts.get_or_compute("squares", lambda: [k * k for k in range(4)])
    [0, 1, 4, 9]
    >>> parts.get_or_compute("squares", lambda: 1 / 0)
    [0, 1, 4, 9]
    """

    def __init__(
        self,
        out_dir: str | Path,
        slug: str,
        scale: str,
        seed: int,
        version: str,
        note: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(out_dir) / "checkpoints"
        self.stamp = {"schema": SCHEMA, "slug": slug, "scale": scale, "seed": int(seed), "version": str(version)}
        self.resumed: list[str] = []
        self.computed: list[str] = []
        self.resumed_seconds = 0.0
        self._note = note or (lambda text: None)

    def get_or_compute(self, name: str, fn: Callable[[], Any]) -> Any:
        """The part called ``name``: from disk if it is there and belongs to this run, else from ``fn``.

        Parameters
        ----------
        name : str
            Letters, digits, dots, dashes and underscores.
        fn : callable
            Computes plain values, or a dictionary whose values are all arrays.

        Returns
        -------
        plain value or dict of arrays
            The same whether it was computed now or read: tuples have become lists.
        """
        found, value = self._load(_name(name))
        if found:
            self.resumed.append(name)
            return value
        start = time.perf_counter()
        value = fn()
        seconds = time.perf_counter() - start
        value = self._store(name, value, seconds)
        self.computed.append(name)
        return value

    def get_or_compute_all(
        self,
        jobs: Mapping[str, Callable[[], Any]],
        done: Callable[[str], None] = lambda name: None,
        parallel: bool = True,
    ) -> dict[str, Any]:
        """Many parts that do not need each other: those that are missing on all processors, each kept when it is done.

        Parameters
        ----------
        jobs : mapping
            What computes each part, by name; they go to other processes.
        done : callable, optional
            Told the name of each part that was read or is finished.
        parallel : bool
            Otherwise one after the other in this process.

        Returns
        -------
        dict
            Of all parts, in the order of ``jobs``.
        """
        if not parallel:
            values = {}
            for name, job in jobs.items():
                values[name] = self.get_or_compute(name, job)
                done(name)
            return values
        read = {name: self._load(_name(name)) for name in jobs}
        values = {name: value for name, (found, value) in read.items() if found}
        self.resumed += values
        for name in values:
            done(name)
        missing = [(name, job) for name, job in jobs.items() if name not in values]
        if missing:
            from joblib import Parallel, delayed

            # Processes on this machine, unless a joblib.parallel_config says otherwise (Dask, Ray, ...).
            pool: Any = Parallel(n_jobs=-1, return_as="generator_unordered")
            for name, value, seconds in pool(delayed(_timed)(*job) for job in missing):
                values[name] = self._store(name, value, seconds)
                self.computed.append(name)
                done(name)
        return {name: values[name] for name in jobs}

    def clear(self) -> None:
        """Remove the parts, when a run has finished. Files that are not ours stay."""
        for name in {*self.resumed, *self.computed}:
            for suffix in (".json", ".npz"):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _store(self, name: str, value: Any, seconds: float) -> Any:
        from symmeter.files import write_atomic

        self.folder.mkdir(parents=True, exist_ok=True)
        header = {**self.stamp, "name": name, "seconds": seconds}
        arrays = isinstance(value, dict) and value and all(isinstance(v, np.ndarray) for v in value.values())
        if arrays:
            if any(v.dtype == object for v in value.values()):
                raise InputError(f"part {name!r} holds an array of objects; use numbers or text")
            shapes = {key: list(v.shape) for key, v in value.items()}
            buffer = io.BytesIO()
            # A NumPy text array of one element, not an object: it loads without pickle.
            stamp = np.array([json.dumps({**header, "shapes": shapes})])
            np.savez_compressed(buffer, **{_STAMP: stamp, **value})
            write_atomic(self.folder / f"{name}.npz", buffer.getvalue())
            return value
        plain = encode(value)
        write_atomic(self.folder / f"{name}.json", json.dumps({**header, "value": plain}, allow_nan=False) + "\n")
        return decode(plain)

    def _load(self, name: str) -> tuple[bool, Any]:
        for suffix, read in ((".json", self._read_json), (".npz", self._read_npz)):
            path = self.folder / f"{name}{suffix}"
            if not path.is_file():
                continue
            try:
                header, value = read(path)
                self._check(header, name)
            except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
                self._note(f"part {name!r} on disk is not used and is computed again: {' '.join(str(error).split())}")
                return False, None
            self.resumed_seconds += float(header.get("seconds", 0.0))
            return True, value
        return False, None

    def _check(self, header: Mapping[str, Any], name: str) -> None:
        for key, ours in {**self.stamp, "name": name}.items():
            if header.get(key) != ours:
                raise ValueError(f"it was made with {key} {header.get(key)!r}, this run has {ours!r}")

    @staticmethod
    def _read_json(path: Path) -> tuple[dict[str, Any], Any]:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is not one of our files")
        return content, decode(content["value"])

    @staticmethod
    def _read_npz(path: Path) -> tuple[dict[str, Any], Any]:
        with np.load(path, allow_pickle=False) as archive:
            header = json.loads(str(archive[_STAMP][0]))
            value = {key: archive[key] for key in archive.files if key != _STAMP}
        shapes = {key: list(v.shape) for key, v in value.items()}
        if shapes != header.get("shapes"):
            raise ValueError("its arrays do not have the shapes it was written with")
        return header, value
