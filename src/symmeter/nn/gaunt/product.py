"""Gaunt tensor products as layers: multiply two functions on the sphere and project on degrees, equivariantly.

``(x * y)_k = sum_ij G_ijk x_i y_j`` with the integrals G of three real harmonics, which is the Clebsch-Gordan product
with positive constants C(l1, l2, l3) in place of one weight per path. Luo, Chen, Krishnapriyan, "Enabling Efficient
Equivariant Operations in the Fourier Basis via Gaunt Tensor Products" (ICLR 2024); sampling on a grid in place of the
Fourier transform as recommended by Xie, Daigavane, Kotak, Smidt (ICML 2025).
"""

from __future__ import annotations

from typing import Any, final

import torch
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.nn.gaunt import expressivity
from symmeter.nn.gaunt.bracket import BracketRoute
from symmeter.nn.gaunt.couplings import CouplingPath, coupling_paths, path_arrays, path_product
from symmeter.nn.gaunt.degrees import (
    autocast_active,
    check_coefficients,
    check_degrees,
    check_generator,
    check_normalization,
    size_of,
    whole,
    working_dtype,
)
from symmeter.nn.gaunt.exact_constants import ExactConstants
from symmeter.nn.gaunt.irreps_interface import IrrepsInterface
from symmeter.nn.gaunt.routes import BACKENDS, DirectRoute, route_of
from symmeter.nn.gaunt.weights import DegreeMix, DegreeScale
from symmeter.representations import Irreps
from symmeter.representations.harmonic_conventions import polar_axis

__all__ = ["GauntTensorProduct", "PoissonTensorProduct"]

_WIDE = (torch.float32, torch.float64)
WEIGHTS = (None, "separable", "channel_mix", "full")


class PathRoute(torch.nn.Module):
    """The Clebsch-Gordan route: one weight for every path and channel, which start at 1."""

    name = "cg"

    def __init__(self, lmaxes: tuple[int, int, int], normalization: str, parity: int, channels: int | None) -> None:
        super().__init__()
        self.lmaxes = lmaxes
        arrays = path_arrays(lmaxes, normalization, parity)
        self.pairs = [tuple(int(v) for v in k[4:].split("_")) for k in arrays if k.startswith("pair")]
        self.constants = ExactConstants(arrays)
        count = len(coupling_paths(lmaxes, parity))
        start = torch.ones(count if channels is None else (channels, count))
        self.weight = torch.nn.Parameter(start) if channels is not None else None
        self.register_buffer("ones", start if channels is None else None, persistent=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        weight = self.ones if self.weight is None else self.weight
        constants = self.constants.tensors(x.dtype)
        return path_product(x, y, weight.to(x.dtype), self.pairs, constants, size_of(self.lmaxes[2]))  # type: ignore[union-attr, arg-type]


class SphereProduct(torch.nn.Module):
    """What Gaunt and Poisson products share: checks, weights, precision, reports."""

    parity = 1

    def __init__(
        self,
        lmax1: int,
        lmax2: int,
        lmax_out: int | None = None,
        *,
        channels: int | None = None,
        channels2: int | None = None,
        channels_out: int | None = None,
        rank: int | None = None,
        weights: str | None = None,
        backend: str = "auto",
        normalization: str = "integral",
        axis: str = "e3nn",
        allow_zero: bool = False,
        check: bool = False,
        generator: torch.Generator | None = None,
        counts: tuple[Any, Any, Any] = (None, None, None),
    ) -> None:
        super().__init__()
        self.lmaxes = check_degrees(lmax1, lmax2, lmax_out, allow_zero)
        self._sizes = size_of(self.lmaxes[0]), size_of(self.lmaxes[1])
        self.normalization = check_normalization(normalization)
        self.axis = polar_axis(axis)
        self.check = check
        if weights not in WEIGHTS:
            raise UnknownNameError(f"weights is {weights!r}; it must be None, 'separable', 'channel_mix' or 'full'")
        if backend not in BACKENDS:
            raise UnknownNameError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}")
        if weights == "full" and backend not in ("auto", "cg"):
            raise InputError(
                f"weights='full' gives every path its own weight, which a grid cannot; backend is {backend!r}, use "
                "backend='cg' (or 'auto'), or weights='channel_mix'"
            )
        self.weights = weights
        self.channels = None if channels is None else _positive(channels, "channels")
        if weights is not None and self.channels is None:
            raise InputError(f"weights={weights!r} are per channel; give channels, such as channels=16")
        self.channels2 = self.channels if channels2 is None else _positive(channels2, "channels2")
        self.channels_out = self.channels if channels_out is None else _positive(channels_out, "channels_out")
        check_generator(generator)
        if rank is not None and weights != "channel_mix":
            raise InputError(
                f"rank is {rank} and weights={weights!r}; only weights='channel_mix' sums several products, use it or "
                "leave rank out"
            )
        self._make_weights(counts, rank, generator)
        self.route = self._make_route(backend)

    def _make_weights(self, counts: tuple[Any, Any, Any], rank: int | None, generator: Any) -> None:
        self.first = self.second = self.last = None
        self.rank = None
        c, c2, c3 = self.channels, self.channels2, self.channels_out
        if self.weights == "channel_mix":
            assert c is not None
            assert c2 is not None
            assert c3 is not None
            self.rank = max(c, c3) if rank is None else _positive(rank, "rank")
            sizes = [k or (n,) * (lmax + 1) for k, n, lmax in zip(counts, (c, c2, c3), self.lmaxes)]
            ranks = [(self.rank,) * (lmax + 1) for lmax in self.lmaxes]
            self.first = DegreeMix(sizes[0], ranks[0], generator)
            # One channel on the right is shared: it is mixed to one, and broadcast.
            self.second = DegreeMix(sizes[1], ranks[1], generator)
            self.last = DegreeMix(ranks[2], sizes[2], generator)
            return
        if self.channels is None:
            return
        if c2 not in (1, c):
            raise InputError(
                f"channels are {c} and {c2}; channel by channel they must be equal, or the second 1; use "
                "weights='channel_mix' to mix them"
            )
        if c3 != c:
            raise InputError(f"channels_out is {c3} and channels is {c}; only weights='channel_mix' changes channels")
        if self.weights == "separable":
            self.rank = 1
            self.first = DegreeScale(self.lmaxes[0], c)  # type: ignore[arg-type]
            self.second = DegreeScale(self.lmaxes[1], c2)  # type: ignore[arg-type]
            self.last = DegreeScale(self.lmaxes[2], c)  # type: ignore[arg-type]

    def _make_route(self, backend: str) -> Any:
        if self.weights == "full" or backend == "cg":
            channels = self.channels if self.weights == "full" else None
            return PathRoute(self.lmaxes, self.normalization, self.parity, channels)
        return self._grid_route(backend)

    def _grid_route(self, backend: str) -> Any:
        raise NotImplementedError

    # -- the product ---------------------------------------------------------------------------------------------------

    def _checked(self, x: Any, y: Any) -> None:
        if not self.check and self.channels is None and self.channels2 is None and self._plainly_right(x, y):
            return
        check_coefficients(x, self.lmaxes[0], "x", self.check)
        check_coefficients(y, self.lmaxes[1], "y", self.check)
        if self.channels is None and self.channels2 is None:
            return
        for name, t, n in (("x", x, self.channels), ("y", y, self.channels2)):
            if n is not None and (t.ndim < 2 or t.shape[-2] != n):
                raise ShapeError(
                    f"{name} has shape {tuple(t.shape)}; the last axis but one must be its {n} channel"
                    f"{'s' if n > 1 else ''}"
                )

    def _plainly_right(self, x: Any, y: Any) -> bool:
        """What nearly all inputs are, found in a third of the time; False says nothing."""
        return (
            type(x) is type(y) is torch.Tensor
            and x.dtype in _WIDE
            and y.dtype in _WIDE
            and x.ndim > 0 < y.ndim
            and (x.size(-1), y.size(-1)) == self._sizes
        )

    def _product(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The product in the precision of the arithmetic; storage may be narrower."""
        if autocast_active(x):
            with torch.autocast(x.device.type, enabled=False):
                return self._product(x, y)
        kind = narrow = x.dtype
        if kind != y.dtype or kind not in _WIDE:
            kind, narrow = working_dtype(x, y), torch.promote_types(x.dtype, y.dtype)
            x, y = x.to(kind), y.to(kind)
        if self.first is not None:
            x, y = self.first(x), self.second(y)  # type: ignore[misc]
        try:
            out = self._modules["route"](x, y)  # type: ignore[misc]
        except RuntimeError as error:
            _explain_broadcast(x, y, error)
            raise
        if self.last is not None:
            out = self.last(out)
        return out if kind == narrow else out.to(narrow)

    # -- what it can express -------------------------------------------------------------------------------------------

    @property
    def backend(self) -> str:
        """The route in use: dense (paired or not), separable, fourier, direct or cg."""
        return "dense" if self.route.name == "paired" else self.route.name

    @property
    def parities(self) -> tuple[int, ...]:
        """1 for paths with even l1+l2+l3, -1 for odd ones."""
        return (self.parity,)

    def paths(self) -> list[CouplingPath]:
        """All paths (l1, l2, l3, parity, constant) that are computed."""
        return [p for parity in self.parities for p in coupling_paths(self.lmaxes, parity)]

    def missing_paths(self) -> list[tuple[int, int, int]]:
        """Triples of degrees that a Clebsch-Gordan product couples and this one does not."""
        return list(self.expressivity().missing)

    def expressivity(self) -> expressivity.ExpressivityReport:
        """Paths, missing paths, independent weights and their rank."""
        count = sum(p.numel() for p in self.parameters())
        rank = None if self.weights == "full" else self.rank or 1
        return expressivity.report(self.lmaxes, self.parities, count, rank, self.channels_out or 1)

    def equivariance_error(self, n: int = 32, generator: torch.Generator | None = None) -> float:
        """Mean of ``|f(gx, gy) - g f(x, y)| / (|..| + |..|)`` over n rotations, every second of them improper."""
        from symmeter.nn.gaunt.equivariance import product_equivariance_error

        return product_equivariance_error(self, n, generator)

    def extra_repr(self) -> str:
        a, b, c = self.lmaxes
        return f"lmax {a} x {b} -> {c}, channels={self.channels}, weights={self.weights!r}, backend={self.backend}"


@final
class PoissonTensorProduct(SphereProduct):
    """The Poisson bracket {f, g} = r.(grad f x grad g): the paths with odd l1+l2+l3, cross products among them.

    Parameters are those of :class:`GauntTensorProduct`. Backends are ``dense``, ``direct`` and ``cg``. The output is a
    pseudo-function when both inputs are functions.

    Examples
    --------
    >>> bracket = PoissonTensorProduct(1, 1, 1)
    >>> a, b = torch.tensor([0.0, 1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0, 0.0])
    >>> (bracket(a, b) / (3 / (4 * torch.pi)) ** 0.5).round(decimals=4)  # the cross product
    tensor([0., 0., 0., 1.])
    """

    parity = -1

    def _grid_route(self, backend: str) -> Any:
        if backend in ("fourier", "separable"):
            raise InputError(f"the bracket has backends 'dense', 'direct' and 'cg'; {backend!r} is for Gaunt products")
        if backend == "direct":
            return DirectRoute(self.lmaxes, self.normalization, parity=-1)
        return BracketRoute(self.lmaxes, self.normalization)

    def forward(self, x: Float[torch.Tensor, "*b k1"], y: Float[torch.Tensor, "*b k2"]) -> Float[torch.Tensor, "*b k3"]:
        """The bracket of coefficients (..., [channels,] K)."""
        self._checked(x, y)
        return self._product(x, y)


@final
class GauntTensorProduct(SphereProduct):
    """Multiply two functions on the sphere, given by coefficients, and keep the degrees up to ``lmax_out``.

    Parameters
    ----------
    lmax1, lmax2 : int
        Largest degrees of the inputs.
    lmax_out : int, optional
        Largest degree of the output; ``lmax1`` when omitted.
    channels : int, optional
        Length of the axis before the coefficients; None leaves all leading axes free.
    channels2 : int, optional
        Channels of the second input: as the first, or 1, which is shared; any number with ``channel_mix``.
    channels_out, rank : int, optional
        With ``channel_mix`` only: channels of the output, and products that are summed.
    weights : {None, "separable", "channel_mix", "full"}
        No weights; one per degree and channel of each factor; channels mixed degree by degree before and after; one
        per path and channel, by the Clebsch-Gordan route.
    antisymmetric : bool
        Return the pair (product, bracket): the Poisson bracket has the paths that the product lacks. Its parity is the
        opposite one.
    backend : {"auto", "dense", "separable", "fourier", "direct", "cg"}
        All give the same numbers; ``auto`` takes the fastest by a cost model.
    normalization : {"integral", "component", "norm"}
        Of the basis that coefficients refer to: f = sum_i c_i n_i Y_i.
    axis : {"e3nn", "standard"}
        Polar axis of the harmonics; the product is the same in both.
    allow_zero : bool
        Accept output degrees above lmax1 + lmax2, which are zero.
    check : bool
        Refuse NaN and infinity.
    generator : torch.Generator, optional
        For the initial weights of ``channel_mix``.

    Raises
    ------
    InputError, InputTypeError, ShapeError, UnknownNameError

    References
    ----------
    S. Luo, T. Chen, A. S. Krishnapriyan, ICLR 2024 (arXiv 2401.10216).

    Examples
    --------
    >>> tp = GauntTensorProduct(2, 2, 2, channels=8, weights="separable")
    >>> tp(torch.randn(5, 8, 9), torch.randn(5, 8, 9)).shape
    torch.Size([5, 8, 9])
    >>> tp.missing_paths()[:3]
    [(1, 1, 1), (1, 2, 2), (2, 1, 2)]
    """

    def __init__(
        self,
        lmax1: int,
        lmax2: int,
        lmax_out: int | None = None,
        *,
        channels: int | None = None,
        channels2: int | None = None,
        channels_out: int | None = None,
        rank: int | None = None,
        weights: str | None = None,
        antisymmetric: bool = False,
        backend: str = "auto",
        normalization: str = "integral",
        axis: str = "e3nn",
        allow_zero: bool = False,
        check: bool = False,
        generator: torch.Generator | None = None,
        counts: tuple[Any, Any, Any] = (None, None, None),
        bracket_counts: Any = None,
    ) -> None:
        options: dict[str, Any] = {
            "channels": channels,
            "channels2": channels2,
            "rank": rank,
            "weights": weights,
            "normalization": normalization,
            "axis": axis,
            "allow_zero": allow_zero,
            "check": check,
            "generator": generator,
        }
        super().__init__(lmax1, lmax2, lmax_out, channels_out=channels_out, backend=backend, counts=counts, **options)
        self.bracket = None
        if antisymmetric:
            # The bracket has no fast separated route; where the product takes one it is dense.
            chosen = "dense" if backend in ("fourier", "separable") else backend
            last = counts[2] if bracket_counts is None else bracket_counts
            wide = channels_out if bracket_counts is None else max(bracket_counts)
            self.bracket = PoissonTensorProduct(
                lmax1, lmax2, lmax_out, channels_out=wide, backend=chosen, counts=(*counts[:2], last), **options
            )
        self._irreps: IrrepsInterface | None = None

    @classmethod
    def from_irreps(
        cls,
        irreps1: str | Irreps,
        irreps2: str | Irreps,
        irreps_out: str | Irreps,
        *,
        weights: str | None = "separable",
        antisymmetric: bool = False,
        normalization: str = "component",
        layout: str = "mul_ir",
        backend: str = "auto",
        rank: int | None = None,
        check: bool = False,
        generator: torch.Generator | None = None,
    ) -> GauntTensorProduct:
        """A product of vectors laid out by irreps, as in e3nn.

        Parameters
        ----------
        irreps1, irreps2 : str or Irreps
            Each of natural parity (-1)^l throughout, or of the opposite one throughout.
        irreps_out : str or Irreps
            Blocks with the product of the parities come from the product, the others from the bracket, which needs
            ``antisymmetric``.
        normalization : {"component", "integral", "norm"}
            e3nn's features are in ``component`` normalisation.
        layout : {"mul_ir", "ir_mul"}

        Raises
        ------
        InputError
            For mixed parities, multiplicities that need ``weights="channel_mix"``, and outputs that no path reaches.

        Examples
        --------
        >>> tp = GauntTensorProduct.from_irreps("4x0e+4x1o", "0e+1o", "4x0e+4x1o+4x1e", antisymmetric=True)
        >>> tp(torch.randn(7, 16), torch.randn(7, 4)).shape
        torch.Size([7, 28])
        """
        interface = IrrepsInterface.of(irreps1, irreps2, irreps_out, antisymmetric, weights, layout)
        out = cls(
            interface.first.lmax,
            interface.second.lmax,
            interface.lmax_out,
            channels=interface.first.channels,
            channels2=interface.second.channels,
            channels_out=interface.channels_out if weights == "channel_mix" else None,
            rank=rank,
            weights=weights,
            antisymmetric=interface.pseudo is not None,
            backend=backend,
            normalization=normalization,
            check=check,
            generator=generator,
            counts=interface.counts,
            bracket_counts=interface.bracket_counts,
        )
        out._irreps = interface
        return out

    def _grid_route(self, backend: str) -> Any:
        return route_of(backend, self.lmaxes, self.normalization)

    @property
    def parities(self) -> tuple[int, ...]:
        return (1,) if self.bracket is None else (1, -1)

    def forward(self, x: Float[torch.Tensor, "*b k1"], y: Float[torch.Tensor, "*b k2"]) -> Any:
        """The product of coefficients (..., [channels,] K), or of vectors laid out by irreps.

        Returns
        -------
        tensor (..., [channels,] K3), or the pair (product, bracket) with ``antisymmetric``; a vector for irreps.
        """
        if self._irreps is not None:
            x, y = self._irreps.functions(x, y)
        self._checked(x, y)
        out = self._product(x, y)
        bracket = None if self.bracket is None else self.bracket._product(x, y)
        if self._irreps is not None:
            return self._irreps.vector(out, bracket)
        return out if bracket is None else (out, bracket)


def _positive(value: Any, name: str) -> int:
    n = whole(value, name)
    if n == 0:
        raise InputError(f"{name} is 0; give at least one channel")
    return n


def _explain_broadcast(x: torch.Tensor, y: torch.Tensor, error: RuntimeError) -> None:
    try:
        torch.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    except RuntimeError:
        raise ShapeError(
            f"x and y have leading axes {tuple(x.shape[:-1])} and {tuple(y.shape[:-1])}, which do not broadcast"
        ) from error
