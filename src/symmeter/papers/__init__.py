"""Papers as code: the catalogue of the nineteen works, and the machinery that runs one and checks its claims."""

from __future__ import annotations

from symmeter.papers.catalogue import CATALOGUE, Entry, bibtex, load_paper
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Claim, Measured, Outcome, Paper, Part

__all__ = ["CATALOGUE", "Checkpoints", "Claim", "Entry", "Measured", "Outcome", "Paper", "Part", "bibtex", "load_paper"]
