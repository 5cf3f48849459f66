"""Numbers as text: what is written must be the number, to the digits that are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.report.numbers import defect_text, evidence_text, measured, order_text, p_text, plain_number
from symmeter.report.scale import meter_fraction
from symmeter.report.text import printable, shorten

_UNSUPER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read_back(text: str) -> float:
    mantissa, _, power = text.partition("10") if "⁰" in text or "⁻" in text else (text, "", "")
    if not power:
        return float(text)
    return (float(mantissa.replace("×", "")) if mantissa.strip() else 1.0) * 10.0 ** int(power.translate(_UNSUPER))


@given(st.floats(1e-300, 1e300), st.integers(1, 6))
def test_plain_number_is_the_number_to_its_digits(value, digits):
    assert math.isclose(float(plain_number(value, digits)), value, rel_tol=0.5 * 10.0 ** (1 - digits) * 1.0001)


@given(st.floats(1e-200, 9e-5))
def test_superscripts_say_the_same_as_plain_exponents(value):
    assert math.isclose(read_back(plain_number(value, superscripts=True)), float(plain_number(value)), rel_tol=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_measured_value_is_rounded_by_less_than_its_half_width(a, b, c):
    low, value, high = sorted((a, b, c))
    half = (high - low) / 2
    for text, number in zip(measured(value, low, high), (value, low, high)):
        allowed = max(0.5 * half, 0.051 * number, 5.1e-6)
        assert abs(float(text) - number) <= allowed * 1.0001


def test_a_measured_value_keeps_the_digits_that_its_interval_supports():
    assert measured(0.0032, 0.001, 0.0061) == ("0.0032", "0.0010", "0.0061")
    assert measured(0.9312, 0.6, 0.99) == ("0.93", "0.60", "0.99")
    assert measured(0.0, 0.0, 0.004) == ("0", "0", "0.004")
    assert defect_text(0.0, (0.0, 0.0)) == "0"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0.0, "< 1e-12"),
        (9.9e-13, "< 1e-12"),
        (1e-12, "1e-12"),
        (0.0496, "0.05"),
        (1.0, "1"),
    ],
)
def test_p_values(p, text):
    assert p_text(p) == text


def test_no_p_value_below_one_is_written_as_one_unless_it_rounds_there():
    assert p_text(0.994) == "0.99"
    assert p_text(0.04, relation=True) == "p = 0.04"
    assert p_text(1e-20, relation=True) == "p < 1e-12"


def test_orders_of_any_size():
    assert order_text(None) == "continuous"
    assert order_text(10**9 - 1) == "999,999,999"
    assert order_text(math.factorial(256)) == "8.6 × 10⁵⁰⁶"


def test_evidence_of_every_kind():
    import numpy as np

    assert evidence_text(np.float64(0.25)) == "0.25"
    assert evidence_text(np.arange(12)) == "0, 1, 2, 3, 4, 5, 6, 7, … (12 in all)"
    assert evidence_text(True) == "yes"
    assert evidence_text(1 - 2j) == "1 - 2i"
    assert evidence_text(math.inf) == "∞"


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_scale_keeps_the_order(a, b):
    assert (meter_fraction(a) <= meter_fraction(b)) == (a <= b) or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-18)
    assert 0 <= meter_fraction(a) <= 1


@given(st.text())
def test_printable_text_has_nothing_that_xml_or_a_terminal_obeys(text):
    shown = printable(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in shown)
    assert not set(shown) & set("\u202e\u2066\ufffe\uffff")
    assert printable(shown) == shown


@given(st.text(), st.integers(3, 40))
def test_short_text_fits_and_keeps_both_ends(text, width):
    short = shorten(text, width)
    assert len(short) <= width
    full = printable(text)
    if len(full) > width:
        head, tail = short.split("…", 1) if "…" not in full else (short[0], short[-1])
        assert full.startswith(head)
        assert full.endswith(tail)
