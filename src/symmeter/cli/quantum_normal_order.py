"""``symmeter quantum normal-order``: an operator expression in LaTeX, normal-ordered; or an identity, checked."""

from __future__ import annotations

from typing import Any

import click

from symmeter.cli.output import json_option, print_json, say

__all__ = ["normal_order"]


@click.command(
    # Expressions may begin with a minus sign.
    context_settings={"ignore_unknown_options": True},
    epilog="Examples:  symmeter quantum normal-order '[S^+_i, S^-_j]'    symmeter quantum normal-order 'n_1^2 = n_1'",
)
@click.argument("latex")
@click.option("--fermions", metavar="LETTERS", help="Letters of fermions, with commas: c,d.")
@click.option("--bosons", metavar="LETTERS", help="Letters of bosons.")
@click.option("--spins", metavar="LETTERS", help="Letters of spins.")
@click.option("--paulis", metavar="LETTERS", help=r"Letters of Pauli matrices, such as \sigma.")
@click.option("--majoranas", metavar="LETTERS", help=r"Letters of Majorana operators, such as \gamma.")
@click.option("--spin", metavar="S", help="The length of the spins: 1/2, 1, 3/2, ...")
@click.option("--flavours", metavar="LABELS", help="Flavours of fermions and bosons: up,dn.")
@click.option(
    "--symbols", metavar="LIST", help="Declare symbols: 't real, V hermitian, U'; any other is then an error."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    metavar="PATH",
    help="Write the LaTeX of the result, or of both sides, to a file.",
)
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
@json_option
def normal_order(latex: str, out: str | None, quiet: bool, as_json: bool, symbols: str | None, **letters: Any) -> None:
    """Bring an operator expression in LaTeX to normal order, or check an identity.

    Letters mean fermions c, bosons b, densities n, spins S^z and S^+, Pauli matrices \\sigma^x, unless options say
    otherwise; other letters are complex symbols. Sums, commutators [A, B], anticommutators \\{A, B\\}, \\delta_{ij},
    \\frac and h.c. are understood. With a sign = the two sides are compared; the exit status is 1 when they differ.
    """
    from symmeter.quantum import ops
    from symmeter.quantum.ops.latex_reading import is_identity, parse_identity, split_definition

    algebra = _algebra(letters)
    declared = None if symbols is None else _symbols(symbols)
    named = split_definition(latex) if is_identity(latex) else None
    if named is not None:
        say(f"{named[0]} is read as the name of what follows", quiet)
        latex = named[1]
    if is_identity(latex):
        left, right = parse_identity(latex, algebra, declared)
        verdict = ops.equivalent(left, right)
        entry = {"input": latex, "equal": verdict.equal, "how": verdict.how}
        entry |= {"left": ops.latex(left), "right": ops.latex(right)}
        entry |= {} if verdict.counterexample is None else {"counterexample": str(verdict.counterexample)}
        lines = [str(verdict)]
        sign = "=" if verdict.equal else r"\neq"
        written = f"{entry['left']} {sign} {entry['right']}"
    else:
        result = ops.parse_latex(latex, algebra, declared)
        written = ops.latex(result)
        entry = {"input": latex, "latex": written, "text": str(result), "terms": _count(result)}
        lines = [written]
    if out is not None:
        _save(out, written)
        entry["file"] = out
    if as_json:
        print_json(entry)
    elif not quiet:
        print("\n".join(lines))
    if entry.get("equal") is False:
        raise click.exceptions.Exit(1)


def _algebra(letters: dict[str, Any]) -> Any:
    from symmeter.quantum import ops

    flavours = letters["flavours"].split(",") if letters["flavours"] else None
    named = {
        k: [x.strip() for x in (letters[k] or "").split(",") if x.strip()]
        for k in ("fermions", "bosons", "spins", "paulis", "majoranas")
    }
    if not any(named.values()) and not flavours and not letters["spin"]:
        return None
    if not any(named.values()):
        named |= {"fermions": ["c"], "bosons": ["b"], "spins": ["S"], "paulis": [r"\sigma"]}
    out: list[Any] = [ops.Fermions(flavours, name=n) for n in named["fermions"]]
    out += [ops.Bosons(flavours, name=n) for n in named["bosons"]]
    out += [ops.Spins(letters["spin"], name=n) for n in named["spins"]]
    out += [ops.Paulis(name=n) for n in named["paulis"]]
    return out + [ops.Majoranas(name=n) for n in named["majoranas"]]


def _symbols(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in text.split(","):
        words = piece.split()
        if words:
            found[words[0]] = " ".join(words[1:])
    return found


def _count(result: Any) -> int:
    return len(result) if hasattr(result, "__len__") else int(result != 0)


def _save(path: str, text: str) -> None:
    from symmeter.files import write_atomic

    write_atomic(path, text + "\n")
