"""What was asked of ``find``: a source, and options of which some belong to one kind of subject only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from symmeter.errors import InputError, InputTypeError

__all__ = ["ATOMS", "LEVELS", "MODEL", "SHAPE", "TABLE", "Request"]

TABLE = ("grid", "columns", "complex", "n", "kind")
MODEL = ("input", "output", "moved")
SHAPE = ("tol", "noise")
LEVELS = ("subgroup", "charges")
ATOMS = ("lattice", "a")

#: What each option is about, for people who gave it to something else.
_ABOUT = {
    **dict.fromkeys(TABLE, "a table"),
    **dict.fromkeys(MODEL, "a model"),
    **dict.fromkeys(SHAPE, "a shape (kind='points' makes a table one)"),
    **dict.fromkeys(LEVELS, "a Hamiltonian, a model file (.yaml) or levels by sector (.npz)"),
    "lattice": "atoms (.extxyz, .dump or .xyz files, ASE atoms)",
    "a": "atoms and lattice=, whose parameter it is",
    "dictionary": "a table or a model",
}


@dataclass(frozen=True)
class Request:
    """A source and what was said about it.

    Attributes
    ----------
    source : object
        Whatever was brought.
    given : mapping
        The options that differ from what they are when nothing is said, by name.

    Examples
    --------
    >>> Request("digits.npy", {"grid": (8, 8), "alpha": 0.001}).call
    ("'digits.npy', grid=(8, 8)", ', alpha=0.001')
    """

    source: Any
    given: Mapping[str, Any]

    @property
    def path(self) -> str | None:
        """The source where it is text or a path."""
        return str(self.source) if isinstance(self.source, (str, PurePath)) else None

    def some(self, *names: str) -> dict[str, Any]:
        """Those of these options that were given."""
        return {name: self.given[name] for name in names if name in self.given}

    def refuse_others(self, subject: str, takes: Collection[str]) -> None:
        """Refuse options that are about another kind of subject, rather than ignore them.

        Parameters
        ----------
        subject : str
            With its verb: "a shape takes".
        takes : collection of str

        Raises
        ------
        InputTypeError or InputError
        """
        for name in self.given:
            if name in _ABOUT and name not in takes:
                *most, last = takes or ("no option of its own",)
                listed = f"{', '.join(most)} and {last}" if most else last
                # As Python has it for objects that do not belong, and for numbers and words that do not.
                error = InputTypeError if name in (*MODEL, *LEVELS, "dictionary") else InputError
                raise error(f"{name}= goes with {_ABOUT[name]}; {subject} {listed}")

    @property
    def call(self) -> tuple[str, str]:
        """The arguments that load the data and search them again; data in memory are called X, own maps D."""
        data = "X"
        if self.path is not None:
            data = repr(self.path)
        elif isinstance(self.source, (list, tuple)) and self.source:
            paths = [str(s) for s in self.source if isinstance(s, (str, PurePath))]
            data = repr(paths) if len(paths) == len(self.source) else data
        loading = "".join(f", {k}={v!r}" for k, v in self.some(*TABLE).items())
        searching = "".join(
            f", {k}={v!r}" if isinstance(v, (str, int, float)) else ", dictionary=D" if k == "dictionary" else ""
            for k, v in self.given.items()
            if k not in TABLE
        )
        return data + loading, searching
