"""Pulsar timing arrays: exact correlations for any sky of power, and what an array can tell of its anisotropy."""

from __future__ import annotations

from symmeter.signals.pta.array import Array, position_of_name
from symmeter.signals.pta.conventions import BETA, CONVENTIONS, convert_coefficients
from symmeter.signals.pta.fits import AnisotropyFit, fisher_matrix, radiometer_map
from symmeter.signals.pta.overlap_functions import hellings_downs
from symmeter.signals.pta.power import SkyPower, population, square
from symmeter.signals.pta.residuals import ResidualLikelihood, power_law, simulate

__all__ = [
    "BETA",
    "CONVENTIONS",
    "AnisotropyFit",
    "Array",
    "ResidualLikelihood",
    "SkyPower",
    "convert_coefficients",
    "fisher_matrix",
    "hellings_downs",
    "population",
    "position_of_name",
    "power_law",
    "radiometer_map",
    "simulate",
    "square",
]
