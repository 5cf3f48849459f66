"""What the flow experiment measures: exactness, predictions, classifications, time, and some frames to look at."""

from __future__ import annotations

import math
from typing import Any

import torch

from symmeter.nn.flow import (
    FlowClassifier,
    FlowSeq2Seq,
    Recipe,
    RotationFlow,
    TranslationFlow,
    estimate_velocity,
    flow_equivariance_error,
)
from symmeter.nn.flow.costs import matched_width, multiplications
from symmeter.nn.flow.recipes import PRESETS
from symmeter.nn.flow.training import FlowTraining, accuracy, horizon_errors
from symmeter.progress import silent

__all__ = [
    "CLASSIFIERS",
    "DATA",
    "LONGER",
    "PREDICTORS",
    "classified",
    "exactness",
    "longer",
    "predicted",
    "predictor",
    "readout",
    "times",
]

#: Networks for prediction: the published ones feed the last frame twice.
PREDICTORS: dict[str, dict[str, Any]] = {
    "G-RNN": {"flow_velocities": 0, "look_ahead": False, "repeat_last": True},
    "FERNN V2": {"flow_velocities": 2, "look_ahead": False, "repeat_last": True},
    "G-RNN, fed once": {"flow_velocities": 0, "look_ahead": False},
    "FERNN V2, in step": {"flow_velocities": 2, "look_ahead": True},
    "FERNN V1": {"flow_velocities": 1, "look_ahead": False, "repeat_last": True},
    "G-RNN+": {"flow_velocities": 2, "look_ahead": False, "repeat_last": True, "shifts": "learned"},
    "ConvGRU": {"flow_velocities": 0, "look_ahead": False, "cell": "gru"},
}
#: Whose number of multiplications a network is made to have, by its width.
EQUALS = {"ConvGRU": "FERNN V2, in step"}
#: Which of them are trained on data with which largest velocity.
DATA: dict[int, tuple[str, ...]] = {
    2: tuple(PREDICTORS),
    1: ("G-RNN", "FERNN V2", "G-RNN, fed once", "FERNN V2, in step", "ConvGRU"),
}
#: Trained for longer on data with velocities up to 2, to see how far they go: both arrangements of both networks, and
#: the gated one that needs as many multiplications.
LONGER = ("G-RNN", "FERNN V2", "G-RNN, fed once", "FERNN V2, in step", "ConvGRU")
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "G-RNN": {"flow_velocities": 0},
    "FERNN V2": {"flow_velocities": 2},
    "G-RNN+": {"flow_velocities": 2, "shifts": "learned"},
}
HORIZON = 30


def _frames(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def exactness(seed: int) -> dict[str, Any]:
    """Errors of what theorems say, with random weights in double precision, and of what they do not."""
    torch.manual_seed(seed)
    out: dict[str, Any] = {"cells": {}}
    frames = _frames(seed, 2, 7, 1, 9, 9)
    moves = [(1, 0), (1, -1), (2, 1)]
    for kind in ("rnn", "gru", "lstm"):
        for layers in (1, 2):
            model = FlowSeq2Seq(TranslationFlow(2, 2), hidden=3, cell=kind, layers=layers).double()
            report = flow_equivariance_error(model.encode, model.flow, frames, velocities=moves)
            out["cells"][f"{kind}, {layers} layers"] = report.worst.error
    model = FlowSeq2Seq(TranslationFlow(2, 2), hidden=3).double()
    out["late"] = flow_equivariance_error(model.encode, model.flow, frames, velocities=moves, lead=1).error
    still = FlowSeq2Seq(TranslationFlow(2, 0), hidden=3).double()
    out["g_rnn"] = flow_equivariance_error(
        lambda f: still.encode(f)[:, -1, 0], still.flow, frames, velocities=[(1, 0), (0, 1), (2, 1)]
    ).error
    ring = TranslationFlow(1, "group", size=7)
    coupled = FlowSeq2Seq(ring, hidden=3, coupling=True).double()
    line = _frames(seed + 1, 2, 6, 1, 7)
    out["ring"] = flow_equivariance_error(coupled.encode, ring, line).worst.error
    between = TranslationFlow(2, [(0, 0), (0.5, 0), (-0.5, 0), (0, 0.25)])
    model = FlowSeq2Seq(between, hidden=3).double()
    out["between"] = flow_equivariance_error(model.encode, between, frames).worst.error
    torus = TranslationFlow(2, "group", size=5)
    small = _frames(seed + 2, 2, 5, 1, 5, 5)
    model = FlowSeq2Seq(torus, hidden=3, decoder_layers=1, look_ahead=True).double()
    for name, ahead, repeat in (("in step", True, False), ("lagging", False, False), ("fed twice", False, True)):
        model.look_ahead, model.repeat_last = ahead, repeat
        out[name] = flow_equivariance_error(
            lambda f: model(f, 3), torus, small, velocities=[(0, 1), (1, 0), (2, -1)], lead=5
        ).error
    classifier = FlowClassifier(torus, hidden=4).double()
    out["logits"] = flow_equivariance_error(classifier, torus, small).worst.error
    out["truncated"] = _truncated(frames)
    out["quarter turns"], out["resolutions"] = _turns(seed)
    return out


def _truncated(frames: torch.Tensor) -> float:
    errors = []
    for k in range(8):
        torch.manual_seed(100 + k)
        model = FlowSeq2Seq(TranslationFlow(2, 1), hidden=8).double()

        def pooled(f: torch.Tensor, model: Any = model) -> torch.Tensor:
            return model.encode(f).amax(2)[:, -1]

        errors.append(flow_equivariance_error(pooled, model.flow, frames[:, :5], velocities=[(0, 1)]).error)
    return sum(errors) / len(errors)


def _turns(seed: int) -> tuple[float, list[tuple[int, float]]]:
    quarter = RotationFlow([0, 90, 180, 270], orientations=4)
    model = FlowSeq2Seq(quarter, hidden=2, decoder_layers=1).double()
    exact = max(
        flow_equivariance_error(model.encode, quarter, _frames(seed, 1, 4, 1, n, n)).worst.error for n in (8, 9)
    )
    ten = RotationFlow([-10, 0, 10], orientations=36)
    torch.manual_seed(seed)
    model = FlowSeq2Seq(ten, hidden=1, decoder_layers=0).double()
    found = []
    for n in (15, 31, 63):
        line = torch.linspace(-1, 1, n, dtype=torch.float64)
        y, x = torch.meshgrid(line, line, indexing="ij")
        # A smooth spot away from the centre, inside the disc that turning keeps.
        image = torch.exp(-((x - 0.35) ** 2 + (y + 0.1) ** 2) / 0.05).expand(1, 3, 1, n, n)
        found.append((n, flow_equivariance_error(model.encode, ten, image, velocities=[10]).at(10)[-1].error))
    return exact, found


def predictor(recipe: Recipe, name: str) -> Recipe:
    """The recipe of a network, as wide as it has to be."""
    chosen = recipe.with_options(PREDICTORS[name])
    if name in EQUALS:
        target = multiplications(recipe.with_options(PREDICTORS[EQUALS[name]]))
        width = matched_width(lambda hidden: multiplications(chosen.with_options({"hidden": hidden})), target)
        chosen = chosen.with_options({"hidden": width})
    return chosen


def predicted(recipe: Recipe, name: str, largest: int, seed: int) -> dict[str, Any]:
    """One network trained on one kind of data, and its errors."""
    chosen = predictor(recipe, name).with_options({"data_velocities": largest, "seed": seed})
    training = FlowTraining(chosen)
    run = training.run(silent)
    count = 128 if chosen.steps > 20 else 8
    curve = horizon_errors(training.model, chosen, HORIZON, count=count)
    wide = horizon_errors(training.model, chosen, chosen.predicted, largest=2, count=count)
    out: dict[str, Any] = {
        "model": name,
        "data": largest,
        "seed": seed,
        "seconds": run.seconds,
        "parameters": sum(p.numel() for p in training.model.parameters()),
        "hidden": chosen.hidden,
        "multiplications": multiplications(chosen),
        "test": sum(curve[: chosen.predicted]) / chosen.predicted,
        "horizon": curve,
        "on_v2": sum(wide) / len(wide),
        "losses": _thinned(run.losses),
    }
    if largest == 2:
        out["frames"] = _shown(training.model, chosen)
    return out


def _thinned(losses: tuple[float, ...], points: int = 60) -> list[tuple[int, float]]:
    size = max(1, math.ceil(len(losses) / points))
    blocks = [losses[k : k + size] for k in range(0, len(losses), size)]
    return [(k * size + len(b) // 2, sum(b) / len(b)) for k, b in enumerate(blocks)]


@torch.no_grad()
def _shown(model: Any, recipe: Recipe, number: int = 7) -> dict[str, Any]:
    """One test sequence with its prediction, in hundredths."""
    data = recipe.data("test", frames=recipe.given + HORIZON, count=64)
    frames = data.batch([number])[0]
    found = model(frames[:, : recipe.given], HORIZON)
    pack = [[[round(100 * float(v)) for v in row] for row in image] for image in found[0, :, 0]]
    true = [[[round(100 * float(v)) for v in row] for row in image] for image in frames[0, :, 0]]
    return {"predicted": pack, "true": true}


def classified(recipe: Recipe, name: str, largest: int, seed: int) -> dict[str, Any]:
    """One classifier trained on sequences of velocities up to ``largest``, tested on V0, V1 and V2."""
    chosen = recipe.with_options({**CLASSIFIERS[name], "data_velocities": largest, "seed": seed})
    training = FlowTraining(chosen)
    run = training.run(silent)
    count = 397 if chosen.steps > 20 else 20
    found = [accuracy(training.model, chosen, largest=v, count=count) for v in range(3)]
    return {"model": name, "data": largest, "seed": seed, "seconds": run.seconds, "accuracy": found}


def readout(seed: int, count: int) -> dict[str, Any]:
    """How often linear resonance names the velocity of a single moving digit, and with two."""
    from symmeter.nn.flow import MovingSprites

    flow, out = TranslationFlow(2, 2), {}
    for sprites in (1, 2):
        data = MovingSprites("digits", 14, sprites, 2, 6, seed, split="test")
        frames, _, velocities = data.batch(range(count))
        found, confidence = estimate_velocity(flow, frames.double())
        right = (found[:, None, :] == velocities).all(-1).any(1)
        out[sprites] = {"right": float(right.double().mean()), "confidence": float(confidence.mean())}
    return out


def times(rounds: int) -> list[dict[str, Any]]:
    """Our cell beside rolling and stacking, and beside its convolutions."""
    from symmeter.nn.flow.timing import flow_speed

    return [flow_speed(v, 32, n, rounds=rounds).to_json() for v, n in ((2, 16), (1, 28))]


def recipes(scale: str) -> tuple[Recipe, Recipe, tuple[int, ...], tuple[int, ...]]:
    """Recipes for prediction and classification, and the seeds of both."""
    quick, classify = PRESETS["digits-quick"], PRESETS["digits-classify"]
    if scale == "smoke":
        tiny = {"steps": 3, "hidden": 3, "batch": 2}
        return quick.with_options(tiny), classify.with_options(tiny), (0,), (0,)
    return quick, classify, (0, 1, 2), (0, 1, 2) if scale == "full" else (0,)


def longer(scale: str) -> Recipe | None:
    """The recipe on which the long horizon is judged, where the scale has one."""
    return PRESETS["digits-quick"].with_options({"steps": 3000}) if scale == "full" else None
