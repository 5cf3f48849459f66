"""Clips of moving things, from arrays that the user has: one folder for each class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import FileFormatError, InputError, MissingDependencyError, MissingFileError

__all__ = ["Clips", "load_clips"]

_ENDINGS = (".npy", ".npz", ".h5", ".hdf5")
#: Persons of the KTH actions by split (Keller 2025).
_PERSONS = {"train": range(1, 17), "validation": range(17, 21), "test": range(21, 26)}


@dataclass(frozen=True, eq=False)
class Clips:
    """Sequences of one size.

    Attributes
    ----------
    frames : array of shape (clips, T, 1, H, W)
        In [0, 1].
    labels : array of shape (clips,)
        Places in ``classes``.
    classes : tuple of str
    """

    frames: Float[np.ndarray, "n t 1 h w"]
    labels: Int[np.ndarray, " n"]
    classes: tuple[str, ...]

    def moved(self, velocities: int, seed: int, flips: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Every clip with an artificial motion by a velocity from {-n..n}^2, around a torus, and its label."""
        rng = np.random.default_rng(seed)
        out = np.empty_like(self.frames)
        for k, clip in enumerate(self.frames):
            clip = clip[..., ::-1] if flips and rng.random() < 0.5 else clip
            v = rng.integers(-velocities, velocities + 1, size=2)
            for t in range(len(clip)):
                out[k, t] = np.roll(clip[t], (t * v[0], t * v[1]), (-2, -1))
        return torch.from_numpy(out), torch.from_numpy(self.labels)


def load_clips(folder: str | Path, split: str | None = None, *, length: int = 16, stride: int = 2) -> Clips:
    """Clips (T, H, W) from ``.npy``, ``.npz`` or HDF5 files, in one folder for each class.

    Parameters
    ----------
    folder : path
    split : {"train", "validation", "test"}, optional
        Of persons 1-16, 17-20 and 21-25, by a part ``person07`` of the files' names.
    length, stride : int
        Frames taken, and the distance between them.

    Raises
    ------
    MissingFileError, FileFormatError, InputError
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"{folder} is no folder; give one with a folder of clips for each class")
    if split is not None and split not in _PERSONS:
        raise InputError(f"split is {split!r}; it must be one of {', '.join(_PERSONS)}")
    classes = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir()))
    found, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            if path.suffix.lower() in _ENDINGS and (split is None or _person(path) in _PERSONS[split]):
                found.append(_clip(path, length, stride))
                labels.append(label)
    if not found:
        raise MissingFileError(
            f"{folder} has no clips ({', '.join(_ENDINGS)}) in its folders" + (f" for {split}" if split else "")
        )
    if len({clip.shape for clip in found}) > 1:
        raise FileFormatError(f"{folder}: clips have sizes {sorted({c.shape[-2:] for c in found})}; make them one size")
    return Clips(np.stack(found)[:, :, None], np.array(labels), classes)


def _person(path: Path) -> int:
    match = re.search(r"person(\d+)", path.name)
    if match is None:
        raise FileFormatError(f"{path} does not say whose clip it is; name files like person07_walking_d1.npy")
    return int(match[1])


def _clip(path: Path, length: int, stride: int) -> Float[np.ndarray, "t h w"]:
    values = _array(path)
    if values.ndim != 3 or values.dtype.kind not in "uif":
        raise FileFormatError(f"{path} holds {values.dtype} of shape {values.shape}; a clip is (time, height, width)")
    if len(values) < (length - 1) * stride + 1:
        raise FileFormatError(f"{path} has {len(values)} frames; {length} at a distance of {stride} need more")
    taken = values[: (length - 1) * stride + 1 : stride]
    return taken.astype(np.float32) / (np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1.0)


def _array(path: Path) -> Any:
    if path.suffix.lower() in (".npy", ".npz"):
        try:
            loaded = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise FileFormatError(f"{path} cannot be read: {error}") from error
        if isinstance(loaded, np.ndarray):
            return loaded
        if len(loaded.files) != 1:
            raise FileFormatError(f"{path} has {len(loaded.files)} arrays; a clip is one")
        return loaded[loaded.files[0]]
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError("h5py", "gw", f"{path}") from error
    try:
        with h5py.File(path) as file:
            names = [k for k in file if isinstance(file[k], h5py.Dataset)]
            if len(names) != 1:
                raise FileFormatError(f"{path} has {len(names)} data sets at its top; a clip is one")
            found: Any = file[names[0]]
            return found[()]
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error}") from error
