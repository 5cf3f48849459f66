"""Exact character tables from Cayley tables, beside SymPy and naive class algebra; the library of small groups.

Three ways stand beside ours: SymPy from the table to the characters, as its user would work; our own loops over the
table with SymPy's eigenvectors, which are exact too; and NumPy's eigenvectors, which give no exact values.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from symmeter.groups import FiniteGroup, direct_product_group, identify, named_group, small_group
from symmeter.groups import library as group_library

NAMES = ("A5", "S5", "SL(2,5)", "C2 x A5", "C120", "D60", "C5 x S4")
EXACT_BY_SYMPY = ("A5", "S5", "SL(2,5)")
#: Small rational groups are where SymPy's eigenvectors cost least.
SMALL = ("Q8", "S4")


def fresh(name: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A group with nothing derived yet."""
    return (FiniteGroup.trusted(named_group(name).table),), {}


def class_matrices(group: FiniteGroup) -> tuple[list[list[int]], list[list[list[int]]]]:
    """Classes and structure constants of the class algebra, by loops over elements and classes."""
    table = group.table.tolist()
    n = len(table)
    inverse = [row.index(0) for row in table]
    label = [-1] * n
    classes: list[list[int]] = []
    for x in range(n):
        if label[x] < 0:
            members = sorted({table[table[g][x]][inverse[g]] for g in range(n)})
            for y in members:
                label[y] = len(classes)
            classes.append(members)
    k = len(classes)
    constants = [[[0] * k for _ in range(k)] for _ in range(k)]
    for x in range(n):
        for z in range(k):
            y = table[inverse[x]][classes[z][0]]
            constants[label[x]][label[y]][z] += 1
    return classes, constants


def naive_exact(group: FiniteGroup) -> list[list[Any]]:
    """Split the class functions by the eigenspaces of one class matrix after the other, in SymPy."""
    classes, constants = class_matrices(group)
    return split_by_sympy([len(c) for c in classes], constants)


def by_sympy_groups(table: np.ndarray) -> list[list[Any]]:
    """SymPy from the Cayley table to the characters: its permutation group, its classes, its eigenvectors."""
    from sympy.combinatorics import Permutation, PermutationGroup

    group = PermutationGroup([Permutation(row) for row in table.tolist()])
    classes = sorted((list(c) for c in group.conjugacy_classes()), key=lambda c: not c[0].is_Identity)
    label = {g: i for i, c in enumerate(classes) for g in c}
    k = len(classes)
    constants = [[[0] * k for _ in range(k)] for _ in range(k)]
    for x, i in label.items():
        for z, c in enumerate(classes):
            constants[i][label[~x * c[0]]][z] += 1
    return split_by_sympy([len(c) for c in classes], constants)


def split_by_sympy(sizes: list[int], constants: list[list[list[int]]]) -> list[list[Any]]:
    """Characters from the structure constants of the class algebra."""
    import sympy

    k, n = len(sizes), sum(sizes)
    spaces = [sympy.eye(k)]
    for i in range(1, k):
        # Central characters are right eigenvectors: sum over z of constants[i][j][z] w_z = w_i w_j.
        matrix = sympy.Matrix(constants[i])
        split = []
        for space in spaces:
            if space.shape[1] == 1:
                split.append(space)
                continue
            small = (space.T * space).inv() * space.T * matrix * space
            for _, _, vectors in small.eigenvects():
                split.append(sympy.simplify(space * sympy.Matrix.hstack(*vectors)))
        spaces = split
        if all(s.shape[1] == 1 for s in spaces):
            break
    rows = []
    for s in spaces:
        w = [sympy.simplify(x / s[0]) for x in s]
        norm = sum(x * sympy.conjugate(x) / c for x, c in zip(w, sizes))
        degree = sympy.sqrt(sympy.nsimplify(sympy.simplify(n / norm)))
        rows.append([sympy.simplify(degree * x / c) for x, c in zip(w, sizes)])
    return rows


def naive_floating(group: FiniteGroup) -> np.ndarray:
    """Eigenvectors of a random combination of the class matrices, in floating point."""
    classes, constants = class_matrices(group)
    sizes = np.array([len(c) for c in classes])
    weights = np.random.default_rng(0).standard_normal(len(classes))
    _, vectors = np.linalg.eig(np.tensordot(weights, np.array(constants, dtype=float), axes=1))
    w = vectors.T / vectors[0][:, None]
    degrees = np.sqrt(group.order / (np.abs(w) ** 2 / sizes).sum(axis=1))
    return w * degrees[:, None] / sizes


def same_rows(found: np.ndarray, group: FiniteGroup) -> bool:
    """Whether the rows are our characters, classes matched by their smallest elements."""
    classes, _ = class_matrices(group)
    ours = group.character_table.values[:, group.class_labels[[c[0] for c in classes]]]
    return all(np.abs(found - row).max(axis=1).min() < 1e-6 for row in ours)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.benchmark(group="character table from a Cayley table")
def test_symmeter_exact(benchmark, name: str) -> None:
    table = benchmark.pedantic(lambda g: g.character_table, setup=lambda: fresh(name), rounds=10)
    assert (table.degrees**2).sum() == table.group.order


@pytest.mark.parametrize("name", EXACT_BY_SYMPY)
@pytest.mark.benchmark(group="character table from a Cayley table")
def test_class_algebra_in_sympy(benchmark, name: str) -> None:
    pytest.importorskip("sympy")
    rows = benchmark.pedantic(naive_exact, setup=lambda: fresh(name), rounds=1)
    assert same_rows(np.array([[complex(x) for x in row] for row in rows]), named_group(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.benchmark(group="character table from a Cayley table")
def test_class_algebra_in_floating_point(benchmark, name: str) -> None:
    values = benchmark.pedantic(naive_floating, setup=lambda: fresh(name), rounds=3)
    assert same_rows(values, named_group(name))


@pytest.mark.benchmark(group="library")
def test_load_the_library(benchmark) -> None:
    def load() -> int:
        group_library._records.cache_clear()
        return len(group_library.identities(48))

    assert benchmark(load) == 52


@pytest.mark.parametrize(("order", "number"), [(32, 6), (32, 51), (48, 33), (60, 5), (63, 4)])
@pytest.mark.benchmark(group="identify")
def test_identify(benchmark, order: int, number: int) -> None:
    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (FiniteGroup.trusted(small_group(order, number).table),), {}

    assert benchmark.pedantic(identify, setup=setup, rounds=10).number == number


@pytest.mark.benchmark(group="irrep matrices")
def test_all_irreps_of_a_group_of_order_120(benchmark) -> None:
    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        product = direct_product_group(named_group("S4"), named_group("C5"))
        return (FiniteGroup.trusted(product.table),), {}

    def all_irreps(group: FiniteGroup) -> int:
        return sum(group.irrep(i).shape[1] ** 2 for i in range(group.number_of_classes))

    assert benchmark.pedantic(all_irreps, setup=setup, rounds=5) == 120


def test_the_data_file_is_compact() -> None:
    assert group_library.DATA_PATH.stat().st_size < 300_000
    assert json.loads(group_library.DATA_PATH.read_text())["format"] == 1


# The rows of the table that `make bench` prints ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*EXACT_BY_SYMPY, *SMALL])
@pytest.mark.parametrize("against", ["SymPy's groups and matrices", "loops over the table, SymPy's eigenvectors"])
def test_table_beside_sympy(beside: Any, name: str, against: str) -> None:
    pytest.importorskip("sympy")
    cayley = named_group(name).table
    whole = against.startswith("SymPy's groups")
    table = beside(
        f"character table of {name} from its Cayley table",
        lambda: FiniteGroup.trusted(cayley).character_table,
        lambda: by_sympy_groups(cayley) if whole else naive_exact(FiniteGroup.trusted(cayley)),
        against,
        seconds=0.5,
        speedup=20,
        rounds=100,
        baseline_rounds=4,
    )
    assert (table.degrees**2).sum() == table.group.order


def test_hardest_table_of_order_at_most_120(beside: Any) -> None:
    cayley = named_group("C120").table
    table = beside(
        "character table of C120, the one with most classes",
        lambda: FiniteGroup.trusted(cayley).character_table,
        lambda: naive_floating(FiniteGroup.trusted(cayley)),
        "class algebra in NumPy, floating, not exact",
        seconds=0.5,
        baseline_rounds=1,
    )
    assert len(table) == 120


def test_library_is_loaded(beside: Any) -> None:
    def load() -> int:
        group_library._records.cache_clear()
        return len(group_library.identities(48))

    many = beside(
        "loading the group library",
        load,
        lambda: json.loads(group_library.DATA_PATH.read_text()),
        "json alone",
        seconds=0.05,
    )
    assert many == 52


@pytest.mark.parametrize(("order", "number"), [(32, 51), (48, 33), (63, 4)])
def test_group_is_identified(beside: Any, order: int, number: int) -> None:
    table = small_group(order, number).table

    def by_isomorphism() -> int:
        candidates = (small_group(order, k) for k in range(1, group_library.number_of_groups(order) + 1))
        group = FiniteGroup.trusted(table)
        return next(k for k, g in enumerate(candidates, 1) if group.is_isomorphic(g))

    found = beside(
        f"identify SmallGroup({order}, {number})",
        lambda: identify(FiniteGroup.trusted(table)),
        by_isomorphism,
        "isomorphism with each group of the order",
        seconds=0.2,
        baseline_rounds=2,
    )
    assert found.number == number
