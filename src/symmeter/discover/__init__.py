"""Wing: symmetries of samples and covariances.

References
----------
M. A. Thornton, arXiv:2605.00834 (double commutator); see ``symmeter cite group-selection``.
"""

from symmeter.discover import dictionary
from symmeter.discover.double_commutator import DoubleCommutator
from symmeter.discover.permutation_symmetry import PermutationSymmetry

__all__ = ["DoubleCommutator", "PermutationSymmetry", "dictionary"]
