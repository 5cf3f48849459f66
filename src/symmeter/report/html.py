"""The HTML of a report: one page that loads nothing, and a fragment for notebooks, from the same templates.

Autoescape is on for every template, and the page carries a content security policy that allows its own script alone
(by its hash), so that a hostile column name stays text even if a template were wrong.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from symmeter.report.card import card, folds
from symmeter.report.numbers import evidence_text
from symmeter.report.svg.ladder import ladder, ladder_sentence
from symmeter.report.text import printable, printable_lines
from symmeter.report.verdicts import LOOKS

if TYPE_CHECKING:
    from jinja2 import Environment

    from symmeter.findings import Report

__all__ = ["fragment", "page"]

#: With more findings than this, a table stands before the cards.
OVERVIEW_FROM = 7

#: A notebook shows this many cards opened out; the others unfold.
_OPEN_IN_FRAGMENT = 1


def page(report: Report) -> str:
    """The complete document."""
    from markupsafe import Markup

    context = _context(report)
    script = page_script(turns=any(p.data for c in context["cards"] for p in c.panels))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _environment().get_template("page.html")
    return template.render(whole_page=True, open_cards=0, script=Markup(script), script_hash=digest, **context)


def page_script(turns: bool = False) -> str:
    """The script of a page; with the part that turns shapes where there is one."""
    parts = [_resource("page.js").strip()] + ([_resource("shape.js").strip()] if turns else [])
    return "\n".join(parts)


def style_of(name: str) -> str:
    """A style sheet of the templates, for a picture in a file of its own."""
    return " ".join(_environment().get_template(name).render().split())


def fragment(report: Report) -> str:
    """The ``<div>`` for a notebook."""
    return (
        _environment()
        .get_template("fragment.html")
        .render(whole_page=False, open_cards=_OPEN_IN_FRAGMENT, **_context(report))
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def fit_to_print(value: Any) -> Any:
        return printable_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=fit_to_print,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _resource(name: str) -> str:
    return files("symmeter.report").joinpath("templates", name).read_text(encoding="utf-8")


def _context(report: Report) -> dict[str, Any]:
    from symmeter import __version__

    cards = [(card(f, k + 1), folds(f)) for k, f in enumerate(report.findings)]
    shown, broken = [c for c, fold in cards if not fold], [c for c, fold in cards if fold]
    counts: dict[str, int] = {}
    for c, _ in cards:
        counts[c.verdict] = counts.get(c.verdict, 0) + 1
    return {
        "version": __version__,
        "subject": printable(report.subject),
        "summary": printable(report.summary),
        "notes": [printable(n) for n in report.notes],
        "options": [(printable(k).replace("_", " "), printable(evidence_text(v))) for k, v in report.options.items()],
        "citations": [printable(c) for c in report.citations],
        "cards": shown,
        "broken": broken,
        "overview": shown + broken if len(cards) >= OVERVIEW_FROM else [],
        "counts": [(verdict, LOOKS[verdict], counts[verdict]) for verdict in LOOKS if verdict in counts],
        "ladder_wide": ladder(report.ladder, 960.0) if len(report.ladder) > 1 else None,
        "ladder_narrow": ladder(report.ladder, 340.0, most=7) if len(report.ladder) > 1 else None,
        "ladder_text": ladder_sentence(report.ladder),
        "sections": [_section(s) for s in getattr(report, "sections", ())],
    }


def _section(section: Any) -> dict[str, Any]:
    """A part beside the findings: a title, preformatted text, and a chart of its curves."""
    from symmeter.report.svg import curves

    return {
        "title": printable(section.title),
        "lead": printable(section.lead),
        "text": printable_lines(section.text),
        "chart": curves(section.curves, section.axes) if section.curves else None,
    }
