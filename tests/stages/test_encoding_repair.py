"""Mending wrongly decoded text: what ftfy mends and nothing else, at the price of one pattern."""

import itertools
import re
import time

import ftfy
import pytest
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Edit
from stages.encoding_repair import _GATE, SEGMENT_CHARACTERS, repair_encoding
from stages.recipe import Cleaning

SENTENCES = (
    "Le café de la gare était fermé ; l’été, « déjà », n’avait pas commencé.",
    "Der Fluß stieg über Nacht, und in den Häusern wärmte man sich – „wie üblich“.",
    "Naïve façade: “quoted”, ‘single’, €5 … and 20 °C ± 1½ – it’s ™ and ©.",
    "Zażółć gęślą jaźń, příliš žluťoučký kůň, őrült hűtő.",
    "Ночью река поднялась, и никто в деревне не мог вспомнить такого «наводнения».",
    "Τη νύχτα ο ποταμός φούσκωσε, και κανείς δεν θυμόταν τέτοια πλημμύρα.",
    "夜里河水上涨，村里没有人记得“这样的洪水”……——《书》。",
    "夜のうちに川が増水し、「村」の誰もそのような洪水を覚えていなかった。",
    "ارتفع النهر في الليل، ولم يتذكر أحد في القرية مثل هذا الفيضان.",
    "रात में नदी चढ़ गई, और गाँव में किसी को ऐसी बाढ़ याद नहीं थी।",
    "แม่น้ำขึ้นสูงในตอนกลางคืน และไม่มีใครในหมู่บ้านจำน้ำท่วมเช่นนี้ได้",
    "Đêm qua nước sông dâng lên, và không ai trong làng nhớ nổi trận lụt như thế.",
    "ÅNGSTRÖM, ÎLE, ÉTÉ, ÇA; the word Å is an island; sœur, Œuvre, cœur ; ½ × ¾ ÷ 2² = µ§¶.",
)
MISTAKES = ("latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "macroman", "cp437")


def _mend(text):
    return repair_encoding(text, Cleaning())[0]


def _by_ftfy(text):
    return "".join(map(ftfy.fix_encoding, re.findall(r"[^\n]*\n|[^\n]+", text)))


@pytest.mark.parametrize("text", SENTENCES)
def test_right_text_of_every_language_stays_as_it_is(text):
    assert repair_encoding(f"{text}\n{text.upper()}", Cleaning()) == (f"{text}\n{text.upper()}", ())


@pytest.mark.parametrize("encoding", ["latin-1", "sloppy-windows-1252"])
@pytest.mark.parametrize("text", SENTENCES[:3])
def test_text_that_was_decoded_wrongly_is_mended(text, encoding):
    assert _mend(text.encode().decode(encoding)) == text


def test_text_that_was_decoded_wrongly_twice_is_mended():
    twice = "Déjà vu, café".encode().decode("latin-1").encode().decode("sloppy-windows-1252")
    assert _mend(twice) == "Déjà vu, café"


def test_the_edit_counts_the_lines_that_were_mended_and_their_lost_characters():
    assert repair_encoding("good é\ncafÃ© cafÃ©\nplain\nÃ¼ber", Cleaning()) == (
        "good é\ncafé café\nplain\nüber",
        (Edit("fix_encoding", 2, 3),),
    )


def test_a_broken_line_in_a_page_of_another_script_is_mended():
    assert _mend("Ночью река поднялась.\nIt was a cafÃ© in the â€œoldâ€\x9d town.\n夜里") == (
        "Ночью река поднялась.\nIt was a café in the “old” town.\n夜里"
    )


def test_nothing_but_the_encoding_is_mended():
    text = "“curly” ‘quotes’ ﬁne ｆｕｌｌ &amp; \x1b[1m \r\n e\u0301 cafÃ©"
    assert _mend(text) == text.replace("Ã©", "é")


def test_it_can_be_switched_off():
    assert repair_encoding("cafÃ©", Cleaning(fix_encoding=False)) == ("cafÃ©", ())


@pytest.mark.parametrize("encoding", MISTAKES)
@pytest.mark.parametrize("text", SENTENCES)
def test_injected_mistakes_are_mended_exactly_as_ftfy_does(text, encoding):
    for wrong in (text.encode().decode(encoding, "replace"), text.encode().decode(encoding, "ignore")):
        lines = f"plain line\n{wrong}\n{text}\n{wrong}"
        assert _mend(lines) == _by_ftfy(lines)


def test_the_gate_passes_each_pair_of_characters_that_ftfy_finds_bad():
    in_mojibake = re.compile(f"[{''.join(MOJIBAKE_CATEGORIES.values())}Œœ]")
    characters = [chr(code) for code in range(0x80, 0x10000) if in_mojibake.match(chr(code))]
    assert len(characters) > 400
    for first, second in itertools.product(characters, repeat=2):
        pair = f"a{first}{second}a"
        assert _GATE.search(pair) or not BADNESS_RE.search(pair), pair
    for one, before, after in itertools.product(characters, ("", " ", "a", "a ", "."), ("", " ", "\n", "a", "1")):
        assert _GATE.search(before + one + after) or not BADNESS_RE.search(before + one + after), before + one + after


SIGNS = (
    "ÃÂÄÐÑàâåœŒ€™“”‘’•–—…†‡°±²³µ¶·»¿×вЂГВСРΞΟβ�¬¦¨¯¸ˆ˜ƒ‚„√≈∂ØÙÎ\x80\x81\x9d\xa0\xad│╬▒éüß中жα aZ1.,\n\0\x1a\ud83d\udc00"
)


@settings(deadline=None, max_examples=1500, derandomize=True)
@given(st.text(alphabet=SIGNS, max_size=14))
def test_whatever_the_signs_it_mends_as_ftfy_does(text):
    expected = _by_ftfy(text)
    if "\0" not in expected or "\0" in text:
        assert _mend(text) == expected
    assert _mend(_mend(text)) == _mend(text)


@pytest.mark.parametrize("text", ["À\x80 CafÃ© À\x80", "í\xa0\x80 Ã©", "í\xa0½í±\x80"])
def test_no_nul_and_no_half_of_a_pair_comes_into_a_text(text):
    mended = _mend(text)
    assert "\0" not in mended
    mended.encode()


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "\0Ã©\ud800", "\udfffÃ\x81\x00"])
def test_odd_characters_do_no_harm(text):
    assert _mend(text).replace("é", "Ã©").replace("Á", "Ã\x81") == text


def test_a_very_long_line_is_mended_in_pieces():
    text = "word cafÃ© " * (SEGMENT_CHARACTERS // 5)
    mended, edits = repair_encoding(text, Cleaning())
    pieces = -(-len(text) // SEGMENT_CHARACTERS)
    assert edits[0].count == pieces
    assert abs(mended.count("café") - text.count("cafÃ©")) < pieces


@pytest.mark.parametrize("unit", ["Ã", "Ã©", "Ã©\n", "€Ã\x81œ", "Ã 中", "é\n"])
def test_the_time_grows_with_the_length_and_not_faster(unit):
    def seconds(size):
        text = unit * (size // len(unit))
        start = time.process_time()
        _mend(text)
        return time.process_time() - start

    _mend(unit)
    assert seconds(160_000) < 20 * seconds(20_000) + 0.5
