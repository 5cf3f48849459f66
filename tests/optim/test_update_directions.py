"""Directions: published values, the groups they commute with, and what they are the steepest descent of."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, UnknownNameError  # noqa: E402
from symmeter.optim import (  # noqa: E402
    center,
    centered_hybrid,
    centered_row_norm,
    column_norm,
    hybrid,
    left_spectral,
    polar,
    right_spectral,
    row_norm,
)
from symmeter.optim.rules import RULES, DirectionSettings, rule_named  # noqa: E402

G = torch.tensor([[3.0, 4.0], [0.0, 5.0], [1.0, 0.0]], dtype=torch.float64)
EXACT = DirectionSettings(polar="svd", row_eps=0.0, damping=0.0)


def _close(value, expected, tol=2e-9):
    assert torch.allclose(value, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=tol), value


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (
            lambda m: polar(m),
            [[0.8309558014, 0.4642493873], [-0.4023073008, 0.8820422098], [0.3842672140, -0.0804614602]],
        ),
        (lambda m: row_norm(m, 0.0), [[0.6, 0.8], [0, 1], [1, 0]]),
        (lambda m: column_norm(m, 0.0), [[0.9486832981, 0.6246950476], [0, 0.7808688094], [0.3162277660, 0]]),
        (
            lambda m: centered_row_norm(m, 0.0),
            [[0.7933725246, 0.3969416504], [-0.6188205974, 0.7144961893], [-0.1745519272, -1.1114378397]],
        ),
        (
            lambda m: left_spectral(m, centered=True),
            [[0.7715167498, 0.2672612419], [-0.6172133998, 0.5345224838], [-0.1543033500, -0.8017837257]],
        ),
        (
            lambda m: hybrid(m, 0.0),
            [[0.4242640687, 0.5656854249], [-0.1405887450, 0.8125483400], [0.8945584412, -0.1405887450]],
        ),
        (
            lambda m: hybrid(m, 0.0, order="polar_then_row"),
            [[0.8729919144, 0.4877346794], [-0.4149814921, 0.9098298529], [0.9787735433, -0.2049447509]],
        ),
    ],
    ids=["polar", "row", "column", "centered row", "centered left", "row then polar", "polar then row"],
)
def test_values_of_a_small_matrix(direction, expected):
    _close(direction(G), expected)


@pytest.mark.parametrize(
    ("direction", "first_row"),
    [
        (lambda m: polar(m), [0.53986216, 0.56595404, -0.54294112]),
        (lambda m: centered_row_norm(m, 0.0), [0.47818333, 0.70407704, -0.64730275]),
        (lambda m: hybrid(m, 0.0), [0.52138294, 0.50222904, -0.54659612]),
        (lambda m: centered_hybrid(m, 0.0), [0.46579913, 0.53958835, -0.53198481]),
        (lambda m: left_spectral(m, centered=True), [0.46775117, 0.52968782, -0.54294936]),
    ],
    ids=["polar", "centered row", "hybrid", "centered hybrid", "centered left"],
)
def test_first_rows_of_a_matrix_of_sines(direction, first_row):
    i, j = torch.arange(5.0, dtype=torch.float64)[:, None], torch.arange(3.0, dtype=torch.float64)
    m = torch.sin(1 + 3 * i + j**2 + i * j)
    _close(torch.linalg.svdvals(m), [1.7121, 1.6574, 1.3198], 6e-5)
    _close(direction(m)[0], first_row, 6e-9)


# ---- groups ----------------------------------------------------------------------------------------------------------


def _uneven(m: int = 40, n: int = 8) -> torch.Tensor:
    g = torch.Generator().manual_seed(3)
    x = torch.randn(m, n, generator=g, dtype=torch.float64)
    return x * torch.logspace(-3, 1, m, dtype=torch.float64)[:, None]


def _rotation(n: int, seed: int) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(n, n, generator=g, dtype=torch.float64))[0]


def _apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


def _moved(name: str, left: torch.Tensor, right: torch.Tensor) -> float:
    rule, m = rule_named(name), _uneven()
    return _apart(rule(left @ m @ right, EXACT), left @ rule(m, EXACT) @ right)


ROW_RULES = ("polar", "row", "row_hybrid", "centered_row", "centered_hybrid", "left_spectral", "centered_left_spectral")


@pytest.mark.parametrize("name", [*ROW_RULES, "right_spectral"])
def test_row_rules_commute_with_permutations_and_rotations(name):
    p = torch.eye(40, dtype=torch.float64)[torch.randperm(40, generator=torch.Generator().manual_seed(1))]
    assert _moved(name, p, _rotation(8, 2)) < 1e-12


@pytest.mark.parametrize("name", ["polar", "left_spectral", "right_spectral"])
def test_spectral_rules_commute_with_rotations_of_both_sides(name):
    assert _moved(name, _rotation(40, 4), _rotation(8, 5)) < 1e-10


@pytest.mark.parametrize("name", ["row", "row_hybrid", "centered_row", "col"])
def test_other_rules_do_not(name):
    assert _moved(name, _rotation(40, 4), _rotation(8, 5)) > 0.1


def test_column_rules_are_row_rules_of_the_transpose():
    m = _uneven()
    for column, row in (("col", "row"), ("col_hybrid", "row_hybrid")):
        assert torch.equal(rule_named(column)(m, EXACT), rule_named(row)(m.mT, EXACT).mT)


@pytest.mark.parametrize("name", [n for n, r in RULES.items() if r.centered])
def test_centered_rules_move_along_no_shift_and_do_not_see_one(name):
    rule, m = rule_named(name), _uneven()
    out = rule(m, EXACT)
    assert float(out.mean(0).abs().max()) < 1e-15
    shift = torch.randn(8, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    assert _apart(rule(m + shift, EXACT), out) < 1e-11


def test_the_last_centring_is_needed():
    assert float(row_norm(center(_uneven())).mean(0).norm()) > 1e-2


# ---- steepest descent ------------------------------------------------------------------------------------------------


def test_descent_in_dual_norms():
    m = _uneven()
    assert math.isclose(float((m * polar(m)).sum()), float(torch.linalg.matrix_norm(m, "nuc")), rel_tol=1e-12)
    assert math.isclose(float((m * row_norm(m, 0.0)).sum()), float(m.norm(dim=1).sum()), rel_tol=1e-12)


def test_centered_row_norm_is_steepest_descent_modulo_shifts():
    g = center(_uneven())
    best = float((g * centered_row_norm(g, 0.0)).sum())
    generator = torch.Generator().manual_seed(8)
    for _ in range(200):
        other = row_norm(torch.randn(g.shape, generator=generator, dtype=torch.float64), 0.0)
        shift = torch.randn(g.shape[1], generator=generator, dtype=torch.float64)
        assert float((g * (other + shift)).sum()) < best


def test_left_spectral_of_a_wide_matrix_is_a_projection():
    m = torch.randn(8, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    u = left_spectral(m, centered=True)
    ones = torch.ones(8, 8, dtype=torch.float64) / 8
    assert float((u @ u.mT - (torch.eye(8, dtype=torch.float64) - ones)).abs().max()) < 1e-13


def test_left_right_and_polar_agree_when_undamped():
    m = torch.randn(3, 9, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.allclose(left_spectral(m), polar(m), atol=1e-9)
    assert torch.allclose(right_spectral(m), polar(m), atol=1e-12)


# ---- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in RULES if n != "adamw"])
@pytest.mark.parametrize("settings", [EXACT, DirectionSettings(), DirectionSettings(row_eps="relative")])
def test_zero_gives_zero(name, settings):
    out = rule_named(name)(torch.zeros(6, 4), settings)
    assert torch.equal(out, torch.zeros(6, 4))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_rows_of_half_precision_are_measured_in_single(kind):
    m = torch.full((2, 4096), 1.0).to(kind)
    # Squares added up in bfloat16 would stop at 256.
    assert torch.allclose(row_norm(m).float(), torch.full((2, 4096), 1 / 64.0), rtol=4e-3)


def test_ghost_rows_last_as_long_as_the_closed_form_says():
    beta, eps = 0.95, 1e-8
    for size, expected in ((1e-3, 166.6), (1e-1, 256.3), (1e-5, 77.1)):
        m, total = torch.tensor([[(1 - beta) * size]], dtype=torch.float64), 0.0
        for _ in range(2000):
            total += float(row_norm(m, eps))
            m = beta * m
        closed = math.log(1 + (1 - beta) * size / eps) / math.log(1 / beta) + 0.5
        assert math.isclose(total, closed, abs_tol=0.1)
        assert math.isclose(total, expected, abs_tol=0.6)


def test_relative_eps_stops_rows_that_are_small_beside_the_longest():
    m = torch.tensor([[1.0, 0.0], [1e-6, 0.0]])
    out = row_norm(m, "relative")
    assert float(out[0, 0]) > 0.99
    assert float(out[1, 0]) < 2e-3


def test_wrong_words():
    with pytest.raises(InputError, match="relative"):
        row_norm(G, "relatve")
    with pytest.raises(InputError, match="polar_then_row"):
        hybrid(G, order="polar")
    with pytest.raises(UnknownNameError, match="did you mean 'centered_row'"):
        rule_named("centerd_row")
    with pytest.raises(UnknownNameError, match="polar method"):
        DirectionSettings(polar="newton")
