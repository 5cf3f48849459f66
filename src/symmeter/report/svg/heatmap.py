"""An array as a picture: one path per shade, so that a large image stays a small file.

Shades: light to dark for values of one sign, two hues about zero for signed values; complex values are coloured by
their phase and lightened by their modulus (domain colouring).
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Num

from symmeter.report.svg.elements import picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["heatmap", "shade_scale"]

#: Cells a side; larger arrays are averaged over blocks.
LARGEST_SIDE = 64

_SHADES = 25
_HUES = 12
# Sequential: ink blue over teal to a pale cream. Diverging: petrol, near white, vermilion. Evenly spaced anchors.
_SEQUENTIAL = ("#0b1b2b", "#123a52", "#14616b", "#2f8f7f", "#86bd8f", "#d9e3b4", "#fdf9e3")
_DIVERGING = ("#0a4a5c", "#2e8499", "#93c4cd", "#f3f1ec", "#eab08f", "#cf6543", "#86240f")


def shade_scale(*arrays: Num[np.ndarray, "..."]) -> tuple[str, float, float]:
    """The kind of shades and the range that pictures to be compared share.

    Returns
    -------
    kind : str
        ``"sequential"``, ``"diverging"`` or ``"complex"``.
    low, high : float
    """
    values = np.concatenate([np.asarray(a).ravel() for a in arrays]) if arrays else np.zeros(1)
    if np.iscomplexobj(values):
        if np.abs(np.imag(values)).max(initial=0.0) > 1e-12 * max(np.abs(values).max(initial=0.0), 1e-300):
            return "complex", 0.0, _largest(np.abs(values))
        values = np.real(values)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low < 0.0 < high and low < -0.02 * high:
        reach = max(-low, high)
        return "diverging", -reach, reach
    return "sequential", low, high


def heatmap(
    values: Num[np.ndarray, "h w"], label: str, scale: tuple[str, float, float] | None = None, size: float = 148.0
) -> Markup:
    """The picture of a matrix or of an image.

    Parameters
    ----------
    values : array of shape (h, w)
    label : str
        The text alternative.
    scale : tuple, optional
        From :func:`shade_scale`, when several pictures share it.
    size : float
        Length of the longer side in pixels.
    """
    values = np.atleast_2d(np.asarray(values))
    kind, low, high = scale or shade_scale(values)
    values = _shrink(values)
    if kind == "complex":
        codes, colours = _complex_codes(values, high)
    else:
        codes = _real_codes(np.real(values), low, high)
        anchors = _DIVERGING if kind == "diverging" else _SEQUENTIAL
        colours = {k: _mix(anchors, k / (_SHADES - 1)) for k in range(_SHADES)}
    h, w = codes.shape
    # Neighbouring cells overlap by a hair: without it some renderers show seams between them.
    cells = [tag("path", d=_runs(codes == code), fill=colours[int(code)]) for code in np.unique(codes) if code >= 0]
    frame = tag("rect", width=float(w), height=float(h), class_="frame")
    scale_up = size / max(h, w)
    return picture("heatmap", float(w), float(h), label, frame, *cells, scale=scale_up)


def _largest(modulus: np.ndarray) -> float:
    finite = modulus[np.isfinite(modulus)]
    return float(finite.max(initial=0.0))


def _shrink(values: np.ndarray) -> np.ndarray:
    for axis in (0, 1):
        length = values.shape[axis]
        if length > LARGEST_SIDE:
            edges = np.linspace(0, length, LARGEST_SIDE + 1).astype(int)[:-1]
            counts = np.diff(np.append(edges, length))
            sums = np.add.reduceat(values, edges, axis=axis)
            values = sums / (counts[:, None] if axis == 0 else counts[None, :])
    return values


def _real_codes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    span = high - low
    if not span > 0:
        codes = np.full(values.shape, 0 if high <= 0 else _SHADES - 1)
    else:
        with np.errstate(invalid="ignore"):
            codes = np.nan_to_num(np.rint((values - low) / span * (_SHADES - 1))).clip(0, _SHADES - 1).astype(int)
    return np.where(np.isfinite(values), codes, -1)


def _complex_codes(values: np.ndarray, high: float) -> tuple[np.ndarray, dict[int, str]]:
    levels = 6
    modulus = np.abs(values) / high if high > 0 else np.abs(values)
    level = np.nan_to_num(np.rint(modulus * (levels - 1))).clip(0, levels - 1).astype(int)
    hue = np.rint(np.nan_to_num(np.angle(values)) / (2 * np.pi) * _HUES).astype(int) % _HUES
    codes = np.where(np.isfinite(values), level * _HUES + np.where(level > 0, hue, 0), -1)
    colours = {}
    for k in range(levels):
        for j in range(_HUES):
            rgb = colorsys.hls_to_rgb(j / _HUES, 0.96 - 0.46 * k / (levels - 1), 0.65)
            colours[k * _HUES + j] = "#" + "".join(f"{round(255 * c):02x}" for c in rgb)
    return codes, colours


def _runs(mask: np.ndarray) -> str:
    parts = []
    for y, row in enumerate(mask):
        steps = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
        parts += [f"M{a} {y}h{b - a + 0.02:g}v1.02H{a}z" for a, b in zip(steps[::2].tolist(), steps[1::2].tolist())]
    return "".join(parts)


def _mix(anchors: tuple[str, ...], position: float) -> str:
    place = position * (len(anchors) - 1)
    k = min(int(place), len(anchors) - 2)
    first, second = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in anchors[k : k + 2])
    return "#" + "".join(f"{round(v):02x}" for v in (first + (place - k) * (second - first)).tolist())
