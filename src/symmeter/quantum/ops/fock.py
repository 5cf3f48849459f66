"""Operators acting on product states, exactly: what tells two operators apart.

A state is one label for each species. Fermions: mask of the occupied modes, created in ascending order. Bosons:
(mode, n) for ``b^+^n |0>``. Spins: (site, k) for ``S-^k |S>``. Pauli: mask of the spins that are down. Majorana: mask
of modes c_k with ``g_2k = c_k + c_k^+`` and ``g_2k+1 = i (c_k^+ - c_k)``. SU(N): (site, colour). States of bosons and
spins are not normalised, so that every amplitude is an exact number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from itertools import product as every
from typing import Any

from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient, Gaussian
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import I_POWERS, Paulis
from symmeter.quantum.ops.species import Species, bits
from symmeter.quantum.ops.spins import Spins

__all__ = ["State", "apply", "basis", "distinguishing_states", "state_text"]

State = tuple[Any, ...]
Amplitudes = list[tuple[Coefficient, Any]]
#: Length of a spin whose length is not given: long enough that nothing below this power of S- vanishes.
_LONG_SPIN = Fraction(32)


def apply(operator: Operator, state: State) -> dict[State, Coefficient]:
    """The state that an operator makes of a product state, one label for each of its species.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> apply(f.cre(1) * f.ann(0), (0b001,))
    {(2,): 1}
    """
    return collect(_images(operator, state))


def _images(operator: Operator, state: State) -> Iterator[tuple[State, Coefficient]]:
    before = [0]
    for s, label in zip(operator.species, state):
        before.append(before[-1] ^ (label.bit_count() & 1 if s.fermionic else 0))
    for key, value in operator.terms.items():
        odd = sum(s.parity(p) & b for s, p, b in zip(operator.species, key, before)) & 1
        found: list[tuple[Coefficient, State]] = [(-value if odd else value, ())]
        for s, part, label in zip(operator.species, key, state):
            images = _ACTIONS[type(s)](s, part, label)
            found = [(c * k, (*done, new)) for c, done in found for k, new in images]
        for c, new in found:
            yield new, c


def _on_fermions(s: Any, part: Any, mask: int) -> Amplitudes:
    return [(c, created) for c, (created, left) in s.multiply(part, (mask, 0)) if not left]


def _on_bosons(s: Any, part: Any, occupations: Any) -> Amplitudes:
    raised = tuple((m, n, 0) for m, n in occupations)
    out = []
    for c, p in s.multiply(part, raised):
        if not any(q for _, _, q in p):
            out.append((c, tuple((m, n) for m, n, _ in p)))
    return out


def _on_spins(s: Any, part: Any, lowered: Any) -> Amplitudes:
    top = s.spin if s.spin is not None else _LONG_SPIN
    out = []
    for c, p in s.multiply(part, tuple((m, k, 0, 0) for m, k in lowered)):
        if not any(up for *_, up in p):
            for _, _, b, _ in p:
                c = c * top**b
            out.append((c, tuple((m, a) for m, a, _, _ in p if a)))
    return out


def _on_paulis(s: Any, part: Any, down: int) -> Amplitudes:
    x, z = part
    return [(I_POWERS[((x & z).bit_count() + 2 * (z & down).bit_count()) & 3], down ^ x)]


def _on_majoranas(s: Any, part: int, mask: int) -> Amplitudes:
    value: Coefficient = 1
    for m in reversed(bits(part)):
        k = m // 2
        if (mask & ((1 << k) - 1)).bit_count() & 1:
            value = -value
        if m & 1:
            value = value * Gaussian(0, -1 if mask >> k & 1 else 1)
        mask ^= 1 << k
    return [(value, mask)]


def _on_colours(s: Any, part: Any, colours: Any) -> Amplitudes:
    now = dict(colours)
    for m, a, b in part:
        if now.get(m, 0) != b:
            return []
        now[m] = a
    return [(1, tuple(sorted((m, c) for m, c in now.items() if c)))]


_ACTIONS: dict[type, Callable[[Any, Any, Any], Amplitudes]] = {
    Fermions: _on_fermions,
    Bosons: _on_bosons,
    Spins: _on_spins,
    Paulis: _on_paulis,
    Majoranas: _on_majoranas,
    SUN: _on_colours,
}


def _masks(modes: tuple[int, ...]) -> Iterator[int]:
    for n in range(1 << len(modes)):
        yield sum(1 << m for k, m in enumerate(modes) if n >> k & 1)


def _levels(modes: tuple[int, ...], count: int, low: tuple[int, ...] | None = None) -> Iterator[Any]:
    for choice in every(*(range(count) for _ in modes)):
        yield tuple((m, k) for m, k in zip(modes, choice) if k)


def local_basis(s: Species, modes: tuple[int, ...], bosons: int = 3) -> Iterator[Any]:
    """All states of some modes of a species; bosons up to a number, spins without a length in their upper levels."""
    if isinstance(s, Majoranas):
        yield from _masks(tuple(sorted({m // 2 for m in modes})))
    elif isinstance(s, (Fermions, Paulis)):
        yield from _masks(modes)
    elif isinstance(s, Bosons):
        yield from _levels(modes, bosons + 1)
    elif isinstance(s, SUN):
        yield from _levels(modes, s.colours)
    else:
        assert isinstance(s, Spins)
        yield from _levels(modes, int(2 * s.spin) + 1 if s.spin is not None else bosons + 1)


def basis(species: tuple[Species, ...], modes: dict[str, tuple[int, ...]], bosons: int = 3) -> Iterator[State]:
    """Product states of some modes of several species."""
    yield from every(*(local_basis(s, modes.get(s.name, ()), bosons) for s in species))


def distinguishing_states(difference: Operator, most: int = 20_000) -> Iterator[State]:
    """Product states, among which is one that a non-zero operator does not annihilate (if ``most`` is enough).

    A term with the fewest annihilators acts alone on the state that holds exactly what it annihilates, so that fermions
    and bosons need one state; the other species are searched.
    """
    first = min(difference.terms, key=lambda key: sum(_annihilated(s, p)[0] for s, p in zip(difference.species, key)))
    modes = difference.modes
    choices = []
    for s, part in zip(difference.species, first):
        if isinstance(s, (Fermions, Bosons)):
            choices.append([_annihilated(s, part)[1]])
        else:
            choices.append(list(islice(local_basis(s, modes[s.name], difference.degree), most)))
    yield from islice(every(*choices), most)


def _annihilated(s: Species, part: Any) -> tuple[int, Any]:
    if isinstance(s, Fermions):
        return part[1].bit_count(), part[1]
    if isinstance(s, Bosons):
        return sum(q for _, _, q in part), tuple((m, q) for m, _, q in part if q)
    return 0, None


def state_text(species: tuple[Species, ...], state: State) -> str:
    """A state for people.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> state_text((ops.Fermions(["up", "dn"]),), (0b0110,))
    '|c: 0,dn 1,up>'
    """
    out = []
    for s, label in zip(species, state):

        def name(mode: int, s: Species = s) -> str:
            found = s.label(mode)
            return ",".join(map(str, found)) if isinstance(found, tuple) else str(found)

        if isinstance(s, Majoranas):
            out.append(f"{s.name}: " + (" ".join(f"({2 * k},{2 * k + 1})" for k in bits(label)) or "empty"))
        elif isinstance(label, int):
            empty = "all up" if isinstance(s, Paulis) else "empty"
            out.append(f"{s.name}: " + (" ".join(map(name, bits(label))) or empty))
        elif isinstance(s, Spins):
            length = "" if s.spin is not None else f" of length {_LONG_SPIN}"
            out.append(f"{s.name}{length}: " + (" ".join(f"S-[{name(m)}]^{k}" for m, k in label) or "all up"))
        elif isinstance(s, SUN):
            out.append(f"{s.name}: " + (" ".join(f"{name(m)}->{k}" for m, k in label) or "colour 0"))
        else:
            out.append(f"{s.name}: " + (" ".join(f"{name(m)}^{k}" for m, k in label) or "empty"))
    return f"|{'; '.join(out)}>"
