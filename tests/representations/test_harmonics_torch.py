"""Tensors in, tensors out: the same numbers as NumPy, with derivatives of first and second order."""

import numpy as np
import pytest

from symmeter.linalg import namespace_of
from symmeter.representations import (
    Irreps,
    alm_from_real,
    complex_sph_harm,
    convert_coefficients,
    euler_from_matrix,
    gaunt_table,
    gauss_legendre_grid,
    matrix_from_euler,
    matrix_from_quaternion,
    random_rotations,
    real_from_alm,
    real_sph_harm,
    real_sph_harm_gradient,
    unit_vectors,
    wigner_D,
    wigner_d,
    wigner_D_spin,
)
from symmeter.representations.real_harmonics_kernel import fill_solid_harmonics, legendre_factors

torch = pytest.importorskip("torch")


def tensor(*shape, seed=0, grad=True):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=grad)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("normalize", [True, False])
def test_harmonics_same_numbers_and_derivatives(axis, normalize):
    p = tensor(5, 3)

    def f(q):
        return real_sph_harm(q, 4, axis=axis, normalization="component", normalize=normalize)

    expected = real_sph_harm(p.detach().numpy(), 4, axis=axis, normalization="component", normalize=normalize)
    np.testing.assert_allclose(f(p).detach().numpy(), expected, atol=1e-13)
    assert torch.autograd.gradcheck(f, p)
    assert torch.autograd.gradgradcheck(f, p)


def test_harmonics_under_function_transforms():
    p = tensor(6, 3, grad=False)
    jacobian = torch.func.vmap(torch.func.jacrev(lambda q: real_sph_harm(q, 3)))(p)
    _, gradient = real_sph_harm_gradient(p.numpy(), 3)
    np.testing.assert_allclose(jacobian.numpy().swapaxes(1, 2), gradient, atol=1e-13)


def test_harmonics_compile_without_a_graph_break():
    p = tensor(4, 3)
    compiled = torch.compile(lambda q: (real_sph_harm(q, 3) ** 3).sum(), backend="aot_eager", fullgraph=True)
    plain = (real_sph_harm(p, 3) ** 3).sum()
    value = compiled(p)
    assert abs(float(value.detach()) - float(plain.detach())) < 1e-13
    ours, theirs = (torch.autograd.grad(v, p)[0] for v in (value, plain))
    np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_the_kernel_on_tensors_which_other_devices_use():
    p = np.random.default_rng(1).standard_normal((7, 3))
    x, y, z = torch.tensor(p).T.contiguous()
    diagonal, first, second = legendre_factors(5)
    factors = (torch.tensor(diagonal), [torch.tensor(a) for a in first], [torch.tensor(a) for a in second])
    out = torch.empty(36, 7, dtype=torch.float64)
    fill_solid_harmonics(torch, 5, z, x, y, x * x + y * y + z * z, factors, out)
    rows = np.concatenate([ell * ell + np.r_[np.arange(ell)[::-1], ell : 2 * ell + 1] for ell in range(6)])
    np.testing.assert_allclose(out.numpy()[rows].T, real_sph_harm(p, 5, axis="z", normalize=False), atol=1e-12)


@pytest.mark.parametrize("kind", ["float32", "float64", "bfloat16"])
def test_types_are_kept(kind):
    dtype = getattr(torch, kind)
    p = tensor(6, 3, grad=False).to(dtype)
    y = real_sph_harm(p, 3)
    assert y.dtype == dtype
    tolerance = {"float32": 1e-6, "float64": 1e-14, "bfloat16": 1e-2}[kind]
    np.testing.assert_allclose(y.double().numpy(), real_sph_harm(p.double().numpy(), 3), atol=tolerance)
    if kind != "bfloat16":
        r = torch.tensor(random_rotations(2, rng=0)).to(dtype)
        assert wigner_D(2, r).dtype == dtype
        assert wigner_D(2, r, "complex").dtype == {"float32": torch.complex64, "float64": torch.complex128}[kind]


def test_a_zero_vector_gives_no_nan_gradient():
    p = torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    y = real_sph_harm(p, 3)
    assert float(y[0, 1:].detach().abs().max()) == 0
    y.sum().backward()
    assert torch.isfinite(p.grad).all()


def test_wigner_matrices_same_numbers_and_derivatives():
    r = torch.tensor(random_rotations(2, rng=1), requires_grad=True)
    for basis in ("real", "complex"):
        np.testing.assert_allclose(
            wigner_D(4, r, basis).detach().numpy(), wigner_D(4, r.detach().numpy(), basis), atol=1e-14
        )
    assert torch.autograd.gradcheck(lambda a: wigner_D(3, a, check=False), r)
    assert torch.autograd.gradcheck(lambda q: wigner_D(2, matrix_from_quaternion(q)), tensor(2, 4))
    assert torch.autograd.gradcheck(lambda q: torch.view_as_real(wigner_D_spin(1.5, q)), tensor(2, 4))
    beta = torch.tensor([0.0, 0.5, 3.1], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b: wigner_d(2.5, b), beta)


def test_derivatives_exist_at_the_identity_where_euler_angles_lock():
    angle = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b: wigner_D(3, matrix_from_euler(b, b, b)), angle)


def test_couplings_grids_irreps_and_conversions():
    x, y = tensor(3, 9), tensor(3, 9, seed=1)
    table = gaunt_table(2)
    np.testing.assert_allclose(
        table.contract(x, y).detach(), table.contract(x.detach().numpy(), y.detach().numpy()), atol=1e-14
    )
    assert torch.autograd.gradcheck(table.contract, (x, y))
    assert torch.autograd.gradgradcheck(table.contract, (x, y))
    grid = gauss_legendre_grid(4)
    np.testing.assert_allclose(grid.analyse(grid.synthesise(x), 2).detach(), x.detach(), atol=1e-13)
    np.testing.assert_allclose(
        convert_coefficients(x, "e3nn", "scipy").detach(), convert_coefficients(x.detach().numpy(), "e3nn", "scipy")
    )
    np.testing.assert_allclose(complex_sph_harm(x[:, :3], 2).detach(), complex_sph_harm(x[:, :3].detach().numpy(), 2))
    r = torch.tensor(random_rotations(2, rng=1))
    np.testing.assert_allclose(Irreps("1o+2x1e+0o").D(-r), Irreps("1o+2x1e+0o").D(-r.numpy()), atol=1e-14)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("normalize", [True, False])
def test_gradients_of_harmonics_are_tensors_that_have_derivatives(axis, normalize):
    p = tensor(4, 3)

    def gradient(q):
        return real_sph_harm_gradient(q, 3, axis=axis, normalization="norm", normalize=normalize)[1]

    expected = real_sph_harm_gradient(p.detach().numpy(), 3, axis=axis, normalization="norm", normalize=normalize)[1]
    np.testing.assert_allclose(gradient(p).detach(), expected, atol=1e-13)
    jacobian = torch.func.vmap(torch.func.jacrev(lambda q: real_sph_harm(q, 3, axis, "norm", normalize)))(p)
    np.testing.assert_allclose(gradient(p).mT.detach(), jacobian.detach(), atol=1e-13)
    assert torch.autograd.gradcheck(gradient, p)


def test_angles_and_healpix_coefficients_keep_derivatives():
    r = torch.tensor(random_rotations(3, rng=5))
    for order in ("ZYZ", "YXY"):
        angles = torch.stack(euler_from_matrix(r, order))
        np.testing.assert_allclose(angles, euler_from_matrix(r.numpy(), order), atol=1e-15)
        np.testing.assert_allclose(matrix_from_euler(*angles, order), r, atol=1e-13)
        start = angles.clone().requires_grad_()
        # Angles to matrix and back is the identity, and so is its derivative.
        back = torch.autograd.functional.jacobian(
            lambda a, o=order: torch.stack(euler_from_matrix(matrix_from_euler(*a, o), o)), start
        )
        np.testing.assert_allclose(back.reshape(9, 9), np.eye(9), atol=1e-10)
    c = tensor(2, 16)
    for axis in ("y", "z"):
        np.testing.assert_allclose(alm_from_real(c, axis).detach(), alm_from_real(c.detach().numpy(), axis), atol=1e-14)
        round_trip = torch.autograd.functional.jacobian(lambda x, a=axis: real_from_alm(alm_from_real(x, a), a), c)
        np.testing.assert_allclose(round_trip.reshape(32, 32), np.eye(32), atol=1e-12)
    one_tensor = unit_vectors(torch.tensor([0.3, 0.4], dtype=torch.float64), 0.2)
    np.testing.assert_allclose(one_tensor, unit_vectors(np.array([0.3, 0.4]), 0.2), atol=1e-15)


@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
def test_wigner_matrices_have_second_derivatives_and_compile():
    r = torch.tensor(random_rotations(2, rng=2), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda a: wigner_D(1, a, check=False), r)
    assert torch.autograd.gradcheck(lambda a: wigner_D(2, -a, check=False), r)
    compiled = torch.compile(lambda a: wigner_D(1, a, check=False), backend="aot_eager")
    np.testing.assert_allclose(compiled(r.detach()), wigner_D(1, r.detach()), atol=1e-13)


def test_namespace_follows_the_arrays():
    assert namespace_of(np.zeros(1)) is np
    assert namespace_of(np.zeros(1), torch.zeros(1)) is torch


def test_derivatives_where_the_polar_axis_is_turned_by_a_right_angle():
    # cos(beta) = 0 exactly: branches of the recursion meet, and both sides must have one slope.
    from symmeter.representations import wigner_D_all

    generators = torch.zeros(3, 3, 3, dtype=torch.float64)
    for k, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        generators[k, j, i], generators[k, i, j] = 1.0, -1.0
    right = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]], dtype=torch.float64)

    def turned(angles):
        return torch.cat(
            [
                d.flatten()
                for d in wigner_D_all(
                    4,
                    torch.linalg.matrix_exp((angles[:, None, None] * generators).sum(0)[None])[0] @ right,
                    axis="z",
                    check=False,
                )
            ]
        )

    assert torch.autograd.gradcheck(turned, torch.zeros(3, dtype=torch.float64, requires_grad=True))
