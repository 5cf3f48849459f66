"""An action without averages refuses them with the line that says why, and tells the rest."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.groups import NamedGroup
from symmeter.representations import Space, UnaveragedAction


@pytest.fixture
def action():
    group = NamedGroup("R", abelian=True, where="is a flow")
    return UnaveragedAction(group, Space(3, title="solutions"), "R is not compact; average over a finite subgroup")


@pytest.mark.parametrize("method", ["project", "average"])
def test_averages_are_refused(action, method):
    with pytest.raises(InputError, match=r"^R is not compact; average over a finite subgroup$"):
        getattr(action, method)(np.eye(3))


def test_the_space_is_described_by_its_title(action):
    assert action.space.describe() == "solutions"
    assert action.group.name == "R"
    assert action.generators == ()
