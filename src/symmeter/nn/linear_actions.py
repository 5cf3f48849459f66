"""Actions by matrices: scalars, vectors of any representation, points, rank-2 tensors and ground-floor actions."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Num

from symmeter.errors import InputError, InputTypeError
from symmeter.groups import FiniteGroup
from symmeter.groups.lie import MatrixLieGroup, SemidirectGroup
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import Elements, PresentedGroup, presentation
from symmeter.nn.exponential import exponential
from symmeter.representations import (
    Action,
    FiniteMatrixAction,
    FlowAction,
    MonomialAction,
    PowersAction,
    Representation,
    defining_representation,
)
from symmeter.representations.transformations import Transformation

__all__ = ["ColumnAction", "PointAction", "ScalarAction", "TensorTwoAction", "VectorAction", "linear_part"]

_LARGEST_TABLE = 1 << 24


@final
class ScalarAction(TensorAction):
    """Nothing moves: numbers that do not depend on the pose, such as energies, classes and masses."""

    kind = "scalars"

    def __init__(self, group: Any) -> None:
        self.group = group

    def expects(self) -> str:
        return "(B, ...)"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 1

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        return x

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x).expand(self.algebra_dimension, *x.shape)


class _Matrices:
    """Matrices of group elements in one representation, as tensors."""

    def __init__(self, representation: Representation, group: Any) -> None:
        self.representation = representation
        self.group = group

    @cached_property
    def _algebra(self) -> torch.Tensor:
        """Images of the group's own Lie algebra generators."""
        d = self.representation.dimension
        stack = np.array(self.representation.algebra).reshape(-1, d, d)
        if isinstance(self.group, MatrixLieGroup) and len(stack):
            stack = np.tensordot(_change_of_basis(self.representation, self.group), stack, axes=1)
        return torch.from_numpy(stack)

    @cached_property
    def _discrete(self) -> torch.Tensor:
        """Images of the discrete generators, then the identity, so that -1 in a word picks it."""
        rep, discrete = self.representation, self.representation.discrete
        if isinstance(self.group, MatrixLieGroup) and rep.function is not None:
            discrete = tuple(rep(h) for h in presentation(self.group).discrete)
        return torch.from_numpy(np.array([*discrete, np.eye(rep.dimension)]))

    @cached_property
    def _table(self) -> torch.Tensor:
        """Matrices of all elements of a finite group."""
        group, rep = self.group, self.representation
        if group.order * rep.dimension**2 > _LARGEST_TABLE:
            raise InputError(f"{group} has {group.order} matrices of size {rep.dimension}: too many to list")
        if rep.function is None:
            rep = Representation.of_finite_group(group, rep.discrete)
        return torch.from_numpy(np.array([rep(g) for g in group.elements()]))

    def algebra(self, like: torch.Tensor) -> torch.Tensor:
        return _cast(self._algebra, like)

    def __call__(self, elements: Elements, like: torch.Tensor) -> Num[torch.Tensor, "K d d"]:
        return _cast(self._float64(elements), like)

    def _float64(self, elements: Elements) -> torch.Tensor:
        rep = self.representation
        if elements.index is not None:
            return self._table[elements.index]
        if elements.images is not None:
            return self._of_permutations(elements)
        assert elements.coefficients is not None
        assert elements.words is not None
        size = rep.dimension
        out = torch.eye(size, dtype=self._algebra.dtype).expand(len(elements), size, size)
        if len(self._algebra):
            z = elements.coefficients.to("cpu", self._algebra.dtype)
            out = exponential(torch.tensordot(z, self._algebra, dims=1))
        for column in elements.words.T:
            # Words are padded with -1, which is the identity at the end of the list.
            out = out.to(torch.promote_types(out.dtype, self._discrete.dtype)) @ self._discrete[column]
        if elements.inverted:
            out = out.mH if rep.is_unitary else torch.linalg.inv(out)
        return out

    def _of_permutations(self, elements: Elements) -> torch.Tensor:
        from symmeter.groups import Permutation

        assert elements.images is not None
        images, d = elements.images, self.representation.dimension
        if self.representation.name == "V" and d == images.shape[1]:
            # Column i has its one in row images[i].
            return torch.nn.functional.one_hot(images, d).mT.to(torch.float64)
        rep = self.representation
        if rep.function is None:
            rep = Representation.of_finite_group(self.group, rep.discrete)
        return torch.from_numpy(np.array([rep(Permutation(row)) for row in images.numpy()]))


def _change_of_basis(representation: Representation, group: MatrixLieGroup) -> np.ndarray:
    """``N`` with ``basis_j = sum_i N[j, i] E_i`` for the basis E that the representation's algebra refers to.

    Representations of one group may be given in its named generators or in the orthonormal ones of its Lie algebra;
    the derivative of the representation itself decides which.
    """
    defined = np.array(defining_representation(group).algebra)
    flat = np.concatenate([np.real(defined), np.imag(defined)], axis=1).reshape(len(defined), -1)
    named = np.concatenate([np.real(group.basis), np.imag(group.basis)], axis=1).reshape(len(group.basis), -1)
    change = np.linalg.lstsq(flat.T, named.T, rcond=None)[0].T
    change[np.abs(change) < 1e-14] = 0.0
    same = np.eye(len(change))
    if representation.function is None or np.allclose(change, same):
        return change
    step = 1e-4
    forward, back = (np.asarray(representation(group.exp(s * step * same[0]))) for s in (1, -1))
    slope = (forward - back) / (2 * step)
    stack = np.array(representation.algebra)
    errors = [np.abs(slope - np.tensordot(n[0], stack, axes=1)).max() for n in (change, same)]
    return change if errors[0] <= errors[1] else same


def _cast(matrices: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    dtype = like.dtype if like.is_floating_point() or like.is_complex() else torch.get_default_dtype()
    if matrices.is_complex() and not dtype.is_complex:
        dtype = torch.promote_types(dtype, torch.complex64)
    return matrices.to(device=like.device, dtype=dtype)


@final
class VectorAction(TensorAction):
    """Vectors along the last axis, moved by the matrices of a representation.

    Parameters
    ----------
    representation : Representation
    group : Group, optional
        Whose elements act; the representation's own group, or the group that its generators present.
    kind : str
        What people call these vectors.
    """

    def __init__(self, representation: Representation, group: Any = None, kind: str = "vectors") -> None:
        if not isinstance(representation, Representation):
            raise InputTypeError(f"VectorAction takes a Representation; got {type(representation).__name__}")
        self._representation = representation
        known = representation.group if group is None else group
        self.group = PresentedGroup(representation) if known is None else known
        self.kind = kind
        self._matrices = _Matrices(representation, self.group)

    @property
    def representation(self) -> Representation:
        return self._representation

    @property
    def dimension(self) -> int:
        """Length of the last axis."""
        return self._representation.dimension

    def expects(self) -> str:
        return f"(B, ..., {self.dimension})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 2 and shape[-1] == self.dimension

    def matrices(self, elements: Elements, like: torch.Tensor) -> Num[torch.Tensor, "K d d"]:
        """Matrices of the elements, of the type and on the device of ``like``."""
        return self._matrices(elements, like)

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        return _rows_times(x, self._matrices(elements, x))

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        a = self._matrices.algebra(x)
        return _rows_times(x.expand(len(a), *x.shape), a)


def _rows_times(x: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    """``matrices[k]`` times each vector along the last axis of ``x[k]``."""
    flat = x.reshape(len(x), -1, x.shape[-1]).to(matrices.dtype)
    return torch.bmm(flat, matrices.mT).reshape(x.shape)


@final
class PointAction(TensorAction):
    """Points along the last axis, moved by rotations, scalings and translations.

    Parameters
    ----------
    group : MatrixLieGroup or FiniteGroup with matrices
        Homogeneous matrices for groups with translations, such as SE(3); matrices of the space itself otherwise.
    """

    kind = "points"

    def __init__(self, group: Any) -> None:
        self.group = group
        self.translates = isinstance(group, SemidirectGroup)
        self._given = _space_representation(group)
        self._matrices = _Matrices(self._given, group)
        self.dimension = self._given.dimension - self.translates
        self.linear = not self.translates

    @property
    def representation(self) -> Representation | None:
        return None if self.translates else self._given

    def expects(self) -> str:
        return f"(B, ..., {self.dimension})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 2 and shape[-1] == self.dimension

    def matrices(self, elements: Elements, like: torch.Tensor) -> Num[torch.Tensor, "K m m"]:
        """Matrices of the elements, homogeneous where the group translates."""
        return self._matrices(elements, like)

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        return self._affine(x, self._matrices(elements, x))

    def _affine(self, x: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        if not self.translates:
            return _rows_times(x, m)
        shift = m[:, :-1, -1].reshape(len(m), *[1] * (x.ndim - 2), self.dimension)
        return _rows_times(x, m[:, :-1, :-1]) + shift

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        a = self._matrices.algebra(x)
        return self._affine(x.expand(len(a), *x.shape), a)


def _space_representation(group: Any) -> Representation:
    if isinstance(group, Representation):
        return group
    if isinstance(group, FiniteGroup) and group.matrices is None:
        raise InputError(f"{group} has no matrices that move points; give a point group, such as point_group('Oh')")
    return presentation(group)


def linear_part(group: Any, signed: bool = False) -> Representation:
    """How a group moves vectors: its matrices without translations; times their sign for pseudo-vectors."""
    given = _space_representation(group)
    n = given.dimension - isinstance(group, SemidirectGroup)

    def of_element(m: np.ndarray) -> np.ndarray:
        h = np.asarray(m)[:n, :n]
        return h * np.sign(np.linalg.det(h)) if signed else h

    def of_group(g: Any) -> np.ndarray:
        return of_element(given(g))

    function = None if given.function is None else of_group
    # The identity component preserves orientation, so that the algebra needs no sign.
    algebra = tuple(a[:n, :n] for a in given.algebra)
    name = "pseudo-V" if signed else given.name
    return Representation(tuple(of_element(h) for h in given.discrete), algebra, name, given.group, function)


@final
class TensorTwoAction(TensorAction):
    """Rank-2 tensors along the last two axes, ``g x g^T``: stresses, inertia tensors, covariances."""

    kind = "tensors"

    def __init__(self, group: Any) -> None:
        self.group = group
        self._linear = linear_part(group)
        self._matrices = _Matrices(self._linear, group)
        self.dimension = self._linear.dimension

    def expects(self) -> str:
        return f"(B, ..., {self.dimension}, {self.dimension})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 3 and tuple(shape[-2:]) == (self.dimension, self.dimension)

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        m = self._matrices(elements, x)
        return _rows_times(_rows_times(x, m).mT, m).mT

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        a = self._matrices.algebra(x)
        wide = x.expand(len(a), *x.shape)
        return _rows_times(wide, a) + _rows_times(wide.mT, a).mT


@final
class ColumnAction(TensorAction):
    """A ground-floor action (what a finding holds) on the last axis.

    Parameters
    ----------
    action : MonomialAction, FiniteMatrixAction, FlowAction or PowersAction
        For instance ``finding.action``.
    """

    kind = "columns"

    def __init__(self, action: Action) -> None:
        if not isinstance(action, Action):
            raise InputTypeError(f"ColumnAction takes an Action such as finding.action; got {type(action).__name__}")
        self.action = action
        self.group = action.group
        self.dimension = action.dimension
        if isinstance(action, FlowAction):
            self._flow = _Matrices(presentation(self.group), self.group)

    def expects(self) -> str:
        return f"(B, ..., {self.dimension})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 2 and shape[-1] == self.dimension

    @property
    def space(self) -> Any:
        return self.action.space

    @property
    def generators(self) -> tuple[Any, ...]:
        return self.action.generators

    def projector(self) -> Any:
        """The Reynolds projector onto the invariant vectors."""
        return self.action.projector()

    @property
    def representation(self) -> Representation | None:
        gens: tuple[Transformation, ...] = self.action.generators
        if isinstance(self.action, FlowAction):
            return presentation(self.group)
        return Representation(tuple(g.matrix() for g in gens) or (np.eye(self.dimension),), (), "columns", self.group)

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        if isinstance(self.action, FlowAction):
            return _rows_times(x, self._flow(elements, x))
        if isinstance(self.action, MonomialAction):
            return self._monomial(elements, x)
        return _rows_times(x, _cast(self._dense(elements), x))

    def _dense(self, elements: Elements) -> torch.Tensor:
        assert elements.index is not None
        if isinstance(self.action, FiniteMatrixAction):
            return torch.from_numpy(np.array(self.action.matrices.elements_array()[elements.index.numpy()]))
        assert isinstance(self.action, PowersAction)
        angles, vectors = self.action.group._spectrum  # type: ignore[attr-defined]
        turned = np.exp(1j * elements.index.numpy()[:, None] * angles)
        powers = (vectors * turned[:, None, :]) @ vectors.conj().T
        return torch.from_numpy(np.real(powers).copy() if self.action.generators[0].is_real else powers)

    def _monomial(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        assert isinstance(self.action, MonomialAction)
        assert elements.images is not None
        m, k = self.dimension, self.action.phase_order
        # Of the lifted points (coordinate, root of unity) the first m tell where coordinates go, and their phases.
        landing = elements.images[:, :m].to(x.device)
        sources = torch.argsort(landing % m, dim=1)
        lead = [1] * (x.ndim - 2)
        moved = torch.gather(x, -1, sources.reshape(len(x), *lead, m).expand(x.shape))
        if k == 1:
            return moved
        turn = torch.gather(landing // m, 1, sources).to(torch.float64) * (2 * torch.pi / k)
        phase = torch.cos(turn).round() if k == 2 else torch.polar(torch.ones_like(turn), turn)
        return moved * _cast(phase, x).reshape(len(x), *lead, m)

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        if not isinstance(self.action, FlowAction):
            return super().infinitesimal(x)
        a = self._flow.algebra(x)
        return _rows_times(x.expand(len(a), *x.shape), a)
