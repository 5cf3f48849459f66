"""Pauli sums to and from Qiskit's ``SparsePauliOp`` and plain lists of labels.

Qiskit counts qubits from the right of a label; here qubit 0 is leftmost. Both directions reverse the labels.
"""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError, InputTypeError, MissingDependencyError
from symmeter.quantum.ops.coefficients import as_coefficient
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.openfermion_exchange import only_exchanged_species
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import Paulis

__all__ = ["from_qiskit", "pauli_labels", "to_qiskit"]


def pauli_labels(
    operator: Operator, qubits: int | None = None, *, little_endian: bool = False
) -> list[tuple[str, Any]]:
    """The sum as labels such as ``"XIZ"`` with coefficients; qubit 0 is leftmost, or rightmost if ``little_endian``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> q = ops.Paulis()
    >>> pauli_labels(2 * q.X(0) * q.Z(2)), pauli_labels(q.Y(1), 3, little_endian=True)
    ([('XIZ', 2)], [('IYI', 1)])
    """
    species = only_exchanged_species(operator, (Paulis,), "labels of Pauli")
    used = 1 + max((m for m in operator.modes[species.name]), default=0)
    n = max(used, species.number_of_modes or 0) if qubits is None else qubits
    if n < used:
        raise InputError(f"the operator acts on qubit {used - 1}; labels of {n} qubits are too short")
    out = []
    for value, word in operator:
        letters = ["I"] * n
        for _, (kind, mode) in word:
            letters[mode] = kind
        out.append(("".join(letters[::-1] if little_endian else letters), value))
    return out


def from_qiskit(operator: Any, paulis: Paulis | None = None) -> Operator:
    """Read a ``SparsePauliOp`` (Qiskit is not imported), or its list of (label, coefficient).

    Examples
    --------
    >>> print(from_qiskit([("IZX", 0.5)]))
    0.5 X[0] Z[1]
    """
    target = Paulis() if paulis is None else paulis
    pairs = operator.to_list() if hasattr(operator, "to_list") else operator
    if not isinstance(pairs, (list, tuple)):
        raise InputTypeError(f"from_qiskit reads a SparsePauliOp or a list of labels; got {type(operator).__name__}")
    terms = []
    for entry in pairs:
        try:
            label, value = entry
            ((key, _),) = target.string(label[::-1]).terms.items()
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"an entry is a label of I, X, Y, Z and a coefficient; got {entry!r}"[:200]) from None
        terms.append((key, as_coefficient(value)))
    return Operator((target,), collect(terms))


def to_qiskit(operator: Operator, qubits: int | None = None) -> Any:
    """Write a Pauli sum as a ``SparsePauliOp``.

    Raises
    ------
    MissingDependencyError
        Without Qiskit; :func:`pauli_labels` needs nothing.
    """
    try:
        from qiskit.quantum_info import SparsePauliOp
    except ImportError as error:
        raise MissingDependencyError("qiskit", "peers", "to_qiskit") from error
    return SparsePauliOp.from_list([(s, complex(v)) for s, v in pauli_labels(operator, qubits, little_endian=True)])
