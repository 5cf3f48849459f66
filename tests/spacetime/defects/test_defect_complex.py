"""Discrete exterior calculus: Stokes to rounding, lines and their meetings."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime import defects as D
from symmeter.spacetime.defects.catalogue import vortex


def random_complex(shape, periodic, seed=0, m=3):
    rng = np.random.default_rng(seed)
    n = len(shape)
    edges = [rng.standard_normal((m, *(k - (j == i and not periodic) for j, k in enumerate(shape)))) for i in range(n)]
    return D.CubicComplex(edges, shape, [1.0] * n, periodic=periodic)


@pytest.mark.parametrize("periodic", [False, True])
def test_boundaries_of_boundaries_vanish(periodic):
    c = random_complex((6, 7, 8), periodic)
    assert np.abs(c.cubes()).max() < 1e-14
    for axes, low, high in (
        ((0, 1), (1, 1, 3), (5, 4, 3)),
        ((1, 2), (2, 1, 1), (2, 5, 6)),
        ((2, 0), (1, 3, 2), (4, 3, 6)),
    ):
        assert np.abs(c.burgers(low, high, axes) - c.through(low, high, axes)).max() < 1e-13


def test_singular_lines_have_their_burgers_vectors_exactly():
    c = D.screw(0.7).discrete((8, 8, 4), 0.5)
    for low, high in (((3, 3, 1), (4, 4, 1)), ((0, 0, 0), (7, 7, 0)), ((2, 1, 3), (6, 5, 3))):
        assert np.abs(c.burgers(low, high) - [0, 0, 0.7]).max() < 1e-9
        assert np.abs(c.burgers(low, high) - c.through(low, high)).max() < 1e-14
    assert np.abs(c.burgers((0, 0, 0), (3, 7, 0))).max() < 1e-9


def test_a_straight_line_is_traced():
    c = D.edge(1.0).discrete((8, 8, 6), 1.0)
    (line,) = c.lines(0.1)
    assert not line.closed
    assert line.length == pytest.approx(5)
    assert np.abs(line.points[:, :2]).max() < 1e-12
    assert np.abs(np.abs(line.burgers) - [1, 0, 0]).max() < 1e-9


def test_a_closed_loop_is_traced():
    """Edges that are -1 across a disk: the Volterra construction of a prismatic loop."""
    shape = (8, 8, 8)
    edges = [np.zeros((1, *(k - (j == i) for j, k in enumerate(shape)))) for i in range(3)]
    edges[2][0, 2:5, 2:6, 3] = -1.0
    c = D.CubicComplex(edges, shape, [1.0] * 3)
    assert np.abs(c.cubes()).max() == 0
    (line,) = c.lines(0.5)
    assert line.closed
    assert line.length == 14
    assert np.array_equal(np.abs(line.burgers), np.ones((14, 1)))
    assert np.array_equal(line.points[0], line.points[-1])


def test_kirchhoff_where_lines_meet():
    """Two disks that share an edge: three lines meet at its ends, and their Burgers vectors add to zero."""
    shape = (10, 10, 10)
    edges = [np.zeros((2, *(k - (j == i) for j, k in enumerate(shape)))) for i in range(3)]
    edges[2][0, 2:5, 2:6, 4] = -1.0
    edges[2][1, 5:8, 2:6, 4] = -1.0
    c = D.CubicComplex(edges, shape, [1.0] * 3)
    meetings = c.junctions(0.5)
    assert len(meetings) == 2
    for _, out, residual in meetings:
        assert len(out) == 3
        assert residual == 0
        assert {tuple(np.abs(b).astype(int)) for b in out} == {(1, 0), (0, 1), (1, 1)}
    lines = c.lines(0.5)
    assert len(lines) == 3
    assert not any(line.closed for line in lines)
    assert sum(line.length for line in lines) == 14 + 14 - 4


def test_lines_through_a_periodic_box():
    shape = (6, 6, 6)
    edges = [np.zeros((1, *shape)) for _ in range(3)]
    # A wall of cuts between two opposite lines along z, all the way round.
    edges[1][0, 1:4, 2, :] = 1.0
    c = D.CubicComplex(edges, shape, [1.0] * 3, periodic=True)
    lines = c.lines(0.5)
    assert len(lines) == 2
    assert all(line.closed for line in lines)
    assert sorted(line.length for line in lines) == [6, 6]


def test_joined_cells_keep_burgers_vectors():
    c = random_complex((9, 9, 5), False)
    joined = c.coarsened(4)
    assert joined.nodes == (3, 3, 2)
    assert np.abs(joined.burgers((0, 0, 0), (2, 2, 0)) - c.burgers((0, 0, 0), (8, 8, 0))).max() < 1e-12
    assert np.abs(joined.cubes()).max() < 1e-12


def test_grids_and_the_plane():
    h = 0.1

    def form(points):
        E = np.repeat(np.eye(2)[:, :, None], len(points), axis=2)
        E[0] += vortex(points, core=0.5) / (2 * np.pi)
        return E

    c = D.CubicComplex.of(form, (41, 41), h, (-2.0, -2.0))
    assert np.abs(c.burgers((5, 5), (35, 35)) - [1, 0]).max() < 2e-4
    axis = -2 + h * np.arange(41)
    at = np.array(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1).T
    G = D.MetricAffine.weitzenboeck(
        form(at).reshape(2, 2, 41, 41), spacing=h, method="finite-difference", origin=(-2, -2)
    )
    assert np.abs(G.discrete().burgers((5, 5), (35, 35)) - c.burgers((5, 5), (35, 35))).max() < 1e-4
    with pytest.raises(InputError, match="two dimensions"):
        c.cubes()


def test_what_cannot_be_is_said():
    with pytest.raises(InputError, match="passes through the core"):
        D.screw().discrete((5, 5, 3), 1.0)
    with pytest.raises(ShapeError, match="edges in direction 0"):
        D.CubicComplex([np.zeros((1, 3, 3))] * 2, (3, 3), [1, 1])
    with pytest.raises(InputError, match="not in one plane"):
        random_complex((5, 5, 5), False).burgers((0, 0, 0), (2, 2, 2))
    with pytest.raises(InputError, match="cannot be joined"):
        random_complex((6, 6, 6), False).coarsened(2)
    with pytest.raises(InputError, match="from the lattice"):
        D.integer_burgers(np.array([0.4, 1.0]), np.eye(2))
    assert D.integer_burgers(np.array([0.51, 0.5]), np.array([[0.5, 0.5], [0.5, -0.5]])).tolist() == [1, 0]
