"""The Lie algebra that symmetries form: structure constants, series, radical, and the name of what is simple in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from symmeter.linalg.rational import rational_null_space
from symmeter.spacetime.vector_fields import VectorField, combination

__all__ = ["FieldAlgebra", "field_algebra"]

Constants = dict[tuple[int, int], list[Fraction]]


@dataclass(frozen=True, eq=False)
class FieldAlgebra:
    """A Lie algebra with rational structure constants ``[X_i, X_j] = sum_k c_ij^k X_k``.

    Attributes
    ----------
    dimension : int
    constants : dict
        For i < j, the list of c_ij^k.
    """

    dimension: int
    constants: Constants

    def bracket(self, a: Sequence[Fraction], b: Sequence[Fraction]) -> list[Fraction]:
        """The bracket of two combinations."""
        out = [Fraction(0)] * self.dimension
        for (i, j), c in self.constants.items():
            factor = a[i] * b[j] - a[j] * b[i]
            if factor:
                out = [o + factor * v for o, v in zip(out, c)]
        return out

    def structure_constant(self, i: int, j: int, k: int) -> Fraction:
        """c_ij^k, for any order of i and j."""
        if i == j:
            return Fraction(0)
        return self.constants[i, j][k] if i < j else -self.constants[j, i][k]

    @cached_property
    def jacobi_holds(self) -> bool:
        """The Jacobi identity, exactly."""
        n = self.dimension
        unit = [[Fraction(int(i == k)) for k in range(n)] for i in range(n)]
        for i in range(n):
            for j in range(i):
                for k in range(j):
                    total = [Fraction(0)] * n
                    for a, b, c in ((i, j, k), (j, k, i), (k, i, j)):
                        inner = self.bracket(unit[a], self.bracket(unit[b], unit[c]))
                        total = [x + y for x, y in zip(total, inner)]
                    if any(total):
                        return False
        return True

    @cached_property
    def killing_form(self) -> list[list[Fraction]]:
        """``K_ij = c_ik^l c_jl^k``."""
        n = self.dimension
        c = [[[self.structure_constant(i, j, k) for k in range(n)] for j in range(n)] for i in range(n)]
        return [
            [sum((c[i][k][m] * c[j][m][k] for k in range(n) for m in range(n)), Fraction(0)) for j in range(n)]
            for i in range(n)
        ]

    @cached_property
    def derived_series(self) -> tuple[int, ...]:
        """Dimensions of the algebra, of its brackets, of their brackets, ..."""
        return self._series(both=True)

    @cached_property
    def lower_central_series(self) -> tuple[int, ...]:
        """Dimensions of the algebra, of its brackets, of brackets of the algebra with those, ..."""
        return self._series(both=False)

    def _series(self, both: bool) -> tuple[int, ...]:
        n = self.dimension
        whole = [[Fraction(int(i == k)) for k in range(n)] for i in range(n)]
        current, out = whole, [n]
        while True:
            left = current if both else whole
            following = _span([self.bracket(a, b) for a in left for b in current])
            if len(following) == out[-1]:
                return tuple(out)
            out.append(len(following))
            current = following
            if not following:
                return tuple(out)

    @cached_property
    def centre_dimension(self) -> int:
        """Of what commutes with everything."""
        n = self.dimension
        rows = [{i: v for i in range(n) if (v := self.structure_constant(i, j, k))} for j in range(n) for k in range(n)]
        return len(rational_null_space([r for r in rows if r], n))

    @cached_property
    def radical(self) -> list[list[Fraction]]:
        """The largest solvable ideal: what the Killing form makes orthogonal to all brackets."""
        n = self.dimension
        brackets = _span(list(self.constants.values()))
        rows = []
        for b in brackets:
            row = {i: sum((self.killing_form[i][k] * b[k] for k in range(n)), Fraction(0)) for i in range(n)}
            rows.append({i: v for i, v in row.items() if v})
        return [[x.get(i, Fraction(0)) for i in range(n)] for x in rational_null_space([r for r in rows if r], n)]

    @property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish."""
        return not any(any(c) for c in self.constants.values())

    @property
    def is_solvable(self) -> bool:
        """Whether the derived series ends at zero."""
        return self.derived_series[-1] == 0

    @property
    def is_nilpotent(self) -> bool:
        """Whether the lower central series ends at zero."""
        return self.lower_central_series[-1] == 0

    @cached_property
    def name(self) -> str:
        """The semisimple part by name, and what the radical is."""
        n, r = self.dimension, len(self.radical)
        if self.is_abelian:
            return f"R^{n}" if n != 1 else "R"
        solvable = _solvable_name(self) if r == n else "R" if r == 1 else f"radical of dimension {r}"
        if r == n:
            return solvable
        simple = self._quotient_name()
        return simple if r == 0 else f"{simple} + {solvable}"

    def _quotient_name(self) -> str:
        """Simple ideals of the quotient by the radical, told by dimension and the signature of their Killing forms."""
        whole = self._quotient() if self.radical else self
        ideals = sorted(whole._ideals())
        names = [_simple_name(*ideal) for ideal in ideals]
        if None in names:
            parts = ", ".join(f"{n} with signature ({p}, {q})" for n, p, q in ideals)
            return f"semisimple with simple ideals of dimension {parts}"
        # A sum has a name of its own where the plane's rotations double.
        doubled = {"so(3) + so(3)": "so(4)", "sl(2,R) + sl(2,R)": "so(2,2)"}
        together = " + ".join(sorted(str(name) for name in names))
        return doubled.get(together, together)

    def _quotient(self) -> FieldAlgebra:
        radical = _span(self.radical)
        n = self.dimension
        leads = [next(i for i, v in enumerate(x) if v) for x in radical]
        kept = [i for i in range(n) if i not in leads]

        def modulo(x: Sequence[Fraction]) -> list[Fraction]:
            out = list(x)
            for lead, b in zip(leads, radical):
                if out[lead]:
                    f = out[lead] / b[lead]
                    out = [o - f * v for o, v in zip(out, b)]
            return [out[i] for i in kept]

        unit = [[Fraction(int(i == k)) for k in range(n)] for i in range(n)]
        m = len(kept)
        return FieldAlgebra(
            m, {(a, b): modulo(self.bracket(unit[kept[a]], unit[kept[b]])) for a in range(m) for b in range(a + 1, m)}
        )

    def _ideals(self) -> list[tuple[int, int, int]]:
        """Simple ideals of a semisimple algebra: dimension, and positive and negative squares of the Killing form.

        What commutes with the adjoint action is a number on each ideal, a complex one where the ideal is a complex
        algebra taken as a real one, as so(3,1) is: eigenspaces of a general such map are the ideals.
        """
        n = self.dimension
        rows = []
        for i in range(n):
            # M ad(X_i) = ad(X_i) M, entry (k, j).
            for k in range(n):
                for j in range(n):
                    row: dict[int, Fraction] = {}
                    for m in range(n):
                        a, b = self.structure_constant(i, j, m), self.structure_constant(i, m, k)
                        if a:
                            row[k * n + m] = row.get(k * n + m, Fraction(0)) + a
                        if b:
                            row[m * n + j] = row.get(m * n + j, Fraction(0)) - b
                    row = {c: v for c, v in row.items() if v}
                    if row:
                        rows.append(row)
        centroid = rational_null_space(rows, n * n)
        general = np.zeros(n * n)
        for k, x in enumerate(centroid):
            for place, value in x.items():
                # Numbers without small relations, so that no two ideals share one.
                general[place] += float(value) * (1 + (k + 1) ** 0.5)
        values, vectors = np.linalg.eig(general.reshape(n, n))
        size = float(np.abs(values).max()) or 1.0
        form = np.array([[float(v) for v in row] for row in self.killing_form])
        found, left = [], list(range(n))
        while left:
            first = values[left[0]]
            same = [k for k in left if min(abs(values[k] - first), abs(values[k] - first.conj())) < 1e-6 * size]
            left = [k for k in left if k not in same]
            basis = np.concatenate([np.real(vectors[:, same]), np.imag(vectors[:, same])], axis=1)
            u, singular, _ = np.linalg.svd(basis, full_matrices=False)
            own = u[:, singular > 1e-8 * singular[0]]
            squares = np.linalg.eigvalsh(own.T @ form @ own)
            found.append((own.shape[1], int((squares > 0).sum()), int((squares < 0).sum())))
        return found


def field_algebra(fields: Sequence[VectorField]) -> FieldAlgebra | None:
    """The algebra of vector fields, or None where a bracket is no combination of them."""
    constants: Constants = {}
    for i, a in enumerate(fields):
        for j in range(i + 1, len(fields)):
            found = combination(a.bracket(fields[j]), fields)
            if found is None:
                return None
            constants[i, j] = found
    return FieldAlgebra(len(fields), constants)


def _span(vectors: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """A reduced echelon basis."""
    basis: list[list[Fraction]] = []
    leads: list[int] = []
    for v in vectors:
        row = list(v)
        for lead, b in zip(leads, basis):
            if row[lead]:
                f = row[lead]
                row = [x - f * y for x, y in zip(row, b)]
        lead = next((i for i, x in enumerate(row) if x), None)
        if lead is None:
            continue
        row = [x / row[lead] for x in row]
        for k, b in enumerate(basis):
            if b[lead]:
                f = b[lead]
                basis[k] = [x - f * y for x, y in zip(b, row)]
        basis.append(row)
        leads.append(lead)
    return basis


def _signature(form: Sequence[Sequence[Fraction]]) -> tuple[int, int, int]:
    """Numbers of positive, negative and zero squares, by congruence over the rationals."""
    m = [list(row) for row in form]
    n = len(m)
    counts = [0, 0, 0]
    for k in range(n):
        pivot = next((i for i in range(k, n) if m[i][i]), None)
        if pivot is None:
            pair = next(((i, j) for i in range(k, n) for j in range(i + 1, n) if m[i][j]), None)
            if pair is None:
                counts[2] += n - k
                break
            i, j = pair
            m[i] = [a + b for a, b in zip(m[i], m[j])]
            for row in m:
                row[i] += row[j]
            pivot = i
        m[k], m[pivot] = m[pivot], m[k]
        for row in m:
            row[k], row[pivot] = row[pivot], row[k]
        counts[0 if m[k][k] > 0 else 1] += 1
        for i in range(k + 1, n):
            f = m[i][k] / m[k][k]
            if f:
                m[i] = [a - f * b for a, b in zip(m[i], m[k])]
        for i in range(k + 1, n):
            m[k][i] = Fraction(0)
    return counts[0], counts[1], counts[2]


def _simple_name(dimension: int, positive: int, negative: int) -> str | None:
    """A simple real algebra told by its dimension and the signature of its Killing form, if there is only one kind."""
    for n in range(2, 8):
        if dimension == n * n - 1:
            if (positive, negative) == ((n - 1) * (n + 2) // 2, n * (n - 1) // 2):
                return f"sl({n},R)"
            if positive == 0 and n > 2:
                return f"su({n})"
    for n in range(3, 12):
        if dimension != n * (n - 1) // 2 or n == 4:
            continue
        for q in range(n // 2 + 1):
            p = n - q
            if positive == p * q and negative == (p * (p - 1) + q * (q - 1)) // 2:
                return f"so({p})" if q == 0 else f"so({p},{q})"
    if dimension == 6 and (positive, negative) == (3, 3):
        return "so(3,1)"
    return None


def _solvable_name(algebra: FieldAlgebra) -> str:
    n = algebra.dimension
    if algebra.is_nilpotent:
        if algebra.derived_series[1:] == (1, 0) and algebra.centre_dimension == 1 and n % 2 == 1:
            return f"Heisenberg algebra of dimension {n}"
        return f"nilpotent of dimension {n}"
    if n == 2:
        return "affine algebra of the line"
    return f"solvable of dimension {n}"
