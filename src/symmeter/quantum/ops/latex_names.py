"""What the names in an operator expression mean: species, indices and their ranges, declared symbols.

Indices are found before anything is evaluated: names on operators, under sums, in deltas, and in exponents that hold a
momentum. \\sigma and \\tau are spins; k, q and p are momenta in phases, and where no other letter is an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import require_sympy
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.index_forms import GREEK, Index, IndexRange
from symmeter.quantum.ops.indexed_symbols import tensor
from symmeter.quantum.ops.latex_indices import Subscript, subscripts
from symmeter.quantum.ops.latex_syntax import parse_tokens
from symmeter.quantum.ops.latex_tokens import Token
from symmeter.quantum.ops.latex_tree import BigSum, Call, Name, Node, Scripted, walk
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins

__all__ = ["IndexedSpecies", "Names", "summed_names", "usual_species"]

#: Commands that are letters.
LETTERS = frozenset([*GREEK, "hbar", "ell", "varkappa", "varsigma", "vartheta", "varrho", "varpi", "imath", "digamma"])
_MOMENTA = frozenset("kqpKQP")
_TENSOR_WORDS = frozenset(["function", "tensor", "hermitian", "symmetric", "antisymmetric", "hollow", "step"])
_SYMBOL_WORDS = frozenset(
    [
        "function",
        "tensor",
        "real",
        "complex",
        "positive",
        "integer",
        "hermitian",
        "symmetric",
        "antisymmetric",
        "hollow",
        "step",
    ]
)


@dataclass(frozen=True)
class IndexedSpecies:
    """A species together with names that are indices (:meth:`Species.indexed`)."""

    species: Species
    names: tuple[str, ...]
    range: str


def usual_species(*nodes: Node) -> list[Species]:
    """The usual letters; fermions and bosons have two spins where spins are written on them."""
    spinful = {"c": False, "b": False, "n": False}
    for node in (n for root in nodes for n in walk(root)):
        if isinstance(node, Scripted) and isinstance(node.base, Name) and node.base.text in spinful and node.lower:
            found = subscripts(node.lower)
            names = {n for s in found for n in s.names}
            spinful[node.base.text] |= bool(names & {"up", "dn", "sigma", "tau"}) and len(found) < 3
    two = ["up", "dn"]
    fermions = Fermions(two if spinful["c"] or (spinful["n"] and not spinful["b"]) else None)
    return [fermions, Bosons(two if spinful["b"] else None), Spins(), Paulis()]


def _species(algebra: Any) -> tuple[list[Species], dict[str, str]]:
    listed = list(algebra) if isinstance(algebra, (list, tuple)) else [algebra]
    names: dict[str, str] = {}
    out: list[Species] = []
    for item in listed:
        if isinstance(item, IndexedSpecies):
            names |= dict.fromkeys(item.names, item.range)
            item = item.species
        if not isinstance(item, Species):
            raise InputTypeError(f"an algebra is a species or a list of species; got {type(item).__name__}")
        out.append(item)
    return out, names


class Names:
    """The names of one expression.

    Parameters
    ----------
    algebra : Species, IndexedSpecies or list of them
    symbols : mapping, sequence or None
        Declared symbols; None allows any.
    """

    def __init__(self, algebra: Any, symbols: Any) -> None:
        found, self.ranges_by_name = _species(algebra)
        self.species = {s.name.lstrip("\\"): s for s in found}
        self.strict = symbols is not None
        self.symbols: dict[str, frozenset[str]] = {}
        pairs = symbols.items() if isinstance(symbols, Mapping) else [(s, "") for s in symbols or ()]
        for name, words in pairs:
            kinds = frozenset(str(words).split())
            if kinds - _SYMBOL_WORDS:
                raise InputError(
                    f"the symbol {name} is declared as {words!r}; words are {', '.join(sorted(_SYMBOL_WORDS))}"
                )
            self.symbols[name.lstrip("\\")] = kinds
        self.indices: dict[str, Index] = {}
        self.sizes: dict[str, str] = {}
        self.has_phases = False
        particles = [s for s in found if isinstance(s, (Fermions, Bosons))]
        self.density = particles[0] if particles and "n" not in self.species else None

    def learn(self, node: Node) -> None:
        """Find the names of indices: on operators, under sums, and in deltas."""
        for piece in walk(node):
            if isinstance(piece, BigSum):
                for name in summed_names(piece):
                    self._index(name, None, 0)
            elif isinstance(piece, Scripted) and isinstance(piece.base, Name) and piece.lower:
                kind = self.species_of(piece.base)
                known = piece.base.text.lstrip("\\") not in self.symbols
                if kind is not None and known:
                    for place, s in enumerate(subscripts(piece.lower)):
                        for name in s.names:
                            self._index(name, kind, place)
                elif piece.base.text == r"\delta" and known:
                    for s in subscripts(piece.lower):
                        for name in s.names:
                            self._index(name, None, 0)

        for piece in walk(node):
            if isinstance(piece, Scripted) and isinstance(piece.base, Name) and piece.base.text == "e" and piece.upper:
                self._learn_phase(parse_tokens(piece.upper))
            elif isinstance(piece, Call) and piece.function == "exp":
                self._learn_phase(piece.argument)
            elif isinstance(piece, Call) and piece.function in ("cos", "sin"):
                inside = [n.text for n in walk(piece.argument) if isinstance(n, Name)]
                self.has_phases |= any(n in self.indices and n in _MOMENTA for n in inside)
        for piece in walk(node):
            if isinstance(piece, Scripted) and isinstance(piece.base, Name) and piece.lower:
                self._learn_symbol(piece)

    def settle(self, nodes: list[Node]) -> None:
        """Decide the ranges when all names are known, and the sizes that sums give them."""
        places = {n for n, i in self.indices.items() if not i.range.labels and n not in self.ranges_by_name}
        letters = {n for n in places if n.rstrip("'") in _MOMENTA}
        for n in letters if letters == places or self.has_phases else ():
            self.indices[n] = Index.named(n, IndexRange("momentum"))
        for piece in (p for node in nodes for p in walk(node)):
            if isinstance(piece, BigSum) and piece.upper and "=" in [t.text for t in piece.lower]:
                self._learn_size(piece)

    def is_index(self, name: str) -> bool:
        """Whether a name is an index only: no declared symbol, and not the N of N sites."""
        return name in self.indices and name not in self.symbols and name not in self.sizes.values()

    def is_plain_symbol(self, name: Name) -> bool:
        """Whether a letter is a symbol, and no index, operator or number with a name."""
        text = name.text.lstrip("\\")
        if name.accent or text in self.indices or self.species_of(name) is not None:
            return False
        return text in self.symbols or text not in ("i", "e", "pi")

    def tensor_of(self, name: str, slot: Index) -> Expression:
        """``V(q)``: a symbol that depends on an index."""
        words = self.symbols.get(name, frozenset()) & {"real"}
        return tensor(name, slot, properties=" ".join(words))

    def is_tensor(self, name: str) -> bool:
        """Whether a symbol is declared as one with indices."""
        return bool(self.symbols.get(name, frozenset()) & _TENSOR_WORDS)

    def _learn_symbol(self, node: Scripted) -> None:
        """A symbol that has one index has indices only: its other subscripts of one letter are free indices."""
        found = subscripts(node.lower)
        name = node.base.text.lstrip("\\")
        if self.is_tensor(name) or any(n in self.indices for s in found for n in s.names):
            for n in (n for s in found for n in s.names if len(n.rstrip("'")) == 1):
                self._index(n, None, 0)

    def _learn_size(self, node: BigSum) -> None:
        """The N of a sum up to N or N - 1 is the size of its whole range."""
        letters = [t.text.lstrip("\\") for t in node.upper if t.kind == "name"]
        over = self.indices[summed_names(node)[0]].range
        if len(letters) != 1 or over.labels:
            return
        known = self.sizes.setdefault(over.name, letters[0])
        if known != letters[0]:
            raise InputError(
                f"column {node.column}: sums over one range run to {known} and to {letters[0]}; use one symbol"
            )
        for n, index in self.indices.items():
            if index.range.name == over.name:
                self.indices[n] = Index.named(n, replace(over, size=known))

    def _learn_phase(self, exponent: Node) -> None:
        """In an exponent with a momentum that is known, the other letters are indices too."""
        names, units = [], 0
        for n in walk(exponent):
            if isinstance(n, Scripted) and isinstance(n.base, Name) and n.base.text in ("r", "R", "x") and n.lower:
                names += [x for s in subscripts(n.lower) for x in s.names]
            elif isinstance(n, Name):
                units += n.text == "i"
                if n.text not in ("r", "R", "x") and (n.text != "i" or units > 1):
                    names.append(n.text.lstrip("\\"))
        if any(n in self.indices for n in names):
            self.has_phases = True
            for name in names:
                if name not in self.symbols:
                    self._index(name, None, 0)

    def _index(self, name: str, species: Species | None, place: int) -> None:
        labels = tuple(str(f) for f in species.flavours) if species is not None and place == 1 else ()
        if name in ("up", "dn", *labels):
            return
        old = self.indices.get(name)
        if labels:
            self.indices[name] = Index.named(name, IndexRange("spin", "2", labels))
        elif old is None:
            base = name.rstrip("'")
            two = next((s for s in self.species.values() if s.flavours), None)
            if name not in self.ranges_by_name and (base in ("sigma", "tau") or (base == "s" and two is not None)):
                values = ("up", "dn") if two is None else tuple(str(f) for f in two.flavours)
                self.indices[name] = Index.named(name, IndexRange("spin", "2", values))
            else:
                self.indices[name] = Index.named(name, IndexRange(self.ranges_by_name.get(name, "site")))

    def slot(self, s: Subscript) -> Any:
        total: Any = 0
        for sign, part, accent in s.parts:
            piece: Any = part
            if isinstance(part, str):
                index = self.indices.get(part)
                if index is not None and not accent and self.sizes.get(index.range.name) == part:
                    # Site N of a range of N sites.
                    piece = 0
                elif index is not None:
                    piece = index
                elif len(s.parts) > 1:
                    raise UnknownNameError(f"column {s.column}: {part} is not an index that can be added")
                else:
                    return self._opposite(part, s) if accent else part
            if accent:
                if not (isinstance(piece, Index) and len(piece.range.labels) == 2):
                    raise InputError(f"column {s.column}: a bar turns a spin; {part} does not run over two spins")
                piece = piece + 1
            elif sign < 0 and isinstance(piece, Index) and len(piece.range.labels) == 2 and len(s.parts) == 1:
                piece, sign = piece + 1, 1
            total = total + piece if sign > 0 else total - piece
        return total

    @staticmethod
    def _opposite(label: str, s: Subscript) -> str:
        if label not in ("up", "dn"):
            raise InputError(f"column {s.column}: a bar turns a spin; {label} is none")
        return "dn" if label == "up" else "up"

    def species_of(self, name: Name) -> Species | None:
        """The species of an operator name."""
        text = name.text.lstrip("\\")
        if text in self.symbols or name.accent in ("bar", "tilde"):
            return None
        if text in self.species:
            return self.species[text]
        if text == "n" and self.density is not None:
            return self.density
        if text in ("X", "Y", "Z"):
            return next((s for s in self.species.values() if isinstance(s, Paulis)), None)
        return None

    def check_command(self, name: Name) -> None:
        """Refuse commands that are neither letters nor declared: as symbols they would mean something else."""
        word = name.text.lstrip("\\")
        if self.strict or not name.text.startswith("\\") or word in LETTERS:
            return
        near = nearest_name(word, LETTERS)
        right = f"did you mean \\{near}?" if near else "declare it if it is a symbol"
        raise UnknownNameError(f"column {name.column}: the command {name.text} is not known here; {right}")

    def check_declared(self, name: str, column: int, base: str | None = None) -> None:
        if self.strict and name not in self.symbols and base not in self.symbols:
            declared = [*self.symbols, *self.species]
            near = nearest_name(name, declared, cutoff=0.5)
            right = f"did you mean {near}?" if near else f"declared are {', '.join(declared) or 'none'}"
            raise UnknownNameError(f"column {column}: the symbol {name} is not declared; {right}")

    def scalar(self, name: str) -> Any:
        sympy = require_sympy()

        words = self.symbols.get(name, frozenset())
        if name in {i.range.size for i in self.indices.values()} and not words:
            # The number of sites, as sums over nothing give it.
            return sympy.Symbol(name, integer=True, positive=True)
        return sympy.Symbol(name, **{w: True for w in ("real", "positive", "integer") if w in words})

    def tensor(self, name: str, lower: list[Subscript]) -> Expression:
        words = self.symbols.get(name, frozenset()) & {
            "real",
            "hermitian",
            "symmetric",
            "antisymmetric",
            "hollow",
            "step",
        }
        return tensor(name, *(self.slot(s) for s in lower), properties=" ".join(words))


def summed_names(node: BigSum) -> list[str]:
    """Names of the indices of a sum."""
    inside = []
    for t in node.lower:
        if t.text == "=":
            break
        if t.text in (r"\neq", "<", ">", r"\langle", r"\rangle"):
            inside.append(Token("mark", ",", t.column))
        else:
            inside.append(t)
    while inside and inside[0].text == ",":
        inside.pop(0)
    while inside and inside[-1].text == ",":
        inside.pop()
    found = subscripts(tuple(inside)) if inside else []
    for s in found:
        if len(s.parts) != 1 or not s.names:
            raise InputError(f"column {s.column}: a sum runs over names such as i or \\sigma; got {s.text}")
    if not found:
        raise InputError(f"column {node.column}: the sum names no index")
    return [s.names[0] for s in found]
