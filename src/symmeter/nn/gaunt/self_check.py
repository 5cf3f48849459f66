"""A quick proof on this machine that products are what they claim: routes agree, rotations commute, derivatives fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from symmeter.nn.gaunt.constants import dense_arrays
from symmeter.nn.gaunt.cubature import product_rule
from symmeter.nn.gaunt.degrees import size_of
from symmeter.nn.gaunt.product import GauntTensorProduct

__all__ = ["Check", "check_degree"]


@dataclass(frozen=True)
class Check:
    """One property that was measured.

    Attributes
    ----------
    lmax : int
    name : str
    value, limit : float
    below : bool
        Whether the value must be below the limit, or above it for controls that must fail.
    """

    lmax: int
    name: str
    value: float
    limit: float
    below: bool = True

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.value <= self.limit if self.below else self.value >= self.limit

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "passed": self.passed}


def check_degree(lmax: int, rotations: int = 8, seed: int = 0) -> list[Check]:
    """All checks of products of degrees 0..lmax with themselves."""
    generator = torch.Generator().manual_seed(seed)
    lmaxes = (lmax, lmax, lmax)
    x, y = (torch.randn(16, size_of(lmax), generator=generator, dtype=torch.float64) for _ in range(2))
    reference = GauntTensorProduct(*lmaxes, backend="direct", antisymmetric=True).double()
    product, bracket = reference(x, y)
    out = []
    for backend in ("dense", "separable", "fourier") if lmax <= 10 else ("dense", "separable"):
        route = GauntTensorProduct(*lmaxes, backend=backend).double()
        out.append(Check(lmax, f"{backend} against the Gaunt table", _apart(route(x, y), product), 1e-11))
    dense = GauntTensorProduct(*lmaxes, antisymmetric=True).double()
    out.append(Check(lmax, "bracket against the Poisson table", _apart(dense(x, y)[1], bracket), 1e-11))
    out.append(Check(lmax, "equivariance error, float64", dense.equivariance_error(rotations, generator), 1e-12))
    single = GauntTensorProduct(*lmaxes, antisymmetric=True).float()
    out.append(Check(lmax, "equivariance error, float32", single.equivariance_error(rotations, generator), 1e-5))
    out.append(Check(lmax, "derivative against a difference", _derivative_error(dense, x, y), 1e-6))
    if lmax:
        out.append(Check(lmax, "one latitude too few (must fail)", _starved(lmax, x, y, product), 1e-3, below=False))
    return out


def _apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max().clamp_min(1e-300)) if bool(b.abs().max() > 0) else 0.0


def _derivative_error(product: Any, x: torch.Tensor, y: torch.Tensor) -> float:
    x = x[:1].clone().requires_grad_()
    step = torch.randn(x.shape, generator=torch.Generator().manual_seed(1), dtype=x.dtype)
    loss = lambda v: product(v, y[:1])[0].square().sum()  # noqa: E731
    slope = float((torch.autograd.grad(loss(x), x)[0] * step).sum())
    h = 1e-5
    with torch.no_grad():
        difference = float(loss(x + h * step) - loss(x - h * step)) / (2 * h)
    return abs(slope - difference) / max(abs(slope), 1e-300)


def _starved(lmax: int, x: torch.Tensor, y: torch.Tensor, product: torch.Tensor) -> float:
    """The error of a grid with one latitude too few."""
    degree = 3 * lmax
    arrays = dense_arrays((lmax,) * 3, "integral", product_rule(degree, n_theta=degree // 2))
    first, second, out = (torch.tensor(arrays[k]) for k in ("sample0", "sample1", "project2"))
    return _apart((((x @ first) * (y @ second)) @ out)[:, : size_of(lmax)], product)
