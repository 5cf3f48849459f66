"""Simultaneous block diagonalisation of a family of matrices by the commutant method.

The matrices that commute with a family closed under the adjoint form an algebra. The eigenspaces of a random
self-adjoint element of it are, with probability one, invariant subspaces of the family that cannot be split further
(Murota, Kanno, Kojima, Kojima 2010; Maehara and Murota 2011). Applied to the adjoint matrices of a compact Lie
algebra the blocks are its ideals.

Conventions: the columns of ``basis`` are orthonormal, ``basis^H A_k basis`` is block diagonal for every k, blocks are
ordered by equivalence class and the classes by size, largest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.linalg.clusters import degenerate_clusters
from symmeter.linalg.commutant_projection import random_commutant_elements

__all__ = ["JointBlocks", "joint_block_diagonalize"]

#: Up to these sizes the commutant's basis comes from one eigenproblem; beyond, from projected random matrices.
_DENSE = {"real": 64, "complex": 45}
_LARGEST = 1024
_DRAWS = 3
#: Random elements of the commutant that show how blocks are linked; six see a quaternionic algebra safely.
_PROBES = 6
#: Projected elements are good to about the square root of this.
_EXACT = 1e-14


@dataclass(frozen=True, eq=False)
class JointBlocks:
    """A basis in which every matrix of the family is block diagonal.

    Attributes
    ----------
    basis : array of shape (m, m)
        Orthogonal or unitary; columns in block order.
    sizes : tuple of int
        Size of each block.
    classes : tuple of int
        Blocks with the same number carry the same representation of the family, up to a change of basis.
    commutant_dimension : int
        Dimension of the self-adjoint part of the commutant.
    residual : float
        Norm of the entries outside the blocks relative to the norm of the family.
    """

    basis: Num[np.ndarray, "m m"]
    sizes: tuple[int, ...]
    classes: tuple[int, ...]
    commutant_dimension: int
    residual: float

    @property
    def slices(self) -> tuple[slice, ...]:
        """Columns of ``basis`` of each block."""
        ends = np.cumsum(self.sizes).tolist()
        return tuple(slice(e - s, e) for s, e in zip(self.sizes, ends))

    def projectors(self) -> list[Num[np.ndarray, "m m"]]:
        """Orthogonal projectors on the blocks; they commute with the family."""
        return [self.basis[:, s] @ self.basis[:, s].conj().T for s in self.slices]


def joint_block_diagonalize(
    matrices: Sequence[Num[np.ndarray, "m m"]], rng: np.random.Generator | int | None = None, rtol: float = 1e-10
) -> JointBlocks:
    """Finest simultaneous block diagonalisation of a family of matrices.

    Parameters
    ----------
    matrices : sequence of arrays of shape (m, m)
        Real or complex. The family is completed by adjoints, so symmetric, Hermitian, antisymmetric and orthogonal
        matrices may be mixed. Real families are block diagonalised over the reals. Up to m = 64 (45 complex) the
        commutant comes from one eigenproblem of the size of the symmetric matrices; up to m = 1024 from random
        matrices projected by conjugate gradients, for exact families only (``rtol`` <= 1e-9).
    rng : numpy Generator, int or None
        Source of the random element.
    rtol : float
        A matrix X counts as commuting when ``sum_k |[A_k, X]|^2`` is at most ``rtol`` times the largest it can be.
        For families known only to a relative error e use about ``10 e**2``.

    Returns
    -------
    JointBlocks

    Raises
    ------
    InputError, ShapeError, NonFiniteError

    References
    ----------
    K. Murota, Y. Kanno, M. Kojima, S. Kojima, Japan J. Indust. Appl. Math. 27 (2010) 125.

    Examples
    --------
    A cyclic shift of four points over the reals: two blocks of size one and a plane.

    >>> joint_block_diagonalize([np.roll(np.eye(4), 1, axis=0)], rng=0).sizes
    (2, 1, 1)
    """
    family = _family(matrices)
    rng = np.random.default_rng(rng)
    complex_family = np.iscomplexobj(family)
    if family.shape[1] > _DENSE["complex" if complex_family else "real"]:
        return _from_projections(family, rng, rtol)
    commutant = _commutant_complex(family, rtol) if complex_family else _commutant_real(family, rtol)
    best: JointBlocks | None = None
    # A draw can bring two eigenvalues together by chance; more blocks with the same residual is the finer answer.
    for _ in range(_DRAWS):
        found = _from_draw(family, commutant, rng, rtol)
        if best is None or (len(found.sizes) > len(best.sizes) and found.residual <= max(best.residual, rtol**0.5)):
            best = found
    assert best is not None
    return best


def _family(matrices: Sequence[Num[np.ndarray, "m m"]]) -> Num[np.ndarray, "k m m"]:
    arrays = [np.asarray(a) for a in matrices]
    if not arrays:
        raise InputError("joint block diagonalisation needs at least one matrix; got none")
    m = arrays[0].shape[0] if arrays[0].ndim else 0
    for k, a in enumerate(arrays):
        if a.ndim != 2 or a.shape != (m, m) or m == 0:
            raise ShapeError(f"matrix {k} has shape {a.shape}; all matrices must be square and of the same size")
        if not np.isfinite(a).all():
            raise NonFiniteError(f"matrix {k} contains NaN or infinity")
    family = np.stack([a.astype(complex if np.iscomplexobj(a) else float) for a in arrays])
    if m > _LARGEST:
        raise InputError(f"matrices of size {m} are too large: joint block diagonalisation takes up to {_LARGEST}")
    return family


def _double_commutator(family: Num[np.ndarray, "k m m"]) -> Num[np.ndarray, "mm mm"]:
    """Matrix of X -> sum_k ad_k^*(ad_k X) on row-major vec(X), for the family and its adjoints."""
    eye = np.eye(family.shape[1])
    adjoint = family.conj().transpose(0, 2, 1)
    left = (adjoint @ family + family @ adjoint).sum(0)
    cross = sum(np.kron(h, a.T) + np.kron(a, h.T) for a, h in zip(family, adjoint))
    return np.kron(left, eye) + np.kron(eye, left.T) - 2 * np.asarray(cross)


def _null_space(s: Num[np.ndarray, "q q"], rtol: float) -> Num[np.ndarray, "q r"]:
    from scipy.linalg import eigh

    values, vectors = eigh((s + s.conj().T) / 2)
    return vectors[:, values <= rtol * max(float(values[-1]), np.finfo(float).tiny)]


def _commutant_real(family: Float[np.ndarray, "k m m"], rtol: float) -> Float[np.ndarray, "r m m"]:
    """Orthonormal basis of the symmetric matrices that commute with the family."""
    m = family.shape[1]
    s = _double_commutator(family)
    i, j = np.triu_indices(m)
    upper, lower = i * m + j, j * m + i
    weight = np.where(i == j, 0.5, np.sqrt(0.5))
    half = s[:, upper] + s[:, lower]
    restricted = (half[upper] + half[lower]) * weight[:, None] * weight[None, :]
    null = _null_space(restricted, rtol)
    basis = np.zeros((null.shape[1], m, m))
    basis[:, i, j] = (null * np.where(i == j, 1.0, np.sqrt(0.5))[:, None]).T
    basis[:, j, i] = basis[:, i, j]
    return basis


def _commutant_complex(family: Num[np.ndarray, "k m m"], rtol: float) -> Num[np.ndarray, "r m m"]:
    """Complex basis of the commutant; its dimension equals the real dimension of the Hermitian part."""
    m = family.shape[1]
    return _null_space(_double_commutator(family), rtol).T.reshape(-1, m, m)


def _random_element(commutant: Num[np.ndarray, "r m m"], rng: np.random.Generator) -> Num[np.ndarray, "m m"]:
    c = rng.standard_normal(len(commutant))
    if np.iscomplexobj(commutant):
        c = c + 1j * rng.standard_normal(len(commutant))
    x = np.tensordot(c, commutant, axes=1)
    return (x + x.conj().T) / 2


def _from_draw(
    family: Num[np.ndarray, "k m m"], commutant: Num[np.ndarray, "r m m"], rng: np.random.Generator, rtol: float
) -> JointBlocks:
    x, other = _random_element(commutant, rng), _random_element(commutant, rng)
    return _from_elements(family, x, other, rtol, len(commutant))


def _from_projections(family: Num[np.ndarray, "k m m"], rng: np.random.Generator, rtol: float) -> JointBlocks:
    """The blocks of a large exact family, from a few projected random matrices."""
    if rtol > 1e-9:
        raise InputError(
            f"rtol is {rtol:.2g}; families of more than {_DENSE['real']} rows ({_DENSE['complex']} complex) must be "
            "exact (rtol <= 1e-9): use joint_diagonalize for a nearly commuting one"
        )
    probes = random_commutant_elements(family, _PROBES, rng)
    best = min(
        (_from_elements(family, a, b, _EXACT, 0) for a, b in pairwise(probes)),
        key=lambda found: (found.residual > rtol**0.5, -len(found.sizes)),
    )
    return replace(best, commutant_dimension=_commutant_dimension(best, probes))


def _commutant_dimension(found: JointBlocks, probes: Num[np.ndarray, "p m m"]) -> int:
    """``n + d n (n - 1) / 2`` a class of n blocks; d, the size of its endomorphism algebra, from independent links."""
    total, slices = 0, found.slices
    for label in set(found.classes):
        members = [s for s, own in zip(slices, found.classes) if own == label]
        n, d = len(members), 2 if np.iscomplexobj(probes) else 1
        if n > 1 and not np.iscomplexobj(probes):
            u, v = found.basis[:, members[0]], found.basis[:, members[1]]
            links = np.stack([(u.T @ p @ v).reshape(-1) for p in probes])
            strengths = np.linalg.svd(links, compute_uv=False)
            d = int((strengths > 1e-6 * strengths[0]).sum())
        total += n + d * n * (n - 1) // 2
    return total


def _from_elements(
    family: Num[np.ndarray, "k m m"],
    x: Num[np.ndarray, "m m"],
    other: Num[np.ndarray, "m m"],
    rtol: float,
    commutant_dimension: int,
) -> JointBlocks:
    from scipy.linalg import eigh

    values, vectors = eigh(x)
    runs = degenerate_clusters(values, rtol=max(rtol**0.5, 1e-9)).ranges
    columns = [vectors[:, r.start : r.stop] for r in runs]
    labels = _equivalent(columns, other, tol=max(10 * rtol**0.5, 1e-8))
    size = {k: sum(c.shape[1] for c, label in zip(columns, labels) if label == k) for k in set(labels)}
    order = sorted(range(len(columns)), key=lambda b: (-columns[b].shape[1], -size[labels[b]], labels[b], b))
    basis = np.concatenate([columns[b] for b in order], axis=1)
    names: dict[int, int] = {}
    classes = tuple(names.setdefault(labels[b], len(names)) for b in order)
    sizes = tuple(columns[b].shape[1] for b in order)
    turned = basis.conj().T @ family @ basis
    block = np.repeat(np.arange(len(sizes)), sizes)
    outside = turned[:, block[:, None] != block[None, :]]
    norm = float(np.linalg.norm(family))
    residual = float(np.linalg.norm(outside)) / norm if norm > 0 else 0.0
    return JointBlocks(basis, sizes, classes, commutant_dimension, residual)


def _equivalent(columns: list[Num[np.ndarray, "m s"]], element: Num[np.ndarray, "m m"], tol: float) -> list[int]:
    """Label blocks that a random element of the commutant connects: by Schur's lemma they are equivalent."""
    labels = list(range(len(columns)))
    scale = float(np.linalg.norm(element, 2)) or 1.0
    for a in range(len(columns)):
        for b in range(a):
            link = columns[a].conj().T @ element @ columns[b]
            if np.linalg.norm(link) > tol * scale and labels[a] != labels[b]:
                old, new = labels[a], labels[b]
                labels = [new if label == old else label for label in labels]
    return labels
