"""What sampling noise adds to the double-commutator matrix: ``E L_hat = L + N``.

Without any assumption on the law, ``N = (m - L_hat) / n`` with
``m_kl = mean_x {|x|^2 [(B_k x).(B_l x) + (B_k^H x).(B_l^H x)] - 2 Re conj(q_k) q_l}``, ``q_k = x^H B_k x``. Its first
term is ``A(V)`` with ``V = mean |x|^2 x x^H``: one matrix product, not one per pair. Gaussian data have the means in
closed form: ``V = tr(R) R + 2 R^2`` (proper complex: ``tr(R) R + R^2``) and, with ``Q_kl = Re tr(R B_k^H R B_l)``,
``E Re conj(q_k) q_l = Re conj(r_k) r_l + 2 Q_kl`` between Hermitian real generators, 0 with a skew real one, and
``Re conj(r_k) r_l + Q_kl`` for proper complex data. ``Q = (A(R^2) - L) / 2``. For real data this is the same as
``N_kl = (1/n) {tr(B_k^T W B_l) + tr(B_k W B_l^T) - 2 tr(R B_k^T R B_l^T) - 2 tr(R B_k) tr(R B_l)}``, W = R^2 + tr(R) R.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.assembly import GramMatrices
from symmeter.discover.generators import Generator
from symmeter.discover.moments import Moments

__all__ = ["noise_matrix", "noise_weights", "quadratic_forms"]


def quadratic_forms(rows: Num[np.ndarray, "s m"], generators: Sequence[Generator]) -> Num[np.ndarray, "s d"]:
    """``q_k(x) = x^H B_k x`` for every row x and generator."""
    columns = np.ascontiguousarray(rows.T)
    forms = []
    for g in generators:
        if g.parity == -1 and not np.iscomplexobj(rows) and not g.is_complex:
            forms.append(np.zeros(len(rows)))
        else:
            forms.append(np.einsum("ms,ms->s", columns.conj(), g.times(columns)))
    return np.stack(forms, axis=1)


def noise_weights(moments: Moments) -> tuple[Num[np.ndarray, "m m"], ...]:
    """The matrices V whose A(V) :func:`noise_matrix` needs: the quartic weight, or R and R^2 for Gaussian formulas."""
    if moments.is_distribution_free:
        return (moments.quartic_weight,)
    # R itself, not a copy: assembly moves it for the commutators anyway.
    return (moments.covariance, moments.covariance @ moments.covariance)


def noise_matrix(moments: Moments, grams: GramMatrices, generators: Sequence[Generator]) -> Float[np.ndarray, "d d"]:
    """N for one covariance.

    Parameters
    ----------
    moments : Moments
        With ``n`` known.
    grams : GramMatrices
        Assembled with ``noise_weights(moments)``, from generators that are Hermitian or skew.
    generators : sequence of Generator
    """
    assert moments.n is not None
    if moments.is_distribution_free:
        assert moments.rows is not None
        q = quadratic_forms(moments.rows, generators)
        squares = np.real(q.conj().T @ q) / len(q)
        # L_hat itself carries one N, hence one degree of freedom less.
        return (grams.weighted[0] - 2.0 * squares - grams.commutator) / (moments.n - 1)
    squares = np.real(grams.traces.conj()[:, None] * grams.traces[None, :])
    of_r, of_square = grams.weighted
    twice_q = of_square - grams.commutator
    quartic = moments.trace * of_r + (1.0 if moments.is_complex else 2.0) * of_square
    if moments.is_complex:
        squares = squares + 0.5 * twice_q
    else:
        hermitian = np.array([g.parity == 1 for g in generators])
        squares = squares + np.where(hermitian[:, None] & hermitian[None, :], twice_q, 0.0)
    return (quartic - 2.0 * squares - grams.commutator) / moments.n
