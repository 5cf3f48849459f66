"""Penalties for layers whose features are any representations: orbits of entries, or a basis of equivariant maps.

Where all generators permute coordinates, up to sign, equivariance says that entries of a weight in one orbit are equal:
the projector is a mean over orbits, whatever the order of the group. Otherwise it is given by an orthonormal basis of
the equivariant maps. Neither forms a matrix of the size of the weight squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.nn.soft.blocks import at_least_single, check_is_parameter, set_parameter
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.penalty import in_full_precision
from symmeter.representations import Representation
from symmeter.representations.equivariant_maps import intertwiners
from symmeter.representations.orbits import phased_orbits

__all__ = ["BasisProjector", "GeneralPenalty", "OrbitProjector", "ParameterAt", "SumPenalty", "map_projector"]

_LARGEST = 1 << 24


@dataclass(frozen=True, eq=False)
class OrbitProjector:
    """The mean over orbits of entries, with signs.

    Attributes
    ----------
    labels : int tensor of shape (n,)
        Orbit of each entry; the last label collects entries that must vanish.
    signs : tensor of shape (n,)
        Zero for entries that must vanish.
    sizes : tensor of shape (orbits,)
    """

    labels: torch.Tensor
    signs: torch.Tensor
    sizes: torch.Tensor

    @property
    def codimension(self) -> int:
        """Number of constrained directions."""
        return len(self.labels) - int((self.sizes > 0).sum())

    def __call__(self, flat: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, " n"]:
        labels, signs = self.labels.to(flat.device), self.signs.to(flat)
        sums = flat.new_zeros(len(self.sizes)).index_add(0, labels, flat * signs)
        return signs * (sums / self.sizes.to(flat).clamp_min(1.0))[labels]


@dataclass(frozen=True, eq=False)
class BasisProjector:
    """``Q Q^T`` from orthonormal columns Q."""

    basis: torch.Tensor

    @property
    def codimension(self) -> int:
        """Number of constrained directions."""
        return self.basis.shape[0] - self.basis.shape[1]

    def __call__(self, flat: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, " n"]:
        q = self.basis.to(flat)
        with in_full_precision(flat):
            return q @ (q.mT @ flat)


def map_projector(
    target: Representation, source: Representation, taps: Representation | None = None
) -> OrbitProjector | BasisProjector:
    """The projector onto maps that commute with a group, for flattened weights of shape (n_out, n_in, taps).

    Parameters
    ----------
    target, source : Representation
        With the same generators.
    taps : Representation, optional
        How the generators move the taps of a convolution.

    Examples
    --------
    >>> from symmeter.groups import symmetric
    >>> from symmeter.representations import V
    >>> v = V(symmetric(3))
    >>> map_projector(v, v).codimension  # multiples of the identity and of the matrix of ones are left
    7
    """
    counts = {(len(r.discrete), len(r.algebra)) for r in (target, source, *([] if taps is None else [taps]))}
    if len(counts) > 1:
        raise ShapeError("the representations of one layer have different numbers of generators; use one group's")
    size = target.dimension * source.dimension * (1 if taps is None else taps.dimension)
    if size > _LARGEST:
        raise InputError(f"a layer with {size} weights is too large for general representations; use tensor features")
    factors = [target, source.dual] + ([] if taps is None else [taps])
    signed = [[_signed_permutation(a) for a in f.discrete] for f in factors]
    if not any(np.any(a) for f in factors for a in f.algebra) and all(s is not None for f in signed for s in f):
        return _orbits(signed, [f.dimension for f in factors])
    if taps is not None:
        source = source * taps.dual
    basis = intertwiners((*source.discrete, *source.algebra), (*target.discrete, *target.algebra)).maps
    if np.iscomplexobj(basis):
        raise InputError("complex representations move complex weights; give real ones")
    # There may be none: nothing but zero is equivariant.
    return BasisProjector(torch.from_numpy(np.ascontiguousarray(np.reshape(basis, (len(basis), size)).T, dtype=float)))


def _signed_permutation(a: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Where each coordinate goes, and whether with a sign; None for other matrices."""
    images = np.abs(a).argmax(0)
    signs = a[images, np.arange(len(a))]
    exact = np.zeros_like(a)
    exact[images, np.arange(len(a))] = np.sign(signs)
    if np.abs(a - exact).max() > 1e-9 or len(np.unique(images)) < len(images):
        return None
    return images, (signs < 0).astype(np.int64)


def _orbits(signed: list[list[Any]], sizes: list[int]) -> OrbitProjector:
    size = int(np.prod(sizes))
    maps, turns = [], []
    for generator in zip(*signed):
        images, turn = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        for (image, sign), n in zip(generator, sizes):
            images = (images[:, None] * n + image[None, :]).reshape(-1)
            turn = ((turn[:, None] + sign[None, :]) % 2).reshape(-1)
        maps.append(images)
        turns.append(turn)
    order = 2 if any(t.any() for t in turns) else 1
    labels, phases = phased_orbits(maps, turns, size, order)
    kept = labels >= 0
    count = int(labels.max(initial=-1)) + 1
    filled = np.where(kept, labels, count)
    sizes_ = np.bincount(labels[kept], minlength=count).astype(float)
    return OrbitProjector(
        torch.from_numpy(filled),
        torch.from_numpy(np.where(kept, np.real(phases), 0.0)),
        torch.from_numpy(np.concatenate([sizes_, [0.0]])),
    )


@dataclass(frozen=True, eq=False)
class ParameterAt:
    """A parameter that is looked up in its layer at every use, since parameters of layers can be exchanged."""

    layer: torch.nn.Module
    name: str

    def __call__(self) -> torch.Tensor:
        return getattr(self.layer, self.name)

    def flat(self) -> Float[torch.Tensor, " n"]:
        """Its entries, in single precision at least."""
        found = self().reshape(-1)
        return found.to(at_least_single(found.dtype))

    def set(self, flat: Float[torch.Tensor, " n"], frozen_too: bool = False) -> None:
        """Give it new values, unless it is frozen."""
        check_is_parameter(self.layer, self.name)
        set_parameter(self(), flat.view_as(self()), frozen_too)


class GeneralPenalty:
    """The projection penalty for parameters with a projector for each candidate.

    Parameters
    ----------
    candidates : sequence of Candidate
    entries : sequence of (ParameterAt, sequence of projectors)
        A parameter, and what each candidate wants of it.
    """

    def __init__(self, candidates: Sequence[Candidate], entries: Sequence[tuple[ParameterAt, Sequence[Any]]]) -> None:
        self.candidates = tuple(candidates)
        self.entries = [(place, tuple(projectors)) for place, projectors in entries]
        self.codimensions = np.array(
            [sum(each[j].codimension for _, each in self.entries) for j in range(len(self.candidates))]
        )

    @property
    def squared_norm(self) -> float:
        """``|W|^2`` of everything that is penalised."""
        with torch.no_grad():
            return sum(float(place().double().square().sum()) for place, _ in self.entries)

    def __call__(self, strengths: Float[np.ndarray, " groups"]) -> Float[torch.Tensor, ""]:
        """The weighted sum of the candidates' penalties."""
        total = self.entries[0][0].flat().new_zeros(())
        for place, projectors in self.entries:
            flat = place.flat()
            for s, project in zip(np.asarray(strengths, dtype=float), projectors):
                if s:
                    total = total + (0.5 * float(s)) * (flat - project(flat)).square().sum()
        return total

    def residuals(self) -> Float[np.ndarray, " groups"]:
        """R of each candidate."""
        out = np.zeros(len(self.candidates))
        with torch.no_grad():
            for place, projectors in self.entries:
                flat = place.flat()
                out += [0.5 * float((flat - p(flat)).double().square().sum()) for p in projectors]
        return out

    @torch.no_grad()
    def proximal_(self, strengths: Float[np.ndarray, " groups"], step: float) -> None:
        """One implicit step: exact for one candidate, candidate by candidate for several."""
        for place, projectors in self.entries:
            flat = place.flat()
            for s, project in zip(np.asarray(strengths, dtype=float), projectors):
                inside = project(flat)
                flat = inside + (flat - inside) / (1 + step * float(s))
            place.set(flat)

    @torch.no_grad()
    def project_(self, which: int) -> None:
        """Replace the parameters by their projection."""
        for place, projectors in self.entries:
            place.set(projectors[which](place.flat()), frozen_too=True)


class SumPenalty:
    """Several penalties on the same candidates, added up."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)
        self.candidates = self.parts[0].candidates
        self.codimensions = sum(p.codimensions for p in self.parts)
        self.notes: tuple[str, ...] = ()

    @property
    def squared_norm(self) -> float:
        """``|W|^2`` of everything that is penalised."""
        return sum(p.squared_norm for p in self.parts)

    def __call__(self, strengths: Float[np.ndarray, " groups"]) -> torch.Tensor:
        """The sum of the parts."""
        total = self.parts[0](strengths)
        for part in self.parts[1:]:
            total = total + part(strengths)
        return total

    def residuals(self) -> Float[np.ndarray, " groups"]:
        """The sum of the parts."""
        return np.sum([p.residuals() for p in self.parts], axis=0)

    def proximal_(self, strengths: Float[np.ndarray, " groups"], step: float) -> None:
        """Each part's step."""
        for part in self.parts:
            part.proximal_(strengths, step)

    def project_(self, which: int) -> None:
        """Each part's projection."""
        for part in self.parts:
            part.project_(which)
