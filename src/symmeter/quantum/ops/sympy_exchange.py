"""Operators to and from SymPy: ``secondquant`` (F, Fd, B, Bd) and ``quantum`` (BosonOp, FermionOp, SigmaX, ...).

States of F(i) that are SymPy symbols become indices, so that ``F(i)*Fd(j)`` is an Expression. Only objects are read,
never text.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import as_coefficient, symbolic
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.indexed_symbols import delta
from symmeter.quantum.ops.operator import Operator, scalar
from symmeter.quantum.ops.paulis import Paulis

__all__ = ["from_sympy", "to_sympy"]

_LADDERS = {
    "AnnihilateFermion": ("fermions", "c"),
    "CreateFermion": ("fermions", "cd"),
    "AnnihilateBoson": ("bosons", "a"),
    "CreateBoson": ("bosons", "ad"),
}
_SIGMAS = {"SigmaX": "X", "SigmaY": "Y", "SigmaZ": "Z", "SigmaPlus": "p+", "SigmaMinus": "p-"}
_LARGEST_POWER = 64


def from_sympy(
    value: Any, fermions: Fermions | None = None, bosons: Bosons | None = None, paulis: Paulis | None = None
) -> Any:
    """Read a SymPy object with operators in it.

    Parameters
    ----------
    value : SymPy expression
    fermions, bosons, paulis : Species, optional
        Whose operators they become.

    Returns
    -------
    Operator or Expression

    Examples
    --------
    >>> from sympy import Symbol
    >>> from sympy.physics.secondquant import F, Fd
    >>> print(from_sympy(Symbol("t") * F(0) * Fd(0)))
    t - t cd[0] c[0]
    """
    species = {"fermions": fermions or Fermions(), "bosons": bosons or Bosons(), "paulis": paulis or Paulis()}
    return _read(value, species)


def _read(value: Any, species: dict[str, Any]) -> Any:
    import sympy

    name = type(value).__name__
    if name in _LADDERS:
        family, kind = _LADDERS[name]
        return species[family]._make(kind, (_place(value.state),))
    if name in ("FermionOp", "BosonOp"):
        s = species["fermions" if name == "FermionOp" else "bosons"]
        annihilates = bool(value.is_annihilation)
        return (s.ann if annihilates else s.cre)(_named(value.name))
    if name in _SIGMAS:
        return species["paulis"]._make(_SIGMAS[name], (_named(value.name) if value.use_name else 0,))
    if name == "KroneckerDelta":
        return delta(*(_place(a) for a in value.args[:2]))
    if name in ("Commutator", "AntiCommutator"):
        from symmeter.quantum.ops.brackets import anticommutator, commutator

        left, right = (_read(a, species) for a in value.args)
        return commutator(left, right) if name == "Commutator" else anticommutator(left, right)
    if name in ("Dagger", "adjoint") or isinstance(value, sympy.adjoint):
        return _read(value.args[0], species).adjoint()
    if name == "NO":
        raise InputError("the normal-ordered bracket NO of SymPy drops contractions; give its contents")
    if not isinstance(value, sympy.Expr):
        raise InputTypeError(f"from_sympy reads SymPy expressions; got {name}")
    if value.is_commutative:
        return scalar(as_coefficient(value))
    if isinstance(value, sympy.Add):
        return reduce(lambda a, b: a + b, (_read(a, species) for a in value.args))
    if isinstance(value, sympy.Mul):
        return reduce(lambda a, b: a * b, (_read(a, species) for a in value.args))
    if isinstance(value, sympy.Pow) and value.exp.is_Integer and 0 <= value.exp <= _LARGEST_POWER:
        return _read(value.base, species) ** int(value.exp)
    raise InputTypeError(f"the SymPy object {name} in {str(value)[:60]!r} is no operator that is known here")


def _place(state: Any) -> Any:
    if state.is_Integer:
        return int(state)
    if state.is_Symbol:
        return Index.named(str(state))
    raise InputError(f"the state {state} of a SymPy operator is neither a number nor a symbol")


def _named(name: Any) -> Any:
    text = str(name)
    digits = text.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
    return int(digits) if digits.isdigit() else 0


def to_sympy(operator: Any) -> Any:
    """Write fermions and bosons with ``secondquant``, Pauli matrices with ``quantum.pauli``; deltas and indices too.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> to_sympy(f.cre(1) * f.ann(0) / 2)
    CreateFermion(1)*AnnihilateFermion(0)/2
    """
    if isinstance(operator, Expression):
        return _expression(operator)
    if not isinstance(operator, Operator):
        raise InputTypeError(f"to_sympy writes an Operator or Expression; got {type(operator).__name__}")
    import sympy

    total = []
    for value, word in operator:
        factors = [symbolic(value)]
        for s, (kind, mode) in word:
            if isinstance(s, (Fermions, Bosons)) and not isinstance(s.label(mode), (int, str)):
                raise InputError(f"SymPy's operators have one label; {s!r} has sites and flavours")
            factors.append(_letter(s, kind, mode))
        total.append(sympy.Mul(*factors))
    return sympy.Add(*total)


def _letter(s: Any, kind: str, place: Any) -> Any:
    from sympy.physics import secondquant
    from sympy.physics.quantum import pauli

    if isinstance(s, (Fermions, Bosons)):
        made = {"c": secondquant.F, "cd": secondquant.Fd, "a": secondquant.B, "ad": secondquant.Bd}[kind]
        return made(place)
    if isinstance(s, Paulis) and kind in "XYZ":
        return {"X": pauli.SigmaX, "Y": pauli.SigmaY, "Z": pauli.SigmaZ}[kind](place)
    raise InputError(f"SymPy has no counterpart of {kind} of {s!r}")


def _expression(expression: Expression) -> Any:
    import sympy

    total = []
    for value, body in expression:
        if body.bound or body.phases or body.tensors:
            raise InputError("SymPy's operators carry no sums over indices; instantiate() the expression first")
        factors = [symbolic(value)]
        factors += [sympy.KroneckerDelta(*(_state(x) for x in d)) for d in body.deltas]
        factors += [_letter(w.species, w.kind, _state(w.slots[0])) for w in body.word]
        total.append(sympy.Mul(*factors))
    return sympy.Add(*total)


def _state(slot: Any) -> Any:
    import sympy

    if isinstance(slot, Index):
        return sympy.Add(*(c * sympy.Symbol(n) for n, c in slot.parts), slot.offset)
    return sympy.Integer(slot) if isinstance(slot, int) else sympy.Symbol(slot)
