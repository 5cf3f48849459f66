"""Options that go with another kind of subject are refused in one line, never ignored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import SymmeterError
from symmeter.signals.echoes import StrainRecord
from symmeter.spacetime import defects

EXAMPLES = Path(__file__).parents[2] / "examples"
OPTIONS = {
    "grid": (2, 2),
    "columns": "0,1",
    "complex": True,
    "n": 50,
    "dictionary": "exchanges",
    "input": "3",
    "output": 0,
    "moved": "same",
    "tol": 1e-3,
    "noise": 1e-3,
    "subgroup": "Z3",
    "charges": {"N": 1},
    "lattice": "fcc",
    "a": 3.6,
}
#: What goes with each kind, from the documentation of ``find``; rows of numbers and molecules are atoms when a lattice
#: comes with them.
TAKES = {
    "table": {"grid", "columns", "complex", "n", "dictionary", "lattice"},
    "shape": {"tol", "noise", "lattice"},
    "points": {"tol", "noise", "grid", "columns", "complex", "n", "lattice"},
    "pulsars": {"grid", "columns", "complex", "n"},
    "equation": set(),
    "metric": set(),
    "strain": set(),
    "atoms": {"lattice", "a"},
    "function": {"input", "output", "moved", "dictionary"},
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    here = tmp_path_factory.mktemp("sources")
    (here / "heat.txt").write_text("u_t = u_xx\n")
    (here / "flat.txt").write_text("ds^2 = -dt^2 + dx^2\n")
    (here / "pairs.csv").write_text("a,b,rho,sigma\nJ0030+0451,J0437-4715,0.1,0.1\nJ0030+0451,J1909-3744,0.2,0.1\n")
    crystal = defects.build_crystal("fcc", 3.6, (3, 3, 3))
    x = np.random.default_rng(0).standard_normal((60, 4))
    return {
        "table": (x, {}),
        "shape": (EXAMPLES / "molecules" / "benzene.xyz", {}),
        "points": (x[:, :3], {"kind": "points"}),
        "pulsars": (here / "pairs.csv", {}),
        "equation": (here / "heat.txt", {}),
        "metric": (here / "flat.txt", {}),
        "strain": (StrainRecord(x[:, 0], 512.0), {}),
        "atoms": (crystal, {"lattice": "fcc"}),
        "function": (lambda v: v.sum(1), {"input": x}),
    }


@pytest.mark.parametrize(
    ("kind", "option"), [(kind, option) for kind in TAKES for option in OPTIONS if option not in TAKES[kind]]
)
def test_options_of_another_kind_are_refused(kind, option, sources):
    source, needed = sources[kind]
    with pytest.raises(SymmeterError) as caught:
        sm.find(source, **needed, **{option: OPTIONS[option]})
    said = str(caught.value)
    assert said.startswith(f"{option}= goes with "), said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("kind", "said"), [("equation", "u of t x"), ("metric", "metric in 2 dimensions"), ("table", "60")]
)
def test_without_them_it_is_read(kind, said, sources):
    source, needed = sources[kind]
    assert said in sm.find(source, **needed).subject
