"""Eigenvectors with a backward pass that refuses nearly equal eigenvalues instead of returning huge numbers.

With ``K_ij = (U^T dC U)_ij / (lambda_j - lambda_i)`` the eigenvectors of C turn by ``dU = U K``. Near a degeneracy this
has no limit, so that clamping the denominator would give a wrong gradient without a word.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError

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
        ctx.tolerance = inputs[1]

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        of_values, of_vectors = grads
        values, vectors = ctx.saved_tensors
        inner = torch.diag_embed(of_values)
        wanted = vectors.mT @ of_vectors
        asked = wanted.detach().abs().amax((-2, -1)) > 0
        gap = values.detach().diff(dim=-1).amin(-1)
        close = asked & (gap < ctx.tolerance * values.detach().abs().amax(-1))
        if bool(close.any()):
            b = int(close.nonzero()[0])
            raise DegenerateCloudError(
                f"no gradient passes through the axes of {int(close.sum())} clouds with nearly equal eigenvalues, as "
                f"{values[b].tolist()}; use degenerate='blend' or 'weighted'"
            )
        apart = values[..., None, :] - values[..., :, None]
        off = apart != 0
        turn = torch.where(off, wanted / torch.where(off, apart, torch.ones_like(apart)), torch.zeros_like(apart))
        found = vectors @ (inner + turn) @ vectors.mT
        return (found + found.mT) / 2, None


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
        In the backward pass.

    Examples
    --------
    >>> C = torch.diag(torch.tensor([1.0, 2.0, 2.0])).requires_grad_()
    >>> eigenvectors(C[None])[1][0, 0, 1].backward()
    Traceback (most recent call last):
    ...
    symmeter.nn.frames.eigenvectors.DegenerateCloudError: no gradient passes ...
    """
    return _Eigenvectors.apply(matrix, tolerance)  # type: ignore[return-value]
