"""Group elements in a few words, for tables of which elements break a symmetry."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["name_of_element", "planar_name"]


def name_of_element(elements: Any, which: int) -> str:
    """Text of one element of :class:`symmeter.nn.elements.Elements`."""
    group = elements.group
    if elements.images is not None:
        return _cycles(elements.images[which].numpy())
    if elements.index is not None:
        number = int(elements.index[which])
        matrices = getattr(group, "matrices", None)
        if matrices is not None and matrices.shape[-1] == 2 and not np.iscomplexobj(matrices):
            return planar_name(matrices[number])
        return "identity" if number == 0 else f"element {number}"
    names = getattr(group, "generator_names", None)
    z = elements.coefficients[which].detach().numpy()
    word = [int(w) for w in elements.words[which] if w >= 0]
    if not z.any() and not word:
        return "identity"
    names = names or [f"A{i + 1}" for i in range(len(z))]
    terms = [f"{c:+.2g} {n}" for c, n in zip(z, names) if abs(c) > 5e-3]
    text = " ".join(terms[:3]) + (" ..." if len(terms) > 3 else "")
    text = f"exp({text.removeprefix('+')})" if terms else ""
    flips = f"{len(word)} discrete" if len(word) > 2 else " ".join(f"h{w + 1}" for w in word)
    whole = " ".join(t for t in (text, flips) if t) or "identity"
    return f"({whole})^-1" if elements.inverted else whole


def planar_name(matrix: np.ndarray) -> str:
    """A rotation or reflection of the plane by its angle."""
    turned = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    if np.linalg.det(matrix) > 0:
        angle = round(turned % 360.0, 2) % 360.0
        return "identity" if angle == 0 else f"rotation by {angle:g} degrees"
    axis = round((turned / 2) % 180.0, 2) % 180.0
    return {0.0: "flip up-down", 90.0: "flip left-right"}.get(axis, f"flip about the line at {axis:g} degrees")


def _cycles(images: np.ndarray) -> str:
    from symmeter.representations import Monomial

    text = Monomial(images).describe()
    return "identity" if text == "()" else text
