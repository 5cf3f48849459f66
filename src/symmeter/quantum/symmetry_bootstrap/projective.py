"""Projective actions: every level at least doubled, no trivial irrep, and squared dimensions that still add up to |G|.

The irreps of one projective class of G are those of a central extension by Z_k on which Z_k acts faithfully. Extensions
of order up to 63 are sought in the library, where they have a name; beyond it those by Z_2 and Z_3 of every G of the
library are built from their classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from symmeter.groups import GroupIdentity, identify
from symmeter.groups.library import LARGEST_ORDER, identities
from symmeter.quantum.symmetry_bootstrap.antiunitary import Hypothesis
from symmeter.quantum.symmetry_bootstrap.central_covers import groups_with_projective_irreps
from symmeter.quantum.symmetry_bootstrap.library_pairs import _embeddings
from symmeter.quantum.symmetry_bootstrap.seed import Seed
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

if TYPE_CHECKING:
    from symmeter.quantum.symmetry_bootstrap.solutions import BootstrapResult

__all__ = ["central_extensions", "projective_result"]

_COVERS = (2, 3, 4)


def projective_result(seed: Seed, index: int, options: Sequence[Hypothesis], notes: Sequence[str]) -> BootstrapResult:
    """What is said of patterns without a trivial irrep."""
    from symmeter.quantum.symmetry_bootstrap.solutions import BootstrapResult

    known = seed.known
    branching = options[0].branching
    dims = tuple(sorted((branching @ known.dims).tolist()))
    order = index * known.order
    said = [*notes]
    found = central_extensions(known, branching, order)
    bases = [base for _, base in found]
    if found:
        listed = ", ".join(f"{cover} over {base}" for cover, base in found[:6])
        said.append(f"linear irreps of a central extension with this restriction: {listed}")
    beyond = [(base, p) for base, p in groups_with_projective_irreps(known, branching, order) if base not in bases]
    bases += [base for base, _ in beyond]
    if beyond:
        listed = ", ".join(f"{base} (extension by Z{p})" for base, p in beyond[:8])
        said.append(f"groups with a projective class of this restriction, beyond the library of extensions: {listed}")
    if not bases and order > LARGEST_ORDER:
        said.append(
            f"groups of order {order} lie beyond the library (order {LARGEST_ORDER}), so that none is named; a "
            "companion Hilbert space in the linear class, such as an even number of particles, gives the group itself"
        )
    elif not bases:
        said.append("no central extension by Z2, Z3 or a Z4 of the library restricts to N in this way")
    bases = list(dict.fromkeys(bases))
    return BootstrapResult(
        "projective", seed, (), index, options[0].has_antiunitary or seed.antiunitary, {}, True, dims,
        notes=tuple(said), projective_groups=tuple(bases),
    )  # fmt: skip


def central_extensions(
    known: KnownSubgroup, branching: np.ndarray, order: int
) -> list[tuple[GroupIdentity, GroupIdentity]]:
    """Pairs (extension, quotient) of the library whose irreps of one faithful central character restrict as given.

    Parameters
    ----------
    known : KnownSubgroup
    branching : int array of shape (r, k)
        Restrictions of all projective irreps of one class.
    order : int
        |G| of the quotient.
    """
    wanted = sorted(map(tuple, branching.tolist()))
    found: dict[tuple[GroupIdentity, GroupIdentity], None] = {}
    for k in _COVERS:
        if k * order > LARGEST_ORDER:
            break
        for identity in identities(k * order):
            group = identity.group
            central = [z for z in group.center.tolist() if group.element_orders[z] == k]
            if not central:
                continue
            table = group.character_table
            for h, b in _embeddings(k * order, identity.number, known):
                for z in central:
                    powers = group.closure([z])
                    if np.isin(powers[powers != 0], h.members).any():
                        continue
                    phases = table.values[:, group.class_labels[z]] / table.degrees
                    rows = b[np.abs(phases - np.exp(2j * np.pi / k)) < 1e-9]
                    if len(rows) != len(wanted):
                        continue
                    if any(sorted(map(tuple, rows[:, p].tolist())) == wanted for p in known.relabellings):
                        found[(identity, identify(group.quotient([z])[0]))] = None
                        break
    return list(found)
