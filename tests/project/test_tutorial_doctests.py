"""The ``pycon`` blocks of the tutorials give what the page says they give: each page is one doctest session."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [p for p in sorted(TUTORIALS.glob("*.md")) if "```pycon" in p.read_text(encoding="utf-8")]
#: Examples of each page; a page that lost its blocks would pass without them.
FEWEST = {
    "affine.md": 20,
    "defects.md": 15,
    "echoes.md": 12,
    "equations.md": 40,
    "flows.md": 20,
    "groups.md": 30,
    "pulsars.md": 15,
}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST


def session(text: str) -> str:
    """The blocks alone, each on the lines where the page has it."""
    lines = [""] * (text.count("\n") + 1)
    for match in BLOCK.finditer(text):
        if match[1] == "pycon":
            first = text.count("\n", 0, match.start(2))
            for k, line in enumerate(match[2].splitlines()):
                lines[first + k] = line
    return "\n".join(lines)


def test_there_is_a_page_of_examples():
    assert [p.name for p in PAGES] == sorted(FEWEST)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_tutorial_is_a_doctest(page):
    text = session(page.read_text(encoding="utf-8"))
    example = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, page.name, str(page), 0)
    assert len(example.examples) > FEWEST[page.name]
    said: list[str] = []
    with np.printoptions(legacy=False):
        result = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_examples_stand_in_blocks_that_are_run(page):
    text = page.read_text(encoding="utf-8")
    inside = sum(block.count(">>> ") for language, block in BLOCK.findall(text) if language == "pycon")
    assert inside == text.count(">>> ")
