"""What second moments can tell: 2-closures of real and complex covariances, and which symmetry implies which."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.identifiability import GENERATIVE, SUPERGROUP, identifiability_of, implied_by
from symmeter.groups import PermutationGroup, cyclic, dihedral, symmetric
from symmeter.representations import Dense, Monomial, MonomialAction, action_of


def brute_automorphisms(r: np.ndarray) -> int:
    m = len(r)
    return sum(np.abs(r[np.ix_(p, p)] - r).max() < 1e-9 for p in map(list, permutations(range(m))))


def generic_covariance(generators: list[Monomial], complex_data: bool, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    m = generators[0].dimension
    a = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if complex_data else 0.0)
    return MonomialAction(generators).symmetrize(a @ a.conj().T)


@pytest.mark.parametrize("m", [7, 8, 12])
def test_complex_circulants_show_the_cyclic_group_and_real_ones_the_dihedral(m: int) -> None:
    shift = dictionary.ring_shifts(m)[0]
    assert cyclic(m).two_closure().order == m
    assert cyclic(m).two_closure(symmetric=True).order == 2 * m
    action = MonomialAction([shift])
    real, complex_answer = identifiability_of(action), identifiability_of(action, complex=True)
    assert (real.verdict, real.closure_order) == (SUPERGROUP, 2 * m)
    assert (complex_answer.verdict, complex_answer.closure_order) == (GENERATIVE, m)
    assert f"D{m}" in real.sentence
    assert "second moments cannot tell" in real.sentence
    both = MonomialAction([shift, *dictionary.ring_reflection(m)])
    assert identifiability_of(both).verdict == GENERATIVE


@pytest.mark.parametrize("complex_data", [False, True])
def test_the_closure_is_the_automorphism_group_of_a_generic_covariance(complex_data: bool) -> None:
    for generators in (
        [Monomial([1, 2, 3, 4, 5, 0])],
        [Monomial([1, 2, 0, 3, 4, 5]), Monomial([0, 1, 2, 4, 5, 3])],
        [Monomial([1, 2, 0, 4, 5, 3])],
        [Monomial([1, 0, 3, 2, 5, 4])],
        [Monomial([1, 2, 0, 3, 4, 5]), Monomial([1, 0, 2, 3, 4, 5])],
    ):
        r = generic_covariance(generators, complex_data)
        answer = identifiability_of(MonomialAction(generators), complex=complex_data)
        assert answer.closure_order == brute_automorphisms(r)
        group = PermutationGroup([g.images for g in generators])
        assert (answer.verdict == GENERATIVE) == (group.order == answer.closure_order)


def test_groups_that_are_and_are_not_closed() -> None:
    for group, closed in ((dihedral(6), True), (symmetric(5), True), (cyclic(5), False)):
        action = MonomialAction([Monomial(g.images) for g in group.generators])
        assert (identifiability_of(action).verdict == GENERATIVE) == closed
    # A doubly transitive group shows the symmetric group, complex or not.
    alternating = MonomialAction([Monomial([1, 2, 0, 3, 4]), Monomial([0, 1, 3, 4, 2])])
    for complex_data in (False, True):
        answer = identifiability_of(alternating, complex=complex_data)
        assert (answer.verdict, answer.closure_order) == (SUPERGROUP, 120)


def test_undecided_cases_are_left_empty() -> None:
    assert identifiability_of(MonomialAction([Monomial([1, 0], [1, -1])])).verdict == ""
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    assert identifiability_of(action_of([Dense(q @ np.diag([1.0, 1.0, -1.0]) @ q.T)])).verdict == ""
    trivial = identifiability_of(MonomialAction([Monomial(range(4))]))
    assert (trivial.verdict, trivial.closure_order) == ("", 1)
    assert identifiability_of(MonomialAction(dictionary.ring_shifts(500))).verdict == ""


def names(maps: tuple) -> set[str]:
    return {t.name for t in maps}


def test_what_follows_from_shifts_of_a_grid() -> None:
    shifts = dictionary.grid_shifts((4, 4))
    flip_x, flip_y = dictionary.reflections((4, 4))
    half, quarter = dictionary.rotations((4, 4))
    transpose = dictionary.transposes((4, 4))[0]
    assert implied_by(half, shifts)[0] == "supergroup"
    assert names(implied_by(half, shifts)[1]) == {"shift_x", "shift_y"}
    # The half turn is exactly the extra symmetry of a real covariance; a complex one need not have it.
    assert implied_by(half, shifts, complex=True) == ("", ())
    for t in (flip_x, flip_y, transpose, quarter):
        assert implied_by(t, shifts) == ("", ())
    link, reasons = implied_by(half, [*shifts, flip_x, flip_y])
    assert link == "member"
    assert names(reasons) == {"flip_x", "flip_y"}
    assert implied_by(half, [quarter])[0] == "member"
    # Given the shifts, one flip and the implied half turn make the other flip.
    assert implied_by(flip_y, [*shifts, flip_x])[0] == "supergroup"
    assert implied_by(flip_y, [flip_x]) == ("", ())
    double = dictionary.grid_shifts((4, 4), (2,))[1]
    assert implied_by(double, shifts) == ("member", (shifts[1],))


def test_implication_is_what_every_covariance_shows() -> None:
    """Every pair of grid maps: the link says "" exactly when some covariance has the first and lacks the second."""
    maps = [
        *dictionary.grid_shifts((3, 3)),
        *dictionary.reflections((3, 3)),
        *dictionary.rotations((3, 3)),
        *dictionary.transposes((3, 3)),
    ]
    for i, a in enumerate(maps):
        for b in maps[i + 1 :]:
            r = generic_covariance([a, b], False)
            for t in maps:
                if t is a or t is b:
                    continue
                holds = np.abs(t.conjugate(r) - r).max() < 1e-9
                assert bool(implied_by(t, [a, b])[0]) == holds, (a.name, b.name, t.name)


def test_maps_with_signs_do_not_enter() -> None:
    signed = Monomial([1, 0, 2], [1, -1, 1])
    assert implied_by(signed, [Monomial([1, 0, 2])]) == ("", ())
    assert implied_by(Monomial([1, 0, 2]), [signed]) == ("", ())
    assert implied_by(Monomial([1, 0, 2]), []) == ("", ())
    swap = Monomial([1, 0, 2])
    assert implied_by(swap, [swap]) == ("", ())
