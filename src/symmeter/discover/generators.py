"""Generators: the matrices B_k whose span the double commutator searches, kept sparse and linked to group elements.

A group element P enters through its Hermitian part ``P + P^H`` without the trace and its skew part ``P - P^H``; the
identity always commutes and must not win. A user's matrix that is no group element enters as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import EmptyDictionaryError, NonFiniteError, NotAGroupElementError, ShapeError
from symmeter.representations import Monomial, Transformation, as_transformation

__all__ = ["Generator", "generators_of", "parities"]


@dataclass(frozen=True, eq=False)
class Generator:
    """One element B of the dictionary's span.

    Attributes
    ----------
    name : str
    source : Transformation or None
        The group element that it came from.
    parity : int
        +1 Hermitian, -1 skew-Hermitian, 0 neither.
    dense : array of shape (M, M) or None
        The matrix, when it is not built from a monomial map.
    scale : float
        For a monomial source P: ``B = scale * (P + parity * P^H) - trace_part * I``.
    trace_part : complex
    """

    name: str
    source: Transformation | None
    parity: int
    dense: Num[np.ndarray, "m m"] | None = None
    scale: float = 1.0
    trace_part: complex = 0.0

    @property
    def dimension(self) -> int:
        """Number of coordinates M."""
        if self.dense is not None:
            return len(self.dense)
        assert self.source is not None
        return self.source.dimension

    @property
    def is_complex(self) -> bool:
        """Whether the matrix has complex entries."""
        if self.dense is not None:
            return np.iscomplexobj(self.dense)
        return self.source is not None and not self.source.is_real

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns and values of the entries; repeated places add up."""
        if self.dense is not None:
            rows, columns = np.nonzero(self.dense)
            return rows, columns, self.dense[rows, columns]
        p = self._monomial
        here = np.arange(p.dimension)
        s = np.full(p.dimension, self.scale) if p.phases is None else self.scale * p.phases
        rows = [p.images, here, here]
        columns = [here, p.images, here]
        values = [s, self.parity * np.conj(s), np.full(p.dimension, -self.trace_part)]
        kept = slice(None) if self.trace_part else slice(0, 2)
        return np.concatenate(rows[kept]), np.concatenate(columns[kept]), np.concatenate(values[kept])

    @property
    def _monomial(self) -> Monomial:
        assert isinstance(self.source, Monomial)
        return self.source

    def adjoint_times(self, a: Num[np.ndarray, "m k"]) -> Num[np.ndarray, "m k"]:
        """``B^H A``, by gathering rows when B comes from a monomial map."""
        if self.dense is not None:
            return self.dense.conj().T @ a
        p = self._monomial
        # B^H = scale * (P^H + parity P) - conj(trace) I; P^H A gathers rows `images`, P A gathers rows `sources`.
        forward, backward = a[p.images], a[p.sources]
        if p.phases is not None:
            forward = forward * p.phases.conj()[:, None]
            backward = backward * p.phases[p.sources][:, None]
        out = forward + backward if self.parity == 1 else forward - backward
        if self.scale != 1.0:
            out *= self.scale
        if self.trace_part:
            out = out - np.conj(self.trace_part) * a
        return out

    def times(self, a: Num[np.ndarray, "m k"]) -> Num[np.ndarray, "m k"]:
        """``B A``."""
        if self.parity:
            return self.parity * self.adjoint_times(a)
        assert self.dense is not None
        return self.dense @ a

    def matrix(self) -> Num[np.ndarray, "m m"]:
        """The dense M x M matrix."""
        if self.dense is not None:
            return self.dense
        rows, columns, values = self.entries()
        out = np.zeros((self.dimension, self.dimension), dtype=values.dtype)
        np.add.at(out, (rows, columns), values)
        return out


def _parity(b: np.ndarray) -> int:
    scale = max(float(np.abs(b).max()), 1e-300)
    if np.abs(b - b.conj().T).max() <= 1e-12 * scale:
        return 1
    return -1 if np.abs(b + b.conj().T).max() <= 1e-12 * scale else 0


def _split(p: Transformation) -> list[Generator]:
    """The traceless Hermitian and the skew part of a group element; parts that vanish are left out."""
    m = p.dimension
    if isinstance(p, Monomial):
        fixed = p.images == np.arange(m)
        trace = complex(fixed.sum() if p.phases is None else p.phases[fixed].sum())
        inverse = p.inverse()
        involution = inverse == p
        antihermitian = p.phases is not None and Monomial(p.images, -p.phases) == inverse
        scale = 0.5 if involution or antihermitian else 1.0
        parts = []
        if not involution:
            # The trace of a skew-Hermitian part is imaginary: i I commutes with everything, exactly like I.
            parts.append(Generator(p.name, p, -1, None, scale, 2j * scale * trace.imag / m if trace.imag else 0.0))
        if not antihermitian:
            parts.append(Generator(p.name, p, 1, None, scale, 2.0 * scale * trace.real / m))
        return [g for g in parts if float(np.abs(_summed(g)).max()) > 1e-12]
    a = p.matrix()
    hermitian, skew = a + a.conj().T, a - a.conj().T
    out = []
    for part, parity in ((skew, -1), (hermitian, 1)):
        part = part - np.trace(part) / m * np.eye(m)
        if np.abs(part).max() > 1e-9:
            out.append(Generator(p.name, p, parity, part))
    return out


def parities(generators: Sequence[Generator]) -> tuple[tuple[Generator, ...], Float[np.ndarray, "d e"]]:
    """Split every generator into its Hermitian and skew part.

    Returns
    -------
    parts : tuple of Generator
        Each of parity +1 or -1.
    mixing : array of shape (d, e)
        ``B_k = sum_e mixing[k, e] parts[e]``; Gram matrices of the parts go back by ``mixing @ X @ mixing.T``.
    """
    parts: list[Generator] = []
    owner: list[int] = []
    for k, g in enumerate(generators):
        if g.parity:
            pieces = [g]
        else:
            b = g.matrix()
            halves = ((1, 0.5 * (b + b.conj().T)), (-1, 0.5 * (b - b.conj().T)))
            pieces = [Generator(g.name, g.source, sign, half) for sign, half in halves]
        parts += pieces
        owner += [k] * len(pieces)
    mixing = np.zeros((len(generators), len(parts)))
    mixing[owner, np.arange(len(parts))] = 1.0
    return tuple(parts), mixing


def _summed(g: Generator) -> np.ndarray:
    rows, columns, values = g.entries()
    flat, where = np.unique(rows * g.dimension + columns, return_inverse=True)
    total = np.zeros(flat.size, dtype=complex)
    np.add.at(total, where, values)
    return total


def generators_of(dictionary: Sequence[Any], dimension: int, remove_trivial: bool = True) -> tuple[Generator, ...]:
    """Turn a dictionary of transformations and matrices into generators.

    Parameters
    ----------
    dictionary : sequence of Transformation or array of shape (M, M)
    dimension : int
        The number of columns M that every element must fit.
    remove_trivial : bool
        Split group elements into traceless Hermitian and skew parts, and take the trace from Hermitian matrices. If
        false, every element enters as its matrix stands.

    Raises
    ------
    EmptyDictionaryError
        If the dictionary is empty or only holds multiples of the identity.
    ShapeError
        If an element does not fit the data.
    """
    if len(dictionary) == 0:
        raise EmptyDictionaryError("the dictionary is empty; give at least one transformation or M x M matrix")
    out: list[Generator] = []
    for index, element in enumerate(dictionary):
        label = element.name if isinstance(element, Transformation) else f"matrix {index}"
        if not isinstance(element, Transformation):
            element = np.asarray(element)
            if element.dtype == object or element.ndim != 2 or element.shape[0] != element.shape[1]:
                raise ShapeError(f"dictionary element {index} must be a square matrix; got shape {element.shape}")
            if not np.isfinite(element).all():
                raise NonFiniteError(f"dictionary element {index} holds NaN or infinity")
        size = element.dimension if isinstance(element, Transformation) else len(element)
        if size != dimension:
            raise ShapeError(
                f"dictionary element {index} ({label}) moves {size} coordinates, the data have {dimension} columns"
            )
        if not remove_trivial:
            b = element.matrix() if isinstance(element, Transformation) else np.asarray(element)
            source = element if isinstance(element, Transformation) else None
            out.append(Generator(label, source, _parity(b), b.astype(np.result_type(b, float))))
            continue
        try:
            out += _split(as_transformation(element, name=label))
        except NotAGroupElementError:
            b = np.asarray(element)
            b = b.astype(np.result_type(b, float))
            if _parity(b) == 1:
                b = b - np.trace(b) / dimension * np.eye(dimension)
            if np.abs(b).max() > 0:
                out.append(Generator(label, None, _parity(b), b))
    if not out:
        raise EmptyDictionaryError(
            "every element of the dictionary is a multiple of the identity, which commutes with any covariance; "
            "give transformations that move something"
        )
    return tuple(out)
