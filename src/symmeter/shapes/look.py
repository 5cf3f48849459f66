"""Looks of pictures: light, colours and lines, by name, by hand or at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

import numpy as np

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["LOOKS", "Look", "chosen_look", "random_look"]


@dataclass(frozen=True)
class Look:
    """Light, colours and lines of a picture.

    Parameters
    ----------
    colouring : str
        ``"kind"`` (of polygon), ``"part"`` (of a compound), ``"plane"``, one colour (a name or "#rrggbb"), or
        ``"auto"``.
    lines : float
        Width of edges, in pixels of a picture of 256; outlines are wider by half. 0 draws none.
    line_colour, background : str
        A name or "#rrggbb"; the background may be ``"transparent"``.
    light : sequence of 3 numbers
        Direction to the light in the camera's axes: right, up, towards the eye.
    ambient, diffuse, specular : float
        Brightness from everywhere, from the light, and of highlights.
    gloss : int
        0 to 10; each step makes highlights narrower.
    shadows : bool
        Whether the light throws shadows.
    sky : int
        Directions of a bright sky that shades what is enclosed, with shadows; 0 for an even light from above.
    opacity : float
        Of surfaces, 0 to 1.
    hidden_lines : float
        Strength, 0 to 1, of edges that lie behind a surface.
    """

    colouring: str = "auto"
    lines: float = 0.9
    line_colour: str = "ink"
    background: str = "white"
    light: Sequence[float] = (-0.5, 0.75, 0.75)
    ambient: float = 0.62
    diffuse: float = 0.55
    specular: float = 0.16
    gloss: int = 4
    shadows: bool = False
    sky: int = 0
    opacity: float = 1.0
    hidden_lines: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "lines": (0, 50),
            "ambient": (0, 10),
            "diffuse": (0, 10),
            "specular": (0, 10),
            "gloss": (0, 10),
            "sky": (0, 1024),
            "opacity": (0, 1),
            "hidden_lines": (0, 1),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not isinstance(value, (int, float, np.integer, np.floating)) or not low <= value <= high:
                raise InputError(f"{name} is {value!r}; it lies between {low} and {high}")
        try:
            light = tuple(float(v) for v in self.light)
        except (TypeError, ValueError):
            light = ()
        if len(light) != 3 or not all(map(isfinite, light)) or not any(light):
            raise InputError(f"light is {self.light!r}; it needs three finite numbers, not all zero")
        object.__setattr__(self, "light", light)


LOOKS: dict[str, Look] = {
    "solid": Look(),
    "soft": Look(shadows=True, sky=64, ambient=0.85, diffuse=0.42, specular=0.1),
    "matte": Look(lines=0.0, specular=0.0),
    "paper": Look(colouring="paper", ambient=0.75, diffuse=0.35, specular=0.0, shadows=True, sky=64),
    "glass": Look(opacity=0.72, hidden_lines=0.55, specular=0.3, gloss=5),
    "wireframe": Look(opacity=0.0, hidden_lines=0.35, lines=1.2),
    "drawing": Look(colouring="white", ambient=1.0, diffuse=0.0, specular=0.0, lines=1.2, hidden_lines=0.18),
}


def chosen_look(look: str | Look, changes: Mapping[str, Any]) -> Look:
    """A look by name, some of its fields changed."""
    if not isinstance(look, Look):
        if look not in LOOKS:
            near = nearest_name(look, LOOKS)
            right = f"did you mean {near}?" if near else f"use {', '.join(LOOKS)}"
            raise UnknownNameError(f"no look is called {look!r}; {right}")
        look = LOOKS[look]
    known = [f.name for f in fields(Look)]
    for name in changes:
        if name not in known:
            near = nearest_name(name, known)
            raise UnknownNameError(
                f"a look has no {name!r}; " + (f"did you mean {near}?" if near else f"it has {', '.join(known)}")
            )
    return replace(look, **changes)


def random_look(rng: np.random.Generator, look: str | Look = "matte") -> Look:
    """A look with a random light, brightness and colour, for sets of pictures that should not give these away.

    Examples
    --------
    >>> random_look(np.random.default_rng(1)) == random_look(np.random.default_rng(1))
    True
    """
    light = rng.standard_normal(3)
    light[2] = abs(light[2]) + 0.3
    hue, value = float(rng.uniform(0.0, 1.0)), float(rng.uniform(0.55, 0.95))
    saturation = float(rng.uniform(0.1, 0.7))
    rgb = [value * (1 - saturation * min(1.0, max(0.0, abs((6 * hue + k) % 6 - 3) - 1))) for k in (0, 4, 2)]
    return replace(
        chosen_look(look, {}),
        colouring="#" + "".join(f"{round(255 * c):02x}" for c in rgb),
        light=tuple(light.tolist()),
        ambient=float(rng.uniform(0.3, 0.7)),
        diffuse=float(rng.uniform(0.4, 0.8)),
        specular=float(rng.uniform(0.0, 0.3)),
    )
