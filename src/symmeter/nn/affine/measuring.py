"""How far the features of a network are from affine equivariance, and which part of that is whose fault.

Images on a grid cannot be moved exactly, integrals over a group are sums over samples, and no finite ball is invariant;
only what remains beside these is an error of the implementation. Carrying the samples along with the image takes the
second and third away, quarter turns of the grid the first.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn.functional import affine_grid, grid_sample

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.groups.lie import MatrixLieGroup, SemidirectGroup, named_lie_group
from symmeter.nn.affine.samples import GroupSampler, holding_samples
from symmeter.nn.measure_call import bundle_of, check_evaluation_mode
from symmeter.representations.equivariance import relative_discrepancy

__all__ = ["AffineReport", "equivariance_report", "move_images"]


class AffineReport(float):
    """A mean equivariance error in [0, 1], which is the value itself, and what it is made of.

    Attributes
    ----------
    group : str
    kind : str
        "field" where the output moves as an image does, "invariant" where it stays.
    error, worst : float
        ``|f(g x) - g f(x)| / (|f(g x)| + |g f(x)|)``, mean over images and moves, and the largest over moves.
    interior : float or None
        The error at pixels of fields that come from inside the image.
    interpolation : float
        What moving the images there and back does to the output: the error that a perfect network has on this grid.
    grid : float or None
        The error when the samples move with the image: pixels, borders and windows are all that is left.
    sampling : float or None
        How much the output changes between two draws of the samples.
    truncation : float or None
        How much the output, averaged over draws, changes when the samples move and the image does not: what is missing
        from the law of the samples, however many there are (with the noise of the average).
    implementation : float or None
        The error for quarter turns with samples moved along: rounding, where strides and sizes fit.
    draws, moves : int
    """

    group: str
    kind: str
    error: float
    worst: float
    interior: float | None
    interpolation: float
    grid: float | None
    sampling: float | None
    truncation: float | None
    implementation: float | None
    draws: int
    moves: int

    def __new__(cls, **parts: Any) -> AffineReport:
        made = super().__new__(cls, parts["error"])
        made.__dict__.update(parts)
        return made

    def to_json(self) -> dict[str, Any]:
        """Numbers for machines."""
        return dict(self.__dict__)

    def __str__(self) -> str:
        lines = [f"{self.group}, {self.kind}: error {self.error:.3g}, worst move {self.worst:.3g}"]
        words = {
            "interior": "away from the border",
            "interpolation": "moving there and back",
            "grid": "with samples moved along",
            "sampling": "between two draws",
            "truncation": "missing from the law of samples",
            "implementation": "quarter turns, samples moved along",
        }
        for name, text in words.items():
            value = getattr(self, name)
            if value is not None:
                lines.append(f"{name:>15} {value:9.2e}  {text}")
        return "\n".join(lines)

    __repr__ = __str__


def move_images(
    x: Float[torch.Tensor, "b *c_and_grid"],
    g: Float[torch.Tensor, "m m"],
    *,
    unit: float | None = None,
    ndim: int | None = None,
    background: float = 0.0,
    mode: str = "bilinear",
) -> Float[torch.Tensor, "b *c_and_grid"]:
    """Images or volumes moved by a linear map or a homogeneous matrix: ``(g f)(p) = f(g^-1 p)``, by interpolation.

    Parameters
    ----------
    x : tensor of shape (B, ..., H, W) or (B, ..., D, H, W)
    g : tensor of shape (n, n) or (n + 1, n + 1)
        A 3 x 3 matrix is linear for volumes (B, C, D, H, W) and homogeneous for fewer axes, unless ``ndim`` says else.
    unit : float, optional
        Pixels to a unit of length; half the shortest side when omitted.
    ndim : int, optional
    background : float
        What comes in from outside.
    mode : {"bilinear", "bicubic"}
        Bicubic for images only.

    Examples
    --------
    >>> x = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    >>> move_images(x, turn).equal(torch.rot90(x, 1, (-2, -1)))
    True
    """
    try:
        g = torch.as_tensor(g).double()
    except (TypeError, ValueError, RuntimeError):
        raise InputTypeError(f"images are moved by a matrix; got {type(g).__name__}") from None
    m = g.shape[-1] if g.ndim == 2 else 0
    n = ndim if ndim is not None else {2: 2, 3: 3 if x.ndim >= 5 else 2, 4: 3}.get(m, 0)
    if g.shape != (m, m) or n not in (m, m - 1) or n not in (2, 3):
        raise ShapeError(f"images are moved by 2 x 2, 3 x 3 or homogeneous matrices; got shape {tuple(g.shape)}, n={n}")
    grid = x.shape[-n:]
    unit = min(grid) / 2 if unit is None else unit
    back = torch.linalg.inv(g)
    linear, shift = back[:n, :n], back[:n, n:] if m == n + 1 else torch.zeros(n, 1, dtype=torch.float64)
    # torch's coordinates run from -1 to 1 along each side: x, then y downwards, then z.
    side = torch.tensor(list(reversed(grid)), dtype=torch.float64) / 2 / unit
    side[1] = -side[1]
    theta = torch.cat([linear * side / side[:, None], shift / side[:, None]], dim=1).to(x.device, x.dtype)
    if x.ndim < n + 1:
        raise ShapeError(f"{'volumes' if n == 3 else 'images'} have shape (B, ..., H, W); got {tuple(x.shape)}")
    flat = x.flatten(1, -n - 1) if x.ndim > n + 1 else x[:, None]
    points = affine_grid(theta.expand(len(x), *theta.shape), [len(x), 1, *grid], align_corners=False)
    return (grid_sample(flat - background, points, mode=mode, align_corners=False) + background).reshape(x.shape)


def equivariance_report(
    model: Callable[[torch.Tensor], torch.Tensor],
    group: MatrixLieGroup | str,
    images: Float[torch.Tensor, "b c *grid"],
    *,
    moves: int = 4,
    spread: float = 0.2,
    draws: int = 3,
    seed: int = 0,
    kind: str | None = None,
    pitch: float | None = None,
    background: float = 0.0,
) -> AffineReport:
    """The error of a network's output under affine moves of its images, split into its causes.

    Parameters
    ----------
    model : callable or torch.nn.Module
        From images (B, C, *grid) to fields (B, K, *small), which should move along, or numbers (B, K), which should
        not; a bound method such as ``net.features`` as well.
    group : MatrixLieGroup or str
        ``Affine(SL(2))``, ``SL(2)``, ``"Aff(3)"``; the unit of translations is half the shortest side of the images.
    images : tensor
    moves : int
        Group elements ``exp(spread z)`` with standard normal z.
    spread : float
    draws : int
        Draws of samples for ``sampling``, and for ``truncation`` under the first two moves; 1 leaves both out.
    seed : int
    kind : {"field", "invariant"}, optional
        Told by the number of axes when omitted.
    pitch : float, optional
        Pixels of the image between pixels of the field; the model's own ``pitch``, or as if the field covered the whole
        image.
    background : float
        What moved images show outside.

    Raises
    ------
    InputTypeError, ShapeError
    InputError
        For a model in training mode, or one that is random apart from its samples.

    Examples
    --------
    >>> from symmeter.groups.lie import SL
    >>> x = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> pointwise = equivariance_report(lambda image: image**2, SL(2), x)
    >>> pointwise.kind, pointwise.grid is None, bool(pointwise < pointwise.interpolation + 0.1)
    ('field', True, True)
    """
    if not callable(model):
        raise InputTypeError(f"the model is a {type(model).__name__}; give a module or a function of images")
    x = bundle_of(images).tensors[0]
    made = named_lie_group(group) if isinstance(group, str) else group
    if not isinstance(made, MatrixLieGroup):
        raise InputTypeError(f"the group is a {type(group).__name__}; give Affine(SL(2)), SL(2) or a name")
    for name, value in (("moves", moves), ("draws", draws)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{name} is {value!r}; it must be an integer of at least 1")
    if not spread > 0:
        raise InputError(f"spread is {spread}; it must be above 0")
    owner = model if isinstance(model, nn.Module) else getattr(model, "__self__", None)
    owner = owner if isinstance(owner, nn.Module) else nn.Identity()
    if owner is model:
        check_evaluation_mode(owner)
    first = next((p for p in owner.parameters() if p.is_floating_point()), None)
    x = x.to(first) if first is not None else x
    n = made.space_dimension if isinstance(made, SemidirectGroup) else made.size
    if x.ndim < n + 2 or n not in (2, 3):
        raise ShapeError(f"{made.name} moves {n} coordinates; images have shape (B, C, {'D, ' * (n == 3)}H, W)")
    with torch.no_grad():
        return _Meter(model, owner, made, n, x, spread, seed, kind, pitch, background).report(moves, draws)


class _Meter:
    """One model on one batch of images."""

    def __init__(
        self,
        model: Callable[[torch.Tensor], torch.Tensor],
        owner: nn.Module,
        group: MatrixLieGroup,
        n: int,
        x: torch.Tensor,
        spread: float,
        seed: int,
        kind: str | None,
        pitch: float | None,
        background: float,
    ) -> None:
        self.model, self.owner, self.group, self.n, self.x = model, owner, group, n, x
        self.spread, self.seed, self.background = spread, seed, background
        self.samplers = [m for m in owner.modules() if isinstance(m, GroupSampler)]
        self.y = self.output(x)
        if _apart(self.y, self.output(x)) > 1e-6:
            raise InputError("two calls of the model on one input differ: it is random; call model.eval() first")
        field = self.y.ndim >= n + 2
        if kind not in (None, "field", "invariant") or (kind == "field" and not field):
            raise InputError(
                f"kind is {kind!r} for an output of shape {tuple(self.y.shape)}; use 'field' or 'invariant'"
            )
        self.kind = kind or ("field" if field else "invariant")
        self.unit = min(x.shape[-n:]) / 2
        if field:
            own = getattr(owner, "pitch", None)
            across = min(x.shape[-n:]) / min(self.y.shape[-n:])
            self.pitch = float(pitch if pitch is not None else own if own is not None else across)

    def output(self, x: torch.Tensor, moved: torch.Tensor | None = None, draw: int | None = None) -> torch.Tensor:
        """The model's output with samples held; those of another draw, or moved along."""
        seed = self.seed + (0 if draw is None else 104_729 * (draw + 1))
        with holding_samples(self.owner, seed, moved, fresh=draw is not None):
            out = self.model(x)
        if not isinstance(out, torch.Tensor) or out.ndim < 2 or len(out) != len(x):
            raise InputTypeError("the model must return one tensor of shape (B, ...)")
        return out

    def moved_output(self, y: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        if self.kind == "invariant":
            return y
        return move_images(y, g, unit=self.unit / self.pitch, ndim=self.n)

    def moved(self, x: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        return move_images(x, g, ndim=self.n, background=self.background)

    def report(self, moves: int, draws: int) -> AffineReport:
        rng = np.random.default_rng(self.seed)
        z = self.spread * rng.standard_normal((moves, self.group.dimension))
        elements = torch.from_numpy(np.real(np.asarray(self.group.exp(z))))
        rows = [self.one(g, draws if k < 2 else 1) for k, g in enumerate(elements)]
        mean = {k: _mean([r[k] for r in rows]) for k in rows[0]}
        drawn = [m for m in self.samplers if m.mode != "learned"]
        sampling = None
        if drawn and draws > 1:
            outputs = [self.output(self.x, draw=k) for k in range(draws)]
            sampling = float(np.mean([_apart(a, b) for a, b in pairwise(outputs)]))
        return AffineReport(
            group=self.group.name,
            kind=self.kind,
            error=mean["error"],
            worst=max(r["error"] for r in rows),
            interior=mean["interior"],
            interpolation=mean["interpolation"],
            grid=mean["grid"],
            sampling=sampling,
            truncation=mean["truncation"],
            implementation=self.quarter_turn(),
            draws=draws,
            moves=moves,
        )

    def one(self, g: torch.Tensor, draws: int) -> dict[str, Any]:
        there = self.moved(self.x, g)
        found, wanted = self.output(there), self.moved_output(self.y, g)
        again = self.output(self.moved(there, torch.linalg.inv(g)))
        out: dict[str, Any] = dict.fromkeys(("interior", "grid", "truncation"))
        out["error"], out["interpolation"] = _apart(found, wanted), _apart(again, self.y)
        if self.kind == "field":
            inside = (self.moved_output(torch.ones_like(self.y), g) > 0.999).to(found)
            out["interior"] = _apart(found * inside, wanted * inside) if inside.any() else None
        if self.samplers:
            linear = g[: self.n, : self.n]
            out["grid"] = _apart(self.output(there, linear), wanted)
            if draws > 1 and all(m.mode != "learned" for m in self.samplers):
                still, along = (sum(self.output(there, m, k) for k in range(draws)) for m in (None, linear))
                out["truncation"] = _apart(still, along)  # type: ignore[arg-type]
        return out

    def quarter_turn(self) -> float | None:
        """Only where a turn maps the pixels onto pixels."""
        if self.x.shape[-1] != self.x.shape[-2]:
            return None
        turned = torch.rot90(self.x, 1, (-2, -1))
        g = torch.eye(self.n, dtype=torch.float64)
        g[:2, :2] = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
        wanted = torch.rot90(self.y, 1, (-2, -1)) if self.kind == "field" else self.y
        if not self.samplers or wanted.shape != self.y.shape:
            return None
        return _apart(self.output(turned, g), wanted)


def _apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(relative_discrepancy(a, b, batch_axes=1).mean())


def _mean(values: list[Any]) -> Any:
    there = [v for v in values if v is not None]
    return float(np.mean(there)) if there else None
