"""What symmeter looks at: samples, covariances, models and shapes, loaded from files or from objects in memory.

A file is recognised by its content, never by its name alone, and nothing in it can run code. What was assumed while
reading stands in ``Subject.notes`` and in ``Subject.describe()``.
"""

from __future__ import annotations

from .columns import parse_columns, resolve_columns
from .grid import fitting_grids, parse_grid
from .loading import load, load_many
from .models import Model, is_model
from .shapes import Shape, is_shape
from .training import Training
from .values import Covariance, Samples, SeveralSamples, Subject

__all__ = [
    "Covariance",
    "Model",
    "Samples",
    "SeveralSamples",
    "Shape",
    "Subject",
    "Training",
    "fitting_grids",
    "is_model",
    "is_shape",
    "load",
    "load_many",
    "parse_columns",
    "parse_grid",
    "resolve_columns",
]
