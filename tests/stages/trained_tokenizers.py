"""Tokenizers of every model type, trained once a test run on the language reference, and texts to try them on."""

import pydoc_data.topics
import site
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from stages.recipe import Tokenizer as Settings
from stages.tokenizer import MODEL_FILE, Tokenizer, train_tokenizer, training_lines

TEXTS = [text for _, text in sorted(pydoc_data.topics.topics.items())][:40]
LINES = [line for text in TEXTS for line in training_lines(text)]
TYPES = ("unigram", "bpe", "char", "word")
SYMBOLS = ("<|im start|>", "ab", "abc", "bc", "s>", "\t", " if")

NAMES = ("</s>", "<s>", "<pad>", "<unk>", "<mask>", "<extra_id_0>", "<0x41>", "/s>", "0x41>", "<")
SIGNS = (
    "\u2581",
    "\u2581\u2581",
    "\ufdd0",
    "\ufdd1",
    "\ufdd2",
    "\ufdd3",
    "\0",
    "\x07",
    "\t",
    "\r",
    "\r\n",
    "\n",
    "\n\n",
)
WORDS = (
    " ",
    "  ",
    "    ",
    "\u2028",
    "\ufeff",
    "e\u0301",
    "漢字",
    "\U0001f600",
    "statement",
    " the",
    "return",
    "====",
    "a",
    "1",
)
_MARKS = st.sampled_from([*NAMES, *SIGNS, *WORDS, *SYMBOLS])
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(_MARKS, max_size=12).map("".join),
    st.lists(st.one_of(_MARKS, st.text(st.characters(exclude_categories=["Cs"]), max_size=3))).map("".join),
)


@cache
def trained(model: str, with_symbols: bool = False) -> Tokenizer:
    """A tokenizer in a folder of its own, with its Hugging Face files."""
    more: dict[str, Any] = {"user_symbols": SYMBOLS, "sentinels": 3, "split_digits": False} if with_symbols else {}
    data = train_tokenizer(LINES, Settings(model=model, vocabulary_size=800, **more))  # type: ignore[arg-type]
    folder = Path(tempfile.mkdtemp())
    for name, content in {MODEL_FILE: data, **Tokenizer(data).hugging_face_files()}.items():
        (folder / name).write_bytes(content)
    return Tokenizer.load(str(folder))


@cache
def real_texts(most: int, characters: int) -> list[str]:
    """Sources and notes of the standard library and the installed packages, each cut to so many characters."""
    folders = [Path(sysconfig.get_paths()["stdlib"]), *map(Path, site.getsitepackages())]
    found = sorted(
        {path for folder in folders for kind in ("py", "md", "txt", "rst") for path in folder.rglob(f"*.{kind}")}
    )
    paths = found[:: max(1, len(found) // most)][:most]
    return [path.read_text("utf-8", "replace")[:characters] for path in paths]
