"""Files of the affNIST and homNIST benchmarks, as the user has them: MATLAB .mat of images and labels.

affNIST: a struct ``affNISTdata`` with ``image`` (1600 x N, columns of 40 x 40) and ``label_int``. homNIST:
``img_data``, ``labels`` and ``hom_matrices``. Nothing in a file is run; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from symmeter.errors import FileFormatError, MissingFileError, ShapeError

__all__ = ["LabelledImages", "load_affnist", "load_homnist"]


class LabelledImages(NamedTuple):
    """Images (N, 1, H, W) of bytes, labels (N,), and the homographies (N, 3, 3) where the file has them."""

    images: UInt8[np.ndarray, "n 1 h w"]
    labels: Int[np.ndarray, " n"]
    homographies: Float[np.ndarray, "n 3 3"] | None = None


def load_affnist(path: str | Path, limit: int | None = None) -> LabelledImages:
    """Images of an affNIST file, such as ``just_centered/training_validation_test.mat``, upright.

    Parameters
    ----------
    path : path
        A .mat file, or a folder of them, which are put together in the order of their names.
    limit : int, optional
        Read no more than so many images.

    Raises
    ------
    MissingFileError, FileFormatError, ShapeError
    """
    path = Path(path)
    files = sorted(path.glob("*.mat"), key=_number) if path.is_dir() else [path]
    if not files:
        raise MissingFileError(f"{path} has no .mat file; give a file or a folder of affNIST")
    parts, count = [], 0
    for file in files:
        parts.append(_affnist(file))
        count += len(parts[-1][0])
        if limit is not None and count >= limit:
            break
    images, labels = (np.concatenate(p)[:limit] for p in zip(*parts))
    return LabelledImages(images, labels)


def _number(path: Path) -> tuple[int, str]:
    return (int(path.stem), "") if path.stem.isdigit() else (0, path.stem)


def _affnist(path: Path) -> tuple[np.ndarray, np.ndarray]:
    data = _matlab(path)
    if "affNISTdata" not in data:
        raise FileFormatError(f"{path} has no affNISTdata; it has {_names(data)}")
    record = np.asarray(data["affNISTdata"]).ravel()[0]
    fields = record.dtype.names or ()
    if not {"image", "label_int"} <= set(fields):
        raise FileFormatError(
            f"affNISTdata of {path} has the fields {', '.join(fields) or 'none'}; image and label_int are missing"
        )
    pixels, labels = np.asarray(record["image"]), np.asarray(record["label_int"]).ravel()
    if pixels.ndim != 2 or pixels.shape[0] != 1600 or pixels.shape[1] != len(labels):
        raise ShapeError(f"images of {path} have shape {pixels.shape} for {len(labels)} labels; affNIST has (1600, N)")
    # MATLAB stores columns first.
    images = _bytes(pixels.T.reshape(-1, 40, 40).swapaxes(1, 2), path)
    return images[:, None], labels.astype(np.int64)


def load_homnist(path: str | Path, limit: int | None = None) -> LabelledImages:
    """Images of a homNIST file with their homographies.

    Raises
    ------
    MissingFileError, FileFormatError, ShapeError
    """
    path = Path(path)
    data = _matlab(path)
    missing = [k for k in ("img_data", "labels", "hom_matrices") if k not in data]
    if missing:
        raise FileFormatError(f"{path} has no {missing[0]}; it has {_names(data)}")
    labels = np.asarray(data["labels"]).ravel().astype(np.int64)
    pixels, maps = np.asarray(data["img_data"]), np.asarray(data["hom_matrices"], dtype=float)
    n = len(labels)
    if pixels.ndim != 3 or n not in (pixels.shape[0], pixels.shape[2]):
        raise ShapeError(
            f"images of {path} have shape {pixels.shape} for {n} labels; homNIST has (N, H, W) or (H, W, N)"
        )
    if maps.size != 9 * n:
        raise ShapeError(f"hom_matrices of {path} have shape {maps.shape}; {n} matrices of 3 x 3 are expected")
    if pixels.shape[0] != n:
        pixels = np.moveaxis(pixels, 2, 0)
    maps = maps.reshape(n, 3, 3) if maps.shape[0] == n else np.moveaxis(maps.reshape(3, 3, n), 2, 0)
    return LabelledImages(_bytes(pixels, path)[:limit, None], labels[:limit], maps[:limit])


def _matlab(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a .mat file of the benchmark")
    try:
        return loadmat(path)
    except NotImplementedError as error:
        raise FileFormatError(f"{path} is a MATLAB 7.3 file; save it with -v7") from error
    except Exception as error:
        raise FileFormatError(f"{path} cannot be read as a MATLAB file ({type(error).__name__})") from error


def _names(data: dict[str, Any]) -> str:
    return ", ".join(k for k in data if not k.startswith("__")) or "nothing"


def _bytes(pixels: np.ndarray, path: Path) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if pixels.dtype.kind not in "uif" or not np.isfinite(pixels).all():
        raise FileFormatError(f"images of {path} hold {pixels.dtype} values that are not finite numbers")
    scale = 255.0 if pixels.dtype.kind == "f" and pixels.max(initial=0) <= 1 else 1.0
    if pixels.min(initial=0) < 0 or pixels.max(initial=0) * scale > 255:
        raise FileFormatError(f"images of {path} run from {pixels.min():g} to {pixels.max():g}; bytes are expected")
    return np.ascontiguousarray(np.rint(pixels * scale).astype(np.uint8))
