"""Finds the symmetries that a loss has in the parameters of a network: the finder that ``find`` runs on trainings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import isfinite

import numpy as np

from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Level, Report
from symmeter.groups import NamedGroup
from symmeter.optim.noether.discovery import as_family, discover_symmetries
from symmeter.optim.noether.symmetries import KINDS, ParameterSymmetry
from symmeter.representations import Space, UnaveragedAction
from symmeter.statistics.distributions import beta_quantile
from symmeter.subjects import Subject
from symmeter.subjects.training import Training

__all__ = ["ParameterAction", "ParameterFinding", "TrainingFinder", "TrainingReport"]

#: Batches that are looked at.
_BATCHES = 8
#: Relative violations below this are rounding in double precision.
_ROUNDING = 1e-10
_MOST_NAMES = 4


class TrainingFinder(Finder):
    """Tests families of parameter symmetries on gradients of a few batches, and their finite elements on the loss."""

    name = "training"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, Training)
        options.report_progress(0.1, "gradients of a few batches")
        seed = int(np.random.default_rng(options.rng).integers(2**31))
        batches = list(islice(subject.batches, _BATCHES))
        found = discover_symmetries(subject.model, subject.loss, batches, seed=seed)
        options.report_progress(0.9, "charges")
        held = [_finding(s, True) for s in (*found.found, *(as_family(n, k) for k, n in enumerate(found.numeric)))]
        nearly = [_finding(s, False) for s in found.nearly]
        order = sorted(held, key=lambda f: -int(f.evidence["dimension"]))
        notes = [f"{found.dimension:,} one-parameter families hold, of {subject.dimension:,} parameters"]
        if found.facts:
            notes.append(
                f"gradients alone were searched for {100 * found.coverage:.0f} % of the parameters: "
                f"{len(found.numeric)} symmetries beyond what the layers suggest"
            )
        else:
            notes.append("the layers have too many rows to search gradients alone; only what they suggest was tested")
        return TrainingReport(
            subject.describe(), tuple(order + nearly), (), tuple(notes), {"batches": len(batches), "seed": seed},
            ("noether-learning-dynamics",),
        )  # fmt: skip


class ParameterAction(UnaveragedAction):
    """How a family moves the parameters of a network.

    Attributes
    ----------
    symmetry : ParameterSymmetry
        With ``transform`` for finite elements and ``charge``.
    """

    def __init__(self, symmetry: ParameterSymmetry) -> None:
        self.symmetry = symmetry
        names = symmetry.parameters
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        group = NamedGroup(
            _group_name(symmetry),
            abelian=symmetry.kind != "linear",
            where="moves parameters; use transform of finding.action.symmetry for its elements",
        )
        super().__init__(
            group,
            Space(symmetry.count, title=", ".join(names[:_MOST_NAMES]) + more),
            f"{symmetry.name} moves parameters by a group that is not compact; there is no average over it",
        )


@dataclass(frozen=True, eq=False, repr=False)
class TrainingReport(Report):
    """The report for a training: as any other, with a sentence of its own."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        held = self.found
        if not held:
            return "The loss has no continuous symmetry in the parameters that was looked for."
        total = sum(int(f.evidence["dimension"]) for f in held)
        families = f"{len(held)} famil{'ies' if len(held) > 1 else 'y'}"
        names = ", ".join(f"{f.name} ({f.group.name})" for f in held[:3]) + (", ..." if len(held) > 3 else "")
        return f"The loss does not see {total:,} directions of its parameters, in {families}: {names}."


@dataclass(frozen=True, eq=False, repr=False)
class ParameterFinding(Finding):
    """A family of moves of parameters: the loss has it already, so there is nothing to impose or to relax."""

    @property
    def next(self) -> str:
        """What to do with it, in two or three words."""
        return "track its charge" if self.holds else "see what breaks it"


def _group_name(s: ParameterSymmetry) -> str:
    if s.kind == "linear":
        heads, r = s.blocks
        return f"GL({r})" + (f"^{heads}" if heads > 1 else "")
    base = "R" if s.kind == "translation" else "R_+"
    return base + (f"^{s.count}" if s.count > 1 else "")


def _finding(s: ParameterSymmetry, holds: bool) -> Finding:
    values = np.array(s.violations or (s.violation,))
    low, high = _interval(values)
    rounding = holds and s.violation <= _ROUNDING and s.finite <= 1e3 * _ROUNDING
    finite = Level(
        "finite elements", bool(isfinite(s.finite) and s.finite <= 1e-4), None, s.finite,
        "relative change of the loss under random elements of size 0.1 and 1",
    )  # fmt: skip
    moves = {
        "translation": "one number added to all entries of a unit", "scale": "the entries of a unit multiplied",
        "rescale": "some entries of a unit multiplied, others divided", "linear": "a basis changed in the middle",
    }[s.kind]  # fmt: skip
    return ParameterFinding(
        name=s.name,
        action=ParameterAction(s),
        defect=float(min(values.mean(), 1.0)),
        interval=(low, high),
        verdict="exact" if rounding else "symmetric" if holds else "nearly",
        how=f"mean over {len(values)} batches of the largest |<gradient, generator>| of a unit, over both lengths",
        levels=(finite,),
        notes=(f"{moves[0].upper()}{moves[1:]}; {s.why}.", f"Gradient flow would conserve: {KINDS[s.kind]}."),
        code=f'NoetherTracker(model, optimizer, [report["{s.name}"].action.symmetry])',
        evidence={
            "dimension": s.count, "charge": KINDS[s.kind], "largest_violation": s.violation, "finite_change": s.finite,
            "parameters": ", ".join(s.parameters),
        },
    )  # fmt: skip


def _interval(values: np.ndarray) -> tuple[float, float]:
    """Where the mean over batches lies with probability 0.95, by Student's distribution."""
    n = len(values)
    if n < 2:
        return 0.0, 1.0
    x = float(beta_quantile(0.05, (n - 1) / 2, 0.5))
    half = ((n - 1) * (1 - x) / x) ** 0.5 * float(values.std(ddof=1)) / n**0.5
    return max(0.0, float(values.mean()) - half), min(1.0, float(values.mean()) + half)
