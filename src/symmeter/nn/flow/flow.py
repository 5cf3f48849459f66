"""Flows: one-parameter groups of motions that carry the content of a sequence along, and finite sets of them.

A flow with velocity nu moves frame t of a sequence by ``psi_t(nu) = exp(t nu)``. A network with hidden state on
velocities times positions is flow equivariant when each of its channels moves with its own velocity (T. A. Keller,
"Flow Equivariant Recurrent Neural Networks", NeurIPS 2025); what it needs to know of a flow is collected here.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError

__all__ = ["Flow", "Velocity", "check_flow", "checked_velocities"]

#: One number for each generator of the flow.
Velocity = tuple[float, ...]
#: Velocities this close are one.
_EQUAL = 1e-9


class Flow(ABC):
    """A finite set of velocities, and how each of them moves signals.

    Signals are tensors (..., K, *grid): frames have K channels that stay what they are, features may come in orbits of
    ``orbit`` channels that the flow permutes.

    Attributes
    ----------
    velocities : tuple of tuples of float
        One number for each generator, per frame.
    ndim : int
        Axes of the grid.
    orbit : int
        Channels of one feature: 1, or the orientations of a feature that turns.
    periodic : bool
        Whether moving loses nothing, so that a channel may be carried in the frame that moves with it.
    modulus : tuple of float or None
        For each generator, after how much a motion of one frame is none; None where there is no such number.
    """

    velocities: tuple[Velocity, ...]
    ndim: int
    orbit: int = 1
    periodic: bool = True
    modulus: tuple[float | None, ...] = ()

    def __len__(self) -> int:
        return len(self.velocities)

    # -- the algebra of velocities -------------------------------------------------------------------------------------

    def index(self, velocity: Sequence[float] | float) -> int | None:
        """Place of a velocity in the set, or None."""
        wanted = self._reduced(as_velocity(velocity))
        for k, nu in enumerate(self.velocities):
            if all(_apart(a - b, m) <= _EQUAL for a, b, m in zip(nu, wanted, self.modulus)):
                return k
        return None

    def differences(self, velocity: Sequence[float] | float) -> list[int | None]:
        """For every velocity nu, the place of ``nu - velocity``: the channel whose content it takes over."""
        moved = as_velocity(velocity)
        return [self.index([a - b for a, b in zip(nu, moved)]) for nu in self.velocities]

    @property
    def closed(self) -> bool:
        """Whether the velocities form a group, so that a motion by one of them permutes the channels."""
        return all(None not in self.differences(nu) for nu in self.velocities)

    def _reduced(self, velocity: Velocity) -> Velocity:
        if len(velocity) != len(self.modulus):
            raise InputError(f"velocity {velocity} has {len(velocity)} numbers; this flow has {len(self.modulus)}")
        return tuple(v if m is None else v % m for v, m in zip(velocity, self.modulus))

    # -- what velocities do to signals ---------------------------------------------------------------------------------

    @abstractmethod
    def move(
        self,
        values: Float[torch.Tensor, "*lead channels_and_grid"],
        velocity: Velocity,
        steps: float,
        *,
        features: bool,
    ) -> torch.Tensor:
        """``psi_steps(velocity)`` applied to signals (..., K, *grid)."""

    def sequence(self, frames: Float[torch.Tensor, "b t *channels_and_grid"], velocity: Any) -> torch.Tensor:
        """A sequence (B, T, C, *grid) whose frame t is moved by ``t`` times the velocity."""
        nu = self._checked(velocity)
        moved = [self.move(frames[:, t], nu, t, features=False) for t in range(frames.shape[1])]
        return torch.stack(moved, 1)

    def align(self, values: Float[torch.Tensor, "b *channels_and_grid"], steps: float) -> torch.Tensor:
        """One feature map as all velocities see it: (B, K, *grid) to (B, V, K, *grid), moved by ``-steps`` nu."""
        return torch.stack([self.move(values, nu, -steps, features=True) for nu in self.velocities], 1)

    def carry(self, values: Float[torch.Tensor, "b v *channels_and_grid"], steps: float) -> torch.Tensor:
        """Each channel moved by ``steps`` of its own velocity: (B, V, K, *grid)."""
        moved = [self.move(values[:, k], nu, steps, features=True) for k, nu in enumerate(self.velocities)]
        return torch.stack(moved, 1)

    def _checked(self, velocity: Any) -> Velocity:
        nu = as_velocity(velocity)
        if len(nu) != len(self.modulus):
            raise InputError(f"velocity {nu} has {len(nu)} numbers; this flow has {len(self.modulus)}")
        return nu

    # -- layers that commute with it -----------------------------------------------------------------------------------

    @abstractmethod
    def lifting(self, channels: int, features: int, kernel_size: int, *, bias: bool) -> torch.nn.Module:
        """A convolution from frames (B, C, *grid) to features (B, features * orbit, *grid)."""

    @abstractmethod
    def convolution(self, features: int, out_features: int, kernel_size: int, *, bias: bool) -> torch.nn.Module:
        """A convolution from features to features."""

    @abstractmethod
    def projection(self, features: int, channels: int, kernel_size: int, *, bias: bool) -> torch.nn.Module:
        """A convolution from features to frames."""

    def check_frames(self, frames: Any) -> None:
        """Raise unless ``frames`` is (B, T, C, *grid) with T > 0.

        Raises
        ------
        InputTypeError, ShapeError
        """
        from symmeter.errors import ShapeError

        layout = f"(batch, time, channels, {', '.join('xyz'[: self.ndim]) if self.ndim != 2 else 'height, width'})"
        if not isinstance(frames, torch.Tensor) or not frames.is_floating_point():
            kind = frames.dtype if isinstance(frames, torch.Tensor) else type(frames).__name__
            raise InputTypeError(f"frames are {kind}; give a floating-point torch tensor {layout}")
        if frames.ndim != self.ndim + 3:
            raise ShapeError(f"frames have shape {tuple(frames.shape)}; the layout is {layout}")
        if 0 in frames.shape:
            raise ShapeError(f"frames have shape {tuple(frames.shape)}; each axis of {layout} needs one entry or more")

    def extra_repr(self) -> str:
        """What a layer prints about its flow."""
        return f"{type(self).__name__}, {len(self)} velocities{', a group' if self.closed else ''}"

    def __repr__(self) -> str:
        return f"<{self.extra_repr()}>"


def check_flow(flow: Any) -> None:
    """Raise unless this is a flow.

    Raises
    ------
    InputTypeError
    """
    if not isinstance(flow, Flow):
        raise InputTypeError(f"the flow is a {type(flow).__name__}; give one such as TranslationFlow(2, velocities=1)")


def as_velocity(velocity: Any) -> Velocity:
    """A tuple of floats, from a number, a sequence or a tensor."""
    if isinstance(velocity, (int, float)):
        return (float(velocity),)
    try:
        return tuple(float(v) for v in velocity)
    except (TypeError, ValueError):
        raise InputTypeError(f"velocity is {velocity!r}; give one number for each generator, such as (1, 0)") from None


def checked_velocities(velocities: Iterable[Any], generators: int) -> tuple[Velocity, ...]:
    """Tuples of finite floats, none of them twice.

    Raises
    ------
    InputError
        For an empty list, a repeated velocity, or one of another length.
    """
    if isinstance(velocities, str) or not isinstance(velocities, Iterable):
        raise InputTypeError(f"velocities are {velocities!r}; give a list with one number for each generator")
    found = tuple(as_velocity(v) for v in velocities)
    if not found:
        raise InputError("the list of velocities is empty; give at least velocity 0, which a static scene has")
    for k, nu in enumerate(found):
        if len(nu) != generators:
            raise InputError(f"velocity {nu} has {len(nu)} numbers; give {generators}, one for each generator")
        if not all(abs(v) < float("inf") for v in nu):
            raise InputError(f"velocity {nu} is not finite")
        if nu in found[:k]:
            raise InputError(f"velocity {nu} is given twice; each channel needs its own")
    if (0.0,) * generators not in found:
        warnings.warn("velocity 0 is not in the list: no channel follows what stands still", UserWarning, stacklevel=3)
    return found


def _apart(difference: float, modulus: float | None) -> float:
    if modulus is None:
        return abs(difference)
    rest = difference % modulus
    return min(rest, modulus - rest)
