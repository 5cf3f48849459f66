"""Lattices and graphs: sites, bonds by distance, translations, point and space groups as permutations of the sites.

Periodic lattices are clusters of ``size`` primitive cells; a bond that reaches the same two sites along several ways
around a small cluster counts once. ``graph`` takes any list of edges.
"""

from __future__ import annotations

from symmeter.quantum.lattices.catalogue import chain, graph, honeycomb, kagome, square, triangular
from symmeter.quantum.lattices.lattice import Lattice

__all__ = ["Lattice", "chain", "graph", "honeycomb", "kagome", "square", "triangular"]
