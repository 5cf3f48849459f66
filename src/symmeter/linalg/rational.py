"""Exact linear algebra of sparse rational matrices: null spaces and solutions, by one large prime and a proof.

Elimination runs modulo a prime near 2^61; entries are read back as fractions and checked against the matrix over the
rationals. A prime that was unlucky, or fractions too large for one prime, are met by more primes and the remainder
theorem. Rows are dictionaries from columns to numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isqrt

__all__ = ["echelon_modulo", "rational_null_space", "rational_solution"]

Number = int | Fraction
Row = Mapping[int, Number]

_PRIMES = (
    2305843009213693951,
    2305843009213693921,
    2305843009213693907,
    2305843009213693723,
    2305843009213693693,
    2305843009213693669,
    2305843009213693613,
    2305843009213693561,
)


def echelon_modulo(rows: Sequence[Row], prime: int) -> dict[int, dict[int, int]]:
    """Reduced echelon form of a sparse matrix modulo a prime: from pivot columns to rows with a 1 there.

    Columns with smaller numbers become pivots first.

    Examples
    --------
    >>> echelon_modulo([{0: 2, 1: 4}, {0: 1, 1: 2, 2: 1}], 101)
    {0: {0: 1, 1: 2}, 2: {2: 1}}
    """
    pivots: dict[int, dict[int, int]] = {}
    # Short rows first: they fill in least.
    for given in sorted(rows, key=len):
        row = {c: _residue(v, prime) for c, v in given.items()}
        row = {c: v for c, v in row.items() if v}
        while row:
            lead = min(row)
            other = pivots.get(lead)
            if other is None:
                inverse = pow(row[lead], -1, prime)
                pivots[lead] = {c: v * inverse % prime for c, v in row.items()}
                break
            _subtract(row, other, row[lead], prime)
    for lead in sorted(pivots, reverse=True):
        row = pivots[lead]
        for c in sorted(c for c in row if c != lead and c in pivots):
            if c in row:
                _subtract(row, pivots[c], row[c], prime)
    return dict(sorted(pivots.items()))


def _subtract(row: dict[int, int], other: Mapping[int, int], factor: int, prime: int) -> None:
    for c, v in other.items():
        value = (row.get(c, 0) - factor * v) % prime
        if value:
            row[c] = value
        else:
            row.pop(c, None)


def _residue(value: Number, prime: int) -> int:
    if isinstance(value, int):
        return value % prime
    return value.numerator * pow(value.denominator, -1, prime) % prime


def rational_null_space(rows: Sequence[Row], columns: int) -> list[dict[int, Fraction]]:
    """A basis of all x with ``A x = 0``: each vector has a 1 at a column of its own, where all others vanish.

    Parameters
    ----------
    rows : sequence of mappings
        Sparse rows of A, with integers and fractions.
    columns : int
        Those with larger numbers stay free, where there is a choice.

    Returns
    -------
    list of dict
        Sparse vectors, exact: ``A x = 0`` has been checked over the rationals.

    Examples
    --------
    >>> rational_null_space([{0: 2, 1: -1}, {1: 1, 2: 3}], 3)
    [{2: Fraction(1, 1), 0: Fraction(-3, 2), 1: Fraction(-3, 1)}]
    """
    modulus, shape = 1, None
    combined: dict[int, dict[int, int]] = {}
    for prime in _PRIMES:
        pivots = echelon_modulo(rows, prime)
        # A lucky prime has the largest rank, and among those the earliest pivots.
        if shape is None or len(pivots) > len(shape) or (len(pivots) == len(shape) and list(pivots) < shape):
            shape, modulus, combined = list(pivots), 1, {}
        if list(pivots) != shape:
            continue
        found: dict[int, dict[int, int]] = {}
        for lead, row in pivots.items():
            for c, v in row.items():
                if c != lead:
                    found.setdefault(c, {})[lead] = -v % prime
        combined = found if modulus == 1 else _joined(combined, modulus, found, prime)
        modulus *= prime
        basis = _read(combined, modulus, [c for c in range(columns) if c not in pivots])
        if basis is not None and _vanishes(rows, _by_column(basis)):
            return basis
    raise ArithmeticError("the null space has entries beyond 480 bits")


def _joined(
    a: dict[int, dict[int, int]], modulus: int, b: dict[int, dict[int, int]], prime: int
) -> dict[int, dict[int, int]]:
    inverse = pow(modulus, -1, prime)
    out: dict[int, dict[int, int]] = {}
    for free in a.keys() | b.keys():
        first, second = a.get(free, {}), b.get(free, {})
        out[free] = {
            lead: first.get(lead, 0) + modulus * ((second.get(lead, 0) - first.get(lead, 0)) * inverse % prime)
            for lead in first.keys() | second.keys()
        }
    return out


def _read(residues: dict[int, dict[int, int]], modulus: int, free: Sequence[int]) -> list[dict[int, Fraction]] | None:
    bound = isqrt(modulus // 2)
    out = []
    for c in free:
        vector = {c: Fraction(1)}
        for lead, value in sorted(residues.get(c, {}).items()):
            fraction = _fraction(value, modulus, bound)
            if fraction is None:
                return None
            if fraction:
                vector[lead] = fraction
        out.append(vector)
    return out


def _fraction(value: int, modulus: int, bound: int) -> Fraction | None:
    """The fraction with numerator and denominator up to the bound (Wang 1981)."""
    r0, r1, s0, s1 = modulus, value % modulus, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, s0, s1 = r1, r0 - q * r1, s1, s0 - q * s1
    if s1 == 0 or abs(s1) > bound:
        return None
    return Fraction(r1, s1)


def _by_column(basis: Sequence[dict[int, Fraction]]) -> dict[int, dict[int, Fraction]]:
    """For each column, the vectors that have an entry there."""
    out: dict[int, dict[int, Fraction]] = {}
    for k, x in enumerate(basis):
        for c, v in x.items():
            out.setdefault(c, {})[k] = v
    return out


def _vanishes(rows: Sequence[Row], by_column: Mapping[int, Mapping[int, Fraction]]) -> bool:
    for row in rows:
        totals: dict[int, Number] = {}
        for c, a in row.items():
            for k, v in by_column.get(c, {}).items():
                totals[k] = totals.get(k, 0) + a * v
        if any(totals.values()):
            return False
    return True


def rational_solution(rows: Sequence[Row], right: Sequence[Number], columns: int) -> dict[int, Fraction] | None:
    """One x with ``A x = b``, or None where there is none; free columns are zero.

    Examples
    --------
    >>> rational_solution([{0: 2, 1: 1}, {1: 3}], [1, 2], 2)
    {0: Fraction(1, 6), 1: Fraction(2, 3)}
    """
    extended = [{**row, columns: -b} if b else dict(row) for row, b in zip(rows, right)]
    for x in rational_null_space(extended, columns + 1):
        if x.get(columns):
            # The last column is free exactly when there is a solution; others that are free vanish in its vector.
            return {c: v for c, v in sorted(x.items()) if c != columns}
    return None
