"""Words of languages without spaces."""

import json
import time
from importlib.resources import files

import budoux
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality import boundary_model as models
from stages.quality.boundary_model import boundary_model, cuts
from stages.quality.segmentation import UNSPACED_LANGUAGES, segments

TEXTS = {
    "zh-hans": "我们今天在学校学习中文，老师说这是一个很好的机会。LibreOffice 7.4 可以打开文件！",
    "zh-hant": "臺灣的國語是在這個時候開始發展的，並且有很多人使用。他說：「明天見」",
    "ja_word": "今日は天気がいいので、公園でコーヒーを飲みながら本を読みました。",
    "th": "ฉันชอบกินข้าวผัดและดูหนังที่บ้านของเพื่อน 3 ครั้ง",
}


@pytest.mark.parametrize("name", TEXTS)
def test_cuts_are_those_of_budoux(name: str) -> None:
    content = json.loads(files("budoux").joinpath("models", f"{name}.json").read_text(encoding="utf-8"))
    text = TEXTS[name] * 3
    assert cuts(text, boundary_model(name)) == _cuts_of_budoux(text, budoux.Parser(content))


def _cuts_of_budoux(text: str, parser: budoux.Parser) -> list[int]:
    places, place = [], 0
    for piece in parser.parse(text)[:-1]:
        place += len(piece)
        places.append(place)
    return places


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="我的是在了中国 a。ーのはを本ที่และ\n😀\ud800", max_size=40), st.sampled_from(sorted(TEXTS)))
def test_cuts_of_any_text_are_those_of_budoux(text: str, name: str) -> None:
    content = json.loads(files("budoux").joinpath("models", f"{name}.json").read_text(encoding="utf-8"))
    assert cuts(text, boundary_model(name)) == _cuts_of_budoux(text, budoux.Parser(content))


def test_the_size_of_a_block_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS["zh-hans"] * 5
    whole = cuts(text, boundary_model("zh-hans"))
    monkeypatch.setattr(models, "BLOCK", 7)
    assert cuts(text, boundary_model("zh-hans")) == whole


def test_only_a_sum_above_the_threshold_cuts() -> None:
    model = boundary_model("ja_word")
    numbers = np.concatenate(([0] * 3, model.numbers[list(map(ord, TEXTS["ja_word"]))], [0] * 3))
    highest = 2 * int(models._scores(numbers, model)[1:].max())
    assert cuts(TEXTS["ja_word"], model._replace(threshold=highest)) == []
    assert cuts(TEXTS["ja_word"], model._replace(threshold=highest - 1)) != []


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("zh", "我喜欢学习中文。", ["我", "喜欢", "学习", "中文"]),
        ("zh", "使用 LibreOffice 7.4，然后(按 F1)。", ["使用", "LibreOffice", "7.4", "然后", "按", "F1"]),
        ("ja", "このコマンドの見つけ方", ["この", "コマンド", "の", "見つけ方"]),
        ("ja", "書ドキュメント", ["書", "ドキュメント"]),
        ("th", "ฉันชอบกินข้าวผัด", ["ฉัน", "ชอบ", "กิน", "ข้าว", "ผัด"]),
        ("dz", "རྫོང་ཁ་འབྲུག་གི།", ["རྫོང", "ཁ", "འབྲུག", "གི"]),
        ("zh", "，。！", []),
        ("zh", "", []),
        ("zh", "see https://www.example.org/a?b, ok", ["see", "https://www.example.org/a?b", "ok"]),
    ],
)
def test_words_are_cut_where_readers_cut_them(language: str, text: str, words: list[str]) -> None:
    assert segments(text, language) == words


def test_traditional_chinese_has_a_model_of_its_own() -> None:
    assert {"臺灣", "國語", "開始", "發展"} <= set(segments(TEXTS["zh-hant"], "zh"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("lo", "ຂ້ອຍມັກກິນເຂົ້າແລະເບິ່ງໜັງຢູ່ເຮືອນຂອງໝູ່"),
        ("km", "ខ្ញុំចូលចិត្តញ៉ាំបាយនិងមើលកុននៅផ្ទះមិត្តភក្តិ"),
        ("my", "ကျွန်တော်ထမင်းစားပြီးသူငယ်ချင်းအိမ်မှာရုပ်ရှင်ကြည့်တယ်"),
    ],
)
def test_pieces_without_a_model_are_the_same_wherever_a_passage_stands(language: str, text: str) -> None:
    pieces = segments(text, language)
    assert "".join(pieces) == text
    assert 2 <= len(text) / len(pieces) <= 8
    shifted = segments(text[:5] + text, language)
    common = len(pieces) - 3
    assert shifted[-common:] == pieces[-common:]


@settings(deadline=None, max_examples=200)
@given(st.text(), st.sampled_from(sorted(UNSPACED_LANGUAGES)))
def test_words_come_in_order_and_are_never_empty_or_white_space(text: str, language: str) -> None:
    place = 0
    for word in segments(text, language):
        assert word.split() == [word]
        place = text.index(word, place) + len(word)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "汉字测试" * 100_000),
        ("th", "ก" * 400_000),
        ("lo", "ກ" * 400_000),
        ("zh", "a," * 200_000),
        ("ja", "、" * 400_000),
    ],
)
def test_unbroken_runs_cost_linear_time(language: str, text: str) -> None:
    started = time.process_time()
    segments(text, language)
    assert time.process_time() - started < 5


def test_a_language_with_spaces_is_an_error() -> None:
    with pytest.raises(KeyError):
        segments("text", "en")
