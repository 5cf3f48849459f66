"""``find`` on a text of equations: recognised by content, reported whole, refused with one line."""

from __future__ import annotations

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import FileFormatError, InputError, UnknownNameError
from symmeter.subjects.equations import is_equation_file, read_equations


def written(tmp_path, text: str) -> str:
    path = tmp_path / "given.txt"
    path.write_text(text)
    return str(path)


def test_kdv_from_a_file(tmp_path) -> None:
    report = sm.find(written(tmp_path, "# waves\nu_t + 6 u u_x + u_xxx = 0\norder: 2\n"))
    assert [f.name for f in report.findings] == ["∂_t", "∂_x", "6*t ∂_x + ∂_u", "-3*t ∂_t - x ∂_x + 2*u ∂_u"]
    assert all(f.verdict == "exact" and f.defect == 0 for f in report.findings)
    assert report.summary == "All 4 symmetries found."
    laws = [n for n in report.notes if n.startswith("conserved: ")]
    assert len(laws) == 4
    moved = report.findings[2].action.field.flow(np.array([1.0, 2.0, 3.0]), 0.5)
    assert np.allclose(moved, [1.0, 5.0, 3.5])
    page = tmp_path / "report.html"
    report.save(page)
    assert "Lie algebra" in page.read_text(encoding="utf-8")


def test_a_lagrangian_gives_currents(tmp_path) -> None:
    text = "lagrangian: u_t^2/2 - u_x^2/2 + cos(u)\n"
    report = sm.find(written(tmp_path, text))
    boost = report["x ∂_t + t ∂_x"]
    assert boost.evidence["current"].startswith("J^t = ")
    assert any("Conserved" in note for note in boost.notes)


def test_a_gauge_symmetry_gives_identity_and_surface_term(tmp_path) -> None:
    text = "dependent: b a\nlagrangian: (a_x - b_t)^2/2 - (a_x - b_t)\ngauge: lambda_x; lambda_t\n"
    report = sm.find(written(tmp_path, text))
    assert "identity of the field equations for every lambda: -E_a_t - E_b_x = 0" in report.notes
    assert any("a surface term: k^tx = lambda*b_t - lambda*a_x + lambda" in note for note in report.notes)
    captions = [caption for caption, _ in report.findings[0].picture.lines]
    assert "surface term k^tx" in captions
    page = tmp_path / "report.html"
    report.save(page)
    assert "surface term" in page.read_text(encoding="utf-8")


def test_tables_stay_tables(tmp_path) -> None:
    path = written(tmp_path, "u_x, u_y\n1.0, 2.0\n2.0, 1.5\n3.0, 1.0\n")
    assert not is_equation_file(path)
    plain = written(tmp_path, "\n".join(" ".join(f"{v:.3f}" for v in row) for row in np.eye(4)))
    assert not is_equation_file(plain)
    assert not is_equation_file(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("u_t = u_y", InputError, "at character 7"),
        ("indpendent: t x\nu_t = u_xx", UnknownNameError, "did you mean 'independent'"),
        ("independent: t\nindependent: x\nu' = u", FileFormatError, "said twice"),
        ("lagrangian: u_t^2\nu_t = 0", FileFormatError, "a Lagrangian and equations"),
        ("independent: t x", FileFormatError, "has no equation"),
        ("gauge: lambda_t\nu_t = 0", FileFormatError, "say lagrangian: ... as well"),
        ("lagrangian: u_t^2 - u_x^2\ngauge: lambda", InputError, "changes the action"),
    ],
)
def test_bad_files(tmp_path, text: str, kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        sm.find(written(tmp_path, text))


def test_what_was_assumed_is_said(tmp_path) -> None:
    subject = read_equations(written(tmp_path, "u_t = u_xx"))
    assert "taken for independent variables: t x" in subject.describe()


def test_solutions_of_a_linear_equation_are_one_finding(tmp_path) -> None:
    report = sm.find(written(tmp_path, "u_t = u_xx\n"))
    assert [f.verdict for f in report] == ["exact"] * 7
    last = report.findings[-1]
    assert last.name == "f ∂_u, any solution added"
    assert "∂_u, x ∂_u, (x^2 + 2*t) ∂_u, (x^3 + 6*t*x) ∂_u" in last.notes[0]
    assert last.evidence["homogeneous"] == ["-u_xx + u_t"]
    assert "(4 of these) and 6 others" in report.summary


def test_a_current_without_a_rule_is_told_and_the_rest_is_found(tmp_path) -> None:
    report = sm.find(written(tmp_path, "u_t + F(u)*u_x = 0\nfunctions: F\n"))
    assert any(note.startswith("conserved: a current with multiplier 1, not integrated: F(u)") for note in report.notes)
    assert {"∂_t", "∂_x"} <= {f.name for f in report}


def test_equations_in_conservation_form_and_written_out(tmp_path) -> None:
    names = [f.name for f in sm.find(written(tmp_path, "u_t = u u_x\n"))]
    for text in ("diff(u, t) = diff(u^2/2, x)\n", "(u)_t = (u^2/2)_x\n"):
        assert [f.name for f in sm.find(written(tmp_path, text))] == names
