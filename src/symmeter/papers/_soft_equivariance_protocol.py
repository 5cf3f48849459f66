"""The protocol of the comparison, fixed before any of its runs, and the run of one method with one setting.

Every method has the same tuning budget: three settings, of which the validation error selects one for each seed; only
then is the test error looked at. A seed decides the data and the start of the weights, and is the same for all methods,
so that errors are compared in pairs. All methods are trained by one loop: Adam, the same rate, cosine, number of steps,
rule for selecting weights on validation data, and the same blocks and channels where they have blocks at all. RPP and
MixedRPP keep the channels of the others and so have more weights. The frame-averaged MLP is the plain one, with the
same choice among groups as EMLP.

The three settings of a method were written down before the first run of the comparison; the first of PER and RPP had
been tried on seeds 0 and 1 when the code was tested, and one run of each method on the motion task. ``WIDER`` was added
afterwards and is reported apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symmeter.papers import _soft_equivariance_tasks as tasks

__all__ = ["METHODS", "WIDER", "Budget", "Task", "settings_of", "trial"]

#: For each method its three settings. The first of RPP is that of its authors; PER's are powers of ten around the
#: values that suited small data before; EMLP, MixedRPP and the frame-averaged MLP choose a group; the others a weight
#: decay.
METHODS: dict[str, tuple[float | str, ...]] = {
    "PER": (1.0, 0.1, 0.01),
    "RPP": (1.0, 0.1, 0.01),
    "MixedRPP": ("first", "second", "third"),
    "EMLP": ("first", "second", "third"),
    "FrameAverage": ("first", "second", "third"),
    "SoftEMLP": (0.0, 2e-4, 2e-3),
    "MLP": (0.0, 2e-4, 2e-3),
}
#: Added once the comparison had been seen: these methods had done best at an end of their three settings.
WIDER: dict[str, tuple[float, ...]] = {"PER": (10.0, 100.0), "RPP": (1e-3, 1e-4), "SoftEMLP": (2e-2, 0.2)}
_DECAY = 2e-4


@dataclass(frozen=True)
class Budget:
    """How long and with how much data one run trains.

    Attributes
    ----------
    sizes : (int, int, int)
        Samples for training, validation and test.
    epochs, tune_at : int
    rate : float
    channels, layers : int
    width : int
        Of the two hidden layers of the MLP.
    check_every : int
    exponent : float
    batch : int or None
    """

    sizes: tuple[int, int, int] = (60, 500, 1000)
    epochs: int = 2500
    tune_at: int = 600
    rate: float = 1e-2
    channels: int = 54
    layers: int = 2
    width: int = 64
    check_every: int = 25
    exponent: float = 2.0
    batch: int | None = None


@dataclass(frozen=True)
class Task:
    """Which data a run is about: ``("inertia", axis, strength)``, ``("cosine", variant)``, ``("motion",)``."""

    kind: str
    axis: int = 2
    strength: float = 0.3
    variant: str = ""

    def sample(self, budget: Budget, seed: int) -> tasks.Sample:
        """The data of a seed."""
        if self.kind == "inertia":
            return tasks.inertia(self.axis, self.strength, budget.sizes, seed)
        if self.kind == "masses":
            return tasks.inertia(self.axis, self.strength, budget.sizes, seed, particles=5, unit_masses=False)
        if self.kind == "cosine":
            return tasks.cosine(self.variant, self.strength, budget.sizes, seed)
        return tasks.motion(budget.sizes, seed)

    def groups(self) -> tuple[Any, dict[str, Any]]:
        """The type-defining group and the candidates."""
        from symmeter.groups import SO, O, Scaling
        from symmeter.nn.soft import joined_group

        if self.kind == "cosine":
            both = joined_group(SO(3), Scaling(3), name="SO3 x Scale")
            return both, {"SO3": SO(3), "Scale": Scaling(3)}
        return O(3), tasks.planes()


def trial(task: Task, method: str, setting: float | str, budget: Budget, seed: int, measured: bool = False) -> dict:
    """Train one network once.

    Parameters
    ----------
    setting : float or str
        Of ``METHODS``; the name of a group for EMLP, MixedRPP and FrameAverage, or "base".
    measured : bool
        Whether sampled equivariance errors are measured.

    Returns
    -------
    dict
        ``test`` and ``validation`` mean squared errors, ``seconds``, and for PER ``levels`` and ``residuals``.
    """
    import time

    import torch

    from symmeter.nn.soft import fit

    # Small layers: a second thread costs more than it gives, and runs stand side by side.
    torch.set_num_threads(1)
    sample = task.sample(budget, seed)
    train, validation, test = (
        (torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32))
        for x, y in (sample.train, sample.validation, sample.test)
    )
    net, per, decay = _network(task, method, setting, budget, sample, seed)
    start = time.perf_counter()
    found = fit(
        net if per is None else per,
        *train,
        epochs=budget.epochs,
        per=per,
        batch=budget.batch,
        rate=budget.rate,
        decay=decay,
        validation=validation,
        check_every=budget.check_every,
        select_after=2 * budget.tune_at,
        generator=torch.Generator().manual_seed(seed),
    )
    seconds = time.perf_counter() - start
    with torch.no_grad():
        error = float((net(test[0]) - test[1]).square().mean())
    out: dict[str, Any] = {
        "method": method,
        "setting": setting,
        "seed": seed,
        "test": error,
        "validation": found.best_score,
        "variance": float(test[1].var(0).mean()),
        "weights": sum(p.numel() for p in net.parameters()),
        "seconds": seconds,
    }
    if per is not None:
        out["levels"] = per.levels()
        out["history"] = [[epoch, *row] for epoch, row in per.tuner.history[::10]]
    if measured:
        out["errors"] = _errors(task, net, sample, test[0][:100])
    return out


def _network(
    task: Task, method: str, setting: Any, budget: Budget, sample: tasks.Sample, seed: int
) -> tuple[Any, Any, Any]:
    import torch

    from symmeter.nn.soft import EMLP, MLP, PER, RPP, MixedRPP, SoftEMLP

    base, candidates = task.groups()
    generator = torch.Generator().manual_seed(seed)
    shared: dict[str, Any] = {"channels": budget.channels, "layers": budget.layers, "generator": generator}
    features = (sample.rep_in, sample.rep_out)
    if method == "PER":
        net = SoftEMLP(*features, base=base, candidates=candidates, **shared)
        per = PER(net, strength=float(setting), tune_at=budget.tune_at, exponent=budget.exponent)
        return net, per, lambda: net.decay(_DECAY)
    if method == "MLP":
        torch.manual_seed(seed)
        plain = MLP([sample.train[0].shape[1], budget.width, budget.width, sample.train[1].shape[1]])
        return plain, None, lambda: plain.decay(float(setting))
    if method == "FrameAverage":
        from symmeter.papers._soft_equivariance_frames import FrameAveragedMLP

        torch.manual_seed(seed)
        plane = None if setting == "base" else tasks.PLANE_AXES[str(setting)]
        averaged = FrameAveragedMLP(*features, budget.width, plane)
        return averaged, None, lambda: averaged.decay(_DECAY)
    if method == "RPP":
        net = RPP(*features, base, basic_decay=float(setting), **shared)
        return net, None, lambda: net.decay(1.0)
    group = base if setting == "base" else candidates.get(setting)
    if method == "MixedRPP":
        net = MixedRPP(*features, base, group, **shared)
        return net, None, lambda: net.decay(1.0)
    if method == "EMLP":
        net = EMLP(*features, group, base, **shared)
        return net, None, lambda: net.decay(_DECAY)
    net = SoftEMLP(*features, base=base, **shared)
    return net, None, lambda: net.decay(float(setting))


def _errors(task: Task, net: Any, sample: tasks.Sample, x: Any) -> dict[str, float]:
    """Sampled equivariance errors of the network under each candidate and the type-defining group."""
    import torch

    from symmeter.nn.soft import candidate, equivariance_error, features_action
    from symmeter.representations import TensorType

    base, candidates = task.groups()
    named = {**candidates, "base": base}
    out = {}
    for name, group in named.items():
        c = candidate(name, group)
        pair = [features_action(c, TensorType.parse(rep)) for rep in (sample.rep_in, sample.rep_out)]
        out[name] = equivariance_error(net, x, *pair, samples=64, generator=torch.Generator().manual_seed(7))
    return out


def settings_of(method: str, task: Task) -> tuple[Any, ...]:
    """The three settings of a method, the groups by their names."""
    given = METHODS[method]
    if given[0] != "first":
        return given
    names = list(task.groups()[1])
    return tuple([*names, "base"][:3]) if len(names) < 3 else tuple(names[:3])
