"""Message passing among particles: a plain network on coordinates, and FA-GNN, which renews its frame in every layer.

FA-GNN keeps latent features that are vectors (a third of its width many). Between layers they are rotated back,
averaged over the frames, and expressed in new frames of the latent vectors themselves (Puny et al., ICLR 2022).
Distances and charges are the same in every frame, so the part of each message that depends on them alone is computed
once.
"""

from __future__ import annotations

import itertools

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, ShapeError
from symmeter.nn.frames.euclidean import EuclideanFrame
from symmeter.nn.frames.poses import Poses
from symmeter.nn.frames.principal_axes import relative_gap
from symmeter.nn.frames.transforms import folds_vmap

__all__ = ["FrameAveragedGNN", "ParticleGNN"]

#: Poses of one cloud of latent vectors, of which there are many.
_MOST = 4096


class _Messages(nn.Module):
    """``h_i <- h_i + MLP(h_i, sum_j MLP(h_i, h_j, e_ij))`` over all pairs i != j."""

    def __init__(self, width: int, edges: int) -> None:
        super().__init__()
        # The first layer of the message, split by what it acts on.
        self.receiver = nn.Linear(width, width)
        self.sender = nn.Linear(width, width, bias=False)
        self.between = nn.Linear(edges, width, bias=False)
        self.message = nn.Linear(width, width)
        self.own = nn.Linear(width, width)
        self.gathered = nn.Linear(width, width, bias=False)
        self.update = nn.Linear(width, width)

    def forward(
        self, h: Float[torch.Tensor, "... n c"], edges: Float[torch.Tensor, "... n n e"]
    ) -> Float[torch.Tensor, "... n c"]:
        act = nn.functional.silu
        n = h.shape[-2]
        pairs = self.receiver(h)[..., :, None, :] + self.sender(h)[..., None, :, :] + self.between(edges)
        messages = act(self.message(act(pairs)))
        others = 1.0 - torch.eye(n, dtype=h.dtype, device=h.device)
        gathered = (messages * others[..., None]).sum(-2)
        return h + self.update(act(self.own(h) + self.gathered(gathered)))


def _edges(x: torch.Tensor, charges: torch.Tensor) -> torch.Tensor:
    """Products of charges and squared distances, shape (B, n, n, 2)."""
    apart = x[:, :, None] - x[:, None]
    return torch.stack([charges[:, :, None] * charges[:, None], (apart**2).sum(-1)], dim=-1)


def _check(x: torch.Tensor, v: torch.Tensor, charges: torch.Tensor) -> None:
    if x.ndim != 3 or v.shape != x.shape or charges.shape != x.shape[:2]:
        raise ShapeError(
            "particles need x and v of one shape (B, n, d) and charges (B, n); got "
            f"{tuple(x.shape)}, {tuple(v.shape)} and {tuple(charges.shape)}"
        )


class ParticleGNN(nn.Module):
    """Message passing on centred coordinates and velocities; equivariant to translations and the order alone.

    Parameters
    ----------
    width, layers, dimension : int
    """

    def __init__(self, width: int = 60, layers: int = 4, dimension: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Linear(2 * dimension, width)
        self.layers = nn.ModuleList(_Messages(width, 2) for _ in range(layers))
        self.decoder = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, dimension))

    def forward(
        self, x: Float[torch.Tensor, "B n d"], v: Float[torch.Tensor, "B n d"], charges: Float[torch.Tensor, "B n"]
    ) -> Float[torch.Tensor, "B n d"]:
        """Predicted positions."""
        _check(x, v, charges)
        centre = x.mean(1, keepdim=True)
        edges = _edges(x, charges)
        h = self.embedding(torch.cat([x - centre, v], dim=-1))
        for layer in self.layers:
            h = layer(h, edges)
        return self.decoder(h) + centre


class FrameAveragedGNN(nn.Module):
    """The same network in the frames of E(d), renewed from the latent vectors in every layer.

    Parameters
    ----------
    width : int
        A multiple of the dimension: width / d latent vectors a particle.
    layers, dimension : int
    stochastic_train : bool
        One random frame of the ``2^d`` a layer while training.
    reframe : bool
        Renew the frame in every layer; otherwise the frame of the positions serves all layers, which is plain frame
        averaging of :class:`ParticleGNN`.
    degenerate : str
        What to do where principal axes of particles or latent vectors do not exist, as in
        :class:`symmeter.nn.frames.EuclideanFrame`.
    gaps : (float, float)
        Relative gaps of the eigenvalues between which principal axes and weighted frames are mixed. Narrower than for a
        single cloud: every layer has axes anew, and clouds in between take many times as long.

    Notes
    -----
    No gradient passes through the eigenvectors, as in the reference.

    Examples
    --------
    >>> model = FrameAveragedGNN(width=12, layers=2).double()
    >>> x, v = torch.randn(2, 4, 5, 3, dtype=torch.float64)
    >>> q = torch.ones(4, 5, dtype=torch.float64)
    >>> mirror = torch.diag(torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64))
    >>> bool(torch.allclose(model(x @ mirror + 3.0, v @ mirror, q), model(x, v, q) @ mirror + 3.0))
    True
    """

    signs: torch.Tensor

    def __init__(
        self,
        width: int = 60,
        layers: int = 4,
        dimension: int = 3,
        stochastic_train: bool = False,
        reframe: bool = True,
        degenerate: str = "blend",
        gaps: tuple[float, float] = (1e-5, 1e-4),
    ) -> None:
        super().__init__()
        self.frame = EuclideanFrame(f"O({dimension})", degenerate, gaps, most=_MOST)
        if width % dimension:
            raise InputError(f"width must be a multiple of the dimension {dimension}; got {width}")
        self.stochastic_train, self.reframe, self.dimension = stochastic_train, reframe, dimension
        self.embedding = nn.Linear(2 * dimension, width)
        self.layers = nn.ModuleList(_Messages(width, 2) for _ in range(layers))
        self.decoder = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, dimension))
        self.register_buffer("signs", torch.tensor(list(itertools.product((1.0, -1.0), repeat=dimension))))

    @folds_vmap
    def forward(
        self, x: Float[torch.Tensor, "B n d"], v: Float[torch.Tensor, "B n d"], charges: Float[torch.Tensor, "B n"]
    ) -> Float[torch.Tensor, "B n d"]:
        """Predicted positions."""
        _check(x, v, charges)
        y, gap = self._along_axes(x, v, charges)
        few = torch.nonzero(gap < (1.0 if self.frame.degenerate == "weighted" else self.frame.gaps[1])).squeeze(1)
        if not len(few) or self.frame.degenerate == "warn":
            return y
        return y.index_copy(0, few, self._in_weighted_frames(x[few], v[few], charges[few]))

    def _along_axes(self, x: torch.Tensor, v: torch.Tensor, charges: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The answers in the frames of principal axes, and the smallest relative gap that each system met."""
        centre = x.mean(1, keepdim=True)
        edges = _edges(x, charges)[:, None]
        axes, signs, gap = self._frame(x - centre)
        framed = torch.cat([(x - centre) @ axes, v @ axes], dim=-1)[:, None]
        h = self.embedding(framed * torch.cat([signs, signs], dim=-1)[:, :, None])
        for number, layer in enumerate(self.layers):
            h = layer(h, edges)
            if self.reframe and number < len(self.layers) - 1:
                h, axes, signs, here = self._reframed(h, axes, signs)
                gap = torch.minimum(gap, here)
        y = (self.decoder(h) * signs[:, :, None]).mean(1)
        return y @ axes.transpose(1, 2) + centre, gap

    def _reframed(
        self, h: torch.Tensor, axes: torch.Tensor, signs: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latent vectors out of their frames, averaged, and into the frames of their own."""
        number, frames, n, width = h.shape
        vectors = h.reshape(number, frames, n * (width // self.dimension), self.dimension)
        vectors = (vectors * signs[:, :, None]).mean(1) @ axes.transpose(1, 2)
        vectors = vectors - vectors.mean(1, keepdim=True)
        axes, signs, gap = self._frame(vectors)
        framed = (vectors @ axes)[:, None] * signs[:, :, None]
        return framed.reshape(number, framed.shape[1], n, width), axes, signs, gap

    def _frame(self, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Principal axes as columns, (B, d, d), the signs of the frames, (B, K, d), and the relative gaps, (B,)."""
        # The eigenvectors of a float32 covariance would cost digits of the equivariance.
        wide = vectors.detach().double()
        values, axes = torch.linalg.eigh(wide.transpose(1, 2) @ wide)
        axes, gap = axes.to(vectors.dtype), relative_gap(values)
        if self.training and self.stochastic_train:
            pick = torch.randint(len(self.signs), (len(vectors),), device=vectors.device)
            return axes, self.signs[pick][:, None].to(vectors.dtype), gap
        return axes, self.signs.to(vectors.dtype).expand(len(vectors), -1, -1), gap

    # -- systems whose axes do not exist somewhere ---------------------------------------------------------------------

    def _in_weighted_frames(self, x: torch.Tensor, v: torch.Tensor, charges: torch.Tensor) -> torch.Tensor:
        """The same steps with as many weighted poses as each cloud of particles or latent vectors needs."""
        centre = x.mean(1, keepdim=True)
        edges = _edges(x, charges)
        poses = self._poses(x - centre, v)
        axes, at = poses.axes.to(x.dtype), poses.cloud
        h = self.embedding(torch.cat([(x - centre)[at] @ axes, v[at] @ axes], dim=-1))
        for number, layer in enumerate(self.layers):
            h = layer(h, edges[at])
            if self.reframe and number < len(self.layers) - 1:
                vectors = _averaged(h.reshape(len(h), -1, self.dimension) @ axes.mT, poses)
                vectors = vectors - vectors.mean(1, keepdim=True)
                poses = self._poses(vectors)
                axes, at = poses.axes.to(x.dtype), poses.cloud
                h = (vectors[at] @ axes).reshape(len(at), *h.shape[1:])
        return _averaged(self.decoder(h) @ axes.mT, poses) + centre

    def _poses(self, vectors: torch.Tensor, beside: torch.Tensor | None = None) -> Poses:
        sides = [] if beside is None else [lambda: (beside.detach(), False)]
        poses = self.frame.compute(vectors.detach(), beside=sides)
        return poses.one_each() if self.training and self.stochastic_train else poses


def _averaged(y: torch.Tensor, poses: Poses) -> torch.Tensor:
    """The weighted mean of what each pose gave, shape (B, ...)."""
    y = poses.weight.to(y.dtype)[:, None, None] * y
    return y.new_zeros(len(poses.centroid), *y.shape[1:]).index_add(0, poses.cloud, y)
