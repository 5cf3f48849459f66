"""The Gaunt experiment: a smoke run passes what it can judge, writes its figure, and says what it did not run."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

from symmeter.papers.gaunt_tensor_products import PAPER  # noqa: E402
from symmeter.papers.run import run_paper  # noqa: E402


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("gaunt")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_judges_what_needs_no_timing(results):
    out, found = results
    words = {c["statement"]: c["outcome"] for c in found["claims"]}
    assert len(words) == len(PAPER.claims)
    assert not [s for s, status in words.items() if status == "falls short"]
    assert sum(status == "passed" for status in words.values()) >= 6
    assert (out / "figure.svg").stat().st_size > 1000


def test_mirror_images_are_told_apart_by_a_bracket_alone(results):
    _, found = results
    said = {c["statement"]: c for c in found["claims"]}
    alone = next(c for s, c in said.items() if "alone" in s and "mirror" in s)
    both = next(c for s, c in said.items() if "one Poisson bracket" in s)
    assert "87.5" in json.dumps(alone)
    assert "100" in json.dumps(both)
