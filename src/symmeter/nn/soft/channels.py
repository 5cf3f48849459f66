"""How channels are divided into tensor features, and where the coordinates of each kind of feature stand.

The uniform rule gives every rank the same number of channels: the largest r with ``(r + 1) d^r`` channels takes
``d^(r - s)`` copies of rank s for s = 0..r, and what is left over is divided in the same way (Finzi, Welling and
Wilson 2021).
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from symmeter.errors import InputError, InputTypeError
from symmeter.representations import TensorType

__all__ = ["as_type", "coordinates_by_kind", "gate_count", "uniform_channels"]


def as_type(features: TensorType | str, name: str = "the representation") -> TensorType:
    """Tensor features from themselves or from text.

    Raises
    ------
    InputTypeError

    Examples
    --------
    >>> as_type("5T0 + 5T1").size(3)
    20
    """
    if isinstance(features, TensorType):
        return features
    if isinstance(features, str):
        return TensorType.parse(features)
    raise InputTypeError(f"{name} is a {type(features).__name__}; give a tensor type such as 5*Scalar + 5*Vector")


def uniform_channels(channels: int, d: int, orthogonal: bool = True) -> TensorType:
    """Features that use exactly this many channels, the ranks evenly.

    Parameters
    ----------
    channels : int
    d : int
        Dimension of the base space.
    orthogonal : bool
        Otherwise the copies of rank r are spread over ``T(p, r - p)`` as evenly as they can be.

    Raises
    ------
    InputError

    Examples
    --------
    >>> uniform_channels(54, 3)
    18T(0) + 6V + 2T(2)
    >>> uniform_channels(20, 2, orthogonal=False).size(2)
    20
    """
    if isinstance(channels, bool) or not isinstance(channels, (int, np.integer)) or channels < 1:
        raise InputError(f"channels is {channels!r}; it must be a whole number of at least 1")
    if d < 1:
        raise InputError(f"the base space has dimension {d}; it must be at least 1")
    copies: Counter[int] = Counter()
    left = int(channels)
    while left > 0:
        top = 0
        # Over one dimension every rank has one channel, so that only the last condition ends the loop.
        while (top + 2) * d ** (top + 1) <= left and d > 1:
            top += 1
        for rank in range(top + 1):
            copies[rank] += d ** (top - rank)
        left -= (top + 1) * d**top
    terms: list[tuple[int, int]] = []
    for rank in sorted(copies):
        kinds = [(rank, 0)] if orthogonal else [(p, rank - p) for p in range(rank, -1, -1)]
        share, extra = divmod(copies[rank], len(kinds))
        for place, kind in enumerate(kinds):
            terms += [kind] * (share + (place < extra))
    return TensorType(tuple(terms))


def gate_count(features: TensorType) -> int:
    """Components that need a gate: all but the scalars."""
    return sum(rank > 0 for rank in features.ranks)


def coordinates_by_kind(features: TensorType, d: int) -> dict[tuple[int, int], np.ndarray]:
    """For every kind (p, q), the places of the coordinates of its copies.

    Returns
    -------
    dict of int arrays of shape (copies, d ** (p + q))
        Kinds in order of their rank.

    Examples
    --------
    >>> coordinates_by_kind(TensorType.parse("T1 + T0 + T1"), 2)[1, 0].tolist()
    [[0, 1], [3, 4]]
    """
    places: dict[tuple[int, int], list[np.ndarray]] = {}
    for kind, where in zip(features.terms, features.slices(d)):
        places.setdefault(kind, []).append(np.arange(where.start, where.stop))
    return {kind: np.stack(places[kind]) for kind in sorted(places, key=lambda k: (sum(k), -k[0]))}
