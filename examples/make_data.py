"""Write the arrays that the examples and the documentation use into ``examples/data``.

Everything comes from data that scikit-learn bundles: its 1,797 handwritten digits (8 x 8 pixels) and its photographs
china.jpg and flower.jpg. ``examples/README.md`` tells how the photographs are prepared, and why. The table
``chloroplast.csv`` is part of the repository; ``--genbank`` makes it anew from the GenBank file of NC_000932.
"""

from __future__ import annotations

import argparse
import re
from itertools import product
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"

#: Side of a patch in pixels, after the photographs have been halved.
SIDE = 8
PATCHES_PER_PHOTOGRAPH = 2000
#: Bases per row of the chloroplast table, and how many rows lie before the second copy of the inverted repeat.
BASES_PER_ROW = 200
ROWS_BEFORE_SECOND_COPY = 641
DINUCLEOTIDES = ["".join(pair) for pair in product("ACGT", repeat=2)]


def digits() -> np.ndarray:
    """The digits as they are, one image per row."""
    from sklearn.datasets import load_digits

    return load_digits().data


def shifted_digits(seed: int = 0) -> np.ndarray:
    """Every digit moved by a random amount around the torus: cyclic shifts are exact symmetries of the law."""
    rng = np.random.default_rng(seed)
    images = digits().reshape(-1, SIDE, SIDE)
    return np.stack([np.roll(image, rng.integers(0, SIDE, 2), (0, 1)) for image in images]).reshape(len(images), -1)


def mirrored_digits(seed: int = 0) -> np.ndarray:
    """Every other digit, at random, seen in a mirror: left and right are exchangeable."""
    rng = np.random.default_rng(seed)
    images = digits().reshape(-1, SIDE, SIDE)
    return np.where(rng.random(len(images))[:, None, None] < 0.5, images[:, :, ::-1], images).reshape(len(images), -1)


def photographs(factor: int = 2) -> list[np.ndarray]:
    """The two photographs as luminance (Rec. 709 weights on the stored values), reduced by averaging square blocks."""
    from sklearn.datasets import load_sample_images

    out = []
    for image in load_sample_images().images:
        grey = image @ np.array([0.2126, 0.7152, 0.0722]) / 255.0
        height, width = (n // factor for n in grey.shape)
        cut = grey[: height * factor, : width * factor]
        out.append(cut.reshape(height, factor, width, factor).mean((1, 3)))
    return out


def random_corners(image: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Upper left corners of windows that lie inside an image, every place alike."""
    rows = rng.integers(0, image.shape[0] - size + 1, PATCHES_PER_PHOTOGRAPH)
    return rows, rng.integers(0, image.shape[1] - size + 1, PATCHES_PER_PHOTOGRAPH)


def windows_at(image: np.ndarray, size: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Square windows of an image by their upper left corners, each without its mean."""
    windows = np.stack([image[y : y + size, x : x + size] for y, x in zip(rows, columns)])
    return windows - windows.mean((1, 2), keepdims=True)


def equal_contrast(patches: np.ndarray) -> np.ndarray:
    """Mean 0 and contrast 1; below one percent of full scale the camera's noise is not blown up."""
    centred = patches - patches.mean((1, 2), keepdims=True)
    contrast = np.sqrt((centred**2).mean((1, 2), keepdims=True) + 0.01**2)
    return (centred / contrast).reshape(len(patches), -1)


def fold(windows: np.ndarray, contrast: bool = True) -> np.ndarray:
    """Patches on a torus, from windows of 16 x 16 pixels that fade out at their edges and are folded onto 8 x 8.

    The window is a half period of a sine, so that the squares of the weights that meet in a cell sum to one: a field
    whose statistics are the same everywhere keeps its variance in every cell, and shifting the torus by one cell does
    what shifting the photograph by one pixel does, up to correlations that reach across the window.
    """
    weight = np.sin(np.pi * (np.arange(2 * SIDE) + 0.5) / (2 * SIDE))
    faded = windows * weight[:, None] * weight[None, :]
    patches = faded.reshape(-1, 2, SIDE, 2, SIDE).sum((1, 3))
    return equal_contrast(patches) if contrast else (patches - patches.mean((1, 2), keepdims=True)).reshape(-1, SIDE**2)


def plain_patches(seed: int = 0) -> np.ndarray:
    """8 x 8 patches cut out of the photographs: opposite edges are not neighbours."""
    rng = np.random.default_rng(seed)
    cut = [windows_at(image, SIDE, *random_corners(image, SIDE, rng)) for image in photographs()]
    return equal_contrast(np.concatenate(cut))


def folded_patches(seed: int = 0) -> np.ndarray:
    """Patches of the photographs on a torus (see :func:`fold`)."""
    rng = np.random.default_rng(seed)
    cut = [windows_at(image, 2 * SIDE, *random_corners(image, 2 * SIDE, rng)) for image in photographs()]
    return fold(np.concatenate(cut))


ARRAYS = {
    "digits.npy": digits,
    "digits-shifted.npy": shifted_digits,
    "digits-mirrored.npy": mirrored_digits,
    "photographs.npy": folded_patches,
    "photographs-plain.npy": plain_patches,
}


def write_arrays(folder: Path = DATA) -> list[Path]:
    """Write what is missing and say where everything lies."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, make in ARRAYS.items():
        path = folder / name
        if not path.exists():
            beside = path.with_suffix(".part.npy")
            np.save(beside, make(), allow_pickle=False)
            beside.replace(path)
        paths.append(path)
    return paths


def count_dinucleotides(genbank: str) -> np.ndarray:
    """How often each pair of neighbouring bases occurs in every 200 bases of the sequence of a GenBank file."""
    sequence = re.sub(r"[^acgt]", "", genbank.split("ORIGIN", 1)[1]).upper()
    starts = range(0, len(sequence) - BASES_PER_ROW + 1, BASES_PER_ROW)
    rows = np.zeros((len(starts), len(DINUCLEOTIDES)), dtype=int)
    for row, start in zip(rows, starts):
        for i in range(start, start + BASES_PER_ROW - 1):
            row[DINUCLEOTIDES.index(sequence[i : i + 2])] += 1
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the arrays of the examples into examples/data.")
    parser.add_argument("--genbank", type=Path, help="the GenBank file NC_000932.gb: also write chloroplast.csv anew")
    given = parser.parse_args()
    if given.genbank is not None:
        table = count_dinucleotides(given.genbank.read_text(encoding="ascii"))
        lines = [",".join(DINUCLEOTIDES), *(",".join(map(str, row)) for row in table)]
        (DATA / "chloroplast.csv").write_text("\n".join(lines) + "\n", encoding="ascii")
    for path in write_arrays():
        print(path)


if __name__ == "__main__":
    main()
