"""Numbers that the works behind this floor print, where they are about groups and integrals over groups."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from symmeter.groups import FiniteGroup, cyclic_group, identify, point_group, point_group_symbol
from symmeter.groups.lie import (
    SO,
    SU,
    Affine,
    Lorentz,
    O,
    RootSystem,
    Scaling,
    SUIrrep,
    embed,
    from_semidirect,
    integrate,
    spin_matrices,
)
from symmeter.representations import random_rotations

# -- hidden symmetries of Hamiltonians --------------------------------------------------------------------------------


def test_multiplicities_of_the_fourier_matrix_in_the_torus_chain():
    """Six sites, sector (0, 0) of Z3 x Z3: 1, i, -1, -i are eigenvalues of F^(x6) 20, 20, 21 and 20 times."""
    w = np.exp(2j * np.pi / 3)
    u, v = np.diag([1, w, w**2]), np.roll(np.eye(3), 1, axis=0).astype(complex)
    f = w ** np.outer(np.arange(3), np.arange(3)) / np.sqrt(3)
    assert abs(abs(np.trace(f)) - 1) < 1e-12
    assert abs(np.trace(f).real) < 1e-12
    # tr of F^k on the sector, from traces on one site: the projector is the mean of (U^a V^b)^(x6).
    matrices = [np.linalg.matrix_power(u, a) @ np.linalg.matrix_power(v, b) for a in range(3) for b in range(3)]
    traces = [np.mean([np.trace(m @ np.linalg.matrix_power(f, k)) ** 6 for m in matrices]) for k in range(4)]
    assert round(traces[0].real) == 81
    assert traces[2] == pytest.approx(1)
    g = cyclic_group(4)
    generator = int(g.generators[0])
    by_class = np.zeros(4, dtype=complex)
    for k in range(4):
        by_class[g.class_labels[g.power(k)[generator]]] = traces[k]
    found = g.character_table.decompose(by_class)
    at_generator = np.round(g.character_table.values[:, g.class_labels[generator]], 12)
    assert {complex(z): int(n) for z, n in zip(at_generator, found)} == {1: 20, 1j: 20, -1: 21, -1j: 20}


def test_clock_and_shift_matrices_generate_the_extraspecial_group_that_is_projective():
    """UV = w VU: order 27, and the representation of dimension 3 in which no level is simple."""
    w = np.exp(2j * np.pi / 3)
    u, v = np.diag([1, w, w**2]), np.roll(np.eye(3), 1, axis=0).astype(complex)
    np.testing.assert_allclose(np.abs(u @ v - w * v @ u).min(), 0, atol=1e-15)
    g = FiniteGroup.from_matrices([u, v])
    assert (g.order, identify(g).name) == (27, "3^(1+2)+")
    assert g.character_table.degrees.tolist() == [1] * 9 + [3, 3]


def test_multiplets_of_the_four_site_hubbard_model():
    """Coefficients of ((1/2, 0) + (0, 1/2))^4 by spin and pseudospin; the dossier's table for L = 4."""
    spins = RootSystem.of("SU(2)")
    counts = Counter({(0, 0): 1})
    for _ in range(4):
        following: Counter[tuple[int, int]] = Counter()
        for (s, eta), n in counts.items():
            for s2, k in spins.tensor_product((s,), (1,)).items():
                following[s2[0], eta] += n * k
            for e2, k in spins.tensor_product((eta,), (1,)).items():
                following[s, e2[0]] += n * k
        counts = following
    expected = {(0, 0): 10, (0, 2): 9, (0, 4): 1, (1, 1): 16, (1, 3): 4, (2, 0): 9, (2, 2): 6, (3, 1): 4, (4, 0): 1}
    assert dict(counts) == expected
    assert sum(n * (s + 1) * (eta + 1) for (s, eta), n in counts.items()) == 256


# -- equivariant networks on GL+(n) -----------------------------------------------------------------------------------

A = np.array([[1, 0.2], [0.2, 0.5]])
B = np.array([[2, -0.3], [-0.3, 1]])
H = np.array([[1.2, 0.4], [-0.1, 0.9]])
X = np.array([0.3, -0.7])


def lifted(a: np.ndarray, x: np.ndarray, h: np.ndarray) -> float:
    """Closed form of the lifting of exp(-t^T a t / 2) by the kernel exp(-u^T B u / 2)."""
    inverse = np.linalg.inv(h)
    c = inverse.T @ B @ inverse
    middle = np.linalg.inv(np.linalg.inv(a) + np.linalg.inv(c))
    norm = 2 * np.pi / (abs(np.linalg.det(h)) * np.sqrt(np.linalg.det(a + c)))
    return float(norm * np.exp(-0.5 * x @ middle @ x))


def lifted_by_integration(f, group: Affine, g: np.ndarray) -> float:
    """The same by the group's own action: the integral of f(t) k(g^-1 t) dt / |det h|."""
    step = 0.1
    t = step * (np.stack(np.meshgrid(np.arange(-90, 91), np.arange(-90, 91)), axis=-1).reshape(-1, 2))
    u = group.act(group.inverse(g), t)
    kernel = np.exp(-0.5 * np.einsum("pi,ij,pj->p", u, B, u))
    _, h = group.semidirect(g)
    return float((f(t) * kernel).sum() * step**2 / abs(np.linalg.det(h)))


def test_lifting_of_gaussians():
    group = Affine(2)
    g = from_semidirect(X, H)
    f = lambda t: np.exp(-0.5 * np.einsum("pi,ij,pj->p", t, A, t))  # noqa: E731
    assert lifted(A, X, H) == pytest.approx(2.3744488679, abs=5e-11)
    assert lifted_by_integration(f, group, g) == pytest.approx(2.3744488679, abs=1e-9)
    # Transforming f by G moves the lifted function by the group law.
    G = np.array([[0.8, -0.5], [0.3, 1.1]])
    inverse = np.linalg.inv(G)
    moved = inverse.T @ A @ inverse
    left = lifted(moved, X, H)
    right = lifted(A, inverse @ X, inverse @ H)
    assert left == pytest.approx(right, rel=1e-12)
    assert left == pytest.approx(2.2444285540, abs=5e-11)


# -- point groups -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(3, 21))
def test_prisms_antiprisms_and_twisted_antiprisms(n):
    """D_nh, D_nd and D_n, each read back from its matrices in a random orientation and order."""
    rng = np.random.default_rng(n)
    turn = random_rotations(1, rng=n)[0]
    for symbol, order in ((f"D{n}h", 4 * n), (f"D{n}d", 4 * n), (f"D{n}", 2 * n)):
        g = point_group(symbol)
        assert g.order == order
        matrices = turn @ g.matrices[rng.permutation(order)] @ turn.T
        assert point_group_symbol(matrices) == symbol


@pytest.mark.parametrize(
    ("symbol", "order"),
    [
        *(("Td", 24), ("T", 12), ("Th", 24), ("O", 24), ("Oh", 48), ("I", 60), ("Ih", 120)),
        *(("C3h", 6), ("S8", 8), ("D3", 6), ("D5", 10), ("C5", 5), ("Cs", 2)),
    ],
)
def test_groups_of_solids_and_molecules(symbol, order):
    g = point_group(symbol)
    assert g.order == order
    turn = random_rotations(1, rng=order)[0]
    assert point_group_symbol(turn @ g.matrices @ turn.T) == symbol


# -- magnetism of SU(N) and Sp(2N) ------------------------------------------------------------------------------------


def symmetry_dimension(h: np.ndarray) -> int:
    """Number of traceless pairs (A, B) with [H, A x 1 + 1 x B] = 0."""
    n = round(np.sqrt(len(h)))
    one = np.eye(n)
    units = np.eye(n * n).reshape(n * n, n, n)
    sums = np.concatenate([np.kron(units, one), np.kron(one, units)])
    rows = (h @ sums - sums @ h).reshape(len(sums), -1)
    values = np.linalg.svd(rows, compute_uv=False)
    # Two identities commute with everything.
    return int((values < 1e-10 * values[0]).sum() + max(0, len(sums) - len(values))) - 2


def test_symmetry_algebras_of_bonds():
    """SU(N) exchange: N^2 - 1; spin 3/2 with channels S = 0 and S = 2: 15, 15 and 10 generators."""
    for n in (2, 3, 4):
        swap = np.eye(n * n).reshape(n, n, n, n).transpose(1, 0, 2, 3).reshape(n * n, n * n)
        exchange = 2 / 8 * (swap - np.eye(n * n))
        assert symmetry_dimension(exchange) == n * n - 1
        values = np.linalg.eigvalsh(exchange)
        assert (np.abs(values + 4 / 8) < 1e-12).sum() == n * (n - 1) // 2
        # The antisymmetric pair states are the irrep [1, 1].
        assert SUIrrep((1, 1) + (0,) * (n - 2)).dimension == n * (n - 1) // 2
    S = spin_matrices(1.5)
    total = np.array([np.kron(s, np.eye(4)) + np.kron(np.eye(4), s) for s in S])
    values, vectors = np.linalg.eigh(np.einsum("aij,ajk->ik", total, total))
    q = {spin: vectors[:, np.abs(values - spin * (spin + 1)) < 1e-9] for spin in (0, 2)}
    projectors = {spin: v @ v.conj().T for spin, v in q.items()}
    for j0, j2, dimension in ((1.0, 1.0, 15), (1.0, 0.0, 15), (1.0, 0.3, 10)):
        assert symmetry_dimension(-j0 * projectors[0] - j2 * projectors[2]) == dimension
    assert SU(4).dimension == 15
    assert SO(5).dimension == 10


def test_eigenvalues_of_the_six_plet():
    """SU(4) with two per site: the 6-plet times itself is 1 + 15 + 20, the multiplicities of the two-site spectrum."""
    six = SUIrrep((1, 1, 0, 0))
    assert sorted(r.dimension for r, n in six.tensor(six).items() for _ in range(n)) == [1, 15, 20]


# -- mixed symmetries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "dimensions"),
    [
        (embed(SO(2), 3, [0, 1]), [1, 1, 3, 7, 19, 51]),
        (embed(O(2), 3, [0, 1]), [1, 1, 2, 4, 10, 26]),
        (embed(O(2), 3, [2, 1]), [1, 1, 2, 4, 10, 26]),
    ],
    ids=str,
)
def test_invariant_tensors_of_rotations_about_an_axis(group, dimensions):
    """Numbers of invariants in r vectors: means of tr(g)^r, exact on 16 angles and the discrete generators."""
    turns = group.exp(2 * np.pi * np.arange(16)[:, None] / 16)
    elements = np.concatenate([turns, *(h @ turns for h in group.discrete_generators)])
    traces = np.trace(elements, axis1=1, axis2=2)
    assert [round(float(np.mean(traces**r)), 9) for r in range(6)] == dimensions


@pytest.mark.parametrize(("group", "dimensions"), [(SO(3), [1, 0, 1, 1, 3, 6]), (O(3), [1, 0, 1, 0, 3, 0])], ids=str)
def test_invariant_tensors_of_rotations(group, dimensions):
    """The same with Haar samples of SO(3), and the reflection for O(3)."""
    powers = lambda g: np.trace(g, axis1=1, axis2=2)[:, None] ** np.arange(6)  # noqa: E731
    mean, error = integrate(powers, SO(3), n=16_384, method="lattice", seed=1)
    if group.components == 2:
        mirror = group.discrete_generators[0]
        other, more = integrate(lambda g: powers(mirror @ g), SO(3), n=16_384, method="lattice", seed=2)
        mean, error = (mean + other) / 2, np.hypot(error, more) / 2
    assert np.abs(mean - dimensions).max() < 0.02
    assert (np.abs(mean - dimensions) <= 5 * error + 1e-12).all()


def test_uniform_scalings_leave_only_mixed_tensors():
    """exp(t D) acts on p covariant and q contravariant slots by e^((p - q) t): invariants only for q = p."""
    g = Scaling(3).exp([0.7])
    for p in range(3):
        for q in range(3):
            up, down = np.eye(1), np.eye(1)
            for _ in range(p):
                up = np.kron(up, g)
            for _ in range(q):
                down = np.kron(down, np.linalg.inv(g).T)
            acting = np.kron(up, down)
            fixed = (np.abs(np.linalg.eigvals(acting) - 1) < 1e-9).sum()
            assert fixed == (3 ** (2 * p) if p == q else 0)


# -- Lorentz-equivariant networks -------------------------------------------------------------------------------------


def test_kinematics_and_boosts_up_to_0_99():
    G = Lorentz()
    p, q = np.array([5.0, 3, 0, 4]), np.array([13.0, 0, 5, 12])
    dot = lambda a, b: float(a @ G.metric @ b) * np.sign(G.metric[0, 0])  # noqa: E731
    assert dot(p, p) == dot(q, q) == 0
    assert dot(p, q) == 17
    assert dot(p - q, p - q) == -34
    rng = np.random.default_rng(0)
    for _ in range(20):
        direction = rng.standard_normal(3)
        rapidity = np.arctanh(0.99) * rng.uniform() * direction / np.linalg.norm(direction)
        g = G.exp(np.concatenate([np.zeros(3), rapidity])) @ G.exp(
            np.concatenate([rng.standard_normal(3), np.zeros(3)])
        )
        assert dot(g @ p, g @ q) == pytest.approx(17, abs=1e-9)
