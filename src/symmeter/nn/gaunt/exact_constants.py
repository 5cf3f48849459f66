"""Constants that stay exact: kept in float64, handed out in the precision of the inputs, never below float32.

A buffer that is converted from float32 to float64 keeps the errors of float32; one converted to bfloat16 ruins the
equivariance of what is computed with it. Here ``module.double()`` gives exact constants and ``module.bfloat16()``
leaves float32 ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["ExactConstants"]


class ExactConstants(torch.nn.Module):
    """Named constant arrays, as tensors on the module's device.

    Parameters
    ----------
    arrays : mapping of str to array
        float64 (or complex128, or integers); shared, never written to.
    arrange : callable, optional
        What to make of the tensors, once, before they are handed out; a tuple otherwise.
    """

    def __init__(
        self, arrays: Mapping[str, np.ndarray], arrange: Callable[[tuple[torch.Tensor, ...]], Any] = tuple
    ) -> None:
        super().__init__()
        self._arrange = arrange
        self._arrays = dict(arrays)
        self._names = tuple(self._arrays)
        default = torch.get_default_dtype()
        self._kind = torch.promote_types(default, torch.float32)
        self._ready: Any = None
        self._other: dict[tuple[torch.dtype, torch.device], Any] = {}
        for name in self._names:
            self.register_buffer(name, self._made(name, self._kind, torch.device("cpu")), persistent=False)

    def _made(self, name: str, kind: torch.dtype, device: torch.device) -> torch.Tensor:
        array = torch.from_numpy(np.array(self._arrays[name]))
        if array.is_complex():
            return array.to(device, torch.complex128 if kind == torch.float64 else torch.complex64)
        return array.to(device, kind if array.is_floating_point() else array.dtype)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Any:
        super()._apply(fn, recurse)
        moved = fn(torch.zeros((), dtype=self._kind))
        self._kind = torch.promote_types(moved.dtype, torch.float32)
        self._other, self._ready = {}, None
        for name in self._names:
            if moved.device.type != "meta":
                setattr(self, name, self._made(name, self._kind, moved.device))
        return self

    def tensors(self, kind: torch.dtype) -> Any:
        """All constants in precision ``kind``, in the order they were given, or as they are arranged."""
        if kind == self._kind:
            # Looking buffers up one by one would take as long as a small product.
            if self._ready is None:
                self._ready = self._arrange(tuple(getattr(self, name) for name in self._names))
            return self._ready
        device = getattr(self, self._names[0]).device
        if (kind, device) not in self._other:
            made = tuple(self._made(name, kind, device) for name in self._names)
            self._other[kind, device] = self._arrange(made)
        return self._other[kind, device]

    def __deepcopy__(self, memo: dict[int, Any]) -> ExactConstants:
        copy = ExactConstants(self._arrays, self._arrange)
        device = getattr(self, self._names[0]).device
        return copy.to(device, self._kind)
