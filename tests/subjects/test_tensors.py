"""Torch tensors in memory; skipped where torch is not installed, which the default tests do not need."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputTypeError, ShapeError
from symmeter.subjects import load

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(10, 6))


@pytest.mark.parametrize("name", ["float64", "float32", "float16", "bfloat16", "int64", "bool", "complex64"])
def test_tensors(name: str) -> None:
    tensor = torch.arange(12).reshape(6, 2).to(getattr(torch, name))
    assert np.array_equal(load(tensor).values, tensor.to(torch.complex128).numpy())


def test_tensor_with_gradient_conjugate_sparse_and_pictures() -> None:
    grown = torch.tensor(X, requires_grad=True) * 2
    assert np.array_equal(load(grown).values, 2 * X)
    z = torch.tensor(X + 1j)
    assert np.array_equal(load(z.conj()).values, X - 1j)
    assert np.array_equal(load(torch.tensor(X).to_sparse()).values, X)
    assert load(torch.rand(5, 8, 8)).grid == (8, 8)


def test_tensor_mistakes(refusal) -> None:
    assert "tensor.reshape(-1, M)" in refusal(ShapeError, load, torch.zeros(5))
    assert "type 'Generator'" in refusal(InputTypeError, load, torch.Generator())
