"""Symmetry in gravitational-wave data: the anisotropy of the sky of pulsars, and combs of echoes."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ROOMS = ("echoes", "pta")

__all__ = ["echoes", "pta"]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted(_ROOMS)
