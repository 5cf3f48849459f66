"""Every error that symmeter raises on purpose.

An error's text says what was wrong, where, and what would be right; the command line prints it as one line and exits
with status 2. This module imports nothing, so that everybody may import it.
"""

from __future__ import annotations

from collections.abc import Iterable


def nearest_name(word: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most like a word, capitals apart, or None when none is like it.

    Examples
    --------
    >>> nearest_name("hieght", ["width", "height"]), nearest_name("C3V", ["C3", "C3v"]), nearest_name("x", ["width"])
    ('height', 'C3v', None)
    """
    from difflib import get_close_matches

    candidates = {name.casefold(): name for name in known}
    match = get_close_matches(str(word).casefold(), candidates, n=1, cutoff=cutoff)
    return candidates[match[0]] if match else None


class SymmeterError(Exception):
    """Base of every error that symmeter raises on purpose."""


class InputError(SymmeterError, ValueError):
    """A value that the caller gave cannot be used."""


class InputTypeError(SymmeterError, TypeError):
    """An object of a kind that symmeter does not know was given."""


class ShapeError(InputError):
    """Two shapes that must agree do not."""


class NonFiniteError(InputError):
    """The data contain NaN or infinity."""


class NotHermitianError(InputError):
    """A covariance is not symmetric (real) or Hermitian (complex)."""


class SampleSizeError(InputError):
    """The number of samples is missing or too small for what was asked."""


class EmptyDictionaryError(InputError):
    """A dictionary of candidate generators has no usable element."""


class UnidentifiableError(InputError):
    """The data cannot single out a symmetry, whatever the method."""


class ClosureError(InputError):
    """The elements generate a group larger than the cap."""


class NotAGroupElementError(InputError):
    """A map that must be invertible and norm preserving, or a permutation, is not."""


class UnknownNameError(InputError):
    """A name is not known; the text proposes the nearest one."""


class FileFormatError(InputError):
    """A file cannot be read as what it claims to be."""


class MissingFileError(InputError, FileNotFoundError):
    """A file does not exist or cannot be opened."""

    # FileNotFoundError formats its arguments as (errno, text); the plain sentence is what people should read.
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class OutputError(InputError, OSError):
    """A result cannot be written where it was asked for."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(SymmeterError, ImportError):
    """An optional package is needed; the text carries the command that installs it."""

    def __init__(self, package: str, extra: str, why: str) -> None:
        super().__init__(f'{why} needs {package}: pip install "symmeter[{extra}]"')
        self.package = package
        self.extra = extra
