"""The oracle of these tests: matrices from Kronecker products, written without any of the library's machinery."""

from functools import reduce

import numpy as np
import pytest
from scipy import sparse

_SIGNS = np.diag([1.0, -1.0])


def _kronecker(space, terms):
    """Dense matrix of ``[(coefficient, [(name, site), ...])]`` on the whole tensor product."""
    dims = [s.levels for s in space.sites]
    total = sparse.csr_array((int(np.prod(dims)),) * 2, dtype=complex)
    for coefficient, factors in terms:
        product = sparse.eye_array(total.shape[0], format="csr")
        for name, label in factors:
            site = space.site(label)
            local = [np.eye(d) for d in dims]
            local[site] = space.sites[site].operators[name]
            if name in ("c", "cd"):
                for j in range(site):
                    if space.sites[j].kind == "fermion":
                        local[j] = _SIGNS
            product = product @ reduce(lambda a, b: sparse.kron(a, b, "csr"), local)
        total = total + coefficient * product
    return total.toarray()


@pytest.fixture(scope="session")
def kronecker():
    return _kronecker


@pytest.fixture(scope="session")
def hermitian_terms():
    """Random Hermitian sums of random products, every operator of every site has its turn."""

    def made(space, number, rng, longest=3):
        odd = [i for i, s in enumerate(space.sites) if s.kind == "fermion"]
        terms = []
        adjoint = {"S+": "S-", "S-": "S+", "c": "cd", "cd": "c", "a": "ad", "ad": "a", "+": "-", "-": "+"}
        adjoint |= {"Z": "Zd", "Zd": "Z", "X": "Xd", "Xd": "X"}
        for _ in range(number):
            factors = []
            for _ in range(rng.integers(1, longest + 1)):
                site = int(rng.integers(space.number))
                kind = space.sites[site].kind
                names = {
                    "spin": ["Sz", "S+", "S-", "Sx", "Sy"],
                    "boson": ["a", "ad", "n"],
                    "clock": ["Z", "X", "Zd", "Xd"],
                    "fermion": ["n"],
                    "colour": ["E01", "E10", "E00"],
                }[kind]
                factors.append((str(rng.choice(names)), site))
            if len(odd) > 1 and rng.random() < 0.7:
                i, j = rng.choice(odd, 2, replace=False)
                factors += [("cd", int(i)), ("c", int(j))] if rng.random() < 0.5 else [("c", int(i)), ("c", int(j))]
            c = complex(rng.standard_normal(), rng.standard_normal())
            turned = []
            for name, site in reversed(factors):
                kind = space.sites[site].kind
                if kind == "colour":
                    turned.append((f"E{name[2]}{name[1]}", site))
                elif kind == "spin" and name in ("X", "Z"):
                    turned.append((name, site))
                else:
                    turned.append((adjoint.get(name, name), site))
            terms += [(c, tuple(factors)), (c.conjugate(), tuple(turned))]
        return terms

    return made
