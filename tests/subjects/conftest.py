"""What every test of bad input needs: the error's text, checked to be one line of reasonable length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from symmeter.errors import SymmeterError


@pytest.fixture
def refusal() -> Callable[..., str]:
    def run(kind: type[SymmeterError], action: Callable[..., Any], /, *args: Any, **options: Any) -> str:
        with pytest.raises(kind) as caught:
            action(*args, **options)
        text = str(caught.value)
        assert text.isprintable(), f"not one printable line: {text!r}"
        assert 20 < len(text) < 400
        return text

    return run
