"""Ground floor: representations, harmonics and their couplings, actions of groups on data, isotypic decompositions.

Spherical harmonics are orthonormal, the real ones without Condon-Shortley phase, in the flat index l*l + l + m, with
polar axis y (``axis="z"`` for physics); rotations are active matrices; irreps are written as in e3nn.
"""

from symmeter.representations.actions import (
    Action,
    FiniteMatrixAction,
    FlowAction,
    MonomialAction,
    Projector,
    Space,
    action_of,
)
from symmeter.representations.complex_harmonics import complex_from_real, complex_sph_harm
from symmeter.representations.coupling_tables import clebsch_gordan_table, e3nn_sign, real_wigner_3j
from symmeter.representations.cyclic_actions import PowersAction, cyclic_action
from symmeter.representations.equivariant_maps import IntertwinerBasis, intertwiners
from symmeter.representations.gaunt_coefficients import gaunt_constant, gaunt_table, poisson_constant, poisson_table
from symmeter.representations.harmonic_conventions import (
    HARMONIC_CONVENTIONS,
    HarmonicConvention,
    alm_from_real,
    axis_matrix,
    conversion_matrix,
    convert_coefficients,
    convert_harmonics,
    degree_of,
    normalization_factors,
    real_from_alm,
    real_to_complex,
)
from symmeter.representations.irreps import Irrep, Irreps, MulIrrep, SortedIrreps
from symmeter.representations.isotypic import IsotypicComponent, isotypic_decomposition
from symmeter.representations.representation import Representation
from symmeter.representations.rotation_algebra import angular_momentum, rotation_generators
from symmeter.representations.rotations import (
    euler_from_matrix,
    matrix_from_euler,
    matrix_from_quaternion,
    random_rotations,
)
from symmeter.representations.sparse_coupling import SparseCoupling
from symmeter.representations.sphere_grids import SphereGrid, fibonacci_grid, gauss_legendre_grid, lebedev_grid
from symmeter.representations.spherical_harmonics import real_sph_harm, real_sph_harm_gradient, unit_vectors
from symmeter.representations.tensor_symbols import Scalar, T, Tensor, TensorType, V, Vector, defining_representation
from symmeter.representations.three_j_tensors import clebsch_gordan_tensor, wigner_3j_tensor
from symmeter.representations.transformations import Dense, Monomial, Transformation, as_transformation
from symmeter.representations.unaveraged import UnaveragedAction
from symmeter.representations.wigner import wigner_D, wigner_d, wigner_D_all, wigner_d_all, wigner_D_spin
from symmeter.representations.wigner_symbols import (
    clebsch_gordan,
    gaunt,
    wigner_3j,
    wigner_3j_square,
    wigner_6j,
    wigner_6j_square,
)

__all__ = [
    "HARMONIC_CONVENTIONS",
    "Action",
    "Dense",
    "FiniteMatrixAction",
    "FlowAction",
    "HarmonicConvention",
    "IntertwinerBasis",
    "Irrep",
    "Irreps",
    "IsotypicComponent",
    "Monomial",
    "MonomialAction",
    "MulIrrep",
    "PowersAction",
    "Projector",
    "Representation",
    "Scalar",
    "SortedIrreps",
    "Space",
    "SparseCoupling",
    "SphereGrid",
    "T",
    "Tensor",
    "TensorType",
    "Transformation",
    "UnaveragedAction",
    "V",
    "Vector",
    "action_of",
    "alm_from_real",
    "angular_momentum",
    "as_transformation",
    "axis_matrix",
    "clebsch_gordan",
    "clebsch_gordan_table",
    "clebsch_gordan_tensor",
    "complex_from_real",
    "complex_sph_harm",
    "conversion_matrix",
    "convert_coefficients",
    "convert_harmonics",
    "cyclic_action",
    "defining_representation",
    "degree_of",
    "e3nn_sign",
    "euler_from_matrix",
    "fibonacci_grid",
    "gaunt",
    "gaunt_constant",
    "gaunt_table",
    "gauss_legendre_grid",
    "intertwiners",
    "isotypic_decomposition",
    "lebedev_grid",
    "matrix_from_euler",
    "matrix_from_quaternion",
    "normalization_factors",
    "poisson_constant",
    "poisson_table",
    "random_rotations",
    "real_from_alm",
    "real_sph_harm",
    "real_sph_harm_gradient",
    "real_to_complex",
    "real_wigner_3j",
    "rotation_generators",
    "unit_vectors",
    "wigner_3j",
    "wigner_3j_square",
    "wigner_3j_tensor",
    "wigner_6j",
    "wigner_6j_square",
    "wigner_D",
    "wigner_D_all",
    "wigner_D_spin",
    "wigner_d",
    "wigner_d_all",
]
