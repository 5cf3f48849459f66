"""PER: one penalty for each candidate symmetry, strengths that tune themselves, and the report that they give.

Follows Kim, Lee, Yang and Lee, "Regularizing towards soft equivariance under mixed symmetries" (ICML 2023). Extensions
beyond the paper are tuning again every T epochs, averaging residuals over time, proximal steps, residuals per
constrained direction, and penalties on sampled orbits for models whose layers have no representation.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.findings import Report
from symmeter.nn.soft.candidates import Candidate, candidates_of, check_products_follow
from symmeter.nn.soft.networks import TensorNetwork
from symmeter.nn.soft.null_space import block_signs, equivariant_basis
from symmeter.nn.soft.penalty import ProjectionPenalty
from symmeter.nn.soft.sampled_orbits import evaluating
from symmeter.nn.soft.strengths import Schedule, StrengthTuner
from symmeter.nn.soft.training import Fit, fit

__all__ = ["PER"]

MODES = ("loss", "proximal")


class PER(torch.nn.Module):
    """The projection-based equivariance regulariser around a network.

    Calling it calls the network, and its parameters are the network's, so that either can be trained.

    Parameters
    ----------
    net : SoftEMLP
        For other networks see :meth:`for_module`.
    candidates : mapping of str to Group, optional
        The network's own when omitted.
    strength : float
        Of every penalty until tuning.
    tune_at : int
        Epoch T at whose end the strengths are tuned.
    exponent : float
        p in ``s_j = s (min R / R_j)^p``.
    record_window : int
        Epochs before T in which residuals are recorded.
    retune_every : int, optional
        Extension: tune again after every so many epochs.
    average : float
        Extension: memory of an exponential average of residuals, in [0, 1).
    variant : {"l2", "logmse", "csd"}
    bias : bool
        Whether biases are penalised.
    normalised : bool
        Extension: residuals divided by the number of constrained directions.
    mode : {"loss", "proximal"}
        Extension: "proximal" applies the exact proximal step after each optimizer step instead of adding to the loss.
    generator : torch.Generator, optional
        Draws group elements where orbits are sampled.

    Examples
    --------
    >>> from symmeter.groups import O, embed
    >>> from symmeter.nn.soft import SoftEMLP
    >>> planes = {"O2_xy": embed(O(2), 3, [0, 1]), "O2_yz": embed(O(2), 3, [1, 2])}
    >>> net = SoftEMLP("2T1", "T2", base=O(3), candidates=planes, channels=54, layers=2)
    >>> per = PER(net, strength=0.1, tune_at=600)
    >>> per.penalty().item() > 0, list(per.levels())
    (True, ['O2_xy', 'O2_yz'])
    """

    def __init__(
        self,
        net: torch.nn.Module,
        candidates: Any = None,
        strength: float = 1.0,
        tune_at: int = 1000,
        exponent: float = 2.0,
        record_window: int | None = None,
        retune_every: int | None = None,
        average: float = 0.0,
        variant: str = "l2",
        bias: bool = True,
        normalised: bool = False,
        mode: str = "loss",
        generator: torch.Generator | None = None,
        *,
        penalty: Any = None,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise InputError(f"mode is {mode!r}; it must be one of {', '.join(MODES)}")
        if record_window is None:
            record_window = min(50, tune_at) if isinstance(tune_at, int) else 50
        schedule = Schedule(strength, tune_at, exponent, record_window, retune_every, average)
        self.net = net
        if penalty is None:
            penalty = _penalty_of(net, candidates, variant, bias, normalised)
        if mode == "proximal" and not hasattr(penalty, "proximal_"):
            raise InputError("penalties on sampled orbits have no proximal step; use mode='loss'")
        if mode == "proximal" and getattr(penalty, "variant", "l2") != "l2":
            raise InputError(f"proximal steps solve the 'l2' form; the variant is {penalty.variant!r}")
        self._penalty = penalty
        self.tuner = StrengthTuner([c.name for c in penalty.candidates], schedule)
        self.mode = mode
        self.notes: list[str] = list(getattr(penalty, "notes", ()))
        self._generator = generator
        self._seen: Any = None

    @classmethod
    def for_module(
        cls,
        model: torch.nn.Module,
        candidates: Any = None,
        rep_map: Mapping[str, Any] | None = None,
        *,
        actions: Sequence[Any] | None = None,
        action_out: Any = None,
        strengths: Sequence[float] | None = None,
        samples: int = 2,
        **options: Any,
    ) -> PER:
        """A regulariser for any network.

        Parameters
        ----------
        model : torch.nn.Module
            With Linear, Conv or MultiheadAttention layers.
        candidates : mapping of str to Group, optional
        rep_map : mapping of str to (source, target), optional
            For each layer by its name, the features of its inputs (channels) and outputs: tensor types or text such as
            ``"3T0+2T1"``, or for each candidate's name a Representation. Layers that are left out are free. For a
            convolution whose taps the group moves too, a :class:`~symmeter.nn.soft.modules.Turned` pair.
        actions : sequence of actions or findings, optional
            Instead of candidates and a map: how groups move the input. Linear layers, and chains of them under
            permutations of coordinates, get their features by themselves; other models are penalised on sampled orbits.
        action_out : action or kind, optional
            How the output is moved; as the input where that fits, otherwise not at all.
        strengths : sequence of float, optional
            Where each candidate starts, relative to ``strength``.
        samples : int
            Group elements for each step, where orbits are sampled.
        **options
            As of :class:`PER`.

        Raises
        ------
        InputError, ShapeError
            A layer that does not exist, or features that do not fit it.

        Examples
        --------
        >>> from symmeter.groups import O
        >>> model = torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 3))
        >>> per = PER.for_module(model, {"O3": O(3)}, {"0": ("2T1", "3T1"), "2": ("3T1", "T1")}, tune_at=100)
        >>> per.residuals()["O3"] > 0
        True
        """
        from symmeter.nn.soft.input_actions import penalty_of_actions
        from symmeter.nn.soft.modules import penalty_of_module

        if not isinstance(model, torch.nn.Module):
            raise InputTypeError(f"the model is a {type(model).__name__}; give a torch.nn.Module")
        if rep_map is not None and not isinstance(rep_map, Mapping):
            raise InputTypeError(f"rep_map is a {type(rep_map).__name__}; give {{layer: (source, target)}}")
        variant = {k: options.pop(k) for k in ("variant", "bias", "normalised") if k in options}
        if actions is not None:
            if rep_map is not None or candidates is not None:
                raise InputError("give either actions, or candidates with a rep_map, not both")
            penalty = penalty_of_actions(model, actions, action_out, samples, options.get("generator"), **variant)
        else:
            if candidates is None or rep_map is None:
                raise InputError(
                    "for_module needs candidates and a rep_map {layer: (source, target)}, or actions on the input"
                )
            penalty = penalty_of_module(model, candidates_of(candidates), rep_map, **variant)
        per = cls(model, penalty=penalty, **options)
        if strengths is not None:
            start = np.asarray(strengths, dtype=float)
            if start.shape != per.tuner.strengths.shape or not (np.isfinite(start) & (start >= 0)).all():
                raise InputError(f"strengths are {strengths}; give one number of at least 0 for each candidate")
            per.tuner.strengths = per.tuner.strengths * start
        return per

    # -- training ------------------------------------------------------------------------------------------------------

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The network's output."""
        if hasattr(self._penalty, "inputs"):
            first = inputs[0] if inputs else None
            self._seen = first.detach() if isinstance(first, torch.Tensor) else first
        return self.net(*inputs, **named)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidate symmetries."""
        return self._penalty.candidates

    @property
    def tune_at(self) -> int:
        """Epoch at whose end the strengths are tuned."""
        return self.tuner.schedule.tune_at

    def penalty(self, x: Any = None) -> Float[torch.Tensor, ""]:
        """What is to be added to the loss; zero in proximal mode and when all strengths are zero.

        Parameters
        ----------
        x : tensor, optional
            Where orbits are sampled: the inputs; those of the last call when omitted.
        """
        if self.mode == "proximal":
            return self._first().new_zeros(())
        if not self.tuner.strengths.any():
            return self._first().new_zeros(())
        self._give_inputs(x)
        return self._penalty(self.tuner.strengths)

    def _give_inputs(self, x: Any) -> None:
        if hasattr(self._penalty, "inputs"):
            seen = self._seen if x is None else x
            self._seen = seen
            if seen is None:
                raise InputError("orbits are sampled on inputs: call the regulariser itself, per(x), or per.penalty(x)")
            self._penalty.inputs = seen

    def _first(self) -> torch.Tensor:
        return next(p for p in self.net.parameters() if p.is_floating_point())

    def after_step(self, rate: float) -> None:
        """To be called after each optimizer step, with its learning rate; acts in proximal mode only."""
        if self.mode == "proximal" and self.tuner.strengths.any():
            self._penalty.proximal_(self.tuner.strengths, rate)

    def step(self, epoch: int) -> bool:
        """To be called at the end of each epoch, the first with number 1; True when strengths were tuned."""
        if self.tuner.schedule.records(epoch):
            self._give_inputs(None)
            self.tuner.observe(epoch, self._penalty.residuals())
        return self.tuner.step(epoch, self._penalty.squared_norm)

    def get_extra_state(self) -> torch.Tensor:
        """Strengths and records, as bytes: a ``state_dict`` then holds tensors alone, whatever saves it."""
        state = self.tuner.state()
        generator = getattr(self._penalty, "generator", None)
        if generator is not None:
            state["generator"] = bytes(generator.get_state().tolist()).hex()
        return torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)

    def set_extra_state(self, state: torch.Tensor) -> None:
        """The inverse of :meth:`get_extra_state`, as ``load_state_dict`` calls it."""
        found = json.loads(bytes(state.cpu().tolist()))
        self.tuner.restore(found)
        generator = getattr(self._penalty, "generator", None)
        if generator is not None and "generator" in found:
            generator.set_state(torch.tensor(list(bytes.fromhex(found["generator"])), dtype=torch.uint8))

    def fit(self, x: Any, y: Any, *, epochs: int | None = None, validation: Any = None, **options: Any) -> Fit:
        """Train the network; :func:`symmeter.nn.soft.training.fit` explains the options.

        Inputs and targets become tensors of the network's type; whole numbers stay what they are where the loss is not
        the default one, or where the network looks numbers up. Four times ``tune_at`` epochs are trained when they are
        not given. Tensor networks bring their decay: ``weight_decay`` and ``gate_decay`` are passed to it.
        """
        own = hasattr(self.net, "decay")
        factors = (options.pop("weight_decay", 2e-4), options.pop("gate_decay", 1.0)) if own else ()
        if own and "decay" not in options:
            options["decay"] = lambda: self.net.decay(*factors)  # type: ignore[operator]
        regression = options.get("loss") in (None, torch.nn.functional.mse_loss)
        looks_up = any(isinstance(m, (torch.nn.Embedding, torch.nn.EmbeddingBag)) for m in self.net.modules())
        pair = self._as_data(x, whole=looks_up), self._as_data(y, whole=not regression)
        if isinstance(validation, (tuple, list)) and len(validation) == 2:
            u, v = validation
            validation = self._as_data(u, whole=looks_up), self._as_data(v, whole=not regression)
        epochs = 4 * self.tune_at if epochs is None else epochs
        return fit(self, *pair, per=self, epochs=epochs, validation=validation, **options)  # type: ignore[arg-type]

    def _as_data(self, values: Any, whole: bool) -> torch.Tensor:
        like = self._first()
        t = torch.as_tensor(values)
        return t.to(like.device) if whole and not t.is_floating_point() else t.to(like)

    # -- reading -------------------------------------------------------------------------------------------------------

    def residuals(self) -> dict[str, float]:
        """R of each candidate, now."""
        self._give_inputs(None)
        return dict(zip(self.tuner.names, self._penalty.residuals().tolist()))

    def strengths(self) -> dict[str, float]:
        """The strength of each penalty, now."""
        return dict(zip(self.tuner.names, self.tuner.strengths.tolist()))

    def levels(self) -> dict[str, float]:
        """Strengths relative to the start, in (0, 1]: 1 for the symmetry that is respected most."""
        return dict(zip(self.tuner.names, self.tuner.levels.tolist()))

    def best(self) -> Candidate:
        """The candidate with the highest level, of equal ones that with the smallest residual.

        Before tuning it is simply the one with the smallest residual.
        """
        self._give_inputs(None)
        residuals = self._penalty.residuals()
        levels = self.tuner.levels
        return self.candidates[min(range(len(levels)), key=lambda k: (-round(levels[k], 12), residuals[k]))]

    def named(self, name: str) -> Candidate:
        """A candidate by its name.

        Raises
        ------
        UnknownNameError
        """
        for c in self.candidates:
            if c.name == name:
                return c
        near = nearest_name(name, self.tuner.names)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(self.tuner.names)}"
        raise UnknownNameError(f"no candidate is called {name!r}; {hint}")

    def empty_outputs(self) -> tuple[str, ...]:
        """Candidates under which no output but zero is equivariant, whatever the input's features."""
        net = self.net
        if not isinstance(net, TensorNetwork):
            return ()
        kinds, sources = set(net.target.terms), set(net.source.terms) | set(net.hidden.terms)
        return tuple(
            c.name
            for c in self.candidates
            if all(
                equivariant_basis(c, block_signs(out, into, c.is_orthogonal)).shape[1] == 0
                for out in kinds
                for into in sources
            )
        )

    def report(self, x: Any = None, *, samples: int = 32, seed: int = 0, **options: Any) -> Report:
        """What was found of each candidate: level, residual, and the sampled equivariance error with its interval.

        Parameters
        ----------
        x : tensor, optional
            Inputs to measure on; normal noise is drawn when omitted, where the input's features are known.
        samples : int
            Group elements drawn for each candidate.
        seed : int
        **options
            ``actions``: for each candidate's name a pair of actions, for networks without known features.
        """
        from symmeter.nn.soft.report import soft_report

        for name in self.empty_outputs():
            warnings.warn(
                f"{name}: no output but zero is equivariant; a network that respects it exactly would be constant zero",
                stacklevel=2,
            )
        if x is not None:
            self._give_inputs(torch.as_tensor(x))
        with evaluating(self.net):
            return soft_report(self, self._seen if x is None else x, samples, seed, **options)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}: {s:.3g}" for name, s in self.strengths().items())


def _penalty_of(net: torch.nn.Module, candidates: Any, variant: str, bias: bool, normalised: bool) -> ProjectionPenalty:
    if not isinstance(net, TensorNetwork):
        raise InputError(
            f"{type(net).__name__} does not say which features its layers have; use PER.for_module(model, candidates, "
            "rep_map) or SoftEquivariance(model, actions)"
        )
    given = getattr(net, "candidates", ()) if candidates is None else candidates
    if not given:
        raise InputError("there are no candidates; give at least one group, such as {'O3': O(3)}")
    found = candidates_of(given, net.dimension)
    check_products_follow(net.base, found)
    return ProjectionPenalty(net.linear_maps(), found, variant, bias, normalised)
