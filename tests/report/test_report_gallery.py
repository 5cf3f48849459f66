"""Several reports on one page: every anchor is unique and reached, nothing is loaded, hostile titles stay text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from symmeter.errors import InputError
from symmeter.report import render_gallery, render_html

HOSTILE = '<script>alert("x")</script> & "quoted" \x1b[31m'


class Attributes(HTMLParser):
    """All attributes of a page, and its text outside of styles and scripts."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.words.append(data)

    def handle_endtag(self, tag):
        self._inside = ""


@pytest.fixture
def page(samples):
    broken = samples.finding("turn", verdict="broken", defect=0.8, interval=(0.7, 0.9))
    reports = [
        ("Digits", samples.digits_report()),
        ("Two of one name", samples.report(samples.finding("swap"), samples.finding("swap"), broken)),
        ("A flow", samples.report(samples.lie_finding())),
        ("Nothing", samples.report()),
    ]
    return render_gallery(reports, "All of it", ("One paragraph.", "Another."))


def test_anchors_are_unique_and_every_link_reaches_one(page):
    tags = Attributes(page).tags
    anchors = [a["id"] for _, a in tags if "id" in a]
    links = [a["href"] for t, a in tags if t == "a"]
    assert len(anchors) == len(set(anchors))
    assert links
    assert {link.removeprefix("#") for link in links} <= set(anchors)
    assert all(link.startswith("#") for link in links)


def test_every_finding_has_a_dial_and_a_card(samples):
    report = samples.report(*(samples.finding(f"move {k}", defect=k / 10, interval=(0.0, 1.0)) for k in range(5)))
    page = render_gallery([("five", report)])
    assert page.count('class="card tone') == 5
    assert len(re.findall(r'<li class="tone-\w+"><a href="#report-1-finding-\d"', page)) == 5


def test_nothing_is_loaded_and_only_its_own_script_may_run(page):
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    tags = Attributes(page).tags
    policy = next(a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digest}'" in policy
    assert not {t for t, _ in tags} & {"link", "iframe", "object", "embed", "img", "base", "form"}
    assert not {key for _, a in tags for key in a} & {"src", "srcset", "action", "poster", "xlink:href"}
    assert "url(" not in page
    assert "@import" not in page


def test_hostile_titles_stay_text(samples):
    page = render_gallery([(HOSTILE, samples.report(samples.finding()))], HOSTILE, HOSTILE)
    assert page.count("<script>") == 1
    assert "\x1b" not in page
    assert 'alert("x")' in " ".join(Attributes(page).words)


def test_the_numbers_are_those_of_the_single_pages(samples):
    report = samples.digits_report()
    single, several = render_html(report), render_gallery([("Digits", report)])
    for gauge in re.findall(r'<svg class="svg-gauge.*?</svg>', single, flags=re.S):
        assert gauge in several


def test_a_gallery_without_reports_is_refused():
    with pytest.raises(InputError, match="at least one report"):
        render_gallery([])
