"""Names of a package that load when they are first used, so that importing it costs nothing and needs no extra."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from symmeter.errors import MissingDependencyError

__all__ = ["late_names"]


def late_names(
    package: str, homes: Mapping[str, str], needs: tuple[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions ``__getattr__`` and ``__dir__`` of a package.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : mapping
        From each public name to the module that has it; a module of that very name stands for itself.
    needs : (str, str), optional
        A third-party package that all of them need, and the extra that brings it.

    Examples
    --------
    >>> get, names = late_names("symmeter.linalg", {"polar_svd": "symmeter.linalg.polar"})
    >>> get("polar_svd").__name__, names()
    ('polar_svd', ['polar_svd'])
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if needs is not None and find_spec(needs[0]) is None:
            raise MissingDependencyError(*needs, f"{package}.{name}")
        home = import_module(homes[name])
        value = home if homes[name] == f"{package}.{name}" else getattr(home, name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(homes)
