"""Continuous symmetries: the skew generators that the data accept, as one flow of a Lie algebra.

For an exact covariance every repeated eigenvalue carries a rotation group of its own; for samples only a dictionary of
skew matrices can be judged (the full skew basis always shows a tiny, meaningless lowest eigenvalue).

The defect of a generator A of norm one is ``sqrt(||[R, A]||^2 / mean ||[R, B]||^2)``, where B runs over the random skew
matrices of norm one, both without noise bias; that of several generators is the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.discover.chance import chance_distance
from symmeter.discover.confirmation import confirm
from symmeter.discover.double_commutator import DoubleCommutator
from symmeter.discover.eigenvalue_null import simulated_commutators
from symmeter.discover.moments import Moments
from symmeter.discover.unidentifiable import _FullGroup
from symmeter.errors import UnidentifiableError
from symmeter.findings import Finding, Level
from symmeter.groups import LieAlgebra
from symmeter.representations import Action, Dense, FlowAction, Space

__all__ = ["EigenspaceAction", "continuous_findings", "rotations_of_repeated_eigenvalues"]

#: Rotation algebras of larger eigenspaces are named in words rather than spanned: so(6) has 15 generators.
_LARGEST_BLOCK = 6
#: A broken symmetry whose defect is surely below this is called "nearly"; below the other p-value it is doubtful.
_NEARLY = 0.1
_DOUBTFUL = 0.05
#: Generators that are tested one by one, and flows that are confirmed on the whole distribution.
_MOST_SINGLE = 40
_MOST_CONFIRMED = 8
#: Largest algebra whose elements are all tested.
_LARGEST_ALGEBRA = 60


class _EigenspaceGroup(_FullGroup):
    """SO(k) or U(k), known by name only."""

    def __init__(self, size: int, unitary: bool) -> None:
        super().__init__(size, unitary)
        self._unitary = unitary
        self._text = f"{'U' if unitary else 'SO'}({size})"

    @property
    def is_abelian(self) -> bool:
        return self._size == 1 or (self._size == 2 and not self._unitary)

    def __contains__(self, element: object) -> bool:
        a = np.asarray(element)
        if not super().__contains__(a):
            return False
        return self._unitary or (bool(np.isreal(a).all()) and float(np.linalg.det(np.real(a))) > 0)


class EigenspaceAction(Action):
    """All rotations (of C^M: unitary maps) of one subspace; what is orthogonal to it stays.

    Averages are known in closed form for real subspaces of three dimensions or more and complex ones of two or more:
    inside the subspace only the trace survives, and nothing couples it to the rest.

    Parameters
    ----------
    basis : array of shape (M, k)
        Orthonormal columns that span the subspace.
    space : Space

    Examples
    --------
    >>> action = EigenspaceAction(np.eye(4)[:, :3], Space(4))
    >>> action.group.name, np.diag(action.average(np.diag([1.0, 2.0, 6.0, 5.0]))).tolist()
    ('SO(3)', [3.0, 3.0, 3.0, 5.0])
    """

    def __init__(self, basis: Num[np.ndarray, "m k"], space: Space) -> None:
        self.basis = np.asarray(basis)
        self.space = space
        self.group = _EigenspaceGroup(self.basis.shape[1], np.iscomplexobj(self.basis))
        self.generators = ()

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        return x - (x @ self.basis.conj()) @ self.basis.T

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        u, a = self.basis, np.asarray(operator)
        inside = u @ u.conj().T
        outside = np.eye(self.dimension) - inside
        return outside @ a @ outside + np.trace(u.conj().T @ a @ u) / u.shape[1] * inside


def continuous_findings(
    matrices: Sequence[Num[np.ndarray, "m m"]],
    moments: Sequence[Moments],
    space: Space,
    alpha: float,
    rng: Any,
    held_out: Sequence[Num[np.ndarray, "n m"]] = (),
) -> tuple[list[Finding], list[str]]:
    """Findings from skew matrices of the dictionary, and from repeated eigenvalues of an exact covariance.

    Parameters
    ----------
    matrices : sequence of arrays of shape (M, M)
        Candidates that are no group elements.
    moments : sequence of Moments
    space : Space
    alpha : float
        Level of the tests.
    rng : numpy Generator or int
    held_out : sequence of arrays of shape (n, M)
        Samples on which accepted flows are confirmed.

    Returns
    -------
    findings : list of Finding
    notes : list of str
        What was looked at and gives no finding.

    Raises
    ------
    EmptyDictionaryError
        If the matrices are multiples of the identity.
    """
    out: list[Finding] = []
    notes: list[str] = []
    if matrices:
        found, notes = _from_dictionary(matrices, moments, space, alpha, rng, held_out)
        out += found
    if len(moments) == 1 and moments[0].is_exact:
        out += rotations_of_repeated_eigenvalues(moments[0], space)
    return out, notes


def _from_dictionary(
    matrices: Sequence[np.ndarray],
    moments: Sequence[Moments],
    space: Space,
    alpha: float,
    rng: Any,
    held_out: Sequence[np.ndarray],
) -> tuple[list[Finding], list[str]]:
    exact = any(m.is_exact for m in moments)
    fit = DoubleCommutator(matrices, metric="frobenius" if exact else "noise", alpha=alpha, rng=rng)
    try:
        fit.fit_moments(moments, space)
    except UnidentifiableError as error:
        return [], [f"generators: {error}"]
    result = fit.sequential(mode="lie")
    is_complex = any(m.is_complex for m in moments)
    skew = [g for a in result.accepted if (g := _as_skew(a, is_complex)) is not None]
    if skew:
        p = None if exact else float(np.min(result.p_values[: len(result.accepted)]))
        return [_accepted_finding(fit, matrices, skew, space, p, held_out)], []
    p = None if exact else float(fit.p_values[0])
    best = fit.generators[0]
    measured = f"smallest eigenvalue {fit.eigenvalues[0]:.3g}, relative gap {fit.relative_gap:.3g}"
    measured += "" if p is None else f", p = {p:.2g}"
    generator = _as_skew(best, is_complex)
    if generator is not None:
        return [_rejected_finding(fit, generator, space, p, measured)], []
    kind = "Hermitian" if np.abs(best - best.conj().T).max() < 1e-9 * np.abs(best).max() else "not skew"
    if result.accepted:
        return [], [
            f"generators: {len(result.accepted)} directions of the dictionary commute with the covariance "
            f"({measured}), but the best is {kind}: its exponentials are no isometries, and it gives no flow"
        ]
    return [], [
        f"generators: no direction of the dictionary commutes with the covariance ({measured}); "
        f"the best is {kind} and would give no flow"
    ]


def _as_skew(a: np.ndarray, is_complex: bool) -> np.ndarray | None:
    """The generator of the flow that a direction stands for; of complex data, a Hermitian A gives the flow of iA."""
    size = 1e-9 * float(np.abs(a).max())
    if np.abs(a + a.conj().T).max() < size:
        return a / np.linalg.norm(a)
    if is_complex and np.abs(a - a.conj().T).max() < size:
        return 1j * a / np.linalg.norm(a)
    return None


def _single(fit: DoubleCommutator, a: np.ndarray) -> bool:
    """Whether a generator is accepted by itself."""
    alone = DoubleCommutator([a], metric=fit.metric, alpha=fit.alpha, draws=fit.draws, rng=fit.rng)
    try:
        return alone.fit_moments(fit.moments_, fit.space_).nullity == 1
    except UnidentifiableError:
        return False


def _closed_algebra(
    fit: DoubleCommutator, matrices: Sequence[np.ndarray], accepted: Sequence[np.ndarray]
) -> tuple[LieAlgebra, str]:
    """The algebra that the accepted generators generate, as far as the data accept all of it.

    Estimated combinations generate far too much: where elements of the dictionary are accepted themselves, they count.
    """
    is_complex = any(m.is_complex for m in fit.moments_)
    given = [] if len(matrices) > _MOST_SINGLE else [g for a in matrices if (g := _as_skew(a, is_complex)) is not None]
    exact = any(m.is_exact for m in fit.moments_)
    named = [a for a in given if _single(fit, a)]
    rank = np.linalg.matrix_rank(np.stack([a.ravel() for a in named])) if named else 0
    for seeds in ([named] if rank >= len(accepted) else []) + [list(accepted)]:
        algebra = LieAlgebra.generated_by(seeds)
        if exact or (algebra.dimension <= _LARGEST_ALGEBRA and all(_single(fit, a) for a in algebra.basis)):
            return algebra, ""
    best = min(accepted, key=lambda a: _violation(fit.moments_, a, 0)[0])
    return LieAlgebra([best]), (
        f"{len(accepted)} generators were accepted, but not all that they generate: the group is the flow of the best."
    )


def _violation(moments: Sequence[Moments], a: np.ndarray, rng: Any) -> tuple[float, float]:
    """Unbiased ``||[R, A]||^2`` and its standard error, summed over the covariances."""
    total, variance = 0.0, 0.0
    for m in moments:
        d = m.covariance @ a - a @ m.covariance
        total += float(np.vdot(d, d).real)
        if m.is_exact or m.n is None:
            continue
        errors = simulated_commutators(m, a[None], 199, np.random.default_rng(rng))[:, 0, 0]
        total -= float(errors.mean())
        # <[R, A], [E, A]> = tr(K E), the part that is linear in the error of R.
        k = a @ d.conj().T - d.conj().T @ a
        k = 0.5 * (k + k.conj().T)
        if m.is_distribution_free:
            y = m.subset(2000)
            linear = float(np.var(((y.conj() @ k) * y).sum(1).real)) / m.n
        else:
            kr = k @ m.covariance
            linear = (1.0 if m.is_complex else 2.0) * float(np.trace(kr @ kr).real) / m.n
        variance += float(errors.var()) + 4.0 * max(linear, 0.0)
    return total, float(np.sqrt(variance))


def _defect(
    moments: Sequence[Moments], generators: Sequence[np.ndarray], rng: Any
) -> tuple[float, tuple[float, float]]:
    """Defect and 0.95 interval of the worst of some generators of norm one."""
    value, error = max((_violation(moments, a, rng) for a in generators), key=lambda pair: pair[0])
    m = moments[0].dimension
    # Mean of ||[R, B]||^2 over random skew(-Hermitian) B of norm one, from that over isometries.
    share = m / (m * m - 1.0) if any(x.is_complex for x in moments) else 1.0 / (m - 1.0)
    chance = max(share * chance_distance(moments, "isometry"), 1e-300)
    defect, low, high = (
        float(np.sqrt(np.clip(v / chance, 0.0, 1.0))) for v in (value, value - 1.96 * error, value + 1.96 * error)
    )
    return defect, (low, high)


class _Step(Dense):
    """A step of a flow: whatever its angles round to, of infinite order."""

    def order(self, cap: int = 10_000) -> int | None:
        return None


def _confirmed(algebra: LieAlgebra, held_out: Sequence[np.ndarray], alpha: float, rng: Any) -> Level | None:
    """The whole distribution against one step along each generator."""
    from scipy.linalg import expm

    if not held_out:
        return None
    stream = np.random.default_rng(rng)
    levels = []
    for a in algebra.basis[:_MOST_CONFIRMED]:
        # Not a rational part of a turn, at which a finite subgroup would pass for the flow.
        step = _Step(expm(1.9 / float(np.linalg.norm(a, 2)) * a), name="step of the flow")
        levels.append(confirm(held_out, step, alpha, stream))
    worst = min(levels, key=lambda level: level.p_value or 0.0)
    p = min(1.0, len(levels) * (worst.p_value or 0.0))
    how = worst.method if len(levels) == 1 else f"{worst.method}; worst of {len(levels)} flows, times their number"
    return Level("whole distribution", p >= alpha, p, worst.statistic, how)


def _accepted_finding(
    fit: DoubleCommutator,
    matrices: Sequence[np.ndarray],
    accepted: Sequence[np.ndarray],
    space: Space,
    p: float | None,
    held_out: Sequence[np.ndarray],
) -> Finding:
    algebra, said = _closed_algebra(fit, matrices, accepted)
    defect, interval = _defect(fit.moments_, accepted, fit.rng)
    whole = _confirmed(algebra, held_out, fit.alpha, fit.rng)
    method = "zero eigenvalue" if p is None else "noise eigenvalue, simulated null"
    level = Level("second moments", True, p, float(fit.eigenvalues[len(accepted) - 1]), method)
    verdict = "exact" if p is None else "symmetric" if p >= _DOUBTFUL else "borderline"
    notes = [
        f"{len(accepted)} accepted generators generate an algebra of dimension {algebra.dimension}.",
        "Only the commutant is identifiable: other algebras with the same commutant fit equally well.",
    ]
    if said:
        notes[0] = said
    if whole is not None and not whole.passed:
        verdict = "second moments only"
        notes.append("The held-out samples and their images follow different laws: only the covariance is symmetric.")
    return Finding(
        name="continuous",
        action=FlowAction(algebra, space),
        defect=defect,
        interval=interval,
        p_value=p,
        verdict=verdict,
        how="largest commutator of an accepted generator with the covariance, relative to a random generator",
        levels=(level,) if whole is None else (level, whole),
        notes=tuple(notes),
        evidence={
            "nullity": len(accepted),
            "dimension": algebra.dimension,
            "closure_residual": algebra.closure_residual,
            "relative_gap": fit.relative_gap,
        },
    )


def _rejected_finding(
    fit: DoubleCommutator, generator: np.ndarray, space: Space, p: float | None, measured: str
) -> Finding:
    defect, interval = _defect(fit.moments_, [generator], fit.rng)
    value = float(fit.eigenvalues[0])
    method = "smallest eigenvalue" if p is None else "noise eigenvalue, simulated null"
    return Finding(
        name="continuous",
        action=FlowAction(LieAlgebra([generator]), space),
        defect=defect,
        interval=interval,
        p_value=p,
        verdict="nearly" if interval[1] <= _NEARLY else "broken",
        how="commutator of the best generator with the covariance, relative to a random generator",
        levels=(Level("second moments", False, p, value, method),),
        notes=(f"No direction of the dictionary commutes with the covariance: {measured}.",),
        evidence={"nullity": 0, "eigenvalue": value, "relative_gap": fit.relative_gap},
    )


def rotations_of_repeated_eigenvalues(moments: Moments, space: Space) -> list[Finding]:
    """One finding per repeated eigenvalue of an exact covariance: the rotations of its eigenspace."""
    values, vectors = np.linalg.eigh(moments.covariance)
    scale = max(float(np.abs(values).max()), 1e-300)
    cuts = np.flatnonzero(np.diff(values) > 1e-9 * scale) + 1
    out = []
    for block in np.split(np.arange(len(values)), cuts):
        k = len(block)
        if k < 2:
            continue
        kind = "unitary map" if moments.is_complex else "rotation"
        name = f"{'unitary maps' if moments.is_complex else 'rotations'} at eigenvalue {values[block[0]]:.4g}"
        out.append(
            Finding(
                name=name if name not in {f.name for f in out} else f"{name} ({len(out) + 1})",
                action=_eigenspace_action(vectors[:, block], space),
                defect=0.0,
                interval=(0.0, 0.0),
                verdict="exact",
                how=f"the eigenvalue is {k}-fold to 1e-9 of the largest",
                levels=(Level("second moments", True, None, None, "repeated eigenvalue"),),
                notes=(f"Any {kind} of this {k}-dimensional eigenspace leaves the covariance invariant.",),
            )
        )
    return out


def _eigenspace_action(u: np.ndarray, space: Space) -> Action:
    k = u.shape[1]
    if np.iscomplexobj(u) or k > _LARGEST_BLOCK:
        return EigenspaceAction(u, space)
    basis = [
        (np.outer(u[:, i], u[:, j]) - np.outer(u[:, j], u[:, i])) / np.sqrt(2.0)
        for i in range(k)
        for j in range(i + 1, k)
    ]
    return FlowAction(LieAlgebra(basis), space)
