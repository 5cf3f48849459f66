"""The page and the fragment: whole, self-contained, safe with any name, readable in both themes, true to the report."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from symmeter.report import render_fragment, render_html
from symmeter.report.numbers import defect_text, interval_text
from symmeter.report.verdicts import LOOKS

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Tree(HTMLParser):
    """Every start tag with its attributes, the visible text, and whether tags balance."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.balanced = True
        self.words: list[str] = []
        self.feed(source)
        self.balanced &= not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.balanced &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def reports(samples):
    many = [
        samples.finding(f"move {k}", verdict=list(LOOKS)[k % 7], defect=k / 30, interval=(k / 40, min(k / 20, 1.0)))
        for k in range(30)
    ]
    return {
        "empty": samples.report(),
        "bare": samples.report(options={}, citations=(), subject=""),
        "one": samples.report(samples.finding()),
        "nothing but broken": samples.report(samples.finding(verdict="broken", defect=0.8, interval=(0.7, 0.9))),
        "thirty": samples.report(*many),
        "flow": samples.report(samples.lie_finding()),
        "phases": samples.report(samples.phased_finding()),
        "crowd": samples.report(samples.crowded_finding()),
        "plain": samples.report(
            samples.finding(levels=(), notes=(), code="", how="", evidence={}, p_value=None, identifiability="")
        ),
        "digits": samples.digits_report(),
    }


KINDS = [
    "empty",
    "bare",
    "one",
    "nothing but broken",
    "thirty",
    "flow",
    "phases",
    "crowd",
    "plain",
    "digits",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("render", [render_html, render_fragment])
def test_every_report_renders_to_balanced_tags_and_well_formed_pictures(reports, kind, render):
    page = render(reports[kind])
    assert Tree(page).balanced
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        ElementTree.fromstring(svg)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("render", [render_html, render_fragment])
def test_nothing_is_loaded_from_elsewhere(reports, kind, render):
    page = render(reports[kind])
    for tag, attributes in Tree(page).tags:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base", "form")
        for key in ("src", "srcset", "data", "action", "poster", "xlink:href"):
            assert key not in attributes
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page
    assert "@import" not in page
    # The one address is the name of the SVG namespace, which nothing fetches.
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_allows_the_script_of_the_page_and_no_other(reports, kind):
    page = render_html(reports[kind])
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(a["content"] for t, a in Tree(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")


NASTY = '<script>alert("x")</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\x1b[31m\u202e\'"`</style></title>'


def hostile(samples):
    names = tuple(f"{NASTY}{k}" for k in range(3))
    return samples.report(
        samples.finding(
            NASTY,
            names=names,
            group=NASTY,
            how=NASTY,
            notes=(NASTY,),
            code=f"print({NASTY!r})\n",
            evidence={NASTY: NASTY},
            identifiability=NASTY,
            levels=(samples.Level(NASTY, True, 0.1, None, NASTY),),
        ),
        samples.finding(NASTY, names=names, group=NASTY, verdict="broken", notes=(NASTY,)),
        subject=NASTY,
        notes=(NASTY,),
        options={NASTY: NASTY},
        citations=(NASTY,),
        ladder=(samples.Rung(0.0, NASTY, 1, NASTY), samples.Rung(0.1, NASTY, 2, NASTY)),
    )


@pytest.mark.parametrize("render", [render_html, render_fragment])
def test_a_hostile_name_stays_text_everywhere(samples, render):
    page = render(hostile(samples))
    tree = Tree(page)
    assert tree.balanced
    tags = [t for t, _ in tree.tags]
    assert tags.count("script") == (render is render_html)
    assert "img" not in tags
    assert not any(k.startswith("on") for _, a in tree.tags for k in a)
    assert "{{ 7 * 7 }}" in html.unescape(page)
    assert "\u202e" not in page
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        ElementTree.fromstring(svg)


def test_code_is_given_as_written_so_that_it_can_be_pasted(samples):
    code = "a = report['x']\nb = a.symmetrize(c)  # <keep> & 'quote'"
    page = render_html(samples.report(samples.finding(code=code)))
    assert html.unescape(re.search(r"<pre[^>]*><code>(.*?)</code>", page, flags=re.S).group(1)) == code


def test_every_finding_shows_its_numbers_and_words(reports):
    report = reports["thirty"]
    text = Tree(render_html(report)).text
    for f in report:
        assert f.name in text
        assert f"{defect_text(f.defect, f.interval)} {interval_text(f.defect, f.interval)}" in text
        assert f"{LOOKS[f.verdict].mark} {f.verdict}" in text


def test_every_gauge_has_a_text_alternative_with_its_numbers(reports):
    for kind in KINDS:
        report = reports[kind]
        labels = [a["aria-label"] for t, a in Tree(render_html(report)).tags if a.get("class") == "svg-gauge"]
        expected = [
            f"defect {defect_text(f.defect, f.interval)}, 95 % interval {interval_text(f.defect, f.interval)}"
            for f in sorted(report, key=lambda f: f.verdict == "broken")
        ]
        assert len(labels) == len(expected)
        assert all(e in label for e, label in zip(expected, labels))


def test_broken_findings_are_folded_away_unless_there_is_nothing_else(reports):
    fold = [a for t, a in Tree(render_html(reports["thirty"])).tags if t == "details" and "fold" in a.get("class", "")]
    assert len(fold) == 1
    assert "open" not in fold[0]
    alone = Tree(render_html(reports["nothing but broken"])).tags
    assert "open" in next(a for t, a in alone if t == "details" and "fold" in a.get("class", ""))


def test_the_overview_appears_with_many_findings_only(reports):
    def tables(kind):
        return [t for t, _ in Tree(render_html(reports[kind])).tags if t == "table"]

    assert tables("thirty") == ["table"]
    assert tables("one") == []


def test_links_of_the_overview_lead_to_cards(reports):
    tags = Tree(render_html(reports["thirty"])).tags
    anchors = [a["href"][1:] for t, a in tags if t == "a"]
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(anchors) == 30
    assert set(anchors) == set(ids)
    assert len(ids) == len(set(ids))


def test_a_fragment_claims_no_ids_so_that_several_fit_in_one_notebook(reports):
    assert not [a for _, a in Tree(render_fragment(reports["thirty"])).tags if "id" in a]


def test_a_test_that_was_not_made_is_said_to_be_missing(samples):
    level = samples.Level("second moments", True, 0.2, 1.0, "ratio")
    text = Tree(render_html(samples.report(samples.finding(levels=(level,))))).text
    assert "whole distribution not tested" in text


def test_a_rejected_symmetry_says_nothing_about_what_could_have_generated_the_data(samples):
    held, broken = (
        Tree(
            render_html(samples.report(samples.finding(verdict=v, identifiability="generative subgroup possible")))
        ).text
        for v in ("symmetric", "broken")
    )
    assert "may have been generated" in held
    assert "may have been generated" not in broken


def test_a_shift_is_shown_on_pixels_and_a_permutation_of_columns_as_rings(reports):
    digits = [a.get("class") for _, a in Tree(render_html(reports["digits"])).tags]
    shown = sum(f.verdict != "broken" for f in reports["digits"])
    assert digits.count("svg-heatmap") == 2 * shown
    assert "svg-ring" not in digits
    assert "svg-ring" in [a.get("class") for _, a in Tree(render_html(reports["one"])).tags]
    assert [a.get("class") for _, a in Tree(render_html(reports["flow"])).tags].count("svg-heatmap") == 3


def rules(css: str, prefix: str = ""):
    """Selectors with their declarations; at-rules are entered."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    position = 0
    while (start := css.find("{", position)) >= 0:
        depth, stop = 1, start + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[stop], 0)
            stop += 1
        head, body = css[position:start].strip(), css[start + 1 : stop - 1]
        if head.startswith("@"):
            yield from rules(body, f"{prefix}{head} ")
        else:
            yield prefix, head, body
        position = stop


def test_styles_of_a_fragment_touch_nothing_outside_it(reports):
    (css,) = re.findall(r"<style>(.*?)</style>", render_fragment(reports["one"]), flags=re.S)
    selectors = [s.strip() for _, head, _ in rules(css) for s in head.split(",")]
    assert len(selectors) > 100
    for selector in selectors:
        assert re.match(r"((body\[[^\]]*\]|\.vscode-\w+) )?\.symmeter\b", selector), selector


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_has_enough_contrast_in_both_themes(reports):
    (css,) = re.findall(r"<style>(.*?)</style>", render_html(reports["one"]), flags=re.S)
    themes = {}
    for _, _, body in rules(css):
        tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", body))
        if "card" in tokens:
            themes[tokens["card"]] = tokens
    assert len(themes) == 2
    for tokens in themes.values():
        for ground in ("page", "card", "sunk"):
            for ink in ("ink", "soft", "good", "part", "warn", "bad", "mute"):
                assert contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground, tokens)
        for tone in ("good", "part", "warn", "bad", "mute"):
            assert contrast(tokens[tone], tokens[f"{tone}-wash"]) >= 4.5, (tone, tokens)


def test_the_page_follows_the_system_and_the_toggle(reports):
    (css,) = re.findall(r"<style>(.*?)</style>", render_html(reports["one"]), flags=re.S)
    dark = [(at, head) for at, head, body in rules(css) if "color-scheme: dark" in body]
    assert ("@media screen and (prefers-color-scheme: dark) ", '.symmeter:not([data-theme="light"])') in dark
    assert ("@media screen ", '.symmeter[data-theme="dark"]') in dark


def test_marks_differ_by_shape_wherever_tones_differ():
    tone_of = {}
    for look in LOOKS.values():
        assert tone_of.setdefault(look.mark, look.tone) == look.tone
    assert len({look.ascii for look in LOOKS.values()}) == len(tone_of)


def test_a_report_saves_both_ways_and_reads_back(reports, tmp_path):
    for kind in ("empty", "one", "thirty"):
        report = reports[kind]
        path = report.save(tmp_path / "report.html")
        assert path.read_text(encoding="utf-8") == render_html(report)
        plain = json.loads(json.dumps(report.to_json()))
        assert plain["subject"] == report.subject
        assert [f["defect"] for f in plain["findings"]] == [f.defect for f in report]
        assert json.loads(report.save(tmp_path / "report.json").read_text(encoding="utf-8")) == plain
        assert report._repr_html_() == render_fragment(report)


def test_rendering_is_deterministic(reports):
    assert render_html(reports["crowd"]) == render_html(reports["crowd"])


def test_importing_the_room_loads_neither_jinja2_nor_rich():
    import subprocess

    code = "import sys, symmeter.report; print(sorted({'jinja2', 'rich', 'markupsafe'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_real_actions_render_as_the_stand_ins_do(samples):
    """A permutation, a signed one, an orthogonal matrix and a flow from the ground floor go through both renderers."""
    import numpy as np

    from symmeter.groups import LieAlgebra
    from symmeter.representations import Dense, FlowAction, Monomial, Space, action_of

    half = np.sqrt(0.5)
    mirror = np.eye(4)
    mirror[:2, :2] = [[half, half], [half, -half]]
    skew = np.zeros((1, 4, 4))
    skew[0, 0, 1], skew[0, 1, 0] = 1.0, -1.0
    space = Space(4, ("a", "b", "c", "d"))
    actions = [
        action_of([Monomial([1, 2, 3, 0], name="turn")], space),
        action_of([Monomial([1, 0, 2, 3], [-1.0, -1.0, 1.0, 1.0], name="swap")], space),
        action_of([Dense(mirror, name="mirror")], space),
        FlowAction(LieAlgebra(skew), space),
    ]
    findings = [samples.Finding(f"action {k}", a, 0.01, (0.0, 0.02)) for k, a in enumerate(actions)]
    report = samples.report(*findings)
    page = render_html(report)
    for f in findings:
        assert f.group.name in page
    classes = [a.get("class") for _, a in Tree(page).tags]
    assert classes.count("svg-ring") == 2
    assert classes.count("svg-heatmap") == 2
    assert Tree(render_fragment(report)).balanced
    json.dumps(report.to_json())
