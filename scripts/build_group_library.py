"""Makes ``small_groups.json``, the library of all groups of order up to 63: ``python scripts/build_group_library.py``.

Every group of order below 64 but A5 is solvable, so has a normal subgroup of prime index: all cyclic extensions of all
groups of order n/p are made, and one of each isomorphism type kept. Types are told apart by their fingerprints, and the
numbers per order are compared with the known ones (Besche, Eick and O'Brien 2002; OEIS A000001), which proves that no
type is missing and none appears twice.

The number of a group within its order is the one of the SmallGroups library. It is taken from the previous file, or
asked of a GAP program (``--gap PATH``) that has that library; it serves development only.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path

from symmeter.files import write_atomic
from symmeter.groups.cyclic_extensions import Chain, cyclic_extensions, extend, group_of_chain
from symmeter.groups.families import alternating_group
from symmeter.groups.fingerprints import fingerprint
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.library import DATA_PATH, LARGEST_ORDER, NUMBERS_OF_GROUPS, small_groups
from symmeter.groups.names import _prime_divisors

__all__ = ["all_chains", "main"]


def all_chains(largest: int = LARGEST_ORDER) -> dict[int, dict[str, Chain]]:
    """For each order, one chain of each solvable isomorphism type, by fingerprint."""
    found: dict[int, dict[str, Chain]] = {1: {fingerprint(group_of_chain(())): ()}}
    for n in range(2, largest + 1):
        found[n] = {}
        for p in _prime_divisors(n):
            for chain in found[n // p].values():
                group = group_of_chain(chain)
                generators = [1]
                for q, _, _ in chain:
                    generators.append(generators[-1] * q)
                for c, s in cyclic_extensions(group, p):
                    extension = FiniteGroup.trusted(extend(group.table, p, c, s))
                    images = tuple(int(s[g]) for g in generators[:-1])
                    found[n].setdefault(fingerprint(extension), (*chain, (p, c, images)))
        print(n, len(found[n]), flush=True)
    return found


def _numbers_from_gap(program: str, root: str | None, groups: list[FiniteGroup]) -> list[int]:
    lines = []
    for g in groups:
        permutations = ",".join(f"PermList({(g.table[x] + 1).tolist()})" for x in g.generators) or "()"
        lines.append(f'Print("id ", IdGroup(Group({permutations}))[2], "\\n");')
    script = "\n".join([*lines, "QUIT;"])
    command = [program, "-q", "-T", *(["-l", root] if root else [])]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    return [int(x) for x in re.findall(r"^id (\d+)", done.stdout, re.MULTILINE)]


def main() -> None:
    """Write the data file."""
    parser = argparse.ArgumentParser(description="Make the library of groups of order up to 63.")
    parser.add_argument("--gap", metavar="PATH", help="a GAP program with its SmallGroups library")
    parser.add_argument("--gap-root", metavar="PATH", help="its library folder, where the program does not find it")
    parser.add_argument("--out", type=Path, default=DATA_PATH)
    options = parser.parse_args()
    from symmeter.groups.structure import described

    recorded: dict[str, int] = {}
    if not options.gap:
        for n in range(1, LARGEST_ORDER + 1):
            recorded.update({fingerprint(g): k for k, g in enumerate(small_groups(n), start=1)})
    library: dict[str, list[dict]] = {}
    for n, chains in all_chains().items():
        entries = [(f, {"chain": c}, group_of_chain(c)) for f, c in chains.items()]
        if n == 60:
            a5 = alternating_group(5)
            rows = [a5.table[g].tolist() for g in a5.generators]
            entries.append((fingerprint(a5), {"permutations": rows}, a5))
        if len(entries) != NUMBERS_OF_GROUPS[n - 1]:
            raise SystemExit(f"order {n}: {len(entries)} groups found, {NUMBERS_OF_GROUPS[n - 1]} are known")
        if options.gap:
            numbers = _numbers_from_gap(options.gap, options.gap_root, [g for _, _, g in entries])
        else:
            numbers = [recorded[f] for f, _, _ in entries]
        if sorted(numbers) != list(range(1, len(entries) + 1)):
            raise SystemExit(f"order {n}: the numbers {sorted(numbers)} are no numbering; run with --gap")
        library[str(n)] = [
            {"number": k, "name": described(FiniteGroup.trusted(g.table)), "fingerprint": f, **record}
            for k, (f, record, g) in sorted(zip(numbers, entries), key=lambda pair: pair[0])
        ]
    blocks = []
    for n, entries in library.items():
        lines = ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries)
        blocks.append(f'"{n}": [\n{lines}]')
    write_atomic(options.out, '{"format": 1, "groups": {\n' + ",\n".join(blocks) + "\n}}\n")


if __name__ == "__main__":
    main()
