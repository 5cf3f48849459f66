"""Actions that have no average: of groups that are not compact, or whose operators are not known."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError
from symmeter.groups import Group
from symmeter.representations.actions import Action, Space

__all__ = ["UnaveragedAction"]


class UnaveragedAction(Action):
    """An action that refuses averages with a line that says why.

    Parameters
    ----------
    group : Group
    space : Space
    why : str
        The whole line.
    """

    def __init__(self, group: Group, space: Space, why: str) -> None:
        self.group, self.space, self._why = group, space, why
        self.generators = ()

    def project(self, x: Any) -> Any:
        raise InputError(self._why)

    def average(self, operator: Any) -> Any:
        raise InputError(self._why)
