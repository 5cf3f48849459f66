"""What a model says of itself: numbers of heads, vocabulary, capped logits, scores of experts.

Attributes of the module at hand count first, then those of its parents, then a configuration (``model.config``, with
the names that Hugging Face uses). Nothing is guessed from sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from symmeter.errors import InputError

__all__ = ["HeadGeometry", "ModelFacts"]

_HEADS = ("num_attention_heads", "num_heads", "n_heads", "n_head", "nhead", "heads", "num_q_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_kv_heads", "n_kv_head", "kv_heads")
_HEAD_DIM = ("head_dim", "head_size", "d_head", "dim_head", "attention_head_size")
_WIDTH = ("hidden_size", "n_embd", "d_model", "dim", "embed_dim")
_VOCABULARY = ("vocab_size", "n_vocab", "num_tokens")
_SOFTCAP = ("final_logit_softcapping", "logit_softcapping", "logit_softcap", "logits_soft_cap")
_LAYOUT = ("model_type",)


@dataclass(frozen=True)
class HeadGeometry:
    """Numbers of heads of one attention block.

    Attributes
    ----------
    heads, kv_heads, head_dim : int
        Zero for what is not known.
    """

    heads: int = 0
    kv_heads: int = 0
    head_dim: int = 0

    def head_rows(self, part: str, rows: int, width: int, name: str) -> int:
        """Into how many heads ``rows`` split, or 0 when nothing is known.

        Parameters
        ----------
        part : str
            "q", "k", "v", "o" or "qkv".
        rows, width : int
            Rows of the part, and the width of the model.
        name : str
            Of the tensor, for the message.

        Raises
        ------
        InputError
            When the numbers contradict the shape.
        """
        if not self.heads and not self.head_dim:
            return 0
        dim = self.head_dim or self._dim_from(part, rows, width)
        if not dim or rows % dim:
            raise InputError(
                f"{name}: {rows} rows of {part!r} do not split into heads of {dim or '?'} "
                f"({self.heads} heads, {self.kv_heads or self.heads} key-value heads)"
            )
        number = rows // dim
        kv = self.kv_heads or self.heads
        # Configurations may carry a number of key-value heads that the model does not use.
        right = {"q": (self.heads,), "o": (self.heads,), "k": (kv, self.heads), "v": (kv, self.heads)}
        right["qkv"] = (self.heads + 2 * kv, 3 * self.heads)
        if self.heads and number not in right[part]:
            raise InputError(
                f"{name}: {rows} rows are {number} heads of {dim}, but the model says {right[part][0]} for {part!r} "
                f"({self.heads} heads, {kv} with keys); give heads=, kv_heads=, head_dim="
            )
        return number

    def _dim_from(self, part: str, rows: int, width: int) -> int:
        kv = self.kv_heads or self.heads
        number = {"q": self.heads, "o": self.heads, "k": kv, "v": kv, "qkv": self.heads + 2 * kv}[part]
        return rows // number if rows % number == 0 else 0


def _first(sources: Iterable[Any], names: tuple[str, ...]) -> Any:
    for source in sources:
        for name in names:
            value = source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
            if value is not None and not isinstance(value, nn.Module) and not callable(value):
                return value
    return None


def _configs(model: nn.Module) -> list[Any]:
    config = getattr(model, "config", None)
    if config is None:
        return []
    inner = config.get("text_config") if isinstance(config, Mapping) else getattr(config, "text_config", None)
    return [config] if inner is None else [inner, config]


@dataclass(frozen=True)
class ModelFacts:
    """Facts about a model that shapes alone do not tell.

    Attributes
    ----------
    vocabulary, width : int
        Zero when unknown.
    model_type : str
        As in a Hugging Face configuration, or empty.
    softcap : float
        Bound of tanh on the logits, 0 for none.
    sigmoid_router : bool
        Scores of experts do not come from a softmax.
    given : HeadGeometry
        What the caller said; zeros elsewhere.
    """

    vocabulary: int
    width: int
    model_type: str
    softcap: float
    sigmoid_router: bool
    given: HeadGeometry

    @classmethod
    def of(cls, model: nn.Module, given: HeadGeometry) -> ModelFacts:
        """Read a model and its configuration."""
        sources = [*_configs(model), model]
        scoring = str(_first(sources, ("scoring_func", "router_scoring", "score_function")) or "")
        kind = str(_first(sources, _LAYOUT) or "")
        return cls(
            vocabulary=int(_first(sources, _VOCABULARY) or 0),
            width=int(_first(sources, _WIDTH) or 0),
            model_type=kind,
            softcap=float(_first(sources, _SOFTCAP) or 0.0),
            sigmoid_router="sigmoid" in scoring.lower() or kind.startswith("llama4"),
            given=given,
        )

    def geometry(self, model: nn.Module, module_name: str) -> HeadGeometry:
        """Heads of the attention block that holds a module, nearest source first."""
        chain: list[Any] = []
        for end in range(module_name.count(".") + 1, 0, -1):
            chain.append(model.get_submodule(".".join(module_name.split(".")[:end])))
        # The model itself may be the block.
        chain += [*_configs(model), model]
        found = [
            given or int(_first(chain, names) or 0)
            for given, names in (
                (self.given.heads, _HEADS), (self.given.kv_heads, _KV_HEADS), (self.given.head_dim, _HEAD_DIM)
            )
        ]  # fmt: skip
        return HeadGeometry(*found)
