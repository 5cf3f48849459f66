"""Finding equal vectors among many up to a tolerance, without the trap of rounding.

Rounded entries as hash keys fail where two copies of a number lie on different sides of a rounding boundary. Here the
key is one random projection: equal vectors have keys within the tolerance, so all candidates lie in a window of the
sorted keys, and each candidate's distance is then computed in full.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Num

__all__ = ["ApproximateIndex"]


class ApproximateIndex:
    """Vectors that can be found again up to a Euclidean distance.

    Parameters
    ----------
    dimension : int
        Length of the (real or complex) vectors.
    tolerance : float
        Vectors at most this far apart count as equal.
    """

    def __init__(self, dimension: int, tolerance: float) -> None:
        rng = np.random.default_rng(7_919)
        direction = rng.standard_normal((2, dimension))
        self._direction = direction / np.linalg.norm(direction)
        self._tolerance = tolerance
        self.vectors: np.ndarray = np.zeros((0, dimension))
        self._unsorted_keys = np.zeros(0)
        self._keys = np.zeros(0)
        self._sorted = np.zeros(0, dtype=np.intp)

    def __len__(self) -> int:
        return len(self.vectors)

    def find(self, queries: Num[np.ndarray, "q d"]) -> np.ndarray:
        """Smallest number of a stored vector equal to each query; -1 where there is none."""
        keys = self._project(queries)
        # A little wider than the tolerance, for the rounding of the projection itself.
        width = self._tolerance + 1e-13 * (1 + np.abs(keys))
        low = np.searchsorted(self._keys, keys - width, side="left")
        high = np.searchsorted(self._keys, keys + width, side="right")
        found = np.full(len(queries), len(self.vectors))
        open_ = np.flatnonzero(low < high)
        offset = 0
        while open_.size:
            candidate = self._sorted[low[open_] + offset]
            distance = np.linalg.norm(self.vectors[candidate] - queries[open_], axis=1)
            equal = distance <= self._tolerance
            found[open_[equal]] = np.minimum(found[open_[equal]], candidate[equal])
            offset += 1
            open_ = open_[low[open_] + offset < high[open_]]
        return np.where(found < len(self.vectors), found, -1)

    def add(self, vectors: Num[np.ndarray, "k d"]) -> np.ndarray:
        """Store the vectors that are new, one of each; the numbers, among those given, of the vectors stored."""
        fresh = np.flatnonzero(self.find(vectors) < 0)
        if fresh.size:
            among = ApproximateIndex(vectors.shape[1], self._tolerance)
            among._append(vectors[fresh])
            fresh = fresh[among.find(vectors[fresh]) == np.arange(fresh.size)]
            self._append(vectors[fresh])
        return fresh

    def _append(self, vectors: np.ndarray) -> None:
        self.vectors = np.concatenate([self.vectors, vectors])
        self._unsorted_keys = np.concatenate([self._unsorted_keys, self._project(vectors)])
        self._sorted = np.argsort(self._unsorted_keys, kind="stable")
        self._keys = self._unsorted_keys[self._sorted]

    def _project(self, vectors: np.ndarray) -> np.ndarray:
        return np.real(vectors) @ self._direction[0] + np.imag(vectors) @ self._direction[1]
