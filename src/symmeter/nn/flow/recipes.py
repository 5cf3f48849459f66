"""What decides a training run of a flow network: data, network, schedule; the published settings among them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.nn.flow.baselines import VideoCNN
from symmeter.nn.flow.flow import Flow
from symmeter.nn.flow.grid_flows import TranslationFlow
from symmeter.nn.flow.models import FlowClassifier, FlowSeq2Seq
from symmeter.nn.flow.rotation import RotationFlow

__all__ = ["PRESETS", "Recipe", "preset"]

Velocities = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Recipe:
    """Data, network and schedule.

    Attributes
    ----------
    task : {"predict", "classify"}
    source : str
        ``"digits"``, ``"mnist:<dir>"``, or ``"clips:<dir>"`` for classification of clips.
    motion : {"shift", "shift-x", "turn"}
        Of the data: along both axes, along x only, or about the centre.
    size, sprites : int
        Of the images.
    data_velocities, flow_velocities : int
        Largest velocity of the data and of the network: points per frame, or multiples of ``step`` degrees.
    step, orientations : float, int
        For turning.
    given, predicted : int
        Frames.
    network : {"flow", "cnn3d"}
        ``"cnn3d"`` classifies by convolutions over time and space (:class:`~symmeter.nn.flow.baselines.VideoCNN`, with
        ``hidden`` as the channels of the first).
    hidden, kernel_size, decoder_layers, cell, activation, pool, output, shifts, look_ahead, repeat_last, stem
        As in :class:`~symmeter.nn.flow.FlowSeq2Seq` and :class:`~symmeter.nn.flow.FlowClassifier`.
    sequences : int
        Different sequences of sprites to train on; after the last one comes the first.
    batch, steps, lr, clip, seed
        Adam with a constant rate; gradients clipped by norm.
    precision : {"float32", "bfloat16"}
        Of the convolutions; weights and losses are always in single precision.
    """

    task: str = "predict"
    source: str = "digits"
    motion: str = "shift-x"
    size: int = 14
    sprites: int = 2
    data_velocities: int = 2
    flow_velocities: int = 2
    step: float = 10.0
    orientations: int = 36
    given: int = 6
    predicted: int = 6
    network: str = "flow"
    hidden: int = 16
    kernel_size: int = 3
    decoder_layers: int = 2
    cell: str = "rnn"
    activation: str = "relu"
    pool: str = "max"
    output: str = "linear"
    shifts: str = "flow"
    look_ahead: bool = True
    repeat_last: bool = False
    stem: tuple[int, ...] = ()
    classes: int = 10
    sequences: int = 10_000
    batch: int = 16
    steps: int = 400
    lr: float = 1e-3
    clip: float = 1.0
    seed: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        choices = {
            "task": ("predict", "classify"),
            "motion": ("shift", "shift-x", "turn"),
            "network": ("flow", "cnn3d"),
            "precision": ("float32", "bfloat16"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise UnknownNameError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(known)}")
        for field in fields(self):
            value, like = getattr(self, field.name), field.default
            kinds = {int: (int,), float: (int, float), bool: (bool,), str: (str,)}.get(type(like), (tuple,))
            if not isinstance(value, kinds) or (isinstance(value, bool) and type(like) is not bool):
                words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
                raise InputError(f"{field.name} is {value!r}; give {words.get(type(like), 'a tuple of whole numbers')}")
        if self.network == "cnn3d" and self.task != "classify":
            raise InputError("network 'cnn3d' is for task 'classify'; prediction needs a recurrent network")
        for name in ("given", "predicted", "sequences", "batch", "steps", "size", "sprites", "hidden"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not self.lr > 0:
            raise InputError(f"lr is {self.lr}; it must be > 0")

    def with_options(self, options: Mapping[str, Any]) -> Recipe:
        """The same with some values changed.

        Raises
        ------
        UnknownNameError
        """
        known = [f.name for f in fields(self)]
        for name in options:
            if name not in known:
                close = nearest_name(name, known)
                raise UnknownNameError(
                    f"no option {name!r} of a recipe" + (f"; did you mean {close!r}?" if close else "")
                )
        return replace(self, **options)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    # -- what it makes -------------------------------------------------------------------------------------------------

    def velocities(self, largest: int) -> list[tuple[float, ...]]:
        """All velocities up to the largest one, for this motion."""
        line = range(-largest, largest + 1)
        if self.motion == "turn":
            return [(self.step * k,) for k in line]
        return [(0.0, k) for k in line] if self.motion == "shift-x" else [(i, k) for i in line for k in line]

    def flow(self) -> Flow:
        """The flow of the network."""
        chosen = self.velocities(self.flow_velocities)
        if self.motion == "turn":
            return RotationFlow([v[0] for v in chosen], orientations=self.orientations)
        return TranslationFlow(2, chosen)

    def model(self) -> Any:
        """The network, with fresh weights."""
        options: dict[str, Any] = {
            "kernel_size": self.kernel_size,
            "cell": self.cell,
            "activation": self.activation,
            "pool": self.pool,
            "shifts": self.shifts,
        }
        if self.network == "cnn3d":
            return VideoCNN(1, self.classes, self.hidden)
        if self.task == "classify":
            return FlowClassifier(self.flow(), 1, self.classes, self.hidden, stem=self.stem, **options)
        return FlowSeq2Seq(
            self.flow(),
            1,
            self.hidden,
            decoder_layers=self.decoder_layers,
            look_ahead=self.look_ahead,
            repeat_last=self.repeat_last,
            output=self.output,
            **options,
        )

    def data(
        self, split: str, *, largest: int | None = None, frames: int | None = None, count: int | None = None
    ) -> Any:
        """Sequences of the motion; of other velocities, lengths or number where asked."""
        from symmeter.nn.flow.sprites import MovingSprites, TurningSprites

        chosen = self.velocities(self.data_velocities if largest is None else largest)
        length = frames or self.given + (self.predicted if self.task == "predict" else 0)
        options: dict[str, Any] = {"length": length, "seed": self.seed, "split": split}
        options["count"] = self.sequences if count is None else count
        if self.motion == "turn":
            return TurningSprites(self.source, self.size, self.sprites, [v[0] for v in chosen], **options)
        pairs = [(int(a), int(b)) for a, b in chosen]
        return MovingSprites(self.source, self.size, self.sprites, pairs, **options)


_QUICK = Recipe()
_MNIST = Recipe(
    source="mnist:.",
    motion="shift",
    size=28,
    given=10,
    predicted=10,
    hidden=128,
    decoder_layers=4,
    # The published networks pool channels where the last frame had them, and feed that frame twice.
    look_ahead=False,
    repeat_last=True,
    batch=128,
    # 50 epochs of 54,000 sequences, new ones in each.
    sequences=2_700_000,
    steps=21_100,
)

#: Settings by name: two for a laptop, and those of T. A. Keller (2025).
PRESETS: dict[str, Recipe] = {
    "digits-quick": _QUICK,
    "digits-classify": replace(
        _QUICK,
        task="classify",
        motion="shift",
        size=12,
        sprites=1,
        hidden=24,
        data_velocities=0,
        batch=32,
        steps=500,
        lr=3e-3,
    ),
    "flowing-mnist": _MNIST,
    "rotating-mnist": replace(
        _MNIST,
        motion="turn",
        hidden=32,
        batch=32,
        lr=1e-4,
        data_velocities=4,
        flow_velocities=4,
        steps=84_400,
    ),
    "kth": replace(
        _MNIST,
        task="classify",
        source="clips:.",
        size=32,
        given=16,
        stem=(32, 64, 128),
        activation="tanh",
        classes=6,
        batch=32,
        lr=3e-4,
        # 500 epochs of the 383 clips of sixteen persons.
        steps=6000,
    ),
}


def preset(name: str) -> Recipe:
    """A recipe by name.

    Raises
    ------
    UnknownNameError
    """
    if name not in PRESETS:
        close = nearest_name(name, PRESETS)
        hint = f"; did you mean {close!r}?" if close else f"; there are {', '.join(PRESETS)}"
        raise UnknownNameError(f"no preset {name!r}{hint}")
    return PRESETS[name]
