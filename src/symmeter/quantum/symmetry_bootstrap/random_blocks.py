"""Random Hamiltonians with a planted group: independent GOE, GUE or GSE blocks, one for each irrep of G.

The universal control: everything about the answer is known, and nothing of a lattice enters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, ShapeError
from symmeter.groups import FiniteGroup, Subgroup
from symmeter.quantum.symmetry_bootstrap.form_factors import DYSON_INDEX
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup, known_subgroup

__all__ = ["random_block_levels", "symmetric_random_hamiltonian", "symmetric_random_spectra"]


def random_block_levels(
    size: int, ensemble: str, realisations: int, rng: np.random.Generator
) -> Float[np.ndarray, "s n"]:
    """Levels of random matrices, from their tridiagonal form (Dumitriu and Edelman 2002); semicircle of radius 1.

    ``"Poisson"`` gives independent levels of the same density. A Kramers pair of the GSE is one level here.
    """
    if size == 0:
        return np.zeros((realisations, 0))
    if ensemble == "Poisson":
        return np.sort(2 * rng.beta(1.5, 1.5, (realisations, size)) - 1, axis=1)
    if ensemble not in DYSON_INDEX:
        raise InputError(f"the ensembles are GOE, GUE, GSE and Poisson; got {ensemble!r}")
    beta = DYSON_INDEX[ensemble]
    out = np.empty((realisations, size))
    from scipy.linalg import eigvalsh_tridiagonal

    for s in range(realisations):
        diagonal = rng.standard_normal(size) / np.sqrt(beta)
        beside = np.sqrt(rng.chisquare(beta * np.arange(size - 1, 0, -1)) / (2 * beta)) if size > 1 else np.zeros(0)
        out[s] = eigvalsh_tridiagonal(diagonal, beside) / np.sqrt(2 * size)
    return out


def symmetric_random_spectra(
    subgroup: Subgroup | tuple[KnownSubgroup, np.ndarray],
    multiplicities: int | Sequence[int],
    ensembles: str | Sequence[str] = "GOE",
    realisations: int = 1,
    rng: np.random.Generator | int | None = 0,
    pairs: Sequence[tuple[int, int]] = (),
) -> SectorSpectra:
    """Spectra in the sectors of N of a Hamiltonian with one random block an irrep of G.

    Parameters
    ----------
    subgroup : Subgroup, or (KnownSubgroup, branching)
        N inside G; or the sectors and the branching matrix themselves.
    multiplicities : int or sequence of int
        Size n_R of each block.
    ensembles : str or sequence of str
        ``"GOE"``, ``"GUE"``, ``"GSE"`` or ``"Poisson"`` for each irrep. A GSE block counts Kramers pairs: each of its
        levels is doubled.
    realisations : int
    rng : numpy Generator or int
    pairs : sequence of (R, S)
        Irreps that an anti-unitary exchanges: their blocks have the same levels.

    Examples
    --------
    >>> from symmeter.groups import named_group
    >>> G = named_group("S3")
    >>> symmetric_random_spectra(G.subgroup([int(G.class_representatives[2])]), 40)
    SectorSpectra(C3, dimensions X1:80 X2:40 X3:40, 1 realisation)
    """
    rng = np.random.default_rng(rng)
    if isinstance(subgroup, Subgroup):
        known = known_subgroup(subgroup.group)
        branching = subgroup.parent.character_table.branching(subgroup)
    else:
        known, branching = subgroup
    r = len(branching)
    sizes = [int(multiplicities)] * r if isinstance(multiplicities, (int, np.integer)) else list(multiplicities)
    kinds = [ensembles] * r if isinstance(ensembles, str) else list(ensembles)
    if len(sizes) != r or len(kinds) != r:
        raise ShapeError(f"{r} irreps need {r} multiplicities and ensembles; got {len(sizes)} and {len(kinds)}")
    blocks = []
    for size, kind in zip(sizes, kinds):
        levels = random_block_levels(size, kind, realisations, rng)
        blocks.append(np.repeat(levels, 2, axis=1) if kind == "GSE" else levels)
    for i, j in pairs:
        blocks[j] = blocks[i]
    levels = [
        np.sort(np.concatenate([b for row, b in zip(branching, blocks) for _ in range(row[a])], axis=1), axis=1)
        if branching[:, a].any()
        else np.zeros((realisations, 0))
        for a in range(len(known))
    ]
    return SectorSpectra(known, tuple(levels), ("random blocks",))


def symmetric_random_hamiltonian(
    group: FiniteGroup,
    multiplicities: Sequence[int],
    ensemble: str = "GOE",
    rng: np.random.Generator | int | None = 0,
) -> tuple[Complex[np.ndarray, "d d"], Complex[np.ndarray, "n d d"]]:
    """A Hamiltonian ``sum_R h_R (x) 1`` in a random basis, and the matrices of all group elements in that basis.

    Parameters
    ----------
    group : FiniteGroup
    multiplicities : sequence of int
        Size of the block of each irrep of ``group.character_table``; zeros are allowed.
    ensemble : {"GOE", "GUE"}

    Returns
    -------
    (array of shape (D, D), array of shape (|G|, D, D))
    """
    rng = np.random.default_rng(rng)
    table = group.character_table
    if len(multiplicities) != len(table):
        raise ShapeError(f"{group.name} has {len(table)} irreps; got {len(multiplicities)} multiplicities")
    if ensemble not in ("GOE", "GUE"):
        raise InputError(f"blocks of a matrix are GOE or GUE; got {ensemble!r}")
    blocks: list[np.ndarray] = []
    actions: list[np.ndarray] = []
    for i, n in enumerate(multiplicities):
        if n:
            x = rng.standard_normal((n, n)) + (1j * rng.standard_normal((n, n)) if ensemble == "GUE" else 0)
            blocks.append(np.kron((x + x.conj().T) / np.sqrt(8 * n), np.eye(int(table.degrees[i]))))
            actions.append(np.stack([np.kron(np.eye(n), g) for g in group.irrep(i)]))
    size = sum(map(len, blocks))
    h = np.zeros((size, size), dtype=complex)
    u = np.zeros((group.order, size, size), dtype=complex)
    start = 0
    for block, action in zip(blocks, actions):
        stop = start + len(block)
        h[start:stop, start:stop] = block
        u[:, start:stop, start:stop] = action
        start = stop
    q = _random_unitary(size, rng)
    return q @ h @ q.conj().T, q @ u @ q.conj().T


def _random_unitary(size: int, rng: np.random.Generator) -> np.ndarray:
    z = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    q, r = np.linalg.qr(z)
    return q * (np.diag(r) / np.abs(np.diag(r)))
