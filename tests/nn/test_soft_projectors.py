"""Projectors onto equivariant blocks against dimension counts, closed forms, finite averages and each other."""

from __future__ import annotations

from functools import reduce
from math import comb

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups import SO, O, Scaling, embed, symmetric  # noqa: E402
from symmeter.nn.soft import candidate, equivariant_basis, joined_group, named_candidate, projector  # noqa: E402
from symmeter.nn.soft.candidates import candidates_of  # noqa: E402
from symmeter.nn.soft.null_space import _constraints, block_signs, cache_folder, clear_memory  # noqa: E402
from symmeter.representations import Representation, TensorType, V  # noqa: E402

XY, YZ, XZ = (named_candidate(f"O2_{axes}") for axes in ("xy", "yz", "xz"))
O3, SO3 = candidate("O3", O(3)), candidate("SO3", SO(3))
SCALE = candidate("Scale", Scaling(3))
ORTHOGONAL = {"xy": XY, "yz": YZ, "O3": O3, "SO3": SO3, "SO2": named_candidate("SO2_xy")}


def dimensions(group, ranks=range(6)):
    return [equivariant_basis(group, (1,) * r).shape[1] for r in ranks]


def central_trinomial(r):
    return sum(comb(r, 2 * k) * comb(2 * k, k) for k in range(r // 2 + 1))


def test_dimensions_of_plane_rotations_are_central_trinomials():
    assert dimensions(ORTHOGONAL["SO2"]) == [central_trinomial(r) for r in range(6)] == [1, 1, 3, 7, 19, 51]
    assert dimensions(XY) == [(central_trinomial(r) + 1) // 2 for r in range(6)] == [1, 1, 2, 4, 10, 26]


def test_dimensions_of_space_rotations_count_isotropic_tensors():
    assert dimensions(SO3) == [1, 0, 1, 1, 3, 6]
    assert dimensions(O3) == [1, 0, 1, 0, 3, 0]


@pytest.mark.parametrize("n", [3, 4, 5])
def test_dimensions_of_permutations_are_bell_numbers(n):
    bell = [1, 1, 2, 5, 15]
    ranks = range(min(n, 4) + 1)
    assert dimensions(candidate("S", symmetric(n)), ranks) == bell[: len(ranks)]


@pytest.mark.parametrize(("p", "q"), [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)])
def test_scalings_leave_maps_between_equal_ranks_alone_and_no_others(p, q):
    signs = block_signs((q, 0), (p, 0), orthogonal=False)
    assert equivariant_basis(SCALE, signs).shape[1] == (3 ** (2 * p) if p == q else 0)


@pytest.mark.parametrize(("p", "expected"), [(0, 1), (1, 1), (2, 3)])
def test_rotations_and_scalings_together(p, expected):
    both = candidate("both", joined_group(SO(3), Scaling(3)))
    assert equivariant_basis(both, block_signs((p, 0), (p, 0), False)).shape[1] == expected
    assert equivariant_basis(both, block_signs((p + 1, 0), (p, 0), False)).shape[1] == 0


@pytest.mark.parametrize("name", [*ORTHOGONAL, "scale", "sl3"])
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (1, 1, -1)])
def test_projectors_are_symmetric_idempotent_and_annihilate_the_constraints(name, signs):
    group = {**ORTHOGONAL, "scale": SCALE, "sl3": named_candidate("SL3")}[name]
    p = projector(group, signs)
    np.testing.assert_allclose(p, p.T, atol=1e-14)
    np.testing.assert_allclose(p @ p, p, atol=1e-12)
    for c in _constraints(group, signs):
        np.testing.assert_allclose(c @ p, 0, atol=1e-10)


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_a_subgroup_allows_more(rank):
    signs = (1,) * rank
    for smaller, larger in ((XY, O3), (YZ, O3), (ORTHOGONAL["SO2"], XY), (SO3, O3)):
        np.testing.assert_allclose(
            projector(larger, signs) @ projector(smaller, signs), projector(larger, signs), atol=1e-12
        )


@pytest.mark.parametrize("rank", range(5))
def test_the_null_space_is_the_finite_average_of_seven_rotations_and_two_mirrors(rank):
    mirror = np.diag([-1.0, 1.0, 1.0])
    total = np.zeros((3**rank, 3**rank))
    for k in range(7):
        a = 2 * np.pi * k / 7
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        for g in (turn, turn @ mirror):
            total += reduce(np.kron, [g] * rank, np.ones((1, 1))) / 14
    np.testing.assert_allclose(projector(XY, (1,) * rank), total, atol=1e-12)


@pytest.mark.parametrize(("out", "into", "expected"), [(1, 1, 1), (2, 1, 0), (2, 2, 3)])
def test_two_plane_groups_together_are_all_rotations(out, into, expected):
    """ker P_xy and ker P_yz meet in the O(3) blocks."""
    signs = (1,) * (out + into)
    product = projector(XY, signs) @ projector(YZ, signs)
    values = np.linalg.svd(product, compute_uv=False)
    assert int((values > 1 - 1e-9).sum()) == expected
    both = np.linalg.eigvalsh(projector(XY, signs) + projector(YZ, signs))
    assert int((both > 2 - 1e-9).sum()) == expected == equivariant_basis(O3, signs).shape[1]


def test_duals_of_non_orthogonal_groups_are_told_apart():
    sl3 = named_candidate("SL3")
    assert equivariant_basis(sl3, (1, -1)).shape[1] == 1  # the identity
    assert equivariant_basis(sl3, (1, 1)).shape[1] == 0
    assert equivariant_basis(sl3, (1, 1, 1)).shape[1] == 1  # the volume form
    assert equivariant_basis(SCALE, (1, -1)).shape[1] == 9


def test_block_projectors_agree_with_the_representation_of_the_maps():
    group = embed(O(2), 3, [0, 2])
    for source, target in (("T1", "T2"), ("T2", "T2"), ("T0", "T1")):
        maps = (TensorType.parse(source) >> TensorType.parse(target))(group)
        q = maps.invariants()
        rank = TensorType.parse(source).ranks[0] + TensorType.parse(target).ranks[0]
        np.testing.assert_allclose(q.T @ q, projector(candidate("xz", group), (1,) * rank), atol=1e-7)


def test_a_group_of_generators_alone_will_do():
    quarter = Representation(discrete=(np.array([[0.0, -1.0], [1.0, 0.0]]),), name="C4")
    assert equivariant_basis(candidate("C4", quarter), (1, 1)).shape[1] == 2


def test_the_trivial_group_allows_everything():
    trivial = Representation(discrete=(np.eye(2),))
    np.testing.assert_array_equal(projector(candidate("1", trivial), (1, 1)), np.eye(4))


def test_large_blocks_are_kept_on_disk_and_damaged_files_are_solved_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMMETER_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    clear_memory()
    first = projector(XY, (1,) * 5)
    files = list((tmp_path / "projectors").glob("*.npy"))
    assert len(files) == 1
    clear_memory()
    np.testing.assert_array_equal(projector(XY, (1,) * 5), first)
    files[0].write_bytes(b"not an array")
    clear_memory()
    np.testing.assert_allclose(projector(XY, (1,) * 5), first, atol=1e-12)
    np.save(files[0], np.ones((243, 2)))
    clear_memory()
    np.testing.assert_allclose(projector(XY, (1,) * 5), first, atol=1e-12)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("SYMMETER_CACHE", str(blocked))
    clear_memory()
    assert projector(XZ, (1,) * 5).shape == (243, 243)
    clear_memory()


def test_groups_are_told_apart_by_their_generators():
    digests = {c.digest for c in (XY, YZ, XZ, O3, SO3, SCALE)}
    assert len(digests) == 6
    assert candidate("other name", O(3)).digest == O3.digest


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: candidate("bad", Representation(discrete=(np.diag([1.0, 0.0]),))), InputError, "singular"),
        (lambda: Representation(discrete=(np.ones((2, 3)),)), ShapeError, "square"),
        (lambda: candidates_of({"a": O(3), "b": O(2)}), ShapeError, "'b' acts on 2 coordinates, the base space has 3"),
        (lambda: candidates_of({}), InputError, "no candidates"),
        (lambda: named_candidate("O2_xyx7"), UnknownNameError, "O2_xy"),
        (lambda: candidate("x", 3), TypeError, "int"),
        (lambda: joined_group(O(2), O(3)), ShapeError, r"\[2, 3\]"),
        (lambda: equivariant_basis(O3, (1,) * 8), InputError, "6561"),
        (lambda: candidates_of([O3, O3]), InputError, "one name"),
    ],
)
def test_bad_candidates_are_named(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("text", "group"),
    [("O(3)", O(3)), ("SO2_yz", embed(SO(2), 3, [1, 2])), ("S4", symmetric(4)), ("scale", Scaling(3))],
)
def test_names_give_the_groups(text, group):
    assert named_candidate(text).digest == candidate("given", group).digest


def test_tensor_matrices_leave_the_basis_alone():
    """Elements, not generators: the tensor representation of random members fixes every basis map."""
    g = O(3).sample(5, rng=0)[0]
    basis = equivariant_basis(O3, (1,) * 4)
    for matrix in g:
        moved = TensorType.parse("T4").matrix(matrix) @ basis
        np.testing.assert_allclose(moved, basis, atol=1e-12)
    assert V.size(3) == 3
