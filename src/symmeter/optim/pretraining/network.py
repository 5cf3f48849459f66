"""A small transformer of today's kind: RMS norms, rotary positions, normalised queries and keys, gated blocks.

Dense or with a mixture of experts (softmax of all scores, the best few renormalised), output projection untied.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import nn

from symmeter.errors import InputError
from symmeter.optim.pretraining.checks import check_whole

__all__ = ["LanguageModel", "NetworkShape"]


@dataclass(frozen=True)
class NetworkShape:
    """Sizes.

    Attributes
    ----------
    vocabulary, width, heads, layers, neurons : int
    experts, active : int
        Experts in each block, 0 for a dense one, and how many of them a token goes through.
    tied : bool
        Whether the output projection is the embedding.
    """

    vocabulary: int
    width: int = 96
    heads: int = 4
    layers: int = 3
    neurons: int = 256
    experts: int = 0
    active: int = 2
    tied: bool = False

    def __post_init__(self) -> None:
        check_whole(self, ("vocabulary", "width", "heads", "layers", "neurons", "active"), 1)
        check_whole(self, ("experts",), 0)
        if not isinstance(self.tied, bool):
            raise InputError(f"tied is {self.tied!r}; it must be true or false")
        if self.width % (2 * self.heads):
            raise InputError(f"a width of {self.width} does not split into {self.heads} heads of even size")
        if self.experts and not 1 <= self.active <= self.experts:
            raise InputError(f"active is {self.active} of {self.experts} experts")


class _Attention(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.num_heads = shape.heads
        self.head_dim = shape.width // shape.heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            nn.Linear(shape.width, shape.width, bias=False) for _ in range(4)
        )
        self.q_norm, self.k_norm = nn.RMSNorm(self.head_dim), nn.RMSNorm(self.head_dim)

    def forward(self, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        b, t, d = x.shape
        q, k, v = (
            p(x).view(b, t, self.num_heads, self.head_dim).transpose(1, 2)
            for p in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = _turned(self.q_norm(q), turn), _turned(self.k_norm(k), turn)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, d))


def _turned(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    cos, sin = turn
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class _Gated(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.neurons, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.neurons, bias=False)
        self.down_proj = nn.Linear(shape.neurons, shape.width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class _Experts(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.empty(shape.experts, 2 * shape.neurons, shape.width))
        self.down_proj = nn.Parameter(torch.empty(shape.experts, shape.width, shape.neurons))


class _Mixture(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.active = shape.active
        self.gate = nn.Linear(shape.width, shape.experts, bias=False)
        self.experts = _Experts(shape)
        self.load: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        share = self.gate(flat).softmax(-1)
        weights, chosen = share.topk(self.active, -1)
        weights = weights / weights.sum(-1, keepdim=True)
        out = torch.zeros_like(flat)
        for expert in range(share.shape[1]):
            token, place = torch.nonzero(chosen == expert, as_tuple=True)
            h = flat[token]
            gate, up = (h @ self.experts.gate_up_proj[expert].T).chunk(2, -1)
            y = (nn.functional.silu(gate) * up) @ self.experts.down_proj[expert].T
            out = out.index_add(0, token, y * weights[token, place, None])
        # Share of tokens times mean probability, the usual balancing loss; 1 when balanced.
        used = torch.zeros_like(share).scatter(1, chosen, 1.0).mean(0) / self.active
        self.load = share.shape[1] * (used * share.mean(0)).sum()
        return out.view_as(x)


class _Layer(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = nn.RMSNorm(shape.width), nn.RMSNorm(shape.width)
        self.self_attn = _Attention(shape)
        self.mlp: nn.Module = _Mixture(shape) if shape.experts else _Gated(shape)

    def forward(self, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        x = x + self.self_attn(self.input_layernorm(x), turn)
        return x + self.mlp(self.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    """A causal language model.

    Parameters
    ----------
    shape : NetworkShape
    seed : int
        Of the start: normal with deviation 0.02.
    """

    frequencies: torch.Tensor

    def __init__(self, shape: NetworkShape, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        self.lm_head = nn.Linear(shape.width, shape.vocabulary, bias=False)
        if shape.tied:
            self.lm_head.weight = self.embed_tokens.weight
        generator = torch.Generator().manual_seed(seed)
        for p in self.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, std=0.02, generator=generator)
        half = shape.width // shape.heads // 2
        self.register_buffer("frequencies", 10000.0 ** (-torch.arange(half) / half), persistent=False)

    def forward(self, tokens: Int[torch.Tensor, "b t"]) -> Float[torch.Tensor, "b t v"]:
        """Scores of the next token."""
        angle = torch.arange(tokens.shape[1], device=tokens.device)[:, None] * self.frequencies
        turn = angle.cos(), angle.sin()
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, turn)
        return self.lm_head(self.norm(x))

    def balance(self) -> torch.Tensor:
        """Mean over blocks of the balancing loss of the last forward pass; 0 for dense networks."""
        loads = [m.load for m in self.modules() if isinstance(m, _Mixture) and m.load is not None]
        return torch.stack(loads).mean() if loads else torch.zeros(())
