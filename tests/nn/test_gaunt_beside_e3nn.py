"""Gaunt and Poisson products beside e3nn's layer: the same numbers on every path that both have."""

import pytest

torch = pytest.importorskip("torch")
o3 = pytest.importorskip("e3nn.o3")

from symmeter.errors import InputError, InputTypeError  # noqa: E402
from symmeter.nn import GauntTensorProduct  # noqa: E402
from symmeter.nn.gaunt import from_e3nn  # noqa: E402
from symmeter.nn.gaunt.timing import e3nn_product  # noqa: E402


@pytest.fixture(autouse=True)
def _double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def one_path(l1, l2, l3):
    """e3nn's product with one path and weight 1, its output normalised as the real 3j tensor."""
    inputs = o3.Irreps([(1, (l1, (-1) ** l1))]), o3.Irreps([(1, (l2, (-1) ** l2))])
    out = o3.Irreps([(1, (l3, (-1) ** (l1 + l2)))])
    return o3.TensorProduct(
        *inputs, out, [(0, 0, 0, "uuu", False)], irrep_normalization="none", path_normalization="none"
    )


@pytest.mark.parametrize("lmax", [2, 5, pytest.param(8, marks=pytest.mark.slow)])
def test_every_shared_path(lmax):
    tp = GauntTensorProduct(lmax, lmax, lmax, antisymmetric=True)
    x, y = torch.randn(4, (lmax + 1) ** 2), torch.randn(4, (lmax + 1) ** 2)
    seen = set()
    for p in tp.paths():
        a, b = torch.zeros_like(x), torch.zeros_like(y)
        a[:, p.l1**2 : (p.l1 + 1) ** 2] = x[:, p.l1**2 : (p.l1 + 1) ** 2]
        b[:, p.l2**2 : (p.l2 + 1) ** 2] = y[:, p.l2**2 : (p.l2 + 1) ** 2]
        found = tp(a, b)[0 if p.parity == 1 else 1][:, p.l3**2 : (p.l3 + 1) ** 2]
        peer = one_path(p.l1, p.l2, p.l3)
        theirs = peer(x[:, p.l1**2 : (p.l1 + 1) ** 2], y[:, p.l2**2 : (p.l2 + 1) ** 2])
        torch.testing.assert_close(found, p.constant * theirs, atol=1e-10, rtol=0)
        seen.add((p.l1, p.l2, p.l3))
    # With the bracket no path of e3nn is left over.
    every = {(a, b, c) for a in range(lmax + 1) for b in range(lmax + 1)
             for c in range(abs(a - b), min(a + b, lmax) + 1)}  # fmt: skip
    assert seen == every


def test_missing_paths_against_brute_force():
    """A path is missing exactly where e3nn's single path is not zero and ours is, for random inputs of two degrees."""
    for antisymmetric in (False, True):
        tp = GauntTensorProduct(3, 2, 4, antisymmetric=antisymmetric)
        missing = []
        for l1 in range(4):
            for l2 in range(3):
                a, b = torch.zeros(16), torch.zeros(9)
                a[l1**2 : (l1 + 1) ** 2], b[l2**2 : (l2 + 1) ** 2] = torch.randn(2 * l1 + 1), torch.randn(2 * l2 + 1)
                outs = tp(a, b) if antisymmetric else (tp(a, b),)
                for l3 in range(abs(l1 - l2), min(l1 + l2, 4) + 1):
                    block = slice(l3 * l3, (l3 + 1) ** 2)
                    if max(float(o[block].abs().max()) for o in outs) < 1e-12:
                        missing.append((l1, l2, l3))
        assert missing == tp.missing_paths()


@pytest.mark.parametrize("odd", [False, True])
def test_a_layer_with_trained_weights_is_carried_over(odd):
    peer = e3nn_product(3, 4, odd=odd)
    with torch.no_grad():
        peer.weight.normal_()
    ours = from_e3nn(peer)
    x, y = torch.randn(5, peer.irreps_in1.dim), torch.randn(5, peer.irreps_in2.dim)
    torch.testing.assert_close(ours(x, y), peer(x, y), atol=1e-10, rtol=1e-10)


def test_layers_that_have_no_counterpart_are_refused():
    with pytest.raises(InputTypeError, match="no e3nn TensorProduct"):
        from_e3nn(torch.nn.Linear(2, 2))
    full = o3.FullyConnectedTensorProduct("2x0e + 2x1o", "2x0e + 2x1o", "2x0e + 2x1o")
    with pytest.raises(InputError, match="uuu"):
        from_e3nn(full)
