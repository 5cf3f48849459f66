"""Soft equivariance: penalties that draw an ordinary network towards candidate symmetries, with strengths that tune
themselves and so tell how exact each one is (Kim, Lee, Yang and Lee, ICML 2023), and the networks to compare with.
"""

from __future__ import annotations

from importlib.util import find_spec

from symmeter.errors import MissingDependencyError

if find_spec("torch") is None:
    raise MissingDependencyError("torch", "nn", "symmeter.nn.soft")

from symmeter.nn.measure import equivariance_error
from symmeter.nn.soft.candidates import Candidate, candidate, joined_group, named_candidate
from symmeter.nn.soft.channels import uniform_channels
from symmeter.nn.soft.comparators import EMLP, MLP, RPP, MixedRPP
from symmeter.nn.soft.hardening import harden
from symmeter.nn.soft.input_actions import SoftEquivariance
from symmeter.nn.soft.modules import Turned
from symmeter.nn.soft.networks import SoftEMLP
from symmeter.nn.soft.null_space import equivariant_basis, projector
from symmeter.nn.soft.penalty import ProjectionPenalty
from symmeter.nn.soft.regularizer import PER
from symmeter.nn.soft.report import SoftReport, features_action
from symmeter.nn.soft.saved import load_soft, save_soft
from symmeter.nn.soft.strengths import StrengthTuner, replay, tuned_strengths
from symmeter.nn.soft.training import Fit, fit

__all__ = [
    "EMLP",
    "MLP",
    "PER",
    "RPP",
    "Candidate",
    "Fit",
    "MixedRPP",
    "ProjectionPenalty",
    "SoftEMLP",
    "SoftEquivariance",
    "SoftReport",
    "StrengthTuner",
    "Turned",
    "candidate",
    "equivariance_error",
    "equivariant_basis",
    "features_action",
    "fit",
    "harden",
    "joined_group",
    "load_soft",
    "named_candidate",
    "projector",
    "replay",
    "save_soft",
    "tuned_strengths",
    "uniform_channels",
]
