"""Projective actions: every level at least doubled, no trivial irrep, and squared dimensions that still add up to |G|.

The irreps of one projective class of G are those of a central extension by Z_k on which Z_k acts faithfully. Extensions
are sought in the library; beyond it the class and the dimensions are all that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from symmeter.groups import GroupIdentity, identify
from symmeter.groups.library import LARGEST_ORDER, identities
from symmeter.quantum.symmetry_bootstrap.antiunitary import Hypothesis
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
    if found:
        listed = ", ".join(f"{cover} over {base}" for cover, base in found[:6])
        said.append(f"linear irreps of a central extension with this restriction: {listed}")
    elif any(k * order <= LARGEST_ORDER for k in _COVERS):
        said.append("no central extension of the library restricts to N in this way")
    else:
        said.append(
            f"central extensions would have order {2 * order} or more, beyond the library (order {LARGEST_ORDER}); a "
            "companion Hilbert space in the linear class, such as an even number of particles, gives the group itself"
        )
    return BootstrapResult(
        "projective", seed, (), index, options[0].has_antiunitary or seed.antiunitary, {}, True, dims, notes=tuple(said)
    )


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
