"""C4's rules: which lines go, what is counted on those that stay, and what is booked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Edit
from stages.quality.c4 import (
    COOKIE,
    COOKIE_PHRASES,
    JAVASCRIPT,
    KELVIN,
    LOREM_IPSUM,
    POLICY_PHRASES,
    ends_sentence,
    lowered_bytes,
    measure,
    names_policy,
    without_citation_marks,
)
from stages.quality.prepared import Prepared
from stages.recipe import C4
from tests.stages.quality.quality_texts import PROSE

LINES = st.sampled_from(
    [
        "A sentence of five words.",
        "Please enable JavaScript here now.",
        "We have a Privacy Policy too.",
        "two words",
        "",
        "  indented line with words [1] ",
        "lorem ipsum dolor sit amet",
        "if (x) { return the y; }",
    ]
)


def measured(text, language="en", reference="papers", **settings):
    return measure(Prepared(text, language, reference), C4(**settings))


def test_prose_stays_as_it_is():
    found = measured(PROSE)
    assert found.text == PROSE
    assert found.edits == ()
    assert found.values["sentences"] >= 5


@pytest.mark.parametrize(
    ("line", "edit"),
    [
        ("Two words", "short_lines"),
        ("This needs JavaScript to work.", "javascript_lines"),
        ("Read our Privacy Policy before you go.", "policy_lines"),
        ("a word of " + "x" * 1_001, "long_word_lines"),
    ],
)
def test_a_line_goes_and_is_booked(line, edit):
    before, after = "The first line is fine.", "The last line is fine too."
    found = measured(f"{before}\n{line}\n{after}")
    assert found.text == f"{before}\n{after}"
    assert found.edits == (Edit(edit, 1, len(line) + 1),)


def test_lines_without_an_end_go_where_that_is_asked_for():
    text = "A line that ends.\nA line that does not\nA line that trails off..."
    assert measured(text, terminal_punctuation=True).text == "A line that ends."
    assert measured(text).text == text


@pytest.mark.parametrize("line", ["It ends.", 'He said "no."', "终于结束了。", "「はい。」", "क्या?", "(All of it.)"])
def test_sentences_end_in_every_script_and_before_quotes(line):
    assert ends_sentence(line)


@pytest.mark.parametrize("line", ["No end", "It trails off...", "It trails off…", "", "A comma,"])
def test_other_lines_end_no_sentence(line):
    assert not ends_sentence(line)


def test_every_rule_on_lines_can_be_switched_off():
    text = "Two words [1]\nThis needs JavaScript to work.\nRead our privacy policy, please.\n" + "x" * 2_000
    off = {"citation_marks": False, "line_words": 0, "javascript_lines": False, "policy_lines": False}
    assert measured(text, **off, line_word_characters=3_000).text == text


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It is so.[1][23] He said [4] that", "It is so. He said that"),
        ("History[edit]", "History"),
        ("It is so [citation needed].", "It is so."),
        ("int[] a [x]", "int[] a [x]"),
    ],
)
def test_citation_marks_go_with_the_space_before_them(text, bare):
    assert without_citation_marks(text)[0] == bare


def test_citation_marks_are_booked_with_their_characters():
    assert without_citation_marks("a [1] b[edit]")[1] == (Edit("citation_marks", 2, 10),)


def test_what_pages_must_not_have_is_counted_on_the_lines_that_rules_left():
    text = "{ }\nThis line has a {curly} bracket, and {another}.\nHere is Lorem Ipsum for you."
    values = measured(text).values
    assert values["curly_brackets"] == 2
    assert values["lorem_ipsum"] == 1


def test_a_curly_bracket_on_a_line_about_javascript_goes_with_it():
    assert measured("A javascript line with a { bracket.").values["curly_brackets"] == 0


def test_chinese_lines_have_words_though_no_spaces():
    text = "今天天气很好，我们一起去公园散步。\n是\n明天也会是晴天吗？"
    found = measured(text, "zh")
    assert found.text == "今天天气很好，我们一起去公园散步。\n明天也会是晴天吗？"
    assert found.values["sentences"] == 2


def test_a_long_chinese_line_is_no_long_word():
    line = "今天天气很好，我们去公园。" * 200
    assert measured(line, "zh").text == line


def test_a_text_of_which_every_line_goes_has_no_sentence():
    found = measured("Home\nAbout us\n\nContact")
    assert found.text == ""
    assert found.values["sentences"] == 0


def test_datatrove_strips_lines_and_counts_words_before_marks_go():
    text = "  Two words [1] here\n\nTwo words [2] \n"
    found = measured(text, reference="datatrove")
    assert found.text == "Two words  here\nTwo words"
    assert found.edits == (Edit("citation_marks", 2, 6),)
    assert measured(text).text == "  Two words here"


@settings(deadline=None, max_examples=200)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_edits_add_up_to_what_a_text_lost(lines, separator):
    text = separator.join(lines)
    found = measured(text)
    assert sum(edit.characters for edit in found.edits) == len(text) - len(found.text)
    assert measured(found.text).text == found.text


def test_small_letters_of_english_are_those_of_lower():
    odd = {sign for sign in map(chr, range(128, 0x110000)) if any(letter.isascii() for letter in sign.lower())}
    assert odd == {KELVIN, "İ"}
    assert lowered_bytes("USE COO\u212aIES \ud800Ä") == "use cookies \ud800Ä".encode("utf-8", "surrogatepass")
    assert not any(b"i" in phrase[-1:] for phrase in (*POLICY_PHRASES, *COOKIE_PHRASES, JAVASCRIPT, LOREM_IPSUM))
    assert all(COOKIE in phrase for phrase in COOKIE_PHRASES)


def test_policy_phrases_are_those_of_the_papers_code():
    assert names_policy(b"this site uses cookies")
    assert not names_policy(b"cookies for the policy of the house")
