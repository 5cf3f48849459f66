"""The equivariance error of products of functions on the sphere, proper and improper rotations alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from symmeter.errors import InputError
from symmeter.nn.gaunt.degrees import size_of, whole
from symmeter.representations import Irreps, random_rotations, wigner_D_all
from symmeter.representations.equivariance import mean_discrepancy

__all__ = ["product_equivariance_error", "rotated"]


def rotated(x: torch.Tensor, rotation: np.ndarray, lmax: int, axis: str = "y", pseudo: bool = False) -> torch.Tensor:
    """Coefficients (..., K) of the rotated function; a pseudo-function changes its sign under reflections."""
    sign = np.sign(np.linalg.det(rotation)) if pseudo else 1.0
    parts = []
    for ell, matrix in enumerate(wigner_D_all(lmax, rotation, axis=axis)):
        turn = torch.as_tensor(sign * matrix, dtype=torch.float64, device=x.device)
        parts.append(x[..., ell * ell : (ell + 1) ** 2].to(torch.float64) @ turn.T)
    return torch.cat(parts, -1)


def product_equivariance_error(product: Any, n: int = 32, generator: torch.Generator | None = None) -> float:
    """See :meth:`GauntTensorProduct.equivariance_error`; rotations are exact in float64 whatever the product's type."""
    if whole(n, "n") == 0:
        raise InputError("n is 0; give at least one rotation")
    first = next(t for t in (*product.parameters(), *product.buffers()) if t.is_floating_point())
    kind, device = first.dtype, first.device
    seed = int(torch.randint(2**31, (), generator=generator))
    rotations = random_rotations(n, rng=seed)
    rotations[1::2] *= -1
    moves, sizes = _moves(product)

    def drawn(size: tuple[int, ...]) -> torch.Tensor:
        return torch.randn(4, *size, generator=generator, dtype=torch.float64).to(device, kind)

    x, y = (drawn(size) for size in sizes)
    with torch.no_grad():
        still = _parts(product(x, y))
        errors = []
        for r in rotations:
            moved = _parts(product(moves[0](x, r).to(kind), moves[1](y, r).to(kind)))
            expected = [move(s, r) for move, s in zip(moves[2:], still)]
            a, b = (torch.cat([t.flatten(1).to(torch.float64) for t in ts], 1) for ts in (moved, expected))
            errors.append(mean_discrepancy(a, b))
    return float(np.mean(errors))


def _parts(out: Any) -> list[torch.Tensor]:
    return list(out) if isinstance(out, tuple) else [out]


def _moves(product: Any) -> tuple[list[Any], list[tuple[int, ...]]]:
    """How a rotation moves x, y and the outputs, and the shapes of x and y without the batch."""
    interface = getattr(product, "_irreps", None)
    if interface is not None:
        moves = [_irreps_move(irreps, product.axis, interface.first.layout) for irreps in interface.irreps]
        return moves, [(interface.irreps[0].dim,), (interface.irreps[1].dim,)]
    lmaxes, axis = product.lmaxes, product.axis
    moves = [_function_move(lmax, axis, False) for lmax in lmaxes[:2]]
    moves += [_function_move(lmaxes[2], axis, parity == -1) for parity in product.parities]
    channels = (product.channels, product.channels2)
    return moves, [(*((c,) if c else ()), size_of(lmax)) for c, lmax in zip(channels, lmaxes)]


def _function_move(lmax: int, axis: str, pseudo: bool) -> Any:
    return lambda x, r: rotated(x, r, lmax, axis, pseudo)


def _irreps_move(irreps: Irreps, axis: str, layout: str) -> Any:
    there, back = (irreps.layout_indices(*pair) for pair in ((layout, "mul_ir"), ("mul_ir", layout)))

    def move(x: torch.Tensor, r: np.ndarray) -> torch.Tensor:
        matrix = torch.as_tensor(irreps.D(r, axis), dtype=torch.float64, device=x.device)
        return (x.to(torch.float64)[..., there] @ matrix.T)[..., back]

    return move
