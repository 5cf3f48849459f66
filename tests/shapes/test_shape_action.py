"""A point group on the points of a shape: maps against their matrices, averages against sums over all elements."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import ClosureError, InputError, ShapeError
from symmeter.groups import point_group as named
from symmeter.shapes import poly
from symmeter.shapes.point_group import point_group
from symmeter.shapes.shape_action import PointMap, operation_name
from symmeter.shapes.shape_finder import action_of_group

RNG = np.random.default_rng(5)
SHAPES = {
    "C2v": ([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], "OHH"),
    "C3v": ([[0, 0, 0.1], [1, 0, -0.3], [-0.5, 0.75**0.5, -0.3], [-0.5, -(0.75**0.5), -0.3]], "NHHH"),
    "Td": ([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], None),
    "D2d": ([[1, 0, 0.5], [-1, 0, 0.5], [0, 1, -0.5], [0, -1, -0.5], [0, 0, 0]], "AAAAB"),
    "C1": ([[0, 0, 0], [1, 0.2, 0], [0, 2, 0], [0, 0, 3.5]], "ABCD"),
    "D*h": ([[0, 0, 0], [0.6, 0, 0.8], [-0.6, 0, -0.8]], "COO"),
    "C*v": ([[0, 0, 0], [0.6, 0, 0.8], [-0.9, 0, -1.2]], "HCN"),
    "Kh": ([[3.0, 1, 2]], None),
}


def action(symbol):
    points, labels = SHAPES[symbol]
    found = point_group(np.array(points, dtype=float), None if labels is None else list(labels))
    assert found.symbol == symbol
    return action_of_group(found), found


@pytest.mark.parametrize("symbol", SHAPES)
def test_maps_do_what_their_matrices_do(symbol):
    made, _ = action(symbol)
    x, a = RNG.standard_normal((4, made.dimension)), RNG.standard_normal((made.dimension, made.dimension))
    for g in made.operations[:12]:
        m = g.matrix()
        np.testing.assert_allclose(m @ m.T, np.eye(len(m)), atol=1e-12)
        np.testing.assert_allclose(g.apply(x), x @ m.T, atol=1e-12)
        np.testing.assert_allclose(g.conjugate(a), m @ a @ m.T, atol=1e-12)
        np.testing.assert_allclose(g.inverse().matrix(), m.T, atol=1e-12)
        np.testing.assert_allclose(np.linalg.matrix_power(m, g.order()), np.eye(len(m)), atol=1e-9)
        h = made.operations[-1]
        np.testing.assert_allclose((g @ h).matrix(), m @ h.matrix(), atol=1e-12)
        assert g.distance_to_identity() >= np.abs(m - np.eye(len(m))).max() - 1e-12


@pytest.mark.parametrize("symbol", SHAPES)
def test_averages_are_sums_over_the_group(symbol):
    made, found = action(symbol)
    matrices = np.stack([g.matrix() for g in made.operations])
    x, a = RNG.standard_normal(made.dimension), RNG.standard_normal((made.dimension, made.dimension))
    np.testing.assert_allclose(made.projector() @ x, matrices.mean(0) @ x, atol=1e-12)
    np.testing.assert_allclose(made.average(a), (matrices @ a @ matrices.swapaxes(1, 2)).mean(0), atol=1e-12)
    covariance = a @ a.T
    symmetric = made.symmetrize(covariance)
    for m in matrices[:8]:
        np.testing.assert_allclose(m @ symmetric @ m.T, symmetric, atol=1e-10)
    # The shape itself is left alone, and generators give the whole group.
    np.testing.assert_allclose(made.symmetrized(), found.points + found.centre, atol=1e-12)
    reached = [np.eye(made.dimension)]
    for y in reached:
        for g in made.generators:
            z = g.matrix() @ y
            if not any(np.allclose(z, w, atol=1e-9) for w in reached):
                reached.append(z)
    assert len(reached) == len({m.round(6).tobytes() for m in matrices + 0.0})


@pytest.mark.parametrize("symbol", ["C*v", "D*h", "Kh"])
def test_the_finite_stand_in_averages_as_the_infinite_group_does(symbol):
    made, found = action(symbol)
    assert made.group.order is None
    assert made.group.name == {"C*v": "C∞v", "D*h": "D∞h", "Kh": "Kh"}[symbol]
    a = RNG.standard_normal((made.dimension, made.dimension))
    averaged = made.average(a)
    projected = made.project(RNG.standard_normal(made.dimension))
    here = np.arange(len(found.points))
    for _ in range(5):
        if symbol == "Kh":
            turn = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
        else:
            axis, t = np.array(found.axes[0].direction), RNG.uniform(0, 7)
            k = np.cross(np.eye(3), axis)
            turn = np.eye(3) + np.sin(t) * k + (1 - np.cos(t)) * k @ k
        g = PointMap(turn, here)
        np.testing.assert_allclose(g.conjugate(averaged), averaged, atol=1e-12)
        np.testing.assert_allclose(g.apply(projected), projected, atol=1e-12)
    with pytest.raises(ClosureError):
        made.group.elements()


def test_symmetric_displacements_of_textbook_molecules():
    # Totally symmetric ones: vibrations of species A1 and translations and rotations of that species.
    counts = {"C2v": 2 + 1, "C3v": 2 + 1, "Td": 1, "D*h": 1, "C1": 12}
    for symbol, count in counts.items():
        assert action(symbol)[0].projector().rank == count, symbol


def test_names_and_axes_of_operations():
    for symbol in ("C6", "S4", "S6", "C3h", "D5d", "Oh", "Ih"):
        group = named(symbol)
        matrices = np.array(group.matrices)
        for m in matrices:
            name = operation_name(m)
            letter, n, k = name[0], 1, 1
            if letter in "CS":
                digits = name[1:].split("^")
                n, k = int(digits[0]), int(digits[1]) if len(digits) > 1 else 1
            if letter == "C" and n > 1:
                axis = np.array(PointMap(m, [0]).direction)
                np.testing.assert_allclose(m @ axis, axis, atol=1e-9)
                t = 2 * np.pi * k / n
                cross = np.cross(np.eye(3), axis) * np.sin(t)
                np.testing.assert_allclose((m - m.T) / 2, cross, atol=1e-9)
            if letter == "S":
                axis = np.array(PointMap(m, [0]).direction)
                np.testing.assert_allclose(m @ axis, -axis, atol=1e-9)
                # S_n^k is the k-th power of a turn by a full turn over n with a reflection.
                t = 2 * np.pi / n
                c = np.cross(np.eye(3), axis)
                first = np.eye(3) + np.sin(t) * c + (1 - np.cos(t)) * c @ c - 2 * np.outer(axis, axis)
                np.testing.assert_allclose(np.linalg.matrix_power(first, k), m, atol=1e-8)
    assert operation_name(-np.eye(3)) == "i"
    assert operation_name(np.eye(3)) == "E"


def test_wrong_maps_and_shapes():
    with pytest.raises(InputError, match="no orthogonal"):
        PointMap(np.diag([1, 1, 2]), [0])
    with pytest.raises(InputError, match="no permutation"):
        PointMap(np.eye(3), [0, 0])
    made, _ = action("C2v")
    with pytest.raises(ShapeError, match="moves 9 coordinates"):
        made.project(np.zeros(8))
    with pytest.raises(ShapeError, match="moves 3 points"):
        made.symmetrized(np.zeros((4, 3)))
    large = PointMap(np.eye(3), np.arange(3_000))
    with pytest.raises(InputError, match="does not fit"):
        large.matrix()
    assert made.generators[0].to_json()["images"] in ([0, 2, 1], [0, 1, 2])


def test_large_groups_have_few_generators():
    made = action_of_group(point_group(poly("truncated icosahedron").vertices))
    assert len(made.generators) <= 3
    assert made.group.order == 120
