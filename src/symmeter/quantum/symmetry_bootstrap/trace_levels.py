"""Levels and plateau from measured traces ``Z_a(t) = Tr_a exp(-i H t)``.

Noise-free traces on evenly spaced times are sums of exponentials with whole weights: the levels of all sectors together
are poles of one shift-invariant system (ESPRIT; Roy and Kailath, IEEE Trans. ASSP 37, 984 (1989)), and the weights say
how often each occurs. Long noisy traces give at least the plateau, from which the patterns follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Int

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError

__all__ = ["checked_traces", "levels_of_traces", "plateau_of_traces"]

#: How far a weight may lie from a whole number, and a pole from the unit circle.
_WHOLE, _CIRCLE = 0.1, 0.05
_MOST_SAMPLES = 4096


def checked_traces(times: Any, traces: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times of shape (n,) and traces of shape (realisations, n)."""
    t = np.asarray(times, dtype=float)
    if t.ndim != 1 or len(t) < 4 or not np.isfinite(t).all():
        raise ShapeError(f"times are a row of four or more finite numbers; got shape {t.shape}")
    if (np.diff(t) <= 0).any():
        raise InputError("times must rise")
    rows = {}
    for label, values in traces.items():
        a = np.atleast_2d(np.asarray(values, dtype=complex))
        if a.ndim != 2 or a.shape[1] != len(t):
            raise ShapeError(f"sector {label!r} has traces of shape {a.shape}; give {len(t)} values, one a time")
        if not np.isfinite(a).all():
            raise NonFiniteError(f"the trace of sector {label!r} holds NaN or infinity; remove that time")
        rows[label] = a
    if len({len(a) for a in rows.values()}) > 1:
        raise ShapeError("the sectors' traces have different numbers of realisations; give as many rows for each")
    return t, rows


def _dimensions(t: np.ndarray, rows: Mapping[str, np.ndarray], dims: Mapping[str, int] | None) -> np.ndarray:
    """D_a, given or from Z_a(0)."""
    if dims is not None:
        return np.array([int(dims[label]) for label in rows])
    if abs(t[0]) > 1e-12:
        raise InputError("the traces do not begin at t = 0, where Z_a is the number of levels; give dims")
    first = np.array([a[:, 0].mean() for a in rows.values()])
    whole = np.rint(np.real(first))
    if np.abs(first - whole).max() > 0.25:
        worst = int(np.abs(first - whole).argmax())
        shown = f"{first[worst].real:.3g}" if abs(first[worst].imag) < 1e-9 else f"{first[worst]:.3g}"
        raise InputError(f"Z(0) of sector {list(rows)[worst]!r} is {shown}, no number of levels")
    return whole.astype(np.int64)


def levels_of_traces(times: Any, traces: Mapping[str, Any]) -> dict[str, Float[np.ndarray, "s d"]]:
    """Sorted levels of each sector, for evenly spaced times from 0 with ``dt (E_max - E_min) < 2 pi``.

    Parameters
    ----------
    times : array of shape (n,)
        ``0, dt, 2 dt, ...`` with n about four times the number of different levels or more.
    traces : mapping of label to complex array of shape (n,) or (realisations, n)

    Raises
    ------
    InputError, SampleSizeError
        If the times are not even, too few, or the weights of the levels are no whole numbers.
    """
    t, rows = checked_traces(times, traces)
    dims = _dimensions(t, rows, None)
    step = (t[-1] - t[0]) / (len(t) - 1)
    if np.abs(np.diff(t) - step).max() > 1e-6 * step:
        raise InputError("levels need evenly spaced times 0, dt, 2 dt, ...; xsff.seed_of_traces takes any late times")
    if len(t) > _MOST_SAMPLES:
        raise InputError(
            f"{len(t)} times are more than {_MOST_SAMPLES}; take fewer, with dt (E_max - E_min) below 2 pi"
        )
    realisations = len(next(iter(rows.values())))
    out = {label: np.zeros((realisations, int(d))) for label, d in zip(rows, dims)}
    for s in range(realisations):
        data = np.array([a[s] for a in rows.values()])
        energies, weights = _poles(data, int(dims.sum()), step)
        for label, d, m in zip(rows, dims, weights):
            if m.sum() != d:
                raise InputError(
                    f"sector {label!r}: {int(m.sum())} levels were found where Z(0) says {d}; take more times"
                )
            out[label][s] = np.repeat(energies, m)
    return out


def _poles(data: Complex[np.ndarray, "k n"], most: int, step: float) -> tuple[np.ndarray, Int[np.ndarray, "k e"]]:
    """Different levels, rising, and how often each occurs in each channel."""
    from scipy.linalg import hankel, svd

    n = data.shape[1]
    height = n // 2
    stacked = np.hstack([hankel(z[:height], z[height - 1 :]) for z in data])
    u, sizes, _ = svd(stacked, full_matrices=False)
    rank = int((sizes > 1e-7 * sizes[0]).sum())
    if rank >= min(height, most + 1):
        raise SampleSizeError(
            f"{n} times do not resolve the levels of these traces (or they are noisy): take about {4 * most}, or give "
            "the traces at late times to xsff.seed_of_traces"
        )
    basis = u[:, :rank]
    turn = np.linalg.lstsq(basis[:-1], basis[1:], rcond=None)[0]
    poles = np.linalg.eigvals(turn)
    if np.abs(np.abs(poles) - 1).max() > _CIRCLE:
        raise InputError("the traces do not oscillate as those of a Hermitian Hamiltonian do: a part of them decays")
    angles = np.sort(-np.angle(poles))
    # The levels lie within one turn: it is cut in its widest gap.
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    widest = int(gaps.argmax())
    angles = np.concatenate([angles[widest + 1 :], angles[: widest + 1] + 2 * np.pi])
    angles -= 2 * np.pi * np.rint(angles.mean() / (2 * np.pi))
    waves = np.exp(-1j * np.outer(np.arange(n), angles))
    weights = np.linalg.lstsq(waves, data.T, rcond=None)[0].T
    whole = np.rint(weights.real)
    if np.abs(weights - whole).max() > _WHOLE or whole.min() < 0:
        raise InputError(
            "the weights of the levels are no whole numbers: take more times, smaller noise, or "
            "dt (E_max - E_min) below 2 pi"
        )
    return angles / step, whole.astype(np.int64)


def plateau_of_traces(
    times: Any, traces: Mapping[str, Any], dims: Mapping[str, int] | None = None
) -> tuple[Float[np.ndarray, "k k"], Float[np.ndarray, "k k"], Int[np.ndarray, " k"]]:
    """Average of ``Z_a(t) Z_b(t)*`` over the later half of the times and over realisations, its error, and D_a."""
    t, rows = checked_traces(times, traces)
    numbers = _dimensions(t, rows, dims)
    late = np.array([a[:, len(t) // 2 :] for a in rows.values()])
    products = np.real(np.einsum("asn,bsn->absn", late, late.conj()))
    flat = products.reshape(len(rows), len(rows), -1)
    # Neighbouring times are correlated: the error is that of means over twenty stretches.
    parts = np.array_split(np.arange(flat.shape[2]), min(20, flat.shape[2]))
    means = np.stack([flat[:, :, p].mean(axis=2) for p in parts])
    return flat.mean(axis=2), means.std(axis=0, ddof=1) / np.sqrt(len(parts)), numbers
