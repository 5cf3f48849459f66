"""Pulsar timing arrays: exact correlations for any sky of power, and what an array can tell of its anisotropy."""

from __future__ import annotations

from symmeter.signals.pta.array import Array, position_of_name
from symmeter.signals.pta.conventions import BETA, CONVENTIONS, convert_coefficients
from symmeter.signals.pta.overlap_functions import hellings_downs

__all__ = ["BETA", "CONVENTIONS", "Array", "convert_coefficients", "hellings_downs", "position_of_name"]
