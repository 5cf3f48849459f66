"""Run a paper's experiment: keep finished parts, compare claims with what was measured, write results and figure."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from symmeter.errors import InputError, MissingDependencyError, OutputError, UnknownNameError
from symmeter.papers.checkpoints import Checkpoints, encode
from symmeter.papers.paper import OUTCOMES, SCALES, Measured, Outcome, Paper
from symmeter.progress import Progress, silent

__all__ = ["SCHEMA", "Record", "run_paper"]

SCHEMA = "symmeter/results/1"


@dataclass(frozen=True, eq=False)
class Record:
    """A finished run.

    Attributes
    ----------
    paper : Paper
    scale : str
    seed : int
    measured : tuple of Measured
    tables : mapping
    seconds : float
        Wall time of the work, parts that were read from disk included with the time they once took.
    resumed : tuple of str
        Parts that were read from disk.
    results_path : Path
    figure_path : Path or None
    notes : tuple of str
    """

    paper: Paper
    scale: str
    seed: int
    measured: tuple[Measured, ...]
    tables: Any
    seconds: float
    resumed: tuple[str, ...]
    results_path: Path
    figure_path: Path | None
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no claim fell short."""
        return all(m.outcome != "falls short" for m in self.measured)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims had each outcome."""
        return {word: sum(m.outcome == word for m in self.measured) for word in OUTCOMES}

    @property
    def sentence(self) -> str:
        """How many claims passed, in one sentence."""
        count = self.counts
        rest = f", {count['not run']} not run at this scale" if count["not run"] else ""
        short = f"{count['falls short']} fall short" if count["falls short"] else "none falls short"
        return f"{count['passed']} of {len(self.measured)} claims passed, {short}{rest} ({self.seconds:.1f} s)"

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values; nothing in it names the machine it ran on."""
        import numpy
        import scipy

        from symmeter import __version__, conventions

        return {
            "schema": SCHEMA,
            "slug": self.paper.slug,
            **({"part": self.paper.part} if self.paper.part else {}),
            "title": self.paper.title,
            "date": self.paper.date,
            "authors": self.paper.authors,
            "implements": list(self.paper.implements),
            "scale": self.scale,
            "seed": self.seed,
            # Nothing is said about all claims as long as some were not run.
            "passed": None if self.passed and self.counts["not run"] else self.passed,
            "counts": self.counts,
            "summary": self.sentence,
            "claims": [
                {
                    "statement": m.claim.statement,
                    "expected": m.claim.expected,
                    "source": m.claim.source,
                    "kind": m.claim.kind,
                    "measured": encode(m.value),
                    "outcome": m.outcome,
                    "detail": m.detail,
                }
                for m in self.measured
            ],
            "tables": encode(self.tables),
            "versions": {
                "symmeter": __version__,
                "conventions": conventions.VERSION,
                "python": platform.python_version(),
                "numpy": numpy.__version__,
                "scipy": scipy.__version__,
            },
            "wall_seconds": round(self.seconds, 3),
            "resumed_parts": list(self.resumed),
            "figure": None if self.figure_path is None else self.figure_path.name,
            "notes": list(self.notes),
        }


def run_paper(
    paper: Paper,
    scale: str,
    out: str | Path,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> Record:
    """Run an experiment and write ``results.json`` and its figure into ``out``.

    Parameters
    ----------
    paper : Paper
    scale : str
        ``"smoke"``, ``"laptop"`` or ``"full"``.
    out : path
        Folder, made when it does not exist.
    seed : int
        Same seed, same results.
    progress : callable, optional
        See :mod:`symmeter.progress`.
    note : callable, optional
        Told, in one sentence, what a person should know.

    Returns
    -------
    Record

    Raises
    ------
    UnknownNameError
        If the scale is none of the three.
    OutputError
        If the folder cannot be made or written.
    KeyboardInterrupt
        After Ctrl-C, with a text that says what was kept; calling again with the same arguments resumes.
    """
    if scale not in SCALES:
        raise UnknownNameError(f"scale {scale!r} is unknown; use one of {', '.join(SCALES)}")
    folder = _folder(out)
    notes: list[str] = []

    def remember(text: str) -> None:
        notes.append(text)
        if note is not None:
            note(text)

    checkpoints = Checkpoints(folder, paper.slug, scale, seed, _version_of(paper), note=remember)
    start = time.perf_counter()
    try:
        outcome = paper.run(scale=scale, checkpoints=checkpoints, progress=progress or silent, seed=seed)
    except KeyboardInterrupt:
        kept = len(checkpoints.resumed) + len(checkpoints.computed)
        parts = "1 finished part is kept" if kept == 1 else f"{kept} finished parts are kept"
        raise KeyboardInterrupt(f"{parts} in {folder}; the same command resumes") from None
    measured = _in_order(paper, outcome)
    figure_path = _draw(outcome, folder, remember)
    record = Record(
        paper=paper,
        scale=scale,
        seed=seed,
        measured=measured,
        tables=dict(outcome.tables),
        seconds=time.perf_counter() - start + checkpoints.resumed_seconds,
        resumed=tuple(checkpoints.resumed),
        results_path=folder / "results.json",
        figure_path=figure_path,
        notes=tuple(notes),
    )
    from symmeter.files import write_atomic

    text = json.dumps(record.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomic(record.results_path, text)
    # Parts of a finished run would make the next run repeat old numbers instead of measuring.
    checkpoints.clear()
    return record


def _folder(out: str | Path) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(f"{folder} cannot be used for results: {why}; choose another folder") from error
    return folder


def _version_of(paper: Paper) -> str:
    """The library's version and a digest of the experiment's sources, so that edited code does not meet old parts."""
    import inspect

    from symmeter import __version__

    source = inspect.getsourcefile(inspect.unwrap(paper.run)) if inspect.isroutine(paper.run) else None
    if not source or not Path(source).is_file():
        return f"{__version__}+unknown"
    path = Path(source)
    # An experiment may be spread over private modules beside it: _slug_figure.py, ...
    files = [path, *sorted(path.parent.glob(f"_{path.stem}_*.py"))]
    return f"{__version__}+{sha256(b''.join(f.read_bytes() for f in files)).hexdigest()[:12]}"


def _in_order(paper: Paper, outcome: Outcome) -> tuple[Measured, ...]:
    """One result per claim, in the order of the claims; a claim that was forgotten counts as not run."""
    results = {m.claim: m for m in outcome.measured}
    strangers = [m.claim.statement for m in outcome.measured if m.claim not in paper.claims]
    if strangers:
        raise InputError(f"{paper.slug}: a result belongs to no claim of the paper: {strangers[0]!r}")
    return tuple(results.get(claim) or claim.skipped("no result was returned") for claim in paper.claims)


def _draw(outcome: Outcome, folder: Path, note: Callable[[str], None]) -> Path | None:
    from symmeter.files import write_atomic, write_figure

    if outcome.figure is None:
        return None
    try:
        figure = outcome.figure()
    except MissingDependencyError as error:
        note(f"the figure is not drawn: {error}")
        return None
    if isinstance(figure, str):
        return write_atomic(folder / "figure.svg", figure)
    write_figure(figure, folder / "figure.svg", dpi=100)
    return write_figure(figure, folder / "figure.png", dpi=160)
