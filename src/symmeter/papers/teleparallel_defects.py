"""Experiment for "General teleparallel geometric theory of defects" (2602.01408), in parts that can be run alone.

Each part is a module ``_teleparallel_defects_<part>.py`` with a ``PART``: its claims and its ``run``, whose finished
pieces on disk are named ``<part>.<piece>``.
"""

from __future__ import annotations

from symmeter.papers import _teleparallel_defects_atoms as atoms
from symmeter.papers import _teleparallel_defects_geometry as geometry
from symmeter.papers import _teleparallel_defects_stress as stress
from symmeter.papers.catalogue import entry
from symmeter.papers.paper import Paper

__all__ = ["PAPER"]

PAPER = Paper.of_parts(
    entry("teleparallel-defects"),
    implements=(
        "symmeter.spacetime.defects.MetricAffine",
        "symmeter.spacetime.defects.from_atoms",
        "symmeter.spacetime.defects.stress_from_density",
    ),
    parts={"geometry": geometry.PART, "atoms": atoms.PART, "stress": stress.PART},
)
