"""Groups: permutations, finite groups with their characters and irreps, matrix groups and compact Lie algebras.

They know nothing of data. Permutations act on points 0..n-1, ``p[i]`` is where i goes, and products apply the right
factor first.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symmeter.groups.automorphisms import automorphism_group
from symmeter.groups.character_table import CharacterTable
from symmeter.groups.constructions import central_product, direct_product_group, semidirect_product, wreath_product
from symmeter.groups.cyclotomic import Cyclotomic
from symmeter.groups.double_groups import DoubleGroup, double_group
from symmeter.groups.families import (
    affine_group,
    alternating_group,
    cyclic_group,
    dicyclic_group,
    dihedral_group,
    elementary_abelian_group,
    extraspecial_group,
    general_linear_group,
    metacyclic_group,
    semidihedral_group,
    special_linear_group,
    symmetric_group,
)
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.group import Group
from symmeter.groups.known_by_name import NamedGroup
from symmeter.groups.library import GroupIdentity, identify, number_of_groups, small_group, small_groups
from symmeter.groups.lie_algebra import LieAlgebra
from symmeter.groups.lie_group import LieGroup
from symmeter.groups.matrix_group import MatrixGroup
from symmeter.groups.mulliken import mulliken_symbols
from symmeter.groups.named import named_group
from symmeter.groups.names import abelian_invariants, structure_name
from symmeter.groups.permutation import Permutation, left_to_right
from symmeter.groups.permutation_group import (
    PermutationGroup,
    alternating,
    cyclic,
    dihedral,
    direct_product,
    symmetric,
    trivial,
)
from symmeter.groups.point_groups import PointGroup, point_group, point_group_symbol
from symmeter.groups.representation_matrices import SymmetryAdaptedBasis, isotypic_projector, symmetry_adapted_basis
from symmeter.groups.subgroups import Subgroup

__all__ = [
    "CharacterTable",
    "Cyclotomic",
    "DoubleGroup",
    "FiniteGroup",
    "Group",
    "GroupIdentity",
    "LieAlgebra",
    "LieGroup",
    "MatrixGroup",
    "NamedGroup",
    "Permutation",
    "PermutationGroup",
    "PointGroup",
    "Subgroup",
    "SymmetryAdaptedBasis",
    "abelian_invariants",
    "affine_group",
    "alternating",
    "alternating_group",
    "automorphism_group",
    "central_product",
    "cyclic",
    "cyclic_group",
    "dicyclic_group",
    "dihedral",
    "dihedral_group",
    "direct_product",
    "direct_product_group",
    "double_group",
    "elementary_abelian_group",
    "extraspecial_group",
    "general_linear_group",
    "identify",
    "isotypic_projector",
    "left_to_right",
    "metacyclic_group",
    "mulliken_symbols",
    "named_group",
    "number_of_groups",
    "point_group",
    "point_group_symbol",
    "semidihedral_group",
    "semidirect_product",
    "small_group",
    "small_groups",
    "special_linear_group",
    "structure_name",
    "symmetric",
    "symmetric_group",
    "symmetry_adapted_basis",
    "trivial",
    "wreath_product",
]


def __getattr__(name: str) -> Any:
    # The names of symmeter.groups.lie are names of this room too; they load when the first of them is used.
    if not name.startswith("_"):
        lie = import_module(f"{__name__}.lie")
        if name in lie.__all__:
            return getattr(lie, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *import_module(f"{__name__}.lie").__all__, "lie"})
