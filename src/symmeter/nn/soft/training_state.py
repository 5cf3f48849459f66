"""What a training must remember: the best weights so far, and the file from which an interrupted one goes on."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch

from symmeter.errors import FileFormatError, InputError, SymmeterError
from symmeter.files import write_atomic

__all__ = ["Selection", "TrainingFile"]

#: Seconds between two savings: what an interruption may cost.
PAUSE = 5.0


class Selection:
    """The best weights so far, and how long they have been the best.

    Parameters
    ----------
    after : int
        Epochs that do not count.
    patience : int or None
    """

    def __init__(self, after: int, patience: int | None) -> None:
        self.after, self.patience = after, patience
        self.epoch, self.score = 0, math.inf
        self.state: dict[str, torch.Tensor] | None = None

    def take(self, net: torch.nn.Module, epoch: int, score: float) -> bool:
        """Look at a score; True when it is time to stop."""
        if epoch <= self.after:
            return False
        if score < self.score:
            self.epoch, self.score = epoch, score
            self.state = {k: v.detach().clone() for k, v in net.state_dict().items()}
        return self.patience is not None and epoch - self.epoch >= self.patience

    def is_over(self, epoch: int) -> bool:
        """Whether a training that goes on from this epoch had stopped there."""
        return self.patience is not None and self.epoch > 0 and epoch - self.epoch >= self.patience


class TrainingFile:
    """A file that holds everything that the next epoch depends on; nothing happens without a path.

    Parameters
    ----------
    path : path, optional
    settings : dict
        What must be the same for a training to go on, by name.
    net : torch.nn.Module
        A regulariser brings its strengths along.
    optimizer : torch.optim.Optimizer
    selection : Selection
    generator : torch.Generator, optional
    """

    def __init__(
        self,
        path: Any,
        settings: dict[str, Any],
        net: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        selection: Selection,
        generator: torch.Generator | None,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.settings = settings
        self._parts = (net, optimizer, selection, generator)
        self._saved_at = time.monotonic()
        self.epoch = 0

    def save(self, epoch: int, history: list[tuple[int, float, float]], always: bool = False) -> None:
        """Write the state after an epoch, unless that was done a moment ago."""
        if self.path is None or not (always or time.monotonic() - self._saved_at >= PAUSE):
            return
        import io

        net, optimizer, selection, generator = self._parts
        state = {
            "settings": self.settings,
            "epoch": epoch,
            "history": history,
            "net": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "selection": (selection.epoch, selection.score, selection.state),
            "generator": None if generator is None else generator.get_state(),
            "random": torch.get_rng_state(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomic(self.path, buffer.getvalue())
        self._saved_at, self.epoch = time.monotonic(), epoch

    def load(self) -> list[tuple[int, float, float]]:
        """Take up the state of the file, if there is one; the history so far.

        Raises
        ------
        FileFormatError
            If it is no such file, or damaged.
        InputError
            If it belongs to another training: the text says in what they differ.
        """
        if self.path is None or not self.path.exists():
            return []
        net, optimizer, selection, generator = self._parts
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            found = dict(state["settings"])
        except Exception as error:
            raise FileFormatError(
                f"{self.path} is no saved training ({type(error).__name__}); choose another file for the checkpoint"
            ) from error
        for name, wanted in self.settings.items():
            if found.get(name) != wanted:
                raise InputError(
                    f"{self.path} was saved with {name} = {found.get(name)}, now it is {wanted}; choose another file "
                    "to start anew"
                )
        try:
            net.load_state_dict(state["net"])
            optimizer.load_state_dict(state["optimizer"])
            selection.epoch, selection.score, selection.state = state["selection"]
            if generator is not None and state["generator"] is not None:
                generator.set_state(state["generator"])
            torch.set_rng_state(state["random"])
            self.epoch = int(state["epoch"])
            return [(int(e), float(a), float(b)) for e, a, b in state["history"]]
        except SymmeterError:
            raise
        except Exception as error:
            raise FileFormatError(
                f"{self.path} does not fit this network ({type(error).__name__}); choose another file to start anew"
            ) from error
