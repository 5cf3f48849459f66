"""Weighted sets of poses: what every Euclidean frame computes from a batch of clouds.

Poses of all clouds stand in one list, so that clouds with few poses cost little beside one with many.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int

__all__ = ["Listed", "Poses", "joined"]

Listed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Poses:
    """The frame of each cloud of a batch.

    Attributes
    ----------
    axes : tensor of shape (M, d, d)
        Orthonormal columns.
    weight : tensor of shape (M,)
        Positive; they sum to 1 over the poses of each cloud.
    cloud : int tensor of shape (M,)
        Which cloud each pose belongs to.
    centroid : tensor of shape (B, d)
        Origin of the poses; zero for groups without translations.
    degenerate : bool tensor of shape (B,)
        Whether principal axes alone would not do.
    """

    axes: Float[torch.Tensor, "M d d"]
    weight: Float[torch.Tensor, " M"]
    cloud: Int[torch.Tensor, " M"]
    centroid: Float[torch.Tensor, "B d"]
    degenerate: Bool[torch.Tensor, " B"]

    @property
    def sizes(self) -> Int[torch.Tensor, " B"]:
        """Number of poses of each cloud."""
        return torch.bincount(self.cloud, minlength=len(self.centroid))

    @property
    def elements(self) -> Float[torch.Tensor, "B K d d"]:
        """Axes by cloud, filled up with identities where a cloud has fewer than K."""
        index, most = self._places()
        d = self.axes.shape[-1]
        out = torch.eye(d, dtype=self.axes.dtype, device=self.axes.device).repeat(len(self.centroid), most, 1, 1)
        return out.index_put((self.cloud, index), self.axes)

    @property
    def weights(self) -> Float[torch.Tensor, "B K"]:
        """Weights by cloud, zero where :attr:`elements` is filled up."""
        index, most = self._places()
        return self.weight.new_zeros(len(self.centroid), most).index_put((self.cloud, index), self.weight)

    def _places(self) -> tuple[torch.Tensor, int]:
        order = torch.argsort(self.cloud, stable=True)
        sizes = self.sizes
        start = torch.cumsum(sizes, 0) - sizes
        place = torch.empty_like(self.cloud)
        place[order] = torch.arange(len(self.cloud), device=self.cloud.device) - start[self.cloud[order]]
        return place, int(sizes.max())

    def drawn(self, count: int, which: Bool[torch.Tensor, " B"], generator: torch.Generator | None = None) -> Poses:
        """``count`` poses drawn by weight, with replacement, for some of the clouds; all poses of the others."""
        if not bool(which.any()):
            return self
        some = torch.nonzero(which).squeeze(1)
        rows = torch.multinomial(self.weights[some].detach().double().cpu(), count, True, generator=generator)
        sizes = self.sizes
        chosen = ((torch.cumsum(sizes, 0) - sizes)[some, None] + rows.to(sizes.device)).reshape(-1)
        chosen = torch.cat([chosen, torch.nonzero(~which[self.cloud]).squeeze(1)])
        weight = torch.where(which[self.cloud], torch.full_like(self.weight, 1.0 / count), self.weight)
        chosen = chosen[torch.argsort(self.cloud[chosen], stable=True)]
        return Poses(self.axes[chosen], weight[chosen], self.cloud[chosen], self.centroid, self.degenerate)

    def one_each(self, generator: torch.Generator | None = None) -> Poses:
        """One pose of each cloud, drawn by weight: the average over draws is the frame average."""
        # Gumbel's trick: the largest of log w + noise is a draw by weight.
        uniform = torch.rand(len(self.weight), generator=generator, dtype=torch.float64).to(self.weight.device)
        score = self.weight.detach().double().log() - torch.log(-torch.log(uniform))
        clouds = len(self.centroid)
        best = torch.full((clouds,), -torch.inf, dtype=score.dtype, device=score.device)
        best = best.scatter_reduce(0, self.cloud, score, "amax")
        # The first that reaches it, so that equal scores never give a cloud two poses.
        reached = torch.nonzero(score >= best[self.cloud]).squeeze(1)
        chosen = torch.full((clouds,), len(self.cloud), dtype=torch.int64, device=score.device)
        chosen = chosen.scatter_reduce(0, self.cloud[reached], reached, "amin")
        one = torch.ones_like(self.weight[chosen])
        return Poses(self.axes[chosen], one, self.cloud[chosen], self.centroid, self.degenerate)


def joined(parts: list[Listed]) -> Listed:
    """(axes, weight, cloud) of several lists of poses in one, without those of weight zero, sorted by cloud."""
    axes, weight, cloud = (torch.cat(some) for some in zip(*parts))
    kept = torch.nonzero(weight.detach() > 0).squeeze(1)
    kept = kept[torch.argsort(cloud[kept], stable=True)]
    return axes[kept], weight[kept], cloud[kept]
