"""The Hilbert space on which an operator sum of :mod:`symmeter.quantum.ops` acts."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.local_space import LocalSpace, boson_site, colour_site, fermion_mode, spin_site

__all__ = ["space_of"]


def space_of(operator: Any, nmax: int | None = None) -> HilbertSpace:
    """Sites for all modes of all species of an operator, labelled as ``numeric_terms`` labels them.

    Parameters
    ----------
    operator : symmeter.quantum.ops.Operator
    nmax : int, optional
        Most bosons in a mode; needed when there are any.

    Raises
    ------
    InputError
        If a species has no finite local space: bosons without ``nmax``, spins without a length, Majorana operators.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(["up", "dn"])
    >>> space_of(f.cre(0, "up") * f.ann(1, "up"))
    HilbertSpace(4 fermion modes of 2 levels; 16 states)
    """
    species = list(operator.species)
    several = len(species) > 1
    largest: dict[str, int] = {}
    for _, word in operator:
        for s, (_, mode) in word:
            largest[s.name] = max(largest.get(s.name, -1), mode)
    sites: list[LocalSpace] = []
    labels: list[Any] = []
    for s in species:
        flavours = max(1, len(s.flavours))
        modes = s.number_of_modes
        if modes is None:
            modes = -(-(largest.get(s.name, -1) + 1) // flavours) * flavours
        order = range(modes)
        if s.sites is None:
            # Without a number of sites the flavours of a site stand together there; here all of one flavour do.
            order = [i * flavours + f for f in range(flavours) for i in range(modes // flavours)]
        for mode in order:
            label = s.label(mode)
            flavour = label[1] if s.flavours else None
            sites.append(_local(s, flavour, nmax))
            own = label if isinstance(label, tuple) else (label,)
            labels.append((s.name, *own) if several else label)
    if not sites:
        raise InputError("the operator is a number; a Hilbert space needs a site at least")
    plain = labels == list(range(len(labels)))
    return HilbertSpace(tuple(sites), labels=() if plain else tuple(labels))


def _local(species: Any, flavour: Any, nmax: int | None) -> LocalSpace:
    kind = type(species).__name__
    if kind == "Fermions":
        return fermion_mode(flavour if set(species.flavours) == {"up", "dn"} else None)
    if kind == "Bosons":
        if nmax is None:
            raise InputError(f"the bosons {species.name} need nmax=, the most of them in a mode")
        return boson_site(nmax)
    if kind == "Spins":
        if species.spin is None:
            raise InputError(f"the spins {species.name} have no length; make them with ops.Spins(1/2), say")
        return spin_site(species.spin)
    if kind == "Paulis":
        return spin_site()
    if kind == "SUN":
        return colour_site(species.colours)
    raise InputError(f"{kind} have no local Hilbert space here; rewrite them with fermions or Pauli operators")
