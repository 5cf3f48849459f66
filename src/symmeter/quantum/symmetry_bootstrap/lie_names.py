"""Names of root systems, and of the Lie group that the occurring weights select among those with one algebra."""

from __future__ import annotations

from math import gcd

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.root_search import Roots

__all__ = ["global_form", "type_of"]

_BY_RANK_AND_ROOTS = {
    (1, 2): "A1",
    (2, 6): "A2",
    (2, 8): "B2",
    (2, 12): "G2",
    (3, 12): "A3",
    (4, 20): "A4",
    (4, 24): "D4",
    (4, 48): "F4",
    (5, 30): "A5",
    (5, 40): "D5",
}


def type_of(roots: Roots) -> str:
    """``"A1 x A1"``, with one ``U(1)`` for each charge that no root moves."""
    names = sorted(_simple_type(part) for part in roots.components)
    free = roots.vectors.shape[1] - roots.rank
    return " x ".join([*names, *["U(1)"] * free])


def _simple_type(part: Roots) -> str:
    key = (part.rank, len(part.vectors))
    if key in _BY_RANK_AND_ROOTS:
        return _BY_RANK_AND_ROOTS[key]
    if len(part.vectors) == 2 * part.rank**2:
        length = np.einsum("ni,ij,nj->n", part.vectors, part.form, part.vectors)
        short = int((length < length.max() * (1 - 1e-6)).sum())
        return f"{'B' if short == 2 * part.rank else 'C'}{part.rank}"
    return f"rank {part.rank} with {len(part.vectors)} roots"


def global_form(roots: Roots, weights: Int[np.ndarray, "n r"]) -> tuple[str, bool]:
    """Name of the group whose weights are the differences of those that occur, and whether these are projective for it.

    Differences span the lattice of the group that acts on operators, hence on states up to phases; weights outside that
    lattice belong to projective irreps of it.
    """
    if roots.vectors.shape[1] > roots.rank:
        return type_of(roots).replace("A1", "SU(2)"), False
    coweights = _dynkin(roots, weights)
    differences = np.concatenate([coweights - coweights[0], _dynkin(roots, roots.simple)])
    lattice = _hermite(differences)
    projective = len(_hermite(np.concatenate([differences, coweights[:1]]))) != len(lattice) or not np.array_equal(
        _hermite(np.concatenate([differences, coweights[:1]])), lattice
    )
    return _named(type_of(roots), lattice, roots), projective


def _dynkin(roots: Roots, weights: np.ndarray) -> np.ndarray:
    """Dynkin labels ``2 (w, alpha) / (alpha, alpha)`` for the simple roots: the weight lattice becomes Z^r."""
    s = roots.simple.astype(float)
    norms = np.einsum("ni,ij,nj->n", s, roots.form, s)
    return np.rint(2 * (weights.astype(float) @ roots.form @ s.T) / norms).astype(np.int64)


def _hermite(rows: np.ndarray) -> np.ndarray:
    """A unique basis of the lattice that integer rows span (Hermite normal form)."""
    a = [list(map(int, r)) for r in np.unique(rows, axis=0)]
    out: list[list[int]] = []
    columns = rows.shape[1]
    for c in range(columns):
        while True:
            live = sorted((r for r in a if r[c]), key=lambda r: abs(r[c]))
            if len(live) <= 1:
                break
            pivot = live[0]
            for r in live[1:]:
                q = r[c] // pivot[c]
                for j in range(columns):
                    r[j] -= q * pivot[j]
        if live:
            pivot = live[0]
            a = [r for r in a if r is not pivot]
            if pivot[c] < 0:
                pivot = [-x for x in pivot]
            for r in out:
                q = r[c] // pivot[c]
                for j in range(columns):
                    r[j] -= q * pivot[j]
            out.append(pivot)
    return np.array(out, dtype=np.int64).reshape(-1, columns)


def _named(algebra: str, lattice: np.ndarray, roots: Roots) -> str:
    index = abs(round(float(np.linalg.det(lattice.astype(float)))))
    centre = abs(round(float(np.linalg.det(_dynkin(roots, roots.simple).astype(float)))))
    if algebra == "A1":
        return {1: "SU(2)", 2: "SO(3)"}[index]
    if algebra == "A1 x A1":
        if index == 2:
            return "SO(4)" if (lattice.sum(axis=1) % 2 == 0).all() else "SU(2) x SO(3)"
        return {1: "SU(2) x SU(2)", 4: "SO(3) x SO(3)"}[index]
    simply = {"A2": "SU(3)", "B2": "Spin(5)", "G2": "G2", "A3": "SU(4)", "A4": "SU(5)", "D4": "Spin(8)"}
    known = {("B2", 2): "SO(5)", ("A3", 2): "SO(6)", ("D4", 2): "SO(8)"}
    if algebra in simply:
        if index == 1:
            return simply[algebra]
        return known.get((algebra, index), f"{simply[algebra]}/Z{index}" if gcd(index, centre) == index else algebra)
    return algebra if index == 1 else f"a quotient of the simply connected group of {algebra} by order {index}"
