"""Groups as convolutions need them: coordinates of every element, and elements with inverses and weights from a cube.

Any object with these members is a :class:`DecomposedGroup`. :class:`PolarGroup` makes one of a group of the ground
floor with ``g = exp(X) R``, and :class:`ChartGroup` of any other.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError
from symmeter.groups.lie import SL, SO, GLp, MatrixLieGroup, Scalings, SemidirectGroup, named_lie_group
from symmeter.groups.lie.exponential import exp_hermitian
from symmeter.groups.lie.reductive import ReductiveGroup, radial_points
from symmeter.nn.affine.coordinates import exp_symmetric, log_rotation, polar, rotation_of

__all__ = ["ChartGroup", "DecomposedGroup", "Drawn", "PolarGroup", "decomposed_group"]


class Drawn(NamedTuple):
    """Elements (N, n, n), their inverses, and weights (N,) that sum to 1."""

    elements: np.ndarray
    inverses: np.ndarray
    weights: np.ndarray


@runtime_checkable
class DecomposedGroup(Protocol):
    """What a group needs so that layers can be equivariant to it and translations.

    Attributes
    ----------
    name : str
    space_dimension : int
        n of the n x n matrices, the number of axes of the signal.
    coordinate_dimension : int
        Number of coordinates K of an element.
    cube_dimension : int
        Number of coordinates of the unit cube that :meth:`drawn` takes.
    """

    name: str
    space_dimension: int
    coordinate_dimension: int
    cube_dimension: int

    def coordinates(self, g: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... k"]:
        """Coordinates of every element, smooth but for a cut; they are what kernels are functions of."""
        ...

    def drawn(self, u: Float[np.ndarray, "N d"], measure: str, radius: float | None, variance: float) -> Drawn:
        """Elements at points of the open unit cube, with inverses that were not computed by inversion.

        Parameters
        ----------
        measure : {"haar", "lognormal"}
            "haar": the weighted elements follow Haar measure, in a ball of that radius where the group is not compact.
            "lognormal": whatever proposal the group finds natural at this variance, all of one weight.
        """
        ...


class PolarGroup:
    """A group whose elements are ``exp(X) R``: GL+(n), SL(n), SO(n), scalings, similarities.

    Parameters
    ----------
    group : MatrixLieGroup
        Of real matrices, with a polar decomposition (:class:`~symmeter.groups.lie.reductive.ReductiveGroup`) or SO(n).

    Examples
    --------
    >>> G = PolarGroup(SL(2))
    >>> G.coordinates(torch.diag(torch.tensor([-2.0, -0.5]))).numpy().round(4)
    array([0.9803, 0.    , 4.4429], dtype=float32)
    """

    def __init__(self, group: MatrixLieGroup) -> None:
        if not isinstance(group, (ReductiveGroup, SO)):
            raise InputTypeError(f"{group} has no polar decomposition; wrap it as ChartGroup({group})")
        self.group = group
        self.name = group.name
        self.space_dimension = group.size
        self.coordinate_dimension = group.dimension
        n = group.size
        self.symmetric = group._symmetric if isinstance(group, ReductiveGroup) else np.zeros((0, n, n))
        self.rotates = not isinstance(group, Scalings)
        self.compact: Any = group.maximal_compact if isinstance(group, ReductiveGroup) else group
        turns = self.compact.cube_dimension if self.rotates else 0
        self.cube_dimension = len(self.symmetric) + turns
        self._vee = torch.from_numpy(np.array(group._dual))
        self._hat = torch.from_numpy(np.array(group.basis, dtype=float))

    def coordinates(self, g: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... k"]:
        """Coefficients of ``log P + log R`` for ``g = P R``, in the basis of the group; differentiable."""
        X, R = polar(g)
        both = X + log_rotation(R) if self.rotates else X
        return both.flatten(-2) @ self._vee.to(both.device, both.dtype)

    def from_coordinates(self, c: Float[torch.Tensor, "... k"]) -> tuple[torch.Tensor, torch.Tensor]:
        """Elements ``exp(X) exp(A)`` and their inverses ``exp(-A) exp(-X)``; differentiable."""
        both = torch.tensordot(c, self._hat.to(c.device, c.dtype), dims=1)
        X, A = (both + both.mT) / 2, (both - both.mT) / 2
        R = rotation_of(A)
        return exp_symmetric(X) @ R, R.mT @ exp_symmetric(-X)

    def drawn(self, u: Float[np.ndarray, "N d"], measure: str, radius: float | None, variance: float) -> Drawn:
        """See :meth:`DecomposedGroup.drawn`; log-normal is ``exp(X) R`` with coefficients of 2 X of that variance."""
        d = len(self.symmetric)
        u = np.clip(u, 1e-16, 1 - 1e-16)
        weights = np.ones(len(u))
        if d == 0:
            stretch = back = np.broadcast_to(np.eye(self.space_dimension), (len(u), *[self.space_dimension] * 2))
        else:
            c, density = self._stretches(u[:, :d], measure, radius, variance)
            X = np.tensordot(c, self.symmetric, axes=1)
            stretch, back = exp_hermitian(X), exp_hermitian(-X)
            if density:
                weights = self.group.haar_density(X)  # type: ignore[union-attr]
        if self.rotates:
            R = self.compact._haar(u[:, d:])
            stretch, back = stretch @ R, np.swapaxes(R, 1, 2) @ back
        return Drawn(stretch, back, weights / weights.sum())

    def _stretches(self, u: np.ndarray, measure: str, radius: float | None, variance: float) -> tuple[np.ndarray, bool]:
        """Coefficients of X, and whether the density of Haar measure is still to be put on them."""
        from scipy.special import ndtri

        if measure == "lognormal":
            return ndtri(u) * variance**0.5 / 2, False
        if radius is None:
            raise InputError(
                f'{self.name} is not compact, so measure="haar" cannot be normalised without a finite radius; '
                'pass radius=, or measure="lognormal"'
            )
        # Uniform in the ball of that radius: the weights are the density alone.
        return radial_points(u, radius, 1.0)[0], True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PolarGroup) and self.group == other.group

    def __hash__(self) -> int:
        return hash((PolarGroup, self.group))

    def __repr__(self) -> str:
        return self.name


class ChartGroup:
    """Any group of real matrices of the ground floor: its logarithm as coordinates, its chart as the source of samples.

    Coordinates are computed in NumPy and carry no gradient; the group's logarithm must exist for all quotients of
    samples. A group with a decomposition of its own does better with its own :class:`DecomposedGroup`.

    Parameters
    ----------
    group : MatrixLieGroup
    """

    def __init__(self, group: MatrixLieGroup) -> None:
        if group.is_complex or isinstance(group, SemidirectGroup):
            raise InputTypeError(f"ChartGroup takes a group of real linear maps; got {group}")
        self.group = group
        self.name = group.name
        self.space_dimension = group.size
        self.coordinate_dimension = group.dimension
        self.cube_dimension = group.cube_dimension

    def coordinates(self, g: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... k"]:
        """Coefficients of the logarithm."""
        found = getattr(self.group, "coordinates", self.group.log)(g.detach().cpu().double().numpy(), on_cut="choose")
        return torch.from_numpy(np.asarray(found)).to(g.device, g.dtype)

    def drawn(self, u: Float[np.ndarray, "N d"], measure: str, radius: float | None, variance: float) -> Drawn:
        """See :meth:`DecomposedGroup.drawn`; log-normal samples come from the group's own generator, seeded by u."""
        if measure == "lognormal" and not self.group.is_compact:
            g, back = self.group.sample_pairs(len(u), variance, np.random.default_rng(int(u[0, 0] * 2**53)))
            return Drawn(g, back, np.full(len(u), 1 / len(u)))
        if radius is None and not self.group.is_compact:
            raise InputError(
                f'{self.name} is not compact, so measure="haar" cannot be normalised without a finite radius; '
                'pass radius=, or measure="lognormal"'
            )
        g, w = self.group.chart(np.clip(u, 1e-16, 1 - 1e-16), None if self.group.is_compact else radius)
        return Drawn(g, self.group.inverse(g), w / w.sum())

    def __repr__(self) -> str:
        return self.name


_SHORT = {"gl": GLp, "gl+": GLp, "sl": SL, "so": SO, "scale": lambda n: Scalings(n, isotropic=True), "scales": Scalings}


def decomposed_group(group: Any) -> DecomposedGroup:
    """A group for layers, from a name, a group of the ground floor, or an object that is one already.

    Parameters
    ----------
    group : str, MatrixLieGroup or DecomposedGroup
        ``"gl2"``, ``"sl2"``, ``"so2"``, ``"scale2"``, ``"gl3"`` ..., any name of
        :func:`~symmeter.groups.lie.named_lie_group`, ``SL(2)``, or ``Affine(SL(2))`` for its linear part.

    Raises
    ------
    UnknownNameError, InputTypeError

    Examples
    --------
    >>> decomposed_group("gl2"), decomposed_group("SL(3,R)").coordinate_dimension
    (GL+(2,R), 8)
    """
    if isinstance(group, str):
        found = re.fullmatch(r"([a-z]+\+?)\(?(\d)\)?", group.strip().lower())
        if found and found[1] in _SHORT:
            group = _SHORT[found[1]](int(found[2]))
        else:
            try:
                group = named_lie_group(group)
            except UnknownNameError as error:
                raise UnknownNameError(
                    f"{error}; short names are gl2, sl2, so2, scale2, scales2, gl3, sl3, so3"
                ) from None
    if isinstance(group, SemidirectGroup):
        if group.linear is None:
            raise InputError(f"{group} has no linear part; translations alone need an ordinary convolution")
        group = group.linear
    if isinstance(group, MatrixLieGroup):
        if group.is_complex:
            raise InputTypeError(f"{group} is a group of complex matrices; signals on R^n are moved by real ones")
        if group.components > 1:
            raise InputError(f"{group} has {group.components} components; layers take its identity component")
        return PolarGroup(group) if isinstance(group, (ReductiveGroup, SO)) else ChartGroup(group)
    if isinstance(group, DecomposedGroup):
        if not 1 <= group.space_dimension <= 3:
            raise ShapeError(f"{group.name} moves {group.space_dimension} coordinates; signals have 1, 2 or 3")
        return group
    raise InputTypeError(
        f"the group is a {type(group).__name__}; give a name such as 'gl2', a group such as SL(2), or an object with "
        "name, space_dimension, coordinate_dimension, cube_dimension, coordinates and drawn"
    )
