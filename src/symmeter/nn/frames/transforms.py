"""Frame averages under the transforms of ``torch.func``, and beside ``torch.compile``.

Frames depend on the values of their input, which no batched tensor shows. Averages treat the samples of a batch apart,
so that an axis of ``vmap`` is folded into the batch instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import torch
from jaxtyping import Num

from symmeter.errors import InputError

__all__ = ["folds_vmap", "is_mapped", "not_compiled", "values_of"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_HIDDEN = (
    "a frame average cannot be differentiated inside of vmap, which hides the values that frames depend on; give the "
    "whole batch, as in jacrev(lambda x: model(x).sum(0))(x) for the Jacobians of all samples"
)


def not_compiled(function: _Function) -> _Function:
    """Keep a compiler of tensor programs from reading a function whose steps depend on values: it would break at each.

    As ``torch.compiler.disable``, which loads the compiler, a second of time, where nobody has asked for it yet.
    """
    kept: list[Callable[..., Any]] = []

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if "torch._dynamo" not in sys.modules:
            return function(*args, **kwargs)
        if not kept:
            kept.append(torch.compiler.disable(function))
        return kept[0](*args, **kwargs)

    wrapped._torchdynamo_disable = True  # type: ignore[attr-defined]
    return cast(_Function, wrapped)


def values_of(t: torch.Tensor) -> Num[np.ndarray, "..."]:
    """The numbers of a tensor, also while ``grad``, ``jacrev`` or ``jacfwd`` follows it; no gradient goes through them.

    Raises
    ------
    InputError
        Inside of ``vmap``, where one tensor stands for many.
    """
    still = t.detach().to("cpu", torch.float64 if t.is_floating_point() else t.dtype)
    bare = torch.func.debug_unwrap(still)
    if bare is still:
        return still.numpy()
    if bare.shape != t.shape:
        raise InputError(_HIDDEN)
    # Inside of a transform no tensor shows its memory.
    return np.array(bare.tolist()).reshape(bare.shape)


def is_mapped(t: Any) -> bool:
    """Whether some transform around maps over an axis of this tensor.

    Examples
    --------
    >>> seen = []
    >>> _ = torch.vmap(lambda x: (seen.append(is_mapped(x)), x)[1])(torch.ones(2, 3))
    >>> seen, is_mapped(torch.ones(2))
    ([True], False)
    """
    if torch.compiler.is_compiling() or not isinstance(t, torch.Tensor):
        return False
    bare = torch.func.debug_unwrap(t)
    return bare is not t and bare.ndim > t.ndim


def _innermost_maps(t: torch.Tensor) -> bool:
    below = torch.func.debug_unwrap(t, recurse=False)
    return below is not t and below.ndim > t.ndim


class _Folded(torch.autograd.Function):
    """Only its rule for ``vmap`` is ever used: there, tensors of the surrounding level are at hand."""

    @staticmethod
    def forward(call: Callable[..., tuple], *tensors: torch.Tensor) -> Any:  # type: ignore[override]
        raise NotImplementedError

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def vmap(info: Any, in_dims: tuple, call: Callable[..., tuple], *tensors: torch.Tensor) -> tuple[Any, Any]:  # type: ignore[override]
        maps = info.batch_size
        moved = [None if d is None else t.movedim(d, 0) for t, d in zip(tensors, in_dims[1:])]
        number = next(len(t[0]) for t in moved if t is not None and t.ndim > 1)
        folded = []
        for t, plain in zip(moved, tensors):
            # What is the same for all is repeated where its first axis is the batch.
            if t is None and plain.ndim and len(plain) == number:
                t = plain.expand(maps, *plain.shape)
            folded.append(plain if t is None else t.flatten(0, 1))
        found = tuple(y.unflatten(0, (maps, number)) for y in call(*folded))
        return found, (0,) * len(found)


def folds_vmap(forward: _Function) -> _Function:
    """Let the forward pass of an average be mapped by ``torch.vmap``, with each sample of the batch by itself.

    Raises
    ------
    InputError
        For a derivative inside of ``vmap``: the whole batch is to be differentiated instead.
    """

    @wraps(forward)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return forward(self, *args, **kwargs)
        given = {**dict(enumerate(args)), **kwargs}
        if not any(is_mapped(t) for t in given.values()):
            return forward(self, *args, **kwargs)
        # Inputs that all samples share, such as an edge list, stay as they are.
        declared = dict(getattr(self, "inputs", {}))
        kinds = {**dict(enumerate(declared.values())), **declared}
        names = [n for n, t in given.items() if isinstance(t, torch.Tensor) and kinds.get(n) != "constant"]
        if not any(_innermost_maps(given[n]) for n in names) or any(given[n].ndim == 0 for n in names):
            raise InputError(_HIDDEN)
        keys: list[Any] = []

        def call(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            at = {**given, **dict(zip(names, tensors))}
            y = wrapped(self, *(at[k] for k in range(len(args))), **{k: at[k] for k in kwargs})
            keys[:] = list(y) if isinstance(y, Mapping) else []
            return tuple(y.values()) if isinstance(y, Mapping) else (y,)

        found = _Folded.apply(call, *(given[n] for n in names))
        return dict(zip(keys, found)) if keys else found[0]  # type: ignore[index]

    return cast(_Function, wrapped)
