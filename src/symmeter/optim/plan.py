"""The plan of an optimizer: what every parameter is, which rule moves it, which group that respects, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.optim.matrix_view import WHOLE, MatrixView
from symmeter.optim.rules import UpdateRule, rule_named

__all__ = ["DEFAULT_RULES", "ROLES", "Plan", "PlanEntry"]

#: What a parameter can be.
ROLES = {
    "embedding": "table of tokens",
    "tied_embedding": "table of tokens that is also the output projection",
    "position": "table of positions",
    "lm_head": "output projection onto tokens",
    "router": "scores of experts",
    "attention": "queries, keys, values or outputs of attention heads",
    "mlp_gate_up": "into the neurons of a feed-forward block",
    "mlp_down": "out of the neurons of a feed-forward block",
    "hidden": "any other matrix",
    "lora": "factor of a low-rank change",
    "other": "norms, biases, scalars",
}

#: The rule of each role when the user names none.
DEFAULT_RULES: dict[str, str] = {
    "embedding": "row",
    "tied_embedding": "row",
    "position": "adamw",
    "lm_head": "centered_row",
    "router": "centered_left_spectral",
    "attention": "polar",
    "mlp_gate_up": "row_hybrid",
    "mlp_down": "col_hybrid",
    "hidden": "polar",
    "lora": "adamw",
    "other": "adamw",
}

#: Rules of a weight whose neurons are columns, and the same on its transpose.
_TURNED = {
    "row": "col",
    "col": "row",
    "row_hybrid": "col_hybrid",
    "col_hybrid": "row_hybrid",
    "left_spectral": "right_spectral",
    "right_spectral": "left_spectral",
}


@dataclass(frozen=True)
class PlanEntry:
    """One parameter.

    Attributes
    ----------
    name : str
    role : str
        A key of :data:`ROLES`.
    part : str
        Which of the role: "q", "gate and up", ...; or empty.
    rule : str
    group : str
        What acts on it without changing the loss, in words.
    why : str
        What told its role.
    shape : tuple of int
    shifts : bool
        Whether one shift of all rows leaves the loss unchanged.
    view : MatrixView
        Rows are tokens, neurons, experts or the outputs of a head.
    """

    name: str
    role: str
    part: str
    rule: str
    group: str
    why: str
    shape: tuple[int, ...]
    shifts: bool = False
    view: MatrixView = WHOLE

    @property
    def numel(self) -> int:
        """How many numbers it has."""
        total = 1
        for size in self.shape:
            total *= size
        return total

    @property
    def inputs_in_rows(self) -> bool:
        """Whether rows of the view are inputs: neurons that a block ends in, or a head's values on their way out."""
        return self.role == "mlp_down" or self.part == "o"

    @property
    def direction(self) -> UpdateRule:
        """The rule as it acts on the view, whose rows are neurons also where the weight has them in columns."""
        name = _TURNED.get(self.rule, self.rule) if self.role == "mlp_down" else self.rule
        return rule_named(name)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "shape": list(self.shape), "view": self.view.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlanEntry:
        """The inverse of :meth:`to_json`."""
        return cls(**{**data, "shape": tuple(data["shape"]), "view": MatrixView.from_json(dict(data["view"]))})

    def with_rule(self, name: str) -> PlanEntry:
        """The same parameter under another rule.

        Raises
        ------
        InputError
            If the rule does not fit the parameter; the text names it.
        """
        rule = rule_named(name)
        # A user who asks for a spectral rule on rows that may be shifted wants the one that moves along no shift.
        if rule.name == "left_spectral" and self.shifts and self.role == "router":
            rule = rule_named("centered_left_spectral")
        if rule.direction is not None and len(self.shape) < 2:
            raise InputError(f"{self.name} has shape {self.shape}; rule {name!r} needs a matrix, use 'adamw'")
        if rule.centered and not self.shifts:
            raise InputError(
                f"{self.name} ({self.role}): rule {name!r} leaves out the mean row, but a shift of all rows "
                f"changes this model ({self.group}); use {rule.name.removeprefix('centered_')!r}"
            )
        return replace(self, rule=rule.name)


@dataclass(frozen=True)
class Plan:
    """What an optimizer does with every parameter of a model; print it for a table.

    Attributes
    ----------
    entries : tuple of PlanEntry
    notes : tuple of str
        What was found about the model that changes rules: tied weights, capped logits, ...
    """

    entries: tuple[PlanEntry, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[PlanEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, name: str) -> PlanEntry:
        for entry in self.entries:
            if entry.name == name:
                return entry
        close = nearest_name(name, [e.name for e in self.entries])
        raise UnknownNameError(f"no parameter is called {name!r}" + (f"; did you mean {close!r}?" if close else ""))

    def with_rules(self, rules: Mapping[str, str]) -> Plan:
        """The plan with other rules for some roles.

        Raises
        ------
        UnknownNameError
            For unknown roles and rules.
        InputError
            For a rule that does not fit a parameter.
        """
        for role, rule in rules.items():
            if role not in ROLES:
                close = nearest_name(role, ROLES)
                hint = f"; did you mean {close!r}?" if close else ""
                raise UnknownNameError(f"no role is called {role!r}; known are {', '.join(ROLES)}{hint}")
            rule_named(rule)
        entries = tuple(e.with_rule(rules[e.role]) if e.role in rules else e for e in self.entries)
        return replace(self, entries=entries)

    @property
    def roles(self) -> dict[str, int]:
        """How many tensors have each role."""
        return dict(Counter(e.role for e in self.entries))

    def rows(self) -> list[dict[str, Any]]:
        """One line for each role, part and rule: tensors, numbers in all, group, the first reason."""
        lines: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        for e in self.entries:
            line = lines.setdefault(
                (e.role, e.part, e.rule, e.group),
                {"role": e.role, "part": e.part, "rule": e.rule, "tensors": 0, "parameters": 0, "group": e.group,
                 "why": e.why, "first": e.name},
            )  # fmt: skip
            line["tensors"] += 1
            line["parameters"] += e.numel
        return list(lines.values())

    def __str__(self) -> str:
        head = ("role", "part", "rule", "tensors", "parameters", "group", "why")
        cells = [head, *(tuple(f"{r[k]:,}" if isinstance(r[k], int) else r[k] for k in head) for r in self.rows())]
        widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
        right = {3, 4}
        text = [
            "  ".join(c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths))).rstrip()
            for row in cells
        ]
        return "\n".join([*text, *self.notes])

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps({"entries": [e.to_json() for e in self.entries], "notes": list(self.notes)})

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The inverse of :meth:`to_json`."""
        data = json.loads(text)
        return cls(tuple(PlanEntry.from_json(e) for e in data["entries"]), tuple(data["notes"]))
