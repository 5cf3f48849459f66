"""Peak memory of a call, counted tensor by tensor: what is allocated inside and still alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["peak_memory"]


class _LiveStorages(TorchDispatchMode):
    """Follows every storage that an operation returns until it is freed; storages from outside count nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for t in tree_leaves((args, kwargs)):
            if isinstance(t, torch.Tensor):
                self._note(t, 0)
        out = func(*args, **(kwargs or {}))
        for t in tree_leaves(out):
            if isinstance(t, torch.Tensor):
                self._note(t, t.untyped_storage().nbytes())
        # Freed storages are swept where they would matter: when a new peak seems to be reached.
        if sum(size for _, size in self.live.values()) > self.peak:
            self.live = {k: v for k, v in self.live.items() if not v[0].expired()}
            self.peak = max(self.peak, sum(size for _, size in self.live.values()))
        return out

    def _note(self, t: torch.Tensor, size: int) -> None:
        reference = StorageWeakRef(t.untyped_storage())
        known = self.live.get(reference.cdata)
        if known is None or known[0].expired():
            self.live[reference.cdata] = (reference, size)


def peak_memory(call: Callable[[], Any]) -> float:
    """Peak of the memory that tensors made during a call hold together, in MiB; the call runs once before.

    Examples
    --------
    >>> peak_memory(lambda: (torch.zeros(1 << 18) + 1).sum())  # two arrays of one MiB, and a number
    2.0
    """
    call()
    with _LiveStorages() as recorded:
        call()
    return recorded.peak / 2**20
