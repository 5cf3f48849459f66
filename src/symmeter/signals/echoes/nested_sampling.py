"""The evidence by nested sampling, with dynesty or nautilus: a check of ours by a method that has nothing in common.

Random walks of dynesty get stuck on fractions of a spacing unless they are long; see the experiment on echoes.

References
----------
J. S. Speagle, Mon. Not. R. Astron. Soc. 493, 3132 (2020); J. U. Lange, Mon. Not. R. Astron. Soc. 525, 3181 (2023).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError, UnknownNameError
from symmeter.signals.echoes.importance import Evidence
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.prior import UniEwPrior

__all__ = ["SAMPLERS", "nested_evidence"]

SAMPLERS = ("dynesty", "nautilus")


def nested_evidence(
    likelihood: EchoLikelihood,
    prior: UniEwPrior,
    sampler: str = "dynesty",
    *,
    live: int = 1000,
    walks: int = 100,
    rng: np.random.Generator | int | None = 0,
) -> Evidence:
    """The Bayes factor of a comb against noise, by a nested sampler (extra ``sampling``).

    Parameters
    ----------
    likelihood : EchoLikelihood
    prior : UniEwPrior
    sampler : {"dynesty", "nautilus"}
    live : int
        Live points; the published searches took 1000, and 2000 for 100 echoes and more.
    walks : int
        Steps of a random walk (dynesty).
    rng : numpy Generator or int

    Returns
    -------
    Evidence

    Raises
    ------
    SymmeterError
        Samplers that are not known or not installed.
    """
    if sampler not in SAMPLERS:
        raise UnknownNameError(f"no nested sampler is called {sampler!r}; use {' or '.join(SAMPLERS)}")
    if find_spec(sampler) is None:
        raise MissingDependencyError(sampler, "sampling", "nested sampling")
    if live < 50 or walks < 1:
        raise InputError(f"live is {live} and walks {walks}; nested sampling takes 50 live points or more, and a step")
    settled = prior.settled(likelihood.data)
    free = 6 if settled.free_band else 4
    rng = np.random.default_rng(rng)
    run = _dynesty if sampler == "dynesty" else _nautilus

    def combs(u: np.ndarray) -> np.ndarray:
        return settled.transform(np.atleast_2d(u))

    theta, value, ln_w, ln_z, error = run(likelihood, combs, free, live, walks, rng)
    w = np.exp(ln_w - ln_w.max())
    return Evidence(ln_z, error, theta, value, w / w.sum())


def _dynesty(likelihood: EchoLikelihood, combs: Any, free: int, live: int, walks: int, rng: Any) -> tuple[Any, ...]:
    from dynesty import NestedSampler

    sampler = NestedSampler(
        lambda u: float(likelihood.batch(combs(u))[0]), lambda u: u, free, nlive=live, sample="rwalk", walks=walks,
        periodic=[2], bound="multi", rstate=rng,
    )  # fmt: skip
    sampler.run_nested(dlogz=0.1, print_progress=False)
    found: Any = sampler.results
    return combs(found.samples), found.logl, found.logwt, float(found.logz[-1]), float(found.logzerr[-1])


def _nautilus(likelihood: EchoLikelihood, combs: Any, free: int, live: int, walks: int, rng: Any) -> tuple[Any, ...]:
    from nautilus import Sampler

    sampler = Sampler(
        combs, lambda theta: likelihood.batch(theta), n_dim=free, n_live=live, vectorized=True, pass_dict=False,
        periodic=np.array([2]), seed=int(rng.integers(2**31)),
    )  # fmt: skip
    sampler.run(verbose=False)
    theta, ln_w, value = sampler.posterior()
    # Relative error of a sum of weights of so many effective draws.
    return np.asarray(theta), value, ln_w, float(sampler.log_z), float(1.0 / np.sqrt(sampler.n_eff))
