"""What a measurement of a model means: its verdict, its notes for people, and the report of several groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symmeter.findings import Finding, Report
from symmeter.nn.subgroups import ladder_of_models

if TYPE_CHECKING:
    from symmeter.nn.measure_groups import Measurement

__all__ = ["NEARLY", "ModelReport", "finding_of", "report_of"]

#: A defect up to here is called nearly a symmetry: worth imposing or relaxing rather than giving up.
NEARLY = 0.1
#: A defect up to here means that something of the symmetry is there.
_IN_PART = 0.5
_MOST = 8
#: Rounding above this looks like a broken symmetry.
_SEEN = 1e-5
_RANK = {"exact": 0, "symmetric": 1, "nearly": 2, "undecided": 3, "broken": 4}


@dataclass(frozen=True, eq=False, repr=False)
class ModelReport(Report):
    """The report for a model: as any other, with a sentence about models."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        held = [f for f in self.findings if f.verdict in ("exact", "symmetric")]
        if held:
            exact = [f for f in held if f.verdict == "exact"] or held
            more = f" and {len(exact) - 4} more" if len(exact) > 4 else ""
            names = ", ".join(_called(f) for f in exact[:4]) + more
            exactly = "exactly" if exact[0].verdict == "exact" else "as far as interpolation can show"
            if all(f.evidence.get("constant") for f in exact):
                return f"The output is constant on these inputs, so that the model has {names} for want of any answer."
            return f"The model has {names} {exactly}."
        if not self.findings:
            return "No symmetry was looked for."
        nearest = min(self.findings, key=lambda f: f.defect)
        advice = "it does not have it"
        if nearest.defect < _IN_PART:
            advice = "FrameAverage makes it exact" if nearest.verdict == "nearly" else "it has learned it in part"
        return (
            f"The model has none of the groups exactly; the nearest is {_called(nearest)} with a defect of "
            f"{nearest.defect:.2g}: {advice}."
        )


def _called(f: Finding) -> str:
    return f"{f.name} ({f.evidence.get('output', '')})"


def verdict_of(found: Measurement) -> str:
    """The word for a measurement."""
    if found.exact:
        return "exact"
    ratio = found.defect[0]
    if found.interpolation is not None and ratio <= found.interpolation:
        return "symmetric" if found.interpolation < NEARLY else "undecided"
    return "nearly" if ratio < NEARLY else "broken"


def finding_of(found: Measurement) -> Finding:
    """The finding for one group; its action is that of the input, which FrameAverage and SoftEquivariance take."""
    verdict = verdict_of(found)
    ratio, low, high = (min(v, 1.0) for v in found.defect)
    if found.exact and _is_constant(found):
        ratio = low = high = 0.0
    kinds = " and ".join(dict.fromkeys(a.kind for a in found.pair.outputs))
    error, below, above = found.error
    k, b = found.errors.shape
    how = (
        f"mean of |f(gx) - g f(x)| / (|f(gx)| + |g f(x)|) over {k} elements and {b} samples, {error:.3g} "
        f"[{below:.2g}, {above:.2g}], over {float(found.null.mean()):.3g} for unrelated motions of the same size; the "
        "interval is from resampling " + _resampled(found)
    )
    name = found.name
    return Finding(
        name=name,
        action=found.pair.leader,  # type: ignore[arg-type]
        defect=ratio,
        interval=(low, high),
        verdict=verdict,
        how=how,
        notes=tuple(_notes(found, verdict)),
        code=_code(name, verdict, kinds),
        evidence=_evidence(found, kinds),
    )


def _resampled(found: Measurement) -> str:
    k, b = found.errors.shape
    parts = ["elements"] * (k > 1 and not found.all_elements) + ["samples"] * (b > 1)
    return " and ".join(parts) or "nothing: there is one sample"


def _code(name: str, verdict: str, kinds: str) -> str:
    if verdict in ("exact", "symmetric"):
        return f"sm.nn.check_equivariance(model, report[{name!r}].action, x, action_out={kinds!r})"
    if verdict == "nearly":
        return f"exact = sm.nn.FrameAverage(model, report[{name!r}].action)"
    return ""


def _notes(found: Measurement, verdict: str) -> list[str]:
    notes = []
    outputs = " and ".join(dict.fromkeys("stays" if a.kind == "scalars" else "moves" for a in found.pair.outputs))
    kinds = ", ".join(dict.fromkeys(a.kind for a in found.pair.outputs))
    notes.append(f"The output {outputs} ({kinds}).")
    if verdict == "undecided":
        notes.append("Give smoother pictures, or more pixels: interpolation alone breaks as much as was measured.")
    each = found.per_element
    if verdict not in ("exact", "symmetric") and len(each) > 1:
        notes.append(f"Broken most by {each[0][0]} ({each[0][1]:.2g}), least by {each[-1][0]} ({each[-1][1]:.2g}).")
    if found.generators and not found.exact:
        worst = max(found.generators, key=lambda g: g.rate)
        notes.append(f"Leaves fastest along {worst.name}: {worst.rate:.2g} of the output per unit ({worst.method}).")
    if found.exact and found.double_error is not None and found.error[0] > _SEEN:
        notes.append(f"What is left is rounding of the numbers: {found.double_error:.1g} in double precision.")
    elif found.exact and (found.double_error or 0.0) > 1e-10:
        notes.append(f"Exact up to the rounding of the weights: {found.double_error:.1g} in double precision.")
    if found.exact and found.double_error is None and _single(found):
        notes.append("Exact in single precision; double precision could not be tried.")
    if found.interpolation is not None:
        notes.append(
            "The action interpolates between pixels and is approximate: moving the input there and back alone makes a "
            f"defect of {min(found.interpolation, 1.0):.2g}."
        )
    if _is_constant(found):
        notes.append("The output does not change under unrelated motions either: it is constant.")
    if found.errors.shape[1] < 8:
        count = found.errors.shape[1]
        notes.append(
            "1 sample: the interval says nothing about other samples."
            if count == 1
            else f"{count} samples: the interval is rough below 8."
        )
    return notes


def _is_constant(found: Measurement) -> bool:
    return float(found.null.mean()) < 1e-6


def _single(found: Measurement) -> bool:
    return float(found.errors.max()) > 1e-10


def _evidence(found: Measurement, kinds: str) -> Mapping[str, Any]:
    evidence: dict[str, Any] = {
        "error": found.error[0],
        "error_interval": list(found.error[1:]),
        "null": float(found.null.mean()),
        "output": kinds,
        "samples": found.errors.shape[1],
        "elements": found.errors.shape[0],
        "worst_elements": dict(found.per_element[:_MOST]),
    }
    if _is_constant(found):
        evidence["constant"] = True
    if found.double_error is not None:
        evidence["error_in_double_precision"] = found.double_error
    if found.interpolation is not None:
        evidence["interpolation"] = found.interpolation
    if found.generators:
        evidence["generators"] = {g.name: g.error for g in found.generators}
        evidence["rates"] = {g.name: g.rate for g in found.generators}
        evidence["generators_by"] = found.generators[0].method
    if found.layers:
        evidence["layers"] = {e.name: "not defined" if e.error is None else e.error for e in found.layers}
        evidence["layer_defects"] = {e.name: e.defect for e in found.layers if e.defect is not None}
        evidence["layer_invariance"] = {e.name: e.invariance_error for e in found.layers}
    return evidence


def report_of(
    subject: str, findings: Sequence[Finding], options: Mapping[str, Any], noise: float | None = None
) -> ModelReport:
    """The report of several groups, the most exact and largest first."""

    def rank(f: Finding) -> tuple:
        size = f.order if f.order is not None else 10**9 + getattr(f.action, "algebra_dimension", 0)
        return (_RANK[f.verdict], -size if f.verdict == "exact" else 0, f.defect)

    notes = []
    if noise is not None:
        notes.append(f"The model is random: two averaged calls differ by {noise:.2g}, which is part of every error.")
    return ModelReport(
        subject=subject,
        findings=tuple(sorted(findings, key=rank)),
        ladder=ladder_of_models(findings),
        notes=tuple(notes),
        options=options,
        citations=("soft-equivariance",),
    )
