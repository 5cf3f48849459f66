"""A residual network on R^n and a group of linear maps, and averages of its answers over draws of its samples."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from symmeter.errors import InputError, ShapeError
from symmeter.nn.affine import convolution
from symmeter.nn.affine.samples import GroupSampler, holding_samples

__all__ = ["AffineResNet", "FieldNorm"]

_POOLS = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}


class FieldNorm(nn.Module):
    """Mean 0 and variance 1 over channels, samples and pixels together; no weights, so that it commutes with moves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, x.shape[1:])


class AffineResNet(nn.Module):
    """Lifting, residual blocks of group convolutions, and a head on the maximum over the group and space.

    Parameters
    ----------
    group : str, MatrixLieGroup or DecomposedGroup
        Its dimension, 2 or 3 (or 1), is that of the images.
    width : int
        Channels of all fields.
    samples : int
        Group elements N that all layers share.
    kernel : {"siren", "wire"} or callable
        Kind of the kernels' networks.
    in_channels, classes : int
    kernel_size : int
    stages : int
        All but the last are a residual block followed by max-pooling; the last is one group convolution.
    pool_after_lift : bool
        Max-pooling behind the lifting as well: a quarter of the work.
    padding : 0 or "same"
        Of the lifting and of the last convolution; with "same" features cover the whole image.
    padding_mode : {"zeros", "circular", "replicate"}
        Of all layers. Normalised fields do not vanish on an empty ground, so that zeros make an edge around it, which
        features then see; digits on an even ground are better off on a torus.
    rank : int, optional
        Separable kernels, see :class:`~symmeter.nn.affine.convolution.AffineConvolution`.
    hidden : int
        Width of the head.
    dropout : float
    kernel_width, kernel_layers, first, frequency : optional
        Width, hidden layers and frequencies of the kernels' networks.
    mask, angle, support : optional
        Of the convolutions.
    sampler : GroupSampler, optional
        Instead of ``group`` and ``samples``.
    **sampling
        Of :class:`GroupSampler`: measure, radius, variance, points, angles, max_angle, turns, mode, jitter, seed.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> net = AffineResNet(group="gl2", width=4, samples=4, kernel="siren").eval()
    >>> x = torch.rand(2, 1, 40, 40)
    >>> net(x).shape, net.features(x).shape, net.averaged(x, draws=2).shape
    (torch.Size([2, 10]), torch.Size([2, 4, 14, 14]), torch.Size([2, 10]))

    References
    ----------
    Mironenco and Forré, Lie Group Decompositions for Equivariant Neural Networks (2024).
    """

    def __init__(
        self,
        group: Any = "gl2",
        width: int = 40,
        samples: int = 10,
        kernel: Any = "siren",
        in_channels: int = 1,
        classes: int = 10,
        *,
        kernel_size: int = 5,
        stages: int = 2,
        pool_after_lift: bool = False,
        padding: int | str = 0,
        padding_mode: str = "zeros",
        rank: int | None = None,
        hidden: int = 256,
        dropout: float = 0.3,
        kernel_width: int = 60,
        kernel_layers: int = 2,
        first: float = 10.0,
        frequency: float = 10.0,
        mask: str = "auto",
        angle: str = "theta",
        support: float | None = None,
        sampler: GroupSampler | None = None,
        **sampling: Any,
    ) -> None:
        super().__init__()
        if isinstance(stages, bool) or not isinstance(stages, int) or stages < 1:
            raise InputError(f"stages is {stages!r}; it must be an integer of at least 1")
        for what, value in (("hidden", hidden), ("classes", classes)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{what} is {value!r}; it must be an integer of at least 1")
        if not 0 <= dropout < 1:
            raise InputError(f"dropout is {dropout}; it must be at least 0 and below 1")
        if not isinstance(kernel, str):
            raise InputError("kernel of a network is 'siren' or 'wire': each layer needs one of its own")
        self.sampler = GroupSampler(group, samples, **sampling) if sampler is None else sampler
        n = self.ndim = self.sampler.group.space_dimension
        lift = getattr(convolution, f"Lift{n}d")
        conv = getattr(convolution, f"GroupConv{n}d")
        options: dict[str, Any] = {
            "sampler": self.sampler,
            "kernel": kernel,
            "mask": mask,
            "padding_mode": padding_mode,
            "support": support,
            "width": kernel_width,
            "layers": kernel_layers,
            "first": first,
            "hidden": frequency,
        }
        self.norm = FieldNorm()
        self.lift = lift(in_channels, width, kernel_size, padding=padding, bias=False, **options)
        options |= {"rank": rank, "angle": angle}
        self.blocks = nn.ModuleList(
            nn.ModuleList(conv(width, width, kernel_size, padding="same", **options) for _ in range(2))
            for _ in range(stages - 1)
        )
        self.last = conv(width, width, kernel_size, padding=padding, **options)
        self.head = nn.Sequential(
            nn.Linear(width, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )
        self.pool_after_lift = bool(pool_after_lift)
        #: Pixels of the image from one pixel of the features to the next.
        self.pitch = 2 ** (stages - 1 + self.pool_after_lift)

    @property
    def group(self) -> Any:
        """The group of linear maps that the network is built on."""
        return self.sampler.group

    def fields(
        self, x: Float[torch.Tensor, "b c *grid"], stage: int | None = None
    ) -> Float[torch.Tensor, "b width N *small"]:
        """Fields on space and the group, before any pooling over the group.

        Parameters
        ----------
        stage : int, optional
            Stop after so many residual blocks, 0 for the lifting alone; at the end when omitted.
        """
        y = self.norm(self.lift(x))
        y = functional.gelu(self._pooled(y) if self.pool_after_lift else y)
        for block in self.blocks[:stage]:
            first, second = block  # type: ignore[misc]
            z = functional.gelu(self.norm(first(y)))
            z = functional.gelu(self.norm(second(z)))
            y = functional.gelu(self._pooled(self.norm(functional.gelu(z + y))))
        return functional.gelu(self.norm(self.last(y))) if stage is None else y

    def _pooled(self, y: torch.Tensor) -> torch.Tensor:
        if min(y.shape[3:]) < 2:
            raise ShapeError(f"fields of {tuple(y.shape[3:])} pixels cannot be pooled; use larger images")
        return _POOLS[self.ndim](y.flatten(1, 2), 2).unflatten(1, y.shape[1:3])

    def features(
        self, x: Float[torch.Tensor, "b c *grid"], stage: int | None = None
    ) -> Float[torch.Tensor, "b width *small"]:
        """The largest value over the group at each pixel: images that move as the input does."""
        return self.fields(x, stage).amax(2)

    def pooled(self, x: Float[torch.Tensor, "b c *grid"]) -> Float[torch.Tensor, "b width"]:
        """The largest value over the group and space, which no move of the input changes."""
        return self.fields(x).flatten(2).amax(2)

    def forward(self, x: Float[torch.Tensor, "b c *grid"]) -> Float[torch.Tensor, "b classes"]:
        return self.head(self.pooled(x))

    def averaged(self, x: torch.Tensor, draws: int = 8, seed: int = 0) -> Float[torch.Tensor, "b classes"]:
        """Mean of the logits over several draws of the samples; the same seed gives the same answer.

        Raises
        ------
        InputError
            For fewer than 1 draw.
        """
        if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
            raise InputError(f"draws is {draws!r}; it must be an integer of at least 1")
        total = torch.zeros(())
        for k in range(draws):
            with holding_samples(self, seed + k, fresh=True):
                total = self(x) + total
        return total / draws

    def freeze(self, seed: int | None = None) -> AffineResNet:
        """Keep one draw of the samples from now on."""
        self.sampler.freeze(seed)
        return self
