"""Levels in the sectors of N from a Hamiltonian matrix and matrices of N's generators.

The reduced sector of irrep a is the image of ``P = (d_a / |N|) sum_g D_11(g)* U_g``. Everything that the projection
rests on is checked first: H is Hermitian, the generators commute with it, and they multiply as N does, without phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, NotHermitianError, ShapeError
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["sector_levels"]

_SEED = 977
_MOST = 20_000


def sector_levels(
    hamiltonian: Any, known: KnownSubgroup, generators: Sequence[Any] | None, tolerance: float = 1e-9
) -> tuple[Float[np.ndarray, "s d"], ...]:
    """Sorted levels of each reduced sector.

    Parameters
    ----------
    hamiltonian : matrix, or list of matrices
        Dense or sparse, of shape (D, D); or an array of shape (s, D, D).
    known : KnownSubgroup
    generators : sequence of matrices
        In the order of :func:`generator_elements`.
    tolerance : float
        Relative to the largest entry.

    Raises
    ------
    ShapeError, NotHermitianError, InputError
    """
    many = list(hamiltonian) if isinstance(hamiltonian, (list, tuple)) or _ndim(hamiltonian) == 3 else [hamiltonian]
    if not many:
        raise InputError("there is no Hamiltonian in the list")
    many = [_matrix(h) for h in many]
    size = many[0].shape[0]
    if size > _MOST:
        raise InputError(f"a matrix of {size} rows is too large to cut into sectors densely (the most is {_MOST})")
    for s, h in enumerate(many):
        if h.shape != (size, size):
            raise ShapeError(f"Hamiltonian {s} has shape {h.shape}; all must be {size} x {size}")
        off = _size(h - h.conj().T)
        if off > tolerance * max(_size(h), 1e-300):
            raise NotHermitianError(f"Hamiltonian {s} is not Hermitian: H - H^dagger has entries up to {off:.3g}")
    elements = _represented(known, generators, size, tolerance)
    wanted = generator_elements(known)
    for s, h in enumerate(many):
        for g in wanted:
            norm = _size(h @ elements[g] - elements[g] @ h)
            if norm > max(tolerance, 1e-12) * max(_size(h), 1e-300) * 10:
                raise InputError(
                    f"generator {wanted.index(g)} of {known.name} does not commute with Hamiltonian {s}: [H, g] has "
                    f"entries up to {norm:.3g}; the largest entry of H is {_size(h):.3g}"
                )
    levels = []
    for a in range(len(known)):
        q = _basis(known, a, elements, size)
        rows = []
        for h in many:
            block = q.conj().T @ (h @ q)
            rows.append(np.linalg.eigvalsh((block + block.conj().T) / 2) if q.shape[1] else np.zeros(0))
        levels.append(np.array(rows))
    return tuple(levels)


def generator_elements(known: KnownSubgroup) -> list[int]:
    """Elements of N that the given matrices stand for: one for each cyclic factor, else ``group.generators``."""
    if all("," in label or label.isdigit() for label in known.labels) and len(known) == known.order:
        orders = [max(int(label.split(",")[i]) for label in known.labels) + 1 for i in range(_factors(known))]
        strides = np.cumprod([1, *orders[:0:-1]])[::-1]
        return [int(s) for s, n in zip(strides, orders) if n > 1]
    return [int(g) for g in known.group.generators]


def _factors(known: KnownSubgroup) -> int:
    return len(known.labels[0].split(","))


def _ndim(a: Any) -> int:
    return int(getattr(a, "ndim", 2))


def _matrix(a: Any) -> Any:
    if hasattr(a, "tocsr"):
        a = a.tocsr()
    else:
        a = np.asarray(a)
        if a.dtype.kind not in "biufc":
            raise ShapeError(f"a Hamiltonian is a matrix of numbers; got {type(a).__name__} of {a.dtype}")
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ShapeError(f"a Hamiltonian is a square matrix; got shape {a.shape}")
    if not np.isfinite(a.data if hasattr(a, "tocsr") else a).all():
        raise NonFiniteError("the Hamiltonian has entries that are NaN or infinite; remove them")
    return a


def _size(a: Any) -> float:
    """Largest entry."""
    if hasattr(a, "tocsr"):
        return float(np.abs(a.data).max(initial=0.0)) if hasattr(a, "data") else 0.0
    return float(np.abs(a).max(initial=0.0))


def _represented(known: KnownSubgroup, generators: Sequence[Any] | None, size: int, tolerance: float) -> list[Any]:
    """Matrices of all elements of N, with every relation checked on random vectors."""
    from scipy import sparse

    wanted = generator_elements(known)
    given = [] if generators is None else list(generators)
    if len(given) != len(wanted):
        raise InputError(f"{known.name} has {len(wanted)} generators here; got {len(given)} matrices for them")
    matrices = []
    for i, matrix in enumerate(given):
        u: Any = matrix if hasattr(matrix, "tocsr") else np.asarray(matrix)
        if u.ndim == 1:
            # A permutation: basis state j goes to u[j].
            if len(u) != size or not np.array_equal(np.sort(u), np.arange(size)):
                raise InputError(
                    f"generator {i} is no permutation of 0 to {size - 1}; give one image for each basis state"
                )
            u = sparse.csr_matrix((np.ones(size), (np.asarray(u, dtype=int), np.arange(size))), shape=(size, size))
        if u.shape != (size, size):
            raise ShapeError(f"generator {i} has shape {u.shape}; the Hamiltonian is {size} x {size}")
        u = u.tocsr() if hasattr(u, "tocsr") else np.asarray(u)
        off = _size(u.conj().T @ u - (sparse.identity(size) if hasattr(u, "tocsr") else np.eye(size)))
        if off > 1e-8:
            raise InputError(f"generator {i} is not unitary: U^dagger U - 1 has entries up to {off:.3g}")
        matrices.append(u)
    found: dict[int, Any] = {0: sparse.identity(size, format="csr")}
    queue = [0]
    for x in queue:
        for g, u in zip(wanted, matrices):
            y = int(known.group.table[g, x])
            if y not in found:
                found[y] = u @ found[x]
                queue.append(y)
    probe = np.random.default_rng(_SEED).standard_normal((size, 2))
    images = {x: found[x] @ probe for x in found}
    for x in found:
        for i, (g, u) in enumerate(zip(wanted, matrices)):
            y = int(known.group.table[g, x])
            moved = u @ images[x]
            overlap = np.vdot(images[y], moved) / np.vdot(images[y], images[y])
            if np.abs(moved - overlap * images[y]).max() > 1e-6 * np.abs(moved).max():
                raise InputError(
                    f"the generators do not multiply as {known.name} does (generator {i} breaks a relation)"
                )
            if abs(overlap - 1) > max(tolerance, 1e-8):
                turn = np.angle(overlap) / (2 * np.pi)
                raise InputError(
                    f"N is projective: the generators multiply as {known.name} only up to phases (a factor "
                    f"exp(2 pi i {turn:.4g})), so that every level is degenerate and the sectors are no irreps of N; "
                    "give a subgroup that acts without phases, or redefine the generators"
                )
    return [found[x] for x in range(known.order)]


def _basis(known: KnownSubgroup, a: int, elements: list[Any], size: int) -> Num[np.ndarray, "d k"]:
    """Orthonormal columns of the reduced sector."""
    matrices = known.group.irrep(int(known.irreps[a]))
    d = int(known.dims[a])
    weights = matrices[:, 0, 0].conj() * d / known.order
    weights = np.where(np.abs(weights) < 1e-15, 0, weights)
    if np.abs(np.imag(weights)).max() == 0:
        weights = np.real(weights)
    trace = sum(w * _trace(u) for w, u in zip(weights, elements))
    number = round(float(np.real(trace)))
    if number == 0:
        return np.zeros((size, 0))
    # Random vectors span the image of the projector with probability one.
    start = np.random.default_rng(_SEED + a).standard_normal((size, number))
    columns = sum(w * (u @ start) for w, u in zip(weights, elements) if w != 0)
    q, _ = np.linalg.qr(columns)
    return q


def _trace(u: Any) -> complex:
    return complex(u.diagonal().sum())
