"""A covariance that cannot be told from a multiple of the identity is symmetric under all orthogonal or unitary maps.

No single symmetry can be named then; the finding says so instead of picking one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.discover.covariance_tests import sphericity_p_value
from symmeter.discover.moments import Moments
from symmeter.errors import ClosureError
from symmeter.findings import Finding, Level
from symmeter.groups import Group
from symmeter.representations import Action, Space

__all__ = ["FULLY_SYMMETRIC", "FullAction", "white_finding"]

FULLY_SYMMETRIC = "fully symmetric / unidentifiable"


class _FullGroup(Group):
    """O(M) or U(M), known by name only."""

    def __init__(self, size: int, unitary: bool) -> None:
        self._text = f"{'U' if unitary else 'O'}({size})"
        self._size = size

    @property
    def order(self) -> int | None:
        return None

    @property
    def generators(self) -> tuple[Any, ...]:
        return ()

    @property
    def is_abelian(self) -> bool:
        return self._size == 1

    def __contains__(self, element: object) -> bool:
        a = np.asarray(element)
        return a.shape == (self._size, self._size) and bool(np.allclose(a @ a.conj().T, np.eye(self._size)))

    def elements(self, cap: int = 20_000) -> Iterator[Any]:
        raise ClosureError(f"{self._text} is infinite; its elements cannot be listed (cap {cap})")

    @property
    def name(self) -> str:  # type: ignore[override]
        return self._text


class FullAction(Action):
    """Every norm-preserving map of R^M or C^M: no vector is invariant, and only multiples of the identity commute."""

    def __init__(self, space: Space, unitary: bool = False) -> None:
        self.space = space
        self.group = _FullGroup(space.dimension, unitary)
        self.generators = ()

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        return np.zeros_like(np.asarray(x))

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        return np.trace(operator) / self.dimension * np.eye(self.dimension)


def white_finding(moments: Sequence[Moments], space: Space) -> Finding:
    """The finding for data that look white: everything is a symmetry, nothing is identified."""
    exact = any(m.is_exact for m in moments)
    p = None if exact else min(sphericity_p_value(m) for m in moments)
    return Finding(
        name=FULLY_SYMMETRIC,
        action=FullAction(space, any(m.is_complex for m in moments)),
        defect=0.0,
        interval=(0.0, 1.0),
        p_value=p,
        verdict="unidentifiable",
        how="squared distance of the covariance to the nearest multiple of the identity",
        levels=(Level("second moments", True, p, None, "sphericity test"),),
        identifiability=FULLY_SYMMETRIC,
        notes=(
            "The covariance cannot be told from a multiple of the identity: every orthogonal map leaves it invariant, "
            "so that no single symmetry can be named. More samples, or data that are not whitened, may show one.",
        ),
    )
