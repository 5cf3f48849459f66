"""Names by which published models call their weights, and what each then is."""

from __future__ import annotations

import re

__all__ = ["attention_part", "feed_forward_part", "is_lora", "is_position", "is_router", "is_vector_name"]

_ATTENTION = {
    "q": ("q_proj", "query", "wq", "q", "q_proj_weight", "to_q", "q_lin"),
    "k": ("k_proj", "key", "wk", "k", "k_proj_weight", "to_k", "k_lin"),
    "v": ("v_proj", "value", "wv", "v", "v_proj_weight", "to_v", "v_lin"),
    "o": ("o_proj", "out_proj", "wo", "o", "to_out", "out_lin", "c_proj", "proj", "dense"),
    "qkv": ("qkv_proj", "c_attn", "query_key_value", "in_proj_weight", "in_proj", "qkv", "wqkv"),
}
_INSIDE_ATTENTION = re.compile(r"attn|attention|^sa$|^mha$", re.I)

#: First those that come in threes, whose w2 leads out; then plain pairs.
_GATED = (
    ("gate_proj", "up_proj", "down_proj"),
    ("w1", "w3", "w2"),
    ("gate", "up", "down"),
    ("wi_0", "wi_1", "wo"),
    ("linear_v", "linear_1", "linear_2"),
)
_PLAIN = (
    ("up_proj", "down_proj"),
    ("c_fc", "c_proj"),
    ("fc1", "fc2"),
    ("linear1", "linear2"),
    ("dense_h_to_4h", "dense_4h_to_h"),
    ("wi", "wo"),
    ("w1", "w2"),
    ("up", "down"),
    ("lin1", "lin2"),
    ("fc_in", "fc_out"),
)
_FUSED = ("gate_up_proj", "gate_and_up_proj", "w13", "w12")


def attention_part(leaf: str, siblings: frozenset[str], parents: tuple[str, ...]) -> str:
    """ "q", "k", "v", "o" or "qkv", or "" for what is no weight of attention.

    Parameters
    ----------
    leaf : str
        Name of the linear module, or of the parameter where a module holds several.
    siblings : frozenset of str
        Names beside it in the same block.
    parents : tuple of str
        Names of the modules around it, outermost first.
    """
    inside = any(_INSIDE_ATTENTION.search(p) for p in parents[-3:])
    word = leaf.lower()
    for part, names in _ATTENTION.items():
        if word not in names:
            continue
        # Words such as "proj" and "dense" mean something elsewhere too.
        words = {s.lower() for s in siblings} - {"in_proj"}
        beside = any(w in others for w in words for key, others in _ATTENTION.items() if key != "o")
        # State-space blocks have an "in_proj" of their own.
        if inside or (part == "qkv" and word != "in_proj") or (beside and word != "dense" and part != "qkv"):
            return part
    return ""


def feed_forward_part(leaf: str, siblings: frozenset[str]) -> str:
    """ "gate", "up", "gate and up" or "down", or "" for what is no weight of a feed-forward block."""
    if leaf in _FUSED:
        return "gate and up"
    if leaf in ("down_proj", "w2") and any(f in siblings for f in _FUSED):
        return "down"
    for gate, up, down in _GATED:
        if leaf in (gate, up, down) and {gate, up, down} <= siblings:
            return {gate: "gate", up: "up", down: "down"}[leaf]
    for up, down in _PLAIN:
        if leaf in (up, down) and {up, down} <= siblings:
            return "up" if leaf == up else "down"
    return ""


def is_router(leaf: str) -> bool:
    """Whether a module beside ``experts`` scores them; a ``gate_proj`` does not."""
    return leaf in ("gate", "router", "wg", "gating", "gate_network", "classifier")


def is_position(name: str) -> bool:
    """Whether a table holds positions, which no permutation exchanges."""
    leaf = name.rsplit(".", 1)[-1].lower()
    return bool(re.search(r"(^|_)(wpe|pos|position|positional|positions)(_|$)|pos_?emb", leaf))


def is_lora(name: str) -> bool:
    """Whether it is a factor of a low-rank change, which GL(r) acts on."""
    return bool(re.search(r"lora_(a|b|embedding|magnitude)", name, re.I))


def is_vector_name(name: str) -> bool:
    """Whether the name says bias, norm or scalar, however many axes the tensor has."""
    leaf = name.rsplit(".", 1)[-1].lower()
    return leaf.endswith("bias") or leaf in ("bias_k", "bias_v", "sinks", "a_log", "d") or "norm" in leaf
