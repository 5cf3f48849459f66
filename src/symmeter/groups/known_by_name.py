"""Groups of which only the name is known, or needed: flows, moves of parameters, what spectra tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symmeter.errors import InputError
from symmeter.groups.group import Group

__all__ = ["NamedGroup"]


class NamedGroup(Group):
    """A group without elements to list.

    Parameters
    ----------
    name : str
    abelian : bool
    where : str
        What to do instead of listing elements; ends the sentence that starts with the name.

    Examples
    --------
    >>> NamedGroup("R", abelian=True, where="is a flow; give it a time").name
    'R'
    """

    def __init__(self, name: str, *, abelian: bool, where: str) -> None:
        self._name, self._abelian, self._where = name, abelian, where

    @property
    def order(self) -> None:
        """Unknown or infinite."""
        return None

    @property
    def generators(self) -> tuple[Any, ...]:
        return ()

    @property
    def is_abelian(self) -> bool:
        return self._abelian

    @property
    def name(self) -> str:  # type: ignore[override]
        return self._name

    def __contains__(self, element: object) -> bool:
        return False

    def elements(self, cap: int = 20_000) -> Iterator[Any]:
        raise InputError(f"{self._name} {self._where}")
