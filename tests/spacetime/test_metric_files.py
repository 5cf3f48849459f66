"""``find`` on a text with a line element: recognised by content, reported whole, refused with one line."""

from __future__ import annotations

import re

import pytest

import symmeter as sm
from symmeter.errors import FileFormatError, InputError, UnknownNameError
from symmeter.subjects.equations import is_equation_file
from symmeter.subjects.line_elements import is_metric_file, read_metric

SCHWARZSCHILD = "ds^2 = -(1-2m/r) dt^2 + dr^2/(1-2m/r)\n + r^2 dtheta^2 + r^2 sin(theta)^2 dphi^2  # a black hole\n"


def written(tmp_path, text: str) -> str:
    path = tmp_path / "given.txt"
    path.write_text(text)
    return str(path)


def test_schwarzschild_from_a_file(tmp_path):
    report = sm.find(written(tmp_path, SCHWARZSCHILD))
    assert report.summary == "All 4 Killing vectors found."
    assert "a vacuum: the Ricci tensor is exactly zero" in report.notes
    assert "Lie algebra: so(3) + R" in report.notes
    assert [f.name for f in report.findings][:2] == ["∂_t", "∂_phi"]
    assert all(f.verdict == "exact" for f in report.findings)
    page = tmp_path / "report.html"
    report.save(page)
    text = page.read_text(encoding="utf-8")
    # The generator is typeset, without anything from outside.
    assert text.count("<math") == 8
    assert not re.findall(r"(?:src|href)=\"https?://", text)


def test_flat_space_has_conformal_fields_as_well(tmp_path):
    report = sm.find(written(tmp_path, "metric: -dt^2 + dx^2 + dy^2\n"))
    assert "flat: the Riemann tensor is exactly zero" in report.notes
    assert len(report.findings) == 10
    dilation = report["t ∂_t + x ∂_x + y ∂_y"]
    assert dilation.evidence["rate"] == "1"
    special = [f for f in report.findings if f.evidence.get("rate") not in (None, "1")]
    assert sorted(f.evidence["rate"] for f in special) == ["2*t", "2*x", "2*y"]


def test_free_functions_constants_and_curvature(tmp_path):
    text = "coordinates: t x y z\nfunctions: b(t)\nmetric: -dt^2 + b^2 (dx^2 + dy^2 + dz^2)\n"
    report = sm.find(written(tmp_path, text))
    assert report.notes[0] == "all 6 Killing vectors found, of those that are the same for every b"
    assert "conformally flat" in report.notes
    sphere = sm.find(written(tmp_path, "dtheta^2 + sin(theta)^2 dphi^2\n"))
    assert "scalar curvature 2" in sphere.notes
    assert len(sphere.findings) == 3
    space = sm.find(written(tmp_path, "(dx^2 + dy^2 + dz^2)/z^2\n"))
    assert "an Einstein space: the Ricci tensor is R g / n" in space.notes
    assert "scalar curvature -6" in space.notes


def test_metrics_and_equations_are_told_apart(tmp_path):
    path = written(tmp_path, "ds^2 = Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2\n"
                             "functions: Theta(phi) Xi(phi)\n")  # fmt: skip
    assert is_metric_file(path)
    assert sm.find(path).notes[0].startswith("all 0 Killing vectors found")
    equation = written(tmp_path, "D(u, t, 2) = D(u, x, 2)\n")
    assert is_equation_file(equation)
    assert not is_metric_file(equation)
    assert not is_metric_file(written(tmp_path, "1 2 3\n4 5 6\n"))
    assert not is_metric_file(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("metric: dx^2 + q(", InputError, "at character"),
        ("metric: dx^2 + x", InputError, "not quadratic"),
        ("metric: dx^2 + 2 dx dy + dy^2", InputError, "degenerate"),
        ("metric: dx^2 + dy^2\ncordinates: x y", UnknownNameError, "did you mean 'coordinates'"),
        ("metric: dx^2\ncoordinates: x\ncoordinates: x", FileFormatError, "said twice"),
        ("metric:\ncoordinates: x", FileFormatError, "no line element"),
        ("metric: dx^2 + dy^2\ndegree: many", InputError, "no whole number"),
    ],
)
def test_bad_files(tmp_path, text, kind, words):
    with pytest.raises(kind, match=words):
        sm.find(written(tmp_path, text))


def test_what_was_read(tmp_path):
    subject = read_metric(written(tmp_path, SCHWARZSCHILD))
    assert subject.dimension == 4
    assert subject.describe().startswith("read a metric in 4 dimensions from ")
