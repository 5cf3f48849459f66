"""Equivariant subspaces of one block type, by the null space of the constraints of all generators, and their cache.

A block that maps ``T(p, q)`` to ``T(p', q')`` is a tensor with p' upper and q' lower output indices, and p lower and q
upper input ones. It is equivariant exactly when every generator leaves this tensor alone: ``C w = 0`` with C the
derivative of the tensor representation (Lie generators) or the representation minus one (discrete ones). Solved by
the eigenvectors of ``C^T C`` in float64 (Finzi, Welling and Wilson 2021; Kim, Lee, Yang and Lee 2023). This is the
orthogonal projector also where no average over the group exists: scalings, SL(n), GL(n).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnidentifiableError
from symmeter.nn.soft.candidates import Candidate

__all__ = ["block_signs", "cache_folder", "clear_memory", "equivariant_basis", "projector"]

#: Eigenvalues of C^T C below this, relative to the largest, are zero.
CUT = 1e-9
#: Blocks up to this size are solved by one dense eigendecomposition.
LARGEST_BLOCK = 4096
#: Smaller blocks are solved faster than they are read from disk.
_WORTH_KEEPING = 200
_VERSION = 1

_MEMORY: dict[tuple[str, tuple[int, ...]], np.ndarray] = {}


def block_signs(target: tuple[int, int], source: tuple[int, int], orthogonal: bool) -> tuple[int, ...]:
    """For each index of a block, +1 when it transforms as a vector and -1 when as a covector.

    Examples
    --------
    >>> block_signs((2, 0), (1, 1), orthogonal=False), block_signs((2, 0), (1, 1), orthogonal=True)
    ((1, 1, -1, 1), (1, 1, 1, 1))
    """
    if orthogonal:
        return (1,) * (sum(target) + sum(source))
    return (1,) * target[0] + (-1,) * target[1] + (-1,) * source[0] + (1,) * source[1]


def equivariant_basis(group: Candidate, signs: Sequence[int]) -> Float[np.ndarray, "n k"]:
    """Orthonormal columns that span the tensors which the group leaves alone.

    Parameters
    ----------
    group : Candidate
    signs : sequence of +1 and -1
        As from :func:`block_signs`; the tensors have ``n = d ** len(signs)`` entries, row by row.

    Raises
    ------
    InputError
        If the block is too large.
    UnidentifiableError
        If the null space is not clean: ``C Q`` is not zero to rounding.

    Examples
    --------
    >>> from symmeter.groups import O
    >>> from symmeter.nn.soft.candidates import candidate
    >>> [equivariant_basis(candidate("O3", O(3)), (1,) * r).shape[1] for r in range(5)]
    [1, 0, 1, 0, 3]
    """
    # The signs only matter for groups that tell vectors from covectors.
    key = (group.digest, (1,) * len(signs) if group.is_orthogonal else tuple(int(s) for s in signs))
    found = _MEMORY.get(key)
    if found is None:
        size = group.dimension ** len(signs)
        if size > LARGEST_BLOCK:
            raise InputError(
                f"a block between tensors with {len(signs)} indices over {group.dimension} coordinates has {size} "
                f"entries; at most {LARGEST_BLOCK} are solved: use fewer channels, or features of lower rank"
            )
        found = _read(key, size) if size >= _WORTH_KEEPING else None
        if found is None:
            found = _solve(group, key[1])
            if size >= _WORTH_KEEPING:
                _write(key, found)
        found.setflags(write=False)
        _MEMORY[key] = found
    return found


def projector(group: Candidate, signs: Sequence[int]) -> Float[np.ndarray, "n n"]:
    """The orthogonal projector ``Q Q^T`` onto the equivariant tensors.

    Examples
    --------
    >>> from symmeter.groups import O
    >>> from symmeter.nn.soft.candidates import candidate
    >>> p = projector(candidate("O3", O(3)), (1, 1))
    >>> (p @ np.diag([2.0, 2.0, 3.0]).ravel()).reshape(3, 3).diagonal().round(12)
    array([2.33333333, 2.33333333, 2.33333333])
    """
    q = equivariant_basis(group, signs)
    return q @ q.T


def clear_memory() -> None:
    """Forget the projectors that are kept in memory; those on disk stay."""
    _MEMORY.clear()


# ---- solving ---------------------------------------------------------------------------------------------------------


def _solve(group: Candidate, signs: tuple[int, ...]) -> np.ndarray:
    size = group.dimension ** len(signs)
    constraints = _constraints(group, signs)
    gram = np.zeros((size, size))
    for c in constraints:
        gram += c.T @ c
    values, vectors = np.linalg.eigh(gram)
    scale = values[-1] if len(values) else 0.0
    if scale <= 1e-24:
        return np.eye(size)
    basis = np.ascontiguousarray(vectors[:, values <= CUT * scale])
    left = max((float(np.abs(c @ basis).max(initial=0.0)) for c in constraints), default=0.0)
    if left > 1e-4 * np.sqrt(scale):
        raise UnidentifiableError(
            f"{group.name}: what should be equivariant breaks the generators by {left:.2g}; nearly equal generators "
            "cannot be told apart, remove one of them"
        )
    return basis


def _constraints(group: Candidate, signs: tuple[int, ...]) -> list[np.ndarray]:
    """The matrices that annihilate equivariant tensors, one for each generator, scaled to generators of norm 1."""
    d, rank = group.dimension, len(signs)
    out = []
    for a in group.algebra:
        a = a / max(float(np.linalg.norm(a, 2)), 1e-300)
        c = np.zeros((d**rank, d**rank))
        for place, sign in enumerate(signs):
            _add_on_one_index(c, a if sign > 0 else -a.T, d**place, d ** (rank - place - 1))
        out.append(c)
    for h in group.discrete:
        dual = np.linalg.inv(h).T
        c = reduce(np.kron, [h if sign > 0 else dual for sign in signs], np.ones((1, 1))) - np.eye(d**rank)
        out.append(c / max(float(np.linalg.norm(h, 2)), 1.0) ** rank)
    return out


def _add_on_one_index(total: np.ndarray, a: np.ndarray, before: int, after: int) -> None:
    """Add ``1 x a x 1`` in place, without forming the Kronecker product."""
    d = len(a)
    view = total.reshape(before, d, after, before, d, after)
    i, k = np.arange(before)[:, None], np.arange(after)[None, :]
    for row in range(d):
        for column in range(d):
            if a[row, column]:
                view[i, row, k, i, column, k] += a[row, column]


# ---- on disk ---------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where results that take long are kept: ``SYMMETER_CACHE``, else the platform's folder for caches."""
    given = os.environ.get("SYMMETER_CACHE")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "symmeter"


def _path(key: tuple[str, tuple[int, ...]]) -> Path:
    word = "".join("u" if s > 0 else "l" for s in key[1])
    return cache_folder() / "projectors" / f"v{_VERSION}-{key[0]}-{word}.npy"


def _read(key: tuple[str, tuple[int, ...]], size: int) -> np.ndarray | None:
    """A basis from disk, unless it is missing or damaged."""
    try:
        basis = np.load(_path(key), allow_pickle=False)
    except (OSError, ValueError, EOFError, RuntimeError):
        return None
    if basis.ndim != 2 or basis.shape[0] != size or basis.dtype != np.float64 or not np.isfinite(basis).all():
        return None
    orthonormal = np.abs(basis.T @ basis - np.eye(basis.shape[1])).max(initial=0.0) < 1e-9
    return basis if orthonormal else None


def _write(key: tuple[str, tuple[int, ...]], basis: np.ndarray) -> None:
    import io

    from symmeter.errors import OutputError
    from symmeter.files import write_atomic

    path = _path(key)
    buffer = io.BytesIO()
    np.save(buffer, basis)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, buffer.getvalue())
    except (OSError, OutputError, RuntimeError):
        # A folder that cannot be written costs time, nothing else.
        return
