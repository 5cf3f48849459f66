"""A sample before and after a transformation as bars, for columns that are no image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Num

from symmeter.report.svg.elements import number, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["bars"]

#: More bars than this are not told apart; the rest is left out and said so.
MOST_BARS = 64


def bars(values: Num[np.ndarray, " m"], label: str, limits: tuple[float, float], width: float = 220.0) -> Markup:
    """Bars from zero; complex values show their real part as a bar and their modulus as a cap.

    Parameters
    ----------
    values : array of shape (M,)
    label : str
        The text alternative.
    limits : tuple of float
        The range that pictures to be compared share; zero is always inside.
    width : float
        In pixels.
    """
    values = np.asarray(values).ravel()[:MOST_BARS]
    real = np.nan_to_num(np.real(values).astype(float))
    low, high = min(limits[0], 0.0), max(limits[1], 0.0)
    span = (high - low) or 1.0
    height, margin = 64.0, 3.0

    def y(value: float) -> float:
        return margin + (high - value) / span * (height - 2 * margin)

    pitch = width / max(len(values), 1)
    gap = 0.18 * pitch
    parts = []
    for sign, kind in ((1, "up"), (-1, "down")):
        d = "".join(
            f"M{number(i * pitch + gap / 2)} {number(y(0.0))}H{number((i + 1) * pitch - gap / 2)}V{number(y(v))}"
            f"H{number(i * pitch + gap / 2)}Z"
            for i, v in enumerate(real.tolist())
            if v * sign > 0
        )
        if d:
            parts.append(tag("path", d=d, class_=f"bar {kind}"))
    if np.iscomplexobj(values):
        caps = "".join(
            f"M{number(i * pitch + gap / 2)} {number(y(float(v)))}H{number((i + 1) * pitch - gap / 2)}"
            for i, v in enumerate(np.nan_to_num(np.abs(values)))
        )
        parts.append(tag("path", d=caps, class_="cap"))
    parts.append(tag("path", d=f"M0 {number(y(0.0))}H{number(width)}", class_="axis"))
    return picture("bars", width, height, label, *parts)
