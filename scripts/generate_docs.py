"""Write the documentation pages that follow from the code: papers, conventions, command line.

Run ``python scripts/generate_docs.py`` after a change; a test compares the pages with what this writes.
"""

from __future__ import annotations

from pathlib import Path

import click

from symmeter.cli.app import app
from symmeter.conventions import CONVENTIONS, VERSION
from symmeter.papers import CATALOGUE, load_paper

DOCS = Path(__file__).parents[1] / "docs"


def papers_page() -> str:
    """The nineteen papers, newest first, with their claims where they are built."""
    entries = sorted(CATALOGUE, key=lambda e: e.date, reverse=True)
    built = sum(e.status == "built" for e in entries)
    lines = [
        "# Papers",
        "",
        f"symmeter is built from {len(entries)} works. Each becomes a system that runs, and an experiment that",
        "compares what the paper claims with what is measured: `symmeter reproduce SLUG`.",
        f"Built so far: {built} of {len(entries)}.",
        "BibTeX of any of them: `symmeter cite SLUG`. The summaries are ours.",
        "",
    ]
    for e in entries:
        lines += [f"## {e.title}", "", f"{e.summary}", ""]
        where = f"[arXiv {e.eprint}](https://arxiv.org/abs/{e.eprint})" if e.eprint else ""
        facts = " · ".join(
            part for part in (e.credit, e.date, e.venue, where, f"`{e.slug}`", f"**{e.status}**") if part
        )
        lines += [facts, ""]
        if e.status == "built":
            pictures = (DOCS / "assets" / "papers" / f"{e.slug}.{kind}" for kind in ("svg", "png"))
            figure = next((p for p in pictures if p.exists()), DOCS / f"{e.slug}.svg")
            if figure.is_file():
                lines += [f"![What `symmeter reproduce {e.slug}` draws](assets/papers/{figure.name})", ""]
            lines += ["| claim | expected | where from |", "|---|---|---|"]
            for claim in load_paper(e.slug).claims:
                cells = (claim.statement, claim.expected, f"{claim.source} ({claim.kind})")
                lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
            lines.append("")
    return "\n".join(lines)


def conventions_page() -> str:
    """The table of conventions."""
    lines = [
        "# Conventions",
        "",
        "What holds everywhere unless an argument says otherwise; `symmeter conventions` prints it.",
        f"This is table {VERSION}; its number goes into saved files and grows whenever a default changes.",
        "",
        "| matter | in symmeter | elsewhere, and how to convert |",
        "|---|---|---|",
    ]
    for c in CONVENTIONS:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in (c.matter, c.ours, c.others)) + " |")
    return "\n".join([*lines, ""])


def command_line_page() -> str:
    """The help of every command."""
    lines = [
        "# Command line",
        "",
        "Exit status: 0 done, 1 a claim fell short, 2 bad input, 70 a defect of symmeter,",
        "130 interrupted. `--json` prints JSON alone on standard output; text for people then goes to standard error.",
        "",
    ]
    root = click.Context(app, info_name="symmeter", terminal_width=88, **app.context_settings)
    return "\n".join([*lines, *_commands(app, root, "##")])


def _commands(group: click.Group, context: click.Context, heading: str) -> list[str]:
    """The help of each command of a group, and of the commands below it."""
    lines = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context, terminal_width=88)
        lines += [f"{heading} {own.command_path}", "", "```text", command.get_help(own).rstrip(), "```", ""]
        if isinstance(command, click.Group):
            lines += _commands(command, own, f"{heading}#")
    return lines


def pages() -> dict[Path, str]:
    """Every generated page."""
    return {
        DOCS / "papers.md": papers_page(),
        DOCS / "conventions.md": conventions_page(),
        DOCS / "reference" / "command-line.md": command_line_page(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
