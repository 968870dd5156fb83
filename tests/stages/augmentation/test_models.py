"""Masked language models and translation models: words and sentences change, all else stays; equal runs are equal."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
import torch
import transformers

from stages.augmentation.change import Change, Context
from stages.augmentation.models import _masked_model, back_translation, contextual
from stages.errors import GristmillError
from stages.recipe import Step

SENTENCE = "the cat dog house tree river runs sleeps sees big small red old under over near and town bird"
WORDS = SENTENCE.split()
TEXT = (
    "The cat sees a dog.  The old Dog sleeps under the tree!\n\n"
    "\tA BIG bird runs, and the river runs.\r\n"
    "```\nthe cat = dog\n```\nSee https://example.org/cat near the house\n"
)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = [*special, *WORDS, *letters, *".,!", *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}).save_pretrained(folder)
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64,
    )  # fmt: skip
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("marian")
    lines = [" ".join(random.Random(seed).choices(WORDS, k=8)) for seed in range(200)]
    (folder / "lines.txt").write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "lines.txt"), model_prefix=str(folder / "source"), vocab_size=60, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.model"))
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    names = ["</s>", "<unk>", *(piece for piece in pieces if not piece.startswith("<")), "<pad>"]
    vocabulary = {name: number for number, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes((folder / "source.model").read_bytes())
    tokenizer = transformers.MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json")
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(2)
    config = transformers.MarianConfig(
        vocab_size=len(names), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=64,
        pad_token_id=len(names) - 1, eos_token_id=0, decoder_start_token_id=len(names) - 1, init_std=0.5,
        forced_eos_token_id=0,
    )  # fmt: skip
    transformers.MarianMTModel(config).save_pretrained(folder)
    return str(folder)


def replaced(text: str, folder: str, rate: float = 1.0, seed: int = 1) -> Change:
    step = Step(augmenter="contextual", rate=rate, model=folder)
    return contextual(text, step, Context("en"), random.Random(seed))


def translated(text: str, folder: str, back: str = "") -> Change:
    step = Step(augmenter="back_translation", model=folder, back_model=back or folder)
    return back_translation(text, step, Context("en"), random.Random(1))


def test_words_change_and_all_between_them_stays(bert: str) -> None:
    after = replaced(TEXT, bert)
    before, now = re.split(r"(\w+)", TEXT), re.split(r"(\w+)", after.text)
    assert before[::2] == now[::2]
    assert "```\nthe cat = dog\n```" in after.text and "https://example.org/cat" in after.text
    changed = [(old, new) for old, new in zip(before, now, strict=True) if old != new]
    assert len(changed) == after.edits == after.units
    for old, new in changed:
        assert (old.islower(), old[0].isupper()) == (new.islower(), new[0].isupper()), (old, new)
        assert old.lower() != new.lower()


def test_words_that_the_model_finds_likelier_come_in_more_often(bert: str, tmp_path: Path) -> None:
    model = transformers.BertForMaskedLM.from_pretrained(bert)
    tokenizer = transformers.AutoTokenizer.from_pretrained(bert)
    favourites = [tokenizer.convert_tokens_to_ids(word) for word in ("river", "tree")]
    with torch.no_grad():
        model.cls.predictions.bias[favourites] += 30.0
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    words = Counter(replaced("cat", str(tmp_path), seed=seed).text for seed in range(60))
    assert set(words) == {"river", "tree"}
    assert min(words.values()) > 10


def test_the_model_sees_the_line_of_a_word(bert: str) -> None:
    assert contexts_seen(bert, "The cat sees\nthe dog near it") == [
        *("[MASK] cat sees", "The [MASK] sees", "The cat [MASK]"),
        *("[MASK] dog near it", "the [MASK] near it", "the dog [MASK] it", "the dog near [MASK]"),
    ]


def test_mask_tokens_in_a_text_are_no_place_for_a_word(bert: str) -> None:
    after = replaced("[MASK] near the cat", bert, 1.0)
    assert after.edits == after.units == 4
    assert re.fullmatch(r"\[\w+\] \w+ \w+ \w+", after.text)


def contexts_seen(folder: str, text: str) -> list[str]:
    """What the model is given, word by word."""
    seen: list[str] = []
    augmenter = _masked_model(folder)
    original = type(augmenter.model).predict
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(augmenter.model),
            "predict",
            lambda self, texts, **words: [seen.extend(texts), original(self, texts, **words)][1],
        )
        replaced(text, folder)
    return seen


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_the_rate_is_met_over_many_documents(bert: str, rate: float) -> None:
    changes = [replaced("the cat sees a big dog near the old tree and runs", bert, rate, seed) for seed in range(150)]
    assert sum(one.edits for one in changes) == pytest.approx(rate * sum(one.units for one in changes), rel=0.1)


def test_sentences_of_prose_change_and_all_else_stays(marian: str) -> None:
    after = translated(TEXT, marian)
    assert (after.edits, after.units) == (3, 3)
    parts = re.fullmatch(
        r"(\S.*)  (\S.*)\n\n\t(\S.*)\r\n```\nthe cat = dog\n```\nSee https://example.org/cat near the house\n",
        after.text,
    )
    assert parts
    assert not {"The cat sees a dog.", "The old Dog sleeps under the tree!"} & set(parts.groups())


def test_sentences_that_no_model_takes_stay(marian: str) -> None:
    long = "the cat " * 100 + "runs."
    assert translated(f"{long}\nthe cat runs.", marian).text.startswith(f"{long}\n")
    assert translated("`the cat` = 1; 2 + 3.", marian).edits == 0


def test_equal_arguments_give_equal_texts_and_global_generators_are_left_alone(bert: str, marian: str) -> None:
    first, sentences = replaced(TEXT, bert, 0.5), translated(TEXT, marian)
    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert replaced(TEXT, bert, 0.5) == first
    assert translated(TEXT, marian) == sentences
    assert replaced(TEXT, bert, 0.5, seed=2) != first
    assert states == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())


def test_models_work_in_a_process_where_nlpaug_was_imported_without_them(bert: str, marian: str) -> None:
    program = f"""
import random, sys
from stages.augmentation.change import Context
from stages.augmentation.models import back_translation, contextual
from stages.augmentation.registry import augmenter
from stages.recipe import Step
augmenter("word_swap")("some words", Step(augmenter="word_swap", rate=1.0), Context("en"), random.Random(1))
assert "torch" not in sys.modules
step = Step(augmenter="contextual", rate=1.0, model={bert!r})
print(contextual("the cat", step, Context("en"), random.Random(1)).text)
step = Step(augmenter="back_translation", model={marian!r}, back_model={marian!r})
print(back_translation("the cat.", step, Context("en"), random.Random(1)).text)
assert sys.modules["torch"].get_num_threads() == 1
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n")[:2] == [replaced("the cat", bert).text, translated("the cat.", marian).text]
    assert result.stderr == ""


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\n\n", "🙂 👩‍👩‍👧 cat", "猫坐在垫子上。", "\ud800 cat \udfff", "\0 cat", "12 34", "`cat`",
        "cat\u2028dog", "[MASK] cat [MASK]", "x" * 5_000, "the " + "🙂" * 500 + " cat", "גדול", "a\u0301b",
    ],
)  # fmt: skip
def test_odd_texts_give_a_text(bert: str, marian: str, text: str) -> None:
    for after in (replaced(text, bert).text, translated(text, marian).text):
        assert bool(after) == bool(text)
        assert len(after.splitlines()) == len(text.splitlines())


def folder_with(tmp_path: Path, **config: object) -> str:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return str(tmp_path)


def test_a_missing_masked_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"contextual: model: .*nowhere holds no model; put a masked language"):
        replaced("cat", str(tmp_path / "nowhere"))


def test_a_model_of_another_kind_is_named(tmp_path: Path, marian: str) -> None:
    with pytest.raises(GristmillError, match=r"contextual: model: .* holds MarianMTModel; put a masked language model"):
        replaced("cat", marian)
    xlnet = folder_with(tmp_path, architectures=["XForMaskedLM"], model_type="x")
    with pytest.raises(GristmillError, match=r"is of type x; known are bert, distilbert, roberta"):
        replaced("cat", xlnet)


def test_an_incomplete_model_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, architectures=["BertForMaskedLM"], model_type="bert")
    with pytest.raises(GristmillError, match=rf"contextual: model: the model in {folder} cannot be loaded: \S"):
        replaced("cat", folder)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(GristmillError, match=r"config\.json is damaged"):
        replaced("cat", folder)


def test_a_missing_translation_model_is_named(tmp_path: Path, marian: str, bert: str) -> None:
    with pytest.raises(GristmillError, match=r"back_translation: back_model: .*nowhere holds no model; put a transl"):
        translated("The cat.", marian, str(tmp_path / "nowhere"))
    with pytest.raises(GristmillError, match=r"back_translation: model: .* holds BertForMaskedLM"):
        translated("The cat.", bert, marian)
