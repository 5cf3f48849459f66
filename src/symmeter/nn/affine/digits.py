"""Handwritten digits of scikit-learn, drawn large and deformed by random affine maps, each from its own seed.

The 8 x 8 scans are read as smooth functions (cubic splines) and sampled once through the composed map, so that large
deformations do not blur them twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, MissingDependencyError, UnknownNameError

__all__ = ["DeformedDigits", "affine_maps"]

_TRAINING = 1000


def affine_maps(
    count: int, strength: float, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n 2 2"], Float[np.ndarray, "n 2"]]:
    """Random linear maps in the range of affNIST times a strength, and where in its free room each digit stands.

    Rotations up to 20 degrees, shears up to 0.2, scales of each axis up to a factor 1.2 either way, all times the
    strength; places are uniform in [-1, 1] as shares of the room that is left.

    Examples
    --------
    >>> h, place = affine_maps(100, 1.0, np.random.default_rng(0))
    >>> bool((np.linalg.det(h) > 0).all()), h.shape
    (True, (100, 2, 2))
    """
    if not 0 <= strength < np.inf:
        raise InputError(f"strength is {strength}; it must be at least 0")
    angle, shear, a, b, px, py = rng.uniform(-1, 1, (6, count))
    angle, shear = np.deg2rad(20) * strength * angle, 0.2 * strength * shear
    scale = np.exp(np.log(1.2) * strength * np.stack([a, b], axis=1))
    c, s = np.cos(angle), np.sin(angle)
    turn = np.stack([c, -s, s, c], axis=1).reshape(-1, 2, 2)
    sheared = np.zeros((count, 2, 2))
    sheared[:, 0, 0] = sheared[:, 1, 1] = 1
    sheared[:, 0, 1] = shear
    return turn @ sheared * scale[:, None, :], np.stack([px, py], axis=1)


class DeformedDigits:
    """Digits (1, size, size) in [0, 1] on a dark ground.

    Parameters
    ----------
    split : {"train", "test"}
        The first 1000 of a fixed order of the 1797 digits, or the other 797.
    size : int
        Side of the image in pixels.
    digit : int
        Side of an undeformed digit in pixels.
    strength : float
        0 for centred digits; 1 for the range of affNIST; 2 for twice its angles, shears and log scales.
    seed : int

    Examples
    --------
    >>> clean = DeformedDigits("test", size=28, digit=16, strength=0.0)
    >>> images, labels = clean.batch(range(4))
    >>> images.shape, labels.tolist() == clean.labels[:4].tolist()
    (torch.Size([4, 1, 28, 28]), True)
    """

    def __init__(
        self, split: str = "train", size: int = 28, digit: int = 16, strength: float = 1.0, seed: int = 0
    ) -> None:
        if split not in ("train", "test"):
            raise UnknownNameError(f"split is {split!r}; it must be 'train' or 'test'")
        for name, value, least in (("size", size, 8), ("digit", digit, 4)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"{name} is {value!r}; it must be an integer of at least {least} pixels")
        if digit > size:
            raise InputError(f"digit is {digit}; it must fit into the image of {size} pixels")
        self.split, self.size, self.digit, self.seed = split, size, digit, seed
        self.strength = float(strength)
        scans, labels = _scans()
        order = np.random.default_rng(0).permutation(len(scans))
        chosen = order[:_TRAINING] if split == "train" else order[_TRAINING:]
        self._scans, self.labels = scans[chosen], labels[chosen]
        affine_maps(0, self.strength, np.random.default_rng(0))

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, numbers: Any, epoch: int = 0) -> tuple[Float[torch.Tensor, "b 1 n n"], Int[torch.Tensor, " b"]]:
        """Images and labels; another epoch deforms the same digits in another way."""
        numbers = np.asarray(list(numbers), dtype=np.int64)
        rng = np.random.default_rng([self.seed, self.split == "test", epoch])
        h, place = affine_maps(len(self), self.strength, rng)
        images = _drawn(self._scans[numbers], h[numbers], place[numbers] * (self.strength > 0), self.size, self.digit)
        return torch.from_numpy(images[:, None]), torch.from_numpy(self.labels[numbers])

    def all(self, epoch: int = 0) -> tuple[Float[torch.Tensor, "b 1 n n"], Int[torch.Tensor, " b"]]:
        """Every digit of the split."""
        return self.batch(range(len(self)), epoch)

    def __repr__(self) -> str:
        return f"<{len(self)} digits of {self.digit} pixels on {self.size} x {self.size}, strength {self.strength:g}>"


def _scans() -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the cubic splines through the scans, with a dark margin, and the labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", "examples", "the digits") from error
    from scipy.ndimage import spline_filter

    data: Any = load_digits()
    padded = np.pad(data.images / 16.0, ((0, 0), (2, 2), (2, 2)))
    return np.stack([spline_filter(p, 3) for p in padded]), data.target.astype(np.int64)


def _drawn(scans: np.ndarray, h: np.ndarray, place: np.ndarray, size: int, digit: int) -> Float[np.ndarray, "n s s"]:
    from scipy.ndimage import map_coordinates

    line = (np.arange(size) + 0.5 - size / 2) / (digit / 2)
    x, y = np.meshgrid(line, -line)
    # Half the sides of the box that holds the deformed digit, in units of half a digit.
    reach = np.abs(h).sum(axis=2)
    shift = place * np.maximum(size / digit - reach, 0)
    inverse = np.linalg.inv(h)
    out = np.empty((len(scans), size, size), dtype=np.float32)
    for k, scan in enumerate(scans):
        p = np.stack([x - shift[k, 0], y - shift[k, 1]]).reshape(2, -1)
        u, v = inverse[k] @ p
        rows, columns = -v * 4 + 5.5, u * 4 + 5.5
        value = map_coordinates(scan, [rows, columns], order=3, prefilter=False, mode="constant")
        out[k] = np.clip(value, 0, 1).reshape(size, size)
    return out
