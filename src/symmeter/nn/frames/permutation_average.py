"""Average any network over the orderings in a permutation frame: exactly invariant or equivariant to renumbering.

Frame elements of the whole batch are evaluated as one larger batch, each distinct ordered graph once. Graphs whose
frame is too large are put in one canonical order, which is exact, or sampled where that is asked for, which is unbiased
and comes with the standard error of the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.nn.frames.calling import check_answer, check_takes_mask
from symmeter.nn.frames.permutation import PermutationFrame
from symmeter.nn.frames.permutation_elements import PermutationElements
from symmeter.nn.frames.transforms import folds_vmap, not_compiled

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
    samples : int, optional
        Orderings drawn from every other frame: symmetric in the mean only, see :meth:`estimate`. Without it such graphs
        are evaluated in one canonical order, which is exact.
    stochastic_train : bool
        One random ordering of each graph while training.
    seed : int
        Of the sampled orderings, the same at every call in evaluation mode, whatever stands beside a graph.
    chunk : int, optional
        Largest number of ordered graphs evaluated at once.
    inputs : mapping of str to str, optional
        What the average is called with, by name and in order: ``"adjacency"`` and ``"nodes"``. Without it that is the
        adjacency matrix, then features.

    Notes
    -----
    Orderings are integers and carry no gradient; the average is differentiable in A and x wherever the frame does not
    jump. What stands in padding is put to 0 before the network sees it.

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
        samples: int | None = None,
        stochastic_train: bool = False,
        seed: int = 0,
        chunk: int | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        if not callable(backbone):
            raise InputTypeError(f"the backbone is a {type(backbone).__name__}; give a module or a function")
        if output not in ("scalar", "nodes", "adjacency"):
            raise InputError(f'output must be "scalar", "nodes" or "adjacency"; got {output!r}')
        self.backbone, self.output, self.limit, self.samples = backbone, output, limit, samples
        self.frame = PermutationFrame() if frame is None else frame
        if chunk is not None and chunk < 1:
            raise InputError(f"chunk is {chunk}; it is the number of ordered graphs evaluated at once, at least 1")
        self.stochastic_train, self.seed, self.chunk = stochastic_train, seed, chunk
        self.inputs = _input_kinds(inputs)
        self._drawn = 0

    @not_compiled
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
        return frames.elements(self.limit, number, rng, stochastic=stochastic, pairs=self.output == "adjacency")

    @folds_vmap
    def forward(
        self,
        adjacency: Float[torch.Tensor, "B N N"] | None = None,
        features: Float[torch.Tensor, "B N f"] | None = None,
        mask: torch.Tensor | None = None,
        elements: PermutationElements | None = None,
        **named: torch.Tensor,
    ) -> torch.Tensor:
        """The average; shapes as the backbone's."""
        adjacency, features = self._read(adjacency, features, mask, named)
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
        **named: torch.Tensor,
    ) -> FrameEstimate:
        """The average with the standard error that is left where a frame was sampled."""
        adjacency, features = self._read(adjacency, features, mask, named)
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

    def _read(self, first: Any, second: Any, mask: Any, named: Mapping[str, Any]) -> tuple[Any, Any]:
        """The adjacency matrices and the features, checked, whatever they are called."""
        if self.inputs or named:
            given = {n: v for n, v in zip(self.inputs, (first, second)) if v is not None} | dict(named)
            wrong = next((n for n in [*given, *self.inputs] if n not in self.inputs or n not in given), None)
            if wrong is not None:
                declared = list(self.inputs) or ["adjacency", "features"]
                raise InputTypeError(
                    f"input {wrong!r} is {'missing' if wrong in declared else 'unknown'}; declared are {declared}"
                )
            kinds = {self.inputs[n]: v for n, v in given.items()}
            first, second = kinds.get("adjacency"), kinds.get("nodes")
        _check_batch(first, second)
        if mask is not None:
            check_takes_mask(self.backbone)
        return first, second

    def _evaluated(
        self, adjacency: Any, features: Any, mask: Any, elements: PermutationElements
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        given = adjacency if adjacency is not None else features
        if len(given) != len(elements.exact) or given.shape[1] != elements.permutations.shape[1]:
            raise ShapeError(
                f"the orderings are of {len(elements.exact)} graphs on {elements.permutations.shape[1]} vertices; the "
                f"batch has shape {tuple(given.shape)}"
            )
        p = torch.as_tensor(elements.permutations, device=given.device)
        at = torch.as_tensor(elements.graph, device=given.device)
        if mask is not None:
            mask = torch.as_tensor(mask, device=given.device, dtype=torch.bool)
            adjacency, features = _without_padding(adjacency, features, mask)
        step = len(p) if self.chunk is None else self.chunk
        y = [self._answers(adjacency, features, mask, *some) for some in zip(p.split(step), at.split(step))]
        y = y[0] if len(y) == 1 else torch.cat(y)
        return y, at, torch.as_tensor(elements.weights, device=y.device, dtype=y.real.dtype)

    def _answers(self, adjacency: Any, features: Any, mask: Any, p: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        inputs = permuted(adjacency, features, p, at)
        options = {} if mask is None else {"mask": mask[at[:, None], p]}
        y = self.backbone(*inputs, **options)
        check_answer(y, len(p))
        return self._put_back(y, p)

    def _put_back(self, y: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        if self.output == "scalar":
            return y
        axes = 1 if self.output == "nodes" else 2
        if y.ndim < 1 + axes or any(n != p.shape[1] for n in y.shape[1 : 1 + axes]):
            raise ShapeError(
                f"the backbone returned shape {tuple(y.shape)}; output={self.output!r} needs a row a vertex, shape "
                f"({', '.join(map(str, [len(p), *[p.shape[1]] * axes]))}, ...)"
            )
        place, rows = torch.argsort(p, dim=1), torch.arange(len(p), device=y.device)
        if self.output == "nodes":
            return y[rows[:, None], place]
        return y[rows[:, None, None], place[:, :, None], place[:, None, :]]

    def _orbit_mean(self, y: torch.Tensor, elements: PermutationElements) -> torch.Tensor:
        """What the orderings that were merged as duplicates would have added: the mean over automorphisms."""
        labels = elements.orbits if self.output == "nodes" else elements.pair_orbits
        if labels is None:
            raise InputError("these orderings were made for outputs of vertices; make them with pairs=True")
        labels = torch.as_tensor(labels, device=y.device).flatten(1)
        number, n = labels.shape
        flat = y.reshape(number * n, -1)
        key = (labels + n * torch.arange(number, device=y.device)[:, None]).reshape(-1)
        sums = torch.zeros_like(flat).index_add(0, key, flat)
        sizes = torch.bincount(key, minlength=number * n).clamp(min=1).to(flat.real.dtype)[:, None]
        return (sums / sizes)[key].reshape(y.shape)

    def equivariance_error(
        self,
        adjacency: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        **options: Any,
    ) -> float:
        """Sampled equivariance error under renumbering, see :func:`symmeter.nn.equivariance_error`."""
        from symmeter.nn.actions import tensor_action
        from symmeter.nn.measure import equivariance_error

        adjacency, features = self._read(adjacency, features, mask, {})
        kinds = {"adjacency": "adjacency", "features": "nodes", "mask": "nodes"}
        given = {n: t for n, t in zip(kinds, (adjacency, features, mask)) if t is not None}
        here = {n: tensor_action(kinds[n], "permutations", like=t) for n, t in given.items()}
        out = {"scalar": "scalars"}.get(self.output, self.output)

        def call(**inputs: torch.Tensor) -> torch.Tensor:
            a, x = inputs.get("adjacency"), inputs.get("features")
            values = [a if kind == "adjacency" else x for kind in self.inputs.values()] or [a, x]
            return self(*values, mask=inputs.get("mask"))

        return equivariance_error(call, given, here, tensor_action(out, next(iter(here.values()))), **options)


def _input_kinds(inputs: Mapping[str, str] | None) -> dict[str, str]:
    """What the inputs are, by name."""
    other = {"features": "nodes", "node": "nodes", "tokens": "nodes", "adjacencies": "adjacency"}
    kinds = {str(n): other.get(str(k), str(k)) for n, k in (inputs or {}).items()}
    wrong = next((n for n, k in kinds.items() if k not in ("adjacency", "nodes")), None)
    if wrong is not None:
        raise InputError(f"input {wrong!r} is declared {kinds[wrong]!r}; orderings move 'adjacency' and 'nodes'")
    if len(set(kinds.values())) < len(kinds):
        raise InputError(f"inputs are {kinds}; orderings take one adjacency matrix and one table of nodes at most")
    return kinds


def _check_batch(adjacency: Any, features: Any) -> None:
    for t in (adjacency, features):
        if t is not None and not isinstance(t, torch.Tensor):
            raise InputTypeError(
                f"graphs were given as a {type(t).__name__}; give tensors, graphs of several sizes padded, with a mask"
            )
    given = adjacency if adjacency is not None else features
    if given is None or given.ndim != 3:
        shape = "" if given is None else f"; got {tuple(given.shape)}"
        raise ShapeError(f"give a batch: adjacency of shape (B, N, N), features of shape (B, N, f), or both{shape}")


def _without_padding(
    adjacency: torch.Tensor | None, features: torch.Tensor | None, mask: torch.Tensor
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Zeros in the place of whatever stands in padding, which may be anything."""
    if adjacency is not None:
        adjacency = torch.where(mask[:, :, None] & mask[:, None, :], adjacency, torch.zeros_like(adjacency))
    if features is not None:
        features = torch.where(mask[..., None], features, torch.zeros_like(features))
    return adjacency, features


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
