"""A small, real pre-training run to try optimizers on: the standard library's own sources, dense or with experts."""

from __future__ import annotations

from importlib.util import find_spec

from symmeter.errors import MissingDependencyError

if find_spec("torch") is None:
    raise MissingDependencyError("torch", "optim", "symmeter.optim.pretraining")

from symmeter.optim.pretraining.corpus import Corpus, standard_library_text
from symmeter.optim.pretraining.network import LanguageModel, NetworkShape
from symmeter.optim.pretraining.recipes import RECIPES, make_optimizer
from symmeter.optim.pretraining.training import Training, TrainingPlan, TrainingRun

__all__ = [
    "RECIPES",
    "Corpus",
    "LanguageModel",
    "NetworkShape",
    "Training",
    "TrainingPlan",
    "TrainingRun",
    "make_optimizer",
    "standard_library_text",
]
