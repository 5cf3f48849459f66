"""Text to train on that every machine has: the sources of Python's standard library, split by position."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int

from symmeter.errors import InputError, MissingFileError
from symmeter.optim.pretraining.tokens import Vocabulary, byte_vocabulary, pair_vocabulary, word_vocabulary

__all__ = ["Corpus", "standard_library_text"]

_HELD_OUT = 0.05


def standard_library_text(folder: str | Path | None = None) -> bytes:
    """All ``*.py`` files at the top of a folder, in the order of their names; the standard library by default.

    Raises
    ------
    MissingFileError
        When the folder has none.
    """
    root = Path(sysconfig.get_paths()["stdlib"] if folder is None else folder)
    files = sorted(root.glob("*.py")) if root.is_dir() else []
    if not files:
        raise MissingFileError(f"{root} has no *.py files; give a folder with text to train on")
    return b"\n".join(path.read_bytes() for path in files)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Tokens to train on and tokens held out.

    Attributes
    ----------
    vocabulary : Vocabulary
    train, held_out : tensors of int64
    digest : str
        Of the text, so that runs on different texts are never compared.
    bytes_per_token : float
        Of the held-out part.
    """

    vocabulary: Vocabulary
    train: Int[torch.Tensor, " n"]
    held_out: Int[torch.Tensor, " m"]
    digest: str
    bytes_per_token: float

    @classmethod
    def of(cls, text: bytes, kind: str = "bytes", size: int = 2048) -> Corpus:
        """Split a text and make its vocabulary from the training part.

        Parameters
        ----------
        text : bytes
        kind : str
            "bytes", "words" or "pairs".
        size : int
            Of the vocabulary, for words and pairs.
        """
        cut = int(len(text) * (1 - _HELD_OUT))
        train, held_out = text[:cut], text[cut:]
        makers = {"bytes": lambda: byte_vocabulary(), "words": lambda: word_vocabulary(train, size),
                  "pairs": lambda: pair_vocabulary(train, size)}  # fmt: skip
        if kind not in makers:
            raise InputError(f"vocabulary is {kind!r}; use one of {', '.join(makers)}")
        vocabulary = makers[kind]()
        tokens = [torch.from_numpy(vocabulary.encode(part)) for part in (train, held_out)]
        digest = sha256(text).hexdigest()[:16]
        return cls(vocabulary, tokens[0], tokens[1], digest, len(held_out) / max(len(tokens[1]), 1))

    def batch(self, step: int, sequences: int, length: int, seed: int) -> Int[torch.Tensor, "b t"]:
        """Sequences of ``length + 1`` tokens of one step: the same for the same step and seed, whatever came before."""
        rng = np.random.default_rng((seed, step))
        starts = rng.integers(0, len(self.train) - length - 1, sequences)
        return torch.stack([self.train[s : s + length + 1] for s in starts])

    def held_out_batches(self, sequences: int, length: int, most: int) -> list[Int[torch.Tensor, "b t"]]:
        """Held-out sequences in order, at most so many batches."""
        number = (len(self.held_out) - 1) // length
        starts = torch.arange(number) * length
        rows = [self.held_out[s : s + length + 1] for s in starts.tolist()]
        batches = [torch.stack(rows[k : k + sequences]) for k in range(0, number - sequences + 1, sequences)]
        if not batches:
            raise InputError(f"the held-out text has {len(self.held_out)} tokens; shorten sequences of {length}")
        return batches[:most]
