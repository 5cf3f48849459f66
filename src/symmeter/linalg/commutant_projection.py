"""The commutant of a family of matrices: a basis where it is small, random elements where it is large.

What commutes with a family is the null space of ``S X = sum_j [P_j, [P_j, X]]`` over the Hermitian and skew parts P_j.
It commutes with a random Hermitian combination H of an exact family, too: in the eigenbasis of H only entries between
equal eigenvalues can differ from zero, which leaves few unknowns. Where H has few eigenvalues, and for families with
errors, Lanczos steps on S take the part of a random X below the tolerance, at some products of matrices a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import UnidentifiableError
from symmeter.linalg.clusters import degenerate_clusters

__all__ = ["Commutant", "DoubleCommutator", "commutant_basis", "random_commutant_elements"]

#: Families known better than this (a relative squared error) count as exact.
EXACT = 1e-9
#: Unknowns of one dense eigenproblem.
_UNKNOWNS = 2100
#: Fewer are not worth a restriction.
_FEW = 200
#: Eigenvalues of H closer than this, relative to the largest, may belong to one block.
_NEAR = 1e-3
#: Between these relative double commutators an exact family has nothing; errors of its entries would show there.
_CLEAN = (1e-13, 1e-4)
_STEPS = 3000
_CHECK = 12
#: Numbers in the Lanczos matrices that are stored rather than computed twice.
_MEMORY = 32_000_000


class Commutant(NamedTuple):
    """What commutes with a family, and how clearly.

    Attributes
    ----------
    elements : array of shape (r, m, m)
        A basis, or random self-adjoint elements.
    kept, left_out : float
        The largest ``|S X| / |X|`` of what is in it and the smallest of what is not, relative to the largest of all.
    """

    elements: Num[np.ndarray, "r m m"]
    kept: float
    left_out: float


@dataclass(frozen=True, eq=False)
class DoubleCommutator:
    """``S X = M X + X M - 2 sum_j s_j P_j X P_j`` with ``M = sum_j s_j P_j^2``.

    Attributes
    ----------
    parts : array of shape (j, m, m)
        Hermitian matrices, and real skew ones.
    signs : array of shape (j,)
        1 for Hermitian, -1 for skew.
    squares : array of shape (m, m)
    """

    parts: Num[np.ndarray, "j m m"]
    signs: Float[np.ndarray, " j"]
    squares: Num[np.ndarray, "m m"]

    @staticmethod
    def of(family: Num[np.ndarray, "k m m"]) -> DoubleCommutator:
        """From any matrices; the adjoints count as members of the family."""
        adjoint = family.conj().swapaxes(1, 2)
        skew = (family - adjoint) / 2
        is_complex = np.iscomplexobj(family)
        parts = np.concatenate([(family + adjoint) / 2, -1j * skew if is_complex else skew])
        signs = np.repeat([1.0, 1.0 if is_complex else -1.0], len(family))
        norms = np.linalg.norm(parts, axis=(1, 2))
        # The other part of a symmetric matrix is rounding, and costs as much as the matrix.
        there = norms > 1e-15 * max(float(norms.max(initial=0.0)), 1e-300)
        parts, signs = parts[there], signs[there]
        return DoubleCommutator(parts, signs, np.einsum("j,jab->ab", signs, parts @ parts))

    @property
    def dimension(self) -> int:
        """Size m of the matrices."""
        return len(self.squares)

    def __call__(self, x: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """S of a self-adjoint matrix."""
        half = self.squares @ x - np.tensordot(self.signs, self.parts @ x @ self.parts, axes=1)
        return half + half.conj().T

    def combination(self, rng: np.random.Generator) -> Num[np.ndarray, "m m"]:
        """A random self-adjoint matrix of the algebra that the family generates."""
        m = self.parts.shape[1]
        out = np.zeros((m, m), dtype=self.parts.dtype)
        for sign in (1.0, -1.0):
            chosen = self.parts[self.signs == sign]
            if len(chosen):
                mixed = np.tensordot(rng.standard_normal(len(chosen)), chosen, axes=1)
                size = float(np.linalg.norm(mixed, 2)) or 1.0
                out = out + (mixed if sign > 0 else mixed @ mixed / size)
        return (out + out.conj().T) / 2

    def largest(self, rng: np.random.Generator) -> float:
        """The largest eigenvalue, by Lanczos steps; never more than the true one, and near it."""
        steps = list(zip(range(30), self.lanczos(_random(self, rng))))
        if not steps:
            return 0.0
        return float(_tridiagonal([a for _, (_, a, _) in steps], [b for _, (_, _, b) in steps])[0][-1])

    def lanczos(self, start: Num[np.ndarray, "m m"]) -> Iterator[tuple[Num[np.ndarray, "m m"], float, float]]:
        """Orthonormal matrices V_k with the diagonal entry and the one below it of ``<V, S V>``."""
        size = float(np.linalg.norm(start))
        current, before, beside = start / (size or 1.0), None, 0.0
        while size > 0:
            image = self(current)
            diagonal = float(np.vdot(current, image).real)
            image -= diagonal * current
            if before is not None:
                image -= beside * before
            size = float(np.linalg.norm(image))
            yield current, diagonal, size
            current, before, beside = image / (size or 1.0), current, size


def _random(operator: DoubleCommutator, rng: np.random.Generator) -> Num[np.ndarray, "m m"]:
    m = operator.dimension
    x = rng.standard_normal((m, m))
    if np.iscomplexobj(operator.parts):
        x = x + 1j * rng.standard_normal((m, m))
    return (x + x.conj().T) / 2


def _tridiagonal(diagonal: list[float], beside: list[float]) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh_tridiagonal

    values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside[:-1]))
    return np.asarray(values), np.asarray(vectors)


def commutant_basis(operator: DoubleCommutator, rtol: float, rng: np.random.Generator) -> Commutant | None:
    """All of what commutes, from the unknowns that a random element of the family's algebra leaves.

    For real families the symmetric matrices, for complex ones a complex basis of the commutant (whose dimension is the
    real one of its Hermitian part). None if there are too many unknowns for one eigenproblem, or if the entries of a
    large family are not exact.
    """
    m = operator.dimension
    is_complex = np.iscomplexobj(operator.parts)
    unknowns = m * m if is_complex else m * (m + 1) // 2
    if unknowns > _FEW and rtol <= EXACT:
        values, vectors = np.linalg.eigh(operator.combination(rng))
        runs = degenerate_clusters(values, rtol=_NEAR).ranges
        found = _between_near_values(operator, vectors, runs, rtol, rng)
        if found is not None and found.kept <= _CLEAN[0] and found.left_out >= _CLEAN[1]:
            return found
    return _between_near_values(operator, np.eye(m), (range(m),), rtol, rng) if unknowns <= _UNKNOWNS else None


def _between_near_values(
    operator: DoubleCommutator, vectors: np.ndarray, runs: tuple[range, ...], rtol: float, rng: np.random.Generator
) -> Commutant | None:
    """What commutes among the matrices with entries between the vectors of one run alone."""
    from scipy.linalg import eigh

    m = operator.dimension
    is_complex = np.iscomplexobj(operator.parts)
    blocks = [np.indices((len(r), len(r))).reshape(2, -1) if is_complex else np.triu_indices(len(r)) for r in runs]
    pairs = [np.stack(list(p)) + r.start for p, r in zip(blocks, runs)]
    if sum(p.shape[1] for p in pairs) > _UNKNOWNS:
        return None
    i, j = np.concatenate(pairs, axis=1)
    parts = vectors.conj().T @ operator.parts @ vectors
    squares = vectors.conj().T @ operator.squares @ vectors
    restricted = _entries(parts, squares, operator.signs, i, j, i, j)
    size = np.ones(len(i))
    if not is_complex:
        # Orthonormal symmetric matrices (E_ij + E_ji) / sqrt(2), E_ii.
        restricted = restricted + _entries(parts, squares, operator.signs, i, j, j, i)
        restricted *= np.outer(*2 * [np.where(i == j, np.sqrt(0.5), 1.0)])
        size = np.where(i == j, 1.0, np.sqrt(0.5))
    found, null = eigh((restricted + restricted.conj().T) / 2)
    scale = max(operator.largest(rng), float(found[-1]), np.finfo(float).tiny)
    inside = found <= rtol * scale
    basis = np.zeros((int(inside.sum()), m, m), dtype=parts.dtype)
    basis[:, i, j] = (null[:, inside] * size[:, None]).T
    if not is_complex:
        basis[:, j, i] = basis[:, i, j]
    kept, rest = (float(v) / scale for v in (found[inside].max(initial=0.0), found[~inside].min(initial=np.inf)))
    rest = min(rest, _beside(parts, squares, operator.signs, runs) / scale)
    return Commutant(vectors @ basis @ vectors.conj().T, max(kept, 0.0), rest)


def _entries(
    parts: np.ndarray,
    squares: np.ndarray,
    signs: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
) -> Num[np.ndarray, "q q"]:
    """Entry (a, b) of S applied to the matrix with a one at (i, j)."""
    rows, columns = (a[:, None], i[None, :]), (j[None, :], b[:, None])
    out = squares[rows] * (columns[0] == columns[1]) + (rows[0] == rows[1]) * squares[columns]
    for sign, p in zip(signs, parts):
        out = out - (2 * sign) * (p[rows] * p[columns])
    return out


def _beside(parts: np.ndarray, squares: np.ndarray, signs: np.ndarray, runs: tuple[range, ...]) -> float:
    """Smallest ``<X, S X>`` of X = (E_ij + E_ji)/sqrt(2) between neighbouring clusters: a bound on what is left out."""
    i = np.array([r.stop - 1 for r in runs[:-1]], dtype=int)
    diagonals, beside = np.real(np.einsum("jaa->ja", parts)), parts[:, i, i + 1]
    cross = signs @ (np.real(beside * beside) + np.real(diagonals[:, i] * diagonals[:, i + 1]))
    own = np.real(np.diag(squares))
    return float(np.min(own[i] + own[i + 1] - 2 * cross, initial=np.inf))


def random_commutant_elements(
    operator: DoubleCommutator, count: int, rtol: float, rng: np.random.Generator
) -> Commutant:
    """Parts of random self-adjoint matrices that commute, to the tolerance, with the family.

    Raises
    ------
    UnidentifiableError
        If the iteration does not separate what commutes from the rest.
    """
    found = [_part_below(operator, _random(operator, rng), rtol) for _ in range(count)]
    elements = np.stack([f[0] for f in found])
    return Commutant(elements, max(f[1] for f in found), min(f[2] for f in found))


def _part_below(operator: DoubleCommutator, start: np.ndarray, rtol: float) -> tuple[np.ndarray, float, float]:
    diagonal: list[float] = []
    beside: list[float] = []
    stored: list[np.ndarray] = []
    values, coefficients = np.zeros(1), np.ones(1)
    # The part's own error is to be small against that of the family.
    converged = min(max(1e-3 * rtol, 1e-14), 1e-8)
    for v, a, b in operator.lanczos(start):
        diagonal.append(a)
        beside.append(b)
        if (len(stored) + 1) * v.size <= _MEMORY:
            stored.append(v)
        if len(diagonal) % _CHECK and b > 0 and len(diagonal) < _STEPS:
            continue
        values, vectors = _tridiagonal(diagonal, beside)
        below = values <= rtol * values[-1]
        coefficients = vectors[:, below] @ vectors[0, below]
        error = b * abs(coefficients[-1]) if below.any() else np.inf
        if error <= converged * max(values[-1], 1e-300) * np.linalg.norm(coefficients):
            break
        if len(diagonal) >= _STEPS:
            raise UnidentifiableError(
                f"the commutant did not separate in {_STEPS} steps: some matrices nearly commute, with relative double "
                f"commutators down to {values[~below].min() / values[-1]:.1e} beside the tolerance {rtol:.1e}; choose "
                "rtol inside a gap, or use joint_diagonalize for a nearly commuting family"
            )
    if len(stored) < len(coefficients):
        # The steps again, instead of a memory of all of them.
        stored.clear()
    part = np.zeros_like(start)
    matrices = stored or (v for v, _, _ in operator.lanczos(start))
    for c, v in zip(coefficients * np.linalg.norm(start), matrices):
        part += c * v
    top = max(float(values[-1]), 1e-300)
    below = values <= rtol * top
    return (
        (part + part.conj().T) / 2,
        float(max(values[below].max(initial=0.0) / top, 0.0)),
        float(values[~below].min(initial=np.inf) / top),
    )
