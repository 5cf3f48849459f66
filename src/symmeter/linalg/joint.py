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
from jaxtyping import Num

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.linalg.clusters import degenerate_clusters
from symmeter.linalg.commutant_projection import (
    EXACT,
    Commutant,
    DoubleCommutator,
    commutant_basis,
    random_commutant_elements,
)

__all__ = ["JointBlocks", "joint_block_diagonalize"]

_LARGEST = 1024
_DRAWS = 3
#: Random elements of a large commutant: for the blocks, and for their links, where six see a quaternionic algebra.
_PROBES, _LINKS = 3, 6


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
    tolerance : float
        The ``rtol`` that decided what commutes.
    kept, left_out : float
        On the scale of ``rtol``, how strongly the worst element of the commutant fails to commute, and (a bound on) how
        strongly the best matrix that was left out does. The answer is clear when ``tolerance`` lies well between them.
    """

    basis: Num[np.ndarray, "m m"]
    sizes: tuple[int, ...]
    classes: tuple[int, ...]
    commutant_dimension: int
    residual: float
    tolerance: float = 1e-10
    kept: float = 0.0
    left_out: float = np.inf

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
        matrices may be mixed. Real families are block diagonalised over the reals; m is at most 1024.
    rng : numpy Generator, int or None
        Source of the random element.
    rtol : float
        A matrix X counts as commuting when ``sum_k |[A_k, X]|^2`` is at most ``rtol`` times the largest it can be.
        For families known only to a relative error e use about ``10 e**2``; the result's ``kept`` and ``left_out``
        say whether that lies in a gap, and ``residual`` what the blocks leave over, about e.

    Returns
    -------
    JointBlocks

    Raises
    ------
    InputError, ShapeError, NonFiniteError
    UnidentifiableError
        If a large family's commutant cannot be told from what nearly commutes.

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
    if not 0 <= rtol < 1:
        raise InputError(f"rtol is {rtol}; it is a relative squared error, at least 0 and below 1")
    rng = np.random.default_rng(rng)
    operator = DoubleCommutator.of(family)
    commutant = commutant_basis(operator, rtol, rng)
    whole = commutant is not None
    if commutant is None:
        commutant = random_commutant_elements(operator, _PROBES, rtol, rng)
        draws = pairwise((*commutant.elements, commutant.elements[0]))
    else:
        elements = commutant.elements
        draws = ((_random_element(elements, rng), _random_element(elements, rng)) for _ in range(_DRAWS))
    # A draw can bring two eigenvalues together by chance; more blocks with the same residual is the finer answer.
    best: JointBlocks | None = None
    for x, other in draws:
        found = _from_elements(family, x, other, rtol)
        if best is None or (len(found.sizes) > len(best.sizes) and found.residual <= max(best.residual, rtol**0.5)):
            best = found
    assert best is not None
    return replace(
        best,
        commutant_dimension=len(commutant.elements) if whole else _commutant_dimension(best, commutant, operator, rng),
        kept=commutant.kept,
        left_out=commutant.left_out,
    )


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


def _random_element(commutant: Num[np.ndarray, "r m m"], rng: np.random.Generator) -> Num[np.ndarray, "m m"]:
    c = rng.standard_normal(len(commutant))
    if np.iscomplexobj(commutant):
        c = c + 1j * rng.standard_normal(len(commutant))
    x = np.tensordot(c, commutant, axes=1)
    return (x + x.conj().T) / 2


def _commutant_dimension(
    found: JointBlocks, commutant: Commutant, operator: DoubleCommutator, rng: np.random.Generator
) -> int:
    """``n + d n (n - 1) / 2`` a class of n blocks; d, the size of its endomorphism algebra, from independent links."""
    members = {k: [s for s, own in zip(found.slices, found.classes) if own == k] for k in set(found.classes)}
    real = not np.iscomplexobj(found.basis)
    probes = commutant.elements
    # Real blocks of odd size have no other endomorphisms than numbers.
    if real and any(len(blocks) > 1 and (blocks[0].stop - blocks[0].start) % 2 == 0 for blocks in members.values()):
        more = random_commutant_elements(operator, _LINKS - _PROBES, found.tolerance, rng)
        probes = np.concatenate([probes, more.elements])
    total = 0
    for blocks in members.values():
        n, d = len(blocks), 1 if real else 2
        size = blocks[0].stop - blocks[0].start
        if n > 1 and real and size % 2 == 0:
            u, v = found.basis[:, blocks[0]], found.basis[:, blocks[1]]
            links = np.stack([(u.T @ p @ v).reshape(-1) for p in probes])
            strengths = np.linalg.svd(links, compute_uv=False)
            d = int((strengths > max(1e-6, 10 * found.tolerance**0.5) * strengths[0]).sum())
        total += n + d * n * (n - 1) // 2
    return total


def _from_elements(
    family: Num[np.ndarray, "k m m"],
    x: Num[np.ndarray, "m m"],
    other: Num[np.ndarray, "m m"],
    rtol: float,
) -> JointBlocks:
    values, vectors = np.linalg.eigh(x)
    columns = _by_eigenvalue(values, vectors, rtol) if rtol <= EXACT else _by_coupling(family, vectors, rtol)
    labels = _equivalent(columns, other, rtol)
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
    return JointBlocks(basis, sizes, classes, 0, residual, rtol)


def _by_eigenvalue(values: np.ndarray, vectors: np.ndarray, rtol: float) -> list[Num[np.ndarray, "m s"]]:
    runs = degenerate_clusters(values, rtol=max(rtol**0.5, 1e-9)).ranges
    return [vectors[:, r.start : r.stop] for r in runs]


def _by_coupling(family: np.ndarray, vectors: np.ndarray, rtol: float) -> list[Num[np.ndarray, "m s"]]:
    """Eigenvectors that the family couples by more than its error: noise spreads the eigenvalues of a block.

    A block of s rows holds together by entries of |A| / sqrt(m s) and more, errors leave at least sqrt(rtol) |A| / m:
    the widest gap between the two, in the links of a spanning tree of the strongest couplings, tells them apart.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    m = len(vectors)
    turned = vectors.conj().T @ family @ vectors
    coupling = np.sqrt((np.abs(turned) ** 2).sum(0))
    coupling = np.maximum(coupling, coupling.T)
    top = float(coupling.max(initial=0.0)) or 1.0
    tree = minimum_spanning_tree(2 * top - coupling)
    size = float(np.linalg.norm(family)) / m
    low, high = rtol**0.5 * size, size
    links = np.sort(np.concatenate([[low, high], (2 * top - tree.data).clip(low, high)]))
    widest = int(np.argmax(np.diff(np.log(np.maximum(links, 1e-300)))))
    cut = float(np.sqrt(links[widest] * links[widest + 1]))
    number, labels = connected_components(csr_matrix(coupling > cut), directed=False)
    return [vectors[:, labels == k] for k in range(number)]


def _equivalent(columns: list[Num[np.ndarray, "m s"]], element: Num[np.ndarray, "m m"], rtol: float) -> list[int]:
    """Label blocks that a random element of the commutant connects: by Schur's lemma they are equivalent."""
    labels = list(range(len(columns)))
    floor = max(10 * rtol**0.5, 1e-8) * float(np.linalg.norm(element, 2))
    # Errors spread over all entries of the element.
    spread = 3 * rtol**0.5 * float(np.linalg.norm(element)) / len(element)
    for a in range(len(columns)):
        for b in range(a):
            sizes = columns[a].shape[1], columns[b].shape[1]
            if sizes[0] != sizes[1] or labels[a] == labels[b]:
                continue
            link = columns[a].conj().T @ element @ columns[b]
            if np.linalg.norm(link) > (floor if rtol <= EXACT else spread * sizes[0]):
                old, new = labels[a], labels[b]
                labels = [new if label == old else label for label in labels]
    return labels
