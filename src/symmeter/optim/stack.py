"""One optimizer for a whole network, whose update of every block commutes with the group that acts on the block.

A plain :class:`torch.optim.Optimizer` with one parameter group for each role, so schedulers, clipping, gradient scalers
and checkpoints work as ever. After T. T.-K. Lau and W. Su, arXiv:2605.18106.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from numbers import Real
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError, nearest_name
from symmeter.optim.adamw import adamw_step
from symmeter.optim.block_update import BlockUpdate, same_kind
from symmeter.optim.classification import classify
from symmeter.optim.matrix_view import MatrixView
from symmeter.optim.plan import DEFAULT_RULES, ROLES, Plan, PlanEntry
from symmeter.optim.row_kernel import KEPT, Survey, kernel_fits, kernel_step, large_table, survey
from symmeter.optim.rules import DirectionSettings
from symmeter.optim.scales import check_scale
from symmeter.optim.sharding import whole

__all__ = ["SymmetryStack"]

#: Roles whose weights decay unless the user says otherwise.
_DECAYING = ("attention", "mlp_gate_up", "mlp_down", "hidden")
_NON_FINITE = ("raise", "skip", "ignore")
#: torch with its functions over lists of tensors, which it does not export but documents.
_LISTS: Any = torch


class SymmetryStack(torch.optim.Optimizer):
    """Updates that respect the symmetry of every weight block.

    Parameters
    ----------
    model : torch.nn.Module
        Its parameters are classified by :func:`symmeter.optim.classify`.
    lr : float
        For every role; ``lr_mult`` changes it by role.
    scale : str
        A key of :data:`symmeter.optim.scales.SCALES`. With ``"rms"`` one learning rate serves every role.
    rules : mapping, optional
        Rules by role, as in :data:`symmeter.optim.plan.DEFAULT_RULES`.
    rule : str, optional
        One rule for every matrix. ``"muon"`` is torch's Muon step by step.
    roles : mapping, optional
        Patterns of names and the roles they get.
    lr_mult : mapping, optional
        Factors of the learning rate by role.
    weight_decay : float or mapping
        Decoupled. A number is for attention, feed-forward and other hidden matrices; a mapping goes by role.
    momentum : float
        Of the running mean of gradients.
    nesterov : bool
        Look ahead: the direction is taken from ``(1 - momentum) g + momentum m``.
    betas, eps
        Of AdamW.
    row_eps : float or "relative"
        See :func:`symmeter.optim.row_norm`.
    row_scale : str
        ``"relative"`` multiplies each neuron's row of an update of feed-forward blocks by the root mean square of that
        row of the weight, so that ups and downs may be rescaled against each other as well; ``"none"`` by default.
    active_rows_only : bool
        Rows of embeddings without gradient in this step stay where they are, and do not decay.
    alpha : float
        Power of scale ``"nuclear"``.
    polar : str
        How polar factors are computed; see :class:`symmeter.optim.rules.DirectionSettings`.
    damping : float
        Of spectral rules, in units of the mean eigenvalue.
    order : str
        Of hybrid rules.
    non_finite : str
        What a gradient with NaN or infinity does: ``"raise"`` an error with its name before anything moves, ``"skip"``
        the step, or ``"ignore"`` (no check).
    plan : Plan, optional
        In place of classifying.
    foreach : bool, optional
        Of AdamW; torch decides by default.
    **classification
        Further arguments of :func:`symmeter.optim.classify`: ``heads``, ``logit_z_loss``, ...

    Raises
    ------
    InputError, UnknownNameError, ShapeError, InputTypeError

    Examples
    --------
    >>> net = nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 8, bias=False), nn.Linear(8, 50, bias=False))
    >>> opt = SymmetryStack(net, lr=4e-3)
    >>> [(g["role"], g["rule"]) for g in opt.param_groups]
    [('embedding', 'row'), ('hidden', 'polar'), ('lm_head', 'centered_row')]
    """

    def __init__(
        self,
        model: nn.Module,
        lr: float = 4e-3,
        scale: str = "rms",
        rules: Mapping[str, str] | None = None,
        rule: str | None = None,
        roles: Mapping[str, str] | None = None,
        lr_mult: Mapping[str, float] | None = None,
        weight_decay: float | Mapping[str, float] = 0.0,
        momentum: float = 0.95,
        nesterov: bool = True,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        row_eps: float | str = 1e-8,
        active_rows_only: bool = False,
        row_scale: str = "none",
        alpha: float = 1.0,
        polar: str = "auto",
        damping: float = 1e-6,
        order: str = "row_then_polar",
        non_finite: str = "raise",
        plan: Plan | None = None,
        foreach: bool | None = None,
        **classification: Any,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise InputTypeError(
                f"SymmetryStack needs the model, not {type(model).__name__}: roles are read from its modules and names"
            )
        _check_numbers(lr, momentum, betas, eps, non_finite)
        check_scale(scale)
        if row_scale not in ("none", "relative"):
            raise InputError(f"row_scale is {row_scale!r}; use 'none' or 'relative'")
        plan = classify(model, roles=roles, **classification) if plan is None else plan
        if rule is not None:
            plan, scale, polar = _one_rule(plan, rule, scale, polar)
        plan = plan.with_rules(rules or {})
        settings = DirectionSettings(polar, row_eps, damping, order)
        shared = {
            "scale": scale, "momentum": momentum, "nesterov": nesterov, "betas": tuple(betas), "eps": eps,
            "row_eps": settings.row_eps, "active_rows_only": active_rows_only, "row_scale": row_scale,
            "alpha": alpha, "polar": polar,
            "damping": damping, "order": order, "non_finite": non_finite, "foreach": foreach,
            "notes": plan.notes,
        }  # fmt: skip
        groups = list(_groups(model, plan, lr, _by_role(lr_mult, "lr_mult"), _decays(weight_decay)))
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0, **shared})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """One step.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss.

        Raises
        ------
        NonFiniteError
            When a gradient is not finite and ``non_finite`` is "raise"; nothing has moved.
        InputError
            For sparse gradients.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        work = [(group, *_with_gradients(group)) for group in self.param_groups]
        # Of large tables under centred rows: to see whether gradients are finite, and what the step needs besides.
        surveys: dict[torch.Tensor, Survey] = {}
        if not self._finite(work, surveys):
            return loss
        for group, names, parameters in work:
            if group["rule"] == "adamw":
                adamw_step(group, parameters, self.state)
            else:
                self._step_blocks(group, names, parameters, surveys)
        return loss

    def _finite(
        self,
        work: list[tuple[dict[str, Any], list[str], list[torch.Tensor]]],
        surveys: dict[torch.Tensor, Survey],
    ) -> bool:
        some = [(group, names, ps) for group, names, ps in work if group["non_finite"] != "ignore" and ps]
        checked = [(names, ps) for _, names, ps in some]
        for group, _, ps in some:
            if group["rule"] == "centered_row":
                tables = [p for p in ps if large_table(p) and p.grad is not None]
                surveys.update({p: survey(p, self.state.get(p, {}), group) for p in tables})
        if not checked:
            return True
        names = [n for some, _ in checked for n in some]
        parameters = [p for _, ps in checked for p in ps]
        gradients = [p.grad for p in parameters]
        # A sum is finite only if every number is; one look at the device for all of them.
        summed = [surveys[p].columns if p in surveys else g for p, g in zip(parameters, gradients, strict=True)]
        sums = torch.stack([_total(g) for g in summed])  # type: ignore[arg-type]
        doubtful = torch.nonzero(~torch.isfinite(sums)).flatten().tolist()
        bad = [k for k in doubtful if not _all_finite(gradients[k])]  # type: ignore[arg-type]
        if not bad:
            return True
        if any(group["non_finite"] == "raise" for group, *_ in work):
            raise NonFiniteError(
                f"the gradient of {names[bad[0]]} is not finite ({len(bad)} of {len(names)} are not); nothing moved. "
                "Lower the learning rate, clip gradients, or give non_finite='skip'"
            )
        return False

    def _step_blocks(
        self,
        group: dict[str, Any],
        names: list[str],
        parameters: list[torch.Tensor],
        surveys: Mapping[torch.Tensor, Survey],
    ) -> None:
        if not parameters:
            return
        known = self._entries(group)
        update = _update_of(group)
        entries = [known[n] for n in names]
        large = [
            kernel_fits(e, p, update.settings, update.scale, update.active_rows_only or update.relative_rows)
            for e, p in zip(entries, parameters)
        ]
        for e, p in (pair for pair, fits in zip(zip(entries, parameters), large) if fits):
            self._momentum(p)
            kernel_step(e, p, self.state[p], group, surveys.get(p))
        rest = [k for k, fits in enumerate(large) if not fits]
        self._step_plainly(group, update, [entries[k] for k in rest], [parameters[k] for k in rest])

    def _step_plainly(
        self, group: dict[str, Any], update: BlockUpdate, entries: list[PlanEntry], parameters: list[torch.Tensor]
    ) -> None:
        if not parameters:
            return
        momenta = [self._momentum(p) for p in parameters]
        for p in parameters:
            # Kept by the passes of row_kernel alone; it would be wrong when they come back.
            for kept in KEPT:
                self.state[p].pop(kept, None)
        gradients: list[torch.Tensor] = [p.grad for p in parameters]  # type: ignore[misc]
        _LISTS._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        if group["weight_decay"]:
            _decay(parameters, gradients, group["lr"] * group["weight_decay"], update.active_rows_only)
        for bucket in same_kind(entries, parameters):
            p, m, g = ([tensors[k] for k in bucket] for tensors in (parameters, momenta, gradients))
            update(entries[bucket[0]], p, m, g, group["lr"])

    def _entries(self, group: dict[str, Any]) -> dict[str, PlanEntry]:
        """Entries of a group by name; read once from the plain values that checkpoints hold."""
        memory = self.__dict__.setdefault("_decoded", {})
        listed = group["entries"]
        if memory.get(id(group), (None,))[0] is not listed:
            memory[id(group)] = (listed, {e["name"]: PlanEntry.from_json(e) for e in listed})
        return memory[id(group)][1]

    @property
    def plan(self) -> Plan:
        """What is done with every parameter."""
        entries = (e for group in self.param_groups for e in self._entries(group).values())
        return Plan(tuple(entries), tuple(self.defaults.get("notes", ())))

    def _momentum(self, p: torch.Tensor) -> torch.Tensor:
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p, memory_format=torch.preserve_format)
        return state["momentum"]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters later; a group without a role is hidden matrices, or AdamW's when it holds none.

        Raises
        ------
        UnknownNameError, ShapeError
        """
        role = param_group.get("role")
        if role is not None and role not in ROLES:
            close = nearest_name(role, ROLES)
            raise UnknownNameError(
                f"no role is called {role!r}; known are {', '.join(ROLES)}"
                + (f"; did you mean {close!r}?" if close else "")
            )
        if "entries" not in param_group:
            param_group = _group_of(param_group, sum(len(g["params"]) for g in self.param_groups))
        super().add_param_group(param_group)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint; parameters are matched by name, in whatever order the model has them now.

        Raises
        ------
        InputError
            When the checkpoint is of a model with other names, or splits them into other groups.
        """
        super().load_state_dict(_in_order(state_dict, [g["param_names"] for g in self.param_groups]))


def _in_order(state_dict: dict[str, Any], wanted: list[list[str]]) -> dict[str, Any]:
    """The state dict with groups and parameters in the order of the optimizer that it goes into."""
    saved = state_dict["param_groups"]
    if any("param_names" not in g for g in saved) or [list(g["param_names"]) for g in saved] == wanted:
        return state_dict
    by_names = {frozenset(g["param_names"]): g for g in saved}
    groups = []
    for names in wanted:
        group = by_names.get(frozenset(names))
        if group is None:
            have = {n for g in saved for n in g["param_names"]}
            lost = next((n for n in names if n not in have), None)
            what = f"it has nothing for {lost}" if lost else f"it groups {names[0]} with other parameters"
            raise InputError(f"the checkpoint does not fit this model: {what}; build both from the same model and plan")
        place = dict(zip(group["param_names"], group["params"], strict=True))
        groups.append({**group, "param_names": list(names), "params": [place[n] for n in names]})
    return {**state_dict, "param_groups": groups}


def _decay(parameters: list[torch.Tensor], gradients: list[torch.Tensor], amount: float, active_only: bool) -> None:
    if not active_only:
        _LISTS._foreach_mul_(parameters, 1 - amount)
        return
    for p, g in zip(parameters, gradients):
        p.mul_(1 - amount * (g != 0).any(-1, keepdim=True))


def _update_of(group: dict[str, Any]) -> BlockUpdate:
    settings = DirectionSettings(group["polar"], group["row_eps"], group["damping"], group["order"])
    active = group["active_rows_only"] and group["role"] in ("embedding", "tied_embedding", "lm_head")
    ahead = group["momentum"] if group["nesterov"] else None
    # Checkpoints of earlier versions do not say.
    relative = group.get("row_scale", "none") == "relative" and group["role"] in ("mlp_gate_up", "mlp_down")
    return BlockUpdate(settings, group["scale"], group["alpha"], ahead, active, relative)


def _total(gradient: torch.Tensor) -> torch.Tensor:
    # Over processes a sum keeps NaN, where a maximum may not.
    return whole(torch.view_as_real(gradient).sum() if gradient.is_complex() else gradient.sum()).to(torch.float64)


def _all_finite(gradient: torch.Tensor) -> bool:
    """Whether every number is finite, though their sum is not."""
    return float(whole((gradient - gradient).abs().sum())) == 0.0


def _with_gradients(group: dict[str, Any]) -> tuple[list[str], list[torch.Tensor]]:
    names, parameters = [], []
    for name, p in zip(group["param_names"], group["params"], strict=True):
        if p.grad is None or not p.numel():
            continue
        if p.grad.is_sparse:
            raise InputError(f"the gradient of {name} is sparse; give nn.Embedding(sparse=False)")
        names.append(name)
        parameters.append(p)
    return names, parameters


def _check_numbers(lr: Any, momentum: float, betas: Any, eps: float, non_finite: str) -> None:
    if not lr >= 0:
        raise InputError(f"lr is {lr}; it must be >= 0")
    for name, value in (("momentum", momentum), ("betas[0]", betas[0]), ("betas[1]", betas[1])):
        if not 0 <= value < 1:
            raise InputError(f"{name} is {value}; it must be in [0, 1)")
    if not eps >= 0:
        raise InputError(f"eps is {eps}; it must be >= 0")
    if non_finite not in _NON_FINITE:
        raise InputError(f"non_finite is {non_finite!r}; use one of {', '.join(_NON_FINITE)}")


def _by_role(values: Mapping[str, float] | None, what: str) -> dict[str, float]:
    for role, value in (values or {}).items():
        if role not in ROLES:
            close = nearest_name(role, ROLES)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"{what}: no role is called {role!r}; known are {', '.join(ROLES)}{hint}")
        if isinstance(value, bool) or not isinstance(value, Real) or not value >= 0:
            raise InputError(f"{what} of {role} is {value!r}; it must be a number >= 0")
    return dict(values or {})


def _decays(weight_decay: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(weight_decay, Mapping):
        return _by_role(weight_decay, "weight_decay")
    return _by_role(dict.fromkeys(_DECAYING, float(weight_decay)), "weight_decay")


def _one_rule(plan: Plan, rule: str, scale: str, polar: str) -> tuple[Plan, str, str]:
    matrices = {e.role: rule for e in plan if e.rule != "adamw"}
    if rule != "muon":
        return plan.with_rules(matrices), scale, polar
    # Muon knows no heads, experts or fused parts: the whole matrix is one block, in bfloat16, with its own scale.
    entries = tuple(e if len(e.shape) < 2 else _whole(e) for e in plan)
    return Plan(entries, plan.notes), "muon", "newton-schulz" if polar == "auto" else polar


def _whole(e: PlanEntry) -> PlanEntry:
    view = MatrixView(flatten=len(e.shape) > 2)
    return PlanEntry(e.name, "hidden", "", "polar", "O(m) x O(n)", "rule 'muon'", e.shape, False, view)


def _groups(
    model: nn.Module, plan: Plan, lr: float, lr_mult: Mapping[str, float], decay: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    named = dict(model.named_parameters(remove_duplicate=False))
    order = list(dict.fromkeys((e.role, e.direction.name) for e in plan))
    for role, rule in order:
        entries = [e for e in plan if (e.role, e.direction.name) == (role, rule)]
        for e in entries:
            _check_parameter(e, named)
        yield {
            "params": [(e.name, named[e.name]) for e in entries],
            "role": role,
            "rule": rule,
            "entries": [e.to_json() for e in entries],
            "lr": lr * lr_mult.get(role, 1.0),
            "weight_decay": decay.get(role, 0.0),
        }


def _check_parameter(entry: PlanEntry, named: Mapping[str, nn.Parameter]) -> None:
    if entry.name not in named:
        raise InputError(f"the plan has {entry.name}, which the model has not; classify this model")
    p = named[entry.name]
    if tuple(p.shape) != entry.shape:
        raise ShapeError(f"{entry.name} has shape {tuple(p.shape)} but the plan was made for {entry.shape}")
    if p.is_complex() and entry.rule not in ("adamw", "polar"):
        raise InputError(f"{entry.name} is complex; rule {entry.rule!r} is for real weights, use 'polar' or 'adamw'")


def _group_of(param_group: dict[str, Any], before: int) -> dict[str, Any]:
    """A group with names, role and entries, for parameters that no plan knows; ``before`` counts earlier ones."""
    given = param_group["params"]
    given = [given] if isinstance(given, torch.Tensor) else list(given)
    # Numbers, not addresses, so that another process finds the same names in a checkpoint.
    pairs = [p if isinstance(p, tuple) else (f"added.{before + k}", p) for k, p in enumerate(given)]
    matrices = all(p.ndim == 2 for _, p in pairs)
    role = param_group.get("role", "hidden" if matrices else "other")
    rule = DEFAULT_RULES[role].removeprefix("centered_")
    for name, p in pairs:
        if rule != "adamw" and p.ndim != 2:
            raise ShapeError(f"{name} has shape {tuple(p.shape)}; role {role!r} is for matrices, use 'other'")
    turned = MatrixView(transpose=(True,)) if role == "mlp_down" else MatrixView()
    shapes = [(n, tuple(p.shape)) for n, p in pairs]
    entries = [PlanEntry(n, role, "", rule, "", "added later", s, False, turned).to_json() for n, s in shapes]
    return {**param_group, "params": pairs, "role": role, "rule": rule, "entries": entries}
