"""Sequences of sprites that move at constant velocities on a torus, made from digits; each is known by its number.

Two hand-written digits drift over each other and wrap around at the edges, as in "Flowing MNIST": each has its own
velocity, whole points per frame, and starts anywhere; where they meet their sum is clamped to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, MissingDependencyError, UnknownNameError
from symmeter.nn.flow.idx_files import read_digits
from symmeter.nn.flow.rotation import turned

__all__ = ["MovingSprites", "TurningSprites"]

#: Digits of scikit-learn's set that sequences for training are made of; the rest are for tests.
_TRAINING = 1400


class MovingSprites:
    """Sequences (T, 1, size, size) in [0, 1], and the labels and velocities of their sprites.

    Parameters
    ----------
    source : str
        ``"digits"``, scikit-learn's 8 x 8 digits; ``"mnist:<dir>"``, IDX files of the user, also compressed.
    size : int
        Side of the square torus.
    n_sprites : int
    velocities : int, or sequence of pairs
        Drawn from evenly: ``n`` for {-n..n}^2, or a list of (vertical, horizontal).
    length : int
        Frames.
    seed : int
    split : {"train", "test"}
        From which sprites.
    count : int
        Sequences in an epoch; number i is the same in every epoch.
    classes : sequence of int, optional
        Digits to use.

    Examples
    --------
    >>> data = MovingSprites("digits", size=14, length=6, velocities=1, seed=3)
    >>> frames, labels, velocities = data.batch([0, 1])
    >>> frames.shape, labels.shape, velocities.shape
    (torch.Size([2, 6, 1, 14, 14]), torch.Size([2, 2]), torch.Size([2, 2, 2]))
    """

    def __init__(
        self,
        source: str = "digits",
        size: int = 28,
        n_sprites: int = 2,
        velocities: int | Sequence[tuple[int, int]] = 2,
        length: int = 20,
        seed: int = 0,
        *,
        split: str = "train",
        count: int = 10_000,
        classes: Sequence[int] | None = None,
    ) -> None:
        for name, n in (("size", size), ("n_sprites", n_sprites), ("length", length), ("count", count)):
            if not isinstance(n, int) or n < 1:
                raise InputError(f"{name} is {n!r}; give a whole number of at least 1")
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise InputError(f"seed is {seed!r}; give a whole number of at least 0")
        if split not in ("train", "test"):
            raise UnknownNameError(f"split is {split!r}; it must be 'train' or 'test'")
        sprites, labels = _sprites(source, split)
        if classes is not None:
            keep = np.isin(labels, list(classes))
            if not keep.any():
                raise InputError(f"no sprite is one of {list(classes)}; the labels are {sorted(set(labels.tolist()))}")
            sprites, labels = sprites[keep], labels[keep]
        if size < sprites.shape[-1]:
            raise InputError(f"size is {size}; the sprites are {sprites.shape[-1]} points wide and need as much room")
        self.sprites, self.labels = sprites, labels
        self.size, self.n_sprites, self.length, self.seed, self.count = size, n_sprites, length, seed, count
        self.velocities = _velocities(velocities)
        self.split = split

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if not 0 <= number < self.count:
            raise IndexError(f"sequence {number} of {self.count}")
        frames, labels, velocities = self._made(number)
        return torch.from_numpy(frames), torch.from_numpy(labels), torch.from_numpy(velocities)

    def _made(self, number: int) -> tuple[Float[np.ndarray, "t 1 n n"], Int[np.ndarray, " s"], Int[np.ndarray, "s 2"]]:
        rng = np.random.default_rng([self.seed, self.split == "test", number])
        which = rng.integers(len(self.sprites), size=self.n_sprites)
        starts = rng.integers(self.size, size=(self.n_sprites, 2))
        velocities = self.velocities[rng.integers(len(self.velocities), size=self.n_sprites)]
        frames = np.zeros((self.length, 1, self.size, self.size), np.float32)
        side = self.sprites.shape[-1]
        for k in range(self.n_sprites):
            for t in range(self.length):
                row, column = (starts[k] + t * velocities[k]) % self.size
                rows, columns = (row + np.arange(side)) % self.size, (column + np.arange(side)) % self.size
                frames[t, 0, rows[:, None], columns] += self.sprites[which[k]]
        return np.minimum(frames, 1.0, out=frames), self.labels[which], velocities

    def batch(self, numbers: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Frames (B, T, 1, n, n), labels (B, sprites) and velocities (B, sprites, 2) of some sequences."""
        frames, labels, velocities = zip(*(self[int(i)] for i in numbers))
        return torch.stack(frames), torch.stack(labels), torch.stack(velocities)

    def batches(self, size: int, steps: int, start: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """``steps`` batches, from sequence number ``start * size`` on; after the last sequence comes the first."""
        for step in range(start, start + steps):
            yield self.batch([(step * size + k) % self.count for k in range(size)])

    def __repr__(self) -> str:
        return (
            f"<{self.n_sprites} sprites of {len(self.sprites)} on {self.size} x {self.size}, {self.length} frames, "
            f"{len(self.velocities)} velocities, {self.split}>"
        )


class TurningSprites(MovingSprites):
    """Sequences of sprites that turn about the centre of the image, all with their own angular velocities.

    Parameters are those of :class:`MovingSprites`, but ``velocities`` are degrees per frame, and sprites are centred.

    Examples
    --------
    >>> TurningSprites("digits", size=13, n_sprites=1, velocities=[-10, 0, 10], length=4)[0][0].shape
    torch.Size([4, 1, 13, 13])
    """

    def __init__(
        self, source: str = "digits", size: int = 28, n_sprites: int = 1, velocities: Any = (0,), **options: Any
    ):
        super().__init__(source, size, n_sprites, 0, **options)
        found = np.asarray(velocities)
        self.velocities = found.astype(np.float64) if found.dtype.kind in "iuf" else np.empty(0)
        if self.velocities.ndim != 1 or not len(self.velocities):
            raise InputError("velocities are a list of degrees per frame, such as [-10, 0, 10]")

    def _made(self, number: int) -> Any:
        rng = np.random.default_rng([self.seed, self.split == "test", number])
        which = rng.integers(len(self.sprites), size=self.n_sprites)
        starts = rng.uniform(0, 360, size=self.n_sprites)
        velocities = self.velocities[rng.integers(len(self.velocities), size=self.n_sprites)]
        side = self.sprites.shape[-1]
        low = (self.size - side) // 2
        frames = torch.zeros(self.length, 1, self.size, self.size)
        for k in range(self.n_sprites):
            image = torch.zeros(self.size, self.size)
            image[low : low + side, low : low + side] = torch.from_numpy(self.sprites[which[k]])
            for t in range(self.length):
                frames[t, 0] += turned(image, float(starts[k] + t * velocities[k]))
        return frames.clamp_(0.0, 1.0).numpy(), self.labels[which], velocities[:, None]


def _velocities(velocities: int | Sequence[tuple[int, int]]) -> Int[np.ndarray, "v 2"]:
    if isinstance(velocities, int):
        if velocities < 0:
            raise InputError(f"velocities is {velocities}; give 0 or more points per frame")
        side = np.arange(-velocities, velocities + 1)
        return np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2)
    found = np.asarray(velocities)
    if found.ndim != 2 or found.shape[1] != 2 or not len(found):
        raise InputError(f"velocities have shape {found.shape}; give pairs (vertical, horizontal)")
    if not np.array_equal(found, np.rint(found)):
        raise InputError("sprites move by whole points per frame; give whole velocities")
    return found.astype(np.int64)


def _sprites(source: str, split: str) -> tuple[Float[np.ndarray, "n s s"], Int[np.ndarray, " n"]]:
    if source == "digits":
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise MissingDependencyError("scikit-learn", "examples", "the digits") from error
        data: Any = load_digits()
        images, labels = data.images.astype(np.float32) / 16, data.target.astype(np.int64)
        order = np.random.default_rng(0).permutation(len(images))
        chosen = order[:_TRAINING] if split == "train" else order[_TRAINING:]
        return images[chosen], labels[chosen]
    kind, _, folder = str(source).partition(":")
    if kind != "mnist" or not folder:
        raise UnknownNameError(
            f"source is {source!r}; it must be 'digits', or 'mnist:' and the folder of the IDX files"
        )
    return read_digits(Path(folder), split)
