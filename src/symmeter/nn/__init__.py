"""Symmetry of models and layers, for PyTorch: measure it, impose it exactly, let the data choose how much.

Names load when they are first used; the first one needs torch, which the extra ``nn`` brings.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from symmeter.errors import MissingDependencyError

#: Where each public name of the wing lives.
_HOMES: dict[str, str] = {
    "EuclideanFrame": "symmeter.nn.frames",
    "FrameAverage": "symmeter.nn.frames",
    "GauntConv": "symmeter.nn.gaunt",
    "GauntTensorProduct": "symmeter.nn.gaunt",
    "PermutationFrame": "symmeter.nn.frames",
    "PoissonTensorProduct": "symmeter.nn.gaunt",
    "SoftEquivariance": "symmeter.nn.soft",
    "TensorAction": "symmeter.nn.actions",
    "check_equivariance": "symmeter.nn.measure",
    "equivariance_error": "symmeter.nn.measure",
    "gaunt_power": "symmeter.nn.gaunt",
    "measure": "symmeter.nn.measure",
    "tensor_action": "symmeter.nn.actions",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", f"symmeter.nn.{name}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
