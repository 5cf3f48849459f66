"""YAML with line numbers: plain values that remember where they stand, safe loader, no aliases, no duplicate keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from symmeter.errors import FileFormatError, UnknownNameError, nearest_name

__all__ = ["Node", "read_nodes"]

_LARGEST_TEXT, _MOST_NODES, _DEEPEST = 1_000_000, 100_000, 20


@dataclass(frozen=True)
class Node:
    """A value of a YAML file.

    Attributes
    ----------
    value : str, number, bool, None, list of Node or dict from str to Node
    line : int
        Counted from 1.
    source : str
        Name of the file.
    key_line : int
        Line of the key that has this value; 0 when it has none.
    """

    value: Any
    line: int
    source: str
    key_line: int = 0

    def fail(self, text: str, kind: type[Exception] = FileFormatError) -> Exception:
        """An error that says where."""
        return self.fail_at(self.line, text, kind)

    def fail_at(self, line: int, text: str, kind: type[Exception] = FileFormatError) -> Exception:
        """An error on a given line."""
        return kind(f"{self.source}, line {line}: {text}")

    def mapping(self, what: str, allowed: tuple[str, ...], needed: tuple[str, ...] = ()) -> dict[str, Node]:
        """The value as a mapping with known keys."""
        if not isinstance(self.value, dict):
            raise self.fail(f"{what} must be a mapping with {', '.join(allowed)}")
        for key, node in self.value.items():
            if allowed and key not in allowed:
                near = nearest_name(key, allowed)
                hint = f"; did you mean {near!r}?" if near else f"; the keys are {', '.join(allowed)}"
                raise self.fail_at(node.key_line, f"{what} has no key {key!r}{hint}", UnknownNameError)
        for key in needed:
            if key not in self.value:
                raise self.fail(f"{what} lacks {key!r}")
        return self.value

    def sequence(self, what: str) -> list[Node]:
        """The value as a list."""
        if not isinstance(self.value, list):
            raise self.fail(f"{what} must be a list; got {self.value!r}")
        return self.value

    def text(self, what: str) -> str:
        """The value as text."""
        if isinstance(self.value, bool) or not isinstance(self.value, (str, int, float)):
            raise self.fail(f"{what} must be text")
        return str(self.value)

    def whole(self, what: str) -> int:
        """The value as a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.fail(f"{what} must be a whole number; got {self.plain()!r}")
        return self.value

    def flag(self, what: str) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            raise self.fail(f"{what} must be true or false; got {self.plain()!r}")
        return self.value

    def plain(self) -> Any:
        """The value without line numbers."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return self.value

    def __iter__(self) -> Iterator[Node]:
        return iter(self.sequence("this"))


def read_nodes(text: str, source: str) -> Node:
    """Values with line numbers.

    Raises
    ------
    FileFormatError
        If the text is no YAML, has aliases or a key twice, or is too large; the text names the line.
    """
    import yaml

    if len(text) > _LARGEST_TEXT:
        raise FileFormatError(f"{source} has {len(text)} characters; a model file has at most {_LARGEST_TEXT}")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise FileFormatError(
                    f"{source}, line {event.start_mark.line + 1}: aliases are not read; repeat the value"
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "too deeply nested"
        raise FileFormatError(f"{source}{where}: this is no YAML: {problem}") from None
    if root is None:
        raise FileFormatError(f"{source} is empty; a model file gives a model, or a lattice, a space and terms")
    constructor = yaml.SafeLoader("")
    counted = [0]

    def converted(node: Any, depth: int) -> Node:
        line = node.start_mark.line + 1
        counted[0] += 1
        if counted[0] > _MOST_NODES or depth > _DEEPEST:
            raise FileFormatError(f"{source}, line {line}: the file has too many or too deeply nested values")
        if isinstance(node, yaml.SequenceNode):
            return Node([converted(child, depth + 1) for child in node.value], line, source)
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Node] = {}
            for key, child in node.value:
                # The raw text: YAML takes the key "on" for a truth value.
                if not isinstance(key, yaml.ScalarNode):
                    raise FileFormatError(f"{source}, line {line}: keys are plain words")
                if key.value in found:
                    raise FileFormatError(
                        f"{source}, line {key.start_mark.line + 1}: the key {key.value!r} comes twice"
                    )
                found[key.value] = replace(converted(child, depth + 1), key_line=key.start_mark.line + 1)
            return Node(found, line, source)
        try:
            return Node(constructor.construct_object(node), line, source)
        except (yaml.YAMLError, ValueError):
            raise FileFormatError(f"{source}, line {line}: the value {node.value!r} cannot be read") from None

    return converted(root, 0)
