"""NumPy or torch for the same formula, chosen by the arrays that come in; torch is never imported from here.

A torch tensor can exist only when its user has imported torch, so a look into ``sys.modules`` tells everything. The
namespaces agree in the names that the ground floor uses (``where``, ``stack``, ``linalg.svd`` ...).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from symmeter.errors import InputTypeError

__all__ = ["as_floating", "constant_like", "is_torch", "namespace_of"]


def is_torch(array: Any) -> bool:
    """Whether ``array`` is a torch tensor.

    Examples
    --------
    >>> is_torch(np.zeros(3))
    False
    """
    torch = sys.modules.get("torch")
    tensor = getattr(torch, "Tensor", None)
    return tensor is not None and isinstance(array, tensor)


def namespace_of(*arrays: Any) -> Any:
    """The module whose functions act on these arrays: torch when one of them is a tensor, otherwise NumPy.

    Examples
    --------
    >>> namespace_of([1.0, 2.0]).__name__
    'numpy'
    """
    return sys.modules["torch"] if any(is_torch(a) for a in arrays) else np


def as_floating(array: Any, name: str = "the array", allow_complex: bool = False) -> Any:
    """The array in its own namespace with a floating type; integers and lists become float64.

    Raises
    ------
    InputTypeError
        For text, objects, and complex numbers where only real ones make sense.

    Examples
    --------
    >>> as_floating([1, 2]).dtype
    dtype('float64')
    """
    if is_torch(array):
        torch = sys.modules["torch"]
        if array.is_complex():
            if not allow_complex:
                raise InputTypeError(f"{name} is complex ({array.dtype}); real numbers are needed")
            return array
        return array if array.is_floating_point() else array.to(torch.get_default_dtype())
    a = np.asarray(array)
    if a.dtype.kind == "c":
        if not allow_complex:
            raise InputTypeError(f"{name} is complex ({a.dtype}); real numbers are needed")
        return a
    if a.dtype.kind not in "biuf":
        raise InputTypeError(f"{name} has type {a.dtype}; numbers are needed")
    return a if a.dtype.kind == "f" and a.dtype.itemsize >= 4 else a.astype(float)


def constant_like(values: Any, like: Any) -> Any:
    """A NumPy constant as an array beside ``like``: same namespace and device, and its type when both are floating."""
    if not is_torch(like):
        a = np.asarray(values)
        return a.astype(like.dtype) if a.dtype.kind == "f" and like.dtype.kind in "fc" else a
    torch = sys.modules["torch"]
    a = torch.as_tensor(np.array(values), device=like.device)
    return a.to(like.dtype) if a.is_floating_point() else a
