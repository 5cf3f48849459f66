"""`import symmeter` and `symmeter --help` load next to nothing; the face keeps its promises in any import order."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

HEAVY = [
    "torch",
    "sympy",
    "matplotlib",
    "scipy.stats",
    "scipy.linalg",
    "scipy.spatial",
    "scipy",
    "pandas",
    "joblib",
    "jinja2",
    "rich",
    "click",
    "numpy",
    "numba",
    "jaxtyping",
    "yaml",
    "pyarrow",
    "sklearn",
]


def run_python(code: str, *flags: str) -> str:
    done = subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str) -> set[str]:
    tail = "; import sys, json; sys.stdout.write('\\n' + json.dumps(sorted(sys.modules)))"
    # A bare interpreter may have loaded modules through .pth files; those are not ours.
    before = set(json.loads(run_python("pass" + tail).splitlines()[-1]))
    return set(json.loads(run_python(code + tail).splitlines()[-1])) - before


def test_import_symmeter_loads_itself_and_nothing_heavy():
    loaded = loaded_after("import symmeter")
    assert "symmeter" in loaded
    assert not loaded.intersection(HEAVY)
    assert [m for m in loaded if m.startswith("symmeter")] == ["symmeter"]
    assert len(loaded) < 40


def test_help_loads_click_and_no_numbers():
    loaded = loaded_after("from symmeter.cli import main; assert main(['--help']) == 0")
    assert "click" in loaded
    assert not loaded.intersection(set(HEAVY) - {"click"})


@pytest.mark.parametrize(
    "command", ["find", "papers", "reproduce", "cite", "conventions", "doctor", "completion", "groups"]
)
def test_help_of_a_command_loads_no_numbers(command):
    loaded = loaded_after(f"from symmeter.cli import main; assert main(['{command}', '--help']) == 0")
    assert not loaded.intersection(set(HEAVY) - {"click"})


@pytest.mark.skipif(find_spec("symmeter.find") is None, reason="symmeter.find is not built yet")
@pytest.mark.parametrize(
    "order",
    [
        "import symmeter as sm; f = sm.find; import symmeter.find; g = sm.find",
        "import symmeter.find; import symmeter as sm; f = g = sm.find",
        "from symmeter.find import find as f; import symmeter as sm; g = sm.find",
        "from symmeter import find as f; import symmeter.find, symmeter as sm; g = sm.find",
        "import importlib, symmeter as sm; importlib.import_module('symmeter.find'); f = g = sm.find",
    ],
)
def test_find_is_the_function_in_any_import_order(order):
    check = "; import types, sys; assert isinstance(f, types.FunctionType) and f is g"
    run_python(order + check + "; assert f is sys.modules['symmeter.find'].find")


def test_find_survives_a_module_of_its_name(tmp_path):
    """The mechanism itself, on a stand-in for symmeter/find.py."""
    code = f"""
import symmeter, types
symmeter.__path__.insert(0, {str(tmp_path)!r})
from symmeter.find import find
assert isinstance(symmeter.find, types.FunctionType)
assert symmeter.find is find and symmeter.find() == 'stand-in'
"""
    (tmp_path / "find.py").write_text("def find():\n    return 'stand-in'\n")
    run_python(code)


def test_the_face_is_small_and_every_name_loads():
    import symmeter

    names = [name for name in dir(symmeter) if not name.startswith("__")]
    assert len(names) < 40
    missing = []
    for name in names:
        try:
            getattr(symmeter, name)
        except (ImportError, AttributeError):
            missing.append(name)
    assert missing == []


def test_an_unknown_name_is_an_attribute_error():
    import symmeter

    with pytest.raises(AttributeError, match="frobnicate"):
        symmeter.frobnicate  # noqa: B018
