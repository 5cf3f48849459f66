"""Sums of products of local operators: reading them, Jordan-Wigner strings, and what each sum says on its sites.

A product is written as mathematicians write it, the rightmost factor acts first. An odd operator (``c``, ``cd``) of
mode i carries the parity of the modes before i, so that the matrices are those of the ordered Fock basis. What remains
of a product is one matrix for each site that it touches and a parity of other modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, InputTypeError, NonFiniteError
from symmeter.quantum.ed.hilbert import HilbertSpace

__all__ = ["Product", "Term", "product_text", "read_terms", "reduce_term"]

#: Entries below this size, relative to the largest, are rounding of exact zeros.
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Term:
    """A coefficient times a product of local matrices.

    Attributes
    ----------
    coefficient : complex
    factors : tuple of (matrix, site, odd)
        Leftmost first.
    words : str
        The product for people, such as ``S+_0 S-_1``.
    """

    coefficient: complex
    factors: tuple[tuple[Num[np.ndarray, "d d"], int, bool], ...]
    words: str

    @property
    def text(self) -> str:
        """The term for people, such as ``0.5 S+_0 S-_1``."""
        return f"{_number_text(self.coefficient)} {self.words}".rstrip()


@dataclass(frozen=True, eq=False)
class Product:
    """A reduced product: ``coefficient prod_i matrix_i`` on some sites, times the parity of the modes in a mask.

    Attributes
    ----------
    coefficient : complex
    sites : tuple of int
        Increasing; no matrix is a multiple of the identity.
    matrices : tuple of arrays
    parity : int
        Bits of the modes whose occupation enters through ``(-1)^n``.
    """

    coefficient: complex
    sites: tuple[int, ...]
    matrices: tuple[Num[np.ndarray, "d d"], ...]
    parity: int


def product_text(factors: Iterable[tuple[str, Any]]) -> str:
    """A product of operators for people.

    Examples
    --------
    >>> product_text([("S+", 0), ("S-", 1)]), product_text([("cd", (0, "up"))])
    ('S+_0 S-_1', 'cd_0,up')
    """
    return " ".join(
        f"{name}_{','.join(map(str, site)) if isinstance(site, (tuple, list)) else site}" for name, site in factors
    )


def _number_text(value: complex) -> str:
    if value.imag == 0:
        return f"{value.real:.6g}"
    return f"{value.imag:.6g}j" if value.real == 0 else f"({value.real:.6g}{value.imag:+.6g}j)"


def read_terms(space: HilbertSpace, terms: Any) -> tuple[Term, ...]:
    """Terms from a list of ``(coefficient, ((name, site), ...))`` or an object with ``numeric_terms()``.

    Raises
    ------
    UnknownNameError
        If a site has no such operator; the text names the term and proposes the nearest operator.
    InputError
        If a site or coefficient makes no sense, or a term is odd in fermions.
    """
    listed = terms.numeric_terms() if hasattr(terms, "numeric_terms") else terms
    if isinstance(listed, (str, bytes)) or not isinstance(listed, Iterable):
        raise InputTypeError(
            f"terms are a list of (coefficient, ((operator, site), ...)) or an operator sum; got {type(terms).__name__}"
        )
    return tuple(_read(space, k, entry) for k, entry in enumerate(listed))


def _read(space: HilbertSpace, k: int, entry: Any) -> Term:
    if isinstance(entry, Term):
        return entry
    try:
        coefficient, factors = entry
        pairs = [(name, site) for name, site in factors]
        value = complex(coefficient)
    except (TypeError, ValueError):
        raise InputError(f"term {k} must be (coefficient, ((operator, site), ...)); got {entry!r}") from None
    if not np.isfinite(value):
        raise NonFiniteError(f"the coefficient of term {k} is {value}; it must be finite")
    term = Term(value, (), product_text(pairs))
    found: list[tuple[np.ndarray, int, bool]] = []
    for name, label in pairs:
        try:
            site = space.site(label)
            local = space.sites[site]
            found.append((local.matrix(name), site, name in local.odd))
        except InputError as error:
            raise type(error)(f"term {k} ({term.text}): {error}") from None
    if sum(odd for _, _, odd in found) % 2:
        raise InputError(
            f"term {k} ({term.text}) has an odd number of fermion operators; a Hamiltonian term has an even one"
        )
    return Term(value, tuple(found), term.words)


def reduce_term(space: HilbertSpace, term: Term) -> Product | None:
    """One matrix a site, Jordan-Wigner strings resolved, identities dropped; None when the product vanishes."""
    touched: dict[int, np.ndarray] = {}
    parity = 0
    coefficient = term.coefficient
    for matrix, site, odd in term.factors:
        if odd:
            # Toggling all fermion modes before this one; those touched already take their sign as a matrix.
            below = _modes_before(space, site)
            for other, own in touched.items():
                if other < site and space.sites[other].is_fermionic:
                    touched[other] = own * _SIGNS
                    below &= ~(1 << int(space.shifts[other]))
            parity ^= below
        bit = 1 << int(space.shifts[site])
        if site not in touched and space.sites[site].is_fermionic and parity & bit:
            touched[site] = np.diag(_SIGNS) @ matrix
            parity &= ~bit
        else:
            touched[site] = touched[site] @ matrix if site in touched else matrix
    sites, matrices = [], []
    for site in sorted(touched):
        matrix = touched[site]
        largest = np.abs(matrix).max(initial=0.0)
        if largest == 0:
            return None
        first = matrix[0, 0]
        if np.abs(matrix - first * np.eye(len(matrix))).max() <= ROUNDING * largest:
            coefficient *= first
            continue
        if space.sites[site].is_fermionic and np.abs(matrix - first * np.diag(_SIGNS)).max() <= ROUNDING * largest:
            coefficient *= first
            parity ^= 1 << int(space.shifts[site])
            continue
        sites.append(site)
        matrices.append(matrix)
    return Product(complex(coefficient), tuple(sites), tuple(matrices), parity)


_SIGNS = np.array([1.0, -1.0])


def _modes_before(space: HilbertSpace, site: int) -> int:
    mask = 0
    for other in range(site):
        if space.sites[other].is_fermionic:
            mask |= 1 << int(space.shifts[other])
    return mask


def monomial_parts(matrices: Sequence[Num[np.ndarray, "d d"]]) -> list[tuple[Num[np.ndarray, "d d"], ...]]:
    """Products of monomial matrices (one entry a column) whose sum is the product of the given matrices.

    Examples
    --------
    >>> [p[1].tolist() for p in monomial_parts([np.eye(2), np.ones((2, 2))])]
    [[[0.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]]
    """
    products: list[tuple[np.ndarray, ...]] = [()]
    for matrix in matrices:
        if (np.count_nonzero(matrix, axis=0) <= 1).all():
            parts = [matrix]
        else:
            d = len(matrix)
            parts = [np.where(np.subtract.outer(range(d), range(d)) == k, matrix, 0) for k in range(1 - d, d)]
            parts = [p for p in parts if p.any()]
        products = [(*p, q) for p in products for q in parts]
    return products
