"""Spacetime and continua: exact symmetries of differential equations, conservation laws, variational calculus."""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name lives.
_HOMES = {
    "BMS3State": "symmeter.spacetime.bms3_state",
    "ConformalCompletion": "symmeter.spacetime.conformal_infinity",
    "ConservationLaw": "symmeter.spacetime.conservation",
    "ConservationLaws": "symmeter.spacetime.conservation",
    "FieldAlgebra": "symmeter.spacetime.field_algebra",
    "GaugeCurrent": "symmeter.spacetime.gauge_currents",
    "JetSpace": "symmeter.spacetime.jets",
    "Lagrangian": "symmeter.spacetime.lagrangians",
    "Metric": "symmeter.spacetime.metrics",
    "MetricAffine": "symmeter.spacetime.defects.metric_affine",
    "NoetherCurrent": "symmeter.spacetime.lagrangians",
    "PDESystem": "symmeter.spacetime.systems",
    "PointSymmetries": "symmeter.spacetime.systems",
    "SampledSolution": "symmeter.spacetime.sampled_solutions",
    "SolutionSize": "symmeter.spacetime.taylor_size",
    "Supertranslations": "symmeter.spacetime.bms4",
    "Tensor": "symmeter.spacetime.metrics",
    "bms3": "symmeter.spacetime.bms3",
    "VectorField": "symmeter.spacetime.vector_fields",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES)
