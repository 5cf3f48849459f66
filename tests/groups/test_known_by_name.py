"""Groups of which only the name is known say what they know, and in one line what to do for the rest."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError
from symmeter.groups import NamedGroup


def test_it_says_what_it_was_told_and_no_more():
    flow = NamedGroup("R", abelian=True, where="is a flow; give it a time")
    assert str(flow) == "R"
    assert flow.is_abelian
    assert flow.order is None
    assert not flow.is_finite
    assert flow.generators == ()
    assert 0.0 not in flow


def test_elements_are_refused_with_the_line_that_was_given():
    unknown = NamedGroup("order 96", abelian=False, where="is known by its order; see --json for its table")
    with pytest.raises(InputError, match=r"^order 96 is known by its order; see --json for its table$"):
        unknown.elements()
