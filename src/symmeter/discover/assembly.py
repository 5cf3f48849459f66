"""The three Gram matrices of the double-commutator problem, without ever forming a permutation as a matrix.

For generators B_k and a Hermitian R: ``L_kl = Re <[R, B_k], [R, B_l]>``, ``G_kl = Re <B_k, B_l>`` and, for any
Hermitian V, ``A(V)_kl = Re tr(B_k^H V B_l) + Re tr(B_k V B_l^H)``, from which the noise matrices follow. Coefficients
are real, so that Hermitian and skew parts do not mix: the commutator of a Hermitian R with a skew matrix is Hermitian
and the other way round, hence half of each commutator suffices and the two Gram products stand alone.

Routes: gathers plus one half-size matrix product (permutations, signs, phases), row products (dense generators), thin
factors when the covariance has low rank, and a Fourier transform of R when the dictionary is all shifts of a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.commutator_kernel import (
    commutator_products,
    gram_of_permutations,
    kernel_pays,
    traces_of_permutations,
)
from symmeter.discover.generators import Generator
from symmeter.representations import Monomial

__all__ = ["GramMatrices", "assemble", "choose_route", "generator_gram", "shift_lags", "sparse_rows"]

#: Generators between two cuts of the triangle of pairs for which A(V) is computed.
_BLOCK = 32


@dataclass(frozen=True, eq=False)
class GramMatrices:
    """What one covariance gives for one dictionary.

    Attributes
    ----------
    commutator : array of shape (d, d)
        L, inner products of the commutators ``[R, B_k]``.
    weighted : tuple of arrays of shape (d, d)
        A(V) for each V that was asked for.
    traces : array of shape (d,)
        ``tr(R B_k)``, complex when R or a generator is.
    route : str
        How it was computed.
    """

    commutator: Float[np.ndarray, "d d"]
    weighted: tuple[Float[np.ndarray, "d d"], ...]
    traces: Num[np.ndarray, " d"]
    route: str


def sparse_rows(generators: Sequence[Generator]) -> Any:
    """The d x M^2 sparse matrix whose rows are the generators, conjugated for inner products on the left."""
    from scipy.sparse import csr_array

    m = generators[0].dimension
    triples = [g.entries() for g in generators]
    flat = np.concatenate([t[0] * m + t[1] for t in triples])
    values = np.concatenate([np.asarray(t[2]) for t in triples])
    ends = np.cumsum([0, *(len(t[0]) for t in triples)])
    # Products add up repeated places by themselves; sorting them first costs more than it saves.
    return csr_array((values.conj(), flat, ends), shape=(len(triples), m * m))


def _leading_rows(rows: Any, count: int) -> Any:
    """The first rows of a sparse matrix, sharing its memory."""
    from scipy.sparse import csr_array

    stop = rows.indptr[count]
    parts = (rows.data[:stop], rows.indices[:stop], rows.indptr[: count + 1])
    return csr_array(parts, shape=(count, rows.shape[1]), copy=False)


def generator_gram(generators: Sequence[Generator], rows: Any = None) -> Float[np.ndarray, "d d"]:
    """``G_kl = Re tr(B_k^H B_l)``."""
    if rows is None and kernel_pays(generators):
        return gram_of_permutations(generators)
    rows = sparse_rows(generators) if rows is None else rows
    return np.asarray((rows @ rows.conj().T).toarray().real)


def choose_route(generators: Sequence[Generator], rank: int | None) -> str:
    """The cheapest way to assemble: ``"fft"``, ``"lowrank"`` or ``"gather"``."""
    m, d = generators[0].dimension, len(generators)
    if d >= max(16, m // 8) and shift_lags(generators) is not None:
        return "fft"
    if rank is not None and 4 * rank < m:
        return "lowrank"
    return "gather"


def assemble(
    covariance: Num[np.ndarray, "m m"],
    generators: Sequence[Generator],
    weights: Sequence[Num[np.ndarray, "m m"]] = (),
    route: str = "auto",
    factor: Num[np.ndarray, "m r"] | None = None,
    rows: Any = None,
) -> GramMatrices:
    """Assemble L, A(V) and the traces for one Hermitian covariance.

    Parameters
    ----------
    covariance : array of shape (M, M)
        Hermitian R.
    generators : sequence of Generator
        The d elements of the dictionary's span, each Hermitian or skew-Hermitian (``parities`` splits raw matrices).
    weights : sequence of arrays of shape (M, M)
        Each Hermitian V for which A(V) is wanted.
    route : {"auto", "gather", "lowrank", "fft"}
    factor : array of shape (M, r), optional
        A thin F with ``R = F F^H``; needed by the low-rank route.
    rows : sparse array of shape (d, M^2), optional
        ``sparse_rows(generators)``, when it is at hand.

    Returns
    -------
    GramMatrices
    """
    r = np.asarray(covariance)
    chosen = tuple(weights)
    if route == "auto":
        route = choose_route(generators, None if factor is None else factor.shape[1])
    if route == "fft":
        return _assemble_shifts(r, generators, chosen)
    if route == "gather" and not chosen and not np.iscomplexobj(r) and kernel_pays(generators):
        return _assemble_compiled(r, generators)
    rows = sparse_rows(generators) if rows is None else rows
    if route == "lowrank":
        assert factor is not None
        return _assemble_thin(r, factor, generators, chosen, rows)
    return _assemble_gathers(r, generators, chosen, rows)


@dataclass(frozen=True, eq=False)
class _Half:
    """Where the upper triangle of a flattened matrix lies, and its mirror image; commutators need no more than that."""

    upper: np.ndarray
    lower: np.ndarray
    diagonal: np.ndarray

    @classmethod
    def of(cls, m: int) -> _Half:
        rows, columns = np.triu_indices(m)
        # Bands of 16 rows, column by column: reading both triangles stays in cache (4 times faster at M = 1024).
        order = np.lexsort((columns, rows // 16))
        rows, columns = rows[order], columns[order]
        return cls(rows * m + columns, columns * m + rows, np.flatnonzero(rows == columns))

    def pack(self, u: np.ndarray, parity: int, out: np.ndarray, spare: np.ndarray) -> None:
        """Write ``U^H - parity U`` so that inner products of rows are half of the matrices'; imaginary parts last."""
        flat, size = u.reshape(-1), self.upper.size
        if out.size == size:
            flat.take(self.lower, out=out, mode="clip")
            flat.take(self.upper, out=spare, mode="clip")
            (np.subtract if parity == 1 else np.add)(out, spare, out=out)
        else:
            both = flat[self.lower].conj() - parity * flat[self.upper]
            out[:size], out[size:] = np.real(both), np.imag(both)
            out[size + self.diagonal] *= np.sqrt(0.5)
        out[self.diagonal] *= np.sqrt(0.5)


class _Mover:
    """``B^H A`` for one A and many B, in memory that is used again: fresh pages cost more than the gathers.

    A result holds until the next call.
    """

    def __init__(self, a: np.ndarray) -> None:
        self._a = np.ascontiguousarray(a)
        self._first, self._second = np.empty_like(self._a), np.empty_like(self._a)

    def __call__(self, g: Generator) -> np.ndarray:
        trace = g.trace_part if np.iscomplexobj(self._a) or np.imag(g.trace_part) else np.real(g.trace_part)
        p = g.source
        if g.dense is not None or not isinstance(p, Monomial) or p.phases is not None or np.iscomplex(trace):
            return g.adjoint_times(self._a)
        # Clipping lets take write straight into its target; no index is out of range.
        self._a.take(p.images, axis=0, out=self._first, mode="clip")
        self._a.take(p.sources, axis=0, out=self._second, mode="clip")
        (np.add if g.parity == 1 else np.subtract)(self._first, self._second, out=self._first)
        if g.scale != 1.0:
            self._first *= g.scale
        if trace:
            np.multiply(self._a, np.conj(trace), out=self._second)
            self._first -= self._second
        return self._first


def _is_complex(r: np.ndarray, generators: Sequence[Generator]) -> bool:
    return np.iscomplexobj(r) or any(g.is_complex for g in generators)


def _assemble_compiled(r: np.ndarray, generators: Sequence[Generator]) -> GramMatrices:
    """L alone, of real permutations, by the compiled kernel."""
    parity = np.array([g.parity for g in generators])
    commutator = np.zeros((len(generators), len(generators)))
    for sign in (1, -1):
        members = np.flatnonzero(parity == sign)
        if len(members):
            chosen = [g for g in generators if g.parity == sign]
            commutator[np.ix_(members, members)] = commutator_products(r, chosen, sign)
    return GramMatrices(commutator, (), traces_of_permutations(r, generators), "gather")


def _assemble_gathers(
    r: np.ndarray, generators: Sequence[Generator], weights: tuple[np.ndarray, ...], rows: Any
) -> GramMatrices:
    d = len(generators)
    half = _Half.of(len(r))
    parity = np.array([g.parity for g in generators])
    position = np.where(parity == 1, np.cumsum(parity == 1), np.cumsum(parity == -1)) - 1
    width = half.upper.size * (2 if _is_complex(r, generators) else 1)
    halves = {sign: np.empty((int((parity == sign).sum()), width)) for sign in (1, -1)}
    spare = np.empty(half.upper.size)
    weighted = np.zeros((len(weights), d, d))
    move, movers = _Mover(r), [_Mover(v) for v in weights]
    for start in range(0, d, _BLOCK):
        leading = _leading_rows(rows, min(start + _BLOCK, d))
        for k, g in enumerate(generators[start : start + _BLOCK], start):
            # B^H R = (R B)^H, so that [R, B] = U^H - parity U needs one gather.
            u = move(g)
            half.pack(u, g.parity, halves[g.parity][position[k]], spare)
            for number, v in enumerate(weights):
                weighted[number, :, k] = _one_sided(leading, parity, u if v is r else movers[number](g))
    commutator = np.zeros((d, d))
    for sign, packed in halves.items():
        members = np.flatnonzero(parity == sign)
        commutator[np.ix_(members, members)] = 2.0 * (packed @ packed.T)
    return _finished(commutator, weighted, _traces(rows, r), generators, "gather")


def _one_sided(leading: Any, parity: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """``2 Re <B_j, V B_k>`` for the leading j, zero for the others, from ``B_k^H V``.

    Both terms of A are equal between matrices of one parity. ``B_k^H V`` is the adjoint of ``V B_k``; inner products
    with adjoints are those with the matrices themselves, conjugated and times the parity of B_j.
    """
    out = np.zeros(len(parity))
    count = leading.shape[0]
    out[:count] = 2.0 * parity[:count] * np.real(leading @ moved.reshape(-1))
    return out


def _traces(rows: Any, r: np.ndarray) -> np.ndarray:
    """``tr(R B_k)``: the rows hold the conjugated generators, and R is Hermitian."""
    return np.asarray((rows @ r.reshape(-1)).conj())


def _finished(
    commutator: np.ndarray, weighted: np.ndarray, traces: np.ndarray, generators: Sequence[Generator], route: str
) -> GramMatrices:
    """Symmetrise (A(V) from its upper triangle), and clear what one-sided products left between the two parities."""
    parity = np.array([g.parity for g in generators])
    same = parity[:, None] == parity[None, :]
    commutator = np.where(same, 0.5 * (commutator + commutator.T), 0.0)
    upper = np.triu(weighted)
    weighted = np.where(same, upper + np.triu(weighted, 1).swapaxes(1, 2), 0.0)
    return GramMatrices(commutator, tuple(weighted), traces, route)


def _assemble_thin(
    r: np.ndarray, factor: np.ndarray, generators: Sequence[Generator], weights: tuple[np.ndarray, ...], rows: Any
) -> GramMatrices:
    """``L = A(R^2) - 2 Q`` with ``Q_kl = Re <F^H B_k F, F^H B_l F>``, all through the thin factor F."""
    d, (m, rank) = len(generators), factor.shape
    values, vectors = np.linalg.eigh(factor.conj().T @ factor)
    root = factor @ (vectors * np.sqrt(np.clip(values, 0.0, None)))  # R^2 = root root^H
    dtype = complex if _is_complex(r, generators) else float
    inner, outer = np.empty((d, rank * rank), dtype), np.empty((d, m * rank), dtype)
    parity = np.array([g.parity for g in generators])
    weighted = np.zeros((len(weights), d, d))
    move_factor, move_root, movers = _Mover(factor), _Mover(root), [_Mover(v) for v in weights]
    for start in range(0, d, _BLOCK):
        leading = _leading_rows(rows, min(start + _BLOCK, d))
        for k, g in enumerate(generators[start : start + _BLOCK], start):
            inner[k] = (factor.conj().T @ move_factor(g)).reshape(-1)
            outer[k] = move_root(g).reshape(-1)
            for number, mover in enumerate(movers):
                weighted[number, :, k] = _one_sided(leading, parity, mover(g))
    commutator = 2.0 * (np.real(outer @ outer.conj().T) - np.real(inner.conj() @ inner.T))
    return _finished(commutator, weighted, _traces(rows, r), generators, "lowrank")


def shift_lags(generators: Sequence[Generator]) -> tuple[tuple[int, int], np.ndarray] | None:
    """Read a dictionary as shifts of one torus.

    Returns
    -------
    ((h, w), lags) or None
        The grid and the (dy, dx) of each generator's source; None when some source is no plain shift.
    """
    m = generators[0].dimension
    images = []
    for g in generators:
        if g.dense is not None or g.source is None or getattr(g.source, "phases", 1) is not None:
            return None
        images.append(g._monomial.images)
    stack = np.stack(images)
    for h in (k for k in range(1, m + 1) if m % k == 0):
        w = m // h
        y, x = np.divmod(np.arange(m), w)
        dy, dx = np.divmod(stack[:, 0], w)
        expected = ((y[None] + dy[:, None]) % h) * w + (x[None] + dx[:, None]) % w
        if np.array_equal(expected, stack):
            return (h, w), np.stack([dy, dx], axis=1)
    return None


def _assemble_shifts(r: np.ndarray, generators: Sequence[Generator], weights: tuple[np.ndarray, ...]) -> GramMatrices:
    """Every pair of shifts at once: correlations of R with itself along the torus, by FFT."""
    found = shift_lags(generators)
    assert found is not None
    (h, w), lags = found
    m, d = h * w, len(generators)
    # Each generator is a combination of shifts: by its lag, by the opposite one, and by none.
    forward = lags[:, 0] * w + lags[:, 1]
    backward = ((-lags[:, 0]) % h) * w + (-lags[:, 1]) % w
    scale = np.array([g.scale for g in generators])
    trace = np.array([g.trace_part for g in generators])
    trace = trace if np.abs(np.imag(trace)).max(initial=0.0) > 0 else np.real(trace)
    mixing = np.zeros((m, d), dtype=np.result_type(scale, trace))
    each = np.arange(d)
    np.add.at(mixing, (forward, each), scale)
    np.add.at(mixing, (backward, each), scale * np.array([g.parity for g in generators]))
    mixing[0] -= trace

    index = np.arange(m)
    y, x = np.divmod(index, w)
    after = ((y[:, None] + y[None, :]) % h) * w + (x[:, None] + x[None, :]) % w  # after[s, i] = i + s
    between = ((y[None, :] - y[:, None]) % h) * w + (x[None, :] - x[:, None]) % w  # between[a, b] = b - a

    def combined(table: np.ndarray) -> np.ndarray:
        """A function of two shifts, summed over the terms of B_k (conjugated) and of B_l."""
        return np.real(mixing.conj().T @ (table @ mixing))

    def lag_sums(matrix: np.ndarray) -> np.ndarray:
        """``t(s) = sum_i V[i, i + s]``, the trace of V P_s."""
        return matrix[index[None, :], after].sum(1)

    def both_sides(matrix: np.ndarray) -> np.ndarray:
        # tr(P_a^T V P_b) + tr(P_a V P_b^T): the shift between the two images is b - a, then a - b.
        sums = lag_sums(matrix)
        return combined(sums[between] + sums[between.T])

    # c(a, b) = sum_ij R[i+a, j+b] conj(R[i, j]) = tr(P_a^T R P_b R).
    correlation = np.fft.ifftn(np.abs(np.fft.fftn(r.reshape(h, w, h, w))) ** 2).reshape(m, m)
    correlation = correlation if np.iscomplexobj(r) else np.real(correlation)
    weighted = np.stack([both_sides(v) for v in weights]) if weights else np.empty((0, d, d))
    commutator = both_sides(r @ r) - 2.0 * combined(correlation)
    return _finished(commutator, weighted, lag_sums(r) @ mixing, generators, "fft")
