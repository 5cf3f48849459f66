"""Layer by layer: where in a network the symmetry is lost.

Forward hooks record the output of every layer for x, for each g x, and for unrelated motions of the same size. The
output of a layer is moved as the input is where that action fits its shape (pixels stay pixels, nodes stay nodes, and
channels are taken as scalars); where it does not fit, equivariance of that layer is not defined unless an action is
given, and only its invariance is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError
from symmeter.nn.actions import TensorAction, tensor_action
from symmeter.nn.elements import Elements
from symmeter.nn.measure_call import Bundle, ModelCall
from symmeter.nn.measure_error import ActionPair, discrepancies
from symmeter.nn.measure_null import moved_apart

__all__ = ["LayerError", "layer_errors"]


@dataclass(frozen=True)
class LayerError:
    """The equivariance of the network from its input to the output of one layer.

    Attributes
    ----------
    name, type : str
        Path in the module, and the class of the layer.
    shape : tuple of int
        Of its output, batch first.
    moved_as : str
        What its output is taken for: ``"pixels"``, ``"nodes"``; empty where no action fits.
    error : float or None
        Equivariance error; None where it is not defined.
    defect : float or None
        The error over its null, at most 1; None where it is not defined.
    invariance_error : float
        The error when nothing should move.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    moved_as: str
    error: float | None
    defect: float | None
    invariance_error: float

    def describe(self) -> str:
        """One line for people."""
        if self.error is None:
            return f"{self.name} ({self.type}): not defined, no action fits its shape {self.shape}"
        return f"{self.name} ({self.type}), as {self.moved_as}: {self.error:.3g}"


class _WholeCall(ModelCall):
    """A call that is never cut into pieces, so that hooks see the whole batch."""

    def piece(self, inputs: Bundle) -> int:
        return inputs.batch


class _Recorder:
    """Collects the outputs of the layers of a module while it is called."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.seen: dict[str, torch.Tensor] = {}
        self.twice: set[str] = set()

    def __enter__(self) -> _Recorder:
        self.handles = [
            layer.register_forward_hook(self._hook(name)) for name, layer in self.model.named_modules() if name
        ]
        return self

    def __exit__(self, *_: Any) -> None:
        for handle in self.handles:
            handle.remove()

    def _hook(self, name: str) -> Any:
        def record(_layer: nn.Module, _inputs: Any, output: Any) -> None:
            value = output[0] if isinstance(output, (tuple, list)) and output else output
            if isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex()):
                if name in self.seen:
                    self.twice.add(name)
                self.seen[name] = value.detach()

        return record

    def of(self, call: ModelCall, x: Bundle) -> dict[str, torch.Tensor]:
        """Outputs of all layers on one batch, which is passed in one call."""
        self.seen, self.twice = {}, set()
        whole = _WholeCall(call.model, call.output, batch=x.batch)
        whole.wants_gradients = call.wants_gradients
        whole(x)
        return {n: t for n, t in self.seen.items() if n not in self.twice and t.ndim and len(t) == x.batch}


def layer_errors(
    call: ModelCall,
    x: Bundle,
    pair: ActionPair,
    elements: Elements,
    actions: Mapping[str, Any] | None = None,
    generator: torch.Generator | None = None,
    most: int = 8,
) -> tuple[LayerError, ...]:
    """Errors from the input to the output of every layer, in the order in which the layers are called.

    Parameters
    ----------
    actions : mapping, optional
        From layer names to actions on their outputs, for layers whose action cannot be inferred.
    most : int
        Largest numbers of samples and of elements; half as many where samples are large.

    Raises
    ------
    InputError
        If the model is no module, or ``actions`` names a layer that there is not.
    """
    model = call.model
    if not isinstance(model, nn.Module) or isinstance(model, torch.jit.ScriptModule):
        raise InputError("layers are looked into for torch modules only; a function or compiled program has none")
    given = dict(actions or {})
    names = {n for n, _ in model.named_modules() if n}
    for name in given:
        if name not in names:
            raise InputError(f"the model has no layer {name!r}; there are {', '.join(sorted(names)[:8])}")
    if call.piece(x) < 4 * most**2:
        most = max(1, most // 2)
    x, elements = x.map(lambda t: t[:most]), elements[:most]
    moved = pair.move_inputs(elements, x)
    apart = moved_apart(x, pair, moved, generator)
    with _Recorder(model) as recorder:
        plain = recorder.of(call, x)
        after = recorder.of(call, _folded(x, moved))
        null = recorder.of(call, _folded(x, apart))
    types = {n: type(m).__name__ for n, m in model.named_modules()}
    found = []
    for name, y in plain.items():
        if name in after and name in null:
            action = tensor_action(given[name], pair.leader, like=y) if name in given else _fitting(pair, y)
            found.append(_layer(name, types[name], action, y, after[name], null[name], elements, x.batch))
    return tuple(found)


def _folded(x: Bundle, stacks: tuple[torch.Tensor, ...]) -> Bundle:
    return Bundle(tuple(t.flatten(0, 1) for t in stacks), x.names, x.single, x.numpy)


def _fitting(pair: ActionPair, y: torch.Tensor) -> TensorAction | None:
    return next((a for a in pair.inputs if a.kind != "scalars" and a.fits(tuple(y.shape))), None)


def _layer(
    name: str,
    kind: str,
    action: TensorAction | None,
    y: torch.Tensor,
    after: torch.Tensor,
    null: torch.Tensor,
    elements: Elements,
    batch: int,
) -> LayerError:
    count = len(elements)
    still = float(discrepancies((after,), (y.expand(count, *y.shape),), count, batch).mean())
    if action is None:
        return LayerError(name, kind, tuple(y.shape), "", None, None, still)
    action.check(y, f"the output of layer {name!r}")
    wanted = action.apply(elements, y)
    error = float(discrepancies((after,), (wanted,), count, batch).mean())
    chance = float(discrepancies((null,), (wanted,), count, batch).mean())
    defect = min(error / chance, 1.0) if chance > 0 else float(error > 0)
    return LayerError(name, kind, tuple(y.shape), action.kind, error, defect, still)
