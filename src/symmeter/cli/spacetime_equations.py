"""What the commands on equations are given: the equations and their names, and where results go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import check_json_path, json_option, print_json, save_json

__all__ = ["EquationInput", "equation_options"]


@dataclass(frozen=True)
class EquationInput:
    """Equations as text or in a file, and the options that go with them; each attribute is an option."""

    equations: str
    indep: str
    dep: str
    parameters: str
    functions: str
    out: Path | None
    as_json: bool
    quiet: bool

    def system(self) -> Any:
        """The system of equations; of a file with a Lagrangian, its field equations."""
        from symmeter.spacetime import PDESystem

        texts, said = self._read("equations")
        if "lagrangian" in said:
            return self.lagrangian()[0].field_equations
        return PDESystem(texts, *self._variables(said), **self._names(said))

    def lagrangian(self) -> tuple[Any, Mapping[str, str]]:
        """The Lagrangian that is given in the place of equations, and what else its file says."""
        from symmeter.errors import InputError
        from symmeter.spacetime import Lagrangian

        text, said = self._read("a Lagrangian")
        if said and "lagrangian" not in said:
            raise InputError(f"{self.equations} has equations and no Lagrangian; say lagrangian: ...")
        return Lagrangian(said.get("lagrangian", text), *self._variables(said), **self._names(said)), said

    def _variables(self, said: Mapping[str, str]) -> tuple[str, str]:
        return said.get("independent", self.indep), said.get("dependent", self.dep)

    def _names(self, said: Mapping[str, str]) -> dict[str, str]:
        return {
            "parameters": said.get("parameters", self.parameters), "functions": said.get("functions", self.functions)
        }  # fmt: skip

    def _read(self, what: str) -> tuple[Any, Mapping[str, str]]:
        """Texts of equations, and what a file says besides."""
        from symmeter.errors import MissingFileError
        from symmeter.subjects.equations import read_equations

        if not self.equations.endswith(".txt"):
            return self.equations, {}
        path = Path(self.equations)
        if not path.is_file():
            raise MissingFileError(f"{path} does not exist; give {what}, or a text file with lines of it")
        read = read_equations(path, self.indep, self.dep)
        return read.texts, read.options

    def deliver(self, value: Any) -> bool:
        """Save and print a result for programs; whether people are still to be told."""
        save_json(self.out, value)
        if self.as_json:
            print_json(value)
        return not (self.as_json or self.quiet)


def equation_options(call: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that describe equations; it takes them as one :class:`EquationInput`."""

    @wraps(call)
    def command(**given: Any) -> None:
        asked = EquationInput(**{f.name: given.pop(f.name) for f in fields(EquationInput)})
        check_json_path(asked.out)
        call(asked, **given)

    options = [
        click.argument("equations", metavar="EQUATIONS"),
        click.option("--indep", default="t x", show_default=True, metavar="NAMES", help="Independent variables."),
        click.option("--dep", default="u", show_default=True, metavar="NAMES", help="Dependent variables."),
        click.option("--parameters", default="", metavar="NAMES", help="Constants."),
        click.option("--functions", default="", metavar="NAMES", help="Arbitrary functions, f in f(u)."),
        click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save what is found as .json."),
        json_option,
        click.option("--quiet", is_flag=True, help="Print nothing for people."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
