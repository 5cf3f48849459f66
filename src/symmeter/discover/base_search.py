"""Search along a base for permutations that a noisy covariance allows, as for exact automorphisms.

Fix the first base columns, send the next one to each image that noise allows, and continue by matching
(:mod:`symmeter.discover.column_matching`). Images that a known group reaches are skipped, and the work is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symmeter.discover.candidate_pool import CandidatePool
from symmeter.discover.column_matching import Matcher, Seeding
from symmeter.discover.pair_patterns import PairPattern
from symmeter.representations import Monomial

__all__ = ["BaseSearch"]

_LONGEST_BASE = 12
#: Further columns that may be seeded, images tried of each, and matchings made for one image of a base column.
_ANCHORS, _BRANCHES, _LEAVES = 5, 4, 12
#: Ratio to the noise level of a first matching after which only a third of the matchings are made.
_FAR = 4.0
#: Few columns are searched whatever is known already; more are searched in turns with making the group larger.
_UNPRUNED = 16
_PAUSE = 4


class BaseSearch:
    """Offers to a pool what it finds; a second run tries only what the first one left.

    Parameters
    ----------
    pool : CandidatePool
    matcher : Matcher
    max_work : float
        Bound on ``matcher.work``.

    Attributes
    ----------
    capped : bool
        Whether the bound was reached.
    """

    def __init__(self, pool: CandidatePool, matcher: Matcher, max_work: float) -> None:
        self.pool = pool
        self.matcher = matcher
        self.max_work = max_work
        self.capped = False
        self.base: list[int] = []
        self._nodes: list[Seeding] = []
        self._tried: set[tuple[int, int, int]] = set()

    @property
    def prunes(self) -> bool:
        """Whether a known group shortens the search."""
        return self.matcher.size > _UNPRUNED

    def run(self, known: PairPattern | None) -> bool:
        """Try all images at all levels.

        Parameters
        ----------
        known : PairPattern or None
            Of a group whose orbits need not be searched again.

        Returns
        -------
        bool
            Whether it paused because it has found enough to make that group larger first.
        """
        if not self._nodes:
            self._choose_base()
        known = known if self.prunes else None
        good = self.pool.good
        unfinished = list(range(len(self.base)))
        while unfinished:
            remaining = []
            for at, level in enumerate(unfinished):
                left = self.max_work - self.matcher.work
                if left <= 0:
                    self.capped = True
                    return False
                end = self.matcher.work + left / (len(unfinished) - at)
                if not self._try_level(level, known, end, good):
                    remaining.append(level)
                if self._is_enough(good):
                    return True
            unfinished = remaining
        return False

    def _is_enough(self, before: int) -> bool:
        return self.prunes and self.pool.good >= before + _PAUSE

    def _choose_base(self) -> None:
        """One column after the other that has fewest images left but its own, until all are told apart."""
        node, every = self.matcher.root(), np.arange(self.matcher.size)
        spread = np.sum([np.real(layer.values).std(axis=1) for layer in self.matcher.layers], axis=0)
        while len(self.base) < _LONGEST_BASE:
            self._nodes.append(node)
            counts = self.matcher.plausible(node).sum(1)
            counts[self.base] = 0
            open_columns = np.flatnonzero(counts > 1)
            if not open_columns.size and self.pool.signed:
                open_columns = np.setdiff1d(every, self.base)
            if not open_columns.size:
                return
            fewest = open_columns[counts[open_columns] == counts[open_columns].min()]
            # Among equals the column whose entries differ most tells most about the others.
            column = int(fewest[np.argmax(spread[fewest])])
            self.base.append(column)
            node = self.matcher.seeded(node, column, column)

    def _try_level(self, level: int, known: PairPattern | None, end: float, good: int) -> bool:
        """Try the images of one base column; whether all of them were tried."""
        node, column = self._nodes[level], self.base[level]
        distance = self.matcher.distance(node)[column]
        images = np.flatnonzero(self.matcher.plausible(node)[column])
        images = images[np.argsort(distance[images], kind="stable")]
        # Minus the identity is always a symmetry, so that the first column may keep its sign.
        signs = (1, -1) if self.pool.signed and level else (1,)
        for image, sign in ((image, sign) for image in images.tolist() for sign in signs):
            if (image, sign) == (column, 1) or (level, image, sign) in self._tried:
                continue
            if known is not None and _reaches(known, self.base[:level], column, image, sign):
                continue
            if self._is_enough(good) or self.matcher.work > end:
                return False
            self._tried.add((level, image, sign))
            self._descend(self.matcher.seeded(node, column, image, sign), level + 1)
        return True

    def _descend(self, node: Seeding, fixed: int) -> None:
        """Depth first over the images of the least ambiguous column, a matching at every node, until one is good."""
        stack = [node]
        leaves, most = 0, _LEAVES
        while stack and leaves < most:
            node = stack.pop()
            plausible = self.matcher.plausible(node)
            counts = plausible.sum(1)
            if not counts.all():
                continue
            leaves += 1
            images, signs = self.matcher.permutation(node)
            p = Monomial(images, signs if self.pool.signed else None, name="permutation")
            if self.pool.offer(p):
                return
            if leaves == 1 and self.pool.ratio(p) > _FAR:
                most = _LEAVES // 3
            counts[list(node.columns)] = 0
            open_columns = np.flatnonzero(counts > 1)
            if len(node.columns) - fixed >= _ANCHORS or not open_columns.size:
                continue
            column = int(open_columns[np.argmin(counts[open_columns])])
            distance = self.matcher.distance(node)[column]
            choices = np.flatnonzero(plausible[column])
            choices = choices[np.argsort(distance[choices], kind="stable")][:_BRANCHES]
            for image in choices[::-1].tolist():
                sign = -1 if self.pool.signed and node.cross[column, image] < 0 else 1
                stack.append(self.matcher.seeded(node, column, image, sign))


def _reaches(known: PairPattern, base: Sequence[int], column: int, image: int, sign: int) -> bool:
    """Whether the known group seems to move ``column`` to ``image`` with the base fixed, judged by its orbits."""
    target = image + (known.columns if sign < 0 else 0)
    points, moved = [*base, column], [*base, target]
    return all(known.labels[p, column] == known.labels[q, target] for p, q in zip(points, moved, strict=True))
