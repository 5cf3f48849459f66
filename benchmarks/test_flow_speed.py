"""Flow-equivariant cells, one thread, beside a state that is rolled and stacked, beside their convolutions alone, and
beside a ConvGRU of as many multiplications.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from symmeter.nn.flow import FlowRNNCell, TranslationFlow  # noqa: E402
from symmeter.nn.flow.timing import bare_convolutions, equal_gru, roll_and_stack, sequence_step  # noqa: E402

FRAMES = 6
SIZES = [(2, 32, 16), (1, 32, 28)]


@pytest.fixture(autouse=True)
def _one_torch_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("velocities", "channels", "size"), SIZES)
@pytest.mark.parametrize("against", ["rolled and stacked", "convolutions alone"])
def test_cell(beside: Any, velocities: int, channels: int, size: int, against: str) -> None:
    torch.manual_seed(0)
    cell = FlowRNNCell(TranslationFlow(2, velocities), channels, channels)
    x = torch.randn(4, channels, size, size)
    ours = sequence_step(cell, x, FRAMES)
    other = roll_and_stack if against == "rolled and stacked" else bare_convolutions
    # At most 1.5 times the convolutions is at least 1 / 1.5 of their speed.
    asked = {"rolled and stacked": 2.0, "convolutions alone": 1 / 1.5}[against]
    ours()
    beside(
        f"flow cell, {len(cell.flow)} velocities, {channels} channels, {size} x {size}, forward + backward, {against}",
        ours,
        other(cell, x, FRAMES),
        against,
        speedup=asked if velocities == 2 else None,
        rounds=12,
        baseline_rounds=12,
    )


def test_conv_gru_of_equal_multiplications(beside: Any) -> None:
    torch.manual_seed(0)
    cell, gated = FlowRNNCell(TranslationFlow(2, 2), 32, 32), equal_gru(2, 32)
    x = torch.randn(4, 32, 16, 16)
    ours = sequence_step(cell, x, FRAMES)
    ours()
    beside(
        f"flow cell, 25 velocities, 32 channels, 16 x 16, forward + backward, ConvGRU of {gated.hidden} channels",
        ours,
        sequence_step(gated, x, FRAMES),
        "ConvGRU of as many multiplications",
        rounds=12,
        baseline_rounds=12,
    )
