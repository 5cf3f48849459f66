"""The parts ``atoms`` and ``stress`` of the experiment on defects, at scale smoke."""

from __future__ import annotations

import pytest

from symmeter.papers import _teleparallel_defects_atoms as atoms
from symmeter.papers import _teleparallel_defects_stress as stress
from symmeter.papers.checkpoints import Checkpoints


class Memory(Checkpoints):
    """Nothing is kept on disk."""

    def __init__(self) -> None:
        pass

    def get_or_compute(self, name, fn):
        return fn()


@pytest.mark.parametrize(("part", "skipped"), [(atoms.PART, 2), (stress.PART, 0)])
def test_claims_hold_and_the_figure_is_drawn(part, skipped) -> None:
    said: list[float] = []
    outcome = part.run("smoke", Memory(), lambda share, what: said.append(share), 0)
    assert [m.claim for m in outcome.measured] == list(part.claims)
    # Time is not judged in tests: the machine may be busy.
    timed = [m for m in outcome.measured if "second" in m.claim.statement]
    assert all(m.outcome == "passed" for m in outcome.measured if m not in timed and m.outcome != "not run")
    assert sum(m.outcome == "not run" for m in outcome.measured) == skipped
    assert said == sorted(said)
    assert said[-1] == 1.0
    pytest.importorskip("matplotlib")
    assert outcome.figure is not None
    assert len(outcome.figure().axes) >= 3
