"""Eigenvectors with a backward pass that refuses nearly equal eigenvalues instead of returning huge numbers.

With ``K_ij = (U^T dC U)_ij / (lambda_j - lambda_i)`` the eigenvectors of C turn by ``dU = U K``. Near a degeneracy this
has no limit, so that clamping the denominator would give a wrong gradient without a word.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.nn.frames.transforms import is_mapped

__all__ = ["DegenerateCloudError", "eigenvectors"]


class DegenerateCloudError(InputError):
    """Principal axes do not exist, and the policy is to say so."""


class _Eigenvectors(torch.autograd.Function):
    @staticmethod
    def forward(matrix: torch.Tensor, tolerance: float) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
        return torch.linalg.eigh(matrix)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[torch.Tensor, torch.Tensor]) -> None:
        # Apart from forward, as torch.func asks for.
        ctx.save_for_backward(*output)
        ctx.save_for_forward(*output)
        ctx.tolerance = inputs[1]

    @staticmethod
    def vmap(info: Any, in_dims: tuple, matrix: torch.Tensor, tolerance: float) -> tuple[Any, Any]:  # type: ignore[override]
        at = in_dims[0]
        found = _Eigenvectors.apply(matrix if at is None else matrix.movedim(at, 0), tolerance)
        return found, (None, None) if at is None else (0, 0)

    @staticmethod
    def jvp(ctx: Any, tangent: torch.Tensor, _: None) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
        values, vectors = ctx.saved_tensors
        moved = vectors.mT @ tangent @ vectors
        turn = _over_gaps(moved, values)
        turn = _refused(turn, moved - torch.diag_embed(moved.diagonal(dim1=-2, dim2=-1)), values, ctx.tolerance)
        return moved.diagonal(dim1=-2, dim2=-1), vectors @ turn

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        of_values, of_vectors = grads
        values, vectors = ctx.saved_tensors
        inner = torch.diag_embed(of_values)
        wanted = vectors.mT @ of_vectors
        turn = _refused(_over_gaps(wanted, values), wanted, values, ctx.tolerance)
        found = vectors @ (inner + turn) @ vectors.mT
        return (found + found.mT) / 2, None


def _over_gaps(x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Entries (i, j) over ``lambda_j - lambda_i``, 0 where that vanishes."""
    apart = values[..., None, :] - values[..., :, None]
    off = apart != 0
    return torch.where(off, x / torch.where(off, apart, torch.ones_like(apart)), torch.zeros_like(apart))


def _refused(turn: torch.Tensor, asked: torch.Tensor, values: torch.Tensor, tolerance: float) -> torch.Tensor:
    """Raise where eigenvectors with nearly equal eigenvalues would have to turn."""
    gap = values.detach().diff(dim=-1).amin(-1)
    close = (asked.detach().abs().amax((-2, -1)) > 0) & (gap < tolerance * values.detach().abs().amax(-1))
    if is_mapped(close):
        # Nothing can be raised for one of many inside of vmap: the answer is no number there.
        return torch.where(close[..., None, None], torch.full_like(turn, torch.nan), turn)
    if bool(close.any()):
        b = int(close.nonzero()[0])
        raise DegenerateCloudError(
            f"no gradient passes through the axes of {int(close.sum())} clouds with nearly equal eigenvalues, as "
            f"{values[b].tolist()}; use degenerate='blend' or 'weighted'"
        )
    return turn


def eigenvectors(
    matrix: Float[torch.Tensor, "B d d"], tolerance: float = 1e-6
) -> tuple[Float[torch.Tensor, "B d"], Float[torch.Tensor, "B d d"]]:
    """Eigenvalues (ascending) and eigenvectors of symmetric matrices; twice differentiable.

    Parameters
    ----------
    matrix : tensor of shape (B, d, d)
    tolerance : float
        Gap, relative to the largest eigenvalue, below which the backward pass raises where eigenvectors matter.

    Raises
    ------
    DegenerateCloudError
        In the backward pass. Inside of ``torch.func.vmap``, as in ``jacrev``, gradients are NaN there instead.

    Examples
    --------
    >>> C = torch.diag(torch.tensor([1.0, 2.0, 2.0])).requires_grad_()
    >>> eigenvectors(C[None])[1][0, 0, 1].backward()
    Traceback (most recent call last):
    ...
    symmeter.nn.frames.eigenvectors.DegenerateCloudError: no gradient passes ...
    """
    return _Eigenvectors.apply(matrix, tolerance)  # type: ignore[return-value]
