"""Hamiltonians in YAML: the same as in Python, and errors that say the line."""

import numpy as np
import pytest

from symmeter.errors import FileFormatError, InputError, MissingFileError, NotHermitianError, UnknownNameError
from symmeter.quantum import Hamiltonian, lattices, models
from symmeter.quantum.model_files import load_model, parse_model
from symmeter.quantum.model_files.arithmetic import evaluate

CHAIN = """\
name: dimerised chain
lattice: {kind: chain, size: 6}
space: {kind: spin, S: 1/2}
parameters: {J: 1.0, h: J/4}
terms:
  - {coefficient: J, operators: Sz Sz, on: bonds}
  - {coefficient: J/2, operators: S+ S-, on: bonds, plus: h.c.}
  - {coefficient: -h, operators: Sz, on: sites}
symmetries: lattice
charges: {Sz: 1}
subgroup: [T, P]
"""


def test_a_chain():
    found = parse_model(CHAIN)
    expected = models.heisenberg(6, field=0.25)
    np.testing.assert_allclose(found.hamiltonian.eigenvalues(), expected.eigenvalues(), atol=1e-13)
    assert found.charges == {"Sz": 1}
    assert found.subgroup.order == 12
    assert found.hamiltonian.name == "dimerised chain"
    sectors = found.hamiltonian.spectra(found.subgroup, found.charges)
    np.testing.assert_allclose(sectors.energies, expected.eigenvalues({"Sz": 1}), atol=1e-12)


def test_a_file(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(CHAIN, encoding="utf-8")
    assert load_model(path).source == str(path)
    with pytest.raises(MissingFileError, match="no such file"):
        load_model(tmp_path / "other.yaml")


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("{model: fermi_hubbard, lattice: {kind: square, size: [2, 2]}, parameters: {U: 3}}",
         lambda: models.fermi_hubbard(lattices.square(2, 2), U=3)),
        ("{model: clock, lattice: {kind: chain, size: 3, periodic: false}, parameters: {q: 3, J: [1, 0.5], f: 2/3}}",
         lambda: models.clock(3, 3, [1, 0.5], 2 / 3, periodic=False)),
        ("{model: quantum_torus_chain, lattice: {kind: chain, size: 3}, parameters: {theta: pi/4 + 0.1}}",
         lambda: models.quantum_torus_chain(3, np.pi / 4 + 0.1)),
        ("{model: heisenberg, lattice: {kind: graph, edges: [[0, 1], [1, 2]]}}",
         lambda: models.heisenberg(3, periodic=False)),
    ],
)  # fmt: skip
def test_named_models(text, model):
    np.testing.assert_allclose(parse_model(text).hamiltonian.eigenvalues(), model().eigenvalues(), atol=1e-13)


def test_fermions_with_spin_and_sites_by_number():
    text = """
lattice: {kind: chain, size: 3, periodic: false}
space: {kind: spinful fermion}
terms:
  - {coefficient: -1, operators: cd_i.up c_j.up, on: bonds, plus: h.c.}
  - {coefficient: -1, operators: "cd_dn c_dn", on: bonds, plus: h.c.}
  - {coefficient: [2, 3, 4], operators: n_.up n_.dn, on: sites}
  - {coefficient: 0.5, operators: n_0.up n_2.dn}
  - {coefficient: 0.1, operators: n_i.up n_j.up, on: [[0, 2]]}
"""
    found = parse_model(text).hamiltonian
    extra = [(0.5, (("n", (0, "up")), ("n", (2, "dn")))), (0.1, (("n", (0, "up")), ("n", (2, "up"))))]
    expected = models.fermi_hubbard(3, 1.0, [2, 3, 4], periodic=False)
    expected = expected + Hamiltonian(expected.space, extra)
    np.testing.assert_allclose(found.matrix().toarray(), expected.matrix().toarray(), atol=1e-13)


def test_own_symmetries():
    text = """
lattice: {kind: chain, size: 3}
space: {kind: clock, q: 3}
terms:
  - {coefficient: 1, operators: Z Zd, on: bonds, plus: h.c.}
  - {coefficient: 1, operators: X Xd, on: bonds, plus: h.c.}
symmetries:
  U: {phases: [0, 1/3, 2/3]}
  V: {levels: [1, 2, 0]}
  T: translation
  P: reflection
subgroup: [U, V]
"""
    found = parse_model(text)
    assert found.subgroup.group.name == "C3 x C3"
    expected = models.quantum_torus_chain(3, np.pi / 4, np.sqrt(2))
    np.testing.assert_allclose(
        found.hamiltonian.spectra(found.subgroup).energies, expected.spectra(["U", "V"]).energies, atol=1e-12
    )


@pytest.mark.parametrize(
    ("old", "new", "error", "match"),
    [
        ("Sz Sz", "Sz Sk", UnknownNameError, r"m.yaml, line 6: there is no operator 'Sk'; did you mean 'Sz'"),
        ("J/2,", "J/2*K,", UnknownNameError, r"line 7: 'J/2\*K': there is no parameter 'K'"),
        ("kind: chain", "kind: chian", UnknownNameError, r"line 2: there is no lattice 'chian'; did you mean 'chain'"),
        ("kind: spin", "kind: spni", UnknownNameError, r"line 3: there is no space 'spni'; did you mean 'spin'"),
        (", plus: h.c.", "", NotHermitianError, r"line 7: .* term \d+ \(0.5 S\+_\d S-_\d\)"),
        ("terms:", "tersm:", UnknownNameError, r"line 5: a model file has no key 'tersm'; did you mean 'terms'"),
        ("[T, P]", "[T, Q]", UnknownNameError, r"line 11: there is no symmetry 'Q'; the symmetries are T, P"),
        ("Sz: 1", "Sz: 1/3", InputError, r"line 10: the total of 'Sz' is a multiple of 1/2"),
        ("Sz: 1", "sz: 1", UnknownNameError, r"line 10: charges has no key 'sz'; did you mean 'Sz'"),
        ("on: sites", "on: stes", FileFormatError, r"line 8: on takes bonds, .* got 'stes'"),
        ("size: 6", "size: six", FileFormatError, r"line 2: the size must be a whole number; got 'six'"),
        ("plus: h.c.", "plus: hc", FileFormatError, r"line 7: plus takes h.c."),
        ("S: 1/2", "S: 0.7", InputError, r"line 3: a spin is a positive multiple"),
        ("parameters", "name", FileFormatError, r"line 4: the key 'name' comes twice"),
        ("operators: Sz, on: sites", "operators: Sz", FileFormatError, r"line 8: say where the operators stand"),
        ("operators: Sz,", "operators: '?',", FileFormatError, r"line 8: '\?' is no operator"),
        ("Sz Sz", "Sz_7 Sz_0", InputError, r"line 6: there is no site 7"),
        ("on: bonds}", "on: bonds 9}", InputError, r"line 6: .*there is no shell 9"),
        ("J: 1.0", "J: 1/0", InputError, r"line 4: '1/0' has no finite value"),
    ],
)
def test_errors_say_the_line(old, new, error, match):
    with pytest.raises(error, match=match):
        parse_model(CHAIN.replace(old, new, 1), "m.yaml")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "is empty"),
        ("[1, 2", "line 1: this is no YAML"),
        ("- a", "must be a mapping"),
        ("a: &x 1\nb: *x", "line 2: aliases are not read"),
        ("? [1]\n: 2", "keys are plain words"),
        ("lattice: {kind: chain, size: 3}", "lacks 'space'"),
        ("a: !!python/object:os.system x", "cannot be read"),
        ("x: " + "[" * 60 + "]" * 60, "deeply nested"),
        ("model: heisenberg", "needs a lattice"),
    ],
)
def test_hostile_or_broken_files(text, match):
    with pytest.raises(InputError, match=match):
        parse_model(text, "m.yaml")


def test_unknown_models_and_parameters():
    with pytest.raises(UnknownNameError, match=r"no model 'heisenbreg'; did you mean 'heisenberg'"):
        parse_model("{model: heisenbreg, lattice: {kind: chain, size: 3}}")
    with pytest.raises(UnknownNameError, match=r"no parameter 'j'; did you mean 'J'"):
        parse_model("{model: heisenberg, lattice: {kind: chain, size: 3}, parameters: {j: 1}}")
    with pytest.raises(FileFormatError, match="do not fit the model bose_hubbard"):
        parse_model("{model: bose_hubbard, lattice: {kind: chain, size: 3}}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3*2", 2e-3), ("-2**2", -4), ("2**-1", 0.5), ("(1+2)*3/4", 2.25), ("sqrt(2)**2", 2), ("--1", 1),
        ("cos(pi) + exp(0)", 0), ("1 - 2 - 3", -4), ("2**3**2", 512), ("3*i", 3j), (".5", 0.5), ("a/b", 0.4),
    ],
)  # fmt: skip
def test_arithmetic(text, value):
    assert abs(evaluate(text, {"a": 2, "b": 5}) - value) < 1e-12


@pytest.mark.parametrize(
    "text", ["1 +", "(1", "1 2", "a.b", "__import__('os')", "1;2", "", "sqrt 2", "(" * 100 + "1", "9**9**9**9"]
)
def test_what_is_no_arithmetic(text):
    with pytest.raises(InputError):
        evaluate(text, {})
