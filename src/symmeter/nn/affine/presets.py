"""Settings of networks and of their training under a name: the published ones, and small ones for a processor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.nn.affine.network import AffineResNet

__all__ = ["PRESETS", "AffinePreset", "preset"]


@dataclass(frozen=True)
class AffinePreset:
    """A network with its training.

    Attributes
    ----------
    network : mapping
        Arguments of :class:`AffineResNet`.
    rate, last_rate, decay : float
        Learning rate of Adam, the one that the cosine ends at, and the L2 penalty.
    epochs, batch : int
    mixed_precision : bool
        Half precision on a graphics card; coordinates of group elements never are.
    """

    network: Mapping[str, Any] = field(default_factory=dict)
    rate: float = 2e-4
    last_rate: float = 1e-7
    decay: float = 5e-3
    epochs: int = 50
    batch: int = 128
    mixed_precision: bool = False

    def build(self, **options: Any) -> AffineResNet:
        """The network, with other arguments where they are given.

        Examples
        --------
        >>> PRESETS["digits"].build(group="sl2").group
        SL(2,R)
        """
        return AffineResNet(**{**self.network, **options})

    def with_options(self, **options: Any) -> AffinePreset:
        """The same with other settings of the training, or other arguments of the network as ``network=``.

        Raises
        ------
        InputError
            For a setting that it does not have.
        """
        for name in options:
            if name not in self.__dataclass_fields__:
                near = nearest_name(name, self.__dataclass_fields__)
                hint = f"; did you mean {near}?" if near else ""
                raise InputError(f"a preset has no setting {name!r}{hint}")
        if "network" in options:
            options["network"] = {**self.network, **options["network"]}
        return replace(self, **options)


_PUBLISHED = {"group": "gl2", "width": 40, "samples": 10, "kernel_size": 5, "stages": 2, "variance": 0.1}
_SMALL = {
    **_PUBLISHED,
    "width": 10,
    "rank": 2,
    "kernel_width": 24,
    "hidden": 64,
    "dropout": 0.1,
    "points": "stratified",
    "mode": "frozen",
    "seed": 0,
}

#: "affnist" and "homnist" are the published settings; "digits" trains on a processor within minutes.
PRESETS: Mapping[str, AffinePreset] = MappingProxyType(
    {
        "affnist": AffinePreset(_PUBLISHED, mixed_precision=True),
        "homnist": AffinePreset({**_PUBLISHED, "group": "gl2"}, mixed_precision=True),
        "digits": AffinePreset(_SMALL, rate=3e-3, last_rate=1e-5, decay=1e-4, epochs=30, batch=64),
    }
)


def preset(name: str) -> AffinePreset:
    """The preset of that name.

    Raises
    ------
    UnknownNameError
        With the nearest name.

    Examples
    --------
    >>> preset("affnist").network["samples"]
    10
    """
    if name not in PRESETS:
        near = nearest_name(name, PRESETS)
        raise UnknownNameError(
            f"no preset is called {name!r}; {f'did you mean {near!r}?' if near else f'known are {list(PRESETS)}'}"
        )
    return PRESETS[name]
