"""Columns of the character table of a fusion ring, and the tests that only groups pass.

The matrices ``(N_R)_ST`` commute and are normal; their common eigenvectors are the columns. A group needs class sizes
``|G| / sum_R |chi_R(k)|^2`` that are whole and divide |G|, class-algebra constants that are non-negative integers, and
for every prime p dividing |G| a power map on the classes (Isaacs, chapters 2-4; the last test is the one that fusion
rings of no group mostly fail).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from jaxtyping import Complex, Int

from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["RingCharacters", "power_maps", "ring_characters", "why_no_group"]

_CLOSE = 1e-6
#: Maps of classes that are tried for one prime.
_MOST_MAPS = 50_000


@dataclass(frozen=True, eq=False)
class RingCharacters:
    """A character table worked out from a fusion ring, in floating point.

    Attributes
    ----------
    order : int
    values : complex array of shape (r, r)
        Row R, column k; column 0 is that of the identity.
    class_sizes : int array of shape (r,)
        Zero where the size is no integer.
    known_classes : int array
        Column of each class of N.
    """

    order: int
    values: Complex[np.ndarray, "r r"]
    class_sizes: Int[np.ndarray, " r"]
    known_classes: Int[np.ndarray, " c"]

    @cached_property
    def dims(self) -> Int[np.ndarray, " r"]:
        return np.rint(np.real(self.values[:, 0])).astype(np.int64)

    @property
    def centralizer_orders(self) -> Int[np.ndarray, " r"]:
        return self.order // np.maximum(self.class_sizes, 1)


def ring_characters(
    known: KnownSubgroup, branching: Int[np.ndarray, "r k"], fusion: Int[np.ndarray, "r r r"]
) -> RingCharacters | str:
    """Columns of a fusion ring; a sentence when they cannot be those of a character table.

    Parameters
    ----------
    known : KnownSubgroup
    branching : int array of shape (r, k)
    fusion : int array of shape (r, r, r)
        Totally symmetric, row 0 the trivial irrep.
    """
    dims = branching @ known.dims
    order, r = int(dims @ dims), len(dims)
    dual = fusion[0].argmax(axis=1)
    matrices = fusion[:, :, dual].astype(float)
    rng = np.random.default_rng(r * 7919 + order)
    weights = rng.standard_normal(r) + 1j * rng.standard_normal(r)
    mixed = np.tensordot(weights, matrices, axes=1)
    vectors = np.linalg.eigh(mixed + mixed.conj().T)[1]
    if np.abs(vectors[0]).min() < 1e-8:
        return "its structure constants have no common eigenvectors"
    values = vectors / vectors[0]
    if np.abs(np.einsum("rst,tk->rsk", matrices, values) - values[:, None] * values[None]).max() > 1e-5 * dims.max():
        return "its structure constants are not associative"
    norms = (np.abs(values) ** 2).sum(axis=0)
    sizes = order / norms
    whole = np.rint(sizes).astype(np.int64)
    if np.abs(sizes - whole).max() > _CLOSE * order or whole.min() < 1 or (order % whole).any() or whole.sum() != order:
        return "a class size |G| / sum |chi|^2 is no divisor of |G|"
    parts = np.round(values, 6)
    first = np.abs(values - dims[:, None]).max(axis=0) > 1e-6
    ranking = np.lexsort((*parts.imag[::-1], *parts.real[::-1], whole, first))
    values, whole = values[:, ranking], whole[ranking]
    columns = branching @ known.characters
    distance = np.abs(columns[:, :, None] - values[:, None, :]).max(axis=0)
    where = distance.argmin(axis=1)
    if distance.min(axis=1).max() > 1e-5:
        return "an element of N has a column that the ring lacks"
    if (np.bincount(where, known.group.class_sizes, minlength=r) > whole + 0.5).any():
        return "a class of G has fewer elements than N has in it"
    table = RingCharacters(order, values, whole, where)
    return _class_algebra(table) or table


def _class_algebra(table: RingCharacters) -> str:
    """Test ``a_ijk = |C_i||C_j|/|G| sum_R chi_R(i) chi_R(j) chi_R(k)* / d_R``."""
    x, sizes = table.values, table.class_sizes.astype(float)
    constants = np.einsum("ri,rj,rk->ijk", x, x, x.conj() / table.dims[:, None], optimize=True)
    constants = constants * sizes[:, None, None] * sizes[None, :, None] / table.order
    whole = np.rint(constants.real)
    if np.abs(constants - whole).max() > 1e-4 or whole.min() < 0:
        return "a structure constant of its class algebra is no non-negative integer"
    return ""


def power_maps(
    known: KnownSubgroup, table: RingCharacters, fusion: Int[np.ndarray, "r r r"], prime: int
) -> list[Int[np.ndarray, " r"]] | None:
    """All maps of classes that can be ``x -> x^p``; None when there are too many candidates to try.

    A map pi has to send the identity to itself and the classes of N as N says, ``|C(k)|`` divides ``|C(pi k)|``,
    ``lambda(pi k) = lambda(k)^p`` for linear lambda, every ``chi o pi`` is a virtual character that is congruent to
    ``chi^p`` modulo p, and (Frobenius) the number of solutions of ``x^p = 1`` is a multiple of p. For p = 2 symmetric
    and exterior squares are characters and the indicators are 1, 0 or -1, with 0 exactly for complex characters.
    """
    x, r = table.values, len(table.values)
    linear = x[table.dims == 1]
    centralizers = table.centralizer_orders
    fits = (centralizers[None, :] % centralizers[:, None] == 0) & (
        np.abs(linear[:, :, None] ** prime - linear[:, None, :]).max(axis=0) < 1e-6
    )
    fits &= _congruent(x, prime)
    fits[0] = np.arange(r) == 0
    to = known.group.power_map(prime)
    for c, k in enumerate(table.known_classes.tolist()):
        fits[k] = fits[k] & (np.arange(r) == table.known_classes[to[c]])
    choices = [np.flatnonzero(row).tolist() for row in fits]
    if prod(map(len, choices)) > _MOST_MAPS:
        return None
    powers = _powers_of_irreps(fusion, prime)
    weights = table.class_sizes / table.order
    found = []
    for choice in product(*choices):
        pi = np.array(choice, dtype=np.intp)
        if table.order % prime == 0 and table.class_sizes[pi == 0].sum() % prime:
            continue
        adams = (x[:, pi] * weights) @ x.conj().T
        whole = np.rint(adams.real)
        if np.abs(adams - whole).max() > 1e-6 or ((powers - whole.astype(np.int64)) % prime).any():
            continue
        if prime != 2 or _square_fits(table, powers, whole.astype(np.int64)):
            found.append(pi)
    return found


def _congruent(x: np.ndarray, prime: int) -> np.ndarray:
    """Whether ``chi(k)^p - chi(k')`` can be a multiple of p, as far as rational columns tell."""
    whole = np.rint(np.real(x))
    rational = np.abs(x - whole).max(axis=0) < 1e-6
    w = whole.astype(np.int64) % prime
    powers = np.array([[pow(int(v), prime, prime) for v in row] for row in w])
    differ = ((powers[:, :, None] - w[:, None, :]) % prime != 0).any(axis=0)
    return ~(differ & rational[:, None] & rational[None, :])


def _powers_of_irreps(fusion: np.ndarray, prime: int) -> np.ndarray:
    """Row R: the decomposition of R tensored with itself ``prime`` times."""
    dual = fusion[0].argmax(axis=1)
    matrices = fusion[:, :, dual]
    start = np.zeros((len(fusion), len(fusion)), dtype=object)
    start[:, 0] = 1
    for _ in range(prime):
        start = np.array([start[i] @ matrices[i].astype(object) for i in range(len(fusion))])
    return start


def _square_fits(table: RingCharacters, squares: np.ndarray, adams: np.ndarray) -> bool:
    squares = squares.astype(np.int64)
    symmetric, exterior = squares + adams, squares - adams
    if (symmetric % 2).any() or symmetric.min() < 0 or exterior.min() < 0:
        return False
    indicators = adams[:, 0]
    real = np.abs(np.imag(table.values)).max(axis=1) < 1e-6
    return bool((np.abs(indicators) <= 1).all() and np.array_equal(indicators != 0, real))


def why_no_group(known: KnownSubgroup, table: RingCharacters, fusion: Int[np.ndarray, "r r r"]) -> str:
    """The first prime without a power map, in words; empty when every prime has one or could not be decided."""
    from symmeter.groups.names import _prime_divisors

    for p in _prime_divisors(table.order):
        maps = power_maps(known, table, fusion, p)
        if maps is not None and not maps:
            return f"no power map x -> x^{p} exists (Adams operation of p = {p})"
    return ""
