"""A tokenizer that another run has trained, taken over instead of training one."""

import hashlib

from stages.artifacts import exists, join, open_file
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.tokenizer import HUGGING_FACE_FILES, MODEL_FILE, Tokenizer

KEY = "tokenizer.pretrained"
PROBE = " two  spaces,\n\na tab\t, 1234 and \U00010348"


def pretrained_hashes(recipe: Recipe) -> dict[str, str]:
    """The SHA-256 of each file of the given tokenizer, by name; GristmillError if it has no model."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in _stored(recipe.tokenizer.pretrained).items()}


def pretrained_files(recipe: Recipe) -> dict[str, bytes]:
    """The given tokenizer's files by name; those for Hugging Face are made of its model where they are missing.

    A model that is none, or that loses text or lacks a token that rows need, is a GristmillError.
    """
    folder = recipe.tokenizer.pretrained
    stored = _stored(folder)
    try:
        tokenizer = Tokenizer(stored[MODEL_FILE])
    except RuntimeError as error:
        raise GristmillError(f"{KEY}: {join(folder, MODEL_FILE)}: not a SentencePiece model") from error
    if min(tokenizer.bos_id, tokenizer.eos_id, tokenizer.padding_id) < 0:
        raise GristmillError(f"{KEY}: {folder}: the model lacks a token for starts, ends or padding of documents")
    if tokenizer.decode(tokenizer.encode(PROBE)) != PROBE:
        raise GristmillError(f"{KEY}: {folder}: the model loses spaces, newlines or characters; train one")
    return {**tokenizer.hugging_face_files(), **stored}


def _stored(folder: str) -> dict[str, bytes]:
    if not exists(join(folder, MODEL_FILE)):
        raise GristmillError(f"{KEY}: {folder}: holds no {MODEL_FILE}; name the folder of a trained tokenizer")
    found = {}
    for name in (MODEL_FILE, *HUGGING_FACE_FILES):
        if exists(join(folder, name)):
            with open_file(join(folder, name)) as file:
                found[name] = file.read()
    return found
