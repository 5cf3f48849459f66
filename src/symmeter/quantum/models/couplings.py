"""Couplings that are one number or one a bond or site, and the lattice symmetries that uniform ones leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.lattices import Lattice, chain

__all__ = ["as_lattice", "lattice_symmetries", "real_couplings", "spread"]


def as_lattice(lattice: Any, periodic: bool = True) -> Lattice:
    """A lattice, or the chain of a given length."""
    if isinstance(lattice, Lattice):
        return lattice
    if isinstance(lattice, (int, np.integer)) and not isinstance(lattice, bool):
        return chain(int(lattice), periodic)
    raise InputTypeError(f"the lattice must be a Lattice or the length of a chain; got {type(lattice).__name__}")


def spread(values: Any, number: int, what: str, each: str) -> Num[np.ndarray, " number"]:
    """One coupling for each of ``number`` bonds or sites.

    Raises
    ------
    ShapeError
        If there are neither one nor ``number`` of them.
    """
    try:
        found = np.asarray(values)
        found = found.astype(complex if np.iscomplexobj(found) else float)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be a number, or {number} numbers, one a {each}; got {values!r}") from None
    if found.ndim == 0:
        found = np.full(number, found[()])
    if found.shape != (number,):
        raise ShapeError(f"{what} has shape {found.shape}; give one number, or {number}, one a {each}")
    if not np.isfinite(found).all():
        raise NonFiniteError(f"{what} has an entry that is NaN or infinite")
    return found


def real_couplings(values: Any, number: int, what: str, each: str) -> Float[np.ndarray, " number"]:
    """Couplings that must be real for the Hamiltonian to be Hermitian."""
    found = spread(values, number, what, each)
    if np.imag(found).any():
        raise InputError(f"{what} must be real; a complex one would not be Hermitian")
    return np.real(found)


def lattice_symmetries(space: HilbertSpace, lattice: Lattice, *couplings: Any) -> dict[str, Symmetry]:
    """The generators of the space group as symmetries, when all couplings are uniform."""
    if any(np.ptp(np.asarray(c)) != 0 for c in couplings if np.size(c)):
        return {}
    return {name: Symmetry.sites(space, images) for name, images in lattice.generators().items()}
