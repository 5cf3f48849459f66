"""Symmetry of models and layers, for PyTorch: measure it, impose it exactly, let the data choose how much.

Names load when they are first used; the first one needs torch, which the extra ``nn`` brings.
"""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name of the wing lives.
_HOMES: dict[str, str] = {
    "AffineResNet": "symmeter.nn.affine",
    "EuclideanFrame": "symmeter.nn.frames",
    "FrameAverage": "symmeter.nn.frames",
    "GauntConv": "symmeter.nn.gaunt",
    "GauntTensorProduct": "symmeter.nn.gaunt",
    "PermutationFrame": "symmeter.nn.frames",
    "PoissonTensorProduct": "symmeter.nn.gaunt",
    "SoftEquivariance": "symmeter.nn.soft",
    "TensorAction": "symmeter.nn.actions",
    "check_equivariance": "symmeter.nn.measure",
    "equivariance_error": "symmeter.nn.measure",
    "gaunt_power": "symmeter.nn.gaunt",
    "measure": "symmeter.nn.measure",
    "tensor_action": "symmeter.nn.actions",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES, needs=("torch", "nn"))
