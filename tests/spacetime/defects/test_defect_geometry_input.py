"""Bad input of geometry on grids: one clear line each."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.spacetime import MetricAffine
from symmeter.spacetime import defects as D

UNIT = np.broadcast_to(np.eye(3)[..., None, None, None], (3, 3, 8, 8, 8)).copy()
GRID = np.array(np.meshgrid(*[np.arange(8.0)] * 3, indexing="ij"))
WAVE = np.cos(2 * np.pi * GRID[0] / 8)


def changed(where, value):
    out = UNIT.copy()
    out[where] = value
    return out


CASES = [
    (lambda: MetricAffine(changed((0, 0, 3, 1, 2), 0.0), "weitzenboeck"), InputError, r"singular at grid point \(3, 1"),
    (lambda: MetricAffine(changed((0, 0, 0, 1, 2), -1.0), "weitzenboeck"), InputError, r"orientation at grid point"),
    (lambda: MetricAffine(UNIT, "general", changed((1, 1, 3, 1, 2), 0.0)), InputError, "Lambda is singular"),
    (lambda: MetricAffine(changed((0, 0, 3, 1, 2), np.nan), "weitzenboeck"), NonFiniteError, "first at grid"),
    (lambda: MetricAffine.coincident(changed((2, 2, 3, 1, 2), -1.0)), InputError, "positive definite at grid"),
    (lambda: MetricAffine.coincident(changed((0, 1), 0.2)), InputError, "not symmetric"),
    (lambda: MetricAffine(changed((0, 1), GRID[0]), "weitzenboeck"), InputError, "not periodic along x"),
    (lambda: MetricAffine(changed((0, 1), 0.01 * GRID[1] ** 2), "weitzenboeck"), InputError, "not periodic along y"),
    (lambda: MetricAffine(UNIT, "weitzenboeck", periodic=False), InputError, "needs a periodic box"),
    (lambda: MetricAffine(UNIT, "weitzenboeck", method="finite-difference"), InputError, "unit of length is missing"),
    (lambda: MetricAffine(UNIT, "weitzenboeck", method="spectrall"), UnknownNameError, "did you mean 'spectral'"),
    (lambda: MetricAffine(UNIT, "weitzenboeck", spacing=-1), InputError, "positive lengths"),
    (lambda: MetricAffine(UNIT), InputError, "needs Lambda="),
    (lambda: MetricAffine(gauge="coincident"), InputError, "needs metric="),
    (lambda: MetricAffine(UNIT, "weitzenboeck", UNIT), InputError, "no use for Lambda="),
    (lambda: MetricAffine(UNIT, "weizenbock"), UnknownNameError, "did you mean 'weitzenboeck'"),
    (lambda: MetricAffine(UNIT, "general", UNIT[:, :, :4]), ShapeError, "shapes differ"),
    (lambda: MetricAffine(np.moveaxis(UNIT, (0, 1), (-2, -1)), "weitzenboeck"), ShapeError, "components first"),
    (lambda: MetricAffine(UNIT, "weitzenboeck", nonmetricity_convention="D h"), UnknownNameError, "no nonmetricity"),
    (lambda: MetricAffine(UNIT, "metric_affine", connection=UNIT), ShapeError, "the connection has shape"),
    (lambda: MetricAffine.weitzenboeck(UNIT).burgers([[0] * 4, [1, 0, 0, 0], [1, 1, 0, 0]]), ShapeError, r"\(m, 3\)"),
    (lambda: MetricAffine.levi_civita(UNIT).burgers(D.circle((0, 0, 0), 1)), InputError, "no crystal coframe"),
    (lambda: MetricAffine.weitzenboeck(UNIT).flux("R", None), UnknownNameError, "no trace"),
    (lambda: MetricAffine.weitzenboeck(UNIT).flux("Q", None), InputError, "needs a box"),
    (lambda: MetricAffine.weitzenboeck(UNIT).report([(0, 1), (0, 1), (2, 1)]), InputError, "not inside"),
    (lambda: MetricAffine.weitzenboeck(UNIT).coarsened(), InputError, "half of its points"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_cannot_be_is_said(case):
    make, error, words = CASES[case]
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_connection_that_is_not_flat_is_refused_with_its_curvature():
    omega = np.zeros((3, 3, 3, 8, 8, 8))
    omega[0, 1, 1], omega[1, 0, 1] = WAVE, -WAVE
    with pytest.raises(InputError, match=r"not flat: its curvature reaches 1.*metric_affine"):
        MetricAffine(UNIT, "general", connection=omega)
    assert MetricAffine(UNIT, "metric_affine", connection=omega).curvature().largest == pytest.approx(1, abs=0.1)


def test_densities_that_no_coframe_has():
    grid = D.Grid.of((16, 16, 4), 1.0)
    line = D.gaussian_line(grid, (0, 0, 1), (8, 8, 0), 1.5)
    with pytest.raises(InputError, match="has the mean"):
        D.coframe_of_density(grid, line)
    ends = line * np.cos(2 * np.pi * grid.points[2] / 4)
    with pytest.raises(InputError, match="not free of divergence"):
        D.coframe_of_density(grid, ends)
    with pytest.raises(InputError, match="periodic"):
        D.coframe_of_density(D.Grid.of((16, 16, 1), 1.0, "finite-difference"), line[..., :1])


def test_loops_that_leave_the_grid():
    G = D.screw(core=1.0).on_grid((16, 16, 1), 0.5)
    with pytest.raises(InputError, match="leaves the grid"):
        G.burgers(D.circle((0, 0, 0), 10.0))


def test_noise_in_a_periodic_box_is_taken():
    noisy = UNIT + 0.01 * np.random.default_rng(0).standard_normal(UNIT.shape)
    assert MetricAffine(noisy, "weitzenboeck").torsion.components.shape == (3, 3, 3, 8, 8, 8)
