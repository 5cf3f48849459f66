"""The one result type: what was found, how exact it is, how that was measured, and what to do with it.

A :class:`Report` holds the findings for a subject, best first, and the ladder of groups against tolerance. Both are
immutable, print in a terminal, show in a notebook, and save to HTML and JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError

if TYPE_CHECKING:
    from symmeter.groups import Group
    from symmeter.representations import Action, Projector, Transformation
    from symmeter.subjects.drawing import Drawing
    from symmeter.subjects.formulas import Formulas
    from symmeter.subjects.static_picture import StaticPicture

__all__ = ["SCHEMA", "VERDICTS", "Finding", "Level", "Picture", "Report", "Rung"]

SCHEMA = "symmeter/report/1"

#: What a finding may be called, most symmetric first, with what each word claims.
VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "exact": "invariant to rounding; nothing was estimated",
        "symmetric": "no violation seen in any of the tests that were made",
        "second moments only": "the covariance has it, the whole distribution does not",
        "borderline": "not rejected at the level asked for, but doubtful (p below 0.05)",
        "nearly": "broken beyond doubt, but by little",
        "undecided": "not rejected, but the data could not show even a large violation: too few samples",
        "broken": "not a symmetry",
        "unidentifiable": "the data cannot single it out",
    }
)


@dataclass(frozen=True)
class Level:
    """One test that a finding was put to.

    Attributes
    ----------
    name : str
        ``"second moments"`` or ``"whole distribution"`` (finders may add others).
    passed : bool
    p_value : float or None
    statistic : float or None
    method : str
        The test in words, with its sample size.
    """

    name: str
    passed: bool
    p_value: float | None
    statistic: float | None
    method: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A sample before and after the transformation; ``grid`` is its shape when it is an image."""

    before: Float[np.ndarray, " m"]
    after: Float[np.ndarray, " m"]
    grid: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Finding:
    """A symmetry that a subject has, nearly has, or lacks.

    Attributes
    ----------
    name : str
        What people call it: ``"shift x"``, ``"joint group"``.
    action : Action
        How the group moves the data.
    defect : float
        How far from exact, in [0, 1]; 1 is as broken as a random transformation of the same kind.
    interval : tuple of float
        Where the defect lies with probability 0.95.
    p_value : float or None
        Probability of a violation at least as large if the symmetry were exact (second moments).
    verdict : str
        A key of ``VERDICTS``.
    how : str
        How the defect was measured, one sentence.
    levels : tuple of Level
        Which tests it was put to.
    identifiability : str
        ``"generative subgroup possible"``, ``"supergroup only"``, ``"unidentifiable"`` or empty.
    notes : tuple of str
        Plain sentences for people.
    code : str
        A line of Python that uses the finding; may be empty.
    evidence : mapping
        Numbers behind the verdict (``ratio`` to the noise level, ``n``, ...).
    picture : Picture, Drawing, Formulas or None
        A sample before and after, a shape with its axes and planes, or formulas.
    """

    name: str
    action: Action
    defect: float
    interval: tuple[float, float]
    p_value: float | None = None
    verdict: str = "symmetric"
    how: str = ""
    levels: tuple[Level, ...] = ()
    identifiability: str = ""
    notes: tuple[str, ...] = ()
    code: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    picture: Picture | Drawing | Formulas | StaticPicture | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise InputError(f"verdict {self.verdict!r} is unknown; use one of {', '.join(VERDICTS)}")
        if not 0.0 <= self.defect <= 1.0:
            raise InputError(f"a defect lies in [0, 1]; got {self.defect}")
        object.__setattr__(self, "evidence", MappingProxyType(dict(self.evidence)))

    def __getstate__(self) -> dict[str, Any]:
        # Read-only views do not pickle; joblib sends findings between processes.
        return {**self.__dict__, "evidence": dict(self.evidence)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        object.__setattr__(self, "evidence", MappingProxyType(state["evidence"]))

    @property
    def group(self) -> Group:
        """The group, as an abstract group."""
        return self.action.group

    @property
    def generators(self) -> tuple[Transformation, ...]:
        """The transformations that generate the group."""
        return self.action.generators

    @property
    def order(self) -> int | None:
        """Number of elements; None for a Lie group."""
        return self.group.order

    @property
    def holds(self) -> bool:
        """Whether the finding may be used as a symmetry of the second moments."""
        return self.verdict in ("exact", "symmetric", "second moments only", "borderline")

    def projector(self) -> Projector:
        """The exact group average: ``finding.projector() @ x``."""
        return self.action.projector()

    def symmetrize(self, covariance: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """The covariance averaged over the group: a better estimate than the sample covariance at small n."""
        return self.action.symmetrize(covariance)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values that ``json.dumps`` accepts; not-finite numbers become text."""
        return {
            "name": self.name,
            "group": self.group.name,
            "order": None if self.order is None else str(self.order) if self.order > 2**53 else self.order,
            "acts_on": self.action.space.describe(),
            "defect": _plain(self.defect),
            "interval": [_plain(v) for v in self.interval],
            "p_value": _plain(self.p_value),
            "verdict": self.verdict,
            "how": self.how,
            "levels": [
                {
                    "name": level.name,
                    "passed": level.passed,
                    "p_value": _plain(level.p_value),
                    "statistic": _plain(level.statistic),
                    "method": level.method,
                }
                for level in self.levels
            ],
            "identifiability": self.identifiability,
            "notes": list(self.notes),
            "code": self.code,
            "generators": [_generator_json(g, self.action.space.names) for g in self.generators],
            "evidence": {key: _plain(value) for key, value in self.evidence.items()},
        }

    def __repr__(self) -> str:
        low, high = self.interval
        p = "" if self.p_value is None else f", p = {self.p_value:.2g}"
        return f"{self.name}: {self.group.name}, defect {self.defect:.3g} [{low:.3g}, {high:.3g}]{p}, {self.verdict}"


@dataclass(frozen=True, eq=False)
class Rung:
    """One step of the ladder: from this tolerance on, the subject has this group.

    Attributes
    ----------
    tolerance : float
        The defect at which the step is taken.
    group : str
        Name of the group from here on.
    order : int or None
    added : str
        The finding that was added.
    """

    tolerance: float
    group: str
    order: int | None
    added: str

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"tolerance": _plain(self.tolerance), "group": self.group, "order": self.order, "added": self.added}


@dataclass(frozen=True, eq=False)
class Report:
    """The findings for a subject, best first, and its ladder.

    Attributes
    ----------
    subject : str
        The line that says what was read.
    findings : tuple of Finding
    ladder : tuple of Rung
        By growing tolerance, starting with the trivial group at 0.
    notes : tuple of str
        What holds for the whole report: dead columns, which dictionaries were chosen and why.
    options : mapping
        What was asked for (alpha, dictionary, seed, ...), so that the run can be repeated.
    citations : tuple of str
        Slugs of the papers that the result rests on.
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    ladder: tuple[Rung, ...] = ()
    notes: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    citations: tuple[str, ...] = ()

    @property
    def best(self) -> Finding:
        """The first finding.

        Raises
        ------
        InputError
            If nothing was found.
        """
        if not self.findings:
            raise InputError("the report has no findings; see report.notes for what was looked at")
        return self.findings[0]

    @property
    def found(self) -> tuple[Finding, ...]:
        """The findings that hold."""
        return tuple(f for f in self.findings if f.holds)

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        held = self.found
        if not held:
            if not self.findings:
                return "No symmetry was looked for."
            if all(f.verdict == "unidentifiable" for f in self.findings):
                return "No symmetry can be named: the data look the same from every direction (white noise)."
            if all(f.verdict in ("undecided", "broken") for f in self.findings) and any(
                f.verdict == "undecided" for f in self.findings
            ):
                return "Too few samples: nothing can be said of the candidates that were not rejected."
            nearest = min(self.findings, key=lambda f: f.defect)
            return f"No symmetry holds; the nearest is {nearest.name} with a defect of {nearest.defect:.2g}."
        best = held[0]
        subject = "The covariance is" if best.verdict == "second moments only" else "The data are"
        sentence = (
            f"{subject} symmetric under {_moves_text(best)} ({best.group.name}), with a defect of {best.defect:.2g}"
        )
        inside = {g.name for g in best.generators}
        fellows = [f.name for f in held[1:] if f.name not in inside and f.verdict == best.verdict]
        if fellows:
            more = f" and {len(fellows) - 4} more" if len(fellows) > 4 else ""
            sentence += f"; also {', '.join(fellows[:4])}{more}"
        weaker = [f.name for f in held[1:] if f.verdict == "second moments only"]
        if weaker and best.verdict != "second moments only":
            sentence += f". On second moments only: {', '.join(weaker[:5])}{', ...' if len(weaker) > 5 else ''}"
        return sentence + "."

    def __iter__(self):
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, key: int | str) -> Finding:
        if isinstance(key, str):
            for finding in self.findings:
                if finding.name == key:
                    return finding
            names = ", ".join(f.name for f in self.findings)
            raise InputError(f"no finding is called {key!r}; there are {names or 'none'}")
        return self.findings[key]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values, with the schema's name and version."""
        from symmeter import __version__

        return {
            "schema": SCHEMA,
            "symmeter": __version__,
            "subject": self.subject,
            "summary": self.summary,
            "findings": [f.to_json() for f in self.findings],
            "ladder": [r.to_json() for r in self.ladder],
            "notes": list(self.notes),
            "options": {key: _plain(value) for key, value in self.options.items()},
            "citations": list(self.citations),
        }

    def save(self, path: str | Path) -> Path:
        """Write the report; ``.html`` or ``.json`` decides what. An existing file is replaced only by a whole one.

        Raises
        ------
        InputError
            If the extension is neither.
        OutputError
            If the file cannot be written.
        """
        from symmeter.files import write_atomic

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".json":
            text = json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"
        elif suffix in (".html", ".htm"):
            from symmeter.report import render_html

            text = render_html(self)
        else:
            raise InputError(f"{path}: a report is saved as .html or .json, not {path.suffix or 'without extension'}")
        return write_atomic(path, text)

    def _repr_html_(self) -> str:
        from symmeter.report import render_fragment

        return render_fragment(self)

    def __rich_console__(self, console: Any, options: Any):
        from symmeter.report import render_terminal

        yield from render_terminal(self)

    def __repr__(self) -> str:
        lines = [self.subject, *(f"  {f!r}" for f in self.findings)]
        if self.ladder:
            lines.append("ladder: " + ladder_text(self.ladder))
        return "\n".join([*lines, self.summary])


def _moves_text(finding: Finding) -> str:
    """``shift_y, shift_x and rot180 together``: the generators' names where they are short, else the finding's."""
    names = [g.name for g in finding.generators]
    if not 1 <= len(names) <= 6 or len(set(names)) < len(names) or max(len(n) for n in names) > 32:
        return f"a {finding.name}" if finding.name.endswith("group") else finding.name
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} together"


def ladder_text(ladder: tuple[Rung, ...]) -> str:
    """``C1 < 0.002 < C8 < 0.31 < D8``: which group the subject has as the tolerance grows."""
    from symmeter.report.numbers import plain_number

    return " < ".join(r.group if i == 0 else f"{plain_number(r.tolerance)} < {r.group}" for i, r in enumerate(ladder))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, complex):
        return {"re": _plain(value.real), "im": _plain(value.imag)}
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _generator_json(g: Transformation, names: tuple[str, ...] | None) -> dict[str, Any]:
    own = getattr(g, "to_json", None)
    if own is not None:
        return _plain(own())
    from symmeter.representations import Monomial

    if isinstance(g, Monomial):
        out: dict[str, Any] = {"name": g.name, "images": g.images.tolist(), "cycles": g.describe(names)}
        if g.phases is not None:
            out["phases"] = _plain(g.phases)
        return out
    return {"name": g.name, "matrix": _plain(g.matrix())}
