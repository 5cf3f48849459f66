"""Pulsar timing arrays: exact correlations for any sky of power, and what an array can tell of its anisotropy."""

from __future__ import annotations

from symmeter.signals.pta.array import Array, position_of_name
from symmeter.signals.pta.conventions import (
    BETA,
    CONVENTIONS,
    complex_coefficients,
    convert_coefficients,
    real_coefficients,
)
from symmeter.signals.pta.fits import AnisotropyFit, radiometer_map
from symmeter.signals.pta.information import fisher_matrix
from symmeter.signals.pta.overlap_functions import hellings_downs, pair_frame_overlap
from symmeter.signals.pta.pixels import healpix_directions
from symmeter.signals.pta.populations import Population, population, sources_by_frequency
from symmeter.signals.pta.power import SkyPower, square
from symmeter.signals.pta.residuals import ResidualLikelihood, Residuals, power_law, simulate
from symmeter.signals.pta.significance import Significance
from symmeter.signals.pta.sky_picture import draw_sky

__all__ = [
    "BETA",
    "CONVENTIONS",
    "AnisotropyFit",
    "Array",
    "Population",
    "ResidualLikelihood",
    "Residuals",
    "Significance",
    "SkyPower",
    "complex_coefficients",
    "convert_coefficients",
    "draw_sky",
    "fisher_matrix",
    "healpix_directions",
    "hellings_downs",
    "pair_frame_overlap",
    "population",
    "position_of_name",
    "power_law",
    "radiometer_map",
    "real_coefficients",
    "simulate",
    "sources_by_frequency",
    "square",
]
