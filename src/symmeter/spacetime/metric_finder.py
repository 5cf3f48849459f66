"""Finds the symmetries of a metric: the finder that ``find`` runs on texts of line elements."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Report
from symmeter.spacetime.conformal_curvature import is_conformally_flat
from symmeter.spacetime.equation_finder import FieldAction
from symmeter.spacetime.killing import KillingVectors, conformal_killing_vectors, killing_vectors
from symmeter.spacetime.latex import field_latex, line_element_latex
from symmeter.spacetime.metrics import Metric
from symmeter.spacetime.polynomials import Poly, add_to, scaled
from symmeter.spacetime.vector_fields import VectorField, combination
from symmeter.subjects import Subject
from symmeter.subjects.formulas import Formulas
from symmeter.subjects.line_elements import LineElement

__all__ = ["MetricFinder", "MetricReport"]

_CITED = ("asymptotic-symmetries",)


class MetricFinder(Finder):
    """Killing vectors with their number, conformal ones beside them, and what the curvature is."""

    name = "metric"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, LineElement)
        given = subject.options
        metric = Metric(
            subject.text,
            given.get("coordinates", ""),
            functions=given.get("functions", ""),
            parameters=given.get("parameters", ""),
        )
        options.report_progress(0.2, "curvature")
        notes = _curvature(metric)
        if metric.space.dependent and "functions" not in given:
            named = [f"{f}({', '.join(metric.space.depends[f])})" for f in metric.space.dependent]
            notes.append(f"taken for free functions: {', '.join(named)}")
        options.report_progress(0.5, "Killing vectors")
        factors = [f.strip() for f in given["factors"].split(",")] if given.get("factors") else None
        degree = _degree(given.get("degree"))
        killing = killing_vectors(metric, degree, factors=factors)
        notes.insert(0, killing.statement)
        options.report_progress(0.8, "conformal Killing vectors")
        conformal = None
        if metric.dimension > 2:
            # In two dimensions they are as many as functions.
            conformal = conformal_killing_vectors(metric, degree, factors=factors)
            notes.append(conformal.statement)
        if killing.dim:
            algebra = killing.algebra_name if killing.dim <= 20 else None
            notes.append(f"Lie algebra: {algebra}" if algebra else "their brackets lead beyond what was found")
        findings = [_finding(metric, f, killing) for f in killing]
        findings += [_stretching(metric, f) for f in _proper(conformal, killing)]
        return MetricReport(subject.describe(), tuple(findings), (), tuple(notes), {"seed": 0}, _CITED)


@dataclass(frozen=True, eq=False, repr=False)
class MetricReport(Report):
    """The report for a metric: as any other, with a sentence of its own."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        return f"{self.notes[0][0].upper()}{self.notes[0][1:]}."


def _degree(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or int(text) > 8:
        raise InputError(f"degree: {text!r} is no whole number up to 8")
    return int(text)


def _curvature(metric: Metric) -> list[str]:
    """Sentences on the curvature, each decided exactly."""
    space, n = metric.space, metric.dimension
    if n == 1:
        return ["one dimension: no curvature"]
    if metric.riemann().is_zero():
        return ["flat: the Riemann tensor is exactly zero"]
    out = []
    if metric.ricci().is_zero():
        out.append("a vacuum: the Ricci tensor is exactly zero")
    else:
        scalar = metric.scalar()
        out.append(f"scalar curvature {space.text(scalar)}")
        if all(not space.derivative(scalar, i) for i in range(n)) and n > 2:
            defect = [dict(metric.ricci()[i, j]) for i in range(n) for j in range(n)]
            for p, (i, j) in zip(defect, ((i, j) for i in range(n) for j in range(n))):
                add_to(p, space.times(scaled(scalar, -1), metric.g(i, j)), Fraction(1, n))
            if not any(metric.expression(space.text(p)) for p in defect):
                out.append("an Einstein space: the Ricci tensor is R g / n")
    if n > 2 and is_conformally_flat(metric):
        out.append("conformally flat")
    return out


def _finding(metric: Metric, field: VectorField, found: KillingVectors) -> Finding:
    exact = metric.is_killing([field.space.text(c) for c in field.coefficients])
    return Finding(
        name=str(field),
        action=FieldAction(field),
        defect=0.0 if exact else 1.0,
        interval=(0.0, 0.0) if exact else (1.0, 1.0),
        verdict="exact" if exact else "broken",
        how="the Lie derivative of the metric along the field is the zero tensor",
        notes=("An isometry: a Killing vector.",),
        code="report.best.action.field.flow(points, 0.1)",
        evidence={"generator": str(field)},
        picture=Formulas((("generator", field_latex(field)), ("metric", "ds^{2} = " + line_element_latex(metric)))),
    )


def _proper(conformal: KillingVectors | None, killing: KillingVectors) -> list[VectorField]:
    """Conformal Killing vectors that are no combinations of Killing vectors and those before them."""
    if conformal is None:
        return []
    basis = [VectorField(f.space, f.coefficients) for f in killing]
    out: list[VectorField] = []
    for field in conformal:
        moved = _in_ring(basis, field)
        if combination(field, moved) is None:
            basis.append(field)
            out.append(field)
    return out


def _in_ring(basis: list[VectorField], like: VectorField) -> list[VectorField]:
    from symmeter.spacetime.parsing import parse_expression

    return [
        VectorField(like.space, tuple(parse_expression(f.space.text(c), like.space) for c in f.coefficients))
        for f in basis
    ]


def _stretching(metric: Metric, field: VectorField) -> Finding:
    texts = [field.space.text(c) for c in field.coefficients]
    change = metric.lie_derivative(texts)
    i, j = next(index for index, p in sorted(metric.components.items()) if p)
    factor: Poly = metric.space.times(change[i, j], metric.space.inverse(scaled(metric.g(i, j), 2)))
    kappa = metric.space.text(metric.expression(metric.space.text(factor)))
    exact = (change - metric.stretched(kappa)).is_zero()
    return Finding(
        name=str(field),
        action=FieldAction(field),
        defect=0.0 if exact else 1.0,
        interval=(0.0, 0.0) if exact else (1.0, 1.0),
        verdict="exact" if exact else "broken",
        how="the Lie derivative of the metric along the field is a multiple of the metric",
        notes=(f"A conformal symmetry, no isometry: the metric is stretched at the rate {kappa}.",),
        code="report.best.action.field.flow(points, 0.1)",
        evidence={"generator": str(field), "rate": kappa},
        picture=Formulas((("generator", field_latex(field)),)),
    )
