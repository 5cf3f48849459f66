"""Elements of a group in the one form that every action of this group on tensors reads: K at a time, on any device.

A permutation group gives images, another finite group the number of the element in its own order, and a group given by
a Lie algebra and discrete generators (with or without a name) the product ``exp(sum_i z_i A_i) h_a h_b ...`` by its
coefficients z and the word ``(a, b, ...)``. With ``law="normal"`` the z are standard normal and each h_k has a uniform
exponent, as in the evaluation metric of Kim, Lee, Yang and Lee (ICML 2023) and in the emlp library; with ``law="haar"``
elements of compact groups are uniform.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, InputTypeError, SampleSizeError, ShapeError
from symmeter.groups import FiniteGroup, Group, LieGroup, MatrixGroup, PermutationGroup
from symmeter.groups.lie import MatrixLieGroup
from symmeter.groups.powers import PowerGroup
from symmeter.representations import Representation, defining_representation

__all__ = ["Elements", "PresentedGroup", "draw_elements", "enumerate_elements", "presentation", "same_group"]

#: Exponents of discrete generators of unknown order, and of an infinite cyclic group, are drawn below this.
_LARGEST_EXPONENT = 6
_ROUNDS = 2


class PresentedGroup(Group):
    """The group that the matrices of a representation generate, of which nothing else is known.

    Parameters
    ----------
    representation : Representation
        Its discrete generators and Lie algebra.
    """

    def __init__(self, representation: Representation) -> None:
        self.representation = representation

    @property
    def order(self) -> None:
        """Unknown."""
        return None

    @property
    def generators(self) -> tuple[np.ndarray, ...]:
        return (*self.representation.algebra, *self.representation.discrete)

    @property
    def is_abelian(self) -> bool:
        gens = self.generators
        return all(np.allclose(a @ b, b @ a) for a in gens for b in gens)

    @property
    def is_discrete(self) -> bool:
        return not self.representation.algebra

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.representation.name or "group of generators"

    def __contains__(self, element: object) -> bool:
        raise InputError(f"membership in {self.name} is unknown: only its generators are given")

    def elements(self, cap: int = 20_000) -> Iterator[np.ndarray]:
        raise InputError(f"{self.name} is known by generators only; draw elements with samples=")


@dataclass(frozen=True, eq=False)
class Elements:
    """K elements of one group.

    Attributes
    ----------
    group : Group
    images : int tensor of shape (K, n), or None
        For permutation groups: where each point goes.
    index : int tensor of shape (K,), or None
        For other finite groups: the number in the group's own order; for powers of one map: the exponent.
    coefficients : float64 tensor of shape (K, k), or None
        Of the Lie algebra's basis in the exponential.
    words : int tensor of shape (K, L), or None
        Discrete generators that follow the exponential, from left to right; -1 for none.
    inverted : bool
        Whether the inverses of these products are meant.
    """

    group: Any
    images: Int[torch.Tensor, "K n"] | None = None
    index: Int[torch.Tensor, " K"] | None = None
    coefficients: Float[torch.Tensor, "K k"] | None = None
    words: Int[torch.Tensor, "K L"] | None = None
    inverted: bool = False

    def __len__(self) -> int:
        first = next(t for t in (self.images, self.index, self.coefficients) if t is not None)
        return len(first)

    def __getitem__(self, which: int | slice | Sequence[int] | torch.Tensor) -> Elements:
        """Some of the elements; a single number gives one element, K = 1."""
        rows = [which] if isinstance(which, int) else which
        cut = {k: None if t is None else t[rows] for k, t in self._tensors().items()}
        return replace(self, **cut)

    def _tensors(self) -> dict[str, torch.Tensor | None]:
        return {k: getattr(self, k) for k in ("images", "index", "coefficients", "words")}

    def inverse(self) -> Elements:
        """The inverse of each element."""
        if self.images is not None:
            return replace(self, images=torch.argsort(self.images, dim=1))
        if self.index is not None:
            return replace(self, index=_inverse_index(self.group, self.index))
        return replace(self, inverted=not self.inverted)

    def is_identity(self) -> torch.Tensor:
        """Which of the K elements are written as the identity."""
        if self.images is not None:
            return (self.images == torch.arange(self.images.shape[1])).all(1)
        if self.index is not None:
            return self.index == 0
        assert self.coefficients is not None
        assert self.words is not None
        return (self.coefficients == 0).all(1) & (self.words < 0).all(1)

    def describe(self, which: int) -> str:
        """One element in a few words: ``(0,1,2)``, ``rotation by 90 degrees``, ``exp(0.31 Lx - 1.2 Ly)``."""
        from symmeter.nn.element_names import name_of_element

        return name_of_element(self, which)


def same_group(one: Any, other: Any) -> bool:
    """Whether elements drawn for one may be used for the other."""
    if one is other:
        return True
    if isinstance(one, FiniteGroup) and isinstance(other, FiniteGroup):
        return one == other
    if isinstance(one, PermutationGroup) and isinstance(other, PermutationGroup):
        return one == other
    if isinstance(one, MatrixLieGroup) and isinstance(other, MatrixLieGroup):
        return one == other
    if isinstance(one, PresentedGroup) or isinstance(other, PresentedGroup):
        if getattr(one, "order", None) is not None or getattr(other, "order", None) is not None:
            return False
        # Coefficients and words are all that is shared: the same numbers of generators must be given.
        mine, theirs = presentation(one), presentation(other)
        return (len(mine.algebra), len(mine.discrete)) == (len(theirs.algebra), len(theirs.discrete))
    if isinstance(one, LieGroup) and isinstance(other, LieGroup):
        return _equal(presentation(one), presentation(other))
    if isinstance(one, (MatrixGroup, PowerGroup)) and type(one) is type(other):
        mine, theirs = one.generators, other.generators
        return len(mine) == len(theirs) and all(a.shape == b.shape and np.allclose(a, b) for a, b in zip(mine, theirs))
    return False


def _equal(one: Representation, other: Representation) -> bool:
    mine, theirs = (*one.algebra, *one.discrete), (*other.algebra, *other.discrete)
    pairs = list(zip(mine, theirs))
    return len(mine) == len(theirs) and all(a.shape == b.shape and np.allclose(a, b) for a, b in pairs)


def presentation(group: Any) -> Representation:
    """The generators ``A_i`` and ``h_k`` whose products are meant by coefficients and words.

    Coefficients of a matrix Lie group refer to its named generators, ``group.basis``.
    """
    if isinstance(group, PresentedGroup):
        return group.representation
    if isinstance(group, Representation):
        return group
    given = defining_representation(group)
    if not isinstance(group, MatrixLieGroup):
        return given
    return Representation(given.discrete, tuple(group.basis), "V", group, np.asarray)


def enumerate_elements(group: Any, cap: int = 5_040) -> Elements:
    """All elements of a finite group, the identity first.

    Raises
    ------
    InputError
        If the group is infinite, or known only by generators.
    ClosureError
        If there are more than ``cap``.
    """
    if isinstance(group, PermutationGroup):
        return Elements(group, images=torch.from_numpy(np.array(group.elements_array(cap), dtype=np.int64)))
    order = getattr(group, "order", None)
    if order is None or not isinstance(group, (FiniteGroup, MatrixGroup, PowerGroup)):
        raise InputError(f"{group} has no list of elements; draw some with samples=")
    if order > cap:
        group.elements(cap)
        raise InputError(f"{group} has {order} elements, more than the cap of {cap}; draw some with samples=")
    return Elements(group, index=torch.arange(order))


def draw_elements(group: Any, samples: int, generator: torch.Generator | None = None, law: str = "normal") -> Elements:
    """Random elements, independent.

    Parameters
    ----------
    group : Group
    samples : int
        How many, K.
    generator : torch.Generator, optional
        On the CPU; the same seed gives the same elements.
    law : {"normal", "haar"}
        For groups with a Lie algebra; elements of finite groups are always uniform.

    Raises
    ------
    InputError
        For Haar measure on a group that is not compact, or known only by generators.
    """
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 1:
        raise SampleSizeError(f"the number of group elements is {samples!r}; it must be an integer of at least 1")
    if law not in ("normal", "haar"):
        raise InputError(f"law is {law!r}; use 'normal' or 'haar'")
    if isinstance(group, PermutationGroup):
        return Elements(group, images=_random_images(group, samples, generator))
    if isinstance(group, PowerGroup):
        low, high = (0, group.order) if group.order else (-_LARGEST_EXPONENT, _LARGEST_EXPONENT + 1)
        return Elements(group, index=torch.randint(low, high, (samples,), generator=generator))
    if isinstance(group, (FiniteGroup, MatrixGroup)):
        return Elements(group, index=torch.randint(group.order, (samples,), generator=generator))
    if not isinstance(group, Group):
        raise InputTypeError(f"elements are drawn of a Group; got {type(group).__name__}")
    given = presentation(group)
    if law == "haar":
        return _haar_elements(group, given, samples, generator)
    words = _random_words(len(given.discrete), samples, generator, getattr(group, "components", None))
    z = torch.randn(samples, len(given.algebra), dtype=torch.float64, generator=generator)
    return Elements(group, coefficients=z, words=words)


def _random_images(group: PermutationGroup, samples: int, generator: torch.Generator | None) -> torch.Tensor:
    if group.order == _factorial(group.degree):
        return torch.rand(samples, group.degree, dtype=torch.float64, generator=generator).argsort(1)
    rng = numpy_rng(generator)
    return torch.from_numpy(np.array([group.random(rng).images for _ in range(samples)], dtype=np.int64))


def numpy_rng(generator: torch.Generator | None) -> np.random.Generator:
    """A NumPy generator whose stream the torch generator decides."""
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))


def _factorial(n: int) -> int:
    from math import factorial

    return factorial(n)


def _random_words(
    generators: int, samples: int, generator: torch.Generator | None, components: int | None
) -> torch.Tensor:
    """Rows such as ``h_0^2 h_1 h_0``: exponents are uniform, in one round for a known number of components."""
    if generators == 0:
        return torch.zeros(samples, 0, dtype=torch.int64)
    most, rounds = (2, 1) if components == 2 and generators == 1 else (_LARGEST_EXPONENT, _ROUNDS)
    exponents = torch.randint(most, (samples, rounds * generators), generator=generator)
    names = torch.arange(generators).repeat(rounds)
    place = torch.arange(most - 1)
    word = torch.where(place < exponents[..., None], names[None, :, None], -1)
    return word.reshape(samples, -1)


def _haar_elements(group: Any, given: Representation, samples: int, generator: torch.Generator | None) -> Elements:
    if not isinstance(group, MatrixLieGroup) or not group.is_compact or group.components > 2:
        raise InputError(f"Haar measure of {group} cannot be drawn from; law='normal' draws exp(sum z_i A_i)")
    drawn = np.array(group.sample(samples, rng=numpy_rng(generator))[0])
    words = np.full((samples, min(len(given.discrete), 1)), -1)
    if group.components == 2:
        # g = exp(X) h with the one discrete generator h where g reverses orientation.
        reversing = np.real(np.linalg.det(drawn)) < 0
        drawn[reversing] = drawn[reversing] @ np.linalg.inv(given.discrete[0])
        words[reversing] = 0
    coefficients = np.array(group.log(drawn, on_cut="choose"), dtype=float)
    return Elements(group, coefficients=torch.from_numpy(coefficients), words=torch.from_numpy(words))


def _inverse_index(group: Any, index: torch.Tensor) -> torch.Tensor:
    if isinstance(group, PowerGroup):
        return -index if group.order is None else (-index) % group.order
    if isinstance(group, FiniteGroup):
        table = torch.from_numpy(np.array(group.table, dtype=np.int64))
        return (table == 0).to(torch.int64).argmax(1)[index]
    matrices = group.elements_array()
    found = group._index.find(np.conj(np.swapaxes(matrices[index.numpy()], 1, 2)).reshape(len(index), -1))
    if (found < 0).any():
        raise ShapeError(f"an inverse of {group} is not among its elements; give more exact generators")
    return torch.from_numpy(np.array(found, dtype=np.int64))
