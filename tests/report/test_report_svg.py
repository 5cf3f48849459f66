"""The pictures: well-formed, safe with any name, and true to the numbers they draw."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.findings import Rung
from symmeter.report.numbers import defect_text, interval_text, measured
from symmeter.report.svg import bars, cycle_rings, gauge, heatmap, ladder, needle_angle, strip
from symmeter.report.svg.heatmap import LARGEST_SIDE, shade_scale
from symmeter.report.svg.ladder import ladder_sentence, widest_steps
from symmeter.report.svg.orbit_graph import phase_text

NS = "{http://www.w3.org/2000/svg}"
NASTY = "</svg><script>alert(1)</script>\x1b[31m&\"'\u202e"


def parse(svg) -> ElementTree.Element:
    root = ElementTree.fromstring(str(svg))
    assert root.tag == f"{NS}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.find(f"{NS}title") is not None
    return root


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter(f"{NS}text")]


def drawn_angle(svg) -> float:
    needle = next(g for g in parse(svg).iter(f"{NS}g") if g.get("class") == "needle")
    return float(re.fullmatch(r"rotate\((.*)\)", needle.get("transform")).group(1))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.booleans())
@settings(max_examples=60)
def test_the_gauge_says_what_it_was_given(a, b, c, small):
    low, value, high = sorted((a, b, c))
    svg = gauge(value, (low, high), "good", small=small)
    root = parse(svg)
    assert drawn_angle(svg) == pytest.approx(needle_angle(value), abs=0.006)
    assert defect_text(value, (low, high)) in texts(root)
    assert interval_text(value, (low, high)) in root.get("aria-label")
    assert small or interval_text(value, (low, high)) in texts(root)


def test_the_needle_turns_from_one_end_to_the_other_and_never_back():
    defects = np.concatenate([[0.0], np.logspace(-8, 0, 200)])
    angles = [needle_angle(d) for d in defects]
    assert angles[0] == -90
    assert angles[-1] == pytest.approx(90)
    assert (np.diff(angles) > 0).all()
    drawn = [drawn_angle(gauge(d, (d, d), "bad")) for d in (0.0, 1e-3, 1e-2, 0.1, 1.0)]
    assert drawn == sorted(set(drawn))


def test_the_arc_ends_where_the_interval_ends():
    svg = gauge(0.05, (0.02, 0.2), "warn")
    arc = next(p for p in parse(svg).iter(f"{NS}path") if p.get("class") == "interval warn").get("d")
    x0, y0, x1, y1 = (float(v) for v in re.fullmatch(r"M(\S+) (\S+)A.* 0 0 1 (\S+) (\S+)", arc).groups())
    for (x, y), value in (((x0, y0), 0.02), ((x1, y1), 0.2)):
        assert math.degrees(math.atan2(x - 130, 126 - y)) == pytest.approx(needle_angle(value), abs=0.02)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_certificate_without_width_is_still_visible_and_on_the_dial(value):
    arc = next(p for p in parse(gauge(value, (value, value), "good")).iter(f"{NS}path") if "interval" in p.get("class"))
    x0, y0, x1, y1 = (float(v) for v in re.fullmatch(r"M(\S+) (\S+)A.* 0 0 1 (\S+) (\S+)", arc.get("d")).groups())
    assert math.hypot(x1 - x0, y1 - y0) > 3
    assert max(y0, y1) <= 126.0


def test_the_strip_uses_the_same_scale():
    root = parse(strip(0.01, (0.001, 0.1), "part"))
    dot = float(next(root.iter(f"{NS}circle")).get("cx"))
    assert (dot - 6) / 120 == pytest.approx((needle_angle(0.01) + 90) / 180, abs=1e-3)


def cell_shades(svg, shape) -> np.ndarray:
    """Read a heat map back into an array of colours."""
    out = np.full(shape, "", dtype=object)
    for path in parse(svg).iter(f"{NS}path"):
        for x, y, width in re.findall(r"M(\d+) (\d+)h([\d.]+)v", path.get("d")):
            out[int(y), int(x) : int(x) + round(float(width))] = path.get("fill")
    return out


def test_a_heat_map_gives_equal_cells_equal_colours_and_fills_every_cell():
    values = np.random.default_rng(0).integers(0, 4, (5, 7)).astype(float)
    shades = cell_shades(heatmap(values, "numbers"), values.shape)
    assert "" not in shades
    for v in np.unique(values):
        assert len(set(shades[values == v])) == 1
    assert len(set(shades.ravel())) == len(np.unique(values))


def test_two_pictures_with_one_scale_are_comparable():
    before, after = np.array([[0.0, 1.0], [2.0, 4.0]]), np.array([[4.0, 2.0], [1.0, 0.0]])
    scale = shade_scale(before, after)
    first, second = (cell_shades(heatmap(v, "x", scale), (2, 2)) for v in (before, after))
    assert (first == second[::-1, ::-1]).all()


def test_signed_values_have_a_neutral_zero():
    kind, low, high = shade_scale(np.array([-1.0, 3.0]))
    assert (kind, low, high) == ("diverging", -3.0, 3.0)
    shades = cell_shades(heatmap(np.array([[-3.0, 0.0, 3.0]]), "x"), (1, 3)).ravel()
    red, green, blue = (int(shades[1][i : i + 2], 16) for i in (1, 3, 5))
    assert max(red, green, blue) - min(red, green, blue) < 12


def test_complex_values_of_one_modulus_differ_by_hue():
    values = np.exp(2j * np.pi * np.arange(4) / 4)[None, :]
    assert len(set(cell_shades(heatmap(values, "x"), (1, 4)).ravel())) == 4
    assert shade_scale(values + 0)[0] == "complex"
    assert shade_scale(values.real.astype(complex))[0] != "complex"


@pytest.mark.parametrize("shape", [(1, 1), (200, 3), (256, 256)])
def test_large_and_tiny_arrays_stay_small_files(shape):
    svg = heatmap(np.random.default_rng(1).normal(size=shape), "x")
    h, w = (min(s, LARGEST_SIDE) for s in shape)
    assert parse(svg).get("viewBox") == f"0 0 {w} {h}"
    assert len(svg) < 120_000


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), np.nan), np.array([[np.inf, 1.0], [0.0, -1.0]])])
def test_degenerate_arrays_are_drawn(values):
    parse(heatmap(values, "x"))
    parse(bars(values.ravel(), "x", (0.0, 0.0)))


def test_bars_stand_on_the_axis_and_reach_their_values():
    root = parse(bars(np.array([1.0, -1.0, 0.5]), "x", (-1.0, 1.0), width=90.0))
    up, down = (
        next(p for p in root.iter(f"{NS}path") if p.get("class") == f"bar {k}").get("d") for k in ("up", "down")
    )
    tops = [float(v) for v in re.findall(r"V([\d.]+)H", up)]
    bottoms = [float(v) for v in re.findall(r"V([\d.]+)H", down)]
    assert len(tops) == 2
    assert len(bottoms) == 1
    assert 32 - tops[0] == pytest.approx(2 * (32 - tops[1]), abs=0.02)
    assert bottoms[0] - 32 == pytest.approx(32 - tops[0], abs=0.02)


def test_each_cycle_is_a_ring_with_its_names(samples):
    rings, left_out, fixed = cycle_rings(samples.StubPermutation([1, 2, 0, 4, 3, 5]), lambda i: f"column {i}")
    assert (len(rings), left_out, fixed) == (2, 0, 1)
    first = parse(rings[0])
    assert first.get("aria-label") == "Cycle column 0 → column 1 → column 2 → column 0"
    assert [t.split("column")[-1] for t in texts(first)] == [" 0", " 1", " 2"]
    assert len([p for p in first.iter(f"{NS}path") if p.get("class") == "head"]) == 3


def test_nodes_of_a_ring_stand_on_a_circle(samples):
    circles = list(parse(cycle_rings(samples.StubPermutation([1, 2, 3, 4, 0]), str)[0][0]).iter(f"{NS}circle"))
    points = np.array([[float(c.get("cx")), float(c.get("cy"))] for c in circles])
    distances = np.linalg.norm(points - points.mean(0), axis=1)
    assert distances == pytest.approx(distances[0], abs=0.02)


def test_signs_and_phases_are_written_on_their_arrows(samples):
    rings, _, fixed = cycle_rings(samples.StubPermutation([1, 0, 2, 3], [1j, 1j, -1, 1]), str)
    assert len(rings) == 2
    assert fixed == 1
    assert "i" in texts(parse(rings[0]))
    assert "× −" in texts(parse(rings[1]))


def test_phase_texts():
    assert [phase_text(p) for p in (1, -1, 1j, -1j, np.exp(-2j * np.pi / 3))] == ["", "−", "i", "−i", "−120°"]


def test_a_crowd_of_cycles_is_counted_and_a_long_one_is_dots(samples):
    images = np.arange(100).reshape(-1, 2)[:, ::-1].ravel()
    rings, left_out, fixed = cycle_rings(samples.StubPermutation(images), str, most=12)
    assert (len(rings), left_out, fixed) == (12, 38, 0)
    (ring,), _, _ = cycle_rings(samples.StubPermutation(np.roll(np.arange(500), 1)), str)
    assert "500" in texts(parse(ring))
    assert len(ring) < 40_000


RUNGS = (Rung(0.0, "C1", 1, ""), Rung(0.0002, "C8", 8, "shift"), Rung(0.31, "D8", 16, "flip"))


def test_the_staircase_rises_at_the_tolerances():
    root = parse(ladder(RUNGS, 960.0))
    line = next(p for p in root.iter(f"{NS}path") if p.get("class") == "stairs").get("d")
    corners = [float(v) for v in re.findall(r"[MH]([\d.]+)", line)]
    assert corners == sorted(corners)
    # On a logarithmic axis the distance to the right end is proportional to the decades that are left.
    end = corners[-1]
    assert (end - corners[1]) / (end - corners[2]) == pytest.approx(math.log10(0.0002) / math.log10(0.31), rel=1e-3)
    assert "C1 < 0.0002 < C8 < 0.31 < D8" in root.get("aria-label")


def test_the_sentence_of_the_ladder():
    assert ladder_sentence(RUNGS) == "C1 < 0.0002 < C8 < 0.31 < D8"
    assert ladder_sentence(()) == ""


def test_a_long_ladder_keeps_its_ends_and_its_longest_steps():
    rungs = [Rung(0.0, "C1", 1, "")] + [Rung(10 ** (-6 + 0.05 * k), f"G{k}", k, "") for k in range(40)]
    rungs.append(Rung(0.9, "S64", 10**89, "all"))
    kept = widest_steps(rungs, 6)
    assert (kept[0].group, kept[-1].group, len(kept)) == ("C1", "S64", 6)
    assert "G39" in [r.group for r in kept]
    parse(ladder(rungs, 340.0))


@pytest.mark.parametrize(
    "rungs", [(), RUNGS[:1], (RUNGS[0], Rung(0.0, "C2", 2, "x")), (RUNGS[0], Rung(1.0, "S3", 6, "y"))]
)
def test_short_and_extreme_ladders_are_drawn(rungs):
    parse(ladder(rungs, 340.0))


def test_hostile_names_stay_text(samples):
    drawings = [
        ladder((Rung(0.0, NASTY, 1, ""), Rung(0.1, NASTY, 2, NASTY))),
        heatmap(np.eye(2), NASTY),
        bars(np.arange(3.0), NASTY, (0, 2)),
        *cycle_rings(samples.StubPermutation([1, 2, 0]), lambda i: NASTY)[0],
        *cycle_rings(samples.StubPermutation([1, 0]), lambda i: NASTY)[0],
    ]
    for svg in drawings:
        assert not list(parse(svg).iter(f"{NS}script"))
        assert "<script" not in svg
        assert "\x1b" not in svg


def test_measured_and_gauge_agree_for_tiny_defects():
    assert measured(3.2e-9, 0.0, 8.1e-9)[0] in texts(parse(gauge(3.2e-9, (0.0, 8.1e-9), "good")))
