"""The same picture of atoms as short SVG text, for reports: one dot for each column of atoms, without matplotlib."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from symmeter.spacetime.defects.pictures import INK, LINE, ORANGE, SHADES, SOFT, UNITS, project

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport

__all__ = ["svg_of_atoms"]

_SIDE, _MARGIN = 420.0, 14.0
#: Columns that are drawn; a report stays below a megabyte.
_MOST = 2500


def svg_of_atoms(report: AtomsReport, scalar: str = "alpha", most: int = _MOST) -> tuple[str, str]:
    """A picture as SVG text, and what it leaves out."""
    view = project(report, scalar, most=20_000)
    xy, values = _columns(view.xy, np.abs(view.values), 0.25 * report.lattice.spacing)
    note = ""
    if len(xy) > most:
        middle = np.array(view.arrows[0].at) if view.arrows else xy.mean(0)
        near = np.argsort(((xy - middle) ** 2).sum(1))[:most]
        note = f"The nearest {most} of {len(xy)} columns are drawn."
        xy, values = xy[near], values[near]
    low = xy.min(0)
    span = max(float(np.ptp(xy, axis=0).max()), 1e-9)
    scale = (_SIDE - 2 * _MARGIN) / span
    width = _MARGIN * 2 + scale * float(np.ptp(xy[:, 0]))
    height = _MARGIN * 2 + scale * float(np.ptp(xy[:, 1]))
    top = float(values.max(initial=0.0)) or 1.0
    radius = max(1.0, 0.36 * report.lattice.spacing * scale)
    px = _MARGIN + (xy[:, 0] - low[0]) * scale
    py = height - _MARGIN - (xy[:, 1] - low[1]) * scale
    words = f"atoms seen along the line, shaded by {UNITS[scalar]}, up to {top:.3g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height + 34:.0f}" role="img" '
        f'aria-label="{escape(words)}" width="{width:.0f}" height="{height + 34:.0f}">'
    ]
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{_shade(v / top)}"/>'
        for x, y, v in zip(px, py, values)
    ]
    for arrow in view.arrows[:40]:
        x, y = _MARGIN + (arrow.at[0] - low[0]) * scale, height - _MARGIN - (arrow.at[1] - low[1]) * scale
        length = float(np.hypot(*arrow.along))
        if length > 0.2 * report.lattice.spacing:
            dx, dy = 46 * arrow.along[0] / length, -46 * arrow.along[1] / length
            hx, hy = x + dx, y + dy
            parts.append(
                f'<path d="M{x:.1f} {y:.1f}L{hx:.1f} {hy:.1f}M{hx - 0.22 * dx - 0.14 * dy:.1f} '
                f"{hy - 0.22 * dy + 0.14 * dx:.1f}L{hx:.1f} {hy:.1f}L{hx - 0.22 * dx + 0.14 * dy:.1f} "
                f'{hy - 0.22 * dy - 0.14 * dx:.1f}" fill="none" stroke="{ORANGE}" stroke-width="2.4"/>'
            )
        else:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="{ORANGE}" stroke-width="2.2"/>')
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{ORANGE}"/>')
        # Twice: a pale edge first, so that the words stand out from the dots.
        for edge in (' stroke="#fff" stroke-width="4"', ""):
            parts.append(
                f'<text x="{x + 10:.1f}" y="{y + 18:.1f}" font-size="12" font-weight="600" fill="{ORANGE}"{edge}>'
                f"{escape(arrow.label)}</text>"
            )
    parts.append(_bar(width, height, top, UNITS[scalar]))
    return "".join([*parts, "</svg>"]), note


def _columns(xy: np.ndarray, values: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Atoms behind one another as one, with the largest value."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    pairs = KDTree(xy).query_pairs(width, output_type="ndarray")
    table = csr_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    n, where = connected_components(table, directed=False)
    out = np.zeros(n)
    np.maximum.at(out, where, values)
    counts = np.bincount(where, minlength=n)
    middle = np.stack([np.bincount(where, xy[:, d], minlength=n) / counts for d in range(2)], axis=1)
    return middle, out


def _shade(share: float) -> str:
    # Roots show the slow decay around a core beside the core itself.
    at = min(max(share, 0.0), 1.0) ** 0.5 * (len(SHADES) - 1)
    k = min(int(at), len(SHADES) - 2)
    rgb = [round(p + (q - p) * (at - k)) for p, q in zip(SHADES[k], SHADES[k + 1])]
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _bar(width: float, height: float, top: float, words: str) -> str:
    steps = 24
    w = (width - 2 * _MARGIN) / steps
    boxes = "".join(
        f'<rect x="{_MARGIN + k * w:.1f}" y="{height + 2:.1f}" width="{w + 0.5:.1f}" height="8" '
        f'fill="{_shade((k + 0.5) / steps)}"/>'
        for k in range(steps)
    )
    text = (
        f'<text x="{_MARGIN:.0f}" y="{height + 26:.1f}" font-size="12" fill="{SOFT}">0</text>'
        f'<text x="{width / 2:.0f}" y="{height + 26:.1f}" font-size="12" fill="{INK}" text-anchor="middle">'
        f"{escape(words)}</text>"
        f'<text x="{width - _MARGIN:.0f}" y="{height + 26:.1f}" font-size="12" fill="{SOFT}" text-anchor="end">'
        f"{top:.3g}</text>"
    )
    frame = f'<rect x="{_MARGIN:.1f}" y="{height + 2:.1f}" width="{width - 2 * _MARGIN:.1f}" height="8" fill="none" '
    return f'{boxes}{frame}stroke="{LINE}"/>{text}'
