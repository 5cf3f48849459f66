"""What every group of symmeter can say of itself, finite or continuous; it knows nothing of data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any

__all__ = ["Group"]


class Group(ABC):
    """An immutable group given by generators.

    A concrete group supplies :attr:`order`, :attr:`generators`, :attr:`is_abelian`, membership and :meth:`elements`.
    """

    @property
    @abstractmethod
    def order(self) -> int | None:
        """Exact number of elements; None for an infinite group."""

    @property
    @abstractmethod
    def generators(self) -> tuple[Any, ...]:
        """Elements that generate the group (for a Lie group, a basis of its algebra)."""

    @property
    @abstractmethod
    def is_abelian(self) -> bool:
        """Whether all elements commute."""

    @abstractmethod
    def __contains__(self, element: object) -> bool: ...

    @abstractmethod
    def elements(self, cap: int = 20_000) -> Iterator[Any]:
        """All elements, the identity first; ClosureError when there are more than ``cap``."""

    @property
    def is_finite(self) -> bool:
        return self.order is not None

    @property
    def is_discrete(self) -> bool:
        """Whether elements stand apart: finite groups, and the infinite ones that say so."""
        return self.is_finite

    @cached_property
    def name(self) -> str:
        """Structure for people where it is certain ("C8", "D4", "S4 x S4"), otherwise "order 384"."""
        from symmeter.groups.names import structure_name

        return structure_name(self)

    def __str__(self) -> str:
        return self.name
