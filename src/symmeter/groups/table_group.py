"""What a multiplication table says by itself: orders, conjugacy classes, centralisers, closures and series.

Conjugation is ``g x g^-1`` and the commutator ``x y x^-1 y^-1``. :class:`~symmeter.groups.FiniteGroup` adds the ways
in, subgroups as values, homomorphisms, characters and irreps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from math import lcm

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, InputError
from symmeter.groups.cayley import close_under, generators_of, short_generators
from symmeter.groups.group import Group

__all__ = ["TableGroup"]


class TableGroup(Group):
    """Elements 0..n-1 with their multiplication table; what is derived from it is kept."""

    _table: np.ndarray
    _given_generators: tuple[int, ...] | None

    @property
    def table(self) -> Int[np.ndarray, "n n"]:
        """Cayley table, read-only."""
        return self._table

    @property
    def order(self) -> int:
        return len(self._table)

    def __len__(self) -> int:
        return self.order

    @cached_property
    def generators(self) -> tuple[int, ...]:
        """A short generating sequence."""
        if self._given_generators is not None:
            return self._given_generators
        return short_generators(self._table, self.element_orders)

    def __contains__(self, element: object) -> bool:
        return isinstance(element, (int, np.integer)) and 0 <= int(element) < self.order

    def elements(self, cap: int = 20_000) -> Iterator[int]:
        if self.order > cap:
            raise ClosureError(f"the group has order {self.order}, more than the cap of {cap} elements; raise cap=")
        return iter(range(self.order))

    def product(self, *elements: int) -> int:
        """Product of elements, from left to right: ``product(a, b)`` is a b."""
        result = 0
        for x in elements:
            result = int(self._table[result, self._checked(x)])
        return result

    def _checked(self, element: int) -> int:
        if element not in self:
            raise InputError(f"{element!r} is no element; the elements are the integers 0..{self.order - 1}")
        return int(element)

    @cached_property
    def inverses(self) -> Int[np.ndarray, " n"]:
        """Inverse of each element."""
        return _frozen(np.argmin(self._table, axis=1))

    @cached_property
    def element_orders(self) -> Int[np.ndarray, " n"]:
        """Order of each element."""
        n = self.order
        orders = np.zeros(n, dtype=np.intp)
        power, k = np.arange(n), 1
        while not orders.all():
            orders[(power == 0) & (orders == 0)] = k
            power = self._table[power, np.arange(n)]
            k += 1
        return _frozen(orders)

    def power(self, exponent: int) -> Int[np.ndarray, " n"]:
        """``x ** exponent`` of every element x."""
        base = np.arange(self.order) if exponent >= 0 else self.inverses
        result, e = np.zeros(self.order, dtype=np.intp), abs(int(exponent))
        while e:
            if e & 1:
                result = self._table[result, base]
            base = self._table[base, base]
            e >>= 1
        return np.asarray(result, dtype=np.intp)

    @cached_property
    def exponent(self) -> int:
        """Least common multiple of the orders of the elements."""
        return lcm(*set(self.class_orders.tolist()))

    @cached_property
    def conjugation(self) -> Int[np.ndarray, "n n"]:
        """``conjugation[g, x] = g x g^-1``."""
        return _frozen(self._table[self._table, self.inverses[:, None]])

    @cached_property
    def is_abelian(self) -> bool:
        # One element that is not central tells at once.
        last = np.array_equal(self._table[-1], self._table[:, -1])
        return last and bool(np.array_equal(self._table, self._table.T))

    # Conjugacy classes -----------------------------------------------------------------------------------------------

    @cached_property
    def _classes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[list[int]]]:
        """Number of the class of each element; smallest element of each class, its order, and its powers."""
        n = self.order
        powers: list[list[int]] = []
        if self.is_abelian:
            lowest, roots, orders = np.arange(n), np.arange(n), self.element_orders
            sizes = np.ones(n, dtype=np.intp)
        else:
            lowest, found = np.full(n, -1), []
            flat, rows, x = self._table.ravel(), self.inverses * n, 0
            while lowest[x] < 0:
                # x g for all g, then g^-1 x g.
                conjugates = flat[rows + self._table[x]]
                lowest[conjugates] = x
                found.append(x)
                x = int(lowest.argmin())
            roots = np.array(found)
            sizes = np.bincount(lowest, minlength=n)[roots]
            powers = [self._powers(r) for r in found]
            orders = np.array([len(around) for around in powers])
        ranking = np.lexsort((roots, sizes, orders))
        number = np.empty(n, dtype=np.intp)
        number[roots[ranking]] = np.arange(len(roots))
        powers = [powers[i] for i in ranking.tolist()] if powers else []
        return _frozen(number[lowest]), _frozen(roots[ranking]), _frozen(orders[ranking]), powers

    def _powers(self, x: int) -> list[int]:
        """1, x, x^2, ... once around."""
        row, powers = self._table[x].tolist(), [0]
        y = x
        while y:
            powers.append(y)
            y = row[y]
        return powers

    @property
    def class_labels(self) -> Int[np.ndarray, " n"]:
        """Number of the conjugacy class of each element; classes go by element order, size and smallest element."""
        return self._classes[0]

    @property
    def class_representatives(self) -> Int[np.ndarray, " k"]:
        """Smallest element of each class."""
        return self._classes[1]

    @property
    def class_orders(self) -> Int[np.ndarray, " k"]:
        """Order of the elements of each class."""
        return self._classes[2]

    @property
    def powers_of_representatives(self) -> list[list[int]]:
        """1, x, x^2, ... once around, for the smallest element x of each class."""
        return self._classes[3] or [self._powers(x) for x in self.class_representatives.tolist()]

    @cached_property
    def class_sizes(self) -> Int[np.ndarray, " k"]:
        """Number of elements of each class."""
        return _frozen(np.bincount(self.class_labels))

    @property
    def number_of_classes(self) -> int:
        """Number of conjugacy classes, and of irreps."""
        return len(self.class_sizes)

    @property
    def classes(self) -> list[Int[np.ndarray, " s"]]:
        """Elements of each conjugacy class."""
        by_class = np.argsort(self.class_labels, kind="stable")
        return np.split(by_class, np.cumsum(self.class_sizes)[:-1])

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Names as in the Atlas: the order of the elements and a letter, such as "1a", "2a", "2b"."""
        counts: dict[int, int] = {}
        names = []
        for o in self.class_orders.tolist():
            counts[o] = counts.get(o, -1) + 1
            names.append(f"{o}{_letters(counts[o])}")
        return tuple(names)

    def power_map(self, exponent: int) -> Int[np.ndarray, " k"]:
        """Class of ``x ** exponent`` for x in each class."""
        return self.class_labels[self.power(exponent)[self.class_representatives]]

    # Subgroups that come by themselves --------------------------------------------------------------------------------

    @cached_property
    def center(self) -> Int[np.ndarray, " z"]:
        """Elements that commute with all."""
        return _frozen(np.flatnonzero((self._table == self._table.T).all(axis=1)))

    def centralizer(self, elements: int | Sequence[int]) -> Int[np.ndarray, " c"]:
        """Elements that commute with each of the given ones."""
        xs = [self._checked(int(x)) for x in np.atleast_1d(elements)]
        return np.flatnonzero((self._table[:, xs] == self._table[xs].T).all(axis=1))

    def normalizer(self, elements: Sequence[int]) -> Int[np.ndarray, " m"]:
        """Elements g with ``g H g^-1 = H`` for the subgroup H that the elements generate."""
        members = self.closure(elements)
        inside = np.zeros(self.order, dtype=bool)
        inside[members] = True
        return np.flatnonzero(inside[self.conjugation[:, members]].all(axis=1))

    def closure(self, elements: Sequence[int] | np.ndarray) -> Int[np.ndarray, " k"]:
        """Elements of the subgroup that the given ones generate, increasing."""
        return close_under(self._table, [self._checked(int(x)) for x in elements])

    def normal_closure(self, elements: Sequence[int] | np.ndarray) -> Int[np.ndarray, " k"]:
        """Elements of the smallest normal subgroup that holds the given ones."""
        wanted = np.zeros(self.number_of_classes, dtype=bool)
        wanted[self.class_labels[[self._checked(int(x)) for x in elements]]] = True
        return close_under(self._table, np.flatnonzero(wanted[self.class_labels]).tolist())

    def commutator_subgroup(self, left: Sequence[int] | np.ndarray, right: Sequence[int] | np.ndarray) -> np.ndarray:
        """Elements of [H, K] for the normal subgroups H and K that two sets of elements generate."""
        t, inv = self._table, self.inverses
        h, k = np.asarray(left)[:, None], np.asarray(right)[None, :]
        forward, backward = t[h, k], t[k, h]
        # [H, K] of normal subgroups is normal, so that commutators of generators suffice.
        return self.normal_closure(np.unique(t[forward, inv[backward]]))

    @cached_property
    def derived_subgroup(self) -> Int[np.ndarray, " k"]:
        """Elements of the subgroup that all commutators generate."""
        few = self.some_generators
        return _frozen(self.commutator_subgroup(few, few) if few else np.zeros(1, dtype=np.intp))

    @property
    def some_generators(self) -> Sequence[int]:
        """Generators that are at hand, or quickly found ones; :attr:`generators` takes more care to have few."""
        if "generators" in self.__dict__ or self._given_generators is not None:
            return self.generators
        return generators_of(self._table, np.arange(self.order))

    @cached_property
    def derived_series(self) -> tuple[Int[np.ndarray, " k"], ...]:
        """G, G', G'', ... until it is constant."""
        return self._series(lambda few: few)

    @cached_property
    def lower_central_series(self) -> tuple[Int[np.ndarray, " k"], ...]:
        """G, [G, G], [[G, G], G], ... until it is constant."""
        return self._series(lambda few: list(self.some_generators))

    def _series(self, partner: Callable[[list[int]], list[int]]) -> tuple[np.ndarray, ...]:
        series = [_frozen(np.arange(self.order))]
        while series[-1].size > 1:
            few = generators_of(self._table, series[-1])
            following = self.commutator_subgroup(few, partner(few))
            if following.size == series[-1].size:
                break
            series.append(_frozen(following))
        return tuple(series)

    @property
    def is_solvable(self) -> bool:
        return self.derived_series[-1].size == 1

    @property
    def is_nilpotent(self) -> bool:
        return self.lower_central_series[-1].size == 1

    @property
    def is_perfect(self) -> bool:
        return self.derived_subgroup.size == self.order

    @cached_property
    def is_simple(self) -> bool:
        """Whether there are exactly two normal subgroups."""
        if self.order == 1:
            return False
        return all(self.normal_closure([int(x)]).size == self.order for x in self.class_representatives[1:])


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    array.setflags(write=False)
    return array


def _letters(number: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    text = ""
    while True:
        text = chr(ord("a") + number % 26) + text
        number = number // 26 - 1
        if number < 0:
            return text
