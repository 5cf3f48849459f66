"""Convolutions equivariant to affine groups: images and volumes, GL+(n), SL(n), rotations, scalings and your own group
(M. Mironenco and P. Forré, "Lie Group Decompositions for Equivariant Neural Networks", ICLR 2024).
"""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name lives.
_HOMES = {
    "AffinePreset": "symmeter.nn.affine.presets",
    "AffineReport": "symmeter.nn.affine.measuring",
    "AffineResNet": "symmeter.nn.affine.network",
    "AffineTraining": "symmeter.nn.affine.training",
    "ChartGroup": "symmeter.nn.affine.decomposed",
    "DecomposedGroup": "symmeter.nn.affine.decomposed",
    "DeformedDigits": "symmeter.nn.affine.digits",
    "GroupConv1d": "symmeter.nn.affine.convolution",
    "GroupConv2d": "symmeter.nn.affine.convolution",
    "GroupConv3d": "symmeter.nn.affine.convolution",
    "GroupSampler": "symmeter.nn.affine.samples",
    "GroupSamples": "symmeter.nn.affine.samples",
    "Lift1d": "symmeter.nn.affine.convolution",
    "Lift2d": "symmeter.nn.affine.convolution",
    "Lift3d": "symmeter.nn.affine.convolution",
    "PRESETS": "symmeter.nn.affine.presets",
    "PolarGroup": "symmeter.nn.affine.decomposed",
    "Project1d": "symmeter.nn.affine.convolution",
    "Project2d": "symmeter.nn.affine.convolution",
    "Project3d": "symmeter.nn.affine.convolution",
    "decomposed_group": "symmeter.nn.affine.decomposed",
    "equivariance_report": "symmeter.nn.affine.measuring",
    "holding_samples": "symmeter.nn.affine.samples",
    "load_affnist": "symmeter.nn.affine.mat_files",
    "load_homnist": "symmeter.nn.affine.mat_files",
    "log_rotation": "symmeter.nn.affine.coordinates",
    "move_images": "symmeter.nn.affine.measuring",
    "polar": "symmeter.nn.affine.coordinates",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES, needs=("torch", "nn"))
