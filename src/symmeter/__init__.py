"""symmeter: a meter for symmetry.

Bring anything that can have a symmetry and ask which ones it has, how exact each is, and what to do with them::

    import symmeter as sm

    report = sm.find("samples.npy", grid=(8, 8))
    report.best.projector() @ x

Names load when they are first used, so that ``import symmeter`` is instant: it imports no other package at all.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from symmeter.discover import DoubleCommutator as DoubleCommutator
    from symmeter.discover import PermutationSymmetry as PermutationSymmetry
    from symmeter.errors import SymmeterError as SymmeterError
    from symmeter.find import find as find
    from symmeter.findings import Finding as Finding
    from symmeter.findings import Report as Report
    from symmeter.subjects import load as load

#: Where each name of the flat face lives.
_NAMES = {
    "find": "symmeter.find",
    "load": "symmeter.subjects",
    "Finding": "symmeter.findings",
    "Report": "symmeter.findings",
    "DoubleCommutator": "symmeter.discover",
    "PermutationSymmetry": "symmeter.discover",
    "dictionary": "symmeter.discover",
    "SymmeterError": "symmeter.errors",
}

#: Rooms that can be reached as attributes. A wing is added here on the day it is built.
_ROOMS = (
    "conventions",
    "discover",
    "errors",
    "groups",
    "linalg",
    "nn",
    "optim",
    "papers",
    "quantum",
    "report",
    "representations",
    "shapes",
    "signals",
    "spacetime",
    "statistics",
)

__all__ = ["__version__", *_NAMES, *_ROOMS]


class _Face(ModuleType):
    """The package, which keeps ``symmeter.find`` the function when the module of that name is imported.

    Importing ``symmeter.find`` makes the import system set the attribute ``find`` of the package to the module. Both
    must work in any order, ``from symmeter.find import find`` and ``sm.find(x)``, so that one assignment is answered
    with the function of the module.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "find" and isinstance(value, ModuleType):
            value = getattr(value, "find", value)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(import_module(_NAMES[name]), name)
    elif name in _ROOMS:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
