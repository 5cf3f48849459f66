"""Canonical transformations: Bogoliubov's linear ones, and Schrieffer and Wolff's to second order.

Bogoliubov, J. Phys. USSR 11, 23 (1947); Schrieffer and Wolff, Phys. Rev. 149, 491 (1966).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, ShapeError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.brackets import commutator
from symmeter.quantum.ops.coefficients import Coefficient, is_symbolic, is_zero, magnitude
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.maps import only_species, substitute, total
from symmeter.quantum.ops.operator import Key, Operator, joined
from symmeter.quantum.ops.species import Species

__all__ = ["bogoliubov", "schrieffer_wolff"]


def bogoliubov(
    operator: Operator, u: Num[np.ndarray, "n n"], v: Num[np.ndarray, "n n"], *, tol: float = 1e-10
) -> Operator:
    """Write an operator in quasi-particles: ``c_i = sum_k (u_ik g_k + v_ik g_k^+)``.

    Parameters
    ----------
    operator : Operator
        Of one species of fermions or bosons; the quasi-particles carry its name.
    u, v : arrays of shape (n, n)
        Canonical: ``u u^+ + v v^+ = 1`` and ``u v^T + v u^T = 0`` for fermions, with minus signs for bosons.
    tol : float
        How far the conditions may be missed.

    Raises
    ------
    InputError
        If the transformation is not canonical; the text says by how much.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> b = ops.Bosons(sites=1)
    >>> u, v = np.array([[1.25]]), np.array([[0.75]])
    >>> print(bogoliubov(b.ann(0), u, v))
    1.25 a[0] + 0.75 ad[0]
    """
    only_species(operator, (Fermions, Bosons), "Bogoliubov's transformation is for fermions and bosons")
    first, second = np.asarray(u), np.asarray(v)
    if first.ndim != 2 or first.shape[0] != first.shape[1] or first.shape != second.shape:
        raise ShapeError(f"u and v are square matrices of one size; got {first.shape} and {second.shape}")
    species = next(s for s in operator.species if operator.modes[s.name]) if len(operator) else operator.species[0]
    sign = 1 if species.fermionic else -1
    unit = first @ first.conj().T + sign * (second @ second.conj().T) - np.eye(len(first))
    mixed = first @ second.T + sign * (second @ first.T)
    missed = float(max(np.abs(unit).max(), np.abs(mixed).max()))
    if missed > tol:
        raise InputError(f"u and v are not a canonical transformation of {species.name}: they miss it by {missed:.3g}")
    lower, upper = ("c", "cd") if species.fermionic else ("a", "ad")

    def rule(s: Species, kind: str, mode: int) -> Operator:
        if mode >= len(first):
            raise InputError(f"u and v have {len(first)} modes; the operator acts on mode {mode}")
        ann, cre = first[mode], second[mode]
        if kind in ("cd", "ad"):
            ann, cre = cre.conj(), ann.conj()
        parts: list[tuple[Coefficient, Any]] = []
        for k in range(len(first)):
            parts += [(ann[k].item() * c, p) for c, p in s.generator(lower, k)]
            parts += [(cre[k].item() * c, p) for c, p in s.generator(upper, k)]
        return Operator.of_parts(s, parts)

    return substitute(operator, rule)


def schrieffer_wolff(unperturbed: Operator, perturbation: Operator) -> tuple[Operator, Operator]:
    """The effective Hamiltonian to second order, and the generator S of the rotation ``e^S H e^-S``.

    The perturbation is a sum of monomials that change the unperturbed energy by a number, ``[H0, m] = D m`` (write
    Pauli matrices as spins 1/2, whose S+ and S- are such monomials). Those with
    D = 0 stay, S removes the others, ``S = sum v_m m / D``; what is returned is H0, the part of V that stays, and the
    part of ``[S, V]/2`` that conserves the unperturbed energy.

    Parameters
    ----------
    unperturbed : Operator
        H0, for instance a sum of densities with symbols as energies.
    perturbation : Operator
        V.

    Returns
    -------
    effective, generator : Operator

    Raises
    ------
    InputError
        If a term of V is no eigenoperator of ``[H0, .]``; the text names it.

    Examples
    --------
    >>> import sympy
    >>> from symmeter.quantum import ops
    >>> e, t = sympy.symbols("e t", positive=True)
    >>> f = ops.Fermions()
    >>> effective, _ = schrieffer_wolff(e * f.n(1), t * (f.cre(0) * f.ann(1)).plus_hc())
    >>> print(effective)
    -t**2/e cd[0] c[0] + (e + t**2/e) cd[1] c[1]
    """
    species, zeroth, terms = joined(unperturbed, perturbation)
    # Sums of floating-point energies that cancel leave rounding, which must not become a denominator.
    rounding = 1e-12 * max((magnitude(v) for v in zeroth.values() if isinstance(v, (float, complex))), default=0.0)
    staying: dict[Key, Coefficient] = {}
    generator: dict[Key, Coefficient] = {}
    for key, value in terms.items():
        energy = _energy(unperturbed, Operator(species, {key: 1}))
        if _vanishes(energy, rounding):
            staying[key] = value
        else:
            generator[key] = value * (Fraction(1, energy) if isinstance(energy, int) else 1 / energy)
    s, moved = Operator(species, generator), Operator(species, {k: v for k, v in terms.items() if k in generator})
    second = commutator(s, moved) * Fraction(1, 2)
    pieces = [Operator(second.species, {k: v}) for k, v in second.terms.items()]
    kept = [p for p in pieces if _vanishes(_energy(unperturbed, _bare(p)), rounding)]
    return total([unperturbed, Operator(species, staying), *kept]), s


def _vanishes(energy: Coefficient, rounding: float) -> bool:
    return is_zero(energy) if is_symbolic(energy) else magnitude(energy) <= rounding


def _bare(operator: Operator) -> Operator:
    return Operator(operator.species, dict.fromkeys(operator.terms, 1))


def _energy(unperturbed: Operator, monomial: Operator) -> Coefficient:
    """D of ``[H0, m] = D m``."""
    found = commutator(unperturbed, monomial)
    if len(found) == 0:
        return 0
    energy = found.coefficient(monomial)
    if not (found - energy * monomial).is_zero(0.0 if is_symbolic(energy) else 1e-12 * abs(energy)):
        raise InputError(f"the term {monomial} does not change the unperturbed energy by a number")
    return energy
