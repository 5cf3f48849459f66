"""What every action of a group on batches of tensors can say and do; concrete ones say how elements move a tensor.

All actions take tensors whose first axis counts samples. ``apply(elements, x)`` moves the whole batch by each of K
elements and returns shape (K, B, ...); ``apply_each`` moves sample b by element b. Both are differentiable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from jaxtyping import Shaped

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.groups import Group
from symmeter.nn.elements import Elements, draw_elements, enumerate_elements, presentation, same_group
from symmeter.nn.moves import TensorSpace, moves_of
from symmeter.representations import Representation

__all__ = ["TensorAction"]


class TensorAction(ABC):
    """How the elements of a group move a batch-first tensor.

    Attributes
    ----------
    group : Group
        Whose elements act.
    kind : str
        What is moved: ``"vectors"``, ``"points"``, ``"pixels"`` ...
    exact : bool
        Whether the action is a homomorphism to rounding; interpolation of pixels is not.
    linear : bool
        Whether ``g (a x + b y) = a g x + b g y``; points that are translated are not moved linearly.
    """

    group: Group
    kind: str = ""
    exact: bool = True
    linear: bool = True

    @abstractmethod
    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        """Move ``x[k]`` of x with shape (K, B, ...) by element k."""

    @abstractmethod
    def expects(self) -> str:
        """The shape that fits, in words: ``(B, ..., 3)``."""

    @abstractmethod
    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether tensors of this shape (with the batch axis first) can be moved."""

    # -- moving --------------------------------------------------------------------------------------------------------

    def check(self, x: torch.Tensor, name: str = "the tensor") -> None:
        """Raise unless ``x`` can be moved.

        Raises
        ------
        InputTypeError
            If it is no tensor.
        ShapeError
            Quoting the shape that was given and the one that fits.
        """
        if not isinstance(x, torch.Tensor):
            raise InputTypeError(f"{name} is a {type(x).__name__}; {self!r} moves torch tensors")
        if not self.fits(tuple(x.shape)):
            raise ShapeError(f"{name} has shape {tuple(x.shape)}; {self!r} moves shape {self.expects()}")

    def apply(self, elements: Elements, x: Shaped[torch.Tensor, "B ..."]) -> Shaped[torch.Tensor, "K B ..."]:
        """The whole batch moved by each of K elements."""
        self._check_elements(elements)
        self.check(x)
        return self._act(elements, x.expand(len(elements), *x.shape))

    def apply_each(self, elements: Elements, x: Shaped[torch.Tensor, "B ..."]) -> Shaped[torch.Tensor, "B ..."]:
        """Sample b moved by element b, for augmentation."""
        self._check_elements(elements)
        self.check(x)
        if len(elements) != len(x):
            raise ShapeError(f"{len(elements)} elements for {len(x)} samples; apply_each takes one element a sample")
        return self._act(elements, x[:, None])[:, 0]

    def apply_stack(self, elements: Elements, x: Shaped[torch.Tensor, "K B ..."]) -> Shaped[torch.Tensor, "K B ..."]:
        """Batch k moved by element k."""
        self._check_elements(elements)
        if len(elements) != len(x):
            raise ShapeError(f"{len(elements)} elements for {len(x)} batches; apply_stack takes one element a batch")
        self.check(x[0])
        return self._act(elements, x)

    def _check_elements(self, elements: Elements) -> None:
        if not same_group(self.group, elements.group):
            raise InputError(f"the elements are of {elements.group}; {self!r} takes elements of {self.group}")

    # -- elements ------------------------------------------------------------------------------------------------------

    @property
    def order(self) -> int | None:
        """Number of group elements; None when infinite or unknown."""
        return getattr(self.group, "order", None)

    def elements(self, samples: int = 16, generator: torch.Generator | None = None, law: str = "normal") -> Elements:
        """All elements of a finite group of at most ``samples`` elements, otherwise that many random ones."""
        if self.order is not None and self.order <= samples:
            return enumerate_elements(self.group)
        return draw_elements(self.group, samples, generator, law)

    def draw(self, samples: int, generator: torch.Generator | None = None, law: str = "normal") -> Elements:
        """Random elements, see :func:`symmeter.nn.elements.draw_elements`."""
        return draw_elements(self.group, samples, generator, law)

    def describe_element(self, elements: Elements, which: int) -> str:
        """One element in a few words."""
        return elements.describe(which)

    def same_group(self, other: TensorAction) -> bool:
        """Whether the two actions share their elements."""
        return same_group(self.group, other.group)

    # -- generators ----------------------------------------------------------------------------------------------------

    @property
    def algebra_dimension(self) -> int:
        """Number of Lie algebra generators; 0 for finite groups."""
        if self.order is not None or getattr(self.group, "is_discrete", False):
            return 0
        return len(presentation(self.group).algebra)

    @property
    def generator_names(self) -> tuple[str, ...]:
        """Names of the Lie algebra generators."""
        names = getattr(self.group, "generator_names", None)
        return tuple(names) if names else tuple(f"A{i + 1}" for i in range(self.algebra_dimension))

    def infinitesimal(self, x: Shaped[torch.Tensor, "B ..."]) -> Shaped[torch.Tensor, "k B ..."]:
        """The velocity of x along each Lie algebra generator, ``d/dt exp(t A_i) x`` at t = 0."""
        raise InputError(f"{self!r} has no Lie algebra; generators are defined for continuous groups")

    @property
    def representation(self) -> Representation | None:
        """The matrices along the last axis, for linear actions that have them."""
        return None

    # -- as the action of a finding ------------------------------------------------------------------------------------

    @property
    def space(self) -> TensorSpace:
        """What is moved, for reports."""
        return TensorSpace(self.kind, getattr(self, "dimension", None))

    @property
    def generators(self) -> tuple[Any, ...]:
        """The group's generators, with names and matrices of the space that the group is defined on."""
        return moves_of(self.group)

    def projector(self) -> Any:
        """The group average of vectors, for ground-floor actions; tensors are averaged by FrameAverage."""
        raise InputError(
            f"{self!r} has no projector matrix; FrameAverage(model, action) averages a model over the group"
        )

    def trivial(self) -> TensorAction:
        """The action of the same group that moves nothing: what an invariant output has."""
        from symmeter.nn.linear_actions import ScalarAction

        return ScalarAction(self.group)

    def __repr__(self) -> str:
        name = getattr(self.group, "name", "") or f"{self.group!r}"
        return f"{name} on {self.kind}"
