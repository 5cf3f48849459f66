"""What reports say of an action on tensors: the space it moves, and the group's generators by name and matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.groups import FiniteGroup, MatrixGroup, PermutationGroup
from symmeter.representations import Monomial

__all__ = ["Move", "TensorSpace", "moves_of"]

#: Generators beyond this size are named without a matrix worth drawing.
_MOST = 16


@dataclass(frozen=True)
class TensorSpace:
    """What an action moves, in words."""

    kind: str
    dimension: int | None = None
    names: tuple[str, ...] | None = None
    grid: tuple[int, int] | None = None

    def describe(self) -> str:
        """``points of 3 coordinates``, ``pixels``."""
        words = {"points": "coordinates", "vectors": "components", "pseudovectors": "components"}
        if self.dimension is None:
            return f"the {self.kind}"
        if self.kind in words:
            return f"the {self.kind} of {self.dimension} {words[self.kind]}"
        return (
            f"the {self.dimension} {self.kind}" if self.kind in ("nodes", "tokens", "columns") else f"the {self.kind}"
        )


@dataclass(frozen=True, eq=False)
class Move:
    """One generator: its name and its matrix in the group's defining representation."""

    name: str
    array: Num[np.ndarray, "d d"]

    def matrix(self) -> Num[np.ndarray, "d d"]:
        """The matrix."""
        return self.array

    def describe(self, names: Sequence[str] | None = None) -> str:
        """Its size in words."""
        return f"{len(self.array)} x {len(self.array)} matrix"


def moves_of(group: Any) -> tuple[Any, ...]:
    """Generators of a group as values with ``name``, ``matrix()`` and ``describe()``."""
    if isinstance(group, PermutationGroup):
        return tuple(Monomial(g.images, name=f"g{k + 1}") for k, g in enumerate(group.generators[:_MOST]))
    if isinstance(group, FiniteGroup):
        if group.matrices is None:
            return ()
        from symmeter.nn.element_names import planar_name

        planar = group.matrices.shape[-1] == 2 and not np.iscomplexobj(group.matrices)
        return tuple(
            Move(planar_name(group.matrices[g]) if planar else f"element {g}", group.matrices[g])
            for g in group.generators[:_MOST]
        )
    if isinstance(group, MatrixGroup):
        return tuple(Move(f"g{k + 1}", g) for k, g in enumerate(group.generators[:_MOST]))
    names = getattr(group, "generator_names", None) or tuple(f"A{k + 1}" for k in range(_MOST))
    return tuple(Move(n, np.asarray(a)) for n, a in zip(names, group.generators[:_MOST]))
