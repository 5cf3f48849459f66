"""Cyclic shifts: a few of the n shifts, read off the phases of the strongest Fourier coefficients, average exactly.

A shift by s multiplies coefficient k by ``exp(-2 pi i k s / n)``. The shifts that bring its phase next to zero, with
weights that interpolate between the two nearest ones, move with the signal; coefficients are weighted by a power of
their modulus, so that nothing jumps where one vanishes (Dym, Lawrence and Siegel 2024, for the principle).
"""

from __future__ import annotations

from math import gcd
from typing import Any, final

import torch
from jaxtyping import Float, Int, Shaped

from symmeter.errors import InputError, ShapeError
from symmeter.nn.frames.frame import Frame, WeightedAverage
from symmeter.nn.frames.transforms import not_compiled

__all__ = ["ShiftAverage", "shift_weights"]

#: Between these ratios of the strongest coefficient to the root mean square all shifts of a flat signal take over.
_FLAT = (1e-5, 1e-3)


def shift_weights(
    x: Shaped[torch.Tensor, "B j n"], power: float = 2.0, threshold: float = 0.75
) -> Float[torch.Tensor, "B n"]:
    """Weights of all n cyclic shifts of each sample; most are 0.

    Parameters
    ----------
    x : real or complex tensor of shape (B, j, n)
        j signals that are shifted together; their order does not matter.
    power, threshold : float
        Coefficients count with ``(|c| / max|c| - threshold)_+ ** power``.

    Examples
    --------
    >>> x = torch.tensor([[[0.0, 1.0, 0.0, 0.0]]])
    >>> w = shift_weights(x)
    >>> bool(torch.allclose(shift_weights(x.roll(2, -1)), w.roll(2, -1)))
    True
    """
    batch, _, n = x.shape
    if n == 1:
        return torch.ones(batch, 1, dtype=torch.float64, device=x.device)
    wide = x.to(torch.complex128 if x.is_complex() else torch.float64)
    # Real signals have each coefficient twice.
    coefficients = torch.fft.fft(wide, dim=-1)[..., 1 : n if x.is_complex() else n // 2 + 1] / n
    size = coefficients.abs()
    largest = size.amax((1, 2))
    safe = torch.where(largest > 0, largest, torch.ones_like(largest))[:, None, None]
    amplitude = (size / safe - threshold).clamp(min=0.0) ** power
    amplitude = amplitude / amplitude.sum((1, 2), keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
    at, row, column = torch.nonzero(amplitude.detach() > 0, as_tuple=True)
    k = column + 1
    common = torch.tensor([gcd(i, n) for i in range(n)], dtype=torch.float64, device=x.device)[k]
    turns = coefficients[at, row, column].angle() / (2 * torch.pi)
    # k s mod n in integers, so that large products of them lose nothing.
    shifted = turns[:, None] + (k[:, None] * torch.arange(n, device=x.device) % n).to(turns) / n
    distance = (shifted - shifted.round()).abs()
    # The n / g phases that occur are g / n apart: hats of that half width sum to 1 over them.
    hat = (1.0 - distance * n / common[:, None]).clamp(min=0.0) / common[:, None]
    weights = torch.zeros(batch, n, dtype=torch.float64, device=x.device)
    weights = weights.index_add(0, at, amplitude[at, row, column][:, None] * hat)
    return _with_flat_signals(weights, largest, wide.abs().square().mean((1, 2)).sqrt())


def _with_flat_signals(weights: torch.Tensor, largest: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """A constant signal is kept by every shift, so that all of them count alike."""
    ratio = largest / torch.where(mean > 0, mean, torch.ones_like(mean))
    t = ((ratio - _FLAT[0]) / (_FLAT[1] - _FLAT[0])).clamp(0.0, 1.0)
    share = (t * t * (3.0 - 2.0 * t))[:, None]
    return share * weights + (1.0 - share) / weights.shape[1]


@final
class ShiftAverage(WeightedAverage):
    """Any network made exactly invariant or equivariant to cyclic shifts along the last axes.

    Parameters
    ----------
    backbone : callable
    axes : int
        Along how many of the last axes signals are shifted: 1 for series, 2 for pictures.
    **options
        See :class:`~symmeter.nn.frames.frame.WeightedAverage`.

    Notes
    -----
    A generic signal needs two shifts for every coefficient above the threshold, instead of n; shifts along several axes
    are combined freely.

    Examples
    --------
    >>> net = torch.nn.Linear(12, 1).double()
    >>> model = ShiftAverage(net)
    >>> x = torch.randn(4, 12, dtype=torch.float64)
    >>> bool(torch.allclose(model(x.roll(5, -1)), model(x), atol=1e-12))
    True
    """

    def __init__(self, backbone: Any, axes: int = 1, **options: Any) -> None:
        super().__init__(backbone, **options)
        if axes < 1:
            raise InputError(f"axes is {axes}; it is the number of last axes along which signals are shifted")
        self.axes = axes

    def check(self, x: torch.Tensor, name: str) -> None:
        if x.ndim < 1 + self.axes or x.numel() == 0:
            raise ShapeError(
                f"{name} has shape {tuple(x.shape)}; shifts along {self.axes} axes move shape (B, ..., "
                f"{', '.join('hwd'[: self.axes]) if self.axes <= 3 else 'n, ...'}), not empty"
            )

    def check_moves_alike(self, x: torch.Tensor, y: torch.Tensor) -> None:
        here, there = tuple(x.shape[-self.axes :]), tuple(y.shape[-self.axes :])
        if any(n % m for n, m in zip(here, there)):
            raise ShapeError(
                f"the answer of the backbone is {there} long where the input is {here}: shifts that bring the input "
                "back must bring it back too, so that its lengths divide the input's"
            )

    @not_compiled
    def frame(self, x: torch.Tensor) -> Frame:
        weights = None
        for axis in range(-self.axes, 0):
            moved = x.movedim(axis, -1)
            here = shift_weights(moved.reshape(len(x), -1, moved.shape[-1]), self.power, self.threshold)
            later = here.reshape(len(x), *[1] * (0 if weights is None else weights.ndim - 1), -1)
            weights = here if weights is None else weights[..., None] * later
        assert weights is not None
        places = torch.nonzero(weights.detach() > 0)
        return Frame(places[:, 1:], weights[tuple(places.T)], places[:, 0], len(x))

    def apply(self, element: Int[torch.Tensor, "M a"], x: torch.Tensor, inverse: bool = False) -> torch.Tensor:
        for number, axis in enumerate(range(-self.axes, 0)):
            n = x.shape[axis]
            steps = element[:, number] if inverse else -element[:, number]
            index = (torch.arange(n, device=x.device) + steps[:, None]) % n
            shape = [len(x), *[1] * (x.ndim - 1)]
            shape[axis] = n
            x = x.gather(axis, index.reshape(shape).expand(x.shape))
        return x

    def action(self, x: torch.Tensor) -> Any:
        from symmeter.nn.actions import tensor_action
        from symmeter.representations import Monomial, MonomialAction

        if self.axes == 2:
            return tensor_action("pixels", "shifts", like=x)
        if self.axes > 2:
            raise InputError("the sampled error is offered for shifts along one or two axes")
        n = x.shape[-1]
        return tensor_action(MonomialAction([Monomial([(i + 1) % n for i in range(n)], name="shift")]))
