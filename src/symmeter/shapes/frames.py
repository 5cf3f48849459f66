"""The full tetrahedral, octahedral and icosahedral groups as matrices, in the setting of ``symmeter.groups``.

Fourfold (or twofold) axes lie along x, y, z; threefold ones along (1, 1, 1); fivefold ones along (0, +-1, phi).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

__all__ = ["GOLDEN", "plane_axes", "reflection", "rotation_to_setting", "symmetry_matrices"]

GOLDEN = (1 + 5**0.5) / 2

#: Two neighbouring axes of the highest order; a frame with the same angle between them is turned onto these.
_AXES = {
    "Td": (np.array([1.0, 1.0, 1.0]), np.array([1.0, -1.0, -1.0])),
    "Oh": (np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])),
    "Ih": (np.array([0.0, 1.0, GOLDEN]), np.array([0.0, -1.0, GOLDEN])),
}


def reflection(normal: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """The reflection in the plane through the origin with a unit normal."""
    return np.eye(3) - 2 * np.outer(normal, normal)


@lru_cache(maxsize=64)
def symmetry_matrices(symbol: str) -> Float[np.ndarray, "n 3 3"]:
    """All elements of a point group, the identity first, read-only.

    Parameters
    ----------
    symbol : str
        A Schoenflies symbol.

    Examples
    --------
    >>> symmetry_matrices("Ih").shape, symmetry_matrices("T").shape
    ((120, 3, 3), (12, 3, 3))
    """
    generators = _generators(symbol)
    if generators is None:
        from symmeter.groups.point_groups import point_group

        found = np.array(point_group(symbol).matrices)
    else:
        found = _closure(generators)
    found.setflags(write=False)
    return found


def _generators(symbol: str) -> list[np.ndarray] | None:
    """Generators of the seven polyhedral groups; the general machinery serves the others."""
    threefold = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    half = np.diag([-1.0, -1.0, 1.0])
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    g = GOLDEN / 2
    # The turn by 72 degrees about (0, 1, phi).
    fifth = np.array([[1 / (4 * g), -g, 0.5], [g, 0.5, 1 / (4 * g)], [-0.5, 1 / (4 * g), g]])
    inversion = -np.eye(3)
    return {
        "T": [half, threefold],
        "Th": [half, threefold, inversion],
        "Td": [-quarter, threefold],
        "O": [quarter, threefold],
        "Oh": [quarter, threefold, inversion],
        "I": [fifth, half, threefold],
        "Ih": [fifth, half, threefold, inversion],
    }.get(symbol)


def _closure(generators: list[np.ndarray]) -> np.ndarray:
    """All products; the elements of a group are told apart by their entries to six digits."""
    elements = [np.eye(3)]
    seen = {_key(elements[0])}
    for x in elements:
        for g in generators:
            y = x @ g
            if (k := _key(y)) not in seen:
                seen.add(k)
                elements.append(y)
    return _snapped(np.array(elements))


def _key(matrix: np.ndarray) -> bytes:
    return (np.rint(matrix * 1e6).astype(np.int64)).tobytes()


def _snapped(matrices: np.ndarray) -> np.ndarray:
    """Entries 0, 1/2, 1 and halves of the golden ratio exactly, so that products of generators bring no rounding."""
    values = np.array([0, 0.5, 1, GOLDEN / 2, (GOLDEN - 1) / 2])
    values = np.unique(np.concatenate([values, -values]))
    nearest = values[np.abs(matrices[..., None] - values).argmin(-1)]
    return np.where(np.abs(matrices - nearest) < 1e-9, nearest + 0.0, matrices)


def rotation_to_setting(
    symbol: str, first: Float[np.ndarray, " 3"], second: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "3 3"]:
    """The rotation that takes two neighbouring main axes of a group onto those of the setting."""
    return _frame(*_AXES[symbol]) @ _frame(first, second).T


def _frame(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Orthonormal columns: the bisector's side first, so that an error is shared by the two axes."""
    a, b = first / np.linalg.norm(first), second / np.linalg.norm(second)
    s, d = a + b, a - b
    s, d = s / np.linalg.norm(s), d / np.linalg.norm(d)
    return np.stack([s, d, np.cross(s, d)], axis=1)


def plane_axes(normal: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 2"]:
    """Two unit vectors, as columns, that make a right-handed frame with a unit normal behind them."""
    x, y, z = (float(v) for v in normal)
    # The cross product with the unit vector to which the normal is most nearly perpendicular; then with the normal.
    size = (abs(x), abs(y), abs(z))
    a, b, c = ((0.0, z, -y), (-z, 0.0, x), (y, -x, 0.0))[size.index(min(size))]
    length = (a * a + b * b + c * c) ** 0.5
    a, b, c = a / length, b / length, c / length
    return np.array([[a, y * c - z * b], [b, z * a - x * c], [c, x * b - y * a]])
