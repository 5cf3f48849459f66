"""Matrix Lie groups: their algebras, exp and log, Haar measure and integrals, decompositions, weights and irreps.

Elements are plain arrays of shape (..., M, M); elements of semidirect products are homogeneous matrices. Coefficients
refer to each group's named ``generators``, whose normalisation stands in :mod:`symmeter.groups.lie.generators`.
"""

from __future__ import annotations

from symmeter.groups.lie.affine import SE, Affine, E, Poincare, SemidirectGroup, Sim, Translations
from symmeter.groups.lie.compact import SO, SU, O, Sp, U
from symmeter.groups.lie.decompositions import (
    Cartan,
    Gauss,
    Iwasawa,
    Polar,
    Semidirect,
    from_iwasawa,
    from_kak,
    from_ldu,
    from_polar,
    from_semidirect,
    iwasawa,
    kak,
    ldu,
    polar,
    qr,
    semidirect,
)
from symmeter.groups.lie.density import exponential_density, haar_density, multivariate_gamma
from symmeter.groups.lie.embedded import EmbeddedGroup, Scaling, embed
from symmeter.groups.lie.exponential import expm, log_positive, logm
from symmeter.groups.lie.gelfand_tsetlin import SUIrrep
from symmeter.groups.lie.generators import gell_mann, sp_generators, symplectic_form
from symmeter.groups.lie.integration import Integral, integrate
from symmeter.groups.lie.irreps import (
    lorentz_generators,
    lorentz_irrep,
    so3_generators,
    so3_irrep,
    spin_irrep,
    spin_matrices,
)
from symmeter.groups.lie.lorentz import Lorentz
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup
from symmeter.groups.lie.named import named_lie_group
from symmeter.groups.lie.points import cube_points, halton, lattice_generator
from symmeter.groups.lie.reductive import SL, ConformalRotations, GLp, ReductiveGroup, Scalings
from symmeter.groups.lie.rotations import log_rotation, log_special_unitary, log_unitary
from symmeter.groups.lie.spinors import spinor_lift
from symmeter.groups.lie.symplectic_irreps import SpIrrep
from symmeter.groups.lie.weights import RootSystem

__all__ = [
    "SE",
    "SL",
    "SO",
    "SU",
    "Affine",
    "Cartan",
    "ConformalRotations",
    "E",
    "EmbeddedGroup",
    "GLp",
    "Gauss",
    "Integral",
    "Iwasawa",
    "Lorentz",
    "MatrixLieGroup",
    "O",
    "Poincare",
    "Polar",
    "ReductiveGroup",
    "RootSystem",
    "SUIrrep",
    "Scaling",
    "Scalings",
    "Semidirect",
    "SemidirectGroup",
    "Sim",
    "Sp",
    "SpIrrep",
    "Translations",
    "U",
    "cube_points",
    "embed",
    "expm",
    "exponential_density",
    "from_iwasawa",
    "from_kak",
    "from_ldu",
    "from_polar",
    "from_semidirect",
    "gell_mann",
    "haar_density",
    "halton",
    "integrate",
    "iwasawa",
    "kak",
    "lattice_generator",
    "ldu",
    "log_positive",
    "log_rotation",
    "log_special_unitary",
    "log_unitary",
    "logm",
    "lorentz_generators",
    "lorentz_irrep",
    "multivariate_gamma",
    "named_lie_group",
    "polar",
    "qr",
    "semidirect",
    "so3_generators",
    "so3_irrep",
    "sp_generators",
    "spin_irrep",
    "spin_matrices",
    "spinor_lift",
    "symplectic_form",
]
