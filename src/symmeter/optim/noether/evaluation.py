"""Loss and gradient of a copy of a model at parameters of one's choice, with the state that training would use."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError

__all__ = ["LossProbe", "check_normalisations"]


class LossProbe:
    """A copy of a model in double precision whose loss can be asked for anywhere.

    Parameters
    ----------
    model : torch.nn.Module
        Copied; its mode (training or evaluation) is kept.
    loss : callable
        From (outputs, targets) to a scalar, as in a training loop.
    batches : iterable of (inputs, targets)

    Raises
    ------
    InputTypeError, InputError
    """

    def __init__(self, model: nn.Module, loss: Callable[[Any, Any], torch.Tensor], batches: Iterable[Any]) -> None:
        if not isinstance(model, nn.Module):
            raise InputTypeError(f"a torch.nn.Module is needed, not {type(model).__name__}")
        self.model = _copy(model).double()
        self.loss = loss
        self.batches = [_double(_pair(b)) for b in batches]
        if not self.batches:
            raise InputError("batches is empty; at least one (inputs, targets) is needed")
        self.parameters = {n: p.detach().clone() for n, p in self.model.named_parameters() if p.requires_grad}
        if not self.parameters:
            raise InputError("the model has no parameter that is trained")
        self._buffers = {n: b.detach().clone() for n, b in self.model.named_buffers()}
        random = [
            n for n, m in self.model.named_modules() if m.training and isinstance(m, nn.modules.dropout._DropoutNd)
        ]
        self.random = any(getattr(self.model.get_submodule(n), "p", 0) > 0 for n in random)

    def value(self, parameters: Mapping[str, torch.Tensor], batch: int) -> torch.Tensor:
        """The loss at some parameters; running means and the like are put back afterwards."""
        inputs, targets = self.batches[batch % len(self.batches)]
        state = {**{n: b.clone() for n, b in self._buffers.items()}, **parameters}
        with torch.random.fork_rng(enabled=self.random):
            if self.random:
                torch.manual_seed(batch)
            out = torch.func.functional_call(self.model, state, (inputs,))
        return self.loss(out, targets)

    def gradient(self, parameters: Mapping[str, torch.Tensor], batch: int) -> dict[str, torch.Tensor]:
        """The gradient at some parameters.

        Raises
        ------
        NonFiniteError
        """
        leaves = {n: p.detach().requires_grad_() for n, p in parameters.items()}
        value = self.value(leaves, batch)
        if not bool(torch.isfinite(value)):
            raise NonFiniteError(f"the loss of batch {batch} is {float(value.detach())}")
        found = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
        return {n: torch.zeros_like(p) if g is None else g for (n, p), g in zip(leaves.items(), found, strict=True)}

    def perturbed(self, generator: torch.Generator, amount: float = 0.3) -> dict[str, torch.Tensor]:
        """Parameters nearby in general position: what holds there holds everywhere."""
        out = {}
        for n, p in self.parameters.items():
            spread = p.std() if p.numel() > 1 and float(p.std()) > 0 else p.abs().mean()
            unit = float(spread) if float(spread) > 0 else 0.1
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            out[n] = p + amount * unit * noise.to(p)
        return out


def check_normalisations(model: nn.Module) -> None:
    """Whether a network that is to be trained has its batch normalisations as training has them.

    One that trains as a whole may hold some still, on purpose; one in evaluation mode was most likely forgotten there.

    Raises
    ------
    InputError
    """
    if model.training:
        return
    for name, module in model.named_modules():
        still = isinstance(module, nn.modules.batchnorm._BatchNorm) and not module.training
        if still and module.running_mean is not None:
            raise InputError(
                f"{name or 'the model'} is a {type(module).__name__} in evaluation mode, where weights before it have "
                "no symmetry of scale; call model.train() first, and .eval() on modules that training holds still"
            )


def _copy(model: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(model)
    except RuntimeError as error:
        raise InputError(
            "the model cannot be copied: it holds tensors that were computed, as torch.nn.utils.weight_norm leaves "
            "them; use torch.nn.utils.parametrizations"
        ) from error


def _pair(batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise InputTypeError(f"a batch is (inputs, targets), not {type(batch).__name__}")
    return batch[0], batch[1]


def _double(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return tuple(t.double() if isinstance(t, torch.Tensor) and t.is_floating_point() else t for t in pair)  # type: ignore[return-value]
