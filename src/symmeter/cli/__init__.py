"""The command line: thin commands over the library, loaded one by one so that ``symmeter --help`` is instant."""

from symmeter.cli.app import main

__all__ = ["main"]
