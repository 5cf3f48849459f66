"""Line elements of well-known spacetimes, in coordinates in which they are rational."""

from __future__ import annotations

from types import MappingProxyType

from symmeter.errors import UnknownNameError, nearest_name
from symmeter.spacetime.metrics import Metric

__all__ = ["KNOWN", "known_metric"]

_SPHERE = "r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2"
_SIGMA, _DELTA = "(r^2+a^2 y^2)", "(r^2-2 m r+a^2)"

#: Line element, and free functions, by name; y stands for cos(theta).
KNOWN = MappingProxyType(
    {
        "minkowski": ("-dt^2 + dx^2 + dy^2 + dz^2", ""),
        "schwarzschild": (f"-(1-2m/r) dt^2 + dr^2/(1-2m/r) + {_SPHERE}", ""),
        "reissner-nordstrom": (f"-(1-2m/r+q^2/r^2) dt^2 + dr^2/(1-2m/r+q^2/r^2) + {_SPHERE}", ""),
        "kerr": (
            f"-(1-2 m r/{_SIGMA}) dt^2 - 4 m r a (1-y^2)/{_SIGMA} dt dphi + {_SIGMA}/{_DELTA} dr^2 + "
            f"{_SIGMA}/(1-y^2) dy^2 + (1-y^2)(r^2+a^2+2 m r a^2 (1-y^2)/{_SIGMA}) dphi^2",
            "",
        ),
        "de-sitter": (f"-(1-r^2/l^2) dt^2 + dr^2/(1-r^2/l^2) + {_SPHERE}", ""),
        "anti-de-sitter": (f"-(1+r^2/l^2) dt^2 + dr^2/(1+r^2/l^2) + {_SPHERE}", ""),
        "friedmann": (f"-dt^2 + b^2 (dr^2/(1-k r^2) + {_SPHERE})", "b(t)"),
        "bondi-3d": ("Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2", "Theta(phi) Xi(phi)"),
    }
)


def known_metric(name: str) -> Metric:
    """A metric by name.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> known_metric("kerr").ricci().is_zero()
    True
    """
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    if key not in KNOWN:
        close = nearest_name(key, KNOWN)
        hint = f"did you mean {close!r}?" if close else f"known are {', '.join(KNOWN)}"
        raise UnknownNameError(f"no metric is called {name!r}; {hint}")
    text, functions = KNOWN[key]
    return Metric(text, functions=functions)
