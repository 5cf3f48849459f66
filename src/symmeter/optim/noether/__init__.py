"""Parameter symmetries of a loss, the charges they would conserve, and how training moves these charges."""

from __future__ import annotations

from importlib.util import find_spec

from symmeter.errors import MissingDependencyError

if find_spec("torch") is None:
    raise MissingDependencyError("torch", "optim", "symmeter.optim.noether")

from symmeter.optim.noether.discovery import ParameterSymmetries, discover_symmetries
from symmeter.optim.noether.discrete_laws import StepRule
from symmeter.optim.noether.symmetries import Member, ParameterSymmetry
from symmeter.optim.noether.tracker import ChargeRecord, NoetherTracker

__all__ = [
    "ChargeRecord",
    "Member",
    "NoetherTracker",
    "ParameterSymmetries",
    "ParameterSymmetry",
    "StepRule",
    "discover_symmetries",
]
