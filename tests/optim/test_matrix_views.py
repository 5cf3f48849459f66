"""Views: taking a weight apart and putting it together again, with layouts written down by hand."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import ShapeError  # noqa: E402
from symmeter.optim.matrix_view import WHOLE, MatrixView  # noqa: E402

VIEWS = {
    "whole": (WHOLE, (6, 4)),
    "convolution": (MatrixView(flatten=True), (6, 4, 3, 3)),
    "heads": (MatrixView(heads=(3,)), (6, 4)),
    "output of heads": (MatrixView(transpose=(True,), heads=(2,)), (6, 4)),
    "fused rows": (MatrixView(parts=(4, 2), transpose=(False, False), heads=(0, 0)), (6, 4)),
    "fused rows of experts": (MatrixView(parts=(3, 3), transpose=(False, False), heads=(0, 0)), (2, 6, 4)),
    "taking turns": (
        MatrixView(parts=(2, 2), axis=-1, interleaved=True, transpose=(True, True), heads=(0, 0)),
        (5, 6, 4),
    ),
    "pairs": (
        MatrixView(parts=(2, 2), axis=-1, interleaved=True, transpose=(True, True), heads=(0, 0), paired=True),
        (5, 6, 4),
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_join_undoes_split(name):
    view, shape = VIEWS[name]
    x = torch.randn(shape)
    assert torch.equal(view.join(view.split(x), shape), x)
    assert MatrixView.from_json(view.to_json()) == view


@pytest.mark.parametrize("name", [n for n in VIEWS if n != "convolution"])
def test_a_stack_of_weights_is_split_as_each_of_them(name):
    view, shape = VIEWS[name]
    x = torch.randn(3, *shape)
    for part, whole in enumerate(view.split(x)):
        for k in range(3):
            assert torch.equal(whole[k], view.split(x[k])[part])
    assert torch.equal(view.join(view.split(x), tuple(x.shape)), x)


def test_layouts_by_hand():
    x = torch.arange(24.0).reshape(6, 4)
    heads = VIEWS["heads"][0].split(x)[0]
    assert torch.equal(heads[1], x[2:4])
    out = VIEWS["output of heads"][0].split(x)[0]
    assert torch.equal(out[1], x[:, 2:4].T)
    gpt = torch.randn(5, 6, 4)
    gate, up = VIEWS["taking turns"][0].split(gpt)
    assert torch.equal(gate, gpt[..., ::2].mT)
    assert torch.equal(up, gpt[..., 1::2].mT)
    assert torch.equal(VIEWS["pairs"][0].split(gpt)[0][2, 1], torch.cat((gpt[2, :, 2], gpt[2, :, 3])))


@pytest.mark.parametrize(
    ("view", "shape", "says"),
    [
        (WHOLE, (6,), "two axes"),
        (MatrixView(heads=(4,)), (6, 4), "4 heads"),
        (MatrixView(parts=(4, 4), transpose=(False,) * 2, heads=(0, 0)), (6, 4), "do not split into parts"),
        (MatrixView(parts=(4, 2), interleaved=True, transpose=(False,) * 2, heads=(0, 0)), (6, 4), "equal"),
    ],
)
def test_what_does_not_fit_is_named(view, shape, says):
    with pytest.raises(ShapeError, match=says) as caught:
        view.check("block.weight", shape)
    assert "block.weight" in str(caught.value)
