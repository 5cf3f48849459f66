"""The hand in which all figures of papers are drawn: colours, type, and a page with a title and one line below it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symmeter.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BLUE", "GREY", "INK", "LINE", "ORANGE", "PAPER", "PURPLE", "SERIF", "SOFT", "TEAL", "page", "quiet_axes"]

INK, SOFT, LINE, PAPER = "#11202b", "#566773", "#d3dce1", "#ffffff"
TEAL, BLUE, ORANGE, PURPLE, GREY = "#00796b", "#1f57a8", "#c25700", "#8e4585", "#8496a0"
#: Named at every use: the font is looked up when the figure is written, outside the style of a page.
SERIF = "STIXGeneral"

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.solid_capstyle": "round",
}


@contextmanager
def page(
    size: tuple[float, float], title: str, words: str, *, at: tuple[float, float, float] = (0.05, 0.949, 0.92)
) -> Iterator[Figure]:
    """A figure in the house style, for as long as it is drawn on.

    Parameters
    ----------
    size : (float, float)
        Width and height, inches.
    title, words : str
        The title, and the line below it.
    at : (float, float, float)
        Left edge of both, height of the title and of the line, in parts of the page.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the figure") from error

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size, facecolor=PAPER)
        left, top, below = at
        figure.text(left, top, title, fontsize=24, family=SERIF, color=INK)
        figure.text(left, below, words, color=SOFT, fontsize=9.6)
        yield figure


def quiet_axes(axes: Axes) -> None:
    """Short pale ticks, and pale lines behind the data at the heights of the ticks."""
    axes.tick_params(length=3, width=0.8, color=LINE, which="both")
    axes.grid(axis="y", color=LINE, linewidth=0.6, alpha=0.7)
    axes.set_axisbelow(True)
