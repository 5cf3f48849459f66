"""One orthonormal basis in which every matrix of a commuting, or nearly commuting, family is as diagonal as can be.

The eigenvectors of a random combination of the matrices diagonalise an exactly commuting family. For a nearly commuting
one they are the start of Jacobi rotations that lower the sum of squares off the diagonals, with the rotation of each
plane in closed form (Cardoso and Souloumiac 1996), disjoint planes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, ShapeError

__all__ = ["JointDiagonal", "joint_diagonalize"]

#: A rotation by less than this is not made.
_SMALLEST_SINE = 1e-9
#: Relative size of entries off the diagonal that counts as rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class JointDiagonal:
    """A basis that diagonalises a family of matrices, exactly or as well as possible.

    Attributes
    ----------
    basis : array of shape (m, m)
        Orthogonal or unitary; columns ordered by the first matrix's diagonal.
    diagonals : array of shape (k, m)
        Diagonal of ``basis^H A_k basis``.
    residual : float
        Norm of all entries off the diagonals, relative to the norm of the family: 0 exactly when the family commutes.
    commutator : float
        Largest ``||A B - B A|| / (2 ||A|| ||B||)`` in the family (Frobenius norms).
    sweeps : int
        Rounds of Jacobi rotations over all planes that were made.
    """

    basis: Num[np.ndarray, "m m"]
    diagonals: Num[np.ndarray, "k m"]
    residual: float
    commutator: float
    sweeps: int


def joint_diagonalize(
    matrices: Sequence[Num[np.ndarray, "m m"]],
    rng: np.random.Generator | int | None = 0,
    tolerance: float = 1e-6,
    max_sweeps: int = 60,
) -> JointDiagonal:
    """Diagonalise several matrices at once.

    Parameters
    ----------
    matrices : sequence of arrays of shape (m, m)
        Real symmetric, Hermitian, or normal (unitary, for example). Real matrices that are not symmetric have complex
        eigenvectors and are treated as complex.
    rng : numpy Generator or int
        Source of the random combination that the iteration starts from.
    tolerance : float
        The iteration ends when a sweep lowers the squared residual by less than this share of it.
    max_sweeps : int

    Returns
    -------
    JointDiagonal

    Raises
    ------
    InputError, ShapeError, NonFiniteError

    References
    ----------
    J.-F. Cardoso and A. Souloumiac, SIAM J. Matrix Anal. Appl. 17 (1996) 161.

    Examples
    --------
    Both matrices have repeated eigenvalues; only together do they single out a basis.

    >>> q = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    >>> found = joint_diagonalize([q @ np.diag([1.0, 1, 2]) @ q.T, q @ np.diag([5.0, 7, 7]) @ q.T])
    >>> np.round(found.diagonals, 10).tolist(), found.residual < 1e-14
    ([[1.0, 1.0, 2.0], [5.0, 7.0, 7.0]], True)
    """
    family = _family(matrices)
    size = float(np.linalg.norm(family))
    m = family.shape[1]
    if size == 0.0:
        return JointDiagonal(np.eye(m), np.zeros((len(family), m)), 0.0, 0.0, 0)
    basis = _start(family, np.random.default_rng(rng))
    turned = basis.conj().T @ family @ basis
    left, sweeps = _off_diagonal(turned), 0
    while left > (_ROUNDING * size) ** 2 and sweeps < max_sweeps:
        rotations = _sweep(turned, basis)
        sweeps += 1
        now = _off_diagonal(turned)
        done = left - now <= tolerance * now
        left = now
        if done or not rotations:
            break
    basis = np.linalg.qr(basis)[0] if sweeps > 8 else basis
    turned = basis.conj().T @ family @ basis
    diagonals = np.einsum("kii->ki", turned)
    order = np.lexsort([np.real(d) for d in diagonals[::-1]])
    residual = float(np.sqrt(_off_diagonal(turned))) / size
    return JointDiagonal(basis[:, order], diagonals[:, order].copy(), residual, _commutator(family), sweeps)


def _family(matrices: Sequence[Num[np.ndarray, "m m"]]) -> Num[np.ndarray, "k m m"]:
    arrays = [np.asarray(a) for a in matrices]
    if not arrays:
        raise InputError("joint diagonalisation needs at least one matrix; got none")
    m = arrays[0].shape[0] if arrays[0].ndim else 0
    for k, a in enumerate(arrays):
        if a.ndim != 2 or a.shape != (m, m) or m == 0:
            raise ShapeError(f"matrix {k} has shape {a.shape}; all matrices must be square and of the same size")
        if not np.isfinite(a).all():
            raise NonFiniteError(f"matrix {k} contains NaN or infinity")
        norm = float(np.linalg.norm(a)) ** 2
        if np.linalg.norm(a @ a.conj().T - a.conj().T @ a) > 1e-6 * norm:
            raise InputError(
                f"matrix {k} does not commute with its own adjoint, so no orthonormal basis diagonalises it; give "
                "symmetric, Hermitian or unitary matrices"
            )
    symmetric = all(not np.iscomplexobj(a) and np.allclose(a, a.T, atol=1e-8 * np.abs(a).max()) for a in arrays)
    return np.stack([a.astype(float if symmetric else complex) for a in arrays])


def _start(family: Num[np.ndarray, "k m m"], rng: np.random.Generator) -> Num[np.ndarray, "m m"]:
    """Eigenvectors of a random Hermitian combination, each matrix at equal weight."""
    norms = np.linalg.norm(family, axis=(1, 2))
    scaled = family / np.where(norms > 0, norms, 1.0)[:, None, None]
    adjoint = scaled.conj().swapaxes(1, 2)
    mixed = np.tensordot(rng.standard_normal(len(scaled)), 0.5 * (scaled + adjoint), axes=1)
    if np.iscomplexobj(family):
        mixed = mixed + np.tensordot(rng.standard_normal(len(scaled)), -0.5j * (scaled - adjoint), axes=1)
    return np.linalg.eigh(mixed)[1]


def _off_diagonal(turned: Num[np.ndarray, "k m m"]) -> float:
    # The entries themselves: a difference of two norms would leave the root of rounding.
    off = turned * (1.0 - np.eye(turned.shape[1]))
    return float(np.vdot(off, off).real)


def _commutator(family: Num[np.ndarray, "k m m"]) -> float:
    worst = 0.0
    norms = np.linalg.norm(family, axis=(1, 2))
    for k, a in enumerate(family):
        for b, size in zip(family[:k], norms[:k]):
            scale = 2.0 * norms[k] * size
            worst = max(worst, float(np.linalg.norm(a @ b - b @ a)) / scale if scale > 0 else 0.0)
    return worst


def _rounds(m: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """All pairs of 0..m-1 in rounds of disjoint pairs, as a tournament is drawn up."""
    players = np.arange(m + m % 2)
    half = len(players) // 2
    out = []
    for _ in range(len(players) - 1):
        first, second = players[:half], players[half:][::-1]
        real = (first < m) & (second < m)
        out.append((np.minimum(first, second)[real], np.maximum(first, second)[real]))
        players = np.concatenate([players[:1], np.roll(players[1:], 1)])
    return out


def _sweep(turned: Num[np.ndarray, "k m m"], basis: Num[np.ndarray, "m m"]) -> int:
    """Rotate every plane once, in place; returns how many rotations were made."""
    made = 0
    is_complex = np.iscomplexobj(turned)
    for p, q in _rounds(turned.shape[1]):
        cosine, sine = _angles(turned[:, p, p] - turned[:, q, q], turned[:, p, q], turned[:, q, p], is_complex)
        turn = np.abs(sine) > _SMALLEST_SINE
        if not turn.any():
            continue
        made += int(turn.sum())
        p, q, c, s = p[turn], q[turn], cosine[turn], sine[turn]
        for matrix in (basis, turned):
            left, right = matrix[..., :, p].copy(), matrix[..., :, q].copy()
            matrix[..., :, p], matrix[..., :, q] = c * left + s * right, c * right - s.conj() * left
        upper, lower = turned[:, p, :].copy(), turned[:, q, :].copy()
        c, s = c[:, None], s[:, None]
        turned[:, p, :], turned[:, q, :] = c * upper + s.conj() * lower, c * lower - s * upper
    return made


def _angles(
    difference: Num[np.ndarray, "k n"], above: Num[np.ndarray, "k n"], below: Num[np.ndarray, "k n"], is_complex: bool
) -> tuple[Float[np.ndarray, " n"], Num[np.ndarray, " n"]]:
    """Cosine and sine that concentrate each plane's 2 x 2 blocks on their diagonals."""
    if not is_complex:
        toff = above + below
        angle = 0.25 * np.arctan2(2.0 * (difference * toff).sum(0), (difference**2 - toff**2).sum(0))
        return np.cos(angle), np.sin(angle)
    h = np.stack([difference, above + below, 1j * (below - above)])
    gram = np.real(np.einsum("ikn,jkn->nij", h.conj(), h))
    _, vectors = np.linalg.eigh(gram)
    x, y, z = np.moveaxis(vectors[:, :, -1] * np.where(vectors[:, :1, -1] < 0, -1.0, 1.0), 1, 0)
    cosine = np.sqrt(0.5 * (x + 1.0))
    return cosine, 0.5 * (y - 1j * z) / cosine
