"""Measure a convolutional network under shifts, turns and flips, and print where each is lost.

python examples/measure_model.py --html network.html
"""

from __future__ import annotations

import argparse

import torch
from rich.console import Console

from symmeter import nn


def network(padding: str) -> torch.nn.Module:
    """A small classifier of 16 x 16 pictures; the padding decides about shifts."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1, padding_mode=padding),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 8, 3, padding=1, padding_mode=padding),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 10),
    ).eval()


def main() -> None:
    """Print two reports, and save the second when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", help="save the report on the network with zero padding")
    options = parser.parse_args()
    pictures = torch.randn(32, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    console = Console()
    for padding in ("circular", "zeros"):
        subject = f"a random network with {padding} padding"
        report = nn.measure(network(padding), pictures, layers=True, subject=subject)
        console.print(report)
        console.print(report["shifts"].evidence["layers"])
        if options.html and padding == "zeros":
            console.print(f"saved {report.save(options.html)}")


if __name__ == "__main__":
    main()
