"""Gaunt and Poisson products against independent sums, stated numbers, their algebra, rotations and derivatives."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.nn import GauntTensorProduct, PoissonTensorProduct  # noqa: E402
from symmeter.nn.gaunt.constants import dense_arrays  # noqa: E402
from symmeter.nn.gaunt.cubature import full_rule, paired_rule, product_rule  # noqa: E402
from symmeter.nn.gaunt.equivariance import rotated  # noqa: E402
from symmeter.nn.gaunt.routes import route_of  # noqa: E402
from symmeter.representations import (  # noqa: E402
    gaunt_constant,
    gauss_legendre_grid,
    poisson_constant,
    random_rotations,
    real_sph_harm,
    real_sph_harm_gradient,
    real_wigner_3j,
)

ROOT = math.sqrt(4 * math.pi)
K = torch.arange(25, dtype=torch.float64)
X, Y = torch.sin(K + 1), torch.cos(2 * K + 1)


@pytest.fixture(autouse=True)
def _double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def coefficients(lmax, *lead, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*lead, (lmax + 1) ** 2, generator=generator, dtype=torch.float64)


def integrals(lmaxes, bracket=False):
    """The table T_ijk by Gauss-Legendre quadrature of the harmonics themselves, twice as fine as needed."""
    grid = gauss_legendre_grid(2 * sum(lmaxes) + 2)
    values = [real_sph_harm(grid.points, lmax) for lmax in lmaxes]
    if not bracket:
        return np.einsum("p,pi,pj,pk->ijk", grid.weights, *values, optimize=True)
    f, g = (real_sph_harm_gradient(grid.points, lmax)[1] for lmax in lmaxes[:2])
    turned = np.cross(grid.points[:, None, :], np.swapaxes(f, 1, 2))
    return np.einsum("p,pia,paj,pk->ijk", grid.weights, turned, g, values[2], optimize=True)


# ---- stated numbers -----------------------------------------------------------------------------------------------


def test_harmonics_at_the_pole_and_the_addition_theorem():
    pole = real_sph_harm([0.0, 1.0, 0.0], 6)
    for ell in range(7):
        block = pole[ell * ell : (ell + 1) ** 2]
        assert block[ell] == pytest.approx(math.sqrt((2 * ell + 1) / (4 * math.pi)), abs=1e-13)
        assert np.abs(np.delete(block, ell)).max(initial=0) < 1e-13
    rng = np.random.default_rng(0)
    r, s = (v / np.linalg.norm(v) for v in rng.standard_normal((2, 3)))
    a, b = real_sph_harm(r, 6), real_sph_harm(s, 6)
    for ell in range(7):
        found = a[ell * ell : (ell + 1) ** 2] @ b[ell * ell : (ell + 1) ** 2]
        legendre = np.polynomial.legendre.legval(r @ s, np.eye(7)[ell])
        assert found == pytest.approx((2 * ell + 1) / (4 * math.pi) * legendre, abs=1e-12)


@pytest.mark.parametrize(
    ("degrees", "constant"),
    [
        ((1, 1, 0), 0.4886025119),
        ((1, 1, 2), 0.6909882989),
        ((1, 2, 3), 0.8462843753),
        ((2, 2, 4), 1.0115032966),
        ((2, 2, 2), 0.7539300439),
        ((3, 3, 2), 0.8618138236),
        ((4, 4, 4), 1.0213581196),
        ((3, 4, 5), 1.0496865793),
        ((1, 1, 1), 1.1968268412),
        ((1, 2, 2), 2.6761861742),
        ((1, 3, 3), 4.4781159911),
        ((2, 2, 1), 2.6761861742),
        ((2, 2, 3), 5.3523723485),
        ((3, 3, 3), 9.6738361893),
    ],
)
def test_constants_of_paths(degrees, constant):
    odd = sum(degrees) % 2
    tp = GauntTensorProduct(*degrees, antisymmetric=True)
    (path,) = [p for p in tp.paths() if (p.l1, p.l2, p.l3) == degrees]
    assert path.constant == pytest.approx(constant, abs=1e-8)
    assert path.constant == (poisson_constant if odd else gaunt_constant)(*degrees)
    assert path.parity == (-1 if odd else 1)
    # Through the layer: one path alone is the constant times the real 3j tensor.
    x, y, z = (coefficients(ell, 1, seed=ell)[0] for ell in degrees)
    blocks = [torch.zeros((ell + 1) ** 2) for ell in degrees]
    for block, v, ell in zip(blocks, (x, y, z), degrees):
        block[ell * ell :] = v[ell * ell :]
    found = tp(blocks[0], blocks[1])[odd][degrees[2] ** 2 :]
    w = torch.tensor(real_wigner_3j(*degrees))
    wanted = torch.einsum("abc,a,b->c", w, *(b[e * e :] for b, e in zip(blocks[:2], degrees[:2])))
    torch.testing.assert_close(found, constant * wanted, atol=1e-8, rtol=0)


@pytest.mark.parametrize("backend", ["dense", "separable", "fourier", "direct", "cg"])
def test_products_of_sines_and_cosines(backend):
    found = GauntTensorProduct(1, 1, 2, backend=backend)(X[:4], Y[:4])
    stated = [
        -0.275345282821, -0.096407154538, 0.088843205749, 0.063608070527, 0.31350680968,
        0.025833426998, 0.195645406042, -0.023661443197, 0.072030084108,
    ]  # fmt: skip
    np.testing.assert_allclose(found, stated, atol=1e-11)
    assert float(found.square().sum()) == pytest.approx(0.240027673544, abs=1e-11)
    found = GauntTensorProduct(2, 1, 3, backend=backend)(X[:9], Y[:4])
    assert float(found.square().sum()) == pytest.approx(0.685993181718, abs=1e-11)
    assert float(found.sum()) == pytest.approx(0.32795882144, abs=1e-10)


@pytest.mark.parametrize("backend", ["dense", "direct", "cg"])
def test_brackets_of_sines_and_cosines(backend):
    found = PoissonTensorProduct(1, 1, 1, backend=backend)(X[:4], Y[:4])
    np.testing.assert_allclose(found, [0, 0.1568741143465, 0.03112760143764, 0.1942884131437], atol=1e-12)
    found = PoissonTensorProduct(2, 2, 3, backend=backend)(X[:9], Y[:9])
    assert float(found.square().sum()) == pytest.approx(16.309373962141, abs=1e-10)


def test_the_bracket_of_vectors_is_the_cross_product():
    a, b = coefficients(1, 5, seed=1), coefficients(1, 5, seed=2)
    found = PoissonTensorProduct(1, 1, 1)(a, b)
    wanted = math.sqrt(3 / (4 * math.pi)) * torch.linalg.cross(a[:, 1:], b[:, 1:])
    torch.testing.assert_close(found[:, 1:], wanted, atol=1e-13, rtol=0)
    assert found[:, 0].abs().max() < 1e-14


@pytest.mark.parametrize(("lmax", "count"), [(1, 4), (2, 11), (3, 23), (4, 42), (5, 69), (6, 106), (8, 215)])
def test_number_of_paths(lmax, count):
    assert len(GauntTensorProduct(lmax, lmax, lmax).paths()) == count
    assert len(GauntTensorProduct(lmax, lmax, 2 * lmax).paths()) == (lmax + 1) * (lmax + 2) * (2 * lmax + 3) // 6


# ---- all routes are one product -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lmaxes", [(0, 0, 0), (0, 3, 3), (1, 1, 2), (2, 4, 1), (3, 2, 5), (5, 3, 4), (6, 6, 6), (4, 6, 0)]
)
@pytest.mark.parametrize("normalization", ["integral", "component", "norm"])
def test_every_route_against_quadrature(lmaxes, normalization):
    table = integrals(lmaxes)
    ells = [np.repeat(np.arange(lmax + 1), 2 * np.arange(lmax + 1) + 1) for lmax in lmaxes]
    n = {
        "integral": [np.ones(len(e)) for e in ells],
        "component": [np.full(len(e), ROOT) for e in ells],
        "norm": [ROOT / np.sqrt(2 * e + 1) for e in ells],
    }[normalization]
    table = torch.tensor(table * n[0][:, None, None] * n[1][:, None] / n[2])
    x, y = coefficients(lmaxes[0], 3, 2), coefficients(lmaxes[1], 3, 1, seed=1)
    wanted = torch.einsum("ijk,nci,ncj->nck", table, x, y.expand(3, 2, -1))
    for backend in ("auto", "dense", "separable", "fourier", "direct", "cg"):
        tp = GauntTensorProduct(*lmaxes, backend=backend, normalization=normalization)
        torch.testing.assert_close(tp(x, y), wanted, atol=1e-12, rtol=1e-11, msg=lambda m, b=backend: f"{b}: {m}")


@pytest.mark.parametrize("lmaxes", [(1, 1, 1), (2, 3, 4), (4, 2, 3), (5, 5, 5)])
def test_every_bracket_against_quadrature(lmaxes):
    table = torch.tensor(integrals(lmaxes, bracket=True))
    x, y = coefficients(lmaxes[0], 4), coefficients(lmaxes[1], 4, seed=1)
    wanted = torch.einsum("ijk,ni,nj->nk", table, x, y)
    for backend in ("auto", "dense", "direct", "cg"):
        found = PoissonTensorProduct(*lmaxes, backend=backend)(x, y)
        torch.testing.assert_close(found, wanted, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("lmax", [3, 8, 12, 16, pytest.param(24, marks=pytest.mark.slow)])
def test_separable_against_dense(lmax):
    x, y = coefficients(lmax, 3), coefficients(lmax, 3, seed=1)
    dense, separable = (GauntTensorProduct(lmax, lmax, lmax, backend=b)(x, y) for b in ("dense", "separable"))
    torch.testing.assert_close(dense, separable, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize(("lmax", "route"), [(3, "dense"), (6, "dense"), (8, "paired"), (14, "separable")])
@pytest.mark.parametrize("rows", [1500, 9000])
def test_many_rows_in_blocks_are_the_same_rows(lmax, route, rows):
    tp = GauntTensorProduct(lmax, lmax, lmax, backend="separable" if route == "separable" else "dense")
    assert tp.route.name == route
    rows = min(rows, 40_000 // (lmax + 1))
    x, y = (coefficients(lmax, rows, seed=s).requires_grad_() for s in (0, 1))
    g = coefficients(lmax, rows, seed=2)
    found = tp(x, y)
    gx, gy = torch.autograd.grad(found, (x, y), g)
    few = tp(x[:10], y[:10])
    torch.testing.assert_close(found[:10], few)
    a, b = torch.autograd.grad(few, (x, y), g[:10])
    torch.testing.assert_close(gx[:10], a[:10])
    torch.testing.assert_close(gy[:10], b[:10])
    assert a[10:].abs().max() == 0
    some = slice(rows - 7, None)
    few = tp(x[some], y[some])
    torch.testing.assert_close(found[some], few)
    a, b = torch.autograd.grad(few, (x, y), g[some])
    torch.testing.assert_close(gx[some], a[some])
    torch.testing.assert_close(gy[some], b[some])


@pytest.mark.parametrize("degree", [*range(17), 18, 21, 24, 27, 36, 50, 131, 134])
def test_rules_are_exact(degree):
    for rule in (full_rule(degree), paired_rule(degree)):
        found = rule.weights @ real_sph_harm(rule.points, degree)
        found[0] -= ROOT
        if rule.paired:
            found = np.concatenate([found[ell * ell : (ell + 1) ** 2] for ell in range(0, degree + 1, 2)])
        assert np.abs(found).max() < 1e-12
        assert np.abs(rule.weights).sum() < 1.1 * 4 * np.pi
    assert len(paired_rule(18)) == 73


def test_a_grid_that_is_too_coarse_fails_loudly():
    x, y = (torch.randn(64, 16, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    exact = GauntTensorProduct(3, 3, 3, backend="direct")(x, y)

    def error(**sizes):
        arrays = dense_arrays((3, 3, 3), "integral", product_rule(9, **sizes))
        first, second, out = (torch.tensor(arrays[k]) for k in ("sample0", "sample1", "project2"))
        return float(((((x @ first) * (y @ second)) @ out)[:, :16] - exact).abs().max())

    assert error() < 1e-13
    assert error(n_theta=9, n_phi=20) < 1e-13
    assert error(n_theta=4) > 0.1
    assert error(n_phi=9) > 0.1


def test_the_cost_model_takes_the_separable_route_for_large_degrees_only():
    assert [GauntTensorProduct(lmax, lmax, lmax).backend for lmax in (2, 6, 16, 24)] == [
        "dense", "dense", "separable", "separable",
    ]  # fmt: skip


# ---- algebra ------------------------------------------------------------------------------------------------------


def product(x, y, keep=None):
    a, b = (math.isqrt(v.shape[-1]) - 1 for v in (x, y))
    return GauntTensorProduct(a, b, a + b if keep is None else keep)(x, y)


def bracket(x, y):
    a, b = (math.isqrt(v.shape[-1]) - 1 for v in (x, y))
    return PoissonTensorProduct(a, b, a + b)(x, y)


def test_algebra_of_functions():
    f, g, h = (coefficients(lmax, 3, seed=s) for s, lmax in enumerate((2, 3, 2)))
    close = {"atol": 1e-11, "rtol": 1e-11}
    torch.testing.assert_close(product(f, g), product(g, f), **close)
    torch.testing.assert_close(bracket(f, g), -bracket(g, f), **close)
    assert bracket(f, f).abs().max() < 1e-12
    one = torch.tensor([ROOT])
    torch.testing.assert_close(GauntTensorProduct(0, 3, 3)(one, g), g, **close)
    torch.testing.assert_close(product(product(f, g), h), product(f, product(g, h)), **close)
    jacobi = bracket(f, bracket(g, h)) + bracket(g, bracket(h, f)) + bracket(h, bracket(f, g))
    assert jacobi.abs().max() < 1e-10
    leibniz = product(bracket(f, g), h) + product(g, bracket(f, h))
    torch.testing.assert_close(bracket(f, product(g, h)), leibniz, **close)


def test_truncation_breaks_associativity():
    f, g, h = (coefficients(2, 3, seed=s) for s in range(3))
    left, right = product(product(f, g, 2), h, 2), product(f, product(g, h, 2), 2)
    assert (left - right).abs().max() > 0.01


def test_values_at_a_point_multiply():
    f, g = coefficients(3, 2), coefficients(4, 2, seed=1)
    r = np.random.default_rng(0).standard_normal((6, 3))
    at = [torch.tensor(real_sph_harm(r, lmax)).T for lmax in (3, 4, 7)]
    torch.testing.assert_close(product(f, g) @ at[2], (f @ at[0]) * (g @ at[1]), atol=1e-11, rtol=1e-11)


# ---- symmetry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", ["e3nn", "standard"])
@pytest.mark.parametrize("lmaxes", [(1, 1, 2), (3, 2, 4), (6, 6, 6)])
def test_rotations_and_reflections(lmaxes, axis):
    tp = GauntTensorProduct(*lmaxes, antisymmetric=True, axis=axis)
    assert tp.equivariance_error(6) < 1e-12
    x, y = coefficients(lmaxes[0], 4), coefficients(lmaxes[1], 4, seed=1)
    for sign in (1, -1):
        r = sign * random_rotations(1, rng=5)[0]
        even, odd = tp(rotated(x, r, lmaxes[0], tp.axis), rotated(y, r, lmaxes[1], tp.axis))
        still = tp(x, y)
        torch.testing.assert_close(even, rotated(still[0], r, lmaxes[2], tp.axis), atol=1e-11, rtol=0)
        torch.testing.assert_close(odd, rotated(still[1], r, lmaxes[2], tp.axis, pseudo=True), atol=1e-10, rtol=0)


@pytest.mark.parametrize("lmax", [2, 6, 12])
@pytest.mark.parametrize(("kind", "limit"), [("float64", 1e-12), ("float32", 1e-5), ("bfloat16", 6e-3)])
def test_equivariance_in_every_precision(lmax, kind, limit):
    tp = GauntTensorProduct(lmax, lmax, lmax, channels=2, weights="separable").to(getattr(torch, kind))
    error = tp.equivariance_error(6, torch.Generator().manual_seed(0))
    assert error < limit
    if kind == "float32":
        assert error < 1e-6


def test_the_equivariance_error_sees_what_is_broken():
    tp = GauntTensorProduct(2, 2, 2, channels=2, weights="separable")
    with torch.no_grad():
        tp.route.constants.sample0[3] += 0.1
    assert tp.equivariance_error(4) > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_a_product_alone_does_not_see_chirality(seed):
    cells = np.array(
        [[(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 1, 0)], [(1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 0, 1)]], float
    )
    cells -= cells.mean(1, keepdims=True)
    rng = np.random.default_rng(seed)
    radial = torch.tensor(rng.standard_normal((3, 4)))[:, [0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3]]
    scalars, pseudo = [], []
    for shape in cells:
        y = torch.tensor(real_sph_harm(shape, 3))
        r = torch.tensor(np.linalg.norm(shape, axis=1))
        a, b, c = (((r[:, None] ** (k + 1)) * y).sum(0) * radial[k] for k in range(3))
        scalars.append(GauntTensorProduct(3, 3, 0)(GauntTensorProduct(3, 3, 3)(a, b), c).item())
        pseudo.append(GauntTensorProduct(3, 3, 0)(PoissonTensorProduct(3, 3, 3)(a, b), c).item())
    assert scalars[0] == pytest.approx(scalars[1], rel=1e-12)
    assert pseudo[0] == pytest.approx(-pseudo[1], rel=1e-9)
    assert abs(pseudo[0]) > 1e-6


# ---- derivatives and transforms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["dense", "paired", "separable", "fourier", "direct", "cg", "bracket"])
def test_first_and_second_derivatives(backend):
    if backend == "bracket":
        call = PoissonTensorProduct(2, 1, 2)
    elif backend == "paired":
        from symmeter.nn.gaunt.routes import GridRoute

        call = GridRoute((2, 1, 2), "integral", "paired")
    else:
        call = GauntTensorProduct(2, 1, 2, backend=backend)
    x, y = coefficients(2, 2, 2).requires_grad_(), coefficients(1, 2, 1, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(call, (x, y))
    assert torch.autograd.gradgradcheck(call, (x, y))


@pytest.mark.parametrize("backend", ["paired", "separable"])
def test_gradient_of_one_factor_only(backend):
    from symmeter.nn.gaunt.routes import GridRoute

    call = GridRoute((3, 3, 3), "integral", backend)
    table = torch.tensor(integrals((3, 3, 3)))
    x, y, g = coefficients(3, 4), coefficients(3, 4, seed=1), coefficients(3, 4, seed=2)
    (gx,) = torch.autograd.grad(call(x.requires_grad_(), y), x, g)
    torch.testing.assert_close(gx, torch.einsum("ijk,nj,nk->ni", table, y, g), atol=1e-12, rtol=1e-11)
    (gy,) = torch.autograd.grad(call(x.detach(), y.requires_grad_()), y, g)
    torch.testing.assert_close(gy, torch.einsum("ijk,ni,nk->nj", table, x.detach(), g), atol=1e-12, rtol=1e-11)


@pytest.mark.parametrize("backend", ["dense", "paired", "separable"])
def test_function_transforms(backend):
    from symmeter.nn.gaunt.routes import GridRoute

    lmaxes = (2, 2, 2)
    call = route_of("dense", lmaxes, "integral") if backend == "dense" else GridRoute(lmaxes, "integral", backend)
    table = torch.tensor(integrals(lmaxes))
    x, y = coefficients(2, 5, 3), coefficients(2, 5, 3, seed=1)
    torch.testing.assert_close(torch.vmap(call)(x, y), call(x, y))
    torch.testing.assert_close(torch.vmap(call, in_dims=(0, None))(x, y[0]), call(x, y[:1]))
    torch.testing.assert_close(torch.vmap(torch.vmap(call))(x, y), call(x, y))
    jacobian = torch.func.jacrev(call)(x[0, 0], y[0, 0])
    torch.testing.assert_close(jacobian, torch.einsum("ijk,j->ki", table, y[0, 0]), atol=1e-12, rtol=1e-11)
    torch.testing.assert_close(torch.func.jacfwd(call)(x[0, 0], y[0, 0]), jacobian)
    each = torch.vmap(torch.func.grad(lambda a, b: call(a, b).square().sum()))(x[:, 0], y[:, 0])
    v = x[:, 0].clone().requires_grad_()
    torch.testing.assert_close(each, torch.autograd.grad(call(v, y[:, 0]).square().sum(), v)[0])
    hessian = torch.func.hessian(lambda a: call(a, y[0, 0]).square().sum())(x[0, 0])
    torch.testing.assert_close(hessian, 2 * jacobian.T @ jacobian, atol=1e-11, rtol=1e-10)


@pytest.mark.parametrize("lmax", [2, 6])
def test_compiled_without_graph_breaks(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax, channels=2, weights="separable", antisymmetric=True)
    compiled = torch.compile(tp, backend="aot_eager", fullgraph=True)
    x, y = coefficients(lmax, 3, 2).requires_grad_(), coefficients(lmax, 3, 2, seed=1)
    for found, wanted in zip(compiled(x, y), tp(x, y)):
        torch.testing.assert_close(found, wanted, atol=1e-12, rtol=1e-11)
    found, wanted = (torch.autograd.grad(f(x, y)[0].square().sum(), x)[0] for f in (compiled, tp))
    torch.testing.assert_close(found, wanted, atol=1e-11, rtol=1e-10)
