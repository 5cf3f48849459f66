"""Ground floor: numerical linear algebra with rank, degeneracy and scale decided openly. NumPy and SciPy only."""

from __future__ import annotations

from symmeter.linalg.array_namespace import as_floating, constant_like, is_torch, namespace_of
from symmeter.linalg.clusters import (
    DegenerateClusters,
    EntryColours,
    ValueClusters,
    cluster_entries,
    cluster_values,
    degenerate_clusters,
)
from symmeter.linalg.generalized import GeneralizedEigh, generalized_eigh
from symmeter.linalg.hermitian import as_hermitian
from symmeter.linalg.joint import JointBlocks, joint_block_diagonalize
from symmeter.linalg.joint_diagonal import JointDiagonal, joint_diagonalize
from symmeter.linalg.pivoted_cholesky import PivotedCholesky, dependent_columns, pivoted_cholesky
from symmeter.linalg.polar import (
    POLAR_SCHEDULES,
    inverse_square_root,
    polar_decomposition,
    polar_factor,
    polar_iteration,
    polar_qdwh,
    polar_svd,
    singular_value_map,
)

__all__ = [
    "POLAR_SCHEDULES",
    "DegenerateClusters",
    "EntryColours",
    "GeneralizedEigh",
    "JointBlocks",
    "JointDiagonal",
    "PivotedCholesky",
    "ValueClusters",
    "as_floating",
    "as_hermitian",
    "cluster_entries",
    "cluster_values",
    "constant_like",
    "degenerate_clusters",
    "dependent_columns",
    "generalized_eigh",
    "inverse_square_root",
    "is_torch",
    "joint_block_diagonalize",
    "joint_diagonalize",
    "namespace_of",
    "pivoted_cholesky",
    "polar_decomposition",
    "polar_factor",
    "polar_iteration",
    "polar_qdwh",
    "polar_svd",
    "singular_value_map",
]
