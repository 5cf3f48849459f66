"""What every test and doctest shares: NumPy as ``np`` in doctests, and property tests that do not flake."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Tests that start a Python of their own find this tree, whether or not it is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(Path(__file__).parent / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
)

# Modules whose purpose is an optional package have no doctests to run where it is missing.
collect_ignore = [] if find_spec("torch") else ["src/symmeter/representations/torch_harmonics.py", "src/symmeter/nn"]

# Same examples every time and no clock: a slow machine must not turn a property test red.
settings.register_profile(
    "symmeter", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("symmeter")


@pytest.fixture(autouse=True)
def _names_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np
