"""Nye tensors of atoms beside atomman, and eigenstress, on one thread.

The peer is taken from the environment when it is there (``pip install atomman``). Its neighbour list is counted
in, as is ours. Its cost is proportional to the number of atoms: of 2e5 atoms it is run once.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from symmeter.spacetime import defects
from symmeter.subjects.crystals import Crystal

pytest.importorskip("numba")


@pytest.fixture
def atomman() -> Any:
    """Imported before anything is timed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("atomman")


def _peer(am: Any, crystal: Crystal, lattice: Any, cutoff: float) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        free = ~crystal.periodic
        box = np.where(free[:, None], np.diag(np.ptp(crystal.positions, axis=0) + 20.0), crystal.cell)
        origin = np.where(free, crystal.positions.min(0) - 10.0, 0.0)
        system = am.System(
            atoms=am.Atoms(pos=crystal.positions), box=am.Box(vects=box, origin=origin), pbc=crystal.periodic
        )
        near = am.NeighborList(system=system, cutoff=cutoff)
        return am.defect.nye_tensor(system, lattice.references[0], neighbors=near)["Nye_tensor"]


def test_cylinder_of_5056_atoms(beside: Any, atomman: Any) -> None:
    """Floor: 5056 x 18 bonds x 18 references, some 2 million products: a millisecond or two."""
    crystal = defects.dislocated_cylinder("screw")
    lattice = defects.reference_lattice("sc", 1.0)
    ours = beside(
        "Nye tensor of a screw in 5056 atoms",
        lambda: defects.from_atoms(crystal, "sc", 1.0, use_compiled=True).nye,
        lambda: _peer(atomman, crystal, lattice, 1.573), "atomman", speedup=20.0, baseline_rounds=2,
    )  # fmt: skip
    r = np.hypot(crystal.positions[:, 0], crystal.positions[:, 1])
    far = (r > 4) & (r < 17)
    # The same content of Burgers vectors around the core; the peer's sign and order of indices are other ones.
    peer = _peer(atomman, crystal, lattice, 1.573)
    assert abs(ours[r < 8, 2, 2].sum() / 4 + 1) < 0.06
    assert abs(abs(peer[r < 8, 2, 2].sum()) / 4 - 1) < 0.06
    assert np.abs(ours[far]).max() < 0.05


def test_two_hundred_thousand_atoms(beside: Any, atomman: Any) -> None:
    """Floor: 3e7 products for matching and 2.4e6 bonds to find among 7 times as many pairs: 0.15 s."""
    block = defects.build_crystal("fcc", 3.61, (37, 37, 37))
    lattice = defects.reference_lattice("fcc", 3.61)
    x = block.positions + 0.03 * np.random.default_rng(0).normal(size=(block.n, 3))
    crystal = Crystal(x, block.cell, block.periodic, block.symbols)
    found = beside(
        f"Nye tensor of {crystal.n} fcc atoms", lambda: defects.from_atoms(crystal, "fcc", 3.61).nye,
        lambda: _peer(atomman, crystal, lattice, 3.1), "atomman", seconds=1.0, speedup=20.0,
        rounds=5, baseline_rounds=1,
    )  # fmt: skip
    assert np.isfinite(found).all()


@pytest.mark.parametrize("isotropic", [True, False], ids=["isotropic", "anisotropic"])
def test_eigenstress_of_512_squared(beside: Any, isotropic: bool) -> None:
    """Beside the same formulas with complex transforms of all nine components and a solve for each wave."""
    n, h = 512, 0.125
    alpha = defects.line_density((n, n), h, [((16, 32), (1, 0, 0)), ((48, 32), (-1, 0, 0))], 1.0)
    c = (
        defects.stiffness_tensor((1.5, 1.0))
        if isotropic
        else defects.stiffness_tensor(defects.cubic_stiffness(3.5, 1.5, 1.4))
    )

    def plain() -> Any:
        k = 2 * np.pi * np.stack(np.meshgrid(np.fft.fftfreq(n, h), np.fft.fftfreq(n, h), [0.0], indexing="ij"))[..., 0]
        k[0, n // 2], k[1, :, n // 2] = 0, 0
        a = np.fft.fftn(alpha, axes=(2, 3))
        square = (k**2).sum(0)
        square[square == 0] = 1
        eps = np.zeros((3, 3, 3))
        for p, q, r in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            eps[p, q, r], eps[p, r, q] = 1, -1
        beta = 1j * np.einsum("klm,lxy,amxy->akxy", eps, k, a, optimize=True) / square
        force = 1j * np.einsum("jxy,ijxy->ixy", k, np.einsum("ijkl,klxy->ijxy", c, beta, optimize=True), optimize=True)
        acoustic = np.einsum("ijkl,jxy,lxy->xyik", c, k, k, optimize=True)
        acoustic[(k**2).sum(0) == 0] = np.eye(3)
        u = np.linalg.solve(acoustic, np.moveaxis(force, 0, -1)[..., None])[..., 0]
        beta += 1j * np.moveaxis(u, -1, 0)[:, None] * k
        return np.einsum("ijkl,klxy->ijxy", c, np.fft.ifftn(beta, axes=(2, 3)).real, optimize=True)

    found = beside(
        f"eigenstress of an edge dipole, 512 x 512, {'isotropic' if isotropic else 'cubic'}",
        lambda: defects.stress_from_density(alpha, c, h), plain, "plain NumPy", rounds=3, baseline_rounds=2,
        seconds=0.5 if not isotropic else 0.2,
    )  # fmt: skip
    assert np.abs(found.stress - plain()).max() < 1e-12
