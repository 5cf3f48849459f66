"""Several reports on one page: a list of contents, then for each a board of dials and, folded, the findings in full.

The page is built from the templates of a single report and is as self-contained: its own script, allowed by its hash,
and nothing loaded from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from symmeter.errors import InputError
from symmeter.report.html import _context, _environment, page_script
from symmeter.report.numbers import defect_text, interval_text
from symmeter.report.pictures import Panel, panels
from symmeter.report.svg import gauge
from symmeter.report.text import printable
from symmeter.report.verdicts import LOOKS, Look

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.findings import Finding, Report

__all__ = ["page"]


@dataclass(frozen=True)
class Dial:
    """One small meter on the board, which leads to the card of its finding."""

    anchor: str
    name: str
    verdict: str
    look: Look
    group: str
    defect: str
    interval: str
    gauge: Markup


@dataclass(frozen=True)
class Section:
    """One report of the gallery: its title, dials, one picture, and the context that the templates of a report read."""

    anchor: str
    title: str
    dials: tuple[Dial, ...]
    picture: Panel | None
    shown: dict[str, Any]


def page(reports: Sequence[tuple[str, Report]], title: str, introduction: Sequence[str]) -> str:
    """The complete document."""
    from markupsafe import Markup

    from symmeter import __version__

    if not reports:
        raise InputError("a gallery shows at least one report; got none")
    sections = [_section(k + 1, name, report) for k, (name, report) in enumerate(reports)]
    script = page_script(turns=any(p.data for s in sections for c in s.shown["cards"] for p in c.panels))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("gallery.html")
        .render(
            whole_page=True,
            script=Markup(script),
            script_hash=digest,
            version=__version__,
            title=printable(title),
            introduction=[printable(p) for p in introduction],
            sections=sections,
            citations=sorted({printable(c) for _, report in reports for c in report.citations}),
        )
    )


def _section(number: int, title: str, report: Report) -> Section:
    anchor = f"report-{number}"
    shown = dict(_context(report))
    for key in ("cards", "broken"):
        # Anchors of a report are unique in its page only.
        shown[key] = [replace(c, anchor=f"{anchor}-{c.anchor}") for c in shown[key]]
    dials = tuple(_dial(f"{anchor}-finding-{k + 1}", f) for k, f in enumerate(report.findings))
    return Section(anchor, printable(title), dials, _picture(report), shown)


def _picture(report: Report) -> Panel | None:
    """The images of a sample, or how the columns of a table move, for the first finding that one generator makes."""
    shapes = [panel for f in report.findings for panel in panels(f) if panel.kind == "shape"]
    if shapes:
        return shapes[0]
    single = [f for f in report.findings if len(f.generators) == 1]
    drawn = [panel for f in single[:1] for panel in panels(f)]
    return next((p for p in drawn if p.kind != "stack"), None)


def _dial(anchor: str, finding: Finding) -> Dial:
    look = LOOKS[finding.verdict]
    return Dial(
        anchor,
        printable(finding.name),
        finding.verdict,
        look,
        printable(finding.group.name),
        defect_text(finding.defect, finding.interval),
        interval_text(finding.defect, finding.interval),
        gauge(finding.defect, finding.interval, look.tone, small=True),
    )
