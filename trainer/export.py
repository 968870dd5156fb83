"""A model directory for Hugging Face, checked before it is there.

`AutoModelForCausalLM` and `AutoTokenizer` load it, the first with equal logits, the second with equal token ids;
anything else is an error, and the directory does not appear.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from stages.errors import GristmillError
from stages.recipe import Model
from stages.tokenizer import Tokenizer
from trainer.folders import written_folder
from trainer.model import Decoder, feed_forward_width

NAMES = {
    r"embedding": "model.embed_tokens",
    r"untied_head": "lm_head",
    r"norm": "model.norm",
    r"layers\.(\d+)\.attention_norm": r"model.layers.\1.input_layernorm",
    r"layers\.(\d+)\.attention\.query": r"model.layers.\1.self_attn.q_proj",
    r"layers\.(\d+)\.attention\.key": r"model.layers.\1.self_attn.k_proj",
    r"layers\.(\d+)\.attention\.value": r"model.layers.\1.self_attn.v_proj",
    r"layers\.(\d+)\.attention\.output": r"model.layers.\1.self_attn.o_proj",
    r"layers\.(\d+)\.feed_forward_norm": r"model.layers.\1.post_attention_layernorm",
    r"layers\.(\d+)\.feed_forward\.gate": r"model.layers.\1.mlp.gate_proj",
    r"layers\.(\d+)\.feed_forward\.up": r"model.layers.\1.mlp.up_proj",
    r"layers\.(\d+)\.feed_forward\.down": r"model.layers.\1.mlp.down_proj",
}
"""Our modules and LlamaForCausalLM's."""

LOGIT_TOLERANCE = 1e-5
"""The largest difference of fp32 logits, as a share of the largest logit (but at least of 1)."""
PROBES = (
    "The quick brown fox, 1,234 times.",
    "Zwölf Boxkämpfer — 日本語, Ω and 🙂.",
    " two  spaces\n\n\tand lines\n",
)
"""Texts whose token ids are compared: digits, other scripts, bytes, runs of white space."""


def export_model(
    target: Path, model: Decoder, tokenizer: Tokenizer, sequence_length: int, document: Tensor, texts: Sequence[str]
) -> None:
    """Writes the directory `target` whole, or raises GristmillError and leaves what was there.

    `document` (int64 [length]) is the text whose logits are compared; `texts` are tokenized beside the probes.
    """
    with written_folder(target) as folder:
        weights = {hugging_face_name(name): value.cpu().contiguous() for name, value in model.state_dict().items()}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        _configuration(model.settings, tokenizer, sequence_length).save_pretrained(folder)
        tokenizer.copy_to(str(folder))
        _check_logits(folder, target, model, document)
        _check_tokens(folder, target, tokenizer, (*PROBES, *texts))


def hugging_face_name(name: str) -> str:
    """The name of a weight in LlamaForCausalLM."""
    module, kind = name.rsplit(".", 1)
    for pattern, replacement in NAMES.items():
        if match := re.fullmatch(pattern, module):
            return f"{match.expand(replacement)}.{kind}"
    raise KeyError(name)


def _configuration(settings: Model, tokenizer: Tokenizer, sequence_length: int) -> Any:
    return _transformers().LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=tokenizer.vocabulary_size,
        hidden_size=settings.width,
        intermediate_size=feed_forward_width(settings),
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.key_value_heads,
        max_position_embeddings=sequence_length,
        rms_norm_eps=settings.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": settings.rope_theta},
        tie_word_embeddings=settings.tied_embeddings,
        initializer_range=0.02,
        bos_token_id=tokenizer.bos_id,
        eos_token_id=tokenizer.eos_id,
        pad_token_id=tokenizer.padding_id,
        dtype="float32",
    )


@torch.no_grad()
def _check_logits(folder: Path, target: Path, model: Decoder, document: Tensor) -> None:
    theirs = _transformers().AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    their_logits = theirs(document[None]).logits[0]
    device = model.embedding.weight.device
    hidden = model(document[None].to(device), torch.arange(len(document), device=device)[None])
    our_logits = (hidden[0] @ model.head.T).cpu()
    difference = (our_logits - their_logits).abs().max().item()
    allowed = LOGIT_TOLERANCE * max(1.0, our_logits.abs().max().item())
    if not difference <= allowed:
        raise GristmillError(
            f"{target}: not written: Hugging Face's logits differ from the trainer's by {difference:.2g}, more than"
            f" {allowed:.2g}"
        )


def _check_tokens(folder: Path, target: Path, tokenizer: Tokenizer, texts: Sequence[str]) -> None:
    theirs = _transformers().AutoTokenizer.from_pretrained(folder, local_files_only=True)
    for text in texts:
        ours = tokenizer.encode(text).tolist()
        if theirs.encode(text, add_special_tokens=False) != ours:
            raise GristmillError(f"{target}: not written: Hugging Face's tokenizer gives other token ids for {text!r}")


def _transformers() -> Any:
    """The library, imported late since that takes seconds, and kept off the network and quiet."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    return transformers
