"""Circles and tori: the angles that turn some charged components to the positive real axis average exactly.

Component j has the integer charges ``q_j``, one for each circle, and turns by ``exp(i q_j . theta)``: phases of a
field, the coefficients of harmonics about an axis, pairs of coordinates that rotate together. A finding whose action is
the flow of one generator with commensurate frequencies is of this kind.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Complex, Float, Int, Num

from symmeter.errors import InputError, ShapeError
from symmeter.nn.frames.frame import Frame, WeightedAverage
from symmeter.nn.frames.transforms import not_compiled
from symmeter.representations import FlowAction

__all__ = ["TorusAverage", "flow_average", "integer_charges"]

_MOST_TUPLES = 20_000
#: Products of amplitudes below this share of the sample's size count as zero.
_NOTHING = 1e-12


def integer_charges(frequencies: Float[np.ndarray, " m"], largest: int = 64) -> Int[np.ndarray, " m"]:
    """Integers in the ratio of some frequencies, with no common factor.

    Raises
    ------
    InputError
        If no common unit makes all of them integers up to ``largest``: such a flow fills a torus and never closes.

    Examples
    --------
    >>> integer_charges(np.array([0.0, 1.5, -1.0])).tolist()
    [0, 3, -2]
    """
    w = np.asarray(frequencies, dtype=float)
    size = np.abs(w).max(initial=0.0)
    moving = np.abs(w) > 1e-9 * size
    if size == 0.0:
        return np.zeros(len(w), dtype=np.int64)
    least = np.abs(w[moving]).min()
    for parts in range(1, largest + 1):
        q = w * parts / least
        if np.abs(q).max() > largest + 0.5:
            break
        if np.abs(q - np.rint(q)).max() < 1e-7 * parts:
            whole = np.rint(q).astype(np.int64)
            return whole // np.gcd.reduce(whole)
    raise InputError(
        f"the frequencies {np.round(w[moving][:4], 6).tolist()} have no common unit of which all are multiples up to "
        f"{largest}: the flow does not close, and no finite frame exists"
    )


@final
class TorusAverage(WeightedAverage):
    """Any network made exactly invariant or equivariant to a circle, or to several.

    Parameters
    ----------
    backbone : callable
    charges : int array of shape (m,) or (m, k)
        How fast each component of the last axis turns with each of the k circles.
    basis : array of shape (m, m), optional
        Unitary; its columns are the components in the coordinates of the input. Without it the last axis holds the
        components themselves.
    real : bool, optional
        Whether inputs are real; they are when a basis is given.
    **options
        See :class:`~symmeter.nn.frames.frame.WeightedAverage`.

    Raises
    ------
    InputError
        For charges that are not integers or do not tell the circles apart.

    Examples
    --------
    >>> def phi(z):
    ...     return (z.real**3).sum(-1) + z[..., 0].imag
    >>> model = TorusAverage(phi, [1, 2])
    >>> z = torch.tensor([[1.0 + 2.0j, 0.5 - 1.0j]], dtype=torch.complex128)
    >>> turn = torch.exp(0.7j * torch.tensor([1.0, 2.0], dtype=torch.float64))
    >>> bool(torch.allclose(model(z * turn), model(z), atol=1e-12))
    True
    """

    charges: torch.Tensor
    basis: torch.Tensor | None

    def __init__(
        self,
        backbone: Any,
        charges: Any,
        basis: Num[np.ndarray, "m m"] | None = None,
        real: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(backbone, **options)
        q = np.asarray(charges)
        q = q[:, None] if q.ndim == 1 else q
        if q.ndim != 2 or not np.array_equal(q, np.rint(q)):
            raise InputError(f"charges have shape {q.shape}; give integers, (m,) for one circle or (m, k) for k")
        q = q.astype(np.int64)
        if np.linalg.matrix_rank(q) < q.shape[1]:
            raise InputError(f"the charges do not tell the {q.shape[1]} circles apart: some turn moves no component")
        self.register_buffer("charges", torch.from_numpy(q))
        made = None if basis is None else torch.from_numpy(np.array(basis, dtype=complex))
        if made is not None and made.shape != (len(q), len(q)):
            raise ShapeError(f"the basis has shape {tuple(made.shape)} for {len(q)} charges; it must be square")
        self.register_buffer("basis", made)
        self.real = basis is not None if real is None else real
        if self.real and basis is None:
            raise InputError("real inputs have their charged components in pairs; give the basis that makes them")
        self._tuples, self._inverses, self._offsets = _solutions(q, self.real)

    def check(self, x: torch.Tensor, name: str) -> None:
        m = len(self.charges)
        if x.ndim < 2 or x.shape[-1] != m:
            raise ShapeError(f"{name} has shape {tuple(x.shape)}; {m} charged components move shape (B, ..., {m})")
        if self.real == x.is_complex():
            raise ShapeError(
                f"{name} is {x.dtype}; these components are of {'real' if self.real else 'complex'} inputs"
            )

    def components(self, x: torch.Tensor) -> Complex[torch.Tensor, "... m"]:
        """The charged components of the input."""
        wide = x.to(torch.complex128)
        return wide if self.basis is None else wide @ self.basis.to(torch.complex128).conj()

    @not_compiled
    def frame(self, x: torch.Tensor) -> Frame:
        z = self.components(x).reshape(len(x), -1, len(self.charges))
        tuples = torch.as_tensor(self._tuples, device=x.device)
        inverses = torch.as_tensor(self._inverses, device=x.device)
        offsets = torch.as_tensor(self._offsets, device=x.device)
        parts = z[:, :, tuples]
        amplitude = parts.abs().prod(-1)
        largest = amplitude.amax((1, 2))
        scale = z.abs().amax((1, 2)) ** tuples.shape[1]
        still = largest <= _NOTHING * scale
        if bool(still.any()) and self.charges.shape[1] > 1:
            raise InputError(
                f"sample {int(still.nonzero()[0])} is kept by a whole circle: too few of its charged components differ "
                "from zero for a frame"
            )
        safe = torch.where(still, torch.ones_like(largest), largest)[:, None, None]
        weight = (amplitude / safe - self.threshold).clamp(min=0.0) ** self.power
        weight = weight / weight.sum((1, 2), keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
        at, row, which = torch.nonzero((weight.detach() > 0) & ~still[:, None, None], as_tuple=True)
        base = (inverses[which] @ parts[at, row, which].angle()[..., None]).squeeze(-1)
        count = offsets.shape[1]
        angles = (base[:, None] + offsets[which]).reshape(-1, base.shape[1])
        shares = (weight[at, row, which] / count).repeat_interleave(count)
        samples = at.repeat_interleave(count)
        some = torch.nonzero(still).squeeze(1)
        if len(some):
            turns = int(self.charges.abs().max()) + 1
            every = torch.arange(turns, dtype=angles.dtype, device=x.device)[:, None] * (2 * torch.pi / turns)
            angles = torch.cat([angles, every.repeat(len(some), 1)])
            shares = torch.cat([shares, shares.new_full((turns * len(some),), 1.0 / turns)])
            samples = torch.cat([samples, some.repeat_interleave(turns)])
        order = torch.argsort(samples, stable=True)
        return Frame(angles[order], shares[order], samples[order], len(x))

    def apply(self, element: Float[torch.Tensor, "M k"], x: torch.Tensor, inverse: bool = False) -> torch.Tensor:
        phase = element @ self.charges.to(element.dtype).T
        turn = torch.polar(torch.ones_like(phase), -phase if inverse else phase)
        turn = turn.reshape(len(x), *[1] * (x.ndim - 2), -1)
        moved = self.components(x) * turn
        if self.basis is None:
            return moved.to(x.dtype)
        moved = moved @ self.basis.to(torch.complex128).T
        return (moved.real if self.real else moved).to(x.dtype)

    def action(self, x: torch.Tensor) -> Any:
        from symmeter.groups import LieAlgebra
        from symmeter.nn.actions import tensor_action

        q = self.charges.cpu().numpy()
        v = np.eye(len(q), dtype=complex) if self.basis is None else self.basis.cpu().numpy()
        generators = np.array([v @ np.diag(1j * q[:, k]) @ v.conj().T for k in range(q.shape[1])])
        if self.real:
            generators = np.real(generators)
        return tensor_action(FlowAction(LieAlgebra(generators)))


def _solutions(q: np.ndarray, real: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every k components that fix the angles: their numbers, inverse charges, and all solutions beside the first.

    All are given as many solutions as the largest determinant asks for; fewer ones repeat, which weights allow.
    """
    m, k = q.shape
    kept = [j for j in range(m) if any(q[j]) and (not real or _leading(q[j]) > 0)]
    found = []
    for chosen in combinations(kept, k):
        det = round(float(np.linalg.det(q[list(chosen)])))
        if det:
            found.append((chosen, abs(det)))
        if len(found) > _MOST_TUPLES:
            raise InputError(f"more than {_MOST_TUPLES} sets of {k} components fix the angles; name fewer components")
    if not found:
        raise InputError(f"no {k} components with charges {q.tolist()[:4]} fix the angles")
    common = int(np.lcm.reduce([d for _, d in found]))
    inverses, offsets = [], []
    for chosen, det in found:
        inverse = np.linalg.inv(q[list(chosen)])
        # Z^k modulo the columns of Q: angles that differ by full turns are one.
        steps = np.array(list(product(range(det), repeat=k)))
        angles = np.unique(np.rint((steps @ inverse.T) % 1.0 * det).astype(np.int64) % det, axis=0) * (2 * np.pi / det)
        assert len(angles) == det
        inverses.append(inverse)
        offsets.append(np.repeat(angles, common // det, axis=0))
    return np.array([c for c, _ in found]), np.array(inverses), np.array(offsets)


def _leading(charge: np.ndarray) -> int:
    return int(charge[np.flatnonzero(charge)[0]]) if charge.any() else 0


def flow_average(backbone: Any, action: FlowAction, **options: Any) -> TorusAverage:
    """The average over a flow of one generator that closes, such as rotations about an axis.

    Raises
    ------
    InputError
        For flows of several generators, and for one that never closes.
    """
    if len(action.algebra.basis) != 1:
        raise InputError(
            f"{action!r} is infinite and has no frame here: {len(action.algebra.basis)} generators; frames exist "
            "for one, and for O(d), SO(d), E(d) and SE(d) on points: name one of these, or relax the symmetry "
            "with SoftEquivariance"
        )
    generator = np.asarray(action.algebra.basis[0])
    frequencies, vectors = np.linalg.eigh(-1j * generator)
    charges = integer_charges(frequencies)
    return TorusAverage(backbone, charges, vectors, np.isrealobj(generator), **options)
