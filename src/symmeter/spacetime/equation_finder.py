"""Finds the symmetries of differential equations: the finder that ``find`` runs on texts of equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Report
from symmeter.groups import NamedGroup
from symmeter.representations import Space, UnaveragedAction
from symmeter.spacetime.conservation import conservation_laws
from symmeter.spacetime.gauge_currents import GaugeCurrent
from symmeter.spacetime.lagrangians import Lagrangian
from symmeter.spacetime.latex import field_latex, polynomial_latex, symbol_latex
from symmeter.spacetime.polynomials import exponents
from symmeter.spacetime.superposition import added_solution
from symmeter.spacetime.systems import PDESystem, PointSymmetries
from symmeter.spacetime.vector_fields import VectorField
from symmeter.subjects import Subject
from symmeter.subjects.equations import Equations
from symmeter.subjects.formulas import Formulas

__all__ = ["EquationFinder", "EquationReport", "FieldAction"]

_MOST_FINDINGS = 40


class EquationFinder(Finder):
    """Solves the determining equations, counts their solutions, and looks for conserved currents."""

    name = "equations"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, Equations)
        given = subject.options
        names: dict[str, Any] = {k: given.get(k, "") for k in ("parameters", "functions")}
        options.report_progress(0.1, "determining equations")
        lagrangian = None
        if "lagrangian" in given:
            lagrangian = Lagrangian(given["lagrangian"], given["independent"], given["dependent"], **names)
            system = lagrangian.field_equations
        else:
            system = PDESystem(subject.texts, given["independent"], given["dependent"], **names)
        symmetries = system.point_symmetries()
        options.report_progress(0.6, "conservation laws")
        notes = [symmetries.statement, *_about(system, symmetries)]
        laws: list[tuple[str, str]] = []
        if lagrangian is None:
            laws, said = _laws(system, given)
            notes += said
        else:
            laws, said = _gauge(lagrangian, given)
            notes += said
        # Finitely many are listed like others, and of a Lagrangian each has a current of its own.
        added = () if symmetries.finite or lagrangian is not None else symmetries.superpositions
        chosen = [g for g in symmetries.generators if g not in added][:_MOST_FINDINGS]
        # The system's own currents belong to no single field: they stand beside the first.
        findings = tuple(_finding(system, g, lagrangian, laws if k == 0 else []) for k, g in enumerate(chosen))
        if added:
            findings += (_superposition(symmetries, [] if chosen else laws),)
        return EquationReport(subject.describe(), findings, (), tuple(notes), {"seed": 0}, ("asymptotic-symmetries",))


class FieldAction(UnaveragedAction):
    """How a vector field moves the variables of an equation.

    Attributes
    ----------
    field : VectorField
        With ``flow`` for finite elements.
    """

    def __init__(self, field: VectorField) -> None:
        self.field = field
        moved = [*field.space.independent, *field.space.dependent]
        where = "has an element for each number; use finding.action.field.flow(points, eps)"
        super().__init__(
            NamedGroup("R", abelian=True, where=where),
            Space(len(moved), title=", ".join(moved)),
            f"{field} moves variables by a group that is not compact; there is no average over it",
        )


@dataclass(frozen=True, eq=False, repr=False)
class EquationReport(Report):
    """The report for equations: as any other, with a sentence of its own."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        if not self.findings:
            return "No point symmetry has polynomial coefficients."
        return f"{self.notes[0][0].upper()}{self.notes[0][1:]}."


def _finding(
    system: PDESystem, field: VectorField, lagrangian: Lagrangian | None, laws: list[tuple[str, str]]
) -> Finding:
    space = system.space
    lines = [("generator", field_latex(field))]
    notes = [f"{_kind(field).capitalize()}."]
    evidence: dict[str, Any] = {"generator": str(field)}
    if lagrangian is not None:
        if lagrangian.is_variational(field):
            current = lagrangian.noether(field)
            evidence["current"] = str(current)
            lines += [
                (f"current J^{x}", polynomial_latex(space, j)) for x, j in zip(space.independent, current.current)
            ]
            notes.append(f"Conserved: {current} (D_i J^i + Q E(L) is the zero polynomial).")
        else:
            notes.append("It changes the action: no conserved current belongs to it.")
    exact = system.is_symmetry(field)
    return Finding(
        name=str(field),
        action=FieldAction(field),
        defect=0.0 if exact else 1.0,
        interval=(0.0, 0.0) if exact else (1.0, 1.0),
        verdict="exact" if exact else "broken",
        how="the prolonged field, applied to the equations and reduced on solutions, is the zero polynomial",
        notes=tuple(notes),
        code="report.best.action.field.flow(points, 0.1)",
        evidence=evidence,
        picture=Formulas((*lines, *laws)),
    )


def _superposition(symmetries: PointSymmetries, laws: list[tuple[str, str]]) -> Finding:
    """One finding for all fields that add a solution of a linear equation."""
    space, members = symmetries.system.space, symmetries.superpositions
    equations = ", ".join(f"{p} = 0" for p in symmetries.homogeneous)
    exact = all(symmetries.system.is_symmetry(g) for g in members)
    shown = ", ".join(map(str, members))
    return Finding(
        name=f"{added_solution(space.dependent)}, any solution added",
        action=FieldAction(members[0]),
        defect=0.0 if exact else 1.0,
        interval=(0.0, 0.0) if exact else (1.0, 1.0),
        verdict="exact" if exact else "broken",
        how="the equations are linear; of the fields found, each is checked as the others are",
        notes=(f"Superposition: for every solution of {equations}. Found among polynomials: {shown}.",),
        code="report.best.action.field.flow(points, 0.1)",
        evidence={"generators": [str(g) for g in members], "homogeneous": list(symmetries.homogeneous)},
        picture=Formulas((*((f"generator {k}", field_latex(g)) for k, g in enumerate(members, 1)), *laws)),
    )


def _kind(field: VectorField) -> str:
    """What people call a field."""
    space = field.space
    names = [*space.independent, *space.dependent]
    moved = [(n, c) for n, c in zip(names, field.coefficients) if c]
    degrees = {sum(e for _, e in exponents(m)) for _, c in moved for m in c}
    if degrees == {0}:
        return f"translation of {', '.join(n for n, _ in moved)}"
    own = {n: space.poly(v) for n, v in zip(names, _numbers(space))}
    if all(list(c) == list(own[n]) for n, c in moved):
        return f"scaling of {', '.join(n for n, _ in moved)}"
    if max(degrees) <= 1:
        return f"linear motion of {', '.join(n for n, _ in moved)}"
    return f"motion of {', '.join(n for n, _ in moved)} of degree {max(degrees)}"


def _numbers(space: Any) -> list[int]:
    from symmeter.spacetime.vector_fields import coordinates_of

    return coordinates_of(space)


def _about(system: PDESystem, symmetries: PointSymmetries) -> list[str]:
    space, rules = system.space, system.orthonomic
    out = [f"solved for {', '.join(rules.leading())}; {len(system.determining)} determining equations"]
    out += [f"follows by cross-derivatives: {space.text(p)} = 0" for p in rules.added]
    out += [f"multiplied by what it was divided by: {text} = 0" for text in system.cleared]
    out += [f"where {case}: {found.statement}" for case, found in system.special_cases().items()]
    algebra = symmetries.algebra_name if symmetries.dim <= 20 else None
    if algebra is not None and symmetries.dim:
        out.append(f"Lie algebra: {algebra}")
    return out


def _whole(given: Any, key: str, usual: int) -> int:
    text = str(given.get(key, usual))
    if not text.isdigit():
        raise InputError(f"{key}: {text!r} is no whole number >= 0")
    return int(text)


def _gauge(lagrangian: Lagrangian, given: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Noether's second theorem for gauge symmetries, named or found: typeset, and as sentences."""
    if "gauge" in given:
        changes = [t.strip() for t in given["gauge"].split(";") if t.strip()]
        currents: tuple[GaugeCurrent, ...] = (lagrangian.gauge_current(changes),)
    else:
        try:
            currents = lagrangian.gauge_symmetries(_whole(given, "order", 1), _whole(given, "degree", 1))
        except InputError as error:
            return [], [f"no gauge symmetries were looked for: {error}"]
    lines: list[tuple[str, str]] = []
    notes = []
    for found in currents:
        if any(found.verify()):
            continue
        space = found.space
        lines += found.formulas()
        changed = [f"{u} by {space.text(q)}" for u, q in zip(space.dependent, found.characteristics) if q]
        notes.append(f"gauge symmetry: {', '.join(changed)}")
        notes += [f"identity of the field equations for every {g}: {space.text(n)} = 0"
                  for g, n in zip(found.gauge, found.identities)]  # fmt: skip
        surface = [f"k^{found.pair(*ij)} = {space.text(k)}" for ij, k in found.surface.items()]
        on_shell = f"a surface term: {'; '.join(surface)}" if surface else "zero"
        notes.append(f"on solutions the current of the gauge symmetry is {on_shell}")
    return lines, notes


def _laws(system: PDESystem, given: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Conserved currents, typeset and as sentences."""
    order, degree = _whole(given, "order", 1), _whole(given, "degree", 2)
    try:
        laws = conservation_laws(system, order, degree)
    except InputError as error:
        return [], [f"no conservation laws were looked for: {error}"]
    space = system.space
    lines, notes = [], []
    for law in laws:
        try:
            wrong = law.verify()
        except InputError:
            # Its current has an integral that no rule gives: the text says so.
            notes.append(f"conserved: {law}")
            continue
        if wrong:
            continue
        notes.append(f"conserved: {law}")
        parts = [
            rf"\partial_{{{symbol_latex(x)}}}\left({polynomial_latex(space, j)}\right)"
            for x, j in zip(space.independent, law.current)
            if j
        ]
        lines.append((f"multiplier {', '.join(space.text(m) for m in law.multipliers)}", " + ".join(parts) + " = 0"))
    return lines, notes
