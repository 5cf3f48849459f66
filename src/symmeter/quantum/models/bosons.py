"""Bosons: the Bose-Hubbard model, and the effective Hamiltonian of the kinetically driven one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.quantum.ed.hamiltonian import Hamiltonian
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.models.couplings import as_lattice, lattice_symmetries, real_couplings, spread

__all__ = ["bose_hubbard", "driven_bose_hubbard"]


def bose_hubbard(
    lattice: Any, nmax: int, t: Any = 1.0, U: Any = 1.0, mu: Any = 0.0, V: Any = 0.0, periodic: bool = True
) -> Hamiltonian:
    """``H = -sum_<ij> (t ad_i a_j + h.c.) + sum_i U n_i (n_i - 1) / 2 - mu n_i + sum_<ij> V n_i n_j``.

    Parameters
    ----------
    lattice : Lattice or int
    nmax : int
        Most bosons on a site; with ``charges={"N": n}`` and nmax >= n nothing is cut off.
    t, V : float or one a bond
    U, mu : float or one a site

    Examples
    --------
    >>> bose_hubbard(2, 2, t=1.0, U=2.0).eigenvalues({"N": 2}).round(8).tolist()
    [-1.23606798, 2.0, 3.23606798]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.bosons(lattice.sites, nmax)
    edges = lattice.edges() if lattice.sites > 1 else np.zeros((0, 2), dtype=int)
    hopping = spread(t, len(edges), "t", "bond")
    near = real_couplings(V, len(edges), "V", "bond")
    on_site = real_couplings(U, lattice.sites, "U", "site")
    chemical = real_couplings(mu, lattice.sites, "mu", "site")
    terms: list[Any] = []
    for k, (i, j) in enumerate(edges.tolist()):
        terms += [(-hopping[k], (("ad", i), ("a", j))), (-np.conj(hopping[k]), (("ad", j), ("a", i)))]
        if near[k]:
            terms.append((near[k], (("n", i), ("n", j))))
    for i in range(lattice.sites):
        terms += [(on_site[i] / 2, (("n", i), ("n", i))), (-on_site[i] / 2 - chemical[i], (("n", i),))]
    # A phase on a bond has a direction, which lattice symmetries turn round.
    uniform = not np.imag(hopping).any()
    symmetries = lattice_symmetries(space, lattice, hopping, near, on_site, chemical) if uniform else {}
    parameters = {"nmax": nmax, "t": t, "U": U, "mu": mu, "V": V}
    return Hamiltonian(space, terms, f"Bose-Hubbard on {lattice.name}", symmetries, parameters)


def driven_bose_hubbard(length: int, bosons: int, U: float = 1.0, kappa: float = 1.0) -> Hamiltonian:
    """Effective Hamiltonian of bosons on a ring whose hopping is driven as ``J cos(omega t)``, in momentum modes.

    ``H = U / (2 L) sum_{k1+k2=k3+k4} J_0(2 kappa F) ad_k4 ad_k3 a_k2 a_k1`` with
    ``F = cos k1 + cos k2 - cos k3 - cos k4``, ``kappa = J / omega`` and ``k = 2 pi m / L``: the average over a period
    in the interaction picture of the driving (Pieplow, Sols, Creffield 2018). Mode m is site m of the Hilbert space.

    Symmetries: "T" translation, "R" reflection, and for even L "Pi", the shift of all momenta by pi. T and Pi commute
    up to ``(-1)^N``, so that an odd number of bosons carries a projective representation.

    Parameters
    ----------
    length : int
    bosons : int
        Their number; use the Hamiltonian with ``charges={"N": bosons}``.
    U, kappa : float

    Examples
    --------
    >>> odd = driven_bose_hubbard(4, 3)
    >>> spectra = odd.spectra(["T"], {"N": 3}).by_label()
    >>> bool(np.allclose(spectra[0], spectra[2])), bool(np.allclose(spectra[1], spectra[3]))
    (True, True)
    """
    from scipy.special import j0

    if isinstance(bosons, bool) or not isinstance(bosons, (int, np.integer)) or bosons < 1:
        raise InputError(f"the number of bosons must be a whole number >= 1; got {bosons!r}")
    lattice = as_lattice(length)
    n = lattice.sites
    space = HilbertSpace.bosons(n, int(bosons))
    cosines = np.cos(2 * np.pi * np.arange(n) / n)
    pairs = [(a, b) for a in range(n) for b in range(a, n)]
    terms: list[Any] = []
    for k1, k2 in pairs:
        for k3, k4 in pairs:
            if (k1 + k2 - k3 - k4) % n:
                continue
            many = (1 + (k1 != k2)) * (1 + (k3 != k4))
            strength = U / (2 * n) * many * j0(2 * kappa * (cosines[k1] + cosines[k2] - cosines[k3] - cosines[k4]))
            terms.append((strength, (("ad", k4), ("ad", k3), ("a", k2), ("a", k1))))
    symmetries = {
        "T": Symmetry.phases(space, [[Fraction(m * level, n) for level in range(int(bosons) + 1)] for m in range(n)]),
        "R": Symmetry.sites(space, [-m % n for m in range(n)]),
    }
    if n % 2 == 0:
        symmetries["Pi"] = Symmetry.sites(space, [(m + n // 2) % n for m in range(n)])
    parameters = {"bosons": bosons, "U": U, "kappa": kappa}
    return Hamiltonian(space, terms, f"driven Bose-Hubbard ring of {n} sites", symmetries, parameters)
