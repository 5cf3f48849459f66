"""The documentation follows the code: generated pages are current, every error has an entry, claims of files hold."""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from symmeter import errors

ROOT = Path(__file__).parents[2]


def generator():
    spec = importlib.util.spec_from_file_location("generate_pages", ROOT / "scripts" / "generate_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["papers.md", "conventions.md", "reference/command-line.md"])
def test_generated_pages_are_current(name):
    page = ROOT / "docs" / name
    assert page.read_text(encoding="utf-8") == generator().pages()[page], "run: python scripts/generate_docs.py"


def test_every_error_has_an_entry_with_cause_and_cure():
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    classes = {
        name for name, value in inspect.getmembers(errors, inspect.isclass) if value.__module__ == errors.__name__
    }
    assert set(sections) == classes
    for name in classes - {"SymmeterError"}:
        assert "**Cause.**" in sections[name], name
        assert "**Cure.**" in sections[name], name


def test_every_page_is_in_the_navigation():
    import yaml

    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def leaves(node):
        if isinstance(node, str):
            return [node]
        return [leaf for item in (node.values() if isinstance(node, dict) else node) for leaf in leaves(item)]

    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert set(leaves(config["nav"])) == pages


def test_the_wheel_and_the_face_agree_on_the_version():
    from importlib import metadata

    import symmeter

    try:
        installed = metadata.version("symmeter")
    except metadata.PackageNotFoundError:
        pytest.skip("symmeter runs from its source folder")
    assert installed == symmeter.__version__


def test_extras_are_the_ones_promised():
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    wings = {"fast", "nn", "optim", "symbolic", "exact", "quantum", "chem", "crystal", "pta", "gw"}
    wings |= {"sampling", "tables", "plot", "render", "benchmarks", "examples", "jets"}
    assert set(extras) == wings | {"all", "dev", "peers"}
    (everything,) = extras["all"]
    inside = set(re.fullmatch(r"symmeter\[(.*)\]", everything)[1].split(","))
    assert inside == wings - {"jets", "sampling", "exact", "render"}


def test_the_lock_names_versions_and_nothing_else():
    lines = (ROOT / "requirements" / "ci.lock").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert len(pinned) > 40
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+", line) for line in pinned)


def test_the_project_ships_its_licence():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
