"""Words replaced by a masked language model, and texts translated to another language and back, by nlpaug.

The models are folders in the format of Hugging Face's transformers; nothing is ever downloaded. What nlpaug does that
is kept from happening:

- It writes texts anew from the tokens of its model: white space and case are lost. Here the model sees each word that
  is to change within its line, and nothing but the word is put in place; a translation takes the place of a sentence.
- It draws with the global generators of Python, NumPy and PyTorch. Its models draw with the document's own generator;
  translations are not drawn at all, but searched.
- It pads texts without telling the model which tokens are padding. Masked texts are handed over one by one.
- It starts a process to load each batch. Batches are made here.
- It keeps models by the last name of their folder, so that two folders of one name would be one model.

PyTorch works in one thread, as each worker process has one core.
"""

import copy
import functools
import importlib
import json
import math
import os
import random
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from stages.augmentation.change import Change, Context
from stages.augmentation.letter_case import in_case_of
from stages.augmentation.prose import LINE_BREAK, Span, edit_places, replace, words_of_prose
from stages.augmentation.source_code import is_code_token, without_code
from stages.errors import GristmillError
from stages.quality.sentences import sentence_ends
from stages.recipe import Step

TOP_K = 100
"""Tokens that a replacement is drawn from: nlpaug's own number."""
CONTEXT_CHARACTERS = 200
"""What the model sees on each side of a word, if its line is as long."""
SENTENCES_AT_ONCE = 16
MASKED_MODELS = {"bert": "Bert", "distilbert": "DistilBert", "roberta": "Roberta"}
"""nlpaug's classes by the `model_type` of `config.json`."""
_NLPAUG_MODULES = ("language_models", "bert", "distilbert", "roberta", "machine_translation_transformers")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LETTER = re.compile(r"[^\W\d_]")


def contextual(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Replaces words by others that a masked language model finds likely there (Kobayashi 2018, arXiv 1805.06201).

    Words keep their case; a word for which the model has no other word stays.

    Raises GristmillError if `step.model` is no folder with such a model.
    """
    words = words_of_prose(text, context.language)
    if not words:
        return Change(text, 0, 0)
    augmenter = _masked_model(step.model)

    def change(places: Sequence[int]) -> list[str]:
        originals = [text[slice(*words[place])] for place in places]
        surroundings = [_surroundings(text, words[place]) for place in places]
        drawn = augmenter.replacements(originals, surroundings, generator)
        return [in_case_of(original, word) for original, word in zip(originals, drawn, strict=True)]

    return edit_places(text, words, step.rate, generator, range(len(words)), change)


def back_translation(text: str, step: Step, context: Context, generator: random.Random) -> Change:  # noqa: ARG001
    """Translates the sentences of prose to another language and back (Sennrich et al. 2016, arXiv 1511.06709).

    A sentence ends with its line at the latest. Sentences that hold code, or are too long for a model, stay. Edits and
    units are sentences.

    Raises GristmillError if `step.model` or `step.back_model` is no folder with a translation model.
    """
    spans = _sentences(text, context.language)
    if not spans:
        return Change(text, 0, 0)
    augmenter = _translation_models(step.model, step.back_model)
    originals = [text[slice(*span)] for span in spans]
    return replace(text, spans, augmenter.translations(originals), len(spans))


def _surroundings(text: str, span: Span) -> tuple[str, str]:
    """What stands on the line before and after a word."""
    before = LINE_BREAK.split(text[max(span[0] - CONTEXT_CHARACTERS, 0) : span[0]])[-1]
    after = LINE_BREAK.split(text[span[1] : span[1] + CONTEXT_CHARACTERS], maxsplit=1)[0]
    return _SURROGATES.sub(" ", before), _SURROGATES.sub(" ", after)


def _sentences(text: str, language: str) -> list[Span]:
    """The places of sentences of prose without code, without the white space around them."""
    prose = without_code(text)
    spans = []
    start = 0
    for stop in (*sentence_ends(text, language), len(text)):
        sentence = text[start:stop]
        first = start + len(sentence) - len(sentence.lstrip())
        last = start + len(sentence.rstrip())
        if first < last and prose[first:last] == text[first:last] and _can_be_translated(text[first:last]):
            spans.append((first, last))
        start = stop
    return spans


def _can_be_translated(sentence: str) -> bool:
    if not _LETTER.search(sentence) or _SURROGATES.search(sentence) or LINE_BREAK.search(sentence):
        return False
    return not any(map(is_code_token, sentence.split()))


def check_models(step: Step, key: str) -> None:
    """Raises GristmillError if a step's folders hold no models of its kind; `key` names the step. Loads nothing."""
    if step.augmenter == "contextual":
        _masked_kind(f"{key}.model", step.model)
    if step.augmenter == "back_translation":
        _check_translation(f"{key}.model", step.model)
        _check_translation(f"{key}.back_model", step.back_model)


def _masked_kind(key: str, folder: str) -> str:
    """The `model_type` of a masked language model."""
    config = _config(key, folder, "ForMaskedLM$", "a masked language model, for example bert-base-cased,")
    kind = str(config.get("model_type"))
    if kind not in MASKED_MODELS:
        raise GristmillError(f"{key}: {folder} is of type {kind}; known are {', '.join(MASKED_MODELS)}")
    return kind


def _check_translation(key: str, folder: str) -> None:
    _config(key, folder, "MTModel$|ForConditionalGeneration$", "a translation model, for example of OPUS-MT,")


def _config(key: str, folder: str, architecture: str, hint: str) -> dict[str, Any]:
    """The `config.json` of a model; GristmillError if the folder has none, or one of another kind of model."""
    wanted = f"put {hint} in Hugging Face format there"
    path = Path(folder, "config.json")
    if not path.is_file():
        raise GristmillError(f"{key}: {folder} holds no model; {wanted}")
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        architectures = [str(name) for name in config.get("architectures") or ()]
    except (ValueError, AttributeError, TypeError) as error:
        raise GristmillError(f"{key}: {path} is damaged: {error}; {wanted}") from error
    if not any(re.search(architecture, name) for name in architectures):
        raise GristmillError(f"{key}: {folder} holds {', '.join(architectures) or 'another model'}; {wanted}")
    return config


def _loaded(key: str, folder: str, load: Callable[[], Any]) -> Any:
    """What nlpaug loads; whatever keeps it from that is told with the key and the folder."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load()
    # transformers, tokenizers and safetensors raise all kinds of exceptions for incomplete and damaged folders.
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise GristmillError(f"{key}: the model in {folder} cannot be loaded: {reason}") from error


@functools.cache
def _language_models() -> ModuleType:
    """nlpaug's models, with PyTorch, in one thread and without a network."""
    # Read when Hugging Face's packages are imported, which nlpaug does.
    os.environ["HF_HUB_OFFLINE"] = "1"
    name = "nlpaug.model.lang_models"
    package = importlib.import_module(name)
    for module in [sys.modules[f"{name}.{one}"] for one in _NLPAUG_MODULES]:
        # It was imported for another augmenter, with PyTorch hidden from it.
        if not hasattr(module, "torch"):
            importlib.reload(module)
    sys.modules["torch"].set_num_threads(1)
    sys.modules["transformers"].logging.set_verbosity_error()
    sys.modules["transformers"].logging.disable_progress_bar()
    return package


@functools.cache
def _masked_model(folder: str) -> Any:
    kind = _masked_kind("contextual: model", folder)
    return _loaded("contextual: model", folder, lambda: _masked_class()(model_path=folder, model_type=kind))


@functools.cache
def _masked_class() -> Callable[..., Any]:
    """nlpaug's augmenter with a model that draws from the generator that it is given."""
    models = _language_models()
    from nlpaug.augmenter.word.context_word_embs import ContextualWordEmbsAug

    class Replacement(ContextualWordEmbsAug):  # type: ignore[misc]
        def get_model(self, model_path: str, model_type: str, **_: Any) -> Any:
            return _drawing_class(getattr(models, MASKED_MODELS[model_type]))(model_path, top_k=TOP_K, device="cpu")

        def replacements(
            self, words: Sequence[str], surroundings: Sequence[tuple[str, str]], generator: random.Random
        ) -> list[str]:
            """Another word for each, or the same where the model has none."""
            one = copy.copy(self)
            one.model = copy.copy(self.model)
            one.model.generator = generator
            return [one.replacement(word, *sides) for word, sides in zip(words, surroundings, strict=True)]

        def replacement(self, word: str, before: str, after: str) -> str:
            masked = self.model.masked(before, after)
            if masked is None:
                return word
            (found,) = self.model.predict([masked], target_words=[word])
            return self.model.word_of(found[0]) if found else word

    return Replacement


@functools.cache
def _drawing_class(base: type) -> Callable[..., Any]:
    class Drawing(base):  # type: ignore[misc]
        def token2id(self, token: str) -> int:
            return int(self.tokenizer.convert_tokens_to_ids(token))

        def id2token(self, _id: int) -> str:
            # A model may have more rows than its tokenizer has tokens.
            return str(self.tokenizer.convert_ids_to_tokens(_id) or "")

        def word_of(self, token: str) -> str:
            """The word that a token is; empty for the inside of a word, for signs and for numbers."""
            prefix = self.get_subword_prefix()
            is_begin = token.startswith(prefix) == (prefix != "##")
            word = token.removeprefix(prefix)
            return word if is_begin and word.isalpha() else ""

        def pick(self, logits: Any, idxes: Sequence[int], target_word: str, **_: Any) -> list[tuple[str, float]]:
            """The first word that is drawn; nlpaug would draw ten, and choose among them whatever their probability."""
            for place in self.prob_multinomial(logits, len(idxes))[0]:
                token = self.id2token(idxes[place])
                if self.word_of(token) and self.word_of(token).lower() != target_word.lower():
                    return [(token, 0.0)]
            return []

        def masked(self, before: str, after: str) -> str | None:
            """A text with the mask token in place of the word, of a length that the model takes."""
            # The mask token itself may stand in a text.
            before, after = (side.replace(self.MASK_TOKEN, " ") for side in (before, after))
            while True:
                text = f"{before}{self.MASK_TOKEN}{after}"
                tokens = self.tokenizer.encode(text)
                if len(tokens) <= self.get_max_num_token():
                    return text if tokens.count(self.mask_id) == 1 else None
                if not before and not after:
                    return None
                before, after = before[len(before) // 2 + 1 :], after[: len(after) // 2]

        def prob_multinomial(self, logits: Any, n: int) -> tuple[list[int], None]:
            """Places of logits, drawn by their probabilities without replacement, with the document's own generator."""
            weights = logits.double().softmax(-1).tolist()
            numbers = [-math.log(1.0 - self.generator.random()) for _ in weights]
            possible = [place for place, weight in enumerate(weights) if weight > 0.0]
            return sorted(possible, key=lambda place: numbers[place] / weights[place])[:n], None

    return Drawing


@functools.cache
def _translation_models(folder: str, back_folder: str) -> Any:
    for key, one in (("model", folder), ("back_model", back_folder)):
        _check_translation(f"back_translation: {key}", one)
    names = {"from_model_name": folder, "to_model_name": back_folder}
    return _loaded("back_translation: model", f"{folder} or {back_folder}", lambda: _translating_class()(**names))


@functools.cache
def _translating_class() -> Callable[..., Any]:
    """nlpaug's augmenter with models that search for the likeliest translation, and draw nothing."""
    models = _language_models()
    from nlpaug.augmenter.word.back_translation import BackTranslationAug

    class Searching(models.MtTransformers):  # type: ignore[misc, name-defined]
        def translate_one_step_batched(self, data: Sequence[str], tokenizer: Any, model: Any) -> list[str]:
            limit = _longest(model)
            batch = tokenizer(list(data), padding=True, truncation=True, max_length=limit, return_tensors="pt")
            translated = model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                do_sample=False,
                max_length=min(2 * batch["input_ids"].shape[1] + 16, limit),
            )
            return [str(one) for one in tokenizer.batch_decode(translated, skip_special_tokens=True)]

        def fits(self, sentence: str) -> bool:
            return len(self.src_tokenizer(sentence)["input_ids"]) <= _longest(self.src_model) // 2

    class Translation(BackTranslationAug):  # type: ignore[misc]
        @classmethod
        def get_model(cls, from_model_name: str, to_model_name: str, **_: Any) -> Any:
            return Searching(from_model_name, to_model_name, device="cpu")

        def translations(self, sentences: Sequence[str]) -> list[str]:
            """Sentences in other words; those that are too long, or come back empty, as they were."""
            found = list(sentences)
            places = [place for place, sentence in enumerate(sentences) if self.model.fits(sentence)]
            for start in range(0, len(places), SENTENCES_AT_ONCE):
                batch = places[start : start + SENTENCES_AT_ONCE]
                for place, translated in zip(batch, self.substitute([sentences[one] for one in batch]), strict=True):
                    found[place] = " ".join(translated.split()) or sentences[place]
            return found

    return Translation


def _longest(model: Any) -> int:
    """How many tokens a model takes."""
    return int(getattr(model.config, "max_position_embeddings", None) or 512)
