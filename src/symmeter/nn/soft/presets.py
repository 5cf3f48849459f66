"""The paper's own configurations, as read off its reference code, under their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symmeter.errors import UnknownNameError, nearest_name

__all__ = ["PRESETS", "Preset", "preset"]


@dataclass(frozen=True)
class Preset:
    """Everything a training needs besides the data.

    Attributes
    ----------
    rep_in, rep_out : str
        Features of inputs and outputs.
    base, candidates : str
        Names of groups, see :func:`~symmeter.nn.soft.named_candidate`; several are separated by commas, and the base
        is what they generate together.
    epochs, batch : int
    rate : float
    channels, layers : int
    strength : float
    tune_at : int
    exponent, weight_decay : float
    init : str
    """

    rep_in: str
    rep_out: str
    base: str
    candidates: str
    epochs: int
    batch: int
    rate: float
    channels: int
    strength: float
    tune_at: int
    exponent: float
    weight_decay: float
    layers: int = 4
    init: str = "orthogonal"

    def build(self, generator: Any = None) -> Any:
        """The network with its regulariser, untrained.

        Examples
        --------
        >>> PRESETS["inertia"].build().levels()
        {'O2_xy': 1.0, 'O2_yz': 1.0, 'O2_xz': 1.0}
        """
        from symmeter.nn.soft.candidates import joined_group, named_candidate
        from symmeter.nn.soft.networks import SoftEMLP
        from symmeter.nn.soft.regularizer import PER

        parts = [named_candidate(name).group for name in self.base.split(",")]
        base = parts[0] if len(parts) == 1 else joined_group(*parts, name=self.base)
        net = SoftEMLP(
            self.rep_in,
            self.rep_out,
            base,
            self.candidates.split(","),
            channels=self.channels,
            layers=self.layers,
            init=self.init,
            generator=generator,
        )
        return PER(net, strength=self.strength, tune_at=self.tune_at, exponent=self.exponent)


_PLANES = "O2_xy,O2_yz,O2_xz"
_MOTION = ("6T1", "6T1", "O3", _PLANES)

#: By name: the inertia task of five masses, cosines, and motion forecasting with three ways to normalise.
PRESETS: dict[str, Preset] = {
    "inertia": Preset("5T0+5T1", "T2", "O3", _PLANES, 8000, 500, 1e-3, 128, 100.0, 2000, 2.0, 2e-4),
    "cosine": Preset("3T1", "T0", "SO3,Scale", "SO3,Scale", 2000, 200, 1e-3, 128, 0.01, 500, 2.0, 2e-5),
    "motion-scale-aware": Preset(*_MOTION, 500, 128, 2e-4, 384, 0.3, 100, 5.0, 0.0, init="halfsoft"),
    "motion-symmetry-aware": Preset(*_MOTION, 500, 128, 2e-4, 384, 0.3, 100, 5.0, 0.0, init="halfsoft"),
    "motion-symmetry-scale-aware": Preset(*_MOTION, 750, 128, 2e-4, 384, 5.0, 100, 5.0, 0.0, init="halfsoft"),
}


def preset(name: str) -> Preset:
    """A configuration by its name.

    Raises
    ------
    UnknownNameError
    """
    if name not in PRESETS:
        near = nearest_name(name, PRESETS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(PRESETS)}"
        raise UnknownNameError(f"no preset is called {name!r}; {hint}")
    return PRESETS[name]
