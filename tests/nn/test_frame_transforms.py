"""Frame averages under torch.func, torch.compile and the names people write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups.lie import U  # noqa: E402
from symmeter.nn.frames import (  # noqa: E402
    DegenerateCloudError,
    FrameAverage,
    GraphMLP,
    PointTransformer,
    ShiftAverage,
    TorusAverage,
)
from symmeter.nn.frames.eigenvectors import eigenvectors  # noqa: E402

DOUBLE = torch.float64


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def network(n: int, out: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(n, 8), torch.nn.Tanh(), torch.nn.Linear(8, out)
    ).double()


MODELS: dict[str, tuple[Callable[[], torch.nn.Module], tuple[int, ...]]] = {
    "E(3)": (lambda: FrameAverage(network(15, 2), "E(3)"), (2, 5, 3)),
    "E(3), slopes of the frame": (lambda: FrameAverage(network(15, 2), differentiable_frame=True), (2, 5, 3)),
    "SO(2), weighted": (lambda: FrameAverage(network(10, 2), "SO(2)", degenerate="weighted"), (2, 5, 2)),
    "shifts": (lambda: FrameAverage(network(6, 2), "shifts(1)"), (2, 6)),
    "C4": (lambda: FrameAverage(network(16, 2), "C4", kind="pixels"), (2, 1, 4, 4)),
    "S(n)": (lambda: FrameAverage(GraphMLP(4, outputs=2).double(), "S(n)"), (2, 4, 4)),
    "S(n) x E(3)": (lambda: FrameAverage(network(15, 2), "S(n) x E(3)"), (2, 5, 3)),
}


def inputs(name: str, shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    x = draw(*shape, seed=seed)
    return x + x.mT if name == "S(n)" else x


@pytest.mark.parametrize("name", MODELS)
def test_jacobians(name: str) -> None:
    make, shape = MODELS[name]
    model, x = make(), inputs(name, shape)
    # The second method: one backward pass an output.
    known = torch.autograd.functional.jacobian(model, x)
    torch.testing.assert_close(torch.func.jacrev(model)(x), known, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.func.jacfwd(model)(x), known, rtol=0, atol=1e-12)
    of_each = torch.func.jacrev(lambda x: model(x).sum(0))(x).movedim(1, 0)
    torch.testing.assert_close(of_each, torch.stack([known[b, :, b] for b in range(2)]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["E(3)", "E(3), slopes of the frame", "S(n)", "shifts"])
def test_second_derivatives(name: str) -> None:
    make, shape = MODELS[name]
    model, x = make(), inputs(name, shape)
    known = torch.autograd.functional.hessian(lambda x: model(x).sum(), x)
    found = torch.func.hessian(lambda x: model(x).sum())(x)
    torch.testing.assert_close(found, known, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_mapped_over_an_axis(name: str) -> None:
    make, shape = MODELS[name]
    model = make()
    x = torch.stack([inputs(name, shape, seed=k) for k in range(3)], 1)
    known = torch.stack([model(x[:, k]) for k in range(3)])
    torch.testing.assert_close(torch.vmap(model, in_dims=1)(x), known, rtol=0, atol=1e-13)
    alone = torch.vmap(lambda one: model(one[None])[0])(x[:, 0])
    torch.testing.assert_close(alone, model(x[:, 0]), rtol=0, atol=1e-13)
    twice = torch.vmap(torch.vmap(lambda one: model(one[None])[0]))(x)
    torch.testing.assert_close(twice.transpose(0, 1), known, rtol=0, atol=1e-13)


def test_gradients_reach_the_weights_through_a_map() -> None:
    model, x = MODELS["E(3)"][0](), draw(3, 2, 5, 3)
    weights = list(model.parameters())
    mapped = torch.autograd.grad(torch.vmap(model)(x).square().sum(), weights)
    folded = torch.autograd.grad(model(x.flatten(0, 1)).square().sum(), weights)
    for one, other in zip(mapped, folded):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_mapped_with_several_inputs_and_outputs() -> None:
    net = network(18, 3)

    def phi(x: torch.Tensor, v: torch.Tensor, scale: torch.Tensor, edges: torch.Tensor) -> dict[str, torch.Tensor]:
        y = net(torch.cat([x, v[:, None]], 1))
        return {"v": y * scale[:, None], "s": x[:, edges[0]].square().sum((1, 2))}

    kinds = {"x": "points", "v": "vectors", "scale": "scalars", "edges": "constant"}
    model = FrameAverage(phi, "E(3)", kinds, {"v": "vectors", "s": "scalars"})
    x, v, scale, edges = draw(4, 2, 5, 3), draw(4, 2, 3), draw(2), torch.tensor([[0, 2], [1, 3]])
    found = torch.vmap(model, in_dims=(0, 0, None, None))(x, v, scale, edges)
    for k in range(4):
        one = model(x[k], v[k], scale, edges)
        for part in ("v", "s"):
            torch.testing.assert_close(found[part][k], one[part], rtol=0, atol=1e-13)
    ensemble = [network(15, 2) for _ in range(2)]
    ensemble[1][1].weight.data += 1.0
    stacked, _ = torch.func.stack_module_state([FrameAverage(n, "E(3)") for n in ensemble])
    bare = FrameAverage(network(15, 2), "E(3)")
    both = torch.vmap(lambda p, x: torch.func.functional_call(bare, p, (x,)), in_dims=(0, None))(stacked, x[0])
    torch.testing.assert_close(both[1], FrameAverage(ensemble[1], "E(3)")(x[0]), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["E(3)", "shifts", "S(n)"])
def test_derivatives_inside_of_a_map_are_refused_in_one_line(name: str) -> None:
    make, shape = MODELS[name]
    model = make()
    with pytest.raises(InputError, match="give the whole batch, as in jacrev"):
        torch.vmap(torch.func.jacrev(lambda one: model(one[None])[0]))(inputs(name, shape))
    # An average over a whole group sees no values.
    whole, x = MODELS["C4"][0](), draw(2, 1, 4, 4)
    found = torch.vmap(torch.func.jacrev(lambda one: whole(one[None])[0]))(x)
    torch.testing.assert_close(found, torch.func.jacrev(lambda x: whole(x).sum(0))(x).movedim(1, 0), rtol=0, atol=1e-12)


def test_circles_under_transforms() -> None:
    model = TorusAverage(lambda z: (z.real**3).sum(-1) + z[..., 0].imag, [1, 2])
    z = torch.complex(draw(3, 2, 2), draw(3, 2, 2, seed=1))
    torch.testing.assert_close(torch.vmap(model)(z), torch.stack([model(row) for row in z]), rtol=0, atol=1e-13)


def test_equal_eigenvalues_give_no_gradient_inside_of_a_map_either() -> None:
    equal = torch.diag(torch.tensor([1.0, 2.0, 2.0], dtype=DOUBLE))[None]
    with pytest.raises(DegenerateCloudError, match="no gradient passes"):
        torch.func.jvp(lambda c: eigenvectors(c)[1], (equal,), (torch.ones_like(equal),))
    slopes = torch.func.jacrev(lambda c: eigenvectors(c)[1][0, 0])(equal)
    assert bool(slopes.isnan().any())


@pytest.mark.parametrize("name", ["E(3)", "C4", "S(n)", "S(n) x E(3)", "shifts"])
def test_compiled(name: str) -> None:
    make, shape = MODELS[name]
    model, x = make(), inputs(name, shape)
    torch._dynamo.reset()
    fast = torch.compile(model, backend="eager")
    torch.testing.assert_close(fast(x), model(x), rtol=0, atol=1e-13)
    slopes = [torch.autograd.grad(m(x).sum(), list(model.parameters())) for m in (fast, model)]
    for one, other in zip(*slopes):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


# ---- names and choices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SO3", r"SO\(3\)"),
        ("so3", r"SO\(3\)"),
        ("SE-2", r"SE\(2\)"),
        ("E3", r"E\(3\)"),
        ("O(3", r"O\(3\)"),
        ("S(5)", "S5"),
        ("permutation", "permutations"),
        ("shift", "shifts"),
        ("oh", "Oh"),
    ],
)
def test_wrong_names_are_refused_at_once(name: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"is called '.*'; did you mean '{meant}'"):
        FrameAverage(network(3, 1), name)


@pytest.mark.parametrize("group", ["SO(3)", " o( 2 ) ", "S_n", "S5", "C4", "D_4", "Oh", "shifts(2)", "flips"])
def test_right_names_are_not(group: str) -> None:
    assert FrameAverage(network(3, 1), group).average is not None


def test_groups_without_a_frame_are_refused_at_once() -> None:
    for group in ("U(2)", "Lorentz", U(2)):
        with pytest.raises(InputError, match="infinite and has no frame here"):
            FrameAverage(network(3, 1), group)
    with pytest.raises(UnknownNameError, match="no group with a frame is called 'foo'; known are"):
        FrameAverage(network(3, 1), "foo")


@pytest.mark.parametrize(
    ("group", "options", "words"),
    [
        ("shifts", {"samples": 3}, "samples is 3, but the frame of cyclic shifts has no such choice"),
        ("C4", {"degenerate": "block"}, "degenerate is 'block', but the frame of a finite group"),
        ("S(n)", {"frames": "minimal"}, "frames is 'minimal', but the frame of orderings"),
        ("S(n) x E(3)", {"kind": "points"}, "moves points, leave it out"),
    ],
)
def test_choices_that_a_frame_does_not_have_are_refused(group: str, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        FrameAverage(network(3, 1), group, **options)


# ---- what networks are given, and what they give back ---------------------------------------------------------------


def test_masks_need_a_network_that_takes_them() -> None:
    x, mask = draw(2, 5, 3), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    for group in ("E(3)", "SO(3)", "S(n) x E(3)"):
        with pytest.raises(InputTypeError, match="backbone Sequential has no argument mask; add one"):
            FrameAverage(network(15, 1), group)(x, mask=mask)
    model = FrameAverage(lambda x, **options: x.square().sum((1, 2)), "E(3)")
    assert model(x, mask=mask).shape == (2,)


@pytest.mark.parametrize("filling", [0.0, 9.0, float("nan")])
def test_padding_of_clouds_holds_anything(filling: float) -> None:
    torch.manual_seed(0)
    net = PointTransformer(width=8, layers=1, neighbours=4, per_point=False).double()
    x, mask = draw(2, 6, 3), torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    there = torch.where(mask[..., None], x, filling)
    flat = network(18, 2)
    for phi in (net, lambda x, mask: flat(x)):
        model = FrameAverage(phi, "E(3)")
        torch.testing.assert_close(model(there, mask=mask), model(x, mask=mask), rtol=0, atol=1e-12)
        turn = torch.linalg.qr(draw(3, 3, seed=5))[0]
        torch.testing.assert_close(model(there @ turn + 2.0, mask=mask), model(x, mask=mask), rtol=0, atol=1e-11)


def test_whole_numbers_are_not_averaged() -> None:
    for group, x in (("E(3)", draw(2, 4, 3)), ("shifts(1)", draw(2, 4)), ("C4", draw(2, 1, 3, 3))):
        with pytest.raises(InputTypeError, match="int64; averages need real or complex numbers"):
            FrameAverage(lambda x: x.flatten(1).sum(1).long(), group)(x)


def test_answers_of_another_length_move_only_where_they_can() -> None:
    x = draw(2, 12)
    half = ShiftAverage(lambda x: x.unflatten(-1, (6, 2)).square()[..., 0], output="same")
    torch.testing.assert_close(half(x.roll(3, -1)), half(x).roll(3, -1), rtol=0, atol=1e-12)
    with pytest.raises(ShapeError, match=r"is \(5,\) long where the input is \(12,\)"):
        ShiftAverage(lambda x: x[:, :5], output="same")(x)
