"""How far a sequence model is from flow equivariant: an error for every velocity and time, inside and at the border.

The input is moved by ``psi_t(nu)`` frame by frame, and what comes out is compared with what should: fields that move
along, hidden states whose velocities change places too, or numbers that stay. The error of one comparison is
``|a - b| / (|a| + |b|)``, in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError
from symmeter.nn.flow.flow import Flow, Velocity, as_velocity, check_flow
from symmeter.nn.flow.grid_flows import GridFlow
from symmeter.representations.equivariance import relative_discrepancy

__all__ = ["KINDS", "FlowError", "FlowReport", "flow_equivariance_error"]

KINDS = ("states", "fields", "field", "invariant")


class Options(NamedTuple):
    """How outputs belong to frames, and what of them counts."""

    lead: int
    depth: int
    features: bool


@dataclass(frozen=True)
class FlowError:
    """One velocity at one time.

    Attributes
    ----------
    velocity : tuple of float
    time : int
        Index of the frame from 0; of the last frame, for what a model gives once.
    error : float
        Mean over samples, whole grid.
    interior, boundary : float or None
        Away from the border by more than the motion so far (of the content, and of the channels of states), and
        nearer; None where a periodic grid has no border, or nothing is left inside.
    channels : int
        Channels of velocities that could be compared, 0 for outputs without.
    """

    velocity: Velocity
    time: int
    error: float
    interior: float | None
    boundary: float | None
    channels: int


@dataclass(frozen=True)
class FlowReport:
    """Errors of a model under the velocities of a flow.

    Attributes
    ----------
    flow : Flow
    kind : str
        What was compared: ``states``, ``fields``, ``field`` or ``invariant``.
    rows : tuple of FlowError
    """

    flow: Flow
    kind: str
    rows: tuple[FlowError, ...]

    @property
    def error(self) -> float:
        """Mean over velocities other than 0 and over times; of everything, where there is nothing else."""
        moving = [r.error for r in self.rows if any(r.velocity)] or [r.error for r in self.rows]
        return sum(moving) / len(moving)

    @property
    def worst(self) -> FlowError:
        """The largest error."""
        return max(self.rows, key=lambda r: r.error)

    def at(self, velocity: Sequence[float] | float) -> tuple[FlowError, ...]:
        """Errors under one velocity, by time."""
        nu = as_velocity(velocity)
        return tuple(r for r in self.rows if r.velocity == nu)

    def __float__(self) -> float:
        return self.error

    def to_json(self) -> dict[str, Any]:
        """Numbers for machines."""
        return {
            "kind": self.kind,
            "error": self.error,
            "worst": self.worst.error,
            "velocities": len(self.flow),
            "closed": self.flow.closed,
            "rows": [vars(r) for r in self.rows],
        }

    def __str__(self) -> str:
        lines = [f"flow equivariance of {self.kind}: mean {self.error:.3g}, worst {self.worst.error:.3g}"]
        lines.append(f"{'velocity':>16} {'time':>5} {'error':>9} {'interior':>9} {'boundary':>9}")
        for r in self.rows:
            name = ", ".join(f"{v:g}" for v in r.velocity)
            parts = ["-" if v is None else f"{v:.2e}" for v in (r.interior, r.boundary)]
            lines.append(f"{name:>16} {r.time:>5} {r.error:>9.2e} {parts[0]:>9} {parts[1]:>9}")
        return "\n".join(lines)


def flow_equivariance_error(
    model: Callable[[torch.Tensor], torch.Tensor],
    flow: Flow,
    sample: Float[torch.Tensor, "b t *channels_and_grid"],
    *,
    velocities: Sequence[Any] | None = None,
    kind: str | None = None,
    lead: int = 0,
    depth: int = 0,
    features: bool | None = None,
) -> FlowReport:
    """Errors of any sequence model under every velocity of a flow.

    Parameters
    ----------
    model : callable
        From frames (B, T, C, *grid) to hidden states (B, T, V, K, *grid), to a field for each frame (B, T', K, *grid),
        to one field (B, K, *grid), or to numbers (B, n).
    flow : Flow
    sample : tensor (B, T, C, *grid)
    velocities : sequence, optional
        Those to try; all of the flow when omitted.
    kind : {"states", "fields", "field", "invariant"}, optional
        What the model returns; told by the number of axes when omitted.
    lead : int
        Fields belong to frames ``lead, lead + 1, ...``: the number of frames given, for predictions of what follows.
    depth : int
        Points at the border that do not count as interior, beside those that the motion has reached: as many as the
        convolutions of the model carry the border's influence inwards.
    features : bool, optional
        Whether fields are features with orientations that turn along; told by the channels when omitted.

    Returns
    -------
    FlowReport

    Raises
    ------
    InputTypeError, ShapeError, InputError

    Examples
    --------
    >>> from symmeter.nn.flow import FlowSeq2Seq, TranslationFlow
    >>> flow = TranslationFlow(velocities=1)
    >>> model, frames = FlowSeq2Seq(flow, hidden=4).double(), torch.rand(2, 4, 1, 9, 9, dtype=torch.float64)
    >>> flow_equivariance_error(model.encode, flow, frames).error < 1e-12
    True
    """
    check_flow(flow)
    flow.check_frames(sample)
    if velocities is not None and (isinstance(velocities, str) or not isinstance(velocities, Iterable)):
        raise InputTypeError(f"velocities are {velocities!r}; give a list of those to try")
    if not callable(model):
        raise InputTypeError(f"the model is a {type(model).__name__}; give a function of frames")
    with torch.no_grad():
        still = _output(model, sample)
        kind = _kind(still, flow, sample, kind)
        if features is None:
            features = flow.orbit > 1 and kind != "invariant" and still.shape[-flow.ndim - 1] % flow.orbit == 0
            features = features and not (kind in ("field", "fields") and still.shape[-flow.ndim - 1] == sample.shape[2])
        rows: list[FlowError] = []
        for nu in flow.velocities if velocities is None else map(as_velocity, velocities):
            moved = _output(model, flow.sequence(sample, nu))
            if moved.shape != still.shape:
                raise ShapeError(
                    f"the model returns {tuple(moved.shape)} for moved frames, {tuple(still.shape)} before"
                )
            rows += _COMPARISONS[kind](flow, nu, still, moved, sample.shape[1], Options(lead, depth, features))
    if not rows:
        raise InputError("none of these velocities moves one channel of the set onto another; nothing can be compared")
    return FlowReport(flow, kind, tuple(rows))


def _output(model: Callable[[torch.Tensor], Any], frames: torch.Tensor) -> torch.Tensor:
    out = model(frames)
    if not isinstance(out, torch.Tensor):
        raise InputTypeError(f"the model returns {type(out).__name__}; measure a function that returns one tensor")
    return out


def _kind(out: torch.Tensor, flow: Flow, sample: torch.Tensor, kind: str | None) -> str:
    n, grid = flow.ndim, tuple(sample.shape[3:])
    axes = {"states": n + 4, "fields": n + 3, "field": n + 2, "invariant": 2}
    if kind is None:
        kind = next((k for k, a in axes.items() if a == out.ndim), None)
        if kind is None:
            raise ShapeError(f"the model returns shape {tuple(out.shape)}, which is no state, field or row of numbers")
    elif kind not in KINDS:
        raise UnknownNameError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    right = out.ndim == axes[kind] and (kind == "invariant" or tuple(out.shape[-n:]) == grid)
    if kind == "states":
        right = right and out.shape[2] == len(flow)
    if not right or out.shape[0] != sample.shape[0]:
        raise ShapeError(
            f"the model returns shape {tuple(out.shape)} for {sample.shape[0]} sequences on the grid {grid}, which are "
            f"no {kind} of {len(flow)} velocities"
        )
    return kind


def _states(flow: Flow, nu: Velocity, still: Any, moved: Any, _: int, how: Options) -> list[FlowError]:
    pairs = [(to, source) for to, source in enumerate(flow.differences(nu)) if source is not None]
    if not pairs:
        return []
    targets, sources = zip(*pairs)
    # Channels move too: what the border does to a fast one is carried inwards by its own velocity.
    fastest = [nu, *(flow.velocities[to] for to in targets)]
    rows = []
    for t in range(still.shape[1]):
        wanted = flow.move(still[:, t, list(sources)], nu, t + how.lead, features=True)
        rows.append(_row(flow, nu, t, moved[:, t, list(targets)], wanted, t + how.lead, how.depth, fastest, len(pairs)))
    return rows


def _fields(flow: Flow, nu: Velocity, still: Any, moved: Any, _: int, how: Options) -> list[FlowError]:
    rows = []
    for t in range(still.shape[1]):
        wanted = flow.move(still[:, t], nu, t + how.lead, features=how.features)
        rows.append(_row(flow, nu, t, moved[:, t], wanted, t + how.lead, how.depth, [nu], 0))
    return rows


def _field(flow: Flow, nu: Velocity, still: Any, moved: Any, frames: int, how: Options) -> list[FlowError]:
    last = frames - 1 + how.lead
    wanted = flow.move(still, nu, last, features=how.features)
    return [_row(flow, nu, frames - 1, moved, wanted, last, how.depth, [nu], 0)]


def _invariant(flow: Flow, nu: Velocity, still: Any, moved: Any, frames: int, *_: Any) -> list[FlowError]:
    return [FlowError(nu, frames - 1, _mean(moved, still), None, None, 0)]


_COMPARISONS: dict[str, Callable[..., list[FlowError]]] = {
    "states": _states,
    "fields": _fields,
    "field": _field,
    "invariant": _invariant,
}


def _mean(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float(relative_discrepancy(found, wanted, batch_axes=1).mean())


def _row(
    flow: Flow,
    nu: Velocity,
    time: int,
    found: Any,
    wanted: Any,
    steps: int,
    margin: int,
    carrying: Sequence[Velocity],
    channels: int,
) -> FlowError:
    inside = _interior(flow, carrying, steps, margin, tuple(found.shape[-flow.ndim :]))
    interior = boundary = None
    if inside is not None:
        mask = inside.to(found.device)
        if mask.any():
            interior = _mean(found * mask, wanted * mask)
        if not mask.all():
            boundary = _mean(found * ~mask, wanted * ~mask)
    return FlowError(nu, time, _mean(found, wanted), interior, boundary, channels)


def _interior(
    flow: Flow, carrying: Sequence[Velocity], steps: int, margin: int, grid: tuple[int, ...]
) -> torch.Tensor | None:
    """Points that nothing from outside has reached by any of some motions; None for periodic grids."""
    if isinstance(flow, GridFlow):
        if flow.periodic:
            return None
        reached = zip(*(flow.shift(nu, steps) for nu in carrying))
        depth = [margin + max(math.ceil(abs(s) - 1e-9) for s in along) for along in reached]
        inside = torch.ones(grid, dtype=torch.bool)
        for k, (n, d, axis) in enumerate(zip(grid, depth, flow.axes)):
            if axis.boundary == "circular":
                continue
            place = torch.arange(n)
            shape = [1] * len(grid)
            shape[k] = n
            inside &= ((place >= d) & (place < n - d)).view(shape)
        return inside
    # Turning keeps a disc: pixels beyond it come from corners.
    centred = [torch.arange(n, dtype=torch.float64) - (n - 1) / 2 for n in grid]
    squares = sum(c.square().view([-1 if j == k else 1 for j in range(len(grid))]) for k, c in enumerate(centred))
    return torch.as_tensor(squares) <= max(min(grid) / 2 - 1 - margin, 0.0) ** 2
