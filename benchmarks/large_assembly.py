"""One large problem in a process of its own, which says how long it took and how much memory it had at most.

``python large_assembly.py symmeter 1024 64`` or ``python large_assembly.py dense 1024 64``. The peak is that of the
whole process, with Python, NumPy and SciPy in it.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from dense_assembly import dense_solution
from planted import random_problem, solution


def main() -> None:
    route, m, d = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    # Start-up and first use of BLAS are not the work.
    (solution if route == "symmeter" else dense_solution)(*random_problem(16, 4), 100)
    covariance, permutations = random_problem(m, d)
    start = time.perf_counter()
    (solution if route == "symmeter" else dense_solution)(covariance, permutations, 5000)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    print(json.dumps({"seconds": seconds, "peak_bytes": peak if sys.platform == "darwin" else 1024 * peak}))


if __name__ == "__main__":
    main()
