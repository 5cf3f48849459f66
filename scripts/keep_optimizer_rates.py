"""Keep the sweep over learning rates of ``symmeter reproduce symmetry-optimizers --scale full`` for the laptop scale.

Usage: python scripts/keep_optimizer_rates.py results.json
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from symmeter.papers.checkpoints import decode

KEPT = ("task", "method", "lr", "embedding", "seed", "steps", "loss")
TARGET = Path(__file__).parent.parent / "src" / "symmeter" / "papers" / "_symmetry_optimizers_rates.json"


def main(results: str) -> None:
    """Write the rows that the experiment needs, one a line."""
    runs = decode(json.loads(Path(results).read_text(encoding="utf-8")))["tables"]["sweep"]
    if not runs:
        raise SystemExit(f"{results} has no sweep; make one with --scale full")
    rows = [{k: row[k] for k in KEPT} for row in runs]
    rows = [{**r, "loss": r["loss"] if r["loss"] < 1e6 else None} for r in rows]
    lines = ",\n    ".join(json.dumps(r) for r in rows)
    head = f'{{\n  "kept_with": "Python {platform.python_version()}",\n  "runs": [\n    '
    TARGET.write_text(f"{head}{lines}\n  ]\n}}\n", encoding="utf-8")
    print(f"{len(rows)} runs kept in {TARGET.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
