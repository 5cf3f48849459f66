"""Calling any model the same way: torch modules, functions of NumPy arrays, several inputs, named outputs.

A model is called on the whole folded batch at once, in pieces of at most ``batch`` samples, without gradients. Before
anything is measured it is seen whether the answer could mean anything: dropout and batch normalisation in training
mode, inputs and outputs that are not finite, and outputs that change from call to call are told apart from asymmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError, SampleSizeError, ShapeError, SymmeterError
from symmeter.representations.equivariance import relative_discrepancy

__all__ = ["Bundle", "ModelCall", "bundle_of", "module_of", "outputs_of"]

_RANDOM_LAYERS = (nn.modules.dropout._DropoutNd, nn.AlphaDropout, nn.RReLU)
_BATCH_LAYERS = (nn.modules.batchnorm._BatchNorm,)
#: Numbers of input in one call: 32 MB in single precision.
_NUMBERS = 1 << 23
_PREFERRED = ("logits", "output", "prediction", "last_hidden_state")


@dataclass(frozen=True, eq=False)
class Bundle:
    """Tensors of one batch: one of them, several by position, or several by name.

    Attributes
    ----------
    tensors : tuple of tensors of shape (B, ...)
    names : tuple of str, or None
        Keyword names; None when they are passed by position.
    single : bool
        Whether the caller gave one bare tensor.
    numpy : bool
        Whether the model takes NumPy arrays.
    """

    tensors: tuple[torch.Tensor, ...]
    names: tuple[str, ...] | None = None
    single: bool = True
    numpy: bool = False

    @property
    def batch(self) -> int:
        """Number of samples B."""
        return len(self.tensors[0])

    def map(self, function: Callable[[torch.Tensor], torch.Tensor]) -> Bundle:
        """The bundle with a function applied to each tensor."""
        return replace(self, tensors=tuple(function(t) for t in self.tensors))

    def label(self, number: int) -> str:
        """What messages call tensor ``number``."""
        return "the input" if self.single else f"input {self.names[number] if self.names else number!r}"


def bundle_of(x: Any) -> Bundle:
    """Read the inputs: a tensor or array, a tuple or list of them, or a dict by keyword.

    Raises
    ------
    InputTypeError, ShapeError, NonFiniteError, SampleSizeError
    """
    if isinstance(x, Bundle):
        return x
    if isinstance(x, Mapping):
        parts, names = list(x.values()), tuple(str(k) for k in x)
    elif isinstance(x, (tuple, list)) and any(isinstance(v, (torch.Tensor, np.ndarray)) for v in x):
        parts, names = list(x), None
    else:
        parts, names = [x], None
    single = not isinstance(x, (Mapping, tuple, list))
    is_numpy = all(isinstance(p, np.ndarray) for p in parts)
    tensors = []
    for p in parts:
        if isinstance(p, np.ndarray) and p.dtype.kind not in "biufc":
            raise InputTypeError(f"the inputs hold an array of type {p.dtype}; models are measured on numbers")
        if not isinstance(p, (torch.Tensor, np.ndarray)):
            raise InputTypeError(f"the inputs hold a {type(p).__name__}; give tensors or arrays, batch first")
        tensors.append(torch.from_numpy(np.ascontiguousarray(p)) if isinstance(p, np.ndarray) else p.detach())
    bundle = Bundle(tuple(tensors), names, single, is_numpy)
    for k, t in enumerate(tensors):
        if t.ndim == 0:
            raise ShapeError(f"{bundle.label(k)} is a single number; the first axis counts samples")
        if len(t) == 0:
            raise SampleSizeError(f"{bundle.label(k)} has shape {tuple(t.shape)}: no samples; give at least one")
        if len(t) != bundle.batch:
            shapes = " and ".join(str(tuple(v.shape)) for v in tensors)
            raise ShapeError(f"the inputs have shapes {shapes}; all must have the same number of samples")
        _finite(t, bundle.label(k))
    return bundle


def _finite(t: torch.Tensor, name: str) -> None:
    if (t.is_floating_point() or t.is_complex()) and not torch.isfinite(t).all():
        where = int((~torch.isfinite(t)).reshape(len(t), -1).any(1).nonzero()[0])
        raise NonFiniteError(f"{name} contains NaN or infinity, first in sample {where}; remove or replace it")


class ModelCall:
    """A model with how to call it and which of its outputs to look at.

    Parameters
    ----------
    model : callable or torch.nn.Module
    output : str, int, sequence of these, or None
        Which outputs of a model that returns a dict, tuple or object; None takes the only one, or ``logits``.
    averages : int
        Calls that are averaged, for models that are random by nature.
    batch : int
        Largest number of samples in one call; fewer where samples are large.
    """

    def __init__(self, model: Any, output: Any = None, averages: int = 1, batch: int = 512) -> None:
        if not callable(model):
            if not callable(getattr(model, "predict", None)):
                raise InputTypeError(f"the model is a {type(model).__name__}, which cannot be called; give a function")
            model = model.predict
        if averages < 1 or batch < 1:
            raise InputError(f"averages={averages} and batch={batch}; both must be at least 1")
        self.model = model
        self.output = output
        self.averages = int(averages)
        self.batch = int(batch)
        self.wants_gradients = False
        #: Networks on sampled group elements keep one draw while they are measured, another for each average.
        self._samples = _sampled(module_of(model))
        check_evaluation_mode(module_of(model))

    def placed(self, inputs: Bundle) -> Bundle:
        """The inputs on the model's device and, where floating, of its type; modules of torch get tensors."""
        module = module_of(self.model)
        if module is None:
            return inputs
        inputs = replace(inputs, numpy=False)
        first = next((p for p in module.parameters() if p.is_floating_point()), None)
        if first is None:
            return inputs
        return inputs.map(lambda t: t.to(first.device, first.dtype if t.is_floating_point() else t.dtype))

    def __call__(self, inputs: Bundle) -> tuple[torch.Tensor, ...]:
        """The chosen outputs, each of shape (B, ...)."""
        total: tuple[torch.Tensor, ...] | None = None
        for average in range(self.averages):
            size = self.piece(inputs)
            cuts = [slice(s, s + size) for s in range(0, inputs.batch, size)]
            with self._holding(average):
                pieces = [self._outputs(inputs.map(lambda t, cut=cut: t[cut])) for cut in cuts]
            whole = tuple(torch.cat(p) for p in zip(*pieces))
            total = whole if total is None else tuple(a + b for a, b in zip(total, whole))
        assert total is not None
        return total if self.averages == 1 else tuple(t / self.averages for t in total)

    def _holding(self, average: int) -> AbstractContextManager[None]:
        if self._samples is None:
            return nullcontext()
        from symmeter.nn.affine.samples import holding_samples

        return holding_samples(self._samples, seed=average)

    def piece(self, inputs: Bundle) -> int:
        """How many samples are passed in one call, so that the layers of a network for pictures fit the memory."""
        numbers = max(1, sum(t[0].numel() for t in inputs.tensors))
        return max(1, min(self.batch, _NUMBERS // numbers))

    def _outputs(self, inputs: Bundle) -> tuple[torch.Tensor, ...]:
        try:
            with torch.set_grad_enabled(self.wants_gradients):
                raw = self._raw(inputs)
        except SymmeterError:
            raise
        except Exception as error:
            # A model of forces differentiates inside, and finds no graph.
            if self.wants_gradients or "does not require grad" not in str(error):
                shapes = " and ".join(str(tuple(t.shape)) for t in inputs.tensors)
                text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
                raise InputError(
                    f"the model fails on inputs of shape {shapes}: {type(error).__name__}: {text}{self._hint(inputs)}"
                ) from error
            self.wants_gradients = True
            return self._outputs(inputs)
        outputs = tuple(_as_tensor(v).detach() for v in selected(raw, self.output))
        for t in outputs:
            if t.ndim == 0 or len(t) != inputs.batch:
                raise ShapeError(
                    f"the model returns shape {tuple(t.shape)} for {inputs.batch} samples; the first axis of its "
                    "output must count samples"
                )
            _finite(t, "the model's output")
        return outputs

    def _hint(self, inputs: Bundle) -> str:
        if inputs.numpy:
            return " (it was given NumPy arrays, as you gave them; give tensors where it takes those)"
        whole = next((t.dtype for t in inputs.tensors if not (t.is_floating_point() or t.is_complex())), None)
        if whole is None or module_of(self.model) is None:
            return ""
        return f" (an input is {str(whole).removeprefix('torch.')}; give float32 where the model takes real numbers)"

    def _raw(self, inputs: Bundle) -> Any:
        parts: Sequence[Any] = [t.numpy() for t in inputs.tensors] if inputs.numpy else inputs.tensors
        return self.model(**dict(zip(inputs.names, parts))) if inputs.names else self.model(*parts)

    def check_repeatable(self, inputs: Bundle) -> float:
        """How much two calls on the same input differ, relative.

        Raises
        ------
        InputError
            If they differ by more than rounding and no averaging was asked for.
        """
        few = inputs.map(lambda t: t[: min(len(t), 8)])
        first, second = self(few), self(few)
        noise = max(float(relative_discrepancy(_wide(a), _wide(b)).mean()) for a, b in zip(first, second))
        if noise > 1e-6 and self.averages == 1:
            raise InputError(
                f"two calls of the model on one input differ by {noise:.2g}: it is random in evaluation; switch the "
                "randomness off, or pass averages=n to measure the mean of n calls"
            )
        return noise

    def check_independent(self, inputs: Bundle, y: tuple[torch.Tensor, ...]) -> None:
        """Raise when the output of a sample depends on the samples beside it: batches are folded and cut here.

        Raises
        ------
        InputError
        """
        if inputs.batch < 2 or self.averages > 1:
            return
        half = (inputs.batch + 1) // 2
        again = self(inputs.map(lambda t: t[:half]))
        apart = max(float(relative_discrepancy(_wide(a), _wide(b[:half])).mean()) for a, b in zip(again, y))
        if apart > 1e-3:
            raise InputError(
                f"the output of a sample changes by {apart:.2g} when others are left out of the batch; the first axis "
                "of the input must count independent samples"
            )


def module_of(model: Any) -> nn.Module | None:
    """The torch module that a model is, or is a bound method of."""
    owner = getattr(model, "__self__", model)
    return owner if isinstance(owner, nn.Module) else None


def _sampled(module: nn.Module | None) -> nn.Module | None:
    """The module, where something in it samples group elements."""
    if module is None or isinstance(module, torch.jit.ScriptModule):
        return None
    inside = any(type(m).__module__ == "symmeter.nn.affine.samples" for m in module.modules())
    return module if inside else None


def _wide(t: torch.Tensor) -> torch.Tensor:
    return t if t.is_floating_point() or t.is_complex() else t.to(torch.float64)


def _as_tensor(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return _wide(value)
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise InputTypeError(
            f"the model returns {type(value).__name__} values of type {array.dtype}; numbers are needed"
        )
    return _wide(torch.from_numpy(np.ascontiguousarray(array)))


def selected(raw: Any, output: Any) -> tuple[Any, ...]:
    """The outputs asked for, from a tensor, dict, tuple, or object with named fields.

    Raises
    ------
    InputError
        Listing what there is.
    """
    if isinstance(output, (tuple, list)):
        return tuple(selected(raw, name)[0] for name in output)
    if isinstance(raw, (torch.Tensor, np.ndarray)):
        if output is not None:
            raise InputError(f"the model returns one tensor; output {output!r} cannot be chosen from it")
        return (raw,)
    if isinstance(raw, Mapping):
        there: dict[Any, Any] = dict(raw)
    elif hasattr(raw, "_asdict"):
        there = raw._asdict()
    elif isinstance(raw, (tuple, list)) and any(isinstance(v, (torch.Tensor, np.ndarray)) for v in raw):
        there = dict(enumerate(raw))
    elif raw is None or isinstance(raw, (str, bytes)):
        raise InputTypeError(f"the model returns {'None' if raw is None else 'text'}; numbers are needed, batch first")
    elif isinstance(raw, (tuple, list, int, float)):
        return (np.asarray(raw),)
    else:
        there = dict(getattr(raw, "__dict__", {}))
    there = {k: v for k, v in there.items() if isinstance(v, (torch.Tensor, np.ndarray))}
    if output is not None:
        number = int(output) if isinstance(output, str) and output.isdigit() and output not in there else output
        if number not in there:
            raise InputError(f"the model has no output {output!r}; there are {_listed(there)}")
        return (there[number],)
    if len(there) == 1:
        return tuple(there.values())
    for name in _PREFERRED:
        if name in there:
            return (there[name],)
    raise InputError(f"the model returns several outputs ({_listed(there)}); choose one with output=")


def outputs_of(action_out: Any, output: Any) -> Any:
    """Which outputs to look at: those that several actions were given for, unless that is said."""
    if output is not None:
        return output
    if isinstance(action_out, Mapping):
        return tuple(action_out)
    return tuple(range(len(action_out))) if isinstance(action_out, (tuple, list)) and len(action_out) > 1 else None


def _listed(there: Mapping[Any, Any]) -> str:
    return ", ".join(repr(k) for k in list(there)[:8]) or "no tensors"


def check_evaluation_mode(model: Any) -> None:
    """Raise when a module has dropout or batch normalisation in training mode.

    Raises
    ------
    InputError
        Naming the first such layer.
    """
    if not isinstance(model, nn.Module):
        return
    for name, layer in model.named_modules():
        dropping = isinstance(layer, _RANDOM_LAYERS) and getattr(layer, "p", 1.0) > 0
        if layer.training and (dropping or isinstance(layer, _BATCH_LAYERS)):
            where = f"its layer {name!r}" if name else "it"
            raise InputError(
                f"the model is in training mode: {where} ({type(layer).__name__}) changes from call to call or with "
                "the batch; call model.eval() first"
            )
