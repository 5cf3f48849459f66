"""Expressions as text and LaTeX: summed indices get letters that fit their range and are not taken."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from symmeter.quantum.ops.body import Body, Letter, Phase, Slot, TensorFactor
from symmeter.quantum.ops.index_forms import Index, index_latex
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.text import coefficient_text, joined_terms

if TYPE_CHECKING:
    from symmeter.quantum.ops.expression import Expression

__all__ = ["expression_latex", "expression_text", "named_dummies"]

_LETTERS = {"site": "i j l m n r s u v w", "momentum": "k q p", "spin": "sigma tau", "colour": "a b c d"}


def named_dummies(body: Body) -> Body:
    """The body with names for people on its summed indices."""
    taken = set(body.free)
    names: dict[str, str] = {}
    for n, over in sorted(body.bound, key=lambda b: int(b[0][1:]) if b[0][1:].isdigit() else 0):
        letters = _LETTERS.get(over.name, _LETTERS["site"]).split()
        fresh = next(
            name for k in count() for name in (x + (str(k) if k else "") for x in letters) if name not in taken
        )
        taken.add(fresh)
        names[n] = fresh
    return body.renamed(names)


def _slot_text(slot: Slot) -> str:
    return str(slot)


def slot_latex(slot: Slot) -> str:
    """LaTeX of an index, number or label."""
    return slot.text("latex") if isinstance(slot, Index) else index_latex(str(slot))


def _comma(slots: tuple[Slot, ...]) -> str:
    return ",".join(map(_slot_text, slots))


def slots_latex(slots: tuple[Slot, ...]) -> str:
    """LaTeX of several indices; with commas where they would run together."""
    texts = [slot_latex(s) for s in slots]
    plain = all(len(s.parts) == 1 and s.parts[0][1] == 1 and not s.offset for s in slots if isinstance(s, Index))
    if plain and not any(isinstance(s, int) for s in slots[1:]):
        return " ".join(texts) if any("\\" in t for t in texts[:-1]) else "".join(texts)
    return ",".join(texts)


def _letter_text(w: Letter) -> str:
    prefix = f"{w.species.name}." if w.species.name != w.species.letter else ""
    return f"{prefix}{w.kind}[{_comma(w.slots)}]"


def _marked(texts: list[str], word: tuple[Letter, ...], opened: str, closed: str) -> list[str]:
    """Colons around Majorana letters, whose product is antisymmetric."""
    places = [k for k, w in enumerate(word) if isinstance(w.species, Majoranas)]
    if len(places) > 1:
        texts[places[0]] = opened + texts[places[0]]
        texts[places[-1]] += closed
    return texts


def _phase_form(phases: tuple[Phase, ...], latex: bool) -> str:
    out = ""
    for p in phases:
        pair = [p.first] if p.second is None else [p.first, p.second]
        # Momenta stand before sites.
        pair.sort(key=lambda s: s.range.name != "momentum")
        text = (r" \cdot " if latex else ".").join(s.text("latex" if latex else "plain") for s in pair)
        sign = "-" if p.coefficient < 0 else "+" if out else ""
        out += sign + (f"{abs(p.coefficient)} " if abs(p.coefficient) != 1 else "") + text
    return out


def expression_text(expression: Expression) -> str:
    """Plain text of the sum."""
    pieces = []
    for value, body in expression:
        body = named_dummies(body)
        words = [f"sum_{','.join(n for n, _ in body.bound)}"] if body.bound else []
        words += [f"{t.name}{'*' if t.conjugated else ''}[{_comma(t.slots)}]" for t in body.tensors]
        words += [f"delta[{_comma(d)}]" for d in body.deltas]
        words += [f"exp(i({_phase_form(body.phases, False)}))"] if body.phases else []
        words += _marked([_letter_text(w) for w in body.word], body.word, ":", ":")
        pieces.append((coefficient_text(value), " ".join(words)))
    return joined_terms(pieces)


def expression_latex(expression: Expression) -> str:
    """LaTeX of the sum; what this writes, :func:`parse_latex` reads."""
    from symmeter.quantum.ops.latex_writing import coefficient_latex

    pieces = []
    for value, body in expression:
        body = named_dummies(body)
        special = _bond_or_step(body)
        names = [index_latex(n) for n, _ in body.bound if special is None or n not in special.slot_names]
        if special is not None:
            value, names = value * special.weight, [special.text, *names]
        under = ", ".join(names) if special is not None else " ".join(names)
        words = [rf"\sum_{{{under}}}"] if body.bound else []
        words += [_tensor_latex(t) for t in body.tensors if special is None or t is not special.tensor]
        words += [rf"\delta_{{{slots_latex(d)}}}" for d in body.deltas]
        words += [f"e^{{i ({_phase_form(body.phases, True)})}}"] if body.phases else []
        letters = [w.species.symbol(w.kind, slots_latex(w.slots)) for w in body.word]
        words += _marked(letters, body.word, "{:}", "{:}")
        pieces.append((coefficient_latex(value), " ".join(words)))
    return joined_terms(pieces)


@dataclass(frozen=True)
class _Limits:
    """A symbol that is written below the sum: neighbours, or an order of two sites."""

    tensor: TensorFactor
    slot_names: tuple[str, str]
    text: str
    weight: int


def _bond_or_step(body: Body) -> _Limits | None:
    """What :func:`parse_latex` makes of a sum over bonds or over i < j, where there is exactly one such."""
    bound = {n for n, _ in body.bound}
    found = []
    for t in body.tensors:
        neighbours = t.name == "A" and t.properties == frozenset(["real", "symmetric", "hollow"])
        step = t.name == "Theta" and t.properties == frozenset(["real", "hollow", "step"])
        if not (neighbours or step):
            continue
        plain = [s for s in t.slots if isinstance(s, Index) and len(s.parts) == 1 and s.parts[0][1] == 1]
        names = [s.name for s in plain if not s.offset and s.name in bound]
        if t.conjugated or len(names) != 2 or names[0] == names[1]:
            return None
        i, j = (index_latex(n) for n in names)
        text = rf"\langle {i} {j} \rangle" if neighbours else f"{i} < {j}"
        found.append(_Limits(t, (names[0], names[1]), text, 2 if neighbours else 1))
    return found[0] if len(found) == 1 else None


def _tensor_latex(t: Any) -> str:
    name = index_latex(t.name)
    return f"{name}{'^{*}' if t.conjugated else ''}_{{{slots_latex(t.slots)}}}"
