"""Groups as chains of cyclic extensions of prime degree: K < K<t>, with ``t x t^-1 = s(x)`` and ``t^p = c``.

Every solvable group is such a chain, which makes a compact record of it: for each step p, c and the images under s of
the earlier generators. Element ``x t^a`` of the larger group is number ``a |K| + x``, so the generator t is number |K|.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from symmeter.errors import FileFormatError
from symmeter.groups.finite_group import FiniteGroup

__all__ = ["Chain", "cyclic_extensions", "extend", "group_of_chain"]

#: Steps (p, c, images of the earlier generators under s).
Chain = tuple[tuple[int, int, tuple[int, ...]], ...]


def extend(
    table: Int[np.ndarray, "k k"], p: int, c: int, automorphism: Int[np.ndarray, " k"]
) -> Int[np.ndarray, "n n"]:
    """Table of K<t>: ``(x t^a)(y t^b) = x s^a(y) t^(a+b)``, with ``t^p = c``."""
    k = len(table)
    powers = [np.arange(k)]
    for _ in range(p - 1):
        powers.append(automorphism[powers[-1]])
    result = np.empty((p * k, p * k), dtype=np.int32)
    for a in range(p):
        twisted = table[:, powers[a]]
        carried = table[twisted, c]
        for b in range(p):
            block = twisted if a + b < p else carried
            result[a * k : (a + 1) * k, b * k : (b + 1) * k] = block + k * ((a + b) % p)
    return result


def group_of_chain(chain: Sequence[Sequence], name: str | None = None) -> FiniteGroup:
    """The group that a chain records.

    Raises
    ------
    FileFormatError
        If a step does not fit the group below it.
    """
    table = np.zeros((1, 1), dtype=np.int32)
    generators: list[int] = []
    for p, c, images in chain:
        k = len(table)
        if len(images) != len(generators) or not 0 <= c < k or any(not 0 <= x < k for x in images):
            raise FileFormatError(f"a step of the chain has {len(images)} images for {len(generators)} generators")
        automorphism = _spread(table, generators, images)
        table = extend(table, p, c, automorphism)
        generators.append(k)
    return FiniteGroup.trusted(table, name)


def _spread(table: np.ndarray, generators: list[int], images: Sequence[int]) -> np.ndarray:
    """The automorphism with these images of the generators t_1, t_2, ...; every element is x t^a of the last one."""
    f = np.zeros(1, dtype=np.intp)
    for j, image in enumerate(images):
        k = generators[j]
        following = generators[j + 1] if j + 1 < len(generators) else len(table)
        blocks = [f]
        for _ in range(following // k - 1):
            blocks.append(table[blocks[-1], image])
        f = np.concatenate(blocks)
    return f


def cyclic_extensions(group: FiniteGroup, p: int) -> Iterator[tuple[int, Int[np.ndarray, " k"]]]:
    """Pairs (c, s) that give every extension of the group by C_p, up to conjugacy of s in Out and some repetitions."""
    automorphisms = group.automorphism_group.elements_array(1_000_000).astype(np.int16)
    inner = np.unique(group.conjugation, axis=0).astype(np.int16)
    is_inner = {row.tobytes(): row for row in inner}
    power = automorphisms
    for _ in range(p - 1):
        power = np.take_along_axis(automorphisms, power, axis=1)
    inverse = np.argsort(automorphisms, axis=1).astype(np.int16)
    done: set[bytes] = set()
    for s, raised in zip(automorphisms, power):
        if raised.tobytes() not in is_inner or s.tobytes() in done:
            continue
        conjugates = np.take_along_axis(automorphisms, s[inverse], axis=1)
        for row in np.unique(conjugates, axis=0):
            done.update(i.tobytes() for i in inner[:, row])
        for c in np.flatnonzero(s == np.arange(group.order)).tolist():
            if np.array_equal(group.conjugation[c], raised):
                yield c, s.astype(np.intp)
