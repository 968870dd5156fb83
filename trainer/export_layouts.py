"""What a model is called at Hugging Face: the architecture that computes the same, its settings and its weights' names.

Light on purpose: whether a model can be exported is known before training, and before torch is imported.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stages.errors import GristmillError
from stages.recipe import Model

BLOCK = r"layers\.(\d+)\."
NAMES = {
    "embedding": "model.embed_tokens",
    "untied_head": "lm_head",
    "norm": "model.norm",
    BLOCK + "attention_norm": r"model.layers.\1.input_layernorm",
    BLOCK + r"attention\.query": r"model.layers.\1.self_attn.q_proj",
    BLOCK + r"attention\.key": r"model.layers.\1.self_attn.k_proj",
    BLOCK + r"attention\.value": r"model.layers.\1.self_attn.v_proj",
    BLOCK + r"attention\.output": r"model.layers.\1.self_attn.o_proj",
    BLOCK + r"attention\.query_norm": r"model.layers.\1.self_attn.q_norm",
    BLOCK + r"attention\.key_norm": r"model.layers.\1.self_attn.k_norm",
    BLOCK + "feed_forward_norm": r"model.layers.\1.post_attention_layernorm",
    BLOCK + r"feed_forward\.gate": r"model.layers.\1.mlp.gate_proj",
    BLOCK + r"feed_forward\.up": r"model.layers.\1.mlp.up_proj",
    BLOCK + r"feed_forward\.down": r"model.layers.\1.mlp.down_proj",
}
"""Our modules and Llama's. The other architectures with rotary positions follow Llama, but for what they change."""
STARCODER2_NAMES = {
    **NAMES,
    BLOCK + r"feed_forward\.up": r"model.layers.\1.mlp.c_fc",
    BLOCK + r"feed_forward\.down": r"model.layers.\1.mlp.c_proj",
}
GPT2_NAMES = {
    "embedding": "transformer.wte",
    "position_embedding": "transformer.wpe",
    "untied_head": "lm_head",
    "norm": "transformer.ln_f",
    BLOCK + "attention_norm": r"transformer.h.\1.ln_1",
    # Query, key and value are one matrix there.
    BLOCK + r"attention\.(?:query|key|value)": r"transformer.h.\1.attn.c_attn",
    BLOCK + r"attention\.output": r"transformer.h.\1.attn.c_proj",
    BLOCK + "feed_forward_norm": r"transformer.h.\1.ln_2",
    BLOCK + r"feed_forward\.up": r"transformer.h.\1.mlp.c_fc",
    BLOCK + r"feed_forward\.down": r"transformer.h.\1.mlp.c_proj",
}


@dataclass(frozen=True)
class Layout:
    """An architecture of the transformers library."""

    name: str
    """Of its classes, before `Config` and `ForCausalLM` or `LMHeadModel`."""
    epsilon: str
    """Its key for the epsilon of the norms."""
    names: Mapping[str, str] = field(default_factory=lambda: NAMES)
    """Patterns of our modules, and its names for them."""
    norms_have_bias: bool = False
    """Ours have none; there it is zero."""
    has_learned_positions: bool = False
    """Its matrices are then transposed, and have biases."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Settings that are the same for all of our models."""

    @property
    def architecture(self) -> str:
        """The class that `AutoModelForCausalLM` loads."""
        return self.name + ("LMHeadModel" if self.has_learned_positions else "ForCausalLM")

    def name_of(self, module: str) -> str:
        """Its name for one of our modules; KeyError if it has none."""
        for pattern, replacement in self.names.items():
            if match := re.fullmatch(pattern, module):
                return match.expand(replacement)
        raise KeyError(module)

    def configuration(self, settings: Model, sequence_length: int) -> dict[str, Any]:
        """The shape of a model in its keys."""
        if self.has_learned_positions:
            return self._shape_of_gpt2(settings)
        return {
            "hidden_size": settings.width,
            "intermediate_size": settings.feed_forward_width,
            "num_hidden_layers": settings.layers,
            "num_attention_heads": settings.heads,
            "num_key_value_heads": settings.key_value_heads,
            "head_dim": settings.head_size,
            "hidden_act": "silu" if settings.activation == "swiglu" else settings.activation,
            "max_position_embeddings": sequence_length,
            self.epsilon: settings.norm_epsilon,
            "rope_parameters": {"rope_type": "default", "rope_theta": settings.rope_theta, **self._turned_share()},
            **self.constants,
        }

    def _turned_share(self) -> dict[str, float]:
        # StableLM turns a quarter of each head unless told otherwise.
        return {"partial_rotary_factor": 1.0} if self.name == "StableLm" else {}

    def _shape_of_gpt2(self, settings: Model) -> dict[str, Any]:
        return {
            "n_embd": settings.width,
            "n_inner": settings.feed_forward_width,
            "n_layer": settings.layers,
            "n_head": settings.heads,
            "n_positions": settings.maximum_positions,
            "activation_function": settings.activation,
            self.epsilon: settings.norm_epsilon,
            **self.constants,
        }


NO_DROPOUT_IN_GPT2 = {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
LAYOUTS = {
    # norm, positions, whether the feed-forward block is gated, whether queries and keys are normalised
    ("rms", "rotary", True, False): Layout("Llama", "rms_norm_eps"),
    ("rms", "rotary", True, True): Layout("Qwen3", "rms_norm_eps"),
    ("rms", "rotary", False, False): Layout("Arcee", "rms_norm_eps"),
    ("layer", "rotary", True, False): Layout("StableLm", "layer_norm_eps", norms_have_bias=True),
    ("layer", "rotary", False, False): Layout(
        "Starcoder2", "norm_epsilon", STARCODER2_NAMES, norms_have_bias=True, constants={"use_bias": False}
    ),
    ("layer", "learned", False, False): Layout(
        "GPT2", "layer_norm_epsilon", GPT2_NAMES, True, has_learned_positions=True, constants=NO_DROPOUT_IN_GPT2
    ),
}


def layout_of(settings: Model) -> Layout:
    """The architecture that computes the same as our model; GristmillError if the library has none."""
    layout = LAYOUTS.get((settings.norm, settings.positions, settings.activation == "swiglu", settings.qk_norm))
    groups_queries = settings.heads != settings.key_value_heads
    if layout is None or (layout.has_learned_positions and groups_queries):
        raise GristmillError(
            f"pretrain.model: no Hugging Face model has norm = {settings.norm}, positions = {settings.positions},"
            f" activation = {settings.activation}, qk_norm = {str(settings.qk_norm).lower()} and"
            f" {settings.key_value_heads} key_value_heads for {settings.heads} heads; norm = rms, positions = rotary"
            " and activation = swiglu go with everything"
        )
    return layout
