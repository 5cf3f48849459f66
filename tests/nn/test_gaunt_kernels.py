"""What products compute with: both matrix libraries, blocks and kept values, transforms, autocast, memory of state."""

import copy
import io

import pytest

torch = pytest.importorskip("torch")

from torch.autograd import forward_ad  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from symmeter.errors import InputError, InputTypeError  # noqa: E402
from symmeter.nn import GauntConv, GauntTensorProduct, PoissonTensorProduct, gaunt_power  # noqa: E402
from symmeter.nn.gaunt import constant_products  # noqa: E402
from symmeter.nn.gaunt.routes import GridRoute, route_seconds  # noqa: E402

#: Rows enough for oneDNN's product from L = 4 on, and for several blocks from L = 8 on.
ROWS = 1500


def drawn(lmax, *lead, seed=0, kind=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*lead, (lmax + 1) ** 2, generator=generator, dtype=kind)


def close(found, wanted, limit=2e-6):
    found, wanted = (t.detach().double() for t in (found, wanted))
    assert float((found - wanted).norm() / wanted.norm()) < limit


# ---- products with constant matrices ------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["as installed", "mm alone"])
@pytest.mark.parametrize("lmax", [1, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("route", ["dense", "paired", "separable"])
def test_single_precision_against_double(lmax, route, library, monkeypatch):
    if library == "mm alone":
        monkeypatch.setattr(constant_products, "_onednn", None)
    call = GridRoute((lmax, lmax, lmax), "component", route)
    x, y, g = (drawn(lmax, 3, ROWS // 3, seed=s) for s in range(3))
    wide = [t.double().requires_grad_() for t in (x, y)]
    exact = call(*wide)
    wanted = torch.autograd.grad(exact, wide, g.double())
    for lead in ((3, ROWS // 3), (ROWS,)):
        a, b = (t.reshape(*lead, -1).requires_grad_() for t in (x, y))
        found = call(a, b)
        close(found.reshape(exact.shape), exact)
        gradients = torch.autograd.grad(found, (a, b), g.reshape(*lead, -1))
        for one, other in zip(gradients, wanted):
            close(one.reshape(other.shape), other)
        with torch.no_grad():
            close(call(a, b).reshape(exact.shape), exact)


def test_rows_times_a_matrix():
    rows, matrix = torch.randn(4000, 30), torch.randn(30, 40)
    narrow = matrix[:, :25].contiguous()
    with torch.no_grad():
        for r in (rows, rows.view(8, 500, 30), rows.t().contiguous().t(), rows[:1].expand(4000, 30), rows[:3]):
            torch.testing.assert_close(constant_products.rows_times(r, matrix), r @ matrix, atol=1e-4, rtol=1e-4)
            found = constant_products.rows_times(r, matrix, narrow)
            torch.testing.assert_close(found, r @ narrow, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("lmax", [4, 8])
def test_strided_expanded_and_empty_rows(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax)
    x, y = drawn(lmax, ROWS), drawn(lmax, ROWS, seed=1)
    wanted = tp(x, y)
    close(tp(x.t().contiguous().t(), y[:, None].expand(ROWS, 2, -1)[:, 1]), wanted)
    close(tp(x[:1].expand_as(x), y), tp(x[:1], y))
    for backend in ("dense", "separable", "fourier", "direct", "cg"):
        call = GauntTensorProduct(lmax, lmax, lmax, backend=backend)
        a = x[:0].view(0, 4, x.shape[-1]).requires_grad_()
        found = call(a, y[:0].view(0, 4, y.shape[-1]))
        assert found.shape == (0, 4, (lmax + 1) ** 2)
        assert torch.autograd.grad(found.sum(), a)[0].shape == a.shape


# ---- derivatives of large products --------------------------------------------------------------------------------


@pytest.mark.parametrize("lmax", [3, 5, 8])
def test_second_derivatives_of_many_rows(lmax):
    def twice(call, a, b):
        ga, gb = torch.autograd.grad(call(a, b).square().sum(), (a, b), create_graph=True)
        return torch.autograd.grad(ga.square().sum() + gb.sum(), (a, b))

    tp = GauntTensorProduct(lmax, lmax, lmax)
    narrow = [drawn(lmax, ROWS, seed=s).requires_grad_() for s in (0, 1)]
    wide = [t.detach().double().requires_grad_() for t in narrow]
    for found, wanted in zip(twice(tp, *narrow), twice(tp, *wide)):
        close(found, wanted)


@pytest.mark.parametrize("lmax", [3, 5, 8])
def test_forward_mode_and_function_transforms_of_many_rows(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax)
    x, y, d = (drawn(lmax, 2, ROWS // 2, seed=s) for s in range(3))
    wanted = tp(d, y)
    for context in (torch.enable_grad, torch.no_grad):
        with forward_ad.dual_level(), context():
            close(forward_ad.unpack_dual(tp(forward_ad.make_dual(x, d), y)).tangent, wanted)
    close(torch.func.jvp(lambda v: tp(v, y), (x,), (d,))[1], wanted)
    close(torch.vmap(tp)(x, y), tp(x, y))
    each = torch.vmap(torch.func.grad(lambda a, b: tp(a, b).square().sum()))(x, y)
    a = x.clone().requires_grad_()
    close(each, torch.autograd.grad(tp(a, y).square().sum(), a)[0])
    close(torch.autograd.grad(checkpoint(tp, a, y, use_reentrant=False).square().sum(), a)[0], each)


@pytest.mark.parametrize("lmax", [3, 5, 8])
def test_backward_again_and_one_gradient_alone(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax)
    x, y, g = (drawn(lmax, ROWS, seed=s) for s in range(3))
    a, b = x.requires_grad_(), y.requires_grad_()
    out = tp(a, b)
    first = torch.autograd.grad(out, (a, b), g, retain_graph=True)
    for one, other in zip(torch.autograd.grad(out, (a, b), g), first):
        assert torch.equal(one, other)
    close(torch.autograd.grad(tp(a, y.detach()), a, g)[0], first[0])
    close(torch.autograd.grad(tp(x.detach(), b), b, g)[0], first[1])
    with torch.inference_mode():
        close(tp(x, y), out.detach())


# ---- precision ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [5, ROWS])
@pytest.mark.parametrize("backend", ["dense", "separable", "fourier", "direct", "cg"])
def test_autocast_does_not_round_inside(backend, rows):
    tp = GauntTensorProduct(4, 4, 4, channels=2, weights="separable", backend=backend)
    x, y = drawn(4, rows, 2).requires_grad_(), drawn(4, rows, 2, seed=1)
    wanted = tp(x, y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = tp(x, y)
        half = tp(x.bfloat16(), y.bfloat16())
        gradient = torch.autograd.grad(tp(x, y).sum(), x)[0] if backend in ("dense", "separable") else None
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted)
    assert half.dtype == torch.bfloat16
    if gradient is not None:
        torch.testing.assert_close(gradient, torch.autograd.grad(wanted.sum(), x)[0])


def test_autocast_does_not_round_brackets_powers_and_convolutions():
    x, y = drawn(4, 50), drawn(4, 50, seed=1)
    edges, r = torch.tensor([[0, 1, 2], [1, 2, 0]]), drawn(0, 3, 3)[..., 0]
    calls = [
        lambda: PoissonTensorProduct(4, 4, 4)(x, y),
        lambda: gaunt_power(x, 3, 2),
        *(lambda b=b: GauntConv(4, 4, 2, backend=b)(x.view(10, 5, -1), r, edges) for b in ("aligned", "grid")),
    ]
    for call in calls:
        wanted = call()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.testing.assert_close(call(), wanted)


# ---- state --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, "separable", "channel_mix", "full"])
def test_weights_and_modules_go_through_files(weights):
    tp = GauntTensorProduct(4, 4, 4, channels=2, weights=weights, antisymmetric=True)
    x, y = drawn(4, 3, 2), drawn(4, 3, 2, seed=1)
    wanted = tp(x, y)
    file = io.BytesIO()
    torch.save(tp.state_dict(), file)
    file.seek(0)
    other = GauntTensorProduct(4, 4, 4, channels=2, weights=weights, antisymmetric=True)
    other.load_state_dict(torch.load(file, weights_only=True))
    for twin in (other, copy.deepcopy(tp), copy.deepcopy(copy.deepcopy(tp).double())):
        for found, one in zip(twin(x, y), wanted):
            torch.testing.assert_close(found, one)


def test_copies_share_nothing_that_is_written_to():
    tp = GauntTensorProduct(3, 3, 3)
    x, y = drawn(3, 4), drawn(3, 4, seed=1)
    wanted = tp(x, y)
    twin = copy.deepcopy(tp)
    twin.route.constants.sample0.zero_()
    torch.testing.assert_close(tp(x, y), wanted)
    assert twin(x, y).abs().max() == 0


# ---- choice of the route, bad input -------------------------------------------------------------------------------


def test_costs_grow_with_every_degree():
    for degrees in ((2, 2, 2), (4, 6, 3), (10, 2, 12)):
        for k in range(3):
            larger = tuple(d + 4 * (n == k) for n, d in enumerate(degrees))
            assert all(route_seconds(larger)[name] > cost for name, cost in route_seconds(degrees).items())


EDGES = torch.tensor([[0, 1, 2], [1, 2, 3]])


def convolve(edges=EDGES, vectors=None, **options):
    n_out = options.pop("n_out", None)
    return GauntConv(2, 2, 2, **options)(
        torch.ones(4, 2, 9), torch.ones(3, 3) if vectors is None else vectors, edges, n_out
    )


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: GauntTensorProduct(2, 2, 2, channels=2, rank=3), InputError, "rank is 3"),
        (lambda: GauntTensorProduct(2, 2, 2, channels=2, weights="separable", rank=3), InputError, "channel_mix"),
        (lambda: GauntTensorProduct(2, 2, 2, channels=2, generator=3), InputTypeError, "Generator"),
        (lambda: GauntTensorProduct(2, 2, 2).equivariance_error(0), InputError, "n is 0"),
        (lambda: GauntTensorProduct(2, 2, 2).equivariance_error(-1), InputError, "n is -1"),
        (lambda: gaunt_power(torch.ones(4), 2, weights=[1.0, 2.0]), InputTypeError, "weights are list"),
        (lambda: gaunt_power(torch.ones(4), 2, weights=torch.ones(2, dtype=torch.int64)), InputTypeError, "int64"),
        (lambda: gaunt_power(torch.ones(4), 2, weights=torch.tensor(1.0)), InputError, "nu = 2"),
        (lambda: convolve(torch.tensor([[0, 1, 7], [1, 2, 3]])), InputError, "the source 7; there are 4 sources"),
        (lambda: convolve(torch.tensor([[0, 1, -1], [1, 2, 3]])), InputError, "the source -1"),
        (lambda: convolve(n_out=3), InputError, "the target 3; there are 3 targets"),
        (lambda: convolve(n_out=-1), InputError, "n_out is -1"),
        (lambda: convolve(EDGES.float()), InputTypeError, "edge_index is torch.float32"),
        (lambda: convolve([[0, 1, 2], [1, 2, 3]]), InputTypeError, "edge_index is list"),
        (lambda: convolve(vectors=torch.full((3, 3), float("inf"))), InputError, "NaN or infinity"),
        (lambda: convolve(radial=3), InputTypeError, "radial is a int"),
        (lambda: convolve(radial=lambda d: [1.0]), InputTypeError, "radial gives a list"),
        (lambda: convolve(channels=0), InputError, "channels is 0"),
        (lambda: convolve(generator=1), InputTypeError, "Generator"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)
