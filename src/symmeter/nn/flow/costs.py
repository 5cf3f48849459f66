"""How many multiplications a flow network needs, and a network without velocities that needs as many."""

from __future__ import annotations

from collections.abc import Callable

from symmeter.nn.flow.cell import CELLS
from symmeter.nn.flow.recipes import Recipe

__all__ = ["cell_multiplications", "matched_width", "multiplications"]

#: No network of these experiments is wider.
_WIDEST = 1024


def cell_multiplications(cell: str, channels: int, hidden: int, velocities: int, points: int) -> int:
    """For each point of the grid and one frame, when the channels of all velocities differ.

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm"}
    channels, hidden : int
        Of the frame and of the state.
    velocities : int
    points : int
        Of the kernel, 9 for 3 x 3.

    Examples
    --------
    >>> cell_multiplications("rnn", 1, 16, 5, 9) == 9 * (16 + 5 * 16 * 16)
    True
    """
    inside = 3 if cell == "gru" else CELLS[cell]
    return points * (channels * hidden * inside + velocities * hidden * hidden * inside)


def multiplications(recipe: Recipe) -> int:
    """Of one sequence, given and predicted frames, for each point of the grid.

    Examples
    --------
    >>> multiplications(Recipe(flow_velocities=0)) < multiplications(Recipe(flow_velocities=2))
    True
    """
    points, hidden = recipe.kernel_size**2, recipe.hidden
    velocities = len(recipe.velocities(recipe.flow_velocities))
    frames = recipe.given + (recipe.predicted - 1 + recipe.repeat_last if recipe.task == "predict" else 0)
    total = frames * cell_multiplications(recipe.cell, 1, hidden, velocities, points)
    if recipe.task == "predict":
        total += recipe.predicted * points * (recipe.decoder_layers * hidden * hidden + hidden)
    return total


def matched_width(cost: Callable[[int], int], target: int) -> int:
    """The width at which a cost that grows with it is nearest the target.

    Examples
    --------
    >>> matched_width(lambda width: width * width, 30)
    5
    """
    above = next((w for w in range(1, _WIDEST) if cost(w) >= target), _WIDEST)
    return min((w for w in (above - 1, above) if w >= 1), key=lambda w: abs(cost(w) - target))
