"""Roles of parameters in the layouts of published transformers, written here as bare modules with the same names."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.optim import Plan, SymmetryStack, classify  # noqa: E402

D, V, F, E = 16, 50, 24, 4


def _block(**children: nn.Module) -> nn.Module:
    block = nn.Module()
    for name, child in children.items():
        block.add_module(name, child)
    return block


def _linear(m: int, n: int, bias: bool = False) -> nn.Linear:
    return nn.Linear(m, n, bias=bias)


def _attention(heads: int = 4, kv: int = 2, dim: int = 4, bias: bool = False, **more: nn.Module) -> nn.Module:
    return _block(
        q_proj=_linear(D, heads * dim, bias),
        k_proj=_linear(D, kv * dim, bias),
        v_proj=_linear(D, kv * dim, bias),
        o_proj=_linear(heads * dim, D, bias),
        **more,
    )


def _llama(mlp: nn.Module, attention: nn.Module | None = None, tied: bool = False, **config: object) -> nn.Module:
    layer = _block(self_attn=attention or _attention(), mlp=mlp, input_layernorm=nn.RMSNorm(D))
    model = _block(model=_block(embed_tokens=nn.Embedding(V, D), layers=nn.ModuleList([layer])), lm_head=_linear(D, V))
    if tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    facts = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "hidden_size": D, "vocab_size": V}
    model.config = SimpleNamespace(**{**facts, **config})
    return model


def _swiglu() -> nn.Module:
    return _block(gate_proj=_linear(D, F), up_proj=_linear(D, F), down_proj=_linear(F, D))


def _of(plan: Plan, end: str):
    found = [e for e in plan if e.name.endswith(end)]
    assert len(found) == 1, [e.name for e in plan]
    return found[0]


def test_llama_and_qwen3():
    plan = classify(_llama(_swiglu(), _attention(q_norm=nn.RMSNorm(4), k_norm=nn.RMSNorm(4))))
    assert plan.roles == {
        "embedding": 1, "attention": 4, "other": 3, "mlp_gate_up": 2, "mlp_down": 1, "lm_head": 1,
    }  # fmt: skip
    assert {e.part: e.view.heads for e in plan if e.role == "attention"} == {"q": (4,), "k": (2,), "v": (2,), "o": (4,)}
    # Outputs of heads are columns of o.
    assert _of(plan, "o_proj.weight").view.transpose == (True,)
    head = _of(plan, "lm_head.weight")
    assert (head.rule, head.shifts) == ("centered_row", True)
    assert _of(plan, "down_proj.weight").rule == "col_hybrid"
    assert _of(plan, "down_proj.weight").view.split(torch.zeros(D, F))[0].shape == (F, D)


def test_tied_weights_are_one_entry_without_a_free_shift():
    plan = classify(_llama(_swiglu(), tied=True))
    assert plan.roles["tied_embedding"] == 1
    assert "lm_head" not in plan.roles
    assert "one tensor" in plan.notes[0]
    with pytest.raises(InputError, match=r"embed_tokens.weight .* leaves out the mean row"):
        plan.with_rules({"tied_embedding": "centered_row"})


@pytest.mark.parametrize(
    ("config", "arguments"),
    [({"final_logit_softcapping": 30.0}, {}), ({}, {"logit_softcap": 30.0}), ({}, {"logit_z_loss": True})],
)
def test_capped_or_penalised_logits_fix_the_shift(config, arguments):
    plan = classify(_llama(_swiglu(), **config), **arguments)
    head = _of(plan, "lm_head.weight")
    assert (head.rule, head.shifts, head.group) == ("row", False, "S_v x O(d)")
    assert plan.notes


def _mixture(router: str = "gate", **more: nn.Module) -> nn.Module:
    experts = nn.ModuleList([_swiglu() for _ in range(E)])
    return _block(**{router: _linear(D, E), "experts": experts, **more})


def test_routers_are_told_from_gates():
    plan = classify(_llama(_mixture()))
    router = _of(plan, "mlp.gate.weight")
    assert (router.role, router.rule) == ("router", "centered_left_spectral")
    assert plan.roles["mlp_gate_up"] == 2 * E


def test_mixtral_names():
    experts = nn.ModuleList([_block(w1=_linear(D, F), w2=_linear(F, D), w3=_linear(D, F)) for _ in range(E)])
    plan = classify(_llama(_block(gate=_linear(D, E), experts=experts)))
    assert plan.roles["mlp_gate_up"] == 2 * E
    assert plan.roles["mlp_down"] == E
    assert {e.part for e in plan if ".w3." in e.name} == {"up"}
    assert {e.part for e in plan if ".w2." in e.name} == {"down"}


@pytest.mark.parametrize("how", ["config", "bias", "argument"])
def test_routers_whose_shift_is_not_free(how):
    block = _mixture()
    if how == "bias":
        block.gate.register_buffer("e_score_correction_bias", torch.zeros(E))
    config = {"scoring_func": "sigmoid"} if how == "config" else {}
    plan = classify(_llama(block, **config), router_z_loss=how == "argument")
    router = _of(plan, "mlp.gate.weight")
    assert (router.rule, router.shifts) == ("left_spectral", False)
    with pytest.raises(InputError, match="router"):
        plan.with_rules({"router": "centered_row"})


def test_stacked_experts_of_olmoe():
    experts = nn.Module()
    experts.gate_up_proj = nn.Parameter(torch.randn(E, 2 * F, D))
    experts.down_proj = nn.Parameter(torch.randn(E, D, F))
    plan = classify(_llama(_block(gate=_linear(D, E), experts=experts)))
    both, down = _of(plan, "gate_up_proj"), _of(plan, "experts.down_proj")
    gate, up = both.view.split(experts.gate_up_proj)
    assert torch.equal(gate, experts.gate_up_proj[:, :F])
    assert torch.equal(up, experts.gate_up_proj[:, F:])
    assert down.view.split(experts.down_proj)[0].shape == (E, F, D)
    assert down.role == "mlp_down"


def test_stacked_experts_of_gpt_oss():
    experts = nn.Module()
    experts.alpha, experts.limit = 1.702, 7.0
    experts.gate_up_proj = nn.Parameter(torch.randn(E, D, 2 * F))
    experts.gate_up_proj_bias = nn.Parameter(torch.randn(E, 2 * F))
    experts.down_proj = nn.Parameter(torch.randn(E, F, D))
    experts.down_proj_bias = nn.Parameter(torch.randn(E, D))
    router = nn.Module()
    router.weight, router.bias = nn.Parameter(torch.randn(E, D)), nn.Parameter(torch.randn(E))
    attention = _attention(bias=True)
    attention.sinks = nn.Parameter(torch.randn(4))
    plan = classify(_llama(_block(router=router, experts=experts), attention))
    both = _of(plan, "gate_up_proj")
    assert both.view.interleaved
    assert torch.equal(both.view.split(experts.gate_up_proj)[1], experts.gate_up_proj[..., 1::2].mT)
    assert _of(plan, "experts.down_proj").view.split(experts.down_proj)[0].shape == (E, F, D)
    assert _of(plan, "router.weight").role == "router"
    others = {e.name.rsplit(".", 1)[-1] for e in plan if e.role == "other"}
    assert {"gate_up_proj_bias", "down_proj_bias", "sinks", "bias"} <= others


def test_gate_and_up_of_a_neuron_as_one_row():
    block = _block(gate_up_proj=_linear(D, 2 * F), down_proj=_linear(F, D))
    both = _of(classify(_llama(block), pair_gates=True), "gate_up_proj.weight")
    (rows,) = both.view.split(block.gate_up_proj.weight)
    gate, up = block.gate_up_proj.weight.chunk(2)
    assert torch.equal(rows[3], torch.cat((gate[3], up[3])))
    stack = SymmetryStack(
        block, rules={"mlp_gate_up": "row"}, scale="none", row_eps=0.0, nesterov=False, pair_gates=True
    )
    before = block.gate_up_proj.weight.detach().clone()
    block.gate_up_proj.weight.grad = torch.randn(2 * F, D)
    stack.step()
    moved = (before - block.gate_up_proj.weight.detach()) / stack.param_groups[0]["lr"]
    lengths = (moved[:F] ** 2).sum(1) + (moved[F:] ** 2).sum(1)
    assert torch.allclose(lengths, torch.ones(F), atol=1e-4)


def test_phi3_fuses_rows():
    attention = _block(qkv_proj=_linear(D, 4 * 4 + 2 * 2 * 4), o_proj=_linear(D, D))
    plan = classify(_llama(_block(gate_up_proj=_linear(D, 2 * F), down_proj=_linear(F, D)), attention))
    assert _of(plan, "qkv_proj.weight").view.heads == (8,)
    assert _of(plan, "gate_up_proj.weight").view.parts == (F, F)
    assert _of(plan, "down_proj.weight").role == "mlp_down"


class Conv1D(nn.Module):
    """GPT-2's layer, which stores (in, out)."""

    def __init__(self, nf: int, nx: int) -> None:
        super().__init__()
        self.nf = nf
        self.weight, self.bias = nn.Parameter(torch.randn(nx, nf)), nn.Parameter(torch.zeros(nf))


def test_gpt2_stores_inputs_in_rows():
    block = _block(
        attn=_block(c_attn=Conv1D(3 * D, D), c_proj=Conv1D(D, D)),
        mlp=_block(c_fc=Conv1D(4 * D, D), c_proj=Conv1D(D, 4 * D)),
        ln_1=nn.LayerNorm(D),
    )
    model = _block(
        transformer=_block(wte=nn.Embedding(V, D), wpe=nn.Embedding(32, D), h=nn.ModuleList([block])),
        lm_head=_linear(D, V),
    )
    model.config = SimpleNamespace(n_head=4, n_embd=D, vocab_size=V)
    plan = classify(model)
    assert _of(plan, "wpe.weight").role == "position"
    assert _of(plan, "wpe.weight").rule == "adamw"
    qkv = _of(plan, "c_attn.weight")
    assert (qkv.part, qkv.view.heads, qkv.view.transpose) == ("qkv", (12,), (True,))
    out = _of(plan, "attn.c_proj.weight")
    # Rows of the stored matrix are already the heads' values.
    assert (out.part, out.view.transpose, out.view.heads) == ("o", (False,), (4,))
    assert _of(plan, "c_fc.weight").view.split(block.mlp.c_fc.weight)[0].shape == (4 * D, D)
    down = _of(plan, "mlp.c_proj.weight")
    assert down.role == "mlp_down"
    assert down.view.split(block.mlp.c_proj.weight)[0].shape == (4 * D, D)


def test_torch_transformer_layers():
    layer = nn.TransformerEncoderLayer(D, 4, F, batch_first=True)
    plan = classify(_block(embed=nn.Embedding(V, D), layer=layer, out=_linear(D, V)))
    assert _of(plan, "in_proj_weight").view.heads == (12,)
    assert _of(plan, "self_attn.out_proj.weight").part == "o"
    assert _of(plan, "linear1.weight").role == "mlp_gate_up"
    assert _of(plan, "linear2.weight").role == "mlp_down"
    assert _of(plan, "out.weight").role == "lm_head"


def test_other_tensors():
    model = _block(
        conv=nn.Conv2d(3, 8, 3), depthwise=nn.Conv1d(8, 8, 4, groups=8), norm=nn.BatchNorm2d(8),
        lora_A=_linear(D, 2), lora_B=_linear(2, D), rnn=nn.LSTM(D, D), frozen=_linear(D, D),
    )  # fmt: skip
    model.pos_embed = nn.Parameter(torch.zeros(1, 7, D))
    model.strange = nn.Parameter(torch.zeros(2, 3, 4))
    model.frozen.requires_grad_(False)
    plan = classify(model)
    by_name = {e.name: e for e in plan}
    assert by_name["conv.weight"].view.flatten
    assert by_name["depthwise.weight"].rule == "adamw"
    assert by_name["lora_A.weight"].rule == "adamw"
    assert by_name["pos_embed"].role == "position"
    assert by_name["rnn.weight_hh_l0"].role == "hidden"
    assert by_name["strange"].rule == "adamw"
    assert "frozen.weight" not in by_name
    trained = sum(p.requires_grad for p in model.parameters())
    assert len(plan) == trained


def test_the_user_has_the_last_word():
    model = _llama(_swiglu())
    plan = classify(model, roles={"*.down_proj.weight": "hidden", r".*up_proj\.weight": "other"})
    assert _of(plan, "down_proj.weight").role == "hidden"
    assert _of(plan, "up_proj.weight").rule == "adamw"
    with pytest.raises(InputError, match="fits no parameter"):
        classify(model, roles={"nowhere.*": "hidden"})
    with pytest.raises(UnknownNameError, match="did you mean 'router'"):
        classify(model, roles={"*": "routr"})
    with pytest.raises(UnknownNameError, match="did you mean 'embedding'"):
        classify(model, rules={"embeding": "row"})


def test_geometry_that_contradicts_shapes_is_named():
    with pytest.raises(InputError, match=r"q_proj.weight: 16 rows are 4 heads of 4, but the model says 8"):
        classify(_llama(_swiglu(), num_attention_heads=8, head_dim=4))
    with pytest.raises(InputError, match="do not split into heads"):
        classify(_llama(_swiglu(), head_dim=5))


def test_fused_tensors_with_an_odd_side():
    with pytest.raises((InputError, ShapeError), match="gates and ups"):
        classify(_llama(_block(gate_up_proj=_linear(D, 2 * F + 1), down_proj=_linear(F, D))))


def test_bad_models():
    with pytest.raises(InputTypeError, match=r"nn\.Module"):
        classify([torch.zeros(3)])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no parameter"):
        classify(nn.ReLU())


def test_a_plan_prints_and_travels():
    plan = classify(_llama(_mixture()))
    text = str(plan)
    assert "centered_left_spectral" in text
    assert f"{V * D:,}" in text
    assert Plan.from_json(plan.to_json()) == plan
    assert sum(row["tensors"] for row in plan.rows()) == len(plan)


# ---- the published models themselves ---------------------------------------------------------------------------------

_PUBLISHED = {
    "qwen3": ({}, {"embedding": 1, "attention": 8, "mlp_gate_up": 4, "mlp_down": 2, "lm_head": 1}),
    "gemma3_text": ({}, {"tied_embedding": 1, "attention": 8, "mlp_gate_up": 4, "mlp_down": 2}),
    "llama": ({}, {"embedding": 1, "attention": 8, "mlp_gate_up": 4, "mlp_down": 2, "lm_head": 1}),
    "phi3": ({"pad_token_id": 0}, {"embedding": 1, "attention": 4, "mlp_gate_up": 2, "mlp_down": 2, "lm_head": 1}),
    "mixtral": ({"num_local_experts": 4}, {"router": 2, "mlp_gate_up": 2, "mlp_down": 2, "attention": 8, "lm_head": 1}),
    "olmoe": ({"num_experts": 4, "num_experts_per_tok": 2}, {"router": 2, "mlp_gate_up": 2, "mlp_down": 2}),
    "gpt_oss": ({"num_local_experts": 4}, {"router": 2, "mlp_gate_up": 2, "mlp_down": 2, "attention": 8}),
    "gpt2": (
        {"n_embd": 32, "n_head": 4, "n_layer": 2},
        {"tied_embedding": 1, "position": 1, "attention": 4, "mlp_gate_up": 2, "mlp_down": 2},
    ),
    "opt": (
        {"ffn_dim": 48, "word_embed_proj_dim": 32},
        {"tied_embedding": 1, "position": 1, "attention": 8, "mlp_gate_up": 2, "mlp_down": 2},
    ),
    "gpt_neox": ({}, {"embedding": 1, "attention": 4, "mlp_gate_up": 2, "mlp_down": 2, "lm_head": 1}),
    "mamba": ({}, {"hidden": 8}),
}


@pytest.mark.parametrize("name", _PUBLISHED)
def test_published_models(name):
    transformers = pytest.importorskip("transformers")
    extra, roles = _PUBLISHED[name]
    config = transformers.AutoConfig.for_model(
        name, vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=64, **extra,
    )  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_config(config)
    plan = classify(model)
    assert {r: plan.roles.get(r) for r in roles} == roles
    attention = [e for e in plan if e.role == "attention"]
    assert all(e.view.heads[0] in (2, 4, 8, 12) for e in attention)
    for e in plan:
        e.view.check(e.name, e.shape) if e.rule != "adamw" else None
