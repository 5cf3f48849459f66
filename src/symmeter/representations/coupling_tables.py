"""Real 3j tensors in the signs of e3nn, and sparse tables of Clebsch-Gordan coefficients for all degrees at once.

With the plain complex basis Z_m = (R_m + i R_-m)/sqrt(2), the invariant sum of 3j symbols is real for even l1+l2+l3 and
imaginary for odd; e3nn >= 0.5 takes i^(l1+l2+l3) times it. With this sign the Gaunt coefficients of even sums and the
Poisson-bracket coefficients of odd sums are positive multiples of the real 3j tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, UnknownNameError
from symmeter.representations.harmonic_conventions import checked_degree, polar_axis, real_to_complex
from symmeter.representations.sparse_coupling import SparseCoupling
from symmeter.representations.three_j_tensors import EXACT_SUM, three_j_exact_sum, wigner_3j_tensor

__all__ = ["clebsch_gordan_table", "e3nn_sign", "real_wigner_3j"]

#: Tables of high degree have millions of entries, and their making is bound by memory.
_SHORT = np.int32


def coupled_orders(
    degree1: int, degree2: int, degree_out: int, parity: int | None, half: bool
) -> tuple[Int[np.ndarray, " n"], ...]:
    """l1, l2, l3, m1, m2 of all 3j symbols allowed by the selection rules, with l1+l2+l3 of the given parity.

    ``half`` keeps one of each pair (m1, m2, m3), (-m1, -m2, -m3).
    """
    parts = []
    for l1 in range(degree1 + 1):
        for l2 in range(degree2 + 1):
            l3 = np.arange(abs(l1 - l2), min(l1 + l2, degree_out) + 1, dtype=_SHORT)
            if parity is not None:
                l3 = l3[(l1 + l2 + l3) % 2 == parity]
            if not l3.size:
                continue
            m1 = np.arange(0 if half else -l1, l1 + 1, dtype=_SHORT)[None, :, None]
            m2 = np.arange(-l2, l2 + 1, dtype=_SHORT)[None, None, :]
            inside = np.abs(m1 + m2) <= l3[:, None, None]
            if half:
                inside &= (m1 > 0) | (m2 >= 0)
            n, p, q = np.nonzero(inside)
            columns = (np.full(len(n), ell, dtype=_SHORT) for ell in (l1, l2))
            parts.append((*columns, l3[n], m1[0, p, 0], m2[0, 0, q]))
    if not parts:
        return tuple(np.zeros(0, dtype=_SHORT) for _ in range(5))
    return tuple(np.concatenate(columns) for columns in zip(*parts))


def distinct(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct tuples of small integers, as columns, and which of them each row is; quicker than sorting rows."""
    low = [int(c.min(initial=0)) for c in columns]
    sizes = [int(c.max(initial=0)) - a + 1 for c, a in zip(columns, low)]
    keys = np.ravel_multi_index(tuple(c - a for c, a in zip(columns, low)), sizes)
    present, which = np.unique(keys, return_inverse=True)
    return np.stack([v + a for v, a in zip(np.unravel_index(present, sizes), low)]), which


def three_j_values(
    l1: np.ndarray, l2: np.ndarray, l3: np.ndarray, m1: np.ndarray, m2: np.ndarray
) -> Float[np.ndarray, " n"]:
    """3j symbols (l1 l2 l3; m1 m2 -m1-m2) of entries that fulfil the selection rules."""
    out = np.empty(len(l1))
    exact = l1 + l2 + l3 <= EXACT_SUM
    out[exact] = three_j_exact_sum(*(2 * a[exact] for a in (l1, l2, l3, m1, m2)))
    rest = np.flatnonzero(~exact)
    if rest.size:
        triples, which = distinct(l1[rest], l2[rest], l3[rest])
        order = np.argsort(which, kind="stable")
        for (a, b, c), members in zip(triples.T, np.split(order, np.flatnonzero(np.diff(which[order])) + 1)):
            i = rest[members]
            out[i] = wigner_3j_tensor(int(a), int(b), int(c))[m1[i] + a, m2[i] + b, c - m1[i] - m2[i]]
    return out


def real_entries(
    degree1: int,
    degree2: int,
    degree_out: int,
    parity: int | None,
    factor: Callable[..., np.ndarray] | None = None,
    integrals: Callable[..., np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Flat indices i, j, k, and the entries of the real tensor of every three degrees.

    They are the 3j tensors with the signs of e3nn >= 0.5, times ``factor`` of l1, l2, l3; or what ``integrals`` gives
    in place of the 3j symbols of the complex basis, already with its sign.
    """
    l1, l2, l3, m1, m2 = coupled_orders(degree1, degree2, degree_out, parity, half=True)
    m3 = -m1 - m2
    value = (integrals or three_j_values)(l1, l2, l3, m1, m2)
    # From the Condon-Shortley basis to Z: (-1)^m for every positive order.
    positive = (m1 > 0) * m1 + (m2 > 0) * m2 + (m3 > 0) * m3
    value = value * (1.0 - 2.0 * (positive % 2))
    zeros = (m1 == 0).astype(int) + (m2 == 0) + (m3 == 0)
    # Both members of a pair count, each order m != 0 brings 1/sqrt(2).
    value = value * np.where(zeros == 3, 1.0, 2.0 * np.sqrt(0.5) ** (3 - zeros))
    total = l1 + l2 + l3
    if integrals is None:
        value *= np.where((total + 1) // 2 % 2, -1.0, 1.0)
    if factor is not None:
        value *= factor(l1, l2, l3)
    s1, s2, s3 = np.sign(m1), np.sign(m2), np.sign(m3)
    even = total % 2 == 0
    # Which factors are sines: product of cosines and sines in Re (even sums) or Im (odd sums) of Z Z Z.
    patterns = (
        ((0, 0, 0), even, np.ones(len(l1), dtype=_SHORT)),
        ((1, 1, 0), even, -s1 * s2),
        ((1, 0, 1), even, -s1 * s3),
        ((0, 1, 1), even, -s2 * s3),
        ((1, 0, 0), ~even, s1),
        ((0, 1, 0), ~even, s2),
        ((0, 0, 1), ~even, s3),
        ((1, 1, 1), ~even, -s1 * s2 * s3),
    )
    parts = []
    for sines, kind, sign in patterns:
        keep = np.flatnonzero(kind & (sign != 0))
        flat = [
            ell[keep] * (ell[keep] + 1) + (-np.abs(m[keep]) if sine else np.abs(m[keep]))
            for ell, m, sine in zip((l1, l2, l3), (m1, m2, m3), sines)
        ]
        parts.append((*flat, value[keep] * sign[keep]))
    return tuple(np.concatenate(columns) for columns in zip(*parts))  # type: ignore[return-value]


def real_wigner_3j(l1: int, l2: int, l3: int, version: str = "0.5", axis: str = "y") -> Float[np.ndarray, "a b c"]:
    """The real 3j tensor: the invariant of three degrees of real harmonics, of Frobenius norm 1.

    Parameters
    ----------
    l1, l2, l3 : int
    version : {"0.5", "0.4"}
        Signs of e3nn 0.5 and later, or of 0.4.4 and earlier.
    axis : {"y", "z"}
        The tensor is the same in both, since a rotation leads from one to the other.

    Returns
    -------
    array of shape (2 l1 + 1, 2 l2 + 1, 2 l3 + 1)

    Raises
    ------
    InputError
        If the degrees do not fulfil the triangle rule.

    Examples
    --------
    >>> real_wigner_3j(1, 1, 1).round(6)[0]  # the cross product
    array([[ 0.      ,  0.      ,  0.      ],
           [ 0.      ,  0.      ,  0.408248],
           [ 0.      , -0.408248,  0.      ]])
    """
    polar_axis(axis)
    l1, l2, l3 = (checked_degree(v, name) for v, name in ((l1, "l1"), (l2, "l2"), (l3, "l3")))
    if not abs(l1 - l2) <= l3 <= l1 + l2:
        raise InputError(f"the degrees {l1}, {l2}, {l3} do not couple: l3 must be between |l1-l2| and l1+l2")
    tensor = _real_tensor(l1, l2, l3)
    version = str(version)
    if version.startswith("0.4"):
        return tensor * e3nn_sign(l1, l2, l3)
    if not version.startswith("0.") or not version[2:].split(".")[0].isdigit():
        raise UnknownNameError(f"version is {version!r}; it must be an e3nn version such as '0.5' or '0.4.4'")
    return tensor.copy()


@lru_cache(maxsize=512)
def _real_tensor(l1: int, l2: int, l3: int) -> np.ndarray:
    tensor = wigner_3j_tensor(l1, l2, l3).astype(complex)
    for axis, ell in enumerate((l1, l2, l3)):
        tensor = np.moveaxis(np.tensordot(tensor, real_to_complex(ell), axes=(axis, 0)), -1, axis)
    out = np.ascontiguousarray(np.real(1j ** ((l1 + l2 + l3) % 4) * tensor))
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1024)
def e3nn_sign(l1: int, l2: int, l3: int) -> int:
    """The sign by which e3nn 0.4.4's 3j tensor differs from that of e3nn 0.5 and later.

    There the tensor of the sorted degrees is positive at its centre, or, where the centre vanishes, in its first entry
    that does not; other orders follow by permutation with (-1)^(l1+l2+l3). Weights of a tensor product trained with
    one version become those of the other when each path's weight is multiplied by this sign.

    Examples
    --------
    >>> e3nn_sign(1, 1, 2), e3nn_sign(1, 1, 1), e3nn_sign(1, 2, 2)
    (1, 1, -1)
    """
    degrees = (l1, l2, l3)
    order = sorted(range(3), key=lambda n: degrees[n])
    odd = sum(order[a] > order[b] for a, b in combinations(range(3), 2)) % 2
    tensor = real_wigner_3j(l1, l2, l3).transpose(order)
    centre = tensor[tuple(degrees[n] for n in order)]
    if abs(centre) < 1e-9:
        entries = tensor.reshape(-1)
        centre = entries[np.flatnonzero(np.abs(entries) > 1e-9)[0]]
    return int(np.sign(centre)) * (-1 if odd and sum(degrees) % 2 else 1)


def _old_signs(l1: np.ndarray, l2: np.ndarray, l3: np.ndarray) -> np.ndarray:
    triples, which = distinct(l1, l2, l3)
    return np.array([e3nn_sign(*map(int, t)) for t in triples.T], dtype=float)[which]


@lru_cache(maxsize=32)
def clebsch_gordan_table(
    degree1: int,
    degree2: int | None = None,
    degree_out: int | None = None,
    basis: str = "real",
    version: str = "0.5",
) -> SparseCoupling:
    """Clebsch-Gordan coefficients of all degrees up to the given ones, as one sparse trilinear form.

    Parameters
    ----------
    degree1, degree2, degree_out : int
        Largest degrees; ``degree2`` is ``degree1`` and ``degree_out`` is ``degree1 + degree2`` when not given.
    basis : {"real", "complex"}
        ``real``: the real 3j tensor of every (l1, l2, l3). ``complex``: <l1 m1 l2 m2 | l3 m3>.
    version : {"0.5", "0.4"}
        Signs of the real tensors, see :func:`real_wigner_3j`.

    Examples
    --------
    >>> clebsch_gordan_table(1)
    SparseCoupling(27 of 4 x 4 x 9 entries)
    """
    degree1 = checked_degree(degree1)
    degree2 = degree1 if degree2 is None else checked_degree(degree2)
    degree_out = degree1 + degree2 if degree_out is None else checked_degree(degree_out)
    shape = ((degree1 + 1) ** 2, (degree2 + 1) ** 2, (degree_out + 1) ** 2)
    if basis == "real":
        old = _old_signs if str(version).startswith("0.4") else None
        return SparseCoupling.of(shape, *real_entries(degree1, degree2, degree_out, None, old))
    if basis != "complex":
        raise UnknownNameError(f"basis is {basis!r}; it must be 'real' or 'complex'")
    l1, l2, l3, m1, m2 = coupled_orders(degree1, degree2, degree_out, None, half=False)
    m3 = m1 + m2
    values = three_j_values(l1, l2, l3, m1, m2) * np.sqrt(2.0 * l3 + 1) * (1.0 - 2.0 * ((l1 - l2 + m3) % 2))
    return SparseCoupling.of(shape, l1 * l1 + l1 + m1, l2 * l2 + l2 + m2, l3 * l3 + l3 + m3, values)
