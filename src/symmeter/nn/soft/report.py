"""What a regulariser found, as a report: levels of the candidates beside their sampled equivariance errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from symmeter.errors import InputError
from symmeter.findings import Finding, Report
from symmeter.nn.elements import PresentedGroup
from symmeter.nn.linear_actions import VectorAction
from symmeter.nn.measure_groups import measure_groups
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.networks import TensorNetwork
from symmeter.representations import TensorType

if TYPE_CHECKING:
    from symmeter.nn.soft.regularizer import PER

__all__ = ["SoftReport", "features_action", "soft_report"]

_NOISE = 256


@dataclass(frozen=True, eq=False, repr=False)
class SoftReport(Report):
    """The report of a regulariser; findings by falling level."""

    @property
    def levels(self) -> dict[str, float]:
        """Strength of each candidate relative to the largest."""
        return {f.name: float(f.evidence["level"]) for f in self.findings}

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        if not self.findings:
            return "No symmetry was looked for."
        if not self.options.get("tuned", False):
            return "The strengths are not tuned yet: levels say nothing, the sampled errors do."
        best = self.findings[0]
        equal = [f.name for f in self.findings if f.evidence["level"] >= _ALIKE]
        error = f"equivariance error {best.evidence['error']:.2g}"
        if len(equal) == len(self.findings) > 1:
            return f"All candidates are respected alike ({', '.join(equal)}); {best.name} has an {error}."
        rest = ", ".join(f"{f.name} {f.evidence['level']:.2g}" for f in self.findings if f.name not in equal)
        named = " and ".join(equal)
        respected = "is respected" if len(equal) == 1 else "are respected"
        if not rest:
            return f"{named} is the only candidate; it has an {error}."
        return f"{named} {respected} most ({error}); levels of the others: {rest}."

    def text(self) -> str:
        """A table for people, one row a candidate."""
        rows = [("symmetry", "level", "strength", "residual", "equivariance error")]
        for f in self.findings:
            e = f.evidence
            low, high = e["error_interval"]
            rows.append(
                (
                    f.name,
                    f"{e['level']:.3g}",
                    f"{e['strength']:.3g}",
                    f"{e['residual']:.3g}",
                    f"{e['error']:.3g} [{low:.2g}, {high:.2g}]",
                )
            )
        widths = [max(len(r[k]) for r in rows) for k in range(len(rows[0]))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([self.subject, *lines, self.summary])

    __repr__ = text


#: Levels from here on count as equal to the largest.
_ALIKE = 0.5


def features_action(group: Candidate, features: TensorType) -> VectorAction:
    """How a candidate moves vectors of these features."""
    base = group.group.representation if isinstance(group.group, PresentedGroup) else group.group
    return VectorAction(features(base), group.group, kind=str(features))


def soft_report(per: PER, x: Any, samples: int, seed: int, actions: Any = None) -> SoftReport:
    """The report of a regulariser, see :meth:`~symmeter.nn.soft.PER.report`."""
    net = per.net
    notes = [*per.notes, *per.tuner.warnings]
    pairs = actions if actions is not None else _pairs(per)
    if x is None:
        if not isinstance(net, TensorNetwork):
            raise InputError("there are no inputs to measure on; give report(x)")
        size = net.source.size(net.dimension)
        x = torch.randn(_NOISE, size, generator=torch.Generator().manual_seed(seed))
        notes.append("Errors are measured on normal noise; give report(x) to measure on data.")
    x = torch.as_tensor(x)
    x = x.to(next(net.parameters())) if x.is_floating_point() else x
    name = type(net).__name__
    subject = f"{name}, {len(per.candidates)} candidate symmetries, {_when(per)}"
    measured = measure_groups(net, x, pairs, samples=samples, law="normal", seed=seed, subject=subject)
    found = {f.name: f for f in measured.findings}
    residuals = per._penalty.residuals()
    findings = [_finding(per, k, found[c.name], residuals) for k, c in enumerate(per.candidates)]
    findings.sort(key=lambda f: (-f.evidence["level"], f.evidence["residual"]))
    schedule = per.tuner.schedule
    return SoftReport(
        subject=subject,
        findings=tuple(findings),
        ladder=measured.ladder,
        notes=tuple(notes),
        options={
            "strength": schedule.strength,
            "tune_at": schedule.tune_at,
            "exponent": schedule.exponent,
            "record_window": schedule.window,
            "tuned": bool(per.tuner.tuned_at),
            "samples": samples,
            "seed": seed,
        },
        citations=("soft-equivariance",),
    )


def _when(per: PER) -> str:
    at = per.tuner.tuned_at
    return f"tuned after epoch {at[-1]}" if at else f"not tuned yet (due at epoch {per.tune_at})"


def _pairs(per: PER) -> dict[str, tuple[Any, Any]]:
    own = getattr(per._penalty, "actions", None)
    if own is not None:
        return {c.name: pair for c, pair in zip(per.candidates, own)}
    net = per.net
    if not isinstance(net, TensorNetwork):
        raise InputError(
            "the features of the model's input and output are not known; give report(x, actions={name: (action_in, "
            "action_out)})"
        )
    return {c.name: (features_action(c, net.source), features_action(c, net.target)) for c in per.candidates}


def _finding(per: PER, k: int, measured: Finding, residuals: np.ndarray) -> Finding:
    tuner = per.tuner
    name = tuner.names[k]
    level, strength = float(tuner.levels[k]), float(tuner.strengths[k])
    codimension = int(per._penalty.codimensions[k]) if hasattr(per._penalty, "codimensions") else None
    recorded = None if tuner.record is None else float(tuner.record[k])
    evidence = {
        **measured.evidence,
        "level": level,
        "strength": strength,
        "residual": float(residuals[k]),
        "recorded_residual": recorded,
        "constrained_directions": codimension,
        "squared_norm": per._penalty.squared_norm,
    }
    said = f"Level {level:.3g}: strength {strength:.3g}, residual {float(residuals[k]):.3g}."
    code = f"hard = sm.nn.soft.harden(per, {name!r})" if level >= _ALIKE else ""
    return replace(measured, name=name, notes=(said, *measured.notes), code=code, evidence=evidence)
