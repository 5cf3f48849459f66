"""The most general quadratic action of torsion and nonmetricity, its irreducible form, and whether it is stable.

Eleven contractions are even under parity: three of torsion, five of nonmetricity, three mixed. First derivatives of the
coframe and of Lambda enter squared, so field equations are of second order, unlike those of squared curvature. Indices
are orthonormal, ``Q_abc`` is symmetric in ab in the convention ``-1/2 D g``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.checked_numbers import finite
from symmeter.spacetime.defects.irreducible_parts import Frame

if TYPE_CHECKING:
    from symmeter.spacetime.defects.action_equations import FieldEquations
    from symmeter.spacetime.defects.action_grid import Minimum
    from symmeter.spacetime.defects.grid_geometry import GridMetricAffine

__all__ = ["CONTRACTIONS", "Action", "Stability"]

#: The contractions, in this order wherever numbers stand for them.
CONTRACTIONS = (
    "T_abc T^abc",
    "T_abc T^bac",
    "T_a T^a",
    "Q_abc Q^abc",
    "Q_abc Q^acb",
    "Q_a Q^a",
    "P_a P^a",
    "Q_a P^a",
    "Q_a T^a",
    "P_a T^a",
    "Q_abc T^abc",
)


def contractions(frame: Frame, T: Any, Q: Any) -> list[Any]:
    """Values of all eleven, for numbers or exact fields."""
    t, q, p = frame.contract(T, 0, 1), frame.contract(Q, 0, 1), frame.contract(Q, 1, 2)
    return [
        frame.product(T, T, 3),
        frame.product(T, np.swapaxes(T, 0, 1), 3),
        frame.product(t, t, 1),
        frame.product(Q, Q, 3),
        frame.product(Q, np.swapaxes(Q, 1, 2), 3),
        frame.product(q, q, 1),
        frame.product(p, p, 1),
        frame.product(q, p, 1),
        frame.product(q, t, 1),
        frame.product(p, t, 1),
        frame.product(Q, T, 3),
    ]


@dataclass(frozen=True)
class Stability:
    """Signature of the quadratic form, block by block of equal spin and kind.

    Attributes
    ----------
    blocks : dict
        Eigenvalues, ascending, with how often each occurs: ``vector`` couples the traces T, A and B, ``axial`` is the
        axial torsion, ``S`` the totally symmetric nonmetricity, ``tensor-hook`` couples the tensor torsion and H.
    signature : (int, int, int)
        Numbers of positive, negative and zero eigenvalues.
    """

    blocks: dict[str, tuple[tuple[float, int], ...]]
    signature: tuple[int, int, int]

    @property
    def positive(self) -> bool:
        """Whether the form is positive definite."""
        return self.signature[1] == self.signature[2] == 0

    @property
    def bounded(self) -> bool:
        """Whether no direction has negative energy."""
        return self.signature[1] == 0

    def __str__(self) -> str:
        rows = [f"{k:<14}" + ", ".join(f"{v:.5g} ({m} times)" for v, m in block) for k, block in self.blocks.items()]
        word = "positive definite" if self.positive else "not negative" if self.bounded else "unstable"
        return "\n".join([*rows, f"{'signature':<14}{self.signature}: {word}"])


@dataclass(frozen=True)
class Action:
    """``int sqrt(g) L`` with L a sum of contractions, and an elastic energy where wanted.

    Parameters
    ----------
    coefficients : mapping
        From names in ``CONTRACTIONS`` to numbers; those that are missing are zero.
    elastic : (float, float), optional
        Lame's ``lambda`` and ``mu``: ``lambda/2 (tr eps)^2 + mu eps:eps`` of the Almansi strain ``(delta - g)/2``.
    n : {2, 3}

    Examples
    --------
    >>> Action({"T_abc T^abc": 1, "Q_abc Q^abc": 1}).stability().positive
    True
    >>> Action.restricted(c1=1, c2=1, c3=1, c7=1).stability().signature
    (10, 0, 17)
    """

    coefficients: Mapping[str, float | Fraction]
    elastic: tuple[float, float] | None = None
    n: int = 3
    _numbers: tuple[float | Fraction, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, value in self.coefficients.items():
            if name not in CONTRACTIONS:
                near = nearest_name(name, CONTRACTIONS)
                hint = f"did you mean {near!r}?" if near else f"there are {', '.join(CONTRACTIONS)}"
                raise UnknownNameError(f"{name!r} is no contraction; {hint}")
            if not isinstance(value, Fraction):
                finite(value, f"the coefficient of {name}")
        if self.n not in (2, 3):
            raise InputError(f"actions are for 2 or 3 dimensions; n is {self.n}")
        object.__setattr__(self, "_numbers", tuple(self.coefficients.get(k, 0) for k in CONTRACTIONS))

    @classmethod
    def restricted(
        cls,
        c1: float = 0,
        c2: float = 0,
        c3: float = 0,
        c4: float = 0,
        c5: float = 0,
        c6: float = 0,
        c7: float = 0,
        *,
        elastic: tuple[float, float] | None = None,
    ) -> Action:
        """``c1 T^2 + c2 Q^2 + c3 P^2 + c4 Q.P + c5 T.Q + c6 T.P + c7 A_0^2``: traces and the axial scalar only."""
        # A_0^2 = (T_abc T^abc - 2 T_abc T^bac) / 2.
        values = (Fraction(c7) / 2, -Fraction(c7), c1, 0, 0, c2, c3, c4, c5, c6, 0)
        return cls({k: v for k, v in zip(CONTRACTIONS, values) if v}, elastic)

    @classmethod
    def irreducible(
        cls, squares: Mapping[str, float], n: int = 3, elastic: tuple[float, float] | None = None
    ) -> Action:
        """From weights of irreducible squares: ``vector``, ``axial``, ``tensor``, ``trace``, ``S`` and ``H``.

        Raises
        ------
        UnknownNameError
        """
        known = ("vector", "axial", "tensor", "trace", "S", "H")
        for name in squares:
            if name not in known:
                raise UnknownNameError(f"{name!r} is no irreducible square; there are {', '.join(known)}")

        def value(T: np.ndarray, Q: np.ndarray) -> Any:
            frame = Frame(n)
            norms = {**frame.torsion_parts(T).norms, **frame.nonmetricity_parts(Q).norms}
            return sum(float(squares.get(k, 0)) * v for k, v in norms.items())

        return cls(_fitted(value, n), elastic, n)

    @classmethod
    def curvature_equivalent(cls, n: int = 3) -> Action:
        """The action that differs from ``int sqrt(g) R~`` by a boundary term, in flat geometries: no Lambda in it."""
        return cls(_of_curvature(n), n=n)

    # -- algebra -------------------------------------------------------------------------------------------------------

    def density(self, T: Any, Q: Any, frame: Frame | None = None) -> Any:
        """``L`` at points, without the elastic part.

        Parameters
        ----------
        T, Q : arrays (n, n, n, ...)
            Torsion and nonmetricity, all indices down, orthonormal unless a frame is given.
        frame : Frame, optional
        """
        frame = frame or Frame(self.n)
        number: Any = frame.number
        values = contractions(frame, T, Q)
        terms = [v * number(Fraction(c) if isinstance(c, int) else c) for v, c in zip(values, self._numbers) if c]
        return sum(terms[1:], start=terms[0]) if terms else values[0] * 0

    def derivatives(self, T: Float[np.ndarray, "n n n p"], Q: Float[np.ndarray, "n n n p"]) -> tuple[Any, Any]:
        """``dL/dT_abc`` and ``dL/dQ_abc`` as arrays of the same shape, before any symmetrisation."""
        frame = Frame(self.n)
        c = [float(v) for v in self._numbers]
        t, q, p = frame.contract(T, 0, 1), frame.contract(Q, 0, 1), frame.contract(Q, 1, 2)
        gt = 2 * c[2] * t + c[8] * q + c[9] * p
        gq = 2 * c[5] * q + c[7] * p + c[8] * t
        gp = 2 * c[6] * p + c[7] * q + c[9] * t
        dT = 2 * c[0] * T + 2 * c[1] * np.swapaxes(T, 0, 1) + c[10] * Q + frame.times_metric(gt, "ab,c")
        dQ = 2 * c[3] * Q + 2 * c[4] * np.swapaxes(Q, 1, 2) + c[10] * T
        dQ = dQ + frame.times_metric(gq, "ab,c") + frame.times_metric(gp, "bc,a")
        return dT, dQ

    def stability(self, tolerance: float = 1e-12) -> Stability:
        """Eigenvalues of the quadratic form on independent components, by irreducible blocks."""
        form, blocks = _quadratic_form(self), _blocks(self.n)
        found: dict[str, tuple[tuple[float, int], ...]] = {}
        everything: list[float] = []
        scale = float(np.abs(form).max()) or 1.0
        for name, basis in blocks.items():
            values = np.linalg.eigvalsh(basis.T @ form @ basis)
            everything += list(values)
            groups: list[list[float]] = []
            for v in values:
                if groups and abs(v - groups[-1][0]) < 1e-9 * scale:
                    groups[-1].append(v)
                else:
                    groups.append([v])
            found[name] = tuple((float(g[0]) if abs(g[0]) > 1e-13 * scale else 0.0, len(g)) for g in groups)
        signs = np.array(everything)
        small = tolerance * scale
        return Stability(
            found, (int((signs > small).sum()), int((signs < -small).sum()), int((np.abs(signs) <= small).sum()))
        )

    # -- fields --------------------------------------------------------------------------------------------------------

    def value(self, geometry: GridMetricAffine) -> float:
        """The action of a geometry on a grid."""
        from symmeter.spacetime.defects.action_grid import value

        return value(self, geometry)

    def gradient(self, geometry: GridMetricAffine) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives of the action by the coframe and by Lambda at every point of the grid."""
        from symmeter.spacetime.defects.action_grid import gradient

        return gradient(self, geometry)

    def field_equations(self) -> FieldEquations:
        """Euler-Lagrange equations of coframe and Lambda, exactly; see :class:`FieldEquations`."""
        from symmeter.spacetime.defects.action_equations import field_equations

        return field_equations(self)

    def noether_residuals(
        self, geometry: GridMetricAffine, rng: np.random.Generator | int | None = None
    ) -> dict[str, float]:
        """How far the identities of diffeomorphisms, local rotations and constant GL(n) are from holding on a grid."""
        from symmeter.spacetime.defects.action_grid import noether_residuals

        return noether_residuals(self, geometry, rng)

    def minimise(self, geometry: GridMetricAffine, vary: str = "both", **options: Any) -> Minimum:
        """Minimise on a grid by L-BFGS; see :func:`symmeter.spacetime.defects.action_grid.minimise`."""
        from symmeter.spacetime.defects.action_grid import minimise

        return minimise(self, geometry, vary, **options)


# -- independent components --------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _components(n: int) -> np.ndarray:
    """Orthonormal basis of torsions and nonmetricities: (dimension, 2, n, n, n)."""
    out = []
    for a in range(n):
        for b in range(n):
            for c in range(b + 1, n):
                x = np.zeros((2, n, n, n))
                x[0, a, b, c], x[0, a, c, b] = np.sqrt(0.5), -np.sqrt(0.5)
                out.append(x)
    for a in range(n):
        for b in range(a, n):
            for c in range(n):
                x = np.zeros((2, n, n, n))
                x[1, a, b, c] = x[1, b, a, c] = 1.0 if a == b else np.sqrt(0.5)
                out.append(x)
    return np.array(out)


def _quadratic_form(action: Action) -> np.ndarray:
    basis = _components(action.n)
    T, Q = (np.moveaxis(basis[:, k], 0, -1) for k in (0, 1))
    dT, dQ = action.derivatives(T, Q)
    both = np.concatenate((dT.reshape(-1, len(basis)), dQ.reshape(-1, len(basis))))
    form = basis.reshape(len(basis), -1) @ both / 2
    return (form + form.T) / 2


@lru_cache(maxsize=4)
def _blocks(n: int) -> dict[str, np.ndarray]:
    """Orthonormal bases of the subspaces that a rotation-invariant form does not mix."""
    frame, basis = Frame(n), _components(n)
    T, Q = (np.moveaxis(basis[:, k], 0, -1) for k in (0, 1))
    t, q = frame.torsion_parts(T), frame.nonmetricity_parts(Q)
    zero = np.zeros_like(T)
    parts = {
        "vector": np.stack([t.vector, q.trace]),
        "axial": np.stack([t.axial, zero]),
        "S": np.stack([zero, q.S]),
        "tensor-hook": np.stack([t.tensor, q.H]),
    }
    out = {}
    for name, part in parts.items():
        projector = basis.reshape(len(basis), -1) @ part.reshape(-1, len(basis))
        values, vectors = np.linalg.eigh((projector + projector.T) / 2)
        if (values > 0.5).any():
            out[name] = vectors[:, values > 0.5]
    return out


def _fitted(value: Any, n: int) -> dict[str, Fraction]:
    """Coefficients of a quadratic form of torsion and nonmetricity that is a sum of contractions."""
    rng = np.random.default_rng(7)
    T, Q = rng.standard_normal((2, n, n, n, 60))
    T, Q = T - T.swapaxes(1, 2), Q + Q.swapaxes(0, 1)
    columns = np.array(contractions(Frame(n), T, Q)).T
    right = value(T, Q)
    # In the plane contractions are not independent: a pivoted solution keeps few of them.
    from scipy.linalg import qr

    factors: Any = qr(columns, mode="economic", pivoting=True)
    _, r, order = factors
    rank = int((np.abs(np.diag(r)) > 1e-9 * abs(r[0, 0])).sum())
    kept = sorted(order[:rank])
    solution = np.linalg.lstsq(columns[:, kept], right, rcond=None)[0]
    if np.abs(columns[:, kept] @ solution - right).max() > 1e-8 * (1 + np.abs(right).max()):
        raise InputError("this density is no quadratic form of torsion and nonmetricity that is even under parity")
    found = {CONTRACTIONS[k]: Fraction(float(v)).limit_denominator(10**6) for k, v in zip(kept, solution)}
    return {k: v for k, v in found.items() if v}


@lru_cache(maxsize=4)
def _of_curvature(n: int) -> dict[str, Fraction]:
    frame = Frame(n)
    return _fitted(lambda T, Q: frame.quadratic_curvature(frame.distortion(T, Q)), n)
