"""Keep what ``symmeter reproduce symmetry-optimizers --scale full`` found for the laptop scale: the sweep over learning
rates, and the repeats of regimes that are too large for it.

Usage: python scripts/keep_optimizer_rates.py results.json
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from symmeter.papers._symmetry_optimizers_runs import LATER
from symmeter.papers.checkpoints import decode

KEPT = ("task", "method", "lr", "embedding", "seed", "steps", "loss")
TARGET = Path(__file__).parent.parent / "src" / "symmeter" / "papers" / "_symmetry_optimizers_rates.json"


def main(results: str) -> None:
    """Write the rows that the experiment needs, one a line."""
    tables = decode(json.loads(Path(results).read_text(encoding="utf-8")))["tables"]
    if not tables["sweep"]:
        raise SystemExit(f"{results} has no sweep; make one with --scale full")
    kept = {"runs": tables["sweep"], "repeats": [r for r in tables["runs"] if r["task"] in LATER]}
    parts = [f'"kept_with": "Python {platform.python_version()}"']
    for name, rows in kept.items():
        plain = [{k: row[k] for k in KEPT} for row in rows]
        plain = [{**r, "loss": r["loss"] if r["loss"] < 1e6 else None} for r in plain]
        lines = ",\n    ".join(json.dumps(r) for r in plain)
        parts.append(f'"{name}": [\n    {lines}\n  ]')
    TARGET.write_text("{\n  " + ",\n  ".join(parts) + "\n}\n", encoding="utf-8")
    print(f"{len(kept['runs'])} runs and {len(kept['repeats'])} repeats kept in {TARGET.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
