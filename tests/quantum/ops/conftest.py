"""Dense matrices of single operators, made by hand: the oracle that knows nothing of normal ordering."""

import numpy as np
import pytest

from symmeter.quantum import ops

SIGMA = {
    "X": np.array([[0, 1], [1, 0]], complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0 + 0j, -1]),
}


def embed(matrix, place, sizes):
    out = np.eye(1)
    for k, d in enumerate(sizes):
        out = np.kron(out, matrix if k == place else np.eye(d))
    return out


def spin_matrices(spin):
    d = int(2 * spin) + 1
    m = float(spin) - np.arange(d)
    up = np.diag(np.sqrt(float(spin) * (float(spin) + 1) - m[1:] * (m[1:] + 1)), 1)
    return {"Sz": np.diag(m), "S+": up, "S-": up.T, "Sx": (up + up.T) / 2, "Sy": (up - up.T) / 2j}


class Dense:
    """Matrices of the letters of some species, each with a number of modes, on their product space.

    Fermion species share one Jordan-Wigner order, so that different species anticommute.
    """

    def __init__(self, *parts, levels=9):
        self.places, self.sizes, self.fermionic = {}, [], []
        for species, modes in parts:
            count = (modes + 1) // 2 if isinstance(species, ops.Majoranas) else modes
            self.places[species.name] = len(self.sizes)
            d = 2
            if isinstance(species, ops.Bosons):
                d = levels
            elif isinstance(species, ops.Spins):
                d = int(2 * species.spin) + 1
            elif isinstance(species, ops.SUN):
                d = species.colours
            self.sizes += [d] * count
            self.fermionic += [species.fermionic] * count

    def letter(self, species, kind, mode):
        first = self.places[species.name]
        if isinstance(species, ops.Majoranas):
            site = first + mode // 2
            return self.strung(site, SIGMA["Y"] if mode % 2 else SIGMA["X"])
        site = first + mode
        if isinstance(species, ops.Fermions):
            lower = np.array([[0, 1], [0, 0]], complex)
            return self.strung(site, {"c": lower, "cd": lower.T, "n": lower.T @ lower}[kind], odd=kind != "n")
        if isinstance(species, ops.Bosons):
            lower = np.diag(np.sqrt(np.arange(1.0, self.sizes[site])), 1)
            return embed({"a": lower, "ad": lower.T, "n": lower.T @ lower}[kind], site, self.sizes)
        if isinstance(species, ops.Spins):
            return embed(spin_matrices(species.spin)[kind], site, self.sizes)
        if isinstance(species, ops.SUN):
            unit = np.zeros((species.colours,) * 2)
            unit[int(kind[1]), int(kind[2])] = 1
            return embed(unit, site, self.sizes)
        ladder = {"p+": (SIGMA["X"] + 1j * SIGMA["Y"]) / 2, "p-": (SIGMA["X"] - 1j * SIGMA["Y"]) / 2}
        return embed((SIGMA | ladder)[kind], site, self.sizes)

    def strung(self, site, matrix, odd=True):
        out = np.eye(1)
        for k, d in enumerate(self.sizes):
            tail = SIGMA["Z"] if odd and k < site and self.fermionic[k] else np.eye(d)
            out = np.kron(out, matrix if k == site else tail)
        return out

    def word(self, letters):
        out = np.eye(int(np.prod(self.sizes)), dtype=complex)
        for species, kind, mode in letters:
            out = out @ self.letter(species, kind, mode)
        return out

    def __call__(self, operator):
        total = np.zeros((int(np.prod(self.sizes)),) * 2, complex)
        for value, word in operator:
            total += complex(value) * self.word([(s, *factor) for s, factor in word])
        return total


@pytest.fixture
def dense():
    return Dense


def random_word(rng, parts, kinds, length):
    letters = []
    for _ in range(length):
        species, modes = parts[rng.integers(len(parts))]
        letters.append((species, str(rng.choice(kinds[type(species).__name__])), int(rng.integers(modes))))
    return letters


KINDS = {
    "Fermions": ["c", "cd", "n"],
    "Bosons": ["a", "ad"],
    "Spins": ["S+", "S-", "Sz", "Sx", "Sy"],
    "Paulis": ["X", "Y", "Z", "p+", "p-"],
    "Majoranas": ["g"],
}


@pytest.fixture
def words():
    """A function that draws words: (rng, parts, length) -> letters."""

    def draw(rng, parts, length):
        kinds = dict(KINDS)
        for s, _ in parts:
            if isinstance(s, ops.SUN):
                kinds["SUN"] = [s.kind(a, b) for a in range(s.colours) for b in range(s.colours)]
        return random_word(rng, parts, kinds, length)

    return draw


@pytest.fixture
def multiply():
    """A function that multiplies letters in the algebra."""

    def run(letters, value=1):
        total = value
        for species, kind, mode in letters:
            total = ops.word(species, (kind, mode)) * 1 if total is None else total * ops.word(species, (kind, mode))
        return total

    return run
