"""From the values of a model file to a Hamiltonian, its charges and its known symmetry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symmeter.errors import (
    FileFormatError,
    InputError,
    MissingFileError,
    NotHermitianError,
    UnknownNameError,
    nearest_name,
)
from symmeter.quantum import lattices, models
from symmeter.quantum.ed.hamiltonian import Hamiltonian, TermNotHermitianError
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.ed.symmetry_group import SymmetryGroup
from symmeter.quantum.lattices import Lattice
from symmeter.quantum.model_files.arithmetic import evaluate
from symmeter.quantum.model_files.nodes import Node, read_nodes
from symmeter.quantum.model_files.term_lines import term_list

__all__ = ["ModelFile", "load_model", "parse_model"]

_LATTICES = ("chain", "square", "triangular", "honeycomb", "kagome", "graph")
_SPACES = ("spin", "fermion", "spinful fermion", "t-J", "boson", "clock", "colour")
_OWN = ("name", "lattice", "space", "parameters", "terms", "charges", "symmetries", "subgroup")
_NAMED = ("name", "model", "lattice", "parameters", "charges", "symmetries", "subgroup")
#: Models on a ring of their own, with the argument that is their length.
_RINGS = ("quantum_torus_chain", "driven_bose_hubbard")


@dataclass(frozen=True, eq=False)
class ModelFile:
    """What a model file says.

    Attributes
    ----------
    hamiltonian : Hamiltonian
    charges : dict
        Totals of the conserved charges that the file fixes.
    subgroup : SymmetryGroup or None
        The symmetry that is taken as known.
    source : str
    """

    hamiltonian: Hamiltonian
    charges: dict[str, Any] = field(default_factory=dict)
    subgroup: SymmetryGroup | None = None
    source: str = ""


def load_model(path: str | Path) -> ModelFile:
    """Read a model file.

    Raises
    ------
    MissingFileError
        If there is none.
    FileFormatError, UnknownNameError
        If it cannot be understood; the text names the line, and the nearest name for one that is not known.
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except OSError:
        raise MissingFileError(f"{place}: there is no such file, or it cannot be opened") from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{place} is no text in UTF-8; a model file is YAML") from None
    return parse_model(text, str(place))


def parse_model(text: str, source: str = "model") -> ModelFile:
    """Read the text of a model file.

    Examples
    --------
    >>> found = parse_model("{model: heisenberg, lattice: {kind: chain, size: 4}, charges: {Sz: 0}, subgroup: [T]}")
    >>> found.hamiltonian.lowest(1, found.charges).round(9).tolist(), found.subgroup.order
    ([-2.0], 4)
    """
    root = read_nodes(text, source)
    named = isinstance(root.value, dict) and "model" in root.value
    keys = root.mapping(
        "a model file", _NAMED if named else _OWN, ("model",) if named else ("lattice", "space", "terms")
    )
    parameters = _parameters(keys.get("parameters"))
    hamiltonian = _named_model(keys, parameters, root) if named else _own_model(keys, parameters)
    charges = {}
    if "charges" in keys:
        node = keys["charges"]
        charges = {
            name: total.plain() for name, total in node.mapping("charges", hamiltonian.space.charge_names).items()
        }
        _located(node, lambda: hamiltonian.basis(charges))
    subgroup = None
    if "subgroup" in keys:
        node = keys["subgroup"]
        names = [child.text("a symmetry") for child in node.sequence("subgroup")]
        for name in names:
            if name not in hamiltonian.symmetries:
                near = nearest_name(name, hamiltonian.symmetries)
                known = ", ".join(hamiltonian.symmetries) or "none; name some under symmetries"
                hint = f"; did you mean {near!r}?" if near else f"; the symmetries are {known}"
                raise node.fail(f"there is no symmetry {name!r}{hint}", UnknownNameError)
        subgroup = _located(node, lambda: hamiltonian.symmetry_group(*names)) if names else None
    return ModelFile(hamiltonian, charges, subgroup, source)


def _located(node: Node, make: Any) -> Any:
    """Errors of the library with the line in front."""
    try:
        return make()
    except InputError as error:
        if str(error).startswith(node.source):
            raise
        raise node.fail(str(error), type(error)) from None


def _choice(node: Node, what: str, known: tuple[str, ...]) -> str:
    name = node.text(what)
    if name not in known:
        near = nearest_name(name, known)
        hint = f"; did you mean {near!r}?" if near else f"; it is one of {', '.join(known)}"
        raise node.fail(f"there is no {what} {name!r}{hint}", UnknownNameError)
    return name


def _parameters(node: Node | None) -> dict[str, Any]:
    """Values of the parameters; text is arithmetic with those before."""
    found: dict[str, Any] = {}
    if node is None:
        return found
    for name, child in node.mapping("parameters", ()).items():
        value = child.value
        if isinstance(value, bool):
            found[name] = value
        elif isinstance(value, list):
            found[name] = [number(item, found) for item in value]
        else:
            found[name] = number(child, found)
    return found


def number(node: Node, parameters: Mapping[str, Any]) -> float | complex | int:
    """A number, or arithmetic with parameters."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    usable = {name: value for name, value in parameters.items() if isinstance(value, (int, float, complex))}
    value = _located(node, lambda: evaluate(node.text("a number"), usable))
    return value.real if value.imag == 0 else value


def _lattice(node: Node) -> Lattice:
    keys = node.mapping("lattice", ("kind", "size", "periodic", "edges", "sites"), ("kind",))
    kind = _choice(keys["kind"], "lattice", _LATTICES)
    if kind == "graph":
        if "edges" not in keys:
            raise node.fail("a graph needs edges, such as [[0, 1], [1, 2]]")
        edges = [[end.whole("a site") for end in edge.sequence("an edge")] for edge in keys["edges"].sequence("edges")]
        sites = keys["sites"].whole("sites") if "sites" in keys else None
        return _located(keys["edges"], lambda: lattices.graph(edges, sites))
    if "size" not in keys:
        raise node.fail(f"the {kind} lattice needs a size")
    size = keys["size"]
    numbers = [child.whole("a size") for child in size] if isinstance(size.value, list) else [size.whole("the size")]
    periodic: Any = True
    if "periodic" in keys:
        flags = keys["periodic"]
        periodic = [f.flag("periodic") for f in flags] if isinstance(flags.value, list) else flags.flag("periodic")
    if len(numbers) > (1 if kind == "chain" else 2):
        raise size.fail(f"the {kind} lattice takes {'one size' if kind == 'chain' else 'two sizes'}; got {numbers}")
    return _located(size, lambda: getattr(lattices, kind)(*numbers, periodic=periodic))


def _space(node: Node, sites: int) -> HilbertSpace:
    keys = node.mapping("space", ("kind", "S", "nmax", "q", "N"), ("kind",))
    kind = _choice(keys["kind"], "space", _SPACES)

    def needed(key: str) -> Node:
        if key not in keys:
            raise node.fail(f"a {kind} space needs {key}")
        return keys[key]

    makers = {
        "spin": lambda: HilbertSpace.spins(sites, keys["S"].text("S") if "S" in keys else "1/2"),
        "fermion": lambda: HilbertSpace.fermions(sites),
        "spinful fermion": lambda: HilbertSpace.spinful_fermions(sites),
        "t-J": lambda: HilbertSpace.tj(sites),
        "boson": lambda: HilbertSpace.bosons(sites, needed("nmax").whole("nmax")),
        "clock": lambda: HilbertSpace.clocks(sites, needed("q").whole("q")),
        "colour": lambda: HilbertSpace.colours(sites, needed("N").whole("N")),
    }
    return _located(node, makers[kind])


def _named_model(keys: dict[str, Node], parameters: dict[str, Any], root: Node) -> Hamiltonian:
    known = tuple(models.__all__)
    name = _choice(keys["model"], "model", known)
    if "lattice" not in keys:
        raise root.fail(f"the model {name} needs a lattice")
    lattice = _lattice(keys["lattice"])
    place = keys.get("parameters", keys["model"])
    if "periodic" in parameters:
        raise place.fail("periodic belongs to the lattice: lattice: {kind: chain, size: 6, periodic: false}")
    first: Any = lattice
    if name in _RINGS:
        first, periodic = lattice.sites, bool(len(lattice.periods))
        if lattice.given_edges is not None or len(lattice.cell) != 1:
            raise keys["lattice"].fail(f"the model {name} lives on a chain; got {lattice.name}")
        if not periodic and name == "driven_bose_hubbard":
            raise keys["lattice"].fail(f"the model {name} lives on a ring; got {lattice.name}")
        if not periodic:
            parameters = {**parameters, "periodic": False}
    make = getattr(models, name)
    allowed = make.__code__.co_varnames[1 : make.__code__.co_argcount]
    for parameter in parameters:
        if parameter not in allowed:
            near = nearest_name(parameter, allowed)
            hint = f"; did you mean {near!r}?" if near else f"; its parameters are {', '.join(allowed)}"
            raise place.fail(f"the model {name} has no parameter {parameter!r}{hint}", UnknownNameError)
    try:
        made = make(first, **parameters)
    except TypeError as error:
        raise place.fail(f"the parameters do not fit the model {name}: {error}") from None
    except InputError as error:
        raise place.fail(str(error), type(error)) from None
    return _with_symmetries(made, keys, lattice)


def _own_model(keys: dict[str, Node], parameters: dict[str, Any]) -> Hamiltonian:
    lattice = _lattice(keys["lattice"])
    space = _space(keys["space"], lattice.sites)
    terms, entries = [], []
    for node in keys["terms"].sequence("terms"):
        found = term_list(node, space, lattice, lambda child: number(child, parameters))
        terms += found
        entries += [node] * len(found)
    name = keys["name"].text("name") if "name" in keys else f"Hamiltonian on {lattice.name}"
    try:
        made = Hamiltonian(space, terms, name, parameters=parameters)
    except TermNotHermitianError as error:
        raise entries[error.number].fail(f"{error}, say with plus: h.c.", NotHermitianError) from None
    return _with_symmetries(made, keys, lattice)


def _with_symmetries(made: Hamiltonian, keys: dict[str, Node], lattice: Lattice) -> Hamiltonian:
    node = keys.get("symmetries")
    if node is None:
        return made
    space = made.space
    if node.value == "lattice":
        found = {n: Symmetry.sites(space, images) for n, images in lattice.generators().items()}
    else:
        found = {n: _symmetry(child, space, lattice) for n, child in node.mapping("symmetries", ()).items()}
    return Hamiltonian(space, made.terms, made.name, {**made.symmetries, **found}, made.parameters)


def _symmetry(node: Node, space: HilbertSpace, lattice: Lattice) -> Symmetry:
    if isinstance(node.value, str):
        kind = _choice(node, "symmetry", ("translation", "reflection"))
        if kind == "translation":
            return _located(node, lambda: Symmetry.sites(space, lattice.translation()))
        return _located(node, lambda: Symmetry.sites(space, list(range(lattice.sites))[::-1]))
    keys = node.mapping("a symmetry", ("sites", "levels", "phases"))
    out = Symmetry.identity(space)
    if "levels" in keys or "phases" in keys:
        size = space.sites[0].levels
        levels = [c.whole("a level") for c in keys["levels"]] if "levels" in keys else list(range(size))
        phases = [c.text("a phase") for c in keys["phases"]] if "phases" in keys else ()
        out = _located(node, lambda: Symmetry.local(space, levels, phases))
    if "sites" in keys:
        images = [c.whole("a site") for c in keys["sites"]]
        out = _located(node, lambda: Symmetry.sites(space, images)) * out
    return out
