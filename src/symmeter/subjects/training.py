"""Training as a subject: a network, its loss and batches, whose parameters have symmetries; torch is not imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symmeter.errors import InputError, InputTypeError

from .labelled import is_instance_of
from .values import Subject
from .wording import quoted

__all__ = ["Training", "is_training", "training_of"]

_NEEDED = ("model", "loss", "batches")


@dataclass(frozen=True, eq=False, repr=False)
class Training(Subject):
    """A network and what it is trained on.

    Parameters
    ----------
    model : torch.nn.Module
        In the mode that training uses.
    loss : callable
        From (outputs, targets) to a scalar.
    batches : iterable of (inputs, targets)
        A few are enough.
    optimizer : torch.optim.Optimizer, optional
    source : str
    notes : tuple of str
    """

    model: Any
    loss: Callable[[Any, Any], Any]
    batches: Iterable[Any]
    optimizer: Any = None
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "training"

    def __post_init__(self) -> None:
        if not is_instance_of(self.model, "torch.nn", "Module"):
            raise InputTypeError(f"model is a {quoted(type(self.model).__name__)}; training needs a torch.nn.Module")
        if not callable(self.loss):
            raise InputTypeError(f"loss is a {quoted(type(self.loss).__name__)}; it is called with outputs and targets")
        if not isinstance(self.batches, Iterable):
            raise InputTypeError(f"batches is a {quoted(type(self.batches).__name__)}; give a list or loader of pairs")
        object.__setattr__(self, "source", self.source or type(self.model).__name__)
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def dimension(self) -> int:
        """Number of parameters that are trained."""
        return sum(int(p.numel()) for p in self.model.parameters() if p.requires_grad)

    def describe(self) -> str:
        with_optimizer = "" if self.optimizer is None else f", trained by {type(self.optimizer).__name__}"
        return "; ".join([f"read training {self.source}, {self.dimension:,} parameters{with_optimizer}", *self.notes])

    def __repr__(self) -> str:
        return f"Training({self.source}, {self.dimension:,} parameters)"


def is_training(value: Any) -> bool:
    """Whether an object is a training, or a mapping with a torch module, a loss and batches.

    Examples
    --------
    >>> is_training({"model": 1, "loss": abs, "batches": []})
    False
    """
    if isinstance(value, Training):
        return True
    return (
        isinstance(value, Mapping)
        and all(k in value for k in _NEEDED)
        and is_instance_of(value["model"], "torch.nn", "Module")
    )


def training_of(value: Any, source: str = "") -> Training:
    """A training from a mapping.

    Raises
    ------
    InputError
        When the mapping lacks something.
    """
    if isinstance(value, Training):
        return value
    missing = [k for k in _NEEDED if k not in value]
    if missing:
        raise InputError(f"{source or 'the mapping'} has no {', '.join(missing)}; it must have model, loss and batches")
    return Training(value["model"], value["loss"], value["batches"], value.get("optimizer"), source)
