"""What the finder works on: moments of the searched part, rows held out, a sample to show, and the dictionary read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Num

from symmeter.discover import dictionary as dictionaries
from symmeter.discover.confirmation import split_rows
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.errors import EmptyDictionaryError, InputError, SampleSizeError, ShapeError
from symmeter.finders import FindOptions
from symmeter.findings import Picture
from symmeter.representations import Space, Transformation, as_transformation
from symmeter.subjects import Covariance, Samples, SeveralSamples, Subject

__all__ = ["SearchData", "constant_columns", "picture_of", "prepare", "read_dictionary"]


@dataclass(frozen=True, eq=False)
class SearchData:
    """What the finder works on: moments of the searched part, rows held out, and a sample to show."""

    moments: tuple[Moments, ...]
    held_out: tuple[Num[np.ndarray, "n m"], ...]
    space: Space
    sample: Num[np.ndarray, " m"] | None

    @property
    def is_complex(self) -> bool:
        return any(m.is_complex for m in self.moments)

    @property
    def is_exact(self) -> bool:
        return any(m.is_exact for m in self.moments)


def prepare(subject: Subject, options: FindOptions, rng: np.random.Generator) -> tuple[SearchData, list[str]]:
    given = list(subject.items) if isinstance(subject, SeveralSamples) else [subject]
    items = [item for item in given if isinstance(item, (Samples, Covariance))]
    unknown = [item.source for item in items if isinstance(item, Covariance) and item.n is None]
    if unknown and len(unknown) < len(items):
        raise SampleSizeError(
            f"{unknown[0]}: a covariance without its number of samples cannot be tested together with samples; give n"
        )
    moments, held, notes = [], [], []
    sample = None
    for item in items:
        if isinstance(item, Covariance):
            moments.append(moments_of_covariance(_at_scale(item.matrix), item.n))
            continue
        assert isinstance(item, Samples)
        searched, kept = split_rows(_at_scale(item.values), options.holdout, rng)
        moments.append(moments_of_samples(searched, rng=rng))
        if kept is not None:
            held.append(kept)
        if sample is None:
            sample = _typical_row(item.values)
    first = items[0]
    names = tuple(first.names) if first.names else None
    space = Space(first.dimension, names, first.grid)
    if held:
        sizes = ", ".join(f"{len(h)}" for h in held)
        notes.append(f"{sizes} samples were held out to confirm findings on the whole distribution")
    elif any(isinstance(i, Samples) for i in items):
        why = "nothing was held out" if options.holdout == 0.0 else "too few samples to hold some out"
        notes.append(f"{why}: findings rest on second moments alone")
    else:
        notes.append("a covariance shows second moments only; the whole distribution was not looked at")
    if all(m.trace <= 0.0 for m in moments):
        raise InputError(f"{first.source}: every column is constant; a symmetry shows in what varies")
    notes += _dead_columns(moments, space)
    return SearchData(tuple(moments), tuple(held), space, sample), notes


def _at_scale(values: Num[np.ndarray, "n m"]) -> Num[np.ndarray, "n m"]:
    """Values divided by their largest modulus when their fourth powers would leave the range of numbers."""
    largest = float(np.abs(values).max(initial=0.0))
    return values if largest == 0.0 or 1e-12 < largest < 1e12 else values / largest


def _typical_row(x: np.ndarray) -> np.ndarray:
    """A sample worth showing: of those with much contrast, the first."""
    contrast = np.abs(x[:500] - x[:500].mean(1, keepdims=True)).sum(1)
    return np.real(x[int(np.argmax(contrast >= np.quantile(contrast, 0.7)))])


def constant_columns(moments: Sequence[Moments]) -> Bool[np.ndarray, " m"]:
    """Which columns do not vary."""
    scale = np.mean([np.real(np.diag(m.covariance)) for m in moments], axis=0)
    return scale <= 1e-12 * max(float(scale.max()), 1e-300)


def _dead_columns(moments: Sequence[Moments], space: Space) -> list[str]:
    dead = np.flatnonzero(constant_columns(moments))
    if not len(dead):
        return []
    label = [space.names[i] if space.names else str(i) for i in dead[:6]]
    more = ", ..." if len(dead) > 6 else ""
    return [
        f"{len(dead)} column{'s are' if len(dead) > 1 else ' is'} constant ({', '.join(label)}{more}); "
        "moving them among themselves changes nothing"
    ]


def read_dictionary(
    given: str | Sequence[Any] | None, space: Space
) -> tuple[list[Transformation], list[np.ndarray], list[str]]:
    """Group elements to test, other matrices for the eigenproblem, and what to tell the user."""
    if given is None:
        chosen, sentence = dictionaries.default_for(space)
        return list(chosen), [], [sentence]
    if isinstance(given, str):
        return list(dictionaries.by_name(given, space)), [], []
    elements, matrices = [], []
    for index, element in enumerate(given):
        if isinstance(element, str):
            elements += dictionaries.by_name(element, space)
            continue
        shape = (element.dimension,) if isinstance(element, Transformation) else np.shape(element)
        if not shape or shape[-1] != space.dimension:
            what = f"moves {shape[-1]} coordinates" if shape else f"is {element!r}, neither a map nor a matrix"
            raise ShapeError(f"dictionary element {index} {what}; the data have {space.dimension} columns")
        try:
            elements.append(as_transformation(element, name=f"map {index}"))
        except InputError:
            matrices.append(np.asarray(element))
    if not elements and not matrices:
        raise EmptyDictionaryError("the dictionary is empty; give at least one transformation, or leave it out")
    return elements, matrices, []


def picture_of(data: SearchData, transformation: Transformation) -> Picture | None:
    if data.sample is None or not transformation.is_real:
        return None
    return Picture(data.sample, np.real(transformation.apply(data.sample)), data.space.grid)
