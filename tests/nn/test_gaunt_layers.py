"""Weights, irreps layouts, powers, convolutions, low-rank weights, precision, state: the layers around the product."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.nn import GauntConv, GauntTensorProduct, PoissonTensorProduct, gaunt_power  # noqa: E402
from symmeter.nn.gaunt import project_path_weights, split_by_parity  # noqa: E402
from symmeter.nn.gaunt.couplings import coupling_paths, tensor_of_paths  # noqa: E402
from symmeter.nn.gaunt.equivariance import rotated  # noqa: E402
from symmeter.nn.gaunt.memory import peak_memory  # noqa: E402
from symmeter.representations import Irreps, gaunt_table, random_rotations, real_wigner_3j  # noqa: E402


@pytest.fixture(autouse=True)
def _double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def coefficients(lmax, *lead, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*lead, (lmax + 1) ** 2, generator=generator, dtype=torch.float64)


def by_degree(lmax):
    return torch.tensor(np.repeat(np.arange(lmax + 1), 2 * np.arange(lmax + 1) + 1))


# ---- weights ------------------------------------------------------------------------------------------------------


def test_separable_weights_are_products_of_path_weights():
    tp = GauntTensorProduct(3, 2, 4, channels=2, weights="separable")
    full = GauntTensorProduct(3, 2, 4, channels=2, weights="full")
    x, y = coefficients(3, 5, 2), coefficients(2, 5, 2, seed=1)
    torch.testing.assert_close(tp(x, y), full(x, y), atol=1e-12, rtol=1e-11)
    torch.manual_seed(0)
    with torch.no_grad():
        for p in tp.parameters():
            p.normal_()
        w = torch.einsum("ca,cb,cd->cabd", tp.first.weight, tp.second.weight, tp.last.weight)
        for n, p in enumerate(full.paths()):
            full.route.weight[:, n] = w[:, p.l1, p.l2, p.l3]
    torch.testing.assert_close(tp(x, y), full(x, y), atol=1e-12, rtol=1e-11)


def test_full_weights_against_a_sum_over_paths():
    full = GauntTensorProduct(2, 2, 3, channels=3, weights="full", antisymmetric=True)
    torch.manual_seed(0)
    x, y = coefficients(2, 4, 3), coefficients(2, 4, 3, seed=1)
    found = full(x, y)
    for parity, route, out in ((1, full.route, found[0]), (-1, full.bracket.route, found[1])):
        wanted = torch.zeros(4, 3, 16)
        for n, p in enumerate(coupling_paths((2, 2, 3), parity)):
            block = torch.einsum(
                "abk,nca,ncb->nck",
                torch.tensor(real_wigner_3j(p.l1, p.l2, p.l3)),
                x[..., p.l1**2 : (p.l1 + 1) ** 2],
                y[..., p.l2**2 : (p.l2 + 1) ** 2],
            )
            wanted[..., p.l3**2 : (p.l3 + 1) ** 2] += p.constant * route.weight[:, n, None] * block
        torch.testing.assert_close(out, wanted, atol=1e-12, rtol=1e-11)


def test_channel_mix_is_a_sum_of_separable_products():
    tp = GauntTensorProduct(2, 1, 2, channels=3, channels2=2, channels_out=4, rank=5, weights="channel_mix")
    x, y = coefficients(2, 6, 3), coefficients(1, 6, 2, seed=1)
    table = torch.tensor(gaunt_table(2, 1, 2).dense())
    w = [torch.stack([m.detach() for m in mix.weight]) for mix in (tp.first, tp.second, tp.last)]
    a = torch.einsum("irc,nci->nri", w[0][by_degree(2)], x)
    b = torch.einsum("irc,nci->nri", w[1][by_degree(1)], y)
    wanted = torch.einsum("kor,nri,nrj,ijk->nok", w[2][by_degree(2)], a, b, table)
    torch.testing.assert_close(tp(x, y), wanted, atol=1e-12, rtol=1e-11)
    assert tp.equivariance_error(4) < 1e-12


@pytest.mark.parametrize("weights", ["separable", "channel_mix", "full"])
def test_weights_get_right_gradients(weights):
    tp = GauntTensorProduct(2, 1, 1, channels=2, weights=weights, antisymmetric=True)
    x, y = coefficients(2, 2, 2), coefficients(1, 2, 2, seed=1)
    names = [n for n, _ in tp.named_parameters()]

    def call(*values):
        return torch.func.functional_call(tp, dict(zip(names, values)), (x, y))

    assert torch.autograd.gradcheck(call, tuple(tp.parameters()))


def test_expressivity_is_counted():
    tp = GauntTensorProduct(2, 2, 2, channels=4, weights="separable")
    report = tp.expressivity()
    assert (len(report.paths), len(report.missing), report.weights, report.full_weights) == (11, 4, 36, 60)
    assert report.rank == 1
    assert tp.missing_paths() == [(1, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, 1)]
    assert "11 of 15" in str(report)
    assert "antisymmetric=True" in str(report)
    assert GauntTensorProduct(2, 2, 2, antisymmetric=True).missing_paths() == []
    for lmax in range(1, 9):
        assert GauntTensorProduct(lmax, lmax, lmax, antisymmetric=True).missing_paths() == []
    assert PoissonTensorProduct(1, 1, 2).missing_paths() == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 2)]


@pytest.mark.parametrize("weights", ["separable", "full", "channel_mix"])
def test_state_is_the_weights_alone(weights):
    tp = GauntTensorProduct(3, 3, 3, channels=2, weights=weights, antisymmetric=True)
    state = tp.state_dict()
    assert set(state) == {n for n, _ in tp.named_parameters()}
    other = GauntTensorProduct(3, 3, 3, channels=2, weights=weights, antisymmetric=True)
    with torch.no_grad():
        for p in tp.parameters():
            p.normal_()
    other.load_state_dict(tp.state_dict())
    x, y = coefficients(3, 4, 2), coefficients(3, 4, 2, seed=1)
    for twin in (other, copy.deepcopy(tp)):
        for a, b in zip(twin(x, y), tp(x, y)):
            torch.testing.assert_close(a, b)


# ---- low rank -----------------------------------------------------------------------------------------------------


def test_low_rank_weights_of_known_rank_are_found():
    rng = np.random.default_rng(0)
    w = np.einsum("ra,rb,rc->abc", *(rng.standard_normal((2, 4)) for _ in range(3)))
    assert project_path_weights(w, 2).residual < 1e-6
    one = project_path_weights(w, 1)
    assert one.residual > 0.05
    mask = tensor_of_paths((3, 3, 3), coupling_paths((3, 3, 3), 1), np.ones(23)) > 0
    assert one.residual == pytest.approx(np.linalg.norm((one.tensor() - w)[mask]) / np.linalg.norm(w[mask]), rel=1e-9)
    residuals = [project_path_weights(rng.standard_normal((4, 4, 4)), r, sweeps=100).residual for r in (1, 3, 6)]
    assert residuals[0] > residuals[1] > residuals[2]


def test_low_rank_weights_carry_a_full_layer_over():
    full = GauntTensorProduct(2, 2, 2, channels=1, weights="full")
    with torch.no_grad():
        full.route.weight.copy_(torch.randn(1, 11, generator=torch.Generator().manual_seed(0)))
    found = project_path_weights(full.route.weight[0].detach().numpy(), 6, (2, 2, 2), sweeps=3000)
    tp = GauntTensorProduct(2, 2, 2, channels=6, weights="separable")
    with torch.no_grad():
        for layer, factor in zip((tp.first, tp.second, tp.last), (found.first, found.second, found.out)):
            layer.weight.copy_(torch.tensor(factor))
    x, y = coefficients(2, 5, 1), coefficients(2, 5, 1, seed=1)
    merged = tp(x.expand(5, 6, 9), y.expand(5, 6, 9)).sum(1, keepdim=True)
    error = (merged - full(x, y)).norm() / full(x, y).norm()
    assert float(error) < 10 * found.residual + 1e-9
    assert found.residual < 1e-3


# ---- irreps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "out", "options"),
    [
        ("16x0e+16x1o+16x2e", "0e+1o+2e", "16x0e+16x1o+16x2e", {}),
        ("4x0e+4x1o", "0e+1o", "4x0e+4x1o+4x1e", {"antisymmetric": True}),
        ("4x0o+4x1e", "4x1o+4x2e", "4x1e+4x2o+4x1o", {"antisymmetric": True}),
        ("4x2e+4x0e", "4x1o", "4x1o+4x3o", {}),
        ("2x0e+2x0e+4x1o", "1o", "4x1o", {}),
        ("4x0e+3x1o+2x2e", "0o+2x1e", "4x0o+5x1e+3x1o", {"antisymmetric": True, "weights": "channel_mix"}),
        ("4x1o", "4x1o", "4x1e", {"antisymmetric": True}),
    ],
)
@pytest.mark.parametrize("layout", ["mul_ir", "ir_mul"])
def test_vectors_laid_out_by_irreps(one, two, out, options, layout):
    tp = GauntTensorProduct.from_irreps(one, two, out, layout=layout, **options)
    found = tp(torch.randn(3, Irreps(one).dim), torch.randn(3, Irreps(two).dim))
    assert found.shape == (3, Irreps(out).dim)
    assert found.abs().amax(0).min() > 0
    assert tp.equivariance_error(6) < 1e-12


def test_blocks_stand_where_the_irreps_say():
    tp = GauntTensorProduct.from_irreps("2x0e+2x1o", "2x0e+2x1o", "2x1o+2x0e+2x1e", antisymmetric=True, weights=None,
                                        normalization="integral")  # fmt: skip
    x, y = torch.randn(5, 8), torch.randn(5, 8)
    found = tp(x, y)
    s, v, t, w = x[:, :2], x[:, 2:].unflatten(1, (2, 3)), y[:, :2], y[:, 2:].unflatten(1, (2, 3))
    root = (4 * torch.pi) ** -0.5
    torch.testing.assert_close(found[:, :6].unflatten(1, (2, 3)), root * (s[..., None] * w + t[..., None] * v))
    torch.testing.assert_close(found[:, 6:8], root * (s * t + (v * w).sum(-1)))
    crossed = (3 / (4 * torch.pi)) ** 0.5 * torch.linalg.cross(v, w)
    torch.testing.assert_close(found[:, 8:].unflatten(1, (2, 3)), crossed)


def test_split_by_parity():
    assert tuple(map(str, split_by_parity("2x0e+3x1e+1x2e"))) == ("2x0e+1x2e", "3x1e")


# ---- powers -------------------------------------------------------------------------------------------------------


def test_third_power_of_sines():
    x = torch.sin(torch.arange(9.0, dtype=torch.float64) + 1)
    stated = [
        1.004687049144, 0.77323308368, -0.479436118117, -0.896940249081, -0.972521519608,
        -0.547200378799, 0.262546038242, 1.06308219499, 0.42522806308,
    ]  # fmt: skip
    np.testing.assert_allclose(gaunt_power(x, 3, 2), stated, atol=1e-11)


@pytest.mark.parametrize(("lmax", "nu", "out"), [(2, 1, 2), (2, 2, 3), (1, 4, 2), (3, 3, 0), (2, 4, 8)])
def test_powers_against_products_one_after_another(lmax, nu, out):
    a = coefficients(lmax, 3)
    wanted, orders = a, [torch.nn.functional.pad(a, (0, max(0, (out + 1) ** 2 - a.shape[-1])))[..., : (out + 1) ** 2]]
    for k in range(2, nu + 1):
        wanted = GauntTensorProduct((k - 1) * lmax, lmax, k * lmax, backend="direct")(wanted, a)
        orders.append(
            torch.nn.functional.pad(wanted, (0, max(0, (out + 1) ** 2 - wanted.shape[-1])))[..., : (out + 1) ** 2]
        )
    orders = torch.stack(orders, -2)
    torch.testing.assert_close(gaunt_power(a, nu, out), orders[..., -1, :], atol=1e-12, rtol=1e-11)
    torch.testing.assert_close(gaunt_power(a, nu, out, orders=True), orders, atol=1e-12, rtol=1e-11)
    w = torch.randn(3, nu)
    total = (w[..., None] * orders).sum(-2)
    torch.testing.assert_close(gaunt_power(a, nu, out, weights=w), total, atol=1e-12, rtol=1e-11)


def test_powers_have_right_derivatives():
    a = coefficients(2, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: gaunt_power(v, 3, 2, orders=True), a)
    assert torch.autograd.gradgradcheck(lambda v: gaunt_power(v, 3, 2), a)
    assert gaunt_power(a.detach().to(torch.bfloat16), 2).dtype == torch.bfloat16


# ---- convolutions -------------------------------------------------------------------------------------------------

EDGES = torch.tensor([[0, 1, 2, 0, 3, 1, 2], [1, 2, 0, 2, 0, 3, 3]])


def vectors():
    r = torch.randn(7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    # Along and against both polar axes, where the alignment jumps.
    r[:4] = torch.tensor([[0, 1.0, 0], [0, -2.0, 0], [0, 0, 1.0], [0, 0, -0.5]])
    return r


def radial(lmax, channels):
    return lambda d: torch.cat([torch.exp(-d * (k + 1) / 3) for k in range((lmax + 1) * channels)], -1)


@pytest.mark.parametrize("axis", ["e3nn", "standard"])
@pytest.mark.parametrize("lmaxes", [(2, 2, 2), (3, 4, 1), (1, 2, 3), (4, 1, 2), (0, 2, 2)])
def test_aligned_convolution_against_the_product(lmaxes, axis):
    lmax, _lmax_out, lmax_filter = lmaxes
    x, r = coefficients(lmax, 4, 3), vectors()
    for functions in (None, radial(lmax_filter, 1), radial(lmax_filter, 3)):
        fast, plain = (GauntConv(*lmaxes, functions, axis=axis, backend=b) for b in ("aligned", "grid"))
        torch.testing.assert_close(fast(x, r, EDGES), plain(x, r, EDGES), atol=1e-13, rtol=1e-11)


@pytest.mark.parametrize("backend", ["aligned", "grid", "so2"])
@pytest.mark.parametrize("axis", ["e3nn", "standard"])
def test_convolution_commutes_with_rotations(backend, axis):
    conv = GauntConv(3, 2, 2, radial(2, 3), channels=3, backend=backend, axis=axis)
    x, r = coefficients(3, 4, 3), vectors()
    turn = random_rotations(1, rng=2)[0]
    turned = conv(rotated(x, turn, 3, conv.axis), r @ torch.tensor(turn).T, EDGES)
    torch.testing.assert_close(turned, rotated(conv(x, r, EDGES), turn, 2, conv.axis), atol=1e-12, rtol=1e-11)


def test_convolution_has_right_derivatives():
    conv = GauntConv(2, 2, 2, radial(2, 1))
    plain = GauntConv(2, 2, 2, radial(2, 1), backend="grid")
    x, r = coefficients(2, 4, 2), vectors().requires_grad_()
    assert torch.autograd.gradcheck(lambda v: conv(x, v, EDGES), r)
    assert torch.autograd.gradgradcheck(lambda v: conv(x, v, EDGES).square().sum(), r)
    a, b = (torch.autograd.grad(c(x, r, EDGES).square().sum(), r)[0] for c in (conv, plain))
    torch.testing.assert_close(a, b, atol=1e-12, rtol=1e-10)


def test_convolution_has_so2_weights_of_its_own():
    conv = GauntConv(2, 3, 2, channels=2, backend="so2")
    # For every order |m| one 2 x 2 block a degree pair: real for m = 0, complex otherwise.
    assert sum(p.numel() for p in conv.parameters()) == 2 * (3 * 4 + 2 * 2 * 3 + 2 * 1 * 2)
    x = coefficients(2, 4, 2)
    assert conv(x, vectors(), EDGES, n_out=9).shape == (9, 2, 16)
    assert conv(x, vectors()[:0], EDGES[:, :0]).abs().max() == 0


# ---- precision, devices, memory, time of construction -------------------------------------------------------------


@pytest.mark.parametrize("lmax", [3, 6, 12])
def test_constants_follow_the_precision_and_stay_exact(lmax):
    x, y = coefficients(lmax, 4), coefficients(lmax, 4, seed=1)
    exact = GauntTensorProduct(lmax, lmax, lmax, backend="direct")(x, y)
    torch.set_default_dtype(torch.float32)
    tp = GauntTensorProduct(lmax, lmax, lmax)
    assert (tp(x.float(), y.float()) - exact).abs().max() < 1e-4
    # Constants made in float32 and converted would be wrong in the eighth digit.
    assert (tp(x, y) - exact).abs().max() < 1e-12
    assert (tp.double()(x, y) - exact).abs().max() < 1e-12
    assert (tp.half()(x, y) - exact).abs().max() < 1e-12
    assert (tp.bfloat16().double()(x, y) - exact).abs().max() < 1e-12
    half = tp(x.bfloat16(), y.bfloat16())
    assert half.dtype == torch.bfloat16
    # Arithmetic in float32: no worse than rounding inputs and output once.
    rounded = GauntTensorProduct(lmax, lmax, lmax)(x.bfloat16().double(), y.bfloat16().double()).bfloat16()
    assert (half.double() - rounded.double()).abs().max() <= 0.01 * exact.abs().max()
    assert tp(x.float(), y).dtype == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("lmax", [3, 6, 12])
def test_products_on_a_gpu(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax, channels=2, weights="separable", antisymmetric=True)
    x, y = coefficients(lmax, 4, 2), coefficients(lmax, 4, 2, seed=1)
    here = tp(x, y)
    there = tp.cuda()(x.cuda(), y.cuda())
    for a, b in zip(here, there):
        torch.testing.assert_close(a, b.cpu(), atol=1e-11, rtol=1e-11)


def test_the_meta_device_keeps_shapes():
    tp = GauntTensorProduct(4, 4, 4, channels=2, weights="separable").to("meta")
    assert tp(torch.empty(3, 2, 25, device="meta"), torch.empty(3, 2, 25, device="meta")).shape == (3, 2, 25)


def test_memory_does_not_grow_with_rows_beyond_what_is_asked_for():
    torch.set_default_dtype(torch.float32)
    tp = GauntTensorProduct(6, 6, 6)
    peaks = []
    for rows in (8192, 32768):
        x, y, g = (torch.randn(rows, 49) for _ in range(3))
        x.requires_grad_(), y.requires_grad_()
        peaks.append(peak_memory(lambda x=x, y=y, g=g: torch.autograd.grad(tp(x, y), (x, y), g)))
        own = 4 * rows * 49 * 4 / 2**20
        assert peaks[-1] < own + 4.0


def test_memory_is_counted():
    kept = []
    assert peak_memory(lambda: kept.append(torch.zeros(1 << 17, dtype=torch.float64))) == 1.0
    assert peak_memory(lambda: torch.zeros(1 << 17, dtype=torch.float64).view(2, -1)[0] * 1) == 1.5


# ---- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: GauntTensorProduct(-1, 2, 2), InputError, "lmax1 is -1"),
        (lambda: GauntTensorProduct(2, 1.5, 2), InputTypeError, "lmax2 is 1.5"),
        (lambda: GauntTensorProduct(2, True, 2), InputTypeError, "whole number"),
        (lambda: GauntTensorProduct(1, 1, 3), InputError, "identically zero"),
        (lambda: GauntTensorProduct(2, 2, 2, backend="fft"), UnknownNameError, "'fft'"),
        (lambda: GauntTensorProduct(2, 2, 2, weights="all", channels=2), UnknownNameError, "'all'"),
        (lambda: GauntTensorProduct(2, 2, 2, weights="full", channels=2, backend="dense"), InputError, "backend='cg'"),
        (lambda: GauntTensorProduct(2, 2, 2, weights="separable"), InputError, "give channels"),
        (lambda: GauntTensorProduct(2, 2, 2, channels=4, channels2=3), InputError, "channel_mix"),
        (lambda: GauntTensorProduct(2, 2, 2, channels=4, channels_out=3), InputError, "channel_mix"),
        (lambda: GauntTensorProduct(2, 2, 2, channels=0), InputError, "at least one channel"),
        (lambda: GauntTensorProduct(2, 2, 2, normalization="sphere"), UnknownNameError, "normalization"),
        (lambda: GauntTensorProduct(2, 2, 2, axis="x"), UnknownNameError, "axis"),
        (lambda: PoissonTensorProduct(2, 2, 2, backend="fourier"), InputError, "bracket"),
        (lambda: GauntTensorProduct.from_irreps("2x0e+2x1e", "1o", "2x1o"), InputError, "split it by parity"),
        (lambda: GauntTensorProduct.from_irreps("2x0e+2x1o", "0e+1o", "2x1e"), InputError, "antisymmetric=True"),
        (lambda: GauntTensorProduct.from_irreps("2x0e", "0e", "2x1e", antisymmetric=True), InputError, "no path"),
        (lambda: GauntTensorProduct.from_irreps("2x1o", "1o", "2x3o"), InputError, "no path"),
        (lambda: GauntTensorProduct.from_irreps("2x0e+3x1o", "1o", "2x1o"), InputError, "multiplicities"),
        (lambda: GauntTensorProduct.from_irreps("2x0e", "0e", ""), InputError, "empty"),
        (lambda: GauntTensorProduct.from_irreps("2x0e", "0e", "2x0e", layout="rows"), InputError, "layout"),
        (lambda: GauntConv(2, 2, 2, backend="fft"), UnknownNameError, "aligned"),
        (lambda: GauntConv(2, 2, 2, backend="so2"), InputError, "channels"),
        (lambda: GauntConv(1, 4, 1), InputError, "identically zero"),
        (lambda: gaunt_power(torch.ones(4), 0), InputError, "at least one factor"),
        (lambda: gaunt_power(torch.ones(4), 2, 3), InputError, "reach 2"),
        (lambda: gaunt_power(torch.ones(5), 2), ShapeError, "5 coefficients"),
        (lambda: gaunt_power(torch.ones(4), 2, orders=True, weights=torch.ones(2)), InputError, "one of the two"),
        (lambda: gaunt_power(torch.ones(4), 2, weights=torch.ones(3)), InputError, "nu = 2"),
        (lambda: project_path_weights(np.ones((2, 2)), 1), ShapeError, "l1, l2, l3"),
        (lambda: project_path_weights(np.ones(3), 1, (1, 1, 1)), ShapeError, "4 paths"),
        (lambda: project_path_weights(np.full((2, 2, 2), np.nan), 1), NonFiniteError, "NaN"),
        (lambda: project_path_weights(np.ones((2, 2, 2)), 0), InputError, "rank"),
    ],
)  # fmt: skip
def test_impossible_requests(make, error, text):
    with pytest.raises(error, match=text) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("x", "y", "error", "text"),
    [
        (torch.ones(3, 10), torch.ones(3, 9), ShapeError, "x has shape .* fit no lmax"),
        (torch.ones(3, 16), torch.ones(3, 9), ShapeError, "16 entries fit lmax = 3"),
        (torch.ones(3, 9), torch.ones(3, 4), ShapeError, "y has shape"),
        (torch.ones(3, 9, dtype=torch.int64), torch.ones(3, 9), InputTypeError, "int64"),
        (torch.ones(3, 9), torch.ones(3, 9, dtype=torch.complex64), InputTypeError, "complex64"),
        (np.ones((3, 9)), torch.ones(3, 9), InputTypeError, "ndarray"),
        (torch.tensor(1.0), torch.ones(3, 9), ShapeError, "last axis"),
        (torch.ones(3, 9), torch.ones(4, 9), ShapeError, "do not broadcast"),
    ],
)
@pytest.mark.parametrize("backend", ["dense", "separable"])
def test_bad_coefficients(x, y, error, text, backend):
    with pytest.raises(error, match=text) as caught:
        GauntTensorProduct(2, 2, 2, backend=backend)(x, y)
    assert "\n" not in str(caught.value)


def test_non_finite_coefficients_are_refused_on_request():
    x = torch.ones(3, 9)
    x[1, 4] = float("nan")
    assert GauntTensorProduct(2, 2, 2)(x, torch.ones(3, 9)).isnan().any()
    with pytest.raises(NonFiniteError, match="x contains NaN"):
        GauntTensorProduct(2, 2, 2, check=True)(x, torch.ones(3, 9))


def test_channels_are_checked():
    tp = GauntTensorProduct(2, 2, 2, channels=4, channels2=1, weights="separable")
    assert tp(torch.ones(3, 4, 9), torch.ones(3, 1, 9)).shape == (3, 4, 9)
    with pytest.raises(ShapeError, match="4 channels"):
        tp(torch.ones(3, 9), torch.ones(3, 1, 9))
    irreps = GauntTensorProduct.from_irreps("2x0e+2x1o", "0e", "2x0e")
    with pytest.raises(ShapeError, match="last axis of 8"):
        irreps(torch.ones(3, 9), torch.ones(3, 1))


def test_zero_outputs_on_request():
    found = GauntTensorProduct(1, 1, 3, allow_zero=True)(torch.ones(4), torch.ones(4))
    assert found[9:].abs().max() < 1e-14
    assert found[:9].abs().min() >= 0
    assert found.shape == (16,)


@pytest.mark.parametrize(
    ("x", "r", "index", "error", "text"),
    [
        (torch.ones(4, 2, 9), torch.zeros(1, 3), [[0], [1]], InputError, "edge 0 has length zero"),
        (torch.ones(4, 2, 9), torch.full((1, 3), float("nan")), [[0], [1]], InputError, "NaN"),
        (torch.ones(4, 9), torch.ones(1, 3), [[0], [1]], ShapeError, "nodes"),
        (torch.ones(4, 2, 9), torch.ones(1, 2), [[0], [1]], ShapeError, "edges, 3"),
        (torch.ones(4, 2, 9), torch.ones(2, 3), [[0], [1]], ShapeError, "edge_index"),
        (torch.ones(4, 2, 9), torch.ones(1, 3, dtype=torch.int64), [[0], [1]], InputTypeError, "edge_vec"),
    ],
)
def test_bad_edges(x, r, index, error, text):
    with pytest.raises(error, match=text):
        GauntConv(2, 2, 2)(x, r, torch.tensor(index))
    with pytest.raises(ShapeError, match="radial"):
        GauntConv(2, 2, 2, lambda d: d)(torch.ones(4, 2, 9), torch.ones(1, 3), torch.tensor([[0], [1]]))
