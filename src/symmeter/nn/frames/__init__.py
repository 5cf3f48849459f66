"""Frames: small sets of group elements that depend on the input, and exactly equivariant averages over them."""

from __future__ import annotations

from symmeter.nn.frames.average import EuclideanAverage, FrameAverage, FrameSpread
from symmeter.nn.frames.backbones import DGCNN, MLP, PointNet, PointTransformer
from symmeter.nn.frames.backbones_particles import FrameAveragedGNN, ParticleGNN
from symmeter.nn.frames.euclidean import DegenerateCloudError, EuclideanFrame
from symmeter.nn.frames.frame import Frame
from symmeter.nn.frames.graph_files import LabelledGraphs, load_exp
from symmeter.nn.frames.graph_models import GIN, GraphMLP, fa_gin, fa_mlp
from symmeter.nn.frames.group_average import GroupAverage
from symmeter.nn.frames.local import LocalFrameAverage, neighbourhoods
from symmeter.nn.frames.ordered_points import OrderedPoints
from symmeter.nn.frames.permutation import PermutationFrame, PermutationFrames, SortingFrame
from symmeter.nn.frames.permutation_average import FrameEstimate, PermutationAverage
from symmeter.nn.frames.poses import Poses
from symmeter.nn.frames.shift_average import ShiftAverage
from symmeter.nn.frames.torus_average import TorusAverage

__all__ = [
    "DGCNN",
    "DegenerateCloudError",
    "EuclideanAverage",
    "EuclideanFrame",
    "Frame",
    "FrameAverage",
    "FrameAveragedGNN",
    "FrameEstimate",
    "FrameSpread",
    "GIN",
    "GraphMLP",
    "GroupAverage",
    "LabelledGraphs",
    "MLP",
    "OrderedPoints",
    "ParticleGNN",
    "PermutationAverage",
    "PermutationFrame",
    "PermutationFrames",
    "PointNet",
    "PointTransformer",
    "LocalFrameAverage",
    "Poses",
    "ShiftAverage",
    "SortingFrame",
    "TorusAverage",
    "fa_gin",
    "fa_mlp",
    "neighbourhoods",
    "load_exp",
]
