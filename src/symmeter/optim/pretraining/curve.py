"""Loss curves of runs: training as a thin smoothed line, held-out losses as dots, labels at the ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from symmeter.errors import MissingDependencyError
from symmeter.optim.pretraining.training import TrainingRun

__all__ = ["save_curve"]

_COLOURS = ("#00796b", "#1f57a8", "#c25700", "#8e4585", "#566773")


def save_curve(runs: Sequence[TrainingRun], path: str | Path) -> None:
    """Write a picture of the losses.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the curve") from error
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for run, colour in zip(runs, _COLOURS * len(runs)):
        loss = np.array(run.train_loss)
        width = max(1, len(loss) // 40)
        smooth = np.convolve(loss, np.ones(width) / width, mode="valid")
        axes.plot(np.arange(len(smooth)) + width, smooth, color=colour, linewidth=1.2)
        axes.plot(run.checked, run.held_out_loss, "o", color=colour, markersize=4)
        axes.annotate(f"{run.plan.optimizer}  {run.loss:.3f}", (run.checked[-1], run.loss), xytext=(6, 0),
                      textcoords="offset points", color=colour, va="center", fontsize=9)  # fmt: skip
    axes.set_xlabel("step")
    axes.set_ylabel("nats a token (dots: held out)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.02)
    write_figure(figure, path)
