"""The catalogue of the nineteen papers: complete, consistent, honest about what is built, and citable."""

import re
from datetime import date
from types import SimpleNamespace

import pytest

from symmeter.errors import UnknownNameError
from symmeter.papers import CATALOGUE, bibtex, catalogue, load_paper
from symmeter.papers.catalogue import FIND_RESTS_ON, entry, software_bibtex

AUTHOR_COUNTS = {
    "soft-equivariance": 4,
    "symmetry-bootstrap": 4,
    "lie-decompositions": 2,
    "symmetry-optimizers": 2,
    "asymptotic-symmetries": 1,
    "group-selection": 1,
    "frame-averaging": 7,
    "yukawa-unification": 3,
    "polyhedra-benchmark": 7,
    "teleparallel-defects": 3,
    "gaunt-tensor-products": 3,
    "echo-search": 4,
    "cmt-benchmark": 19,
    "lorentz-eqgnn": 5,
    "flow-equivariant-rnn": 1,
    "multiflavor-mott": 2,
    "quantum-krylov": 2,
    "pta-anisotropy": 4,
    "noether-learning-dynamics": 2,
}


def test_all_nineteen_with_their_author_counts():
    assert {e.slug: e.authors for e in CATALOGUE} == AUTHOR_COUNTS
    assert len({e.title for e in CATALOGUE}) == len(CATALOGUE) == 19


@pytest.mark.parametrize("paper", CATALOGUE, ids=lambda e: e.slug)
def test_facts_of_an_entry(paper):
    assert re.fullmatch(r"[a-z0-9-]+", paper.slug)
    assert date(2013, 1, 1) <= date.fromisoformat(paper.date) <= date(2026, 12, 31)
    assert 40 < len(paper.summary) < 200
    assert "\n" not in paper.summary
    assert paper.summary.endswith(".")
    assert len(paper.names) <= paper.authors
    assert re.fullmatch(r"\d{4}\.\d{4,5}|", paper.eprint)
    # An arXiv number starts with year and month: no paper appears here before its preprint.
    if paper.eprint:
        year, month = 2000 + int(paper.eprint[:2]), int(paper.eprint[2:4])
        assert abs((year - int(paper.date[:4])) * 12 + month - int(paper.date[5:7])) <= 10


@pytest.mark.parametrize("paper", CATALOGUE, ids=lambda e: e.slug)
def test_bibtex_is_well_formed(paper):
    text = bibtex(paper.slug)
    assert re.match(r"@(article|inproceedings|misc|phdthesis)\{" + paper.slug + ",\n", text)
    assert text.count("{") == text.count("}")
    body = text.splitlines()[1:-1]
    assert all(re.fullmatch(r"  [a-zA-Z]+ = \{.*\},?", line) for line in body)
    assert all(line.endswith(",") for line in body[:-1])
    assert not body[-1].endswith(",")
    assert "τ" not in text
    authors = re.search(r"author = \{(.*)\}", text)
    if authors:
        names = authors[1].split(" and ")
        assert names[-1] == "others" or len(names) == paper.authors


def test_unknown_authors_are_not_invented():
    assert "author" not in bibtex("teleparallel-defects").replace("3 authors", "")
    assert "author = {M. Michalkiewicz and others}" in bibtex("polyhedra-benchmark")


def test_software_entry_carries_the_version():
    from symmeter import __version__

    assert f"version = {{{__version__}}}" in software_bibtex()


def test_what_find_rests_on_is_in_the_catalogue():
    assert all(entry(slug) for slug in FIND_RESTS_ON)


def test_status_follows_the_module(monkeypatch):
    paper = entry("frame-averaging")
    assert paper.module == "symmeter.papers.frame_averaging"
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    assert paper.status == "not built yet"
    with pytest.raises(UnknownNameError, match=r"frame-averaging is not built yet.*built: none so far"):
        load_paper("frame-averaging")
    monkeypatch.setattr(catalogue, "find_spec", lambda name: object())
    assert paper.status == "built"
    monkeypatch.setattr(catalogue, "import_module", lambda name: SimpleNamespace(PAPER=name))
    assert load_paper("frame-averaging") == "symmeter.papers.frame_averaging"


def test_a_built_paper_agrees_with_the_catalogue():
    for paper in CATALOGUE:
        if paper.status == "built":
            built = load_paper(paper.slug)
            assert (built.slug, built.title, built.authors) == (paper.slug, paper.title, paper.authors)
            assert built.claims


def test_a_typo_proposes_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean pta-anisotropy"):
        entry("pta-anisotropie")


@pytest.mark.parametrize(
    ("slug", "credit"),
    [
        ("group-selection", "M. A. Thornton"),
        ("lie-decompositions", "M. Mironenco and P. Forré"),
        ("yukawa-unification", "A. Çiçi, B. Niş and C. S. Ün"),
        ("cmt-benchmark", "H. Pan and 18 others"),
        ("teleparallel-defects", "3 authors"),
    ],
)
def test_credit(slug, credit):
    assert entry(slug).credit == credit
