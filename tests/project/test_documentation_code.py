"""The Python blocks of the tutorials and of the README run, in order, as a reader would paste them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Pages with sessions in place of scripts are doctests: test_tutorial_doctests.py.
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PAGES = [p for p in TUTORIALS if "```pycon" not in p.read_text(encoding="utf-8")]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_tutorial_code_runs(page, tmp_path):
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks, f"{page.name} shows no code"
    script = tmp_path / "tutorial.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "read " in done.stdout
