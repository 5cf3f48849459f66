"""Signs and factors on which books about defects differ, as one value that results carry.

Inside, nonmetricity is ``Q_ab = -1/2 D g_ab`` (so that ``Q_ab = omega_(ab)`` in an orthonormal coframe) and a Burgers
vector is the integral of the crystal coframe, ``b^A = oint E^A``. Others use twice that, or the opposite sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from symmeter.errors import UnknownNameError, nearest_name

__all__ = ["BURGERS", "NONMETRICITY", "Convention"]

#: By what nonmetricity is multiplied, compared with ``-1/2 D g``.
NONMETRICITY = MappingProxyType({"-1/2 D g": 1, "-D g": 2, "D g": -2, "1/2 D g": -1})
#: Sign of a Burgers vector, compared with the integral of the crystal coframe.
BURGERS = MappingProxyType({"coframe": 1, "SF/RH": 1, "FS/RH": -1})


@dataclass(frozen=True)
class Convention:
    """Which factor nonmetricity has, and which sign a Burgers vector.

    Atoms displaced by ``u_z = +b phi / 2 pi`` have the crystal coframe ``e^3 = dz - (b / 2 pi) dphi``: a right-handed
    circuit that closes in space ends at ``oint e^3 = -b`` in the reference. ``"coframe"`` (the same as ``"SF/RH"``,
    from start to finish in the reference) gives -b; ``"FS/RH"``, from finish to start, gives b.

    Attributes
    ----------
    nonmetricity : str
        A key of ``NONMETRICITY``.
    burgers : str
        A key of ``BURGERS``.

    Examples
    --------
    >>> Convention().factor, Convention("D g").factor, Convention(burgers="FS/RH").sign
    (1, -2, -1)
    """

    nonmetricity: str = "-1/2 D g"
    burgers: str = "coframe"

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.nonmetricity, NONMETRICITY, "nonmetricity convention"),
            (self.burgers, BURGERS, "convention of Burgers vectors"),
        ):
            if value not in known:
                near = nearest_name(value, known)
                hint = f"did you mean {near!r}?" if near else "use one of " + ", ".join(map(repr, known))
                raise UnknownNameError(f"{value!r} is no {what}; {hint}")

    @property
    def factor(self) -> int:
        """Of nonmetricity, by which our own is multiplied."""
        return NONMETRICITY[self.nonmetricity]

    @property
    def sign(self) -> int:
        """Of Burgers vectors, by which the integral of the crystal coframe is multiplied."""
        return BURGERS[self.burgers]
