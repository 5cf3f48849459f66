"""The projection penalty for several groups at once, in one matrix product for each type of block.

``R_G = sum over layers of |W - P_G W|^2 / 2`` (biases too) is zero exactly when every linear map is G-equivariant, and
its gradient is ``(1 - P_G) W`` (Kim, Lee, Yang and Lee 2023). For groups G_j with strengths s_j the sum over groups is
``<B M, B> / 2`` with ``M = sum_j s_j (1 - P_j)`` for the matrix B of all blocks of one type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.nn.soft.blocks import BlockRows, LinearMap
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.null_space import projector

__all__ = ["VARIANTS", "ProjectionPenalty", "in_full_precision"]

#: Forms of the penalty: the squared distance; log-sum-exp of its entries' logarithms; one minus the cosine.
VARIANTS = ("l2", "logmse", "csd")
_TINY = 1e-45


class _Quadratic(torch.autograd.Function):
    """``sum_t |B_t F_t|^2 / 2`` with ``F F^T = M``, and its gradient ``B M``, computed together."""

    @staticmethod
    def forward(ctx: Any, rows: BlockRows, factors: list[torch.Tensor], *parameters: torch.Tensor) -> torch.Tensor:
        flat = rows.flat(parameters)
        total = flat.new_zeros(())
        pulled = []
        with in_full_precision(flat):
            for b, f in zip(rows.rows(flat), factors):
                part = b @ f
                total = total + part.square().sum()
                pulled.append(part @ f.mT)
        ctx.rows, ctx.factors, ctx.count = rows, factors, len(parameters)
        ctx.save_for_backward(*parameters, *_like(parameters, rows.split(rows.flattened(pulled))))
        return 0.5 * total

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        parameters, pulled = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
        if torch.is_grad_enabled():
            # Somebody differentiates gradients: they are linear in the weights.
            pulled = _pulled(ctx.rows, ctx.factors, parameters)
        return (None, None, *(grad.to(g.dtype) * g for g in pulled))


def _pulled(rows: BlockRows, factors: Sequence[torch.Tensor], parameters: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """``B M`` for each type of block, as gradients of the parameters."""
    flat = rows.flat(parameters)
    with in_full_precision(flat):
        found = rows.flattened([b @ f @ f.mT for b, f in zip(rows.rows(flat), factors)], torch.zeros_like(flat))
    return _like(parameters, rows.split(found))


def _like(parameters: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [v.to(p.dtype) for p, v in zip(parameters, values)]


def in_full_precision(like: torch.Tensor) -> Any:
    """Autocast off: small residuals of large weights do not survive products in half precision."""
    return torch.autocast(like.device.type, enabled=False)


class ProjectionPenalty:
    """How far the linear maps of a network are from each of some groups.

    Parameters
    ----------
    maps : sequence of LinearMap
    candidates : sequence of Candidate
    variant : {"l2", "logmse", "csd"}
    bias : bool
        Whether biases are penalised.
    normalised : bool
        Divide each group's penalty by the number of directions in which it constrains the weights, so that groups
        can be compared. The paper does not.

    Examples
    --------
    >>> from symmeter.nn.soft.candidates import candidates_of
    >>> from symmeter.representations import V
    >>> w = torch.tensor([[2.0, 0.3, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]], dtype=torch.float64)
    >>> p = ProjectionPenalty([LinearMap("layer", w, None, V, V)], candidates_of("O2_xy,O2_yz,O3"))
    >>> p.residuals().round(6)
    array([0.045   , 0.295   , 0.378333])
    """

    def __init__(
        self,
        maps: Sequence[LinearMap],
        candidates: Sequence[Candidate],
        variant: str = "l2",
        bias: bool = True,
        normalised: bool = False,
    ) -> None:
        if variant not in VARIANTS:
            raise InputError(f"variant is {variant!r}; it must be one of {', '.join(VARIANTS)}")
        self.candidates = tuple(candidates)
        self.variant = variant
        self.normalised = normalised
        #: How it was made.
        self.options = {"variant": variant, "bias": bias, "normalised": normalised}
        orthogonal = all(c.is_orthogonal for c in candidates)
        self.blocks = BlockRows(maps, self.candidates[0].dimension, orthogonal, bias)
        self._projectors = [[projector(c, signs) for signs in self.blocks.signs] for c in self.candidates]
        self.codimensions = np.array(
            [
                sum(rows * round(width - np.trace(p)) for (rows, width), p in zip(self.blocks.shapes, each))
                for each in self._projectors
            ]
        )
        self._cache: dict[tuple, list[torch.Tensor]] = {}

    @property
    def squared_norm(self) -> float:
        """``|W|^2`` of everything that can be penalised."""
        with torch.no_grad():
            return float(self.blocks.flat().double().square().sum())

    # -- what the groups want ------------------------------------------------------------------------------------------

    def quadratic_forms(self, strengths: Float[np.ndarray, " groups"]) -> list[Float[np.ndarray, "n n"]]:
        """``M = sum_j s_j (1 - P_j)`` for each type of block, float64."""
        weights = self._weights(strengths)
        return [
            sum((s * (np.eye(width) - each[t]) for s, each in zip(weights, self._projectors)), np.zeros((width, width)))
            for t, (_, width) in enumerate(self.blocks.shapes)
        ]

    def _weights(self, strengths: Any) -> np.ndarray:
        s = np.asarray(strengths, dtype=float)
        if s.shape != (len(self.candidates),) or not np.isfinite(s).all() or (s < 0).any():
            raise InputError(
                f"strengths are {np.array2string(s, precision=3)}; give {len(self.candidates)} finite numbers >= 0, "
                "one for each candidate"
            )
        return s / np.maximum(self.codimensions, 1) if self.normalised else s

    def _constants(self, kind: str, key: tuple, make: Any) -> list[torch.Tensor]:
        """Matrices as tensors like the weights, kept until the strengths, the type or the device change."""
        dtype, device = self.blocks.like()
        full = (kind, key, dtype, device)
        if full not in self._cache:
            # Old strengths do not come back.
            self._cache = {k: v for k, v in self._cache.items() if k[0] != kind}
            self._cache[full] = [torch.from_numpy(np.ascontiguousarray(m)).to(device, dtype) for m in make()]
        return self._cache[full]

    def _factors(self, strengths: np.ndarray) -> list[torch.Tensor]:
        def make() -> list[np.ndarray]:
            out = []
            for m in self.quadratic_forms(strengths):
                values, vectors = np.linalg.eigh(m)
                kept = values > 1e-12 * max(values[-1], 1e-300)
                out.append(vectors[:, kept] * np.sqrt(values[kept]))
            return out

        return self._constants("factors", tuple(strengths.tolist()), make)

    # -- values --------------------------------------------------------------------------------------------------------

    def __call__(self, strengths: Float[np.ndarray, " groups"]) -> Float[torch.Tensor, ""]:
        """The weighted sum of the groups' penalties, to be added to a loss; gradients flow into the weights."""
        s = np.asarray(strengths, dtype=float)
        weights = self._weights(s)
        if not weights.any():
            return self.blocks.maps[0].weight.new_zeros(())
        if self.variant == "l2":
            return _Quadratic.apply(self.blocks, self._factors(s), *self.blocks.parameters())  # type: ignore[return-value]
        flat = self.blocks.flat()
        with in_full_precision(flat):
            each = self._each(self.blocks.rows(flat))
        return (torch.from_numpy(weights).to(each) * each).sum()

    def residuals(self) -> Float[np.ndarray, " groups"]:
        """``R_G`` of each candidate, without gradients; ``|B - B P|^2`` and never a difference of squares."""
        with torch.no_grad():
            flat = self.blocks.flat()
            with in_full_precision(flat):
                found = self._each(self.blocks.rows(flat)).double().cpu().numpy()
        return found / np.maximum(self.codimensions, 1) if self.normalised else found

    def _each(self, rows: Sequence[torch.Tensor]) -> torch.Tensor:
        count = len(self.candidates)
        if self.variant != "l2":
            return self._each_layer(rows)
        dtype, device = self.blocks.like()
        total = torch.zeros(count, dtype=dtype, device=device)
        for b, e in zip(rows, self._complements()):
            total = total + (b @ e).square().view(-1, count, b.shape[1]).sum((0, 2))
        return 0.5 * total

    def _complements(self) -> list[torch.Tensor]:
        """``[1 - P_1, 1 - P_2, ...]`` side by side, for each type."""

        def make() -> list[np.ndarray]:
            return [
                np.concatenate([np.eye(width) - each[t] for each in self._projectors], axis=1)
                for t, (_, width) in enumerate(self.blocks.shapes)
            ]

        return self._constants("complements", (), make)

    def _each_layer(self, rows: Sequence[torch.Tensor]) -> torch.Tensor:
        """The logarithmic and cosine forms, parameter tensor by parameter tensor."""
        flat = self.blocks.flat()
        count = len(self.candidates)
        apart = [(b @ e).view(len(b), count, b.shape[1]) for b, e in zip(rows, self._complements())]
        values = []
        for j in range(count):
            outside = self.blocks.split(self.blocks.flattened([a[:, j] for a in apart] or [flat[:0]]))
            total = flat.new_zeros(())
            for theta, out in zip(self.blocks.split(flat), outside):
                total = total + self._one(theta.reshape(-1), out.reshape(-1))
            values.append(total)
        return torch.stack(values)

    def _one(self, theta: torch.Tensor, outside: torch.Tensor) -> torch.Tensor:
        if self.variant == "logmse":
            # The smallest denormal is lost where it is added in single precision to zero on some devices.
            floor = max(_TINY, torch.finfo(theta.dtype).tiny)
            return torch.logsumexp(2 * torch.log(floor + outside.abs()), 0)
        inside = theta - outside
        norms = theta.norm() * inside.norm()
        return torch.where(norms > 0, 1 - (theta * inside).sum() / norms.clamp_min(1e-30), norms.new_zeros(()))

    # -- moving the weights --------------------------------------------------------------------------------------------

    @torch.no_grad()
    def proximal_(self, strengths: Float[np.ndarray, " groups"], step: float) -> None:
        """Replace the weights by ``(1 + step M)^-1`` times themselves: stable for any strength, without autograd.

        An extension: the paper adds the penalty to the loss.
        """
        s = np.asarray(strengths, dtype=float)
        self._weights(s)
        if self.variant != "l2":
            raise InputError(f"the proximal step solves the 'l2' form exactly; the variant is {self.variant!r}")

        flat = self.blocks.flat()
        moved = []
        with in_full_precision(flat):
            # F has orthogonal columns with squared lengths v, and only those with v > 0: what is equivariant stays as
            # it is, however large the strength. One decomposition serves all steps, whose rates differ.
            for b, f in zip(self.blocks.rows(flat), self._factors(s)):
                shrunk = step / (1 + step * f.square().sum(0))
                moved.append(b - (b @ f * shrunk) @ f.mT)
        self.blocks.set(moved, flat)

    @torch.no_grad()
    def project_(self, which: int) -> None:
        """Replace the weights by their projection onto one candidate's equivariant maps."""
        self._apply(self._constants("project", (which,), lambda: self._projectors[which]))

    def _apply(self, matrices: Sequence[torch.Tensor]) -> None:
        flat = self.blocks.flat()
        with in_full_precision(flat):
            moved = [b @ m for b, m in zip(self.blocks.rows(flat), matrices)]
        self.blocks.set(moved, flat, frozen_too=True)
