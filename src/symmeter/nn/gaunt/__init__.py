"""Gaunt tensor products: exact equivariant products of functions on the sphere in O(L^3) to O(L^4) operations."""

from __future__ import annotations

from symmeter.nn.gaunt.convolution import GauntConv
from symmeter.nn.gaunt.couplings import CouplingPath
from symmeter.nn.gaunt.e3nn_adaptor import from_e3nn
from symmeter.nn.gaunt.expressivity import ExpressivityReport
from symmeter.nn.gaunt.irreps_layout import split_by_parity
from symmeter.nn.gaunt.low_rank import LowRankWeights, project_path_weights
from symmeter.nn.gaunt.power import gaunt_power
from symmeter.nn.gaunt.product import GauntTensorProduct, PoissonTensorProduct

__all__ = [
    "CouplingPath",
    "ExpressivityReport",
    "GauntConv",
    "GauntTensorProduct",
    "LowRankWeights",
    "PoissonTensorProduct",
    "from_e3nn",
    "gaunt_power",
    "project_path_weights",
    "split_by_parity",
]
