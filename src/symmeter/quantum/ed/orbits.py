"""Orbits of a symmetry group on a product basis: representatives, who belongs to whom, and stabilizers.

State t of the orbit of r is ``|t> = phase g |r>`` with a group element g; the representative is the smallest code. One
table serves the sectors of all irreps.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError
from symmeter.quantum.ed.basis import ProductBasis
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.ed.symmetry_group import SymmetryGroup

__all__ = ["Orbits", "compile_pays", "leaves_basis", "ranking_arrays"]

#: Work (states times elements or terms) above which loading numba and its cache takes less time than NumPy.
_WORTH_COMPILING = 15_000_000


def compile_pays(work: float) -> bool:
    """Whether numba is there, and loaded or worth loading for so many elementary steps."""
    if work < 20_000:
        return False
    if "numba" in sys.modules and "symmeter.quantum.ed.kernels" in sys.modules:
        return True
    return work >= _WORTH_COMPILING and find_spec("numba") is not None


@dataclass(frozen=True, eq=False)
class Orbits:
    """The orbits of a group on a basis.

    Attributes
    ----------
    basis : ProductBasis
    group : SymmetryGroup
    modulus : int
        Phases are ``exp(2 pi i k / modulus)``.
    representatives : int array
        Place of the representative of each orbit in the basis.
    packed : int array, one per state
        ``orbit << move_bits | g * modulus + k`` with ``|t> = exp(2 pi i k / modulus) g |r>``.
    move_bits : int
    stabilizer_start, stabilizer, stabilizer_turn : int arrays
        Elements g with ``g |r> = exp(2 pi i k / modulus) |r>`` for each orbit, and k.
    """

    basis: ProductBasis
    group: SymmetryGroup
    modulus: int
    representatives: Int[np.ndarray, " orbits"]
    packed: Int[np.ndarray, " states"]
    move_bits: int
    stabilizer_start: Int[np.ndarray, " orbits1"]
    stabilizer: Int[np.ndarray, " s"]
    stabilizer_turn: Int[np.ndarray, " s"]

    @classmethod
    def of(cls, basis: ProductBasis, group: SymmetryGroup, compiled: bool | None = None) -> Orbits:
        """Find all orbits.

        Parameters
        ----------
        basis : ProductBasis
        group : SymmetryGroup
        compiled : bool, optional
            Use numba, or not; chosen by size when omitted.

        Raises
        ------
        InputError
            If an operation leads out of the basis, as a spin flip does when the magnetisation is not zero.
        """
        if group.space != basis.space:
            raise InputError("the symmetry group and the basis have different Hilbert spaces")
        basis.require_memory(16.0 * basis.unconstrained_size, "the orbit table", sectors_help=False)
        modulus = _modulus(group)
        move_bits = (group.order * modulus - 1).bit_length()
        packed_bits = move_bits + basis.size.bit_length()
        if packed_bits > 62:
            raise InputError(f"a group of {group.order} elements with phases of 1/{modulus} turn is too large")
        if compiled is None:
            compiled = compile_pays(float(basis.size) * group.order)
        packed = np.full(basis.size, -1, dtype=np.int32 if packed_bits < 32 else np.int64)
        fill = _compiled_orbits if compiled else _plain_orbits
        representatives, *stabilizers = fill(basis, group, modulus, move_bits, packed)
        return cls(basis, group, modulus, representatives, packed, move_bits, *stabilizers)

    @cached_property
    def label(self) -> Int[np.ndarray, " states"]:
        """Orbit of each state."""
        return self.packed >> self.move_bits

    def moves(self, places: Int[np.ndarray, " n"]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
        """Elements and phases that take the representatives to states: ``|t> = exp(2 pi i k / modulus) g |r>``."""
        g, turn = np.divmod(self.packed[places] & ((1 << self.move_bits) - 1), self.modulus)
        return g.astype(np.int64), turn.astype(np.int64)

    @property
    def stabilizer_sizes(self) -> Int[np.ndarray, " orbits"]:
        """Order of the stabilizer of each representative."""
        return np.diff(self.stabilizer_start)


def _modulus(group: SymmetryGroup) -> int:
    """Common denominator of the phases; even when fermions may change sign."""
    modulus = int(np.lcm.reduce([g.modulus for g in group.elements]))
    signs = any(g.swaps.any() for g in group.generators.values())
    return int(np.lcm(modulus, 2)) if signs else modulus


def leaves_basis(group: SymmetryGroup, basis: ProductBasis, place: int) -> InputError:
    """The error for a group that takes a state out of the basis."""
    code = basis.codes[place : place + 1]
    for name, g in group.generators.items():
        if basis.rank(g.apply(code)[0])[0] < 0:
            return InputError(
                f"the symmetry {name} takes {basis!r} out of itself: drop it, or choose charges that it keeps"
            )
    return InputError(f"the symmetry group takes {basis!r} out of itself; choose charges that it keeps")


def _plain_orbits(
    basis: ProductBasis, group: SymmetryGroup, modulus: int, move_bits: int, packed: np.ndarray
) -> tuple[np.ndarray, ...]:
    codes = basis.codes
    best, move = codes.copy(), np.zeros(len(codes), dtype=np.int64)
    inverses = group.group.inverses
    for name, g in group.generators.items():
        outside = np.flatnonzero(basis.rank(g.apply(codes)[0]) < 0)
        if outside.size:
            raise leaves_basis(SymmetryGroup(basis.space, {name: g}), basis, int(outside[0]))
    for k, g in enumerate(group.elements):
        target, turns = g.apply(codes)
        turns = turns * modulus // (2 * g.modulus)
        # g |t> = phase |r> makes |t> = phase g^-1 |r>.
        better = target < best
        best = np.where(better, target, best)
        move = np.where(better, int(inverses[k]) * modulus + turns % modulus, move)
    representatives = np.flatnonzero(best == codes)
    packed[:] = np.searchsorted(codes[representatives], best) << move_bits | move
    fixed, who, turn = [], [], []
    states = codes[representatives]
    for k, g in enumerate(group.elements):
        target, turns = g.apply(states)
        same = np.flatnonzero(target == states)
        fixed.append(same)
        who.append(np.full(len(same), k))
        turn.append(turns[same] * modulus // (2 * g.modulus) % modulus)
    orbit = np.concatenate(fixed)
    order = np.argsort(orbit, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(orbit, minlength=len(states)))])
    return representatives, start, np.concatenate(who)[order], np.concatenate(turn)[order]


def _compiled_orbits(
    basis: ProductBasis, group: SymmetryGroup, modulus: int, move_bits: int, packed: np.ndarray
) -> tuple[np.ndarray, ...]:
    from symmeter.quantum.ed.kernels import orbit_table

    parent, via = group.words
    for g in group.generators.values():
        _require_inside(basis, group, g)
    *found, outside = orbit_table(
        basis.codes, *ranking_arrays(basis), parent, via, *_chunks(group, modulus), modulus, move_bits, packed
    )
    if outside >= 0:
        raise leaves_basis(group, basis, int(outside))
    return tuple(found)


def _require_inside(basis: ProductBasis, group: SymmetryGroup, g: Symmetry) -> None:
    """Images must have the charges of the basis: the kernels' look-up takes that for granted.

    Most operations take every charge, site by site, to itself or its negative, or to another one, up to constants; then
    the totals tell. For others all states are asked.
    """
    if _keeps_totals(basis, g):
        return
    for first in range(0, basis.size, 1 << 20):
        codes = basis.codes[first : first + (1 << 20)]
        outside = np.flatnonzero(basis.rank(g.apply(codes)[0]) < 0)
        if outside.size:
            raise leaves_basis(group, basis, first + int(outside[0]))


def _keeps_totals(basis: ProductBasis, g: Symmetry) -> bool:
    space = basis.space
    totals = space.charge_units(basis.charges)
    values: dict[str, tuple[list[np.ndarray], int]] = {}
    for name in totals:
        found, _, modulus = space.charge(name)
        per_site = zip(space.sites, found)
        values[name] = [np.array(c.values if c else (0,) * s.levels) for s, c in per_site], modulus
    for name, (own, modulus) in values.items():
        moved = [own[g.permutation[i]][g.levels[i, : s.levels]] for i, s in enumerate(space.sites)]
        for other, (theirs, other_modulus) in values.items():
            for sign in (1, -1):
                gaps = [m - sign * t for m, t in zip(moved, theirs)]
                if modulus:
                    gaps = [x % modulus for x in gaps]
                if other_modulus == modulus and not any(np.ptp(x) for x in gaps):
                    change = sign * totals[other] + sum(int(x[0]) for x in gaps) - totals[name]
                    if change % modulus if modulus else change:
                        return False
                    break
            else:
                continue
            break
        else:
            return False
    return True


def ranking_arrays(basis: ProductBasis) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """The rank tables in the types for which the kernels are compiled."""
    low_bits, offset, place, position = basis.rank_tables
    return low_bits, offset.astype(np.int64, copy=False), place, position.astype(np.int64, copy=False)


def _chunks(group: SymmetryGroup, modulus: int) -> tuple[np.ndarray, ...]:
    """What every generator does to each value of each chunk of whole sites: bits, phases, passed fermion modes."""
    space, generators = group.space, list(group.generators.values()) or [group.elements[0]]
    chunks: list[list[int]] = []
    used = 0
    for i in range(space.number):
        width = space.sites[i].bits
        if not chunks or used + width > 8:
            chunks.append([])
            used = 0
        chunks[-1].append(i)
        used += width
    shifts = [int(space.shifts[sites[-1]]) for sites in chunks]
    widths = [sum(space.sites[i].bits for i in sites) for sites in chunks]
    permutations = np.stack([g.permutation for g in generators])
    levels = np.stack([g.levels for g in generators])
    turns = np.stack([g.turns * (modulus // g.modulus) for g in generators])
    swaps = np.stack([g.swaps for g in generators])
    shape = (len(generators), len(chunks), 1 << max(widths))
    images = np.zeros(shape, dtype=np.int64)
    phases = np.zeros(shape, dtype=np.int32)
    crossings = np.zeros(shape, dtype=np.int64)
    place = space.shifts.astype(np.int64)
    for c, sites in enumerate(chunks):
        values = np.arange(1 << widths[c])
        for i in sites:
            level = (values >> (int(space.shifts[i]) - shifts[c])) & int(space.masks[i])
            level = np.minimum(level, levels.shape[2] - 1)
            images[:, c, : len(values)] |= levels[:, i, :][:, level] << place[permutations[:, i]][:, None]
            phases[:, c, : len(values)] += turns[:, i, :][:, level].astype(np.int32)
            crossings[:, c, : len(values)] ^= np.where(level > 0, swaps[:, i, None], 0)
    turn = np.array([g.turn * (modulus // g.modulus) for g in generators], dtype=np.int64)
    if not phases.any() and not turn.any():
        phases = np.zeros((0, 0, 0), dtype=np.int32)
    if not crossings.any():
        crossings = np.zeros((0, 0, 0), dtype=np.int64)
    masks = np.array([(1 << w) - 1 for w in widths], dtype=np.int64)
    return np.array(shifts, dtype=np.int64), masks, images, phases, crossings, turn
