"""Products of a Hamiltonian added up by the sites that they touch, and comparison of two such sums.

All products on the same few sites become one small matrix, indexed by the levels of these sites packed as in the codes;
products on many sites are kept as strings of monomial factors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Num

from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.terms import Product, monomial_parts

__all__ = ["Pieces"]

#: Widest index of a small matrix.
_DENSE_BITS = 8


@dataclass(frozen=True, eq=False)
class Pieces:
    """Products added up: dense matrices on few sites, and strings on many.

    Attributes
    ----------
    space : HilbertSpace
    dense : dict from (sites, parity) to matrices of shape (2^bits, 2^bits)
    strings : dict from (sites, parity, bytes of the matrices) to (coefficient, matrices)
    origins : dict from the same keys to numbers of the products that went in
    """

    space: HilbertSpace
    dense: dict[tuple[tuple[int, ...], int], Num[np.ndarray, "k k"]]
    strings: dict[tuple[tuple[int, ...], int, bytes], tuple[complex, tuple[np.ndarray, ...]]]
    origins: dict[tuple, list[int]]

    @classmethod
    def of_products(cls, space: HilbertSpace, products: Iterable[Product | None]) -> Pieces:
        """Add up products; None stands for zero."""
        dense: dict[tuple[tuple[int, ...], int], np.ndarray] = {}
        strings: dict[tuple[tuple[int, ...], int, bytes], tuple[complex, tuple[np.ndarray, ...]]] = {}
        origins: dict[tuple, list[int]] = defaultdict(list)
        for number, product in enumerate(products):
            if product is None or product.coefficient == 0:
                continue
            if sum(space.sites[i].bits for i in product.sites) <= _DENSE_BITS:
                key = (product.sites, product.parity)
                matrix = product.coefficient * _packed_kron(space, product)
                dense[key] = dense[key] + matrix if key in dense else matrix
                origins[key].append(number)
                continue
            for parts in monomial_parts(product.matrices):
                coefficient, matrices, rounded = _normal(product.coefficient, parts)
                string_key = (product.sites, product.parity, rounded)
                before = strings.get(string_key, (0j, matrices))[0]
                strings[string_key] = (before + coefficient, matrices)
                origins[string_key].append(number)
        return cls(space, dense, strings, dict(origins))

    @cached_property
    def scale(self) -> float:
        """Largest entry of any piece."""
        entries = [float(np.abs(m).max()) for m in self.dense.values()]
        entries += [abs(c) * float(np.prod([np.abs(m).max() for m in ms])) for c, ms in self.strings.values()]
        return max(entries, default=0.0)

    def adjoint(self) -> Pieces:
        """The pieces of the adjoint."""
        dense = {key: m.conj().T for key, m in self.dense.items()}
        strings: dict[tuple[tuple[int, ...], int, bytes], tuple[complex, tuple[np.ndarray, ...]]] = {}
        origins: dict[tuple, list[int]] = {key: self.origins[key] for key in dense}
        for key, (c, matrices) in self.strings.items():
            coefficient, turned, rounded = _normal(np.conj(c), tuple(m.conj().T for m in matrices))
            new_key = (key[0], key[1], rounded)
            strings[new_key] = (coefficient, turned)
            origins[new_key] = self.origins[key]
        return Pieces(self.space, dense, strings, origins)

    def worst_difference(self, other: Pieces, tolerance: float) -> tuple[tuple, float] | None:
        """Key and size of the largest entry by which two sums differ, or None when they are the same operator.

        A difference on some sites may be undone by one on more sites, so whatever differs is first cut into parts that
        act as the identity on no site. Differences of strings are reported as they are.
        """
        left: dict[tuple, float] = {}
        gaps: dict[tuple[tuple[int, ...], int], np.ndarray] = {}
        for key in dict.fromkeys([*self.dense, *other.dense]):
            gap = np.asarray(self.dense.get(key, 0.0) - other.dense.get(key, 0.0))
            if np.abs(gap).max() > tolerance:
                gaps[key] = gap
        for key in dict.fromkeys([*self.strings, *other.strings]):
            c = self.strings.get(key, (0j, ()))[0] - other.strings.get(key, (0j, ()))[0]
            matrices = (self.strings.get(key) or other.strings[key])[1]
            size = abs(c) * float(np.prod([np.abs(m).max() for m in matrices]))
            if size > tolerance:
                left[key] = size
        if gaps:
            parts = _traceless_parts(self.space, gaps)
            if any(np.abs(part).max() > tolerance for part in parts.values()):
                left |= {key: float(np.abs(gap).max()) for key, gap in gaps.items()}
        if not left:
            return None
        worst = max(left, key=left.__getitem__)
        return worst, left[worst]


def _normal(coefficient: complex, matrices: tuple[np.ndarray, ...]) -> tuple[complex, tuple[np.ndarray, ...], bytes]:
    """Matrices with a largest entry of one, what that leaves of the coefficient, and their bytes."""
    scaled = []
    for matrix in matrices:
        rounded = np.round(np.abs(matrix), 12)
        pivot = matrix.reshape(-1)[np.argmax(rounded)]
        coefficient = coefficient * pivot
        scaled.append(matrix / pivot)
    return coefficient, tuple(scaled), b"".join((np.round(m, 12) + 0.0).astype(complex).tobytes() for m in scaled)


def _traceless_parts(
    space: HilbertSpace, pieces: dict[tuple[tuple[int, ...], int], np.ndarray]
) -> dict[tuple[tuple[int, ...], int], np.ndarray]:
    """The same operator, cut into parts that are traceless on each of their sites: a form that is unique.

    On a fermion mode the parity is split off too, since it also comes as a mask.
    """
    waiting = list(pieces.items())
    out: dict[tuple[tuple[int, ...], int], np.ndarray] = {}
    while waiting:
        (sites, parity), matrix = waiting.pop()
        for k, i in enumerate(sites):
            local, width = space.sites[i], 1 << space.sites[i].bits
            before = int(np.prod([1 << space.sites[j].bits for j in sites[:k]], dtype=int))
            shape = (before, width, len(matrix) // before // width)
            cut = matrix.reshape(*shape, *shape)
            rest = sites[:k] + sites[k + 1 :]
            level = (np.arange(width) < local.levels).astype(float)
            weights = [(parity, level)]
            if local.is_fermionic:
                weights.append((parity ^ (1 << int(space.shifts[i])), np.array([1.0, -1.0])))
            for new_parity, weight in weights:
                part = np.einsum("awbcwd,w->abcd", cut, weight) / local.levels
                if np.abs(part).max() == 0:
                    continue
                cut = cut - np.einsum("abcd,wv,w->awbcvd", part, np.eye(width), weight)
                size = shape[0] * shape[2]
                waiting.append(((rest, new_parity), part.reshape(size, size)))
            matrix = cut.reshape(matrix.shape)
        key = (sites, parity)
        out[key] = out[key] + matrix if key in out else matrix
    return out


def _packed_kron(space: HilbertSpace, product: Product) -> np.ndarray:
    """Kronecker product with every site's levels padded to a power of two."""
    out = np.ones((1, 1))
    for i, matrix in zip(product.sites, product.matrices):
        width = 1 << space.sites[i].bits
        if len(matrix) < width:
            padded = np.zeros((width, width), dtype=matrix.dtype)
            padded[: len(matrix), : len(matrix)] = matrix
            matrix = padded
        a, b = len(out), len(matrix)
        out = (out[:, None, :, None] * matrix[None, :, None, :]).reshape(a * b, a * b)
    return out
