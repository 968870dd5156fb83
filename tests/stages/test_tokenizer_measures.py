"""The measures of a tokenizer, counted by hand for one of a few tokens."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.tokenizer_measures import Document, Kind, MeasuredTokenizer, Tokens, measure

PIECES = ["<unk>", "<s>", "<0xC3>", "<0xBC>", "a", "b", "ab", "the cat", " ", "rare"]
KINDS = [Kind.UNKNOWN, Kind.SPECIAL, Kind.BYTES, Kind.BYTES, *[Kind.PIECE] * 6]
BYTE_BEGIN = 2


def encode_one(text: str) -> Tokens:
    """The longest piece first; ü in two bytes; what is unknown as <unk>."""
    tokens: list[int] = []
    while text:
        if text[0] == "ü":
            tokens += [BYTE_BEGIN, BYTE_BEGIN + 1]
            text = text[1:]
            continue
        fitting = [token for token in range(4, len(PIECES)) if text.startswith(PIECES[token])]
        token = max(fitting, key=lambda one: len(PIECES[one]), default=0)
        tokens.append(token)
        text = text[len(PIECES[token]) if token else 1 :]
    return np.array(tokens, np.int64)


def decode(tokens: Tokens) -> str:
    return "".join("ü" if token == 2 else "" if token == 3 else PIECES[token] for token in tokens.tolist())


def encode(texts: Sequence[str]) -> list[Tokens]:
    return [encode_one(text) for text in texts]


TOY = MeasuredTokenizer(PIECES, np.array(KINDS, np.uint8), encode, decode)
DOCUMENTS = [
    Document(("web", "en"), 2, "ab ab"),
    Document(("web", "de"), 1, "üa"),
    Document(("books", "en"), 3, "the cat x"),
]


def test_all_figures_of_a_few_texts_are_those_counted_by_hand() -> None:
    found = measure(TOY, [DOCUMENTS])
    # ab, space, ab | two bytes, a | the cat, space, unknown
    assert found["vocabulary_size"] == 10 and found["pieces"] == 6
    assert found["all"] == {
        "documents": 3,
        "bytes": 5 + 3 + 9,
        "characters": 5 + 2 + 9,
        "words": 6,
        "tokens": 9,
        "byte_tokens": 2,
        # t, h, e and c have no piece of their own, though "the cat" has; ü is spelled in bytes, x is unknown.
        "covered_characters": 5 + 1 + 3,
        "lost_documents": 1,
        "used_pieces": 4,
        "bytes_per_token": round(17 / 9, 6),
        "characters_per_token": round(16 / 9, 6),
        "fertility": 1.5,
        "byte_share": round(2 / 9, 6),
        "coverage": round(9 / 16, 6),
        "vocabulary_used": round(4 / 6, 6),
    }


def test_sources_and_languages_are_apart_and_together() -> None:
    found = measure(TOY, [DOCUMENTS])
    assert {row["name"]: row["tokens"] for row in found["languages"]} == {"de": 3, "en": 6}
    assert {row["name"]: row["used_pieces"] for row in found["languages"]} == {"de": 1, "en": 3}
    assert {row["name"]: row["bytes"] for row in found["sources"]} == {"books": 9, "web": 8}
    cells = {(row["source"], row["language"]): row["words"] for row in found["cells"]}
    assert cells == {("books", "en"): 3, ("web", "de"): 1, ("web", "en"): 2}


def test_the_longest_pieces_and_the_most_common_tokens_are_listed() -> None:
    found = measure(TOY, [DOCUMENTS])
    assert [(one["piece"], one["characters"], one["times"]) for one in found["longest"]] == [
        ("the cat", 7, 1),
        ("rare", 4, 0),
        ("ab", 2, 2),
        ("a", 1, 1),
        ("b", 1, 0),
        (" ", 1, 2),
    ]
    assert [(one["token"], one["times"]) for one in found["common"]][:2] == [(6, 2), (8, 2)]
    assert found["common"][0]["share"] == pytest.approx(2 / 9, abs=1e-6)
    assert sum(one["times"] for one in found["common"]) == 9


def test_no_text_has_figures_too() -> None:
    found = measure(TOY, [])
    assert found["all"]["bytes_per_token"] == found["all"]["coverage"] == 0.0
    assert found["languages"] == found["cells"] == found["common"] == []


groups = st.tuples(st.sampled_from(["web", "books"]), st.sampled_from(["en", "de"]))
texts = st.builds(Document, groups, st.integers(0, 9), st.text("ab üxthec", max_size=20))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(texts, max_size=12), st.integers(1, 5), st.randoms(use_true_random=False))
def test_batches_and_order_mean_nothing(documents: list[Document], size: int, random: object) -> None:
    whole = measure(TOY, [documents])
    shuffled = list(documents)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert measure(TOY, [shuffled[at : at + size] for at in range(0, len(shuffled), size)]) == whole
