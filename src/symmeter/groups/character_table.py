"""Character tables: exact values, indicators, tensor products, restriction and induction.

Rows are irreps X1, X2, ... by degree, the trivial one first and then by values; columns are the conjugacy classes of
the group, named as in the Atlas (Conway et al. 1985). Types follow the Frobenius-Schur indicator: real (+1), complex
(0), quaternionic (-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Complex, Int, Num

from symmeter.errors import InputError, ShapeError
from symmeter.groups.cyclotomic import Cyclotomic, reduction_matrix
from symmeter.groups.finite_group import FiniteGroup

if TYPE_CHECKING:
    from symmeter.groups.subgroups import Subgroup

__all__ = ["CharacterTable"]

_TYPES = {1: "real", 0: "complex", -1: "quaternionic"}
_ROUNDING = 1e-6


class CharacterTable:
    """The irreducible characters of a finite group, exactly.

    Made by ``group.character_table``.

    Examples
    --------
    >>> from symmeter.groups.families import dicyclic_group
    >>> table = dicyclic_group(2).character_table
    >>> table.degrees, table.indicators
    (array([1, 1, 1, 1, 2]), array([ 1,  1,  1,  1, -1]))
    >>> table.decompose(table.values[4] * table.values[4])
    array([1, 1, 1, 1, 0])
    """

    def __init__(self, group: FiniteGroup, multiplicities: Int[np.ndarray, "k k e"]) -> None:
        self._group = group
        self._multiplicities = multiplicities
        multiplicities.setflags(write=False)

    @classmethod
    def from_multiplicities(cls, group: FiniteGroup, multiplicities: Int[np.ndarray, "k k e"]) -> CharacterTable:
        """Table from the multiplicities of the eigenvalues exp(2 pi i j / e) of each class; rows are put in order."""
        k = len(multiplicities)
        parts = np.round(_real_and_imaginary(multiplicities), 9)
        degrees = multiplicities[:, 0, 0].tolist()
        not_trivial = np.any(multiplicities[:, :, 0] != 1, axis=1).tolist()
        not_real = np.any(parts[:, :, 1] != 0, axis=1).tolist()
        keys = list(zip(degrees, not_trivial, not_real, (-parts).reshape(k, 2 * k).tolist(), strict=True))
        return cls(group, multiplicities[sorted(range(k), key=keys.__getitem__)])

    @property
    def group(self) -> FiniteGroup:
        return self._group

    def __len__(self) -> int:
        return len(self._multiplicities)

    @property
    def eigenvalue_multiplicities(self) -> Int[np.ndarray, "k k e"]:
        """How often exp(2 pi i j / e) is an eigenvalue of each class in each irrep, e the exponent of the group."""
        return self._multiplicities

    @cached_property
    def values(self) -> Complex[np.ndarray, "k k"]:
        """Values in floating point; row i is the character of irrep i."""
        values = _values(self._multiplicities)
        values.setflags(write=False)
        return values

    @cached_property
    def coefficients(self) -> Int[np.ndarray, "k k phi"]:
        """Integer coefficients of 1, z, ..., z**(phi(e)-1) with z = exp(2 pi i / e)."""
        # Small integers in floating point: exact, and much faster than integer products.
        reduction = reduction_matrix(self._group.exponent).astype(float)
        result = np.rint(_product(self._multiplicities, reduction)).astype(np.int64)
        result.setflags(write=False)
        return result

    @cached_property
    def exact(self) -> tuple[tuple[Cyclotomic, ...], ...]:
        """Exact values, one tuple an irrep."""
        e = self._group.exponent
        known: dict[bytes, Cyclotomic] = {}
        rows = []
        for row in self.coefficients:
            exact = []
            for c in row:
                key = c.tobytes()
                if key not in known:
                    known[key] = Cyclotomic(e, c.tolist())
                exact.append(known[key])
            rows.append(tuple(exact))
        return tuple(rows)

    def __getitem__(self, number: int) -> tuple[Cyclotomic, ...]:
        return self.exact[self._checked(number)]

    def _checked(self, number: int) -> int:
        if not -len(self) <= number < len(self):
            raise InputError(f"there is no irrep {number}; the {len(self)} irreps are numbered from 0")
        return number % len(self)

    @cached_property
    def degrees(self) -> Int[np.ndarray, " k"]:
        """Dimensions of the irreps."""
        return self._multiplicities[:, 0, 0].copy()

    @property
    def names(self) -> tuple[str, ...]:
        """X1, X2, ..."""
        return tuple(f"X{i + 1}" for i in range(len(self)))

    @cached_property
    def indicators(self) -> Int[np.ndarray, " k"]:
        """Frobenius-Schur indicators ``sum_g chi(g^2) / |G|``: +1, 0 or -1."""
        squares = self._group.power_map(2)
        return self._integers((self.values[:, squares] @ self._group.class_sizes) / self._group.order)

    @property
    def types(self) -> tuple[str, ...]:
        """Real, complex or quaternionic, for each irrep."""
        return tuple(_TYPES[i] for i in self.indicators.tolist())

    @cached_property
    def dual(self) -> Int[np.ndarray, " k"]:
        """Number of the complex conjugate of each irrep."""
        return np.rint(np.real(self.inner_products(self.values.conj()))).argmax(axis=1)

    @staticmethod
    def _integers(values: np.ndarray) -> np.ndarray:
        rounded = np.rint(np.real(values))
        error = float(np.abs(values - rounded).max(initial=0.0))
        if error > _ROUNDING:
            raise InputError(f"a multiplicity is no integer (it misses one by {error:.2g}): this is not a character")
        return rounded.astype(np.int64)

    def inner_products(self, functions: Num[np.ndarray, "... k"]) -> Complex[np.ndarray, "... k"]:
        """``sum_C |C| f(C) conj(chi_i(C)) / |G|`` of class functions with each irrep."""
        f = np.asarray(functions)
        if f.shape[-1:] != (len(self),):
            raise ShapeError(f"a class function has {len(self)} values, one a class; got shape {f.shape}")
        return (f * self._group.class_sizes) @ self.values.conj().T / self._group.order

    def decompose(self, characters: Num[np.ndarray, "... k"]) -> Int[np.ndarray, "... k"]:
        """Multiplicity of each irrep in characters given by their values on the classes.

        Raises
        ------
        InputError
            If a multiplicity is not an integer.
        """
        return self._integers(self.inner_products(characters))

    @cached_property
    def fusion(self) -> Int[np.ndarray, "k k k"]:
        """``fusion[i, j, m]``: how often irrep m occurs in the tensor product of i and j."""
        result = self._integers(self.inner_products(self.values[:, None, :] * self.values[None, :, :]))
        result.setflags(write=False)
        return result

    def exterior_and_symmetric_square(self, number: int) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """Decompositions of the antisymmetric and the symmetric part of the square of an irrep."""
        chi = self.values[self._checked(number)]
        squared = chi[self._group.power_map(2)]
        return self.decompose((chi**2 - squared) / 2), self.decompose((chi**2 + squared) / 2)

    def branching(self, subgroup: Subgroup) -> Int[np.ndarray, "k h"]:
        """``B[i, a]``: how often irrep a of the subgroup occurs in irrep i. Rows restrict, columns induce.

        Examples
        --------
        >>> from symmeter.groups.families import symmetric_group
        >>> G = symmetric_group(3)
        >>> G.character_table.branching(G.subgroup([int(G.class_representatives[2])]))
        array([[1, 0, 0],
               [1, 0, 0],
               [0, 1, 1]])
        """
        if subgroup.parent != self._group:
            raise InputError("the subgroup belongs to another group")
        return subgroup.group.character_table.decompose(self.values[:, subgroup.class_fusion])

    def restrict(self, character: Num[np.ndarray, " k"], subgroup: Subgroup) -> Num[np.ndarray, " h"]:
        """Values of a class function on the classes of a subgroup."""
        return np.asarray(character)[subgroup.class_fusion]

    def induce(self, character: Num[np.ndarray, " h"], subgroup: Subgroup) -> Num[np.ndarray, " k"]:
        """Induced class function: ``|C_G(g)| sum over classes c of H inside the class of g of f(c) / |C_H(c)|``."""
        h = subgroup.group
        f = np.asarray(character)
        if f.shape != (h.number_of_classes,):
            raise ShapeError(f"a class function of the subgroup has {h.number_of_classes} values; got {f.shape}")
        result = np.zeros(len(self), dtype=complex)
        np.add.at(result, subgroup.class_fusion, f * h.class_sizes)
        result *= self._group.order / (h.order * self._group.class_sizes)
        return result

    def kernel(self, number: int) -> Int[np.ndarray, " k"]:
        """Elements that an irrep represents by the identity."""
        i = self._checked(number)
        trivial = self._multiplicities[i, :, 0] == self.degrees[i]
        return np.flatnonzero(trivial[self._group.class_labels])

    @property
    def faithful(self) -> tuple[int, ...]:
        """Numbers of the irreps that represent different elements differently."""
        return tuple(i for i in range(len(self)) if len(self.kernel(i)) == 1)

    def to_json(self) -> dict[str, Any]:
        """Everything printed, as plain values."""
        g = self._group
        return {
            "group": g.name,
            "order": g.order,
            "classes": list(g.class_names),
            "sizes": g.class_sizes.tolist(),
            "power_maps": {str(p): [g.class_names[c] for c in g.power_map(p)] for p in _primes_of(g)},
            "irreps": [
                {"name": n, "degree": int(d), "indicator": int(i), "type": t, "values": [str(x) for x in row]}
                for n, d, i, t, row in zip(self.names, self.degrees, self.indicators, self.types, self.exact)
            ],
        }

    def __str__(self) -> str:
        from symmeter.groups.character_text import written

        return written(self)

    def __repr__(self) -> str:
        return f"CharacterTable({self._group.name}: {len(self)} irreps of degrees {_run(self.degrees.tolist())})"


def _values(multiplicities: np.ndarray) -> np.ndarray:
    """Sum of the roots of unity; real where they cancel exactly in pairs."""
    parts = _real_and_imaginary(multiplicities)
    return parts[..., 0] + 1j * parts[..., 1]


def _real_and_imaginary(multiplicities: np.ndarray) -> np.ndarray:
    e = multiplicities.shape[-1]
    angles = 2 * np.pi / e * np.arange(e)
    circle = np.array([np.cos(angles), np.sin(angles)])
    # Exact where it is rational: 0, 1/2 and 1 up to sign.
    halves = np.rint(2 * circle) / 2
    parts = _product(multiplicities, np.where(np.abs(circle - halves) < 1e-12, halves, circle).T)
    parts[..., 1][np.abs(parts[..., 1]) < 1e-13 * e] = 0.0
    return parts


def _product(multiplicities: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """One matrix product instead of many small ones."""
    flat = multiplicities.reshape(-1, multiplicities.shape[-1]).astype(float) @ columns
    return flat.reshape(*multiplicities.shape[:-1], columns.shape[1])


def _primes_of(group: FiniteGroup) -> Sequence[int]:
    from symmeter.groups.names import _prime_divisors

    return _prime_divisors(group.order)


def _run(degrees: list[int]) -> str:
    return ", ".join(f"{d}^{degrees.count(d)}" if degrees.count(d) > 1 else str(d) for d in dict.fromkeys(degrees))
