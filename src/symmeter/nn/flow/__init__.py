"""Flow-equivariant recurrent networks: sequence models that stay equivariant when the content of a sequence moves
(T. A. Keller, "Flow Equivariant Recurrent Neural Networks", NeurIPS 2025).
"""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name lives.
_HOMES = {
    "Flow": "symmeter.nn.flow.flow",
    "FlowClassifier": "symmeter.nn.flow.models",
    "FlowRNNCell": "symmeter.nn.flow.cell",
    "FlowReport": "symmeter.nn.flow.meter",
    "FlowSeq2Seq": "symmeter.nn.flow.models",
    "FlowState": "symmeter.nn.flow.state",
    "GridFlow": "symmeter.nn.flow.grid_flows",
    "MovingSprites": "symmeter.nn.flow.sprites",
    "RotationFlow": "symmeter.nn.flow.rotation",
    "ScalingFlow": "symmeter.nn.flow.grid_flows",
    "TranslationFlow": "symmeter.nn.flow.grid_flows",
    "TurningSprites": "symmeter.nn.flow.sprites",
    "VideoCNN": "symmeter.nn.flow.baselines",
    "estimate_velocity": "symmeter.nn.flow.readout",
    "flow_equivariance_error": "symmeter.nn.flow.meter",
    "PRESETS": "symmeter.nn.flow.recipes",
    "Recipe": "symmeter.nn.flow.recipes",
    "load_clips": "symmeter.nn.flow.clips",
    "load_flow_model": "symmeter.nn.flow.saved",
    "save_flow_model": "symmeter.nn.flow.saved",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES, needs=("torch", "nn"))
