"""Pictures of atoms seen along a line: a scalar as colour, cores marked, Burgers vectors as arrows.

``project`` chooses what is seen; :func:`draw_atoms` paints it with matplotlib, :mod:`.pictures_svg` without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport

__all__ = ["SHADES", "UNITS", "Arrow", "View", "draw_atoms", "project"]

INK, SOFT, LINE, ORANGE = "#11202b", "#566773", "#d3dce1", "#c25700"
#: From pale to dark.
SHADES = ((232, 238, 241), (150, 203, 194), (0, 121, 107), (17, 32, 43))
#: What each scalar is called in a picture.
UNITS = {
    "alpha": "dislocation density |α| (1/length)", "volume": "volume of an atom", "dilation": "local dilation",
    "misorientation": "rotation from the mean lattice (degrees)",
    "rotation": "rotation of the lattice (degrees)", "strain": "norm of the strain", "coordination": "coordination",
    "matched": "matched neighbours", "A": "point-defect form |A| (1/length)", "screw": "screw content tr α (1/length)",
    "div Q": "div Q, source of point defects (1/length²)",
    "div P": "div P, source of disclinations (1/length²)",
    "uncertainty": "uncertainty of |α| (1/length)",
    "flagged": "flagged atoms", "grain": "grain",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arrow:
    """A Burgers vector in the plane of the picture.

    Attributes
    ----------
    at : (float, float)
    along : (float, float)
        Its part in the plane.
    out : float
        Its part towards the eye.
    label : str
    """

    at: tuple[float, float]
    along: tuple[float, float]
    out: float
    label: str


@dataclass(frozen=True, eq=False)
class View:
    """Atoms of one slice, seen along a direction.

    Attributes
    ----------
    atoms : array of shape (m,)
        Which are seen, the farthest first.
    xy : array of shape (m, 2)
    values : array of shape (m,)
    arrows : tuple of Arrow
    scalar, axes : str
        The scalar's name, and what lies to the right and up.
    """

    atoms: Int[np.ndarray, " m"]
    xy: Float[np.ndarray, "m 2"]
    values: Float[np.ndarray, " m"]
    arrows: tuple[Arrow, ...]
    scalar: str
    axes: tuple[str, str]


def project(report: AtomsReport, scalar: str = "alpha", direction: Any = None, most: int = 20_000) -> View:
    """What is seen along a direction: a slice through the strongest core, thin enough to see columns.

    Parameters
    ----------
    report : AtomsReport
    scalar : str
        A name that :meth:`AtomsReport.scalar` knows.
    direction : array of 3, optional
        Towards the eye; along the strongest line when omitted, else z.
    most : int
        Of more atoms the nearest to the middle of the slice are drawn.
    """
    values = np.nan_to_num(report.scalar(scalar))
    loops = report.loops
    towards = loops[0].normal if direction is None and loops else np.asarray(
        (0.0, 0.0, 1.0) if direction is None else direction, dtype=float)  # fmt: skip
    if towards.shape != (3,) or not np.linalg.norm(towards) > 0:
        raise InputError(f"direction={direction!r}: what the eye looks along is three numbers, not all zero")
    n = towards / np.linalg.norm(towards)
    if np.abs(n).max() > 1 - 1e-6:
        k = int(np.abs(n).argmax())
        right, up = np.eye(3)[(k + 1) % 3], np.eye(3)[(k + 2) % 3]
    else:
        right = np.cross(n, np.eye(3)[int(np.abs(n).argmin())])
        right /= np.linalg.norm(right)
        up = np.cross(n, right)
    x = report.crystal.positions
    centre = loops[0].centre if loops else x.mean(0)
    depth = (x - centre) @ n
    thick = max(1.2 * report.lattice.a, 2.0 * report.lattice.spacing)
    chosen = np.flatnonzero(np.abs(depth) < thick)
    if len(chosen) > most:
        flat = np.linalg.norm((x[chosen] - centre) - depth[chosen, None] * n, axis=1)
        chosen = chosen[np.argsort(flat)[:most]]
    chosen = chosen[np.argsort(depth[chosen], kind="stable")]
    arrows = tuple(
        Arrow(
            (float(loop.centre @ right), float(loop.centre @ up)),
            (float(loop.lab_burgers @ right), float(loop.lab_burgers @ up)), float(loop.lab_burgers @ n),
            loop.miller if abs(loop.frank_angle) < 1e-6 else f"{np.degrees(loop.frank_angle):.0f}°",
        )
        for loop in loops
    )  # fmt: skip
    return View(chosen, np.stack([x[chosen] @ right, x[chosen] @ up], axis=1), values[chosen], arrows, scalar,
                (_named(right), _named(up)))  # fmt: skip


def _named(v: np.ndarray) -> str:
    for k, name in enumerate("xyz"):
        if abs(v[k]) > 1 - 1e-6:
            return name if v[k] > 0 else f"-{name}"
    return "(" + ", ".join(f"{round(float(c), 2) + 0.0:.2f}" for c in v) + ")"


def draw_atoms(
    report: AtomsReport, path: Any = None, scalar: str = "alpha", *, direction: Any = None, title: str | None = None
) -> Any:
    """Draw a slice of the atoms.

    Parameters
    ----------
    report : AtomsReport
    path : path, optional
        ``.png`` or ``.svg``; the matplotlib figure is returned in any case.
    scalar : str
        alpha, volume, dilation, rotation, misorientation, strain, coordination, matched, A, screw, div Q, div P,
        uncertainty, flagged, grain.
    direction : array of 3, optional
        Towards the eye; along the strongest line when omitted.
    title : str, optional

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    view = project(report, scalar, direction)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the picture") from error
    figure = Figure(figsize=(7.2, 6.2), facecolor="white", layout="constrained")
    axes = figure.subplots()
    paint(axes, figure, view, report)
    axes.set_title(title or f"{report.n} atoms as {report.lattice.name}", loc="left", color=INK, fontsize=12)
    if path is not None:
        write_figure(figure, path, dpi=160)
    return figure


def paint(axes: Any, figure: Any, view: View, report: AtomsReport, label: bool = True) -> Any:
    """Put a view on axes; returns the dots."""
    span = np.ptp(view.xy, axis=0) + 1e-9
    # Dots as wide as two thirds of the nearest distance.
    box = axes.get_window_extent().width / figure.dpi * 72
    size = min(120.0, max(1.5, (0.62 * report.lattice.spacing / span.max() * box) ** 2))
    top = float(np.quantile(np.abs(view.values), 0.999)) if len(view.values) else 1.0
    signed = bool((view.values < -1e-12).any())
    from matplotlib.colors import LinearSegmentedColormap, Normalize, PowerNorm

    pale = LinearSegmentedColormap.from_list("density", [tuple(c / 255 for c in shade) for shade in SHADES])
    # Roots show the slow decay around a core beside the core itself.
    norm = Normalize(-top, top) if signed else PowerNorm(0.5, 0.0, top or 1.0)
    dots = axes.scatter(view.xy[:, 0], view.xy[:, 1], c=view.values if signed else np.abs(view.values), s=size,
                        linewidths=0.0, cmap="RdBu_r" if signed else pale, norm=norm, rasterized=True)  # fmt: skip
    reach = 0.12 * span.max()
    for arrow in view.arrows:
        along = np.array(arrow.along)
        length = np.linalg.norm(along)
        at = np.array(arrow.at)
        if length > 0.2 * report.lattice.spacing:
            axes.annotate("", at + along / length * reach, at,
                          arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 2.0})  # fmt: skip
        else:
            axes.plot(*at, "o", ms=9, mfc="none", mec=ORANGE, mew=1.8)
            axes.plot(*at, "." if arrow.out > 0 else "x", ms=5, color=ORANGE)
        axes.annotate(arrow.label, at, (8, -14), textcoords="offset points", color=ORANGE, fontsize=9, weight="bold",
                      bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8})  # fmt: skip
    axes.set_aspect("equal")
    axes.set_xlabel(view.axes[0], color=SOFT)
    axes.set_ylabel(view.axes[1], color=SOFT)
    for side in axes.spines.values():
        side.set_color(LINE)
    axes.tick_params(colors=SOFT, length=3)
    if label:
        bar = figure.colorbar(dots, ax=axes, fraction=0.045, pad=0.02)
        bar.set_label(UNITS[view.scalar], color=SOFT)
        bar.outline.set_edgecolor(LINE)
        bar.ax.tick_params(colors=SOFT, length=3)
    return dots
