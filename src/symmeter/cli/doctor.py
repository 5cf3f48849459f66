"""``symmeter doctor``: what an issue asks for first: versions, linear algebra, threads, GPU, extras."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import json_option, print_json, print_table

__all__ = ["doctor", "examine"]

_CORE = ("numpy", "scipy", "click", "rich", "jinja2", "jaxtyping", "joblib", "pyyaml")
_DEVELOPMENT = ("dev", "peers", "all")
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _extras() -> dict[str, dict[str, str | None]]:
    """Packages of each extra with their versions; None where one is missing."""
    try:
        lines = metadata.requires("symmeter") or []
    except metadata.PackageNotFoundError:
        return {}
    table: dict[str, dict[str, str | None]] = {}
    for line in lines:
        match = re.match(r"([A-Za-z0-9._-]+)\s*(\[[^\]]*\])?", line)
        for extra in re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line):
            if match and extra not in _DEVELOPMENT:
                inner = match[2][1:-1].split(",") if match[2] else []
                packages = {match[1]: _version(match[1])}
                if match[1].lower() == "symmeter":
                    packages = {f"[{name.strip()}]": None for name in inner}
                table.setdefault(extra, {}).update(packages)
    return {extra: _resolve(extra, table) for extra in sorted(table)}


def _resolve(extra: str, table: dict[str, dict[str, str | None]]) -> dict[str, str | None]:
    """Replace an extra's references to other extras by their packages."""
    found: dict[str, str | None] = {}
    for name, version in table.get(extra, {}).items():
        if name.startswith("["):
            found.update(_resolve(name[1:-1], table))
        else:
            found[name] = version
    return found


def _linear_algebra() -> dict[str, Any]:
    import numpy as np

    config = np.show_config(mode="dicts")
    blas = (config or {}).get("Build Dependencies", {}).get("blas", {})
    described = {"name": blas.get("name"), "version": blas.get("version")}
    if "threadpoolctl" in sys.modules or _version("threadpoolctl"):
        from threadpoolctl import threadpool_info

        pools = [pool for pool in threadpool_info() if pool.get("user_api") == "blas"]
        if pools:
            described["threads"] = pools[0].get("num_threads")
            described["kernel"] = pools[0].get("architecture")
    return described


def _gpu() -> dict[str, Any]:
    """Whether the system shows a GPU, and what the installed torch was built for; torch is not imported."""
    kind = None
    if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists():
        kind = "NVIDIA"
    elif Path("/dev/kfd").exists():
        kind = "AMD"
    elif sys.platform == "darwin" and platform.machine() == "arm64":
        kind = "Apple"
    torch = _version("torch")
    build = None if torch is None else torch.partition("+")[2] or "default build"
    return {"present": kind is not None, "kind": kind, "torch": torch, "torch_build": build}


def examine() -> dict[str, Any]:
    """Everything that the command prints, as plain values."""
    from symmeter import __version__
    from symmeter.conventions import VERSION

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    extras = _extras()
    return {
        "schema": "symmeter/doctor/1",
        "symmeter": __version__,
        "conventions": VERSION,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores,
        "packages": {name: _version(name) for name in _CORE},
        "linear_algebra": _linear_algebra(),
        "thread_variables": {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
        "gpu": _gpu(),
        "extras": {
            extra: {"complete": all(packages.values()), "packages": packages} for extra, packages in extras.items()
        },
    }


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Print versions, linear algebra, threads, GPU, and which extras are present."""
    found = examine()
    if as_json:
        print_json(found)
        return
    blas, gpu = found["linear_algebra"], found["gpu"]
    threads = ", ".join(f"{k}={v}" for k, v in found["thread_variables"].items()) or "no thread variable is set"
    kernel = f" for {blas['kernel']}" if blas.get("kernel") else ""
    counted = f", {blas['threads']} thread{'s' * (blas['threads'] != 1)}" if "threads" in blas else ""
    torch = f"torch {gpu['torch']}" if gpu["torch"] else "torch is not installed"
    print_table(
        ("", ""),
        [
            ("symmeter", f"{found['symmeter']}, conventions table {found['conventions']}"),
            ("Python", f"{found['python']} on {found['system']}, {found['cores']} cores"),
            ("packages", ", ".join(f"{k} {v or 'missing'}" for k, v in found["packages"].items())),
            ("linear algebra", f"{blas['name']} {blas['version']}{kernel}{counted}; {threads}"),
            ("GPU", f"{gpu['kind'] or 'none seen'}; {torch}"),
        ],
    )
    rows = []
    for extra, state in found["extras"].items():
        missing = [name for name, version in state["packages"].items() if version is None]
        here = ", ".join(f"{name} {version}" for name, version in state["packages"].items() if version)
        cure = f'missing {", ".join(missing)}: pip install "symmeter[{extra}]"' if missing else ""
        rows.append((extra, "missing" if missing else "present", "; ".join(part for part in (here, cure) if part)))
    if rows:
        print_table(("extra", "", "packages"), rows)
    else:
        print("extras: unknown, symmeter runs from its source folder without being installed")
