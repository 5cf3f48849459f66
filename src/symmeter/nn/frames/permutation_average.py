"""Average any network over the orderings in a permutation frame: exactly invariant or equivariant to renumbering.

Frame elements of the whole batch are evaluated as one larger batch, each distinct ordered graph once; graphs whose
frame is too large are sampled, which is unbiased, and the standard error of the sample is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, ShapeError
from symmeter.nn.frames.permutation import PermutationFrame
from symmeter.nn.frames.permutation_elements import PermutationElements

__all__ = ["FrameEstimate", "PermutationAverage", "permuted"]


@dataclass(frozen=True, eq=False)
class FrameEstimate:
    """A frame average with what sampling leaves uncertain.

    Attributes
    ----------
    value : tensor
    standard_error : tensor of the same shape
        Zero where the whole frame was evaluated.
    exact : bool tensor of shape (B,)
    """

    value: torch.Tensor
    standard_error: torch.Tensor
    exact: torch.Tensor


class PermutationAverage(nn.Module):
    """``<phi>(A, x) = mean over p in the frame of phi(A[p][:, p], x[p])``, with outputs put back in their places.

    Parameters
    ----------
    backbone : Module
        Called as ``backbone(A)``, ``backbone(A, x)`` or ``backbone(x)`` for what the average is called with, and with
        ``mask=`` when there is one. Any network: it need not treat vertices alike.
    frame : PermutationFrame, optional
        Laplacian keys by default; for sets without adjacency, lexicographic order.
    output : str
        ``"scalar"``: one output a graph, made invariant. ``"nodes"``: one a vertex (axis 1), made equivariant.
        ``"adjacency"``: one a pair of vertices (axes 1 and 2), made equivariant.
    limit : int
        Frames of at most this many distinct ordered graphs are evaluated whole.
    samples : int
        Orderings drawn from every other frame.
    stochastic_train : bool
        One random ordering of each graph while training.
    seed : int
        Of the sampled orderings, the same at every call in evaluation mode.

    Notes
    -----
    Orderings are integers and carry no gradient; the average is differentiable in A and x wherever the frame does not
    jump. With ``output="scalar"`` and sampled frames invariance holds in the mean only.

    Examples
    --------
    >>> from symmeter.nn.frames import GraphMLP
    >>> model = PermutationAverage(GraphMLP(4, hidden=(8,), outputs=2))
    >>> path = torch.diag(torch.ones(3), 1) + torch.diag(torch.ones(3), -1)
    >>> p = torch.tensor([2, 0, 3, 1])
    >>> bool(torch.equal(model(path[None]), model(path[p][:, p][None])))
    True
    """

    def __init__(
        self,
        backbone: nn.Module,
        frame: PermutationFrame | None = None,
        *,
        output: str = "scalar",
        limit: int = 1000,
        samples: int = 16,
        stochastic_train: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if output not in ("scalar", "nodes", "adjacency"):
            raise InputError(f'output must be "scalar", "nodes" or "adjacency"; got {output!r}')
        self.backbone, self.output, self.limit, self.samples = backbone, output, limit, samples
        self.frame = PermutationFrame() if frame is None else frame
        self.stochastic_train, self.seed = stochastic_train, seed
        self._drawn = 0

    def elements(
        self, adjacency: Any = None, features: Any = None, mask: Any = None, *, rng: Any = None
    ) -> PermutationElements:
        """The orderings that a call would evaluate; compute them once when the same graphs come again.

        ``elements.of(indices)`` selects those of a batch of a data set.
        """
        stochastic = self.stochastic_train and self.training
        if rng is None:
            rng = self.seed + self._drawn
            self._drawn += stochastic
        frame = self.frame if adjacency is not None else PermutationFrame("features", self.frame.tol)
        frames = frame.compute(adjacency, features, mask)
        number = 1 if stochastic else self.samples
        # Automorphisms of vertices average one-vertex outputs, but not outputs of pairs: all orderings are taken.
        merge = self.output != "adjacency"
        return frames.elements(self.limit, number, rng, stochastic=stochastic, merge=merge)

    def forward(
        self,
        adjacency: Float[torch.Tensor, "B N N"] | None = None,
        features: Float[torch.Tensor, "B N f"] | None = None,
        mask: torch.Tensor | None = None,
        elements: PermutationElements | None = None,
    ) -> torch.Tensor:
        """The average; shapes as the backbone's."""
        elements = self.elements(adjacency, features, mask) if elements is None else elements
        y, at, weights = self._evaluated(adjacency, features, mask, elements)
        mean = _sum_over(weights.reshape(-1, *[1] * (y.ndim - 1)) * y, at, len(elements.exact))
        return mean if self.output == "scalar" else self._orbit_mean(mean, elements)

    def estimate(
        self,
        adjacency: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        elements: PermutationElements | None = None,
    ) -> FrameEstimate:
        """The average with the standard error that is left where a frame was sampled."""
        elements = self.elements(adjacency, features, mask) if elements is None else elements
        y, at, weights = self._evaluated(adjacency, features, mask, elements)
        weights = weights.reshape(-1, *[1] * (y.ndim - 1))
        number = len(elements.exact)
        mean = _sum_over(weights * y, at, number)
        count = torch.bincount(at, minlength=number).to(y).reshape(-1, *[1] * (y.ndim - 1))
        spread = _sum_over((y - mean[at]) ** 2, at, number) / (count - 1).clamp(min=1) / count
        exact = torch.as_tensor(elements.exact, device=y.device)
        # One sample says nothing about its error.
        spread = torch.where(count > 1, spread, torch.inf)
        error = torch.where(exact.reshape(count.shape), torch.zeros_like(spread), spread.sqrt())
        if self.output != "scalar":
            mean = self._orbit_mean(mean, elements)
        return FrameEstimate(mean, error, exact)

    def _evaluated(
        self, adjacency: Any, features: Any, mask: Any, elements: PermutationElements
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        given = adjacency if adjacency is not None else features
        if given is None or given.ndim != 3:
            raise ShapeError("give a batch: adjacency of shape (B, N, N), features of shape (B, N, f), or both")
        if len(given) != len(elements.exact) or given.shape[1] != elements.permutations.shape[1]:
            raise ShapeError(
                f"the orderings are of {len(elements.exact)} graphs on {elements.permutations.shape[1]} vertices; the "
                f"batch has shape {tuple(given.shape)}"
            )
        p = torch.as_tensor(elements.permutations, device=given.device)
        at = torch.as_tensor(elements.graph, device=given.device)
        inputs = permuted(adjacency, features, p, at)
        options = {} if mask is None else {"mask": mask.to(given.device)[at[:, None], p]}
        y = self.backbone(*inputs, **options)
        weights = torch.as_tensor(elements.weights, device=y.device, dtype=y.real.dtype)
        return self._put_back(y, p), at, weights

    def _put_back(self, y: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        if self.output == "scalar":
            return y
        if y.ndim < 2 or y.shape[1] != p.shape[1]:
            raise ShapeError(
                f"the backbone returned shape {tuple(y.shape)}; output={self.output!r} needs a row a vertex"
            )
        place, rows = torch.argsort(p, dim=1), torch.arange(len(p), device=y.device)
        if self.output == "nodes":
            return y[rows[:, None], place]
        return y[rows[:, None, None], place[:, :, None], place[:, None, :]]

    def _orbit_mean(self, y: torch.Tensor, elements: PermutationElements) -> torch.Tensor:
        """What the orderings that were merged as duplicates would have added: the mean over automorphisms."""
        orbits = torch.as_tensor(elements.orbits, device=y.device)
        number, n = orbits.shape
        if self.output == "adjacency":
            return y
        flat = y.reshape(number * n, -1)
        key = (orbits + n * torch.arange(number, device=y.device)[:, None]).reshape(-1)
        sums = torch.zeros_like(flat).index_add(0, key, flat)
        sizes = torch.bincount(key, minlength=number * n).clamp(min=1).to(flat.real.dtype)[:, None]
        return (sums / sizes)[key].reshape(y.shape)


def permuted(
    adjacency: torch.Tensor | None, features: torch.Tensor | None, p: torch.Tensor, at: torch.Tensor
) -> list[torch.Tensor]:
    """Graph ``at[t]`` in the order ``p[t]``, for every t."""
    out = []
    if adjacency is not None:
        out.append(adjacency[at[:, None, None], p[:, :, None], p[:, None, :]])
    if features is not None:
        out.append(features[at[:, None], p])
    return out


def _sum_over(values: torch.Tensor, at: torch.Tensor, number: int) -> torch.Tensor:
    return torch.zeros(number, *values.shape[1:], dtype=values.dtype, device=values.device).index_add(0, at, values)
