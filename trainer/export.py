"""A model directory for Hugging Face, checked before it is there.

`AutoModelForCausalLM` and `AutoTokenizer` load it, the first with equal logits, the second with equal token ids;
anything else is an error, and the directory does not appear.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from stages.errors import GristmillError
from stages.recipe import Model
from stages.tokenizer import Tokenizer
from trainer.export_layouts import Layout, layout_of
from trainer.folders import written_folder
from trainer.model import Transformer

LOGIT_TOLERANCE = 1e-5
"""The largest difference of fp32 logits, as a share of the largest logit (but at least of 1)."""
PROBES = (
    "The quick brown fox, 1,234 times.",
    "Zwölf Boxkämpfer — 日本語, Ω and 🙂.",
    " two  spaces\n\n\tand lines\n",
)
"""Texts whose token ids are compared: digits, other scripts, bytes, runs of white space."""


def export_model(
    target: Path, model: Transformer, tokenizer: Tokenizer, sequence_length: int, document: Tensor, texts: Sequence[str]
) -> None:
    """Writes the directory `target` whole, or raises GristmillError and leaves what was there.

    `document` (int64 [length]) is the text whose logits are compared; `texts` are tokenized beside the probes.
    """
    with written_folder(target) as folder:
        layout = layout_of(model.settings)
        weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
        save_file(renamed(weights, layout), folder / "model.safetensors", metadata={"format": "pt"})
        _configuration(layout, model.settings, tokenizer, sequence_length).save_pretrained(folder)
        tokenizer.copy_to(str(folder))
        _check_logits(folder, target, model, document)
        _check_tokens(folder, target, tokenizer, (*PROBES, *texts))


def renamed(weights: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Our weights as the layout has them, and zeros for the biases that it has and we do not."""
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        module = name.removesuffix(".weight")
        theirs = layout.name_of(module)
        is_matrix = layout.has_learned_positions and module.startswith("layers.") and value.ndim == 2
        parts = [found[f"{theirs}.weight"]] if f"{theirs}.weight" in found else []
        found[f"{theirs}.weight"] = torch.cat([*parts, value.T], dim=1).contiguous() if is_matrix else value
        if is_matrix or (layout.norms_have_bias and value.ndim == 1):
            found[f"{theirs}.bias"] = torch.zeros(found[f"{theirs}.weight"].shape[-1])
    return found


def _configuration(layout: Layout, settings: Model, tokenizer: Tokenizer, sequence_length: int) -> Any:
    return getattr(_transformers(), f"{layout.name}Config")(
        architectures=[layout.architecture],
        vocab_size=tokenizer.vocabulary_size,
        **layout.configuration(settings, sequence_length),
        tie_word_embeddings=settings.tied_embeddings,
        initializer_range=0.02,
        bos_token_id=tokenizer.bos_id,
        eos_token_id=tokenizer.eos_id,
        pad_token_id=tokenizer.padding_id,
        dtype="float32",
    )


@torch.no_grad()
def _check_logits(folder: Path, target: Path, model: Transformer, document: Tensor) -> None:
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
