"""Numbers on a grid: known solutions have small residuals, conserve what they should, and are moved to solutions."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.spacetime import PDESystem
from symmeter.spacetime.sampled_solutions import SampledSolution

T, X = np.linspace(0, 1, 81), np.linspace(-12, 16, 561)


def soliton(t, x, k=1.0):
    return 2 * k**2 / np.cosh(k * (x - 4 * k**2 * t)) ** 2


@pytest.fixture(scope="module")
def kdv():
    return PDESystem("u_t + 6*u*u_x + u_xxx")


@pytest.fixture(scope="module")
def waves(kdv):
    return SampledSolution(kdv, T, X, {"u": soliton(T[:, None], X)})


def test_residuals_tell_solutions_from_others(kdv, waves):
    assert waves.residual() < 1e-4
    # One that is too fast for its height is none.
    other = SampledSolution(kdv, T, X, {"u": 2 / np.cosh(X - 5 * T[:, None]) ** 2})
    assert other.residual() > 0.05
    burgers = PDESystem("u_t + u*u_x = nu*u_xx", parameters="nu")
    t, x = np.linspace(1, 2, 60), np.linspace(-3, 3, 200)
    shock = SampledSolution(burgers, t, x, {"u": 1 - np.tanh((x - t[:, None]) / 0.6)}, {"nu": 0.3})
    assert shock.residual() < 1e-5
    assert SampledSolution(burgers, t, x, shock.values, {"nu": 0.4}).residual() > 0.05


def test_conserved_integrals_do_not_drift_and_others_do(kdv, waves):
    for law in kdv.conservation_laws(order=1):
        if "t" not in kdv.space.text(law.density):
            assert waves.drift(law) < 1e-9
    mass = waves.integrals(kdv.expression("u"))
    np.testing.assert_allclose(mass, 4.0, rtol=1e-8)  # of the soliton 2 sech^2
    moment = waves.integrals(kdv.expression("x*u"))
    np.testing.assert_allclose(np.diff(moment) / np.diff(T), 16.0, rtol=1e-6)  # mass times speed


@pytest.mark.parametrize("k", range(4))
def test_symmetries_move_solutions_to_solutions(kdv, waves, k):
    field = kdv.point_symmetries()[k]
    moved = waves.moved(field, 0.15)
    assert moved.residual() < 1e-3
    t, x = moved.first[:, None], moved.second
    wanted = {
        "∂_t": lambda: soliton(t - 0.15, x),
        "∂_x": lambda: soliton(t, x - 0.15),
        "6*t ∂_x + ∂_u": lambda: 0.15 + soliton(t, x - 0.9 * t),
        "-3*t ∂_t - x ∂_x + 2*u ∂_u": lambda: soliton(t, x, k=np.exp(0.15)),
    }[str(field)]()
    np.testing.assert_allclose(moved.values["u"], wanted, atol=1e-6)


def test_what_is_no_symmetry_spoils_the_residual(kdv, waves):
    from symmeter.spacetime.vector_fields import VectorField

    wrong = VectorField(kdv.space, ({}, {}, kdv.expression("u")))
    assert not kdv.is_symmetry(wrong)
    assert waves.moved(wrong, 0.15).residual() > 30 * waves.residual()


def test_bad_input(kdv):
    u = soliton(T[:, None], X)
    for values, error, words in (
        ({"v": u}, InputError, "does not match"),
        ({"u": u.T}, ShapeError, "81 x 561"),
        ({"u": np.where(u > 1, np.nan, u)}, NonFiniteError, "not finite"),
    ):
        with pytest.raises(error, match=words):
            SampledSolution(kdv, T, X, values)
    with pytest.raises(InputError, match="ascending"):
        SampledSolution(kdv, T[::-1], X, {"u": u})
    with pytest.raises(InputError, match="grids of two"):
        SampledSolution(PDESystem("y''", "x", "y"), T, X, {"y": u})
    nu = PDESystem("u_t = nu*u_xx", parameters="nu")
    with pytest.raises(InputError, match="nu has no number"):
        SampledSolution(nu, T, X, {"u": u}).residual()
    sixth = PDESystem("u_t = u_xxxxxx")
    with pytest.raises(InputError, match="fifth derivative"):
        SampledSolution(sixth, T, X, {"u": u}).residual()
