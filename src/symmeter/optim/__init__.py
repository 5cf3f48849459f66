"""Optimizers whose updates respect the symmetry of every weight block, and the charges that training should conserve.

Names load when they are first used; the first one needs torch, which the extra ``optim`` brings.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from symmeter.errors import MissingDependencyError

#: Where each public name of the wing lives.
_HOMES: dict[str, str] = {
    "Plan": "symmeter.optim.plan",
    "SymmetryStack": "symmeter.optim.stack",
    "audit_optimizer": "symmeter.optim.audit",
    "center": "symmeter.optim.directions",
    "centered_hybrid": "symmeter.optim.directions",
    "centered_row_norm": "symmeter.optim.directions",
    "classify": "symmeter.optim.classification",
    "column_norm": "symmeter.optim.directions",
    "hybrid": "symmeter.optim.directions",
    "left_spectral": "symmeter.optim.directions",
    "polar": "symmeter.optim.directions",
    "right_spectral": "symmeter.optim.directions",
    "row_norm": "symmeter.optim.directions",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "optim", f"symmeter.optim.{name}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
