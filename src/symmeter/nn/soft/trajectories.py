"""Trajectories for motion forecasting: from the user's own Waymo Open Motion shards, or from an .npz with key ``traj``.

As in the reference code: 24 frames at 10 Hz, every second one, 12 positions; the first six are the input and the last
six the target. Kept are fully valid tracks that rise or fall by more than 5 cm over the first six positions and move by
less than 5 m in x and y. Three ways to normalise; the first breaks rotations, since it scales the axes differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    from symmeter.nn.soft.presets import Preset

__all__ = [
    "NORMALISATIONS",
    "Normalised",
    "displacement_error",
    "forecast_displacement",
    "load_trajectories",
    "normalise",
    "select_tracks",
    "tracks_of_shards",
]

_FRAMES = 24
_RISE, _RANGE = 0.05, 5.0


@dataclass(frozen=True, eq=False)
class Normalised:
    """Inputs and targets without units, and the way back.

    Attributes
    ----------
    x, y : float64 array of shape (n, 18)
    scale : array of shape (3,)
        Metres for one unit of each axis.
    """

    x: Float[np.ndarray, "n 18"]
    y: Float[np.ndarray, "n 18"]
    scale: Float[np.ndarray, " 3"]


#: Standard deviations, and by how much the mean of a trajectory is scaled before it is subtracted.
NORMALISATIONS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float]] = {
    "scale-aware": ((1.23, 1.34, 0.05), (1.0, 1.0, 1.0), 0.0),
    "symmetry-aware": ((1.05, 1.05, 1.05), (1.0, 1.0, 1.0), 0.0),
    "symmetry-scale-aware": ((1.31, 1.31, 1.31), (1.0, 1.0, 0.993), -0.23),
}


def load_trajectories(path: str | Path) -> Float[np.ndarray, "n 12 3"]:
    """The array ``traj`` of an .npz file, in metres.

    Raises
    ------
    MissingFileError, FileFormatError, ShapeError, NonFiniteError
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give an .npz file with the key 'traj'")
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = list(archive)
            if "traj" not in names:
                raise FileFormatError(f"{path} holds {', '.join(names[:6])}; trajectories stand under the key 'traj'")
            tracks = np.asarray(archive["traj"])
    except (ValueError, OSError, EOFError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path} cannot be read as .npz of numbers: {error}") from error
    if tracks.ndim != 3 or tracks.shape[1:] != (12, 3) or tracks.dtype.kind not in "fiu":
        raise ShapeError(
            f"{path}: traj is {tracks.dtype} of shape {tracks.shape}; it must be numbers of shape (N, 12, 3)"
        )
    if not np.isfinite(tracks).all():
        raise NonFiniteError(f"{path}: traj contains NaN or infinity")
    return tracks.astype(float)


def tracks_of_shards(paths: Iterable[str | Path], check: bool = False) -> Float[np.ndarray, "n 12 3"]:
    """Trajectories from TFRecord shards of tf.train.Example messages of Waymo Open Motion 1.1.

    Frames are the ten past ones, the current one and the first thirteen future ones of each agent.

    Raises
    ------
    FileFormatError
        If a shard lacks a feature, or a feature has another length.
    """
    from symmeter.nn.soft.tfrecord import read_examples

    found = [
        _tracks_of_example(features, f"{path}, record {number}")
        for path in paths
        for number, features in enumerate(read_examples(path, check))
    ]
    if not found:
        return np.zeros((0, 12, 3))
    return select_tracks(*(np.concatenate(part) for part in zip(*found)))


def _tracks_of_example(features: dict[str, Any], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions of shape (agents, 24, 3) and validity of shape (agents, 24)."""

    def joined(what: str) -> np.ndarray:
        parts = []
        for when, frames in (("past", 10), ("current", 1), ("future", 80)):
            name = f"state/{when}/{what}"
            if name not in features:
                raise FileFormatError(f"{where}: there is no feature {name!r}; this is no Waymo Open Motion example")
            values = np.asarray(features[name])
            if values.size % frames:
                raise FileFormatError(f"{where}: {name!r} has {values.size} numbers; it must be a multiple of {frames}")
            parts.append(values.reshape(-1, frames))
        if len({len(p) for p in parts}) > 1:
            raise FileFormatError(f"{where}: past, current and future have different numbers of agents")
        return np.concatenate(parts, axis=1)[:, :_FRAMES]

    return np.stack([joined(axis) for axis in "xyz"], axis=-1).astype(float), joined("valid") > 0


def select_tracks(
    positions: Float[np.ndarray, "n 24 3"], valid: Float[np.ndarray, "n 24"]
) -> Float[np.ndarray, "n 12 3"]:
    """Every second frame of the tracks that the task is about."""
    if positions.shape[1:] != (_FRAMES, 3) or valid.shape != positions.shape[:2]:
        raise ShapeError(
            f"positions have shape {positions.shape} and validity {valid.shape}; give (N, {_FRAMES}, 3) and "
            f"(N, {_FRAMES})"
        )
    tracks = positions[np.asarray(valid, dtype=bool).all(1)][:, ::2]
    moved = np.abs(tracks[:, 5] - tracks[:, 0])
    return tracks[(moved[:, 2] > _RISE) & (moved[:, 0] < _RANGE) & (moved[:, 1] < _RANGE)]


def normalise(tracks: Float[np.ndarray, "n 12 3"], how: str = "symmetry-aware") -> Normalised:
    """Inputs and targets relative to each trajectory's mean, over the standard deviations of the reference.

    Raises
    ------
    UnknownNameError
    """
    if how not in NORMALISATIONS:
        raise UnknownNameError(f"no normalisation is called {how!r}; there are {', '.join(NORMALISATIONS)}")
    if tracks.ndim != 3 or tracks.shape[1:] != (12, 3):
        raise ShapeError(f"trajectories have shape {tracks.shape}; it must be (N, 12, 3)")
    scale, factor, height = (np.asarray(v) for v in NORMALISATIONS[how])
    centred = tracks - tracks.mean(1, keepdims=True) * factor
    centred[..., 2] -= height
    units = (centred / scale).reshape(len(tracks), 36)
    return Normalised(units[:, :18], units[:, 18:], scale)


def displacement_error(predicted: np.ndarray, wanted: np.ndarray, scale: np.ndarray) -> float:
    """The average distance, in metres, between predicted and true positions."""
    apart = (np.asarray(predicted) - np.asarray(wanted)).reshape(len(predicted), -1, 3) * scale
    return float(np.linalg.norm(apart, axis=-1).mean())


def forecast_displacement(
    path: str | Path, how: str = "symmetry-aware", configuration: Preset | None = None, seed: int = 0
) -> dict[str, float]:
    """Average displacement errors, in metres, of PER and RPP on the user's own trajectories.

    Parameters
    ----------
    path : path
        An .npz file with the key ``traj``.
    how : str
        A key of :data:`NORMALISATIONS`.
    configuration : Preset, optional
        The paper's own for this normalisation when omitted.
    seed : int

    Returns
    -------
    dict
        The first 44.8 % of the trajectories train, the next 26.8 % validate, the rest test: the reference's shares.
    """
    import torch

    from symmeter.groups import O
    from symmeter.nn.soft.comparators import RPP
    from symmeter.nn.soft.presets import preset
    from symmeter.nn.soft.training import fit

    chosen = preset(f"motion-{how}") if configuration is None else configuration
    tracks = load_trajectories(path)
    if len(tracks) < 20:
        raise InputError(f"{path} holds {len(tracks)} trajectories; at least 20 are divided into three sets")
    data = normalise(tracks, how)
    x, y = (torch.as_tensor(v, dtype=torch.float32) for v in (data.x, data.y))
    n, m = round(0.448 * len(x)), round(0.716 * len(x))
    generator = torch.Generator().manual_seed(seed)
    per = chosen.build(generator)
    rpp = RPP(chosen.rep_in, chosen.rep_out, O(3), chosen.channels, chosen.layers, generator=generator)
    out = {}
    for name, net, own in (("PER", per, per), ("RPP", rpp, None)):
        fit(
            net,
            x[:n],
            y[:n],
            epochs=chosen.epochs,
            per=own,
            batch=chosen.batch,
            rate=chosen.rate,
            decay=(lambda: per.net.decay(chosen.weight_decay)) if own is not None else (lambda: rpp.decay(1.0)),
            validation=(x[n:m], y[n:m]),
            select_after=min(2 * chosen.tune_at, chosen.epochs - 1),
            generator=torch.Generator().manual_seed(seed),
        )
        with torch.no_grad():
            out[name] = displacement_error(net(x[m:]).numpy(), y[m:].numpy(), data.scale)
    return out
