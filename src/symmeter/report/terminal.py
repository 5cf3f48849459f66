"""The report in a terminal: the input line, a table best first, the ladder, one sentence, and the line of code to use.

Everything is drawn for the width at hand, falls back to ASCII where it must, and leaves colour to the console, which
knows about NO_COLOR. Names from outside never reach rich's markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from symmeter.report.moves import moves_text
from symmeter.report.numbers import defect_text, interval_text, p_text
from symmeter.report.scale import meter_fraction
from symmeter.report.svg.ladder import ladder_sentence, widest_steps
from symmeter.report.text import printable, printable_lines, shorten
from symmeter.report.verdicts import LOOKS

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table
    from rich.text import Text

    from symmeter.findings import Finding, Report

__all__ = ["meter_bar", "renderables"]

#: Broken findings beyond this many are counted, not listed.
_MOST_BROKEN = 8
_MOST_RUNGS = 9
#: From this width on there is a column for what is acted on and, where no word is cut by it, for what to do next.
_ROOMY = 108
#: Width of the advice: its longest word is "covariance".
_ADVICE = 11


def renderables(report: Report) -> Iterator[Any]:
    """What to print, from the top."""
    from rich.console import Group
    from rich.text import Text

    # Each line travels in a Group of its own: a console joins bare texts that are printed together.
    yield Group(Text(printable(report.subject), style="bold"), *(Text(printable(n), style="dim") for n in report.notes))
    yield Group(Text(""))
    if report.findings:
        yield _FindingsTable(report.findings)
    if len(report.ladder) > 1:
        yield Group(_ladder_line(report))
    yield Group(Text(printable(report.summary)))
    code = next((f.code for f in report.findings if f.code and f.holds), "")
    if code:
        yield Group(Text.assemble(("next: ", "dim"), (printable_lines(code.rstrip()), "bold cyan"), overflow="fold"))


def meter_bar(defect: float, cells: int, ascii_only: bool = False) -> str:
    """A row of characters with a pointer at the defect, on the scale of the dial.

    Examples
    --------
    >>> meter_bar(0.0, 9), meter_bar(0.02, 9), meter_bar(1.0, 9, ascii_only=True)
    ('◆────────', '────◆────', '--------#')
    """
    place = round(meter_fraction(defect) * (cells - 1))
    line, pointer = ("-", "#") if ascii_only else ("─", "◆")
    return line * place + pointer + line * (cells - 1 - place)


class _FindingsTable:
    """The table, which learns the width only when it is printed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        broken = [f for f in findings if f.verdict == "broken"]
        hidden = broken[_MOST_BROKEN:]
        self.findings = [f for f in findings if not any(f is h for h in hidden)]
        self.hidden = hidden

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.measure import Measurement
        from rich.text import Text

        width, ascii_only = options.max_width, options.ascii_only
        table = self._table(width, ascii_only, advice=width >= _ROOMY)
        if Measurement.get(console, options.update(max_width=10 * width), table).minimum > width:
            # What to do next follows from the verdict: it goes before a word is cut.
            table = self._table(width, ascii_only, advice=False)
        yield table
        for f in self.findings:
            moves = moves_text(f, 2 * width - len(f.name) - 2)
            if moves and f.verdict != "broken":
                line = Text.assemble((f"{printable(f.name)}: ", "dim"), moves, overflow="fold")
                yield _in_ascii(line) if ascii_only else line
        if self.hidden:
            low = min(f.defect for f in self.hidden)
            yield Text(f"and {len(self.hidden)} more broken ones, defects from {low:.2g}", style="dim")
        yield Text("")

    def _table(self, width: int, ascii_only: bool, advice: bool) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        roomy = width >= _ROOMY
        spaces = {_acts_on(f) for f in self.findings}
        common = f"acts on {spaces.pop()}" if not roomy and len(spaces) == 1 else ""
        table = Table(
            box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            header_style="dim",
            caption=Text(common, style="dim") if common else None,
            caption_justify="left",
        )
        longest = max(len(f.name) for f in self.findings)
        table.add_column("symmetry", overflow="fold", min_width=min(longest, 18 if roomy else 12), max_width=26)
        if roomy:
            table.add_column("acts on", overflow="fold", min_width=10, max_width=20)
        table.add_column("group", overflow="fold", min_width=5, max_width=24 if roomy else 12)
        table.add_column("meter", no_wrap=True)
        table.add_column(Text("defect [interval]"), no_wrap=True)
        table.add_column("p", no_wrap=True)
        table.add_column("verdict", min_width=14 if roomy else 13)
        if advice:
            table.add_column("next", no_wrap=True)
        for f in self.findings:
            table.add_row(*self._row(f, roomy, advice, not roomy and not common, ascii_only))
        return table

    def _row(self, f: Finding, roomy: bool, advice: bool, acts_below: bool, ascii_only: bool) -> list[Text]:
        from rich.text import Text

        look = LOOKS[f.verdict]
        name = Text(shorten(f.name, 60), style="bold" if f.holds else "")
        if acts_below:
            name.append(f"\n{_acts_on(f)}", style="not bold dim")
        verdict = Text(f"{look.ascii if ascii_only else look.mark} {f.verdict}", style=look.style)
        cells = [
            name,
            *([Text(_acts_on(f))] if roomy else []),
            Text(shorten(f.group.name, 40)),
            Text(meter_bar(f.defect, 12 if roomy else 7, ascii_only), style=look.style),
            Text.assemble(defect_text(f.defect, f.interval), (f" {interval_text(f.defect, f.interval)}", "dim")),
            Text(p_text(f.p_value)),
            verdict,
            # Findings of some finders, such as moves of parameters, are not there to be imposed: they say what else.
            *([Text(fill(getattr(f, "next", look.next), _ADVICE))] if advice else []),
        ]
        if ascii_only:
            return [_in_ascii(cell) for cell in cells]
        return cells


def _in_ascii(text: Text) -> Text:
    # The spans of a style are kept, so a character may only become one character.
    text.plain = text.plain.replace("–", "-").replace("…", "~").encode("ascii", "replace").decode()
    return text


def _acts_on(f: Finding) -> str:
    return printable(f.action.space.describe()).removeprefix("the ")


def _ladder_line(report: Report) -> Text:
    from rich.text import Text

    shown = widest_steps(report.ladder, _MOST_RUNGS)
    left_out = len(report.ladder) - len(shown)
    remark = "how the answer depends on tolerance" + (f"; {left_out} short steps left out" if left_out else "")
    return Text.assemble(("ladder: ", "dim"), (ladder_sentence(shown), "bold"), (f"  ({remark})", "dim"))
