"""The algebra of asymptotic symmetries of flat space in three dimensions, with its central charges, exactly.

A symmetry is a pair (T, Y) of functions on the circle. It changes the data (Theta, Xi) of a solution by
``delta Theta = Y Theta' + 2 Y' Theta - 2 Y'''`` and ``delta Xi = Y Xi' + 2 Y' Xi + T Theta'/2 + T' Theta - T'''``, and
has the charge ``Q = 1/(16 pi G) int (T Theta + 2 Y Xi)``. Brackets are ``{Q_1, Q_2} = -delta_1 Q_2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from symmeter.errors import InputError

__all__ = ["Algebra", "CentralCharges", "algebra"]

#: Generators ("P", n) with T = exp(i n phi), and ("J", n) with Y = exp(i n phi).
Generator = tuple[str, int]
#: A complex number with rational parts.
_Complex = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class CentralCharges:
    """Coefficients of m^3/12 in ``i {J_m, J_n}`` and ``i {J_m, P_n}``.

    Attributes
    ----------
    c_L, c_M : Fraction
    """

    c_L: Fraction
    c_M: Fraction


@dataclass(frozen=True)
class Algebra:
    """Brackets of the generators with modes up to ``nmax``, computed from the variations of the data.

    Attributes
    ----------
    nmax : int
    """

    nmax: int

    def bracket(self, first: Generator, second: Generator) -> tuple[dict[Generator, Fraction], Fraction]:
        """``i {first, second}`` as a combination of generators, and a number that multiplies 1/G.

        Examples
        --------
        >>> algebra(3).bracket(("J", 2), ("P", -2))
        ({('P', 0): Fraction(4, 1)}, Fraction(2, 1))
        """
        (kind_1, m), (kind_2, n) = first, second
        for kind, mode in (first, second):
            if kind not in ("J", "P") or abs(mode) > self.nmax:
                raise InputError(f"{kind}_{mode} is none of J_n and P_n with |n| <= {self.nmax}")
        linear = _commutator(kind_1, m, kind_2, n)
        return {k: v for k, v in linear.items() if v}, _central(kind_1, m, kind_2, n)

    def central_charges(self, G: Fraction | int = 1) -> CentralCharges:
        """c_L and c_M, after every pair of modes has been checked to have a central term ``c m^3/12``.

        Raises
        ------
        InputError
            Where the terms have another form, which would be a defect.
        """
        if isinstance(G, bool) or not isinstance(G, (int, float, Fraction)) or not 0 < G < float("inf"):
            raise InputError(f"G is {G!r}; it must be a number > 0")
        found: dict[str, set[Fraction]] = {"L": set(), "M": set()}
        for m in range(-self.nmax, self.nmax + 1):
            for n in range(-self.nmax, self.nmax + 1):
                for name, pair in (("L", ("J", "J")), ("M", ("J", "P"))):
                    value = _central(pair[0], m, pair[1], n)
                    if m + n or m == 0:
                        if value:
                            raise InputError(f"the central term of {pair[0]}_{m}, {pair[1]}_{n} is {value}, not zero")
                        continue
                    found[name].add(12 * value / Fraction(m) ** 3)
                if _central("P", m, "P", n):
                    raise InputError(f"P_{m} and P_{n} have a central term")
        if any(len(v) != 1 for v in found.values()):
            raise InputError("the central terms are no cubes of the mode")
        return CentralCharges(*(next(iter(found[k])) / Fraction(G) for k in "LM"))

    def jacobi_holds(self) -> bool:
        """The Jacobi identity with central terms, for all modes whose brackets stay inside."""
        inside = range(-(self.nmax // 2), self.nmax // 2 + 1)
        generators = [(k, n) for k in "JP" for n in inside]
        for a in generators:
            for b in generators:
                for c in generators:
                    total: dict[Generator, Fraction] = {}
                    centre = Fraction(0)
                    for x, y, z in ((a, b, c), (b, c, a), (c, a, b)):
                        inner, _ = self.bracket(y, z)
                        for g, v in inner.items():
                            outer, extra = self.bracket(x, g)
                            centre += v * extra
                            for h, w in outer.items():
                                total[h] = total.get(h, Fraction(0)) + v * w
                    if centre or any(total.values()):
                        return False
        return True


def algebra(nmax: int = 8) -> Algebra:
    """The algebra with modes up to ``nmax``.

    Examples
    --------
    >>> algebra(nmax=8).central_charges(G=1)
    CentralCharges(c_L=Fraction(0, 1), c_M=Fraction(3, 1))
    """
    if not isinstance(nmax, int) or nmax < 1:
        raise InputError(f"nmax is {nmax!r}; give a whole number of at least 1")
    return Algebra(nmax)


def _times_i(z: _Complex, power: int) -> _Complex:
    for _ in range(power % 4):
        z = (-z[1], z[0])
    return z


def _variation(kind: str, m: int, data: Mapping[str, Mapping[int, _Complex]]) -> dict[str, dict[int, _Complex]]:
    """``delta Theta`` and ``delta Xi`` under a mode, for data by Fourier modes; mode "1" stands for no data."""
    out: dict[str, dict[int, _Complex]] = {"Theta": {}, "Xi": {}}

    def add(field: str, mode: int, z: _Complex) -> None:
        a, b = out[field].get(mode, (Fraction(0), Fraction(0)))
        out[field][mode] = (a + z[0], b + z[1])

    def product(field: str, source: str, factor_own: Fraction, factor_slope: Fraction) -> None:
        # factor_own * eps * data' + factor_slope * eps' * data.
        for k, z in data.get(source, {}).items():
            value = factor_own * k + factor_slope * m
            add(field, k + m, _times_i((z[0] * value, z[1] * value), 1))

    if kind == "J":
        product("Theta", "Theta", Fraction(1), Fraction(2))
        product("Xi", "Xi", Fraction(1), Fraction(2))
        add("Theta", m, _times_i((Fraction(-2 * m**3), Fraction(0)), 3))
    else:
        product("Xi", "Theta", Fraction(1, 2), Fraction(1))
        add("Xi", m, _times_i((Fraction(-(m**3)), Fraction(0)), 3))
    return out


def _charge(kind: str, n: int, data: Mapping[str, Mapping[int, _Complex]]) -> _Complex:
    """``G Q`` of a mode: ``1/8 Theta_(-n)``, or ``1/4 Xi_(-n)``."""
    source, factor = ("Theta", Fraction(1, 8)) if kind == "P" else ("Xi", Fraction(1, 4))
    a, b = data.get(source, {}).get(-n, (Fraction(0), Fraction(0)))
    return a * factor, b * factor


def _central(kind_1: str, m: int, kind_2: str, n: int) -> Fraction:
    """``i {Q_1, Q_2}`` on the data zero."""
    a, b = _charge(kind_2, n, _variation(kind_1, m, {}))
    # i times minus (a + i b).
    assert a == 0
    return b


def _commutator(kind_1: str, m: int, kind_2: str, n: int) -> dict[Generator, Fraction]:
    """``i {Q_1, Q_2}`` as a combination of charges, read off from data with a single mode."""
    out: dict[Generator, Fraction] = {}
    one = (Fraction(1), Fraction(0))
    for kind, source in (("P", "Theta"), ("J", "Xi")):
        # Data whose only charge is that of the mode m + n.
        data = {source: {-(m + n): one}}
        with_data = _charge(kind_2, n, _variation(kind_1, m, data))
        without = _charge(kind_2, n, _variation(kind_1, m, {}))
        own = _charge(kind, m + n, data)[0]
        out[kind, m + n] = (with_data[1] - without[1]) / own
    return out
