"""The routes to one and the same product behind one call, and the cost model that chooses between them.

``dense`` samples on few points (matrix products, O(L^4)), on all of them or on one of each antipodal pair;
``separable`` goes angle by angle (O(L^3)); ``fourier`` is the paper's two-dimensional FFT; ``direct`` sums over the
Gaunt table.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, final

import numpy as np
import torch

from symmeter.errors import UnknownNameError
from symmeter.nn.gaunt.constants import dense_arrays, paired_arrays, separable_arrays
from symmeter.nn.gaunt.couplings import coupling_arrays, sparse_product
from symmeter.nn.gaunt.cubature import CubatureRule, full_rule, paired_rule
from symmeter.nn.gaunt.degrees import size_of
from symmeter.nn.gaunt.exact_constants import ExactConstants
from symmeter.nn.gaunt.fourier import fourier_arrays, fourier_product
from symmeter.nn.gaunt.grid_transforms import Grid
from symmeter.nn.gaunt.trilinear import trilinear_product

__all__ = ["BACKENDS", "choose_backend", "route_of", "route_seconds"]

BACKENDS = ("auto", "dense", "separable", "fourier", "direct", "cg")
Degrees = tuple[int, int, int]


class Route(torch.nn.Module):
    """A product of coefficients (..., K1) and (..., K2) whose leading axes broadcast."""

    name = ""

    def __init__(self, lmaxes: Degrees, arrays: dict[str, np.ndarray], arrange: Any = tuple) -> None:
        super().__init__()
        self.lmaxes = lmaxes
        self.constants = ExactConstants(arrays, arrange)

    def extra_repr(self) -> str:
        return f"{self.name}, lmax {self.lmaxes[0]} x {self.lmaxes[1]} -> {self.lmaxes[2]}"


@final
class GridRoute(Route):
    """All points of a rule, paired points, or separated angles."""

    def __init__(self, lmaxes: Degrees, normalization: str, name: str, rule: CubatureRule | None = None) -> None:
        arrays = {
            "dense": lambda: dense_arrays(lmaxes, normalization, rule),
            "paired": lambda: paired_arrays(lmaxes, normalization),
            "separable": lambda: separable_arrays(lmaxes, normalization),
        }[name]()
        super().__init__(lmaxes, arrays, partial(Grid.of, name))
        self.name = name

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        # Looking a submodule up as an attribute takes a microsecond, which counts for low degrees.
        return trilinear_product(x, y, self._modules["constants"].tensors(x.dtype))  # type: ignore[union-attr, operator]


@final
class FourierRoute(Route):
    """The paper's route by two-dimensional Fourier transforms."""

    name = "fourier"

    def __init__(self, lmaxes: Degrees, normalization: str) -> None:
        super().__init__(lmaxes, fourier_arrays(lmaxes, normalization))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return fourier_product(x, y, self.constants.tensors(x.dtype))


@final
class DirectRoute(Route):
    """The sum over the entries of the Gaunt table, or of the Poisson table for parity -1."""

    name = "direct"

    def __init__(self, lmaxes: Degrees, normalization: str, parity: int = 1) -> None:
        super().__init__(lmaxes, coupling_arrays(lmaxes, normalization, parity))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return sparse_product(x, y, self.constants.tensors(x.dtype), size_of(self.lmaxes[2]))


@lru_cache(maxsize=256)
def route_seconds(lmaxes: Degrees) -> dict[str, float]:
    """Estimated microseconds per thousand rows of the three fast routes, one core, float32.

    Matrix products run at about 150 operations per nanosecond once they are wide, between what oneDNN and MKL reach on
    different processors; products of many small matrices at about 80. Element by element work moves one or two numbers
    per nanosecond, and every call of a kernel has its start. The ratios matter; they are alike on current processors.

    Examples
    --------
    >>> cost = route_seconds((24, 24, 24))
    >>> min(cost, key=cost.get)
    'separable'
    """
    sizes = [size_of(lmax) for lmax in lmaxes]
    total = sum(lmaxes)
    points, pairs = len(full_rule(total)), len(paired_rule(total))
    wide, small = 6.5e-3, 1.3e-2
    dense = wide * 2 * sum(sizes) * points + 0.6 * points + 20
    paired = wide * 2 * sum(sizes) * pairs + 0.5 * (pairs + sum(sizes)) + 150
    rows, columns = total // 2 + 1, total + 1
    by_order = sum((2 * lmax + 1) * (2 * (lmax + 1) * rows + 2 * rows * columns) for lmax in lmaxes)
    touched = sum((2 * lmax + 1) * (lmax + 1 + 2 * rows) for lmax in lmaxes) + 3 * rows * columns
    separable = small * by_order + 0.15 * touched + 40
    return {"dense": dense, "paired": paired, "separable": separable}


def choose_backend(lmaxes: Degrees) -> str:
    """``"dense"`` or ``"separable"``, whichever is estimated to be faster."""
    cost = route_seconds(lmaxes)
    return "separable" if cost["separable"] < min(cost["dense"], cost["paired"]) else "dense"


def route_of(backend: str, lmaxes: Degrees, normalization: str) -> Any:
    """The route of a backend's name.

    Raises
    ------
    UnknownNameError
    """
    if backend == "auto":
        backend = choose_backend(lmaxes)
    if backend == "dense":
        cost = route_seconds(lmaxes)
        return GridRoute(lmaxes, normalization, "paired" if cost["paired"] < cost["dense"] else "dense")
    if backend == "separable":
        return GridRoute(lmaxes, normalization, "separable")
    if backend == "fourier":
        return FourierRoute(lmaxes, normalization)
    if backend == "direct":
        return DirectRoute(lmaxes, normalization)
    raise UnknownNameError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}")
