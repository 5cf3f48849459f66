"""The terminal: fits the width, says what the report says, obeys NO_COLOR and no name from outside."""

from __future__ import annotations

import io
import re

import pytest

from symmeter.report import render_terminal
from symmeter.report.numbers import defect_text, interval_text, p_text
from symmeter.report.scale import meter_fraction
from symmeter.report.terminal import meter_bar
from symmeter.report.verdicts import LOOKS


def printed(report, width=120, encoding="utf-8", **options) -> str:
    from rich.console import Console

    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    console = Console(file=stream, width=width, **options)
    console.print(*render_terminal(report))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.fixture(scope="module")
def cases(samples):
    many = [
        samples.finding(f"move {k}", verdict=list(LOOKS)[k % 7], defect=k / 30, interval=(k / 40, min(k / 20, 1.0)))
        for k in range(30)
    ]
    return {
        "empty": samples.report(),
        "one": samples.report(samples.finding()),
        "thirty": samples.report(*many),
        "mixed": samples.report(
            samples.finding(), samples.lie_finding(), samples.phased_finding(), samples.crowded_finding()
        ),
    }


@pytest.mark.parametrize("kind", ["empty", "one", "thirty", "mixed"])
@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(cases, kind, width):
    text = printed(cases[kind], width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "…" not in re.sub(r"f\d+, …", "", text.split("ladder")[0])
    for f in cases[kind].found:
        assert f"{defect_text(f.defect, f.interval)} {interval_text(f.defect, f.interval)}" in text


def test_the_parts_come_in_order(cases):
    text = printed(cases["one"], 100)
    report = cases["one"]
    places = [
        text.index(part)
        for part in (
            report.subject,
            "symmetry",
            "defect [interval]",
            "swap",
            "ladder: C1 < 0.0032 < C2 < 0.31 < S3  (how the answer depends on tolerance)",
            report.summary,
            f"next: {report.best.code}",
        )
    ]
    assert places == sorted(places)


def test_a_wide_terminal_has_every_column(cases):
    header = next(line for line in printed(cases["mixed"], 120).splitlines() if line.startswith("symmetry"))
    columns = ["symmetry", "acts on", "group", "defect [interval]", "p", "verdict", "next"]
    assert re.sub(r"\s{2,}", "|", header.strip()).replace("meter|", "").split("|") == columns


@pytest.mark.parametrize("width", [80, 120])
def test_a_row_says_what_the_finding_says(samples, width):
    f = samples.finding(p_value=1e-30, verdict="nearly", defect=0.051, interval=(0.048, 0.055))
    row = next(line for line in printed(samples.report(f), width).splitlines() if line.startswith("swap"))
    for part in ("C2", "0.051 [0.048, 0.055]", p_text(1e-30), "▲ nearly"):
        assert part in row


def test_at_eighty_columns_it_still_says_what_is_acted_on(cases):
    assert "acts on 3 columns" in printed(cases["one"], 80)
    assert "256 columns" in printed(cases["mixed"], 80)


def test_surplus_broken_findings_are_counted(samples):
    broken = [samples.finding(f"b{k}", verdict="broken", defect=0.5 + k / 100, interval=(0.4, 0.9)) for k in range(20)]
    text = printed(samples.report(samples.finding(), *broken))
    assert "and 12 more broken ones, defects from 0.58" in text
    assert "b7" in text
    assert "b8" not in text


def test_no_color_is_respected(cases, monkeypatch):
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colour.search(printed(cases["one"], force_terminal=True, color_system="standard"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(printed(cases["one"], force_terminal=True, color_system="standard"))


def test_names_are_neither_markup_nor_control_sequences(samples):
    name = "[bold red]x[/]\x1b[2J\x07[/nope]"
    report = samples.report(samples.finding(name, group=name, code=name), subject=name, notes=(name,))
    text = printed(report, 120)
    assert "[bold red]" in text
    assert "[/nope]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_ascii_terminals_get_ascii_tables(cases):
    table = printed(cases["one"], 100, encoding="ascii")
    assert "* symmetric" in table
    assert "-#" in table


@pytest.mark.parametrize("cells", [5, 9, 14])
def test_the_bar_points_where_the_dial_points(cells):
    places = []
    for k in range(101):
        bar = meter_bar(k / 100, cells)
        assert len(bar) == cells
        assert abs(bar.index("◆") - meter_fraction(k / 100) * (cells - 1)) <= 0.5
        places.append(bar.index("◆"))
    assert places == sorted(places)
    assert places[-1] == cells - 1


@pytest.mark.parametrize("width", [108, 112, 120, 140])
def test_advice_is_shown_whole_or_not_at_all(samples, width):
    found = [samples.finding(f"swap({k},{k + 1})", verdict=verdict) for k, verdict in enumerate(LOOKS)]
    text = printed(samples.report(*found), width)
    words = {word for f in found for word in LOOKS[f.verdict].next.split()}
    shown = {word for word in words if re.search(rf"(?<!\S){word}(?!\S)", text)}
    header = next(line for line in text.splitlines() if line.startswith("symmetry"))
    assert shown == words if "next" in header else "impose" not in text
    assert "next" in header or width < 120


def test_a_group_without_a_name_says_what_it_moves(samples):
    named, unnamed = samples.finding("swap"), samples.finding("found group")
    cycles = unnamed.generators[0].describe(unnamed.action.space.names)
    assert f"found group: {cycles}" in printed(samples.report(unnamed), 120)
    assert cycles not in printed(samples.report(named), 120).split("ladder")[0]
