"""Expressions as text and LaTeX: summed indices get letters that fit their range and are not taken."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from symmeter.quantum.ops.body import Body, Letter, Phase, Slot
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
        words = [rf"\sum_{{{' '.join(index_latex(n) for n, _ in body.bound)}}}"] if body.bound else []
        words += [_tensor_latex(t) for t in body.tensors]
        words += [rf"\delta_{{{slots_latex(d)}}}" for d in body.deltas]
        words += [f"e^{{i ({_phase_form(body.phases, True)})}}"] if body.phases else []
        letters = [w.species.symbol(w.kind, slots_latex(w.slots)) for w in body.word]
        words += _marked(letters, body.word, "{:}", "{:}")
        pieces.append((coefficient_latex(value), " ".join(words)))
    return joined_terms(pieces)


def _tensor_latex(t: Any) -> str:
    name = index_latex(t.name)
    return f"{name}{'^{*}' if t.conjugated else ''}_{{{slots_latex(t.slots)}}}"
