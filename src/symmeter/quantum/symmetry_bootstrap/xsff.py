"""The cross spectral form factor: curves for plots, and the seed of the bootstrap.

``K_ab(t) = <Z_a(t) Z_b(t)*>`` with ``Z_a(t) = sum over levels of the reduced sector a of f(E) exp(-i E t)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Complex, Float, Int

from symmeter.errors import InputError, SampleSizeError, ShapeError
from symmeter.quantum.symmetry_bootstrap.dyson import LEAST_LEVELS, BlockClass, Classification, classify_patterns
from symmeter.quantum.symmetry_bootstrap.patterns import Patterns, find_patterns, pattern_text
from symmeter.quantum.symmetry_bootstrap.plateau import exact_plateau
from symmeter.quantum.symmetry_bootstrap.ramp import ramp_data, ramp_of_sectors
from symmeter.quantum.symmetry_bootstrap.seed import PatternRow, Seed, _summed
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup
from symmeter.quantum.symmetry_bootstrap.unfolding import unfold

__all__ = ["Curve", "curve", "least_blocks", "seed", "seed_of_traces", "unfolded_curve"]

#: Times the dimension of a chunk of exponentials.
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Curve:
    """Cross form factors at some times.

    Attributes
    ----------
    times : array of shape (n,)
    values : complex array of shape (k, k, n)
        ``K_ab``; the real part is what disorder leaves.
    plateau : array of shape (k, k)
        What K tends to at late times.
    labels : tuple of str
    connected : bool
    """

    times: Float[np.ndarray, " n"]
    values: Complex[np.ndarray, "k k n"]
    plateau: Float[np.ndarray, "k k"]
    labels: tuple[str, ...]
    connected: bool

    def between(self, a: str, b: str) -> Complex[np.ndarray, " n"]:
        """K between two sectors by their labels."""
        for name in (a, b):
            if name not in self.labels:
                raise InputError(f"there is no sector {name!r}; the sectors are {', '.join(self.labels[:8])}")
        return self.values[self.labels.index(a), self.labels.index(b)]


def curve(
    spectra: SectorSpectra,
    times: Float[np.ndarray, " n"],
    filter: tuple[str, float] | None = ("gauss", 0.35),
    connected: bool = True,
) -> Curve:
    """K_ab(t), averaged over realisations.

    Parameters
    ----------
    spectra : SectorSpectra
    times : array of shape (n,)
        In inverse units of the levels.
    filter : ("gauss", width) or None
        ``f(E) = exp(-(E - mean)^2 / (2 (width sigma)^2))`` with the mean and standard deviation of all levels of a
        realisation; None for no filter.
    connected : bool
        Take off ``<Z_a><Z_b>*``; needs two realisations or more.

    Raises
    ------
    InputError, SampleSizeError
    """
    t = np.asarray(times, dtype=float)
    if t.ndim != 1 or not np.isfinite(t).all():
        raise ShapeError(f"times are a row of finite numbers; got shape {t.shape}")
    if connected and spectra.realisations < 2:
        raise SampleSizeError("a connected form factor needs two realisations or more; use connected=False for one")
    if filter is not None and (len(filter) != 2 or filter[0] != "gauss" or not filter[1] > 0):
        raise InputError(f"the filter is ('gauss', width) or None; got {filter!r}")
    s, k = spectra.realisations, len(spectra.labels)
    traces = np.empty((s, k, len(t)), dtype=complex)
    for i in range(s):
        whole = np.concatenate([a[i] for a in spectra.levels])
        mean, sigma = whole.mean(), whole.std()
        for a in range(k):
            e = spectra.levels[a][i]
            f = np.ones_like(e) if filter is None else np.exp(-((e - mean) ** 2) / (2 * (filter[1] * sigma) ** 2))
            traces[i, a] = _trace(e - mean, f, t)
    values = np.einsum("san,sbn->abn", traces, traces.conj(), optimize=True) / s
    if connected:
        average = traces.mean(axis=0)
        values = (values - average[:, None] * average[None].conj()) * (s / (s - 1))
    return Curve(t, values, exact_plateau_filtered(spectra, filter), spectra.labels, connected)


def _trace(e: np.ndarray, f: np.ndarray, t: np.ndarray) -> np.ndarray:
    step = max(_CHUNK // max(len(e), 1), 1)
    parts = [f @ np.exp(-1j * np.multiply.outer(e, t[i : i + step])) for i in range(0, len(t), step)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=complex)


def exact_plateau_filtered(spectra: SectorSpectra, filter: tuple[str, float] | None) -> Float[np.ndarray, "k k"]:
    """``sum over clusters f(E)^2 m_a m_b``."""
    patterns = find_patterns(spectra)
    total = np.zeros((len(spectra.labels),) * 2)
    for i in range(spectra.realisations):
        whole = np.concatenate([a[i] for a in spectra.levels])
        mean, sigma = whole.mean(), whole.std()
        for row, levels in zip(patterns.rows, patterns.levels):
            e = levels[i]
            weight = len(e) if filter is None else np.exp(-((e - mean) ** 2) / (filter[1] * sigma) ** 2).sum()
            total += weight * np.outer(row, row)
    return total / spectra.realisations


def unfolded_curve(spectra: SectorSpectra, heisenberg_times: Float[np.ndarray, " n"]) -> Curve:
    """Connected K_ab on unfolded levels, in units of one GUE block's ramp, at times over the Heisenberg time.

    The unit of time is the Heisenberg time of the smallest sector; over ``t / (2 pi) int f^2`` an integer staircase
    of ramps becomes a set of integers.
    """
    sequences = _unfolded(spectra)
    sizes = spectra.dims[spectra.dims > 0]
    x = np.asarray(heisenberg_times, dtype=float)
    data = ramp_data(sequences, x * float(sizes.min()))
    values = data.connected() / (np.sqrt(np.pi) * 0.18 * float(sizes.min()))
    plateau = np.diag(data.weights) / (np.sqrt(np.pi) * 0.18 * float(sizes.min()))
    return Curve(x, values, plateau, spectra.labels, spectra.realisations > 1)


def _unfolded(spectra: SectorSpectra) -> list[list[np.ndarray]]:
    rows: list[list[np.ndarray]] = [[] for _ in spectra.labels]
    for i in range(spectra.realisations):
        for a, x in enumerate(unfold([levels[i] for levels in spectra.levels])):
            rows[a].append(x)
    return rows


def least_blocks(
    known: KnownSubgroup,
    rows: Int[np.ndarray, "p k"],
    counts: Float[np.ndarray, " p"],
    dims: Int[np.ndarray, " k"],
    kinds: Sequence[str] | None = None,
    max_order: int = 240,
) -> Int[np.ndarray, " p"] | None:
    """Least numbers of blocks behind patterns, from the numbers of levels alone.

    A Hilbert space near a multiple of the regular representation has ``n_R = d_R D / |G|`` up to the traces of the
    elements; the smallest multiple of |N|, up to half of D, that makes all numbers of irreps whole, within what the
    traces of N allow, and their squared dimensions add up to it, is taken. A hidden factor that acts inside every
    sector multiplies all numbers and shows in the ramp only.

    Parameters
    ----------
    known : KnownSubgroup
    rows : int array of shape (p, k)
        Patterns.
    counts : array of shape (p,)
        Levels with each.
    dims : int array of shape (k,)
        D_a.
    kinds : sequence of str, optional
        ``"GUE"`` for patterns of complex pairs and ``"GSE"`` for Kramers pairs under an anti-unitary; all real when
        omitted.
    max_order : int

    Returns
    -------
    int array of shape (p,), or None when no order fits

    Examples
    --------
    >>> from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import known_subgroup
    >>> least_blocks(known_subgroup("Z3"), np.array([[1, 0, 0], [0, 1, 1]]), np.array([243, 243]), np.array([243] * 3))
    array([2, 1])
    """
    size = rows @ known.dims
    total = float(size @ counts)
    # A pair R, tau(R) has twice the size of R and half of the squared dimensions; so has a Kramers pair twice over.
    share = np.array([{"GUE": 0.5, "GSE": 0.25}.get(k, 1.0) for k in kinds or ["GOE"] * len(rows)])
    # The traces of the elements of N say how far the space is from regular.
    traces = np.abs(known.characters.T @ dims)[1:]
    uneven = float(traces.max(initial=0.0)) / total
    # A group of the order of the space fits any levels, one an irrep: two copies of the regular representation are due.
    for order in range(known.order, min(max_order, max(int(total) // 2, known.order)) + 1, known.order):
        x = order * counts / (size * total * share)
        mu = np.rint(x).astype(np.int64)
        slack = np.minimum(0.08 + 0.5 * size * uneven * x, 0.3)
        whole = mu.min() >= 1 and (np.abs(x - mu) <= slack).all()
        # An irrep that is counted occurs at least once.
        present = (mu <= np.ceil(counts - 1e-9)).all()
        if whole and present and round(float((mu * share) @ size**2)) == order:
            return mu
    return None


def seed(
    spectra: SectorSpectra,
    route: Literal["auto", "levels", "ramp"] = "auto",
    tolerance: float | None = None,
    antiunitary: bool | None = None,
    rng: np.random.Generator | int | None = 0,
) -> Seed:
    """Patterns, plateau, ramp and classes of spectra.

    Parameters
    ----------
    spectra : SectorSpectra
    route : {"auto", "levels", "ramp"}
        What the numbers of irreps behind the patterns rest on: the ramp where it is safe, else the numbers of levels;
        the numbers of levels alone (right for integrable Hamiltonians, a lower bound); or the ramp alone.
    tolerance : float, optional
        Of coinciding levels; see :func:`~symmeter.quantum.symmetry_bootstrap.patterns.find_patterns`.
    antiunitary : bool, optional
        Whether there is an anti-unitary symmetry; as the spectra say, or judged from them, when omitted.
    rng : numpy Generator or int
        For bootstrap errors.

    Raises
    ------
    SampleSizeError
        If the ramp is asked for and a sector has too few levels, or its number of blocks cannot be rounded safely.
    """
    if route not in ("auto", "levels", "ramp"):
        raise InputError(f"route is 'auto', 'levels' or 'ramp'; got {route!r}")
    rng = np.random.default_rng(rng)
    antiunitary = spectra.antiunitary if antiunitary is None else antiunitary
    smallest = int(spectra.dims[spectra.dims > 0].min())
    if route == "ramp" and smallest < LEAST_LEVELS:
        label = spectra.labels[int(np.where(spectra.dims > 0, spectra.dims, 1 << 40).argmin())]
        raise SampleSizeError(
            f"sector {label!r} has {smallest} levels; a ramp needs about {LEAST_LEVELS} or more: use route='levels'"
        )
    patterns = find_patterns(spectra, tolerance)
    notes = [*patterns.notes]

    def least(kinds: Sequence[str]) -> np.ndarray | None:
        return least_blocks(spectra.known, patterns.rows, patterns.counts, spectra.dims, kinds)

    found: Classification | None = None
    gue = error = None
    if route != "levels":
        found = _statistics(spectra, patterns, least, rng, antiunitary)
        if smallest >= LEAST_LEVELS:
            gue, error = ramp_of_sectors(_unfolded(spectra), rng)
    statistics = [None] * len(patterns) if found is None else list(found.patterns)
    present = antiunitary if found is None else found.antiunitary
    counted = found is not None and all(s.blocks for s in found.patterns)
    if route == "ramp" and not counted:
        _refuse(patterns, found.patterns if found else (), spectra.labels)
    kinds = [s.ensemble if s is not None and s.ensemble and present else "GOE" for s in statistics]
    numbers = least(kinds)
    regular = counted or numbers is not None
    if numbers is None:
        notes.append("the numbers of levels fit no regular representation of a group of moderate order")
        numbers = np.ones(len(patterns), dtype=np.int64)
    rows = tuple(
        PatternRow(tuple(row), float(n), int(m), s if counted or s is None else replace(s, blocks=None))
        for row, n, m, s in zip(patterns.rows.tolist(), patterns.counts, numbers, statistics)
    )
    return Seed(
        spectra.known,
        rows,
        _summed(rows),
        present,
        "ramp" if counted else "levels",
        exact_plateau(patterns),
        gue,
        error,
        patterns,
        spectra.dimension,
        regular,
        tuple(notes),
    )


def seed_of_traces(
    times: Float[np.ndarray, " n"],
    traces: Mapping[Any, Any] | Sequence[Any],
    subgroup: Any,
    dims: Mapping[str, int] | None = None,
    antiunitary: bool | None = None,
) -> Seed:
    """A seed from the plateau of traces ``Z_a(t)`` at late times, which may be noisy and at any times.

    Parameters
    ----------
    times : array of shape (n,)
        Rising, in inverse units of the levels; the later half is averaged, and should lie beyond the inverse of the
        smallest distances of levels.
    traces : mapping or sequence
        Label to n complex values, or realisations x n.
    subgroup : str, FiniteGroup, or orders of cyclic factors
    dims : mapping of label to int, optional
        D_a; ``Z_a(0)`` when omitted.
    antiunitary : bool, optional

    Raises
    ------
    SampleSizeError
        If the plateau is not known well enough to be rounded to whole numbers.
    """
    from symmeter.quantum.symmetry_bootstrap.plateau import patterns_of_plateau
    from symmeter.quantum.symmetry_bootstrap.spectra import named_sectors
    from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import known_subgroup
    from symmeter.quantum.symmetry_bootstrap.trace_levels import plateau_of_traces

    known = known_subgroup(subgroup)
    plateau, error, numbers = plateau_of_traces(times, named_sectors(known, traces), dims)
    off = np.abs(plateau - np.rint(plateau))
    unsafe = (3 * error > 0.5) | (off > 3 * error + 1e-6)
    if unsafe.any():
        a, b = np.argwhere(unsafe)[0]
        raise SampleSizeError(
            f"the plateau of sectors {known.labels[a]!r} and {known.labels[b]!r} is {plateau[a, b]:.3g} +- "
            f"{error[a, b]:.2g}, which is not safe to round; average over more late times or realisations"
        )
    rows, counts = patterns_of_plateau(plateau, numbers)
    order = np.argsort([(row[known.trivial] == 0) * 1000 - int(row.max()) for row in rows], kind="stable")
    rows, counts = rows[order], counts[order].astype(float)
    blocks = least_blocks(known, rows, counts, numbers)
    regular = blocks is not None
    blocks = np.ones(len(rows), dtype=np.int64) if blocks is None else blocks
    found = tuple(PatternRow(tuple(r), float(n), int(m)) for r, n, m in zip(rows.tolist(), counts, blocks))
    size = int(numbers @ known.dims)
    whole = np.rint(plateau)
    return Seed(
        known, found, _summed(found), antiunitary, "levels", whole, dimension=size, is_regular=regular,
        notes=("patterns from the plateau of traces",),
    )  # fmt: skip


def _statistics(
    spectra: SectorSpectra,
    patterns: Patterns,
    least: Callable[[Sequence[str]], np.ndarray | None],
    rng: np.random.Generator,
    antiunitary: bool | None,
) -> Classification:
    unfolded: list[list[np.ndarray]] = [[] for _ in patterns.rows]
    for i in range(spectra.realisations):
        for rows, x in zip(unfolded, unfold([levels[i] for levels in patterns.levels])):
            rows.append(x)
    only = np.zeros(len(spectra.labels), dtype=np.int64)
    only[spectra.known.trivial] = 1
    trivial = next((i for i, row in enumerate(patterns.rows) if np.array_equal(row, only)), None)
    even = [bool((row % 2 == 0).all()) for row in patterns.rows]
    return classify_patterns(patterns.levels, unfolded, trivial, even, least, rng, antiunitary)


def _refuse(patterns: Patterns, statistics: Sequence[BlockClass], labels: tuple[str, ...]) -> None:
    for row, s in zip(patterns.rows, statistics):
        if s.blocks is None:
            raise SampleSizeError(
                f"the ramp of the levels {pattern_text(row, labels)} does not give a whole number of blocks "
                f"({s.why}); give more realisations, or use route='levels'"
            )
