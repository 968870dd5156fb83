"""The model directory: Hugging Face loads it with equal logits and token ids, or it is not written."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stages.errors import GristmillError
from stages.recipe import Model
from stages.tokenizer import Tokenizer
from tests.trainer.tiny_run import LENGTH, VOCABULARY
from trainer.export import export_model
from trainer.export_layouts import BLOCK, NAMES, layout_of
from trainer.model import Transformer, new_transformer

DOCUMENT = torch.arange(4, 30)


LEARNED = {"positions": "learned", "maximum_positions": LENGTH + 8, "key_value_heads": 6, "norm": "layer"}
LAYOUTS: dict[str, tuple[dict[str, Any], str]] = {
    "default": ({"rope_theta": 500.0}, "LlamaForCausalLM"),
    "QK-norm": ({"qk_norm": True}, "Qwen3ForCausalLM"),
    "GELU": ({"activation": "gelu"}, "ArceeForCausalLM"),
    "squared ReLU": ({"activation": "relu2"}, "ArceeForCausalLM"),
    "LayerNorm": ({"norm": "layer"}, "StableLmForCausalLM"),
    "LayerNorm and GELU": ({"norm": "layer", "activation": "gelu"}, "Starcoder2ForCausalLM"),
    "LayerNorm and squared ReLU": ({"norm": "layer", "activation": "relu2"}, "Starcoder2ForCausalLM"),
    "learned positions and GELU": ({**LEARNED, "activation": "gelu"}, "GPT2LMHeadModel"),
    "learned positions and squared ReLU": ({**LEARNED, "activation": "relu2"}, "GPT2LMHeadModel"),
}


def model_of(tied: bool = True, **parts: Any) -> Transformer:
    """One with weights large enough to tell a wrong rotation, norm or order of heads."""
    settings = Model(**{"layers": 2, "width": 48, "heads": 6, "key_value_heads": 2, "tied_embeddings": tied, **parts})
    model = new_transformer(settings, VOCABULARY, seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(("parts", "architecture"), LAYOUTS.values(), ids=LAYOUTS)
def test_hugging_face_gives_equal_logits(
    tmp_path: Path, tokenizer: Tokenizer, parts: dict[str, Any], architecture: str, tied: bool
) -> None:
    model = model_of(tied, **parts)
    export_model(tmp_path / "model", model, tokenizer, LENGTH, DOCUMENT, [])
    theirs, report = AutoModelForCausalLM.from_pretrained(
        tmp_path / "model", local_files_only=True, output_loading_info=True
    )
    tokens = torch.arange(200, 220)[None]
    with torch.no_grad():
        ours = model(tokens, torch.arange(20)[None]) @ model.head.T
        difference = (theirs(tokens).logits - ours).abs().max().item()
    assert difference <= 1e-5 * ours.abs().max().item()
    assert not any(report.values())
    assert (type(theirs).__name__, theirs.config.architectures) == (architecture, [architecture])
    assert theirs.config.max_position_embeddings == parts.get("maximum_positions", LENGTH)
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer.model", "tokenizer_config.json")
    }


@pytest.mark.parametrize(
    "parts",
    [
        {"norm": "layer", "qk_norm": True},
        {"activation": "gelu", "qk_norm": True},
        {"positions": "learned", "maximum_positions": 64},
        {**LEARNED, "activation": "gelu", "key_value_heads": 2},
    ],
)
def test_a_model_that_no_layout_fits_is_an_error(parts: dict[str, Any]) -> None:
    with pytest.raises(GristmillError, match=r"pretrain.model: no Hugging Face model has norm = .* go with everything"):
        layout_of(Model(**{"heads": 4, "key_value_heads": 4, **parts}))


def test_hugging_face_gives_equal_token_ids(tmp_path: Path, tokenizer: Tokenizer) -> None:
    export_model(tmp_path / "model", model_of(), tokenizer, LENGTH, DOCUMENT, [])
    theirs = AutoTokenizer.from_pretrained(tmp_path / "model", local_files_only=True)
    text = "the old mill  grinds\n\twheat, ünd Ω 🙂"
    assert theirs.encode(text, add_special_tokens=False) == tokenizer.encode(text).tolist()
    assert theirs.decode(theirs.encode(text, add_special_tokens=False)) == text
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (
        *(tokenizer.bos_id, tokenizer.eos_id, tokenizer.padding_id),
    )


def test_a_new_model_takes_the_place_of_the_old(tmp_path: Path, tokenizer: Tokenizer) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("")
    export_model(tmp_path / "model", model_of(), tokenizer, LENGTH, DOCUMENT, [])
    assert not (tmp_path / "model" / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_other_logits_are_an_error_and_nothing_is_written(
    tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, BLOCK + r"feed_forward\.gate", r"model.layers.\1.mlp.up_proj")
    monkeypatch.setitem(NAMES, BLOCK + r"feed_forward\.up", r"model.layers.\1.mlp.gate_proj")
    with pytest.raises(GristmillError, match="model: not written: Hugging Face's logits differ"):
        export_model(tmp_path / "model", model_of(), tokenizer, LENGTH, DOCUMENT, [])
    assert list(tmp_path.iterdir()) == []


def test_other_token_ids_are_an_error_and_nothing_is_written(
    tmp_path: Path, tokenizer: Tokenizer, tokenizer_folder: Path
) -> None:
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    tokenizer.copy_to(str(folder))
    value = json.loads((folder / "tokenizer.json").read_text())
    value["model"]["vocab"][-1], value["model"]["vocab"][-2] = value["model"]["vocab"][-2:]
    (folder / "tokenizer.json").write_text(json.dumps(value))
    words = "the old mill by the river"
    with pytest.raises(GristmillError, match="tokenizer gives other token ids"):
        export_model(tmp_path / "model", model_of(), Tokenizer.load(str(folder)), LENGTH, DOCUMENT, [words])
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer"]


def test_a_weight_without_a_name_there_is_a_defect() -> None:
    with pytest.raises(KeyError):
        layout_of(Model()).name_of("layers.0.attention.gate")
