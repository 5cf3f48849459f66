"""``symmeter groups``: tables by order and name, identification, JSON, refusals."""

from __future__ import annotations

import json

import pytest

from symmeter.cli.app import main


def call(capsys, *words):
    status = main(words)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_named_group(capsys):
    status, out, err = call(capsys, "groups", "table", "D6")
    assert (status, err) == (0, "")
    assert out.startswith("D6, order 12")
    assert out.count("X") == 6


def test_all_groups_of_an_order(capsys):
    status, out, _ = call(capsys, "groups", "table", "36")
    assert status == 0
    assert "14 groups of order 36" in out
    assert out.count(", order 36\n") == 14


def test_a_list_without_tables(capsys):
    status, out, _ = call(capsys, "groups", "table", "12", "--list")
    assert status == 0
    assert "Dic3" in out
    assert "|C(g)|" not in out


def test_json_is_one_document(capsys):
    status, out, _ = call(capsys, "groups", "table", "8", "--json")
    found = json.loads(out)
    assert status == 0
    assert [g["name"] for g in found] == ["C8", "C2 x C4", "D4", "Q8", "C2^3"]
    assert [g["number"] for g in found] == [1, 2, 3, 4, 5]
    assert found[3]["table"]["irreps"][4]["type"] == "quaternionic"
    one = json.loads(call(capsys, "groups", "table", "A5", "--json")[1])
    assert one["table"]["irreps"][1]["values"] == ["3", "-1", "0", "phi", "1 - phi"]


def test_point_groups_show_operations_and_mulliken_symbols(capsys):
    for symbol in ("-43m", "Td"):
        status, out, _ = call(capsys, "groups", "table", "--point-group", symbol)
        assert status == 0
        assert "Hermann-Mauguin -43m" in out
        assert "6S4" in out
        assert "T2" in out
    assert "Schoenflies S4" in call(capsys, "groups", "table", "--point-group", "S4")[1]
    assert call(capsys, "groups", "table", "S4")[1].startswith("S4, order 24")


@pytest.mark.parametrize(
    ("generators", "expected"),
    [
        (("a^4, b^2, a b a b",), "D4: SmallGroup(8, 3), order 8"),
        (("(0,1,2,3)", "(0,1)"), "S4: SmallGroup(24, 12), order 24"),
        (("a^2, b^3, (ab)^7, [a,b]^4",), "GL(3,2): order 168"),
    ],
)
def test_identify(capsys, generators, expected):
    status, out, _ = call(capsys, "groups", "identify", *generators)
    assert status == 0
    assert out.startswith(expected)
    assert json.loads(call(capsys, "groups", "identify", *generators, "--json")[1])["order"] > 0


def test_saving(capsys, tmp_path):
    assert call(capsys, "groups", "table", "Q8", "--out", str(tmp_path / "q8.json"))[0] == 0
    assert json.loads((tmp_path / "q8.json").read_text())["name"] == "Q8"
    assert call(capsys, "groups", "table", "Q8", "--out", str(tmp_path / "q8.txt"))[0] == 0
    assert (tmp_path / "q8.txt").read_text().startswith("Q8, order 8")
    status, _, err = call(capsys, "groups", "table", "Q8", "--out", str(tmp_path / "q8.pdf"))
    assert status == 2
    assert ".json or .txt" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("groups", "table", "64"), "1..63"),
        (("groups", "table", "D6x"), "did you mean D6"),
        (("groups", "table", "0"), "positive"),
        (("groups", "identify", "a^2, b^2"), "did not close"),
        (("groups", "identify", "a^("), "exponent"),
        (("groups", "tabel", "8"), "did you mean table"),
    ],
)
def test_refusals_are_one_line(capsys, words, said):
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
