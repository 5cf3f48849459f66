"""Properties x objects: what every exported representation, coupling and action must satisfy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import symmeter.groups as sg
import symmeter.representations as sr
from symmeter.groups import lie
from symmeter.representations import Irreps, Representation, T, V

RNG = np.random.default_rng(8)
ROTATIONS = list(sr.random_rotations(4, rng=1))
ROTARY = [ROTATIONS[0], -ROTATIONS[1], ROTATIONS[2], -ROTATIONS[3]]
QUATERNIONS = list(RNG.standard_normal((4, 4)))
QUATERNIONS = [q / np.linalg.norm(q) for q in QUATERNIONS]
TWO_BY_TWO = list(lie.SU(2).sample(4, rng=2)[0])
THREE_BY_THREE = list(lie.SU(3).sample(4, rng=3)[0])
FOUR_BY_FOUR = {form: list(lie.Sp(4, form).sample(4, rng=4)[0]) for form in ("blocks", "spin")}
TRANSFORMS = list(lie.Lorentz().exp(0.4 * RNG.standard_normal((4, 6))))


def hamilton(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Product of quaternions (w, x, y, z)."""
    w = p[0] * q[0] - p[1:] @ q[1:]
    return np.concatenate([[w], p[0] * q[1:] + q[0] * p[1:] + np.cross(p[1:], q[1:])])


@dataclass
class Case:
    """A map from group elements to matrices, with what it claims."""

    name: str
    elements: list[Any]
    rho: Callable[[Any], np.ndarray]
    dimension: int
    product: Callable[[Any, Any], Any] = np.matmul
    unitary: bool = True

    def __str__(self) -> str:
        return self.name


def of_finite(name: str, group: Any, rho: Callable[[Any], np.ndarray], dimension: int) -> Case:
    elements = list(group.elements())
    if isinstance(group, sg.FiniteGroup):
        return Case(name, elements, rho, dimension, lambda a, b: int(group.table[a, b]))
    return Case(name, elements, rho, dimension, (lambda a, b: a * b) if hasattr(elements[0], "images") else np.matmul)


def of_representation(r: Representation, name: str) -> Case:
    return of_finite(name, r.group, r, r.dimension)


S4, A4 = sg.symmetric(4), sg.alternating_group(4)
Q8 = sg.MatrixGroup([np.array([[1j, 0], [0, -1j]]), np.array([[0, 1], [-1, 0]], dtype=complex)])
SIGN = Representation.of_finite_group(S4, lambda g: [[float(g.parity)]], "sign")
C3V = sg.point_group("C3v")
SPINS = (0, 0.5, 1, 1.5, 3)
DEGREES = (0, 1, 2, 5)

#: Exported name -> representations by it.
CASES: dict[str, list[Case]] = {
    "Representation": [
        of_representation(SIGN, "sign of S4"),
        of_representation(SIGN + V(S4), "direct sum"),
        of_representation(SIGN * V(S4), "product"),
        of_representation(V(Q8).dual, "dual"),
        of_representation(3 * V(Q8), "copies"),
        of_representation(V(S4) >> (V(S4) + SIGN), "maps"),
    ],
    "V": [of_representation(V(g), f"V of {g.name}") for g in (S4, Q8, C3V, A4)],
    "T": [of_representation(T(p, q)(Q8), f"T({p},{q})") for p, q in ((0, 0), (2, 0), (1, 1), (0, 2))],
    "TensorType": [of_representation(sr.TensorType.parse("2T0 + V")(C3V), "2T(0) + V")],
    "Tensor": [of_representation(sr.Tensor(2)(C3V), "Tensor(2)")],
    "Scalar": [of_representation((sr.Scalar + sr.Scalar)(S4), "2 Scalar")],
    "Vector": [of_representation((sr.Scalar + sr.Vector)(Q8), "Scalar + Vector")],
    "defining_representation": [of_representation(sr.defining_representation(sg.dihedral(5)), "D5 on 5 points")],
    "Irrep": [Case(str(r), ROTARY, r.D, r.dim) for r in (sr.Irrep(ell, p) for ell in (0, 1, 4, 5) for p in (1, -1))],
    "Irreps": [Case(t, ROTARY, Irreps(t).D, Irreps(t).dim) for t in ("0o", "2x0e+1o+3x2e", "1e+1o", "6o+0e")]
    + [Case("axis z", ROTARY, lambda g: Irreps("1o+2e").D(g, axis="z"), 8)],
    "wigner_D": [
        Case(f"l={n} {basis} {axis}", ROTATIONS, lambda g, n=n, b=basis, a=axis: sr.wigner_D(n, g, b, a), 2 * n + 1)
        for n in (*DEGREES, 40)
        for basis, axis in (("real", "y"), ("real", "z"), ("complex", None))
    ],
    "wigner_D_all": [Case("l<=6", ROTATIONS, lambda g: scipy.linalg.block_diag(*sr.wigner_D_all(6, g)), 49)],
    "wigner_D_spin": [
        Case(f"j={j}", QUATERNIONS, lambda q, j=j: sr.wigner_D_spin(j, q), int(2 * j + 1), hamilton) for j in SPINS
    ],
    "so3_irrep": [Case(f"l={n}", ROTATIONS, lambda g, n=n: lie.so3_irrep(n, g), 2 * n + 1) for n in DEGREES],
    "spin_irrep": [Case(f"j={j}", TWO_BY_TWO, lambda g, j=j: lie.spin_irrep(j, g), int(2 * j + 1)) for j in SPINS],
    "lorentz_irrep": [
        Case(
            f"({m}, {n})",
            TRANSFORMS,
            lambda g, m=m, n=n: lie.lorentz_irrep(m, n, lie.Lorentz().log(g)),
            int((2 * m + 1) * (2 * n + 1)),
            unitary=m + n == 0,
        )
        for m, n in ((0, 0), (0.5, 0.5), (1, 0), (0, 1), (1, 1))
    ],
    "SUIrrep": [
        Case(f"{p}", THREE_BY_THREE, lie.SUIrrep(p), lie.SUIrrep(p).dimension)
        for p in ((0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 1, 0), (3, 1, 0))
    ],
    "SpIrrep": [
        Case(f"{labels} {form}", FOUR_BY_FOUR[form], lie.SpIrrep(labels, form), lie.SpIrrep(labels, form).dimension)
        for labels in ((0, 0), (1, 0), (0, 1), (1, 1))
        for form in ("blocks", "spin")
    ],
    # Methods that give representations.
    "FiniteGroup.irrep": [
        of_finite(f"{g.name} X{i + 1}", g, lambda x, g=g, i=i: g.irrep(i)[x], g.irrep(i).shape[1])
        for g in (A4, sg.double_group("O"), sg.dicyclic_group(3), sg.metacyclic_group(7, 3, 2))
        for i in range(g.number_of_classes)
    ],
    "MatrixLieGroup.adjoint": [
        Case(str(G), list(G.exp(0.5 * RNG.uniform(-1, 1, (4, G.dimension)))), G.adjoint, G.dimension, unitary=unitary)
        for G, unitary in ((lie.SO(3), True), (lie.SU(3), True), (lie.SE(2), False), (lie.Lorentz(), False))
    ],
}

#: Exported matrices of an algebra -> (matrices, the group whose generators they represent).
ALGEBRAS: dict[str, list[tuple[np.ndarray, Any]]] = {
    "so3_generators": [(lie.so3_generators(n), lie.SO(3)) for n in DEGREES],
    "rotation_generators": [(sr.rotation_generators(n, axis), lie.SO(3)) for n in DEGREES for axis in "yz"],
    "spin_matrices": [(-1j * lie.spin_matrices(j), lie.SU(2)) for j in SPINS],
    "angular_momentum": [(-1j * sr.angular_momentum(j), lie.SU(2)) for j in SPINS],
    "lorentz_generators": [(lie.lorentz_generators(m, n), lie.Lorentz()) for m, n in ((0.5, 0), (0.5, 1), (1, 1))],
    "gell_mann": [(-0.5j * lie.gell_mann(n), lie.SU(n)) for n in (2, 3, 4)],
    "sp_generators": [(-1j * lie.sp_generators(n, f), lie.Sp(n, f)) for n in (2, 4) for f in ("blocks", "spin")],
    "SUIrrep.generators": [
        (-1j * lie.SUIrrep(p).generators, lie.SU(len(p))) for p in ((1, 0), (2, 1, 0), (1, 1, 0, 0))
    ],
    "SpIrrep.generators": [
        (-1j * lie.SpIrrep(labels, f).generators, lie.Sp(2 * len(labels), f))
        for labels, f in (((3,), "blocks"), ((0, 1), "spin"), ((1, 1), "blocks"), ((0, 0, 1), "spin"))
    ],
    "Irreps.generators": [(Irreps(t).generators(a), lie.SO(3)) for t in ("1o+2x2e", "0e+3o") for a in "yz"],
}

#: Exported name -> what (l1, l2, l3) couples to, indices along the last axis of the result.
COUPLINGS: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "real_wigner_3j": sr.real_wigner_3j,
    "wigner_3j_tensor": sr.wigner_3j_tensor,
    "clebsch_gordan_tensor": sr.clebsch_gordan_tensor,
    "clebsch_gordan_table": lambda a, b, c: sr.clebsch_gordan_table(a, b, c).dense()[a * a :, b * b :, c * c :],
    "gaunt_table": lambda a, b, c: sr.gaunt_table(a, b, c).dense()[a * a :, b * b :, c * c :],
    "poisson_table": lambda a, b, c: sr.poisson_table(a, b, c).dense()[a * a :, b * b :, c * c :],
}

#: Exported name -> actions of groups on coordinates.
GRID = np.arange(12).reshape(3, 4)
MOVES = [sr.Monomial(np.roll(GRID, 1, 0).ravel()), sr.Monomial(GRID[:, ::-1].ravel())]
ACTIONS: dict[str, list[Any]] = {
    "MonomialAction": [sr.MonomialAction(MOVES), sr.MonomialAction([sr.Monomial([1, 2, 0], [1, 1j, -1j])])],
    "FiniteMatrixAction": [
        sr.FiniteMatrixAction([sr.Dense(C3V.matrices[2])]),
        sr.FiniteMatrixAction([sr.Dense(m) for m in Q8.generators]),
    ],
    "FlowAction": [sr.FlowAction(sg.LieAlgebra(lie.SO(3).basis)), sr.FlowAction(sg.LieAlgebra(lie.SU(2).basis))],
    "PowersAction": [
        sr.PowersAction(sr.Dense(lie.SO(4).exp(np.arange(1.0, 7.0) / 3.0))),
        sr.PowersAction(sr.Monomial([1, 0, 2], np.exp([0.3j, 0.5j, 0.8j]))),
    ],
    "action_of": [sr.action_of(MOVES)],
    "cyclic_action": [sr.cyclic_action(MOVES[0])],
}

#: What the room exports besides: functions on the sphere, values, text, numbers and building stones.
OTHERS = {"Action", "Space", "Projector", "Transformation", "Dense", "Monomial", "as_transformation"}
OTHERS |= {"isotypic_decomposition", "IsotypicComponent", "IntertwinerBasis", "intertwiners"}
OTHERS |= {
    "MulIrrep",
    "SortedIrreps",
    "SparseCoupling",
    "SphereGrid",
    "e3nn_sign",
    "gaunt_constant",
    "poisson_constant",
}
OTHERS |= {"clebsch_gordan", "gaunt", "wigner_3j", "wigner_3j_square", "wigner_6j", "wigner_6j_square"}
OTHERS |= {"wigner_d", "wigner_d_all", "random_rotations", "euler_from_matrix", "matrix_from_euler"}
OTHERS |= {"matrix_from_quaternion", "fibonacci_grid", "gauss_legendre_grid", "lebedev_grid"}
#: test_harmonic_conventions.py is about these.
OTHERS |= {"HARMONIC_CONVENTIONS", "HarmonicConvention", "alm_from_real", "axis_matrix", "complex_from_real"}
OTHERS |= {"complex_sph_harm", "conversion_matrix", "convert_coefficients", "convert_harmonics", "degree_of"}
OTHERS |= {"normalization_factors", "real_from_alm", "real_sph_harm", "real_sph_harm_gradient", "real_to_complex"}
OTHERS |= {"unit_vectors"}
#: test_unaveraged.py is about it.
OTHERS |= {"UnaveragedAction"}

ALL = [pytest.param(c, id=f"{family}-{c.name}") for family, cases in CASES.items() for c in cases]
every_representation = pytest.mark.parametrize("case", ALL)
every_algebra = pytest.mark.parametrize(
    ("images", "group"),
    [pytest.param(m, g, id=f"{name}-{g}-{i}") for name, all_ in ALGEBRAS.items() for i, (m, g) in enumerate(all_)],
)
every_action = pytest.mark.parametrize(
    "action", [pytest.param(a, id=f"{name}-{i}") for name, all_ in ACTIONS.items() for i, a in enumerate(all_)]
)


def test_no_exported_representation_escapes():
    covered = {n for table in (CASES, ALGEBRAS, COUPLINGS, ACTIONS) for n in table if "." not in n}
    of_groups = {n for n in lie.__all__ if re.search(r"irrep|generators|spin_matrices|gell_mann", n, re.IGNORECASE)}
    assert covered & OTHERS == set()
    assert covered | OTHERS == set(sr.__all__) | of_groups
    assert all(table[name] for table in (CASES, ALGEBRAS, ACTIONS) for name in table)


@every_representation
def test_homomorphism(case):
    few = case.elements[:: max(1, len(case.elements) // 6)]
    for a in few:
        for b in few[::2]:
            np.testing.assert_allclose(case.rho(case.product(a, b)), case.rho(a) @ case.rho(b), atol=1e-10)


@every_representation
def test_dimension_and_unitarity(case):
    worst = 0.0
    for g in case.elements:
        m = np.asarray(case.rho(g))
        assert m.shape == (case.dimension, case.dimension)
        worst = max(worst, float(np.abs(m @ m.conj().T - np.eye(case.dimension)).max()))
    assert worst < 1e-11 if case.unitary else worst > 0.1


@every_representation
def test_characters_depend_on_the_class_alone(case):
    g, h = case.elements[-1], case.elements[1 % len(case.elements)]
    gh, hg = (np.trace(case.rho(case.product(x, y))) for x, y in ((g, h), (h, g)))
    assert abs(gh - hg) < 1e-10 * max(1, abs(gh))


@pytest.mark.parametrize(
    "group", [S4.to_finite(), A4, C3V, sg.double_group("O"), sg.metacyclic_group(7, 3, 2)], ids=str
)
def test_irreps_of_finite_groups_are_orthogonal_and_complete(group):
    irreps = [group.irrep(i) for i in range(group.number_of_classes)]
    assert sum(m.shape[1] ** 2 for m in irreps) == group.order
    # Entries of all irreps, scaled, are an orthonormal basis of the functions on the group.
    rows = np.concatenate([np.sqrt(m.shape[1] / group.order) * m.reshape(group.order, -1) for m in irreps], axis=1)
    np.testing.assert_allclose(rows.conj().T @ rows, np.eye(group.order), atol=1e-10)


@pytest.mark.parametrize("name", ["wigner_D", "so3_irrep", "wigner_D_spin", "spin_irrep"])
def test_characters_of_rotations_are_orthonormal_under_haar_measure(name):
    """Exactly, by equally spaced rotations about one axis weighted by the density 1 - cos(angle)."""
    angles = 4 * np.pi * np.arange(64) / 64
    axis = np.array([0.6, 0.0, 0.8])
    if name in ("wigner_D", "so3_irrep"):
        elements = lie.SO(3).exp(angles[:, None] * axis)
        rho, spins = (sr.wigner_D if name == "wigner_D" else lie.so3_irrep), range(6)
    else:
        spins = (0, 0.5, 1, 1.5, 2, 2.5)
        if name == "wigner_D_spin":
            elements = np.column_stack([np.cos(angles / 2), np.sin(angles / 2)[:, None] * axis])
            rho = sr.wigner_D_spin
        else:
            elements = lie.SU(2).exp(angles[:, None] * axis)
            rho = lie.spin_irrep
    characters = np.array([np.trace(rho(j, elements), axis1=1, axis2=2) for j in spins])
    gram = (characters * (1 - np.cos(angles))) @ characters.conj().T / 64
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)
    np.testing.assert_allclose(characters[:, 0], [2 * j + 1 for j in spins], atol=1e-12)


def test_characters_of_su3_are_orthonormal_under_haar_measure():
    """Exactly, on the torus with Weyl's density."""
    t = 2 * np.pi * np.arange(24) / 24
    a, b = (x.ravel() for x in np.meshgrid(t, t, indexing="ij"))
    angles = np.stack([a, b, -a - b], axis=1)
    z = np.exp(1j * angles)
    weyl = np.prod([np.abs(z[:, i] - z[:, j]) ** 2 for i, j in ((0, 1), (0, 2), (1, 2))], axis=0) / 6
    shapes = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 1, 0), (2, 0, 0), (3, 0, 0)]
    characters = np.array([lie.SUIrrep(p).character(angles) for p in shapes])
    gram = (characters * weyl) @ characters.conj().T / len(a)
    np.testing.assert_allclose(gram, np.eye(len(shapes)), atol=1e-12)


@every_algebra
def test_generators_have_the_structure_constants_of_the_group(images, group):
    assert len(images) == group.dimension
    brackets = images[:, None] @ images[None] - images[None] @ images[:, None]
    np.testing.assert_allclose(brackets, np.tensordot(group.structure_constants, images, axes=1), atol=1e-12)
    jacobi = sum(
        brackets[a, b] @ images[c] - images[c] @ brackets[a, b] for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    )
    assert np.abs(jacobi).max() < 1e-11
    if group.is_compact:
        np.testing.assert_allclose(images, -images.conj().swapaxes(1, 2), atol=1e-13)


@pytest.mark.parametrize("name", COUPLINGS)
@pytest.mark.parametrize("triple", [(1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 2, 2), (2, 3, 4), (3, 3, 5)], ids=str)
def test_couplings_are_equivariant(name, triple):
    tensor = COUPLINGS[name](*triple)
    assert tensor.shape == tuple(2 * n + 1 for n in triple)
    # Products live on even paths, brackets on odd ones, everything else on both.
    odd = sum(triple) % 2 == 1
    assert (np.abs(tensor).max() > 1e-3) == (
        odd if name == "poisson_table" else not odd if name == "gaunt_table" else True
    )
    complex_ = name in ("wigner_3j_tensor", "clebsch_gordan_tensor")
    a, b, c = (sr.wigner_D(n, ROTATIONS[0], "complex" if complex_ else "real") for n in triple)
    last = c if name == "wigner_3j_tensor" or not complex_ else c.conj()
    turned = np.einsum("ijk,il,jm,kn->lmn", tensor, a, b, last)
    np.testing.assert_allclose(turned, tensor, atol=1e-12)


@every_action
def test_actions_project_on_what_their_generators_leave_alone(action):
    m = action.dimension
    p = action.projector().matrix()
    np.testing.assert_allclose(p @ p, p, atol=1e-9)
    np.testing.assert_allclose(p, p.conj().T, atol=1e-9)
    operator = RNG.standard_normal((m, m)) + 1j * RNG.standard_normal((m, m))
    averaged = action.average(operator)
    for g in action.generators:
        matrix = g.matrix()
        np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(m), atol=1e-12)
        np.testing.assert_allclose(matrix @ p, p, atol=1e-9)
        np.testing.assert_allclose(matrix @ averaged, averaged @ matrix, atol=1e-8)
    assert round(np.trace(p).real) == action.projector().rank
    np.testing.assert_allclose(np.trace(averaged), np.trace(operator), atol=1e-8)


@pytest.mark.parametrize("group", [S4, Q8, C3V, lie.SU(2), lie.SO(3), lie.O(2), lie.SE(2)], ids=str)
def test_intertwiners_commute_and_their_number_is_that_of_the_characters(group):
    v = V(group)
    square = v * v
    basis = v.intertwiners(v)
    for a in (*v.discrete, *v.algebra):
        assert np.abs(a @ basis.maps - basis.maps @ a).max() < 1e-8
    if getattr(group, "is_finite", False):
        assert basis.dimension == pytest.approx(np.mean(np.abs(v.characters) ** 2))
        assert len(square.invariants()) == pytest.approx(abs(np.mean(v.characters**2)), abs=1e-9)
        assert square.homomorphism_defect() < 1e-9
    else:
        assert basis.dimension == 1
