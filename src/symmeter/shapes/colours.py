"""Colours of faces: a palette, names, kinds of polygons, and linear light."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.errors import UnknownNameError, nearest_name

__all__ = ["COLOURINGS", "NAMED_COLOURS", "PALETTE", "kind_colour", "linear_colour", "srgb_colour"]

COLOURINGS = ("auto", "kind", "part", "plane")
PALETTE = (
    *("#2a9d8f", "#e9b44c", "#d1495b", "#3d6fb4", "#8e5ea2", "#6aa84f"),
    *("#e07a3f", "#4fb3d1", "#b56576", "#9a8c4a", "#5b5f97", "#c9a0dc"),
)
NAMED_COLOURS = {
    "white": "#ffffff",
    "black": "#000000",
    "grey": "#8496a0",
    "paper": "#f6f1e7",
    "ink": "#11202b",
    "teal": PALETTE[0],
    "gold": PALETTE[1],
    "red": PALETTE[2],
    "blue": PALETTE[3],
    "purple": PALETTE[4],
    "green": PALETTE[5],
    "orange": PALETTE[6],
}
#: Polygons have their colours wherever they occur.
_KINDS = {
    "3": PALETTE[1],
    "4": PALETTE[2],
    "5": PALETTE[0],
    "6": PALETTE[3],
    "7": PALETTE[7],
    "8": PALETTE[4],
    "10": PALETTE[5],
    "12": PALETTE[6],
    "5/2": "#3f7fbf",
    "8/3": "#7d5ba6",
    "10/3": "#4b8f5a",
}


def srgb_colour(name: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1 of a name or of "#rrggbb".

    Examples
    --------
    >>> srgb_colour("#ff0080")[0], srgb_colour("white")
    (1.0, (1.0, 1.0, 1.0))
    """
    text = NAMED_COLOURS.get(str(name).casefold(), str(name))
    digits = text.removeprefix("#")
    if text.startswith("#") and len(digits) in (3, 6) and all(c in "0123456789abcdefABCDEF" for c in digits):
        pairs = [c * 2 for c in digits] if len(digits) == 3 else [digits[i : i + 2] for i in (0, 2, 4)]
        r, g, b = (int(p, 16) / 255.0 for p in pairs)
        return r, g, b
    near = nearest_name(name, NAMED_COLOURS)
    right = f"did you mean {near}?" if near else f"use #rrggbb or one of {', '.join(NAMED_COLOURS)}"
    raise UnknownNameError(f"no colour is called {name!r}; {right}")


def linear_colour(name: str) -> Float[np.ndarray, " 3"]:
    """A colour in linear light, where light adds up."""
    v = np.array(srgb_colour(name))
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def kind_colour(kind: str) -> str:
    """The colour of "3", "5/2" ... wherever they occur."""
    if kind in _KINDS:
        return _KINDS[kind]
    size, _, turns = kind.partition("/")
    return PALETTE[(int(size) + 3 * int(turns or 0)) % len(PALETTE)]
