"""How a report is shown: a self-contained HTML page, a page of several, a fragment for notebooks, and a terminal.

The functions import jinja2 and rich when they are called, so that importing this room costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symmeter.findings import Report

__all__ = ["render_fragment", "render_gallery", "render_html", "render_terminal"]


def render_html(report: Report) -> str:
    """The report as one complete page that loads nothing from elsewhere.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        An HTML document; styles, pictures and the small script are inside it.

    Examples
    --------
    >>> from symmeter.findings import Report
    >>> render_html(Report("read nothing: 0 samples"))[:15]
    '<!doctype html>'
    """
    from symmeter.report.html import page

    return page(report)


def render_fragment(report: Report) -> str:
    """The report as a piece of HTML for a notebook: scoped styles, no script.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        One ``<div>`` with its own ``<style>``.

    Examples
    --------
    >>> from symmeter.findings import Report
    >>> "<script" in render_fragment(Report("read nothing: 0 samples"))
    False
    """
    from symmeter.report.html import fragment

    return fragment(report)


def render_gallery(
    reports: Sequence[tuple[str, Report]], title: str = "Reports", introduction: str | Sequence[str] = ()
) -> str:
    """Several reports as one complete page that loads nothing from elsewhere.

    Parameters
    ----------
    reports : sequence of (str, Report)
        Each with its title.
    title : str
        What stands at the top of the page.
    introduction : str or sequence of str
        Paragraphs below the title.

    Returns
    -------
    str
        An HTML document.

    Raises
    ------
    InputError
        If there is no report.

    Examples
    --------
    >>> from symmeter.findings import Report
    >>> page = render_gallery([("first", Report("read a")), ("second", Report("read b"))], title="Two tables")
    >>> page.count('<section class="exhibit"')
    2
    """
    from symmeter.report.gallery import page

    return page(reports, title, [introduction] if isinstance(introduction, str) else introduction)


def render_terminal(report: Report) -> Iterable[Any]:
    """The report as renderables for a rich console, which decides on width and colour.

    Parameters
    ----------
    report : Report

    Returns
    -------
    iterable of rich renderables
        The input line, the table, the ladder, a sentence in plain words and the code line.

    Examples
    --------
    >>> import rich
    >>> from symmeter.findings import Report
    >>> rich.print(*render_terminal(Report("read nothing: 0 samples")))
    read nothing: 0 samples
    <BLANKLINE>
    No symmetry was looked for.
    """
    from symmeter.report.terminal import renderables

    return renderables(report)
