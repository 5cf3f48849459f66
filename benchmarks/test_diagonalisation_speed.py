"""Exact diagonalisation on one thread beside QuSpin: the Heisenberg ring with magnetisation, momentum and parity.

Building counts everything from the model to the sparse matrix of the sector, for both: basis, checks (ours; those of
QuSpin are switched off) and matrix. Compiled code is warmed up first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("quspin")

from quspin.basis import spin_basis_1d
from quspin.operators import hamiltonian

from symmeter.quantum import models


def ours(length: int) -> Any:
    return models.heisenberg(length).sector({"T": 0, "P": "+"}, ["T", "P"], {"Sz": 0})


def theirs(length: int) -> Any:
    basis = spin_basis_1d(length, Nup=length // 2, kblock=0, pblock=1, pauli=False)
    bonds = [(i, (i + 1) % length) for i in range(length)]
    flips = [[0.5, i, j] for i, j in bonds]
    static = [["zz", [[1.0, i, j] for i, j in bonds]], ["+-", flips], ["-+", flips]]
    quiet = {"check_symm": False, "check_herm": False, "check_pcon": False}
    return hamiltonian(static, [], basis=basis, dtype=np.float64, **quiet)


@pytest.mark.parametrize("length", [20, 22, 24])
def test_building_a_sector(beside: Any, length: int) -> None:
    for _ in range(2):
        ours(18).matrix(compiled=True)
    found = beside(
        f"matrix of the Heisenberg ring, L={length}, k=0, p=+1",
        lambda: ours(length).matrix(),
        lambda: theirs(length).tocsr(),
        "QuSpin",
        speedup=2.0,
        rounds=5,
        baseline_rounds=4,
    )
    expected = theirs(length).tocsr()
    assert found.shape == expected.shape
    assert found.nnz == expected.nnz
    assert abs(found.trace() - expected.diagonal().sum()) < 1e-6


@pytest.mark.parametrize("length", [20, 22, 24])
def test_matrix_times_vector(beside: Any, length: int) -> None:
    matrix, peer = ours(length).matrix(), theirs(length)
    product = ours(length).product()
    v = np.random.default_rng(0).standard_normal(matrix.shape[0])
    product(v)
    found = beside(
        f"500 products of the Heisenberg ring, L={length}, k=0, p=+1",
        lambda: [product(v) for _ in range(500)][-1],
        lambda: [peer.dot(v) for _ in range(500)][-1],
        "QuSpin",
        speedup=2.0,
        rounds=7,
        baseline_rounds=6,
    )
    np.testing.assert_allclose(found, matrix @ v, atol=1e-10)


def test_ground_state_from_nothing(beside: Any) -> None:
    """Model, basis, matrix and Lanczos."""
    ours(18).lowest(1)
    found = beside(
        "ground state of the Heisenberg ring, L=22, from the model on",
        lambda: ours(22).lowest(1)[0],
        lambda: theirs(22).eigsh(k=1, which="SA", return_eigenvectors=False)[0],
        "QuSpin and ARPACK",
        speedup=2.0,
        rounds=5,
        baseline_rounds=4,
    )
    assert abs(found - theirs(22).eigsh(k=1, which="SA", return_eigenvectors=False)[0]) < 1e-8


def test_all_levels_of_all_sectors(beside: Any) -> None:
    """Twelve spins: the levels of every momentum at every magnetisation."""
    n = 12
    bonds = [(i, (i + 1) % n) for i in range(n)]
    flips = [[0.5, i, j] for i, j in bonds]
    static = [["zz", [[1.0, i, j] for i, j in bonds]], ["+-", flips], ["-+", flips]]
    quiet = {"check_symm": False, "check_herm": False, "check_pcon": False}

    def all_of_ours() -> np.ndarray:
        ring = models.heisenberg(n)
        return np.sort(np.concatenate([ring.spectra(["T"], {"Sz": m}).energies for m in range(-n // 2, n // 2 + 1)]))

    def all_of_theirs() -> np.ndarray:
        levels = []
        for up in range(n + 1):
            for k in range(n):
                basis = spin_basis_1d(n, Nup=up, kblock=k, pauli=False)
                if basis.Ns:
                    levels.append(hamiltonian(static, [], basis=basis, dtype=np.complex128, **quiet).eigvalsh())
        return np.sort(np.concatenate(levels))

    found = beside(
        "all 4096 levels of twelve spins by magnetisation and momentum",
        all_of_ours,
        all_of_theirs,
        "QuSpin",
        speedup=1.0,
        rounds=5,
        baseline_rounds=2,
    )
    np.testing.assert_allclose(found, all_of_theirs(), atol=1e-10)
