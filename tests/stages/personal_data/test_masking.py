"""Masking as a whole: what is counted, that it is repeatable, and that no text is too much for it."""

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Edit
from stages.personal_data import mask_personal_data
from stages.recipe import Cleaning

TEXT = "Anna <anna@acme.com> or bob@acme.org, from 93.184.216.34: card 4111 1111 1111 1111, call +49 30 1234567."
MASKED = "Anna <email@example.com> or email@example.com, from 192.0.2.1: card 0000 0000 0000 0000, call +49 00 0000000."


def test_each_kind_is_masked_counted_and_measured():
    assert mask_personal_data(TEXT, Cleaning()) == (
        MASKED,
        (
            Edit("mask_email", 2, -9),
            Edit("mask_ip_address", 1, 4),
            Edit("mask_card_number", 1, 0),
            Edit("mask_phone_number", 1, 0),
        ),
    )


@pytest.mark.parametrize("kind", ["email", "ip_address", "card_number", "phone_number"])
def test_only_the_kinds_of_the_recipe_are_masked(kind):
    _, edits = mask_personal_data(TEXT, Cleaning(mask_personal_data=(kind,)))
    assert [edit.name for edit in edits] == [f"mask_{kind}"]
    assert mask_personal_data(TEXT, Cleaning(mask_personal_data=())) == (TEXT, ())


def test_the_order_of_the_recipe_does_not_matter():
    kinds = ("phone_number", "card_number", "ip_address", "email")
    assert mask_personal_data(TEXT, Cleaning(mask_personal_data=kinds)) == mask_personal_data(TEXT, Cleaning())


def test_a_text_is_masked_the_same_way_whatever_came_before():
    first = mask_personal_data(TEXT, Cleaning())
    mask_personal_data("other@acme.net 86.1.2.3 " * 50, Cleaning())
    assert mask_personal_data(TEXT, Cleaning()) == first
    assert mask_personal_data(TEXT * 3, Cleaning())[0] == first[0] * 3


@pytest.mark.parametrize("text", ["Tel.: 555 1234", "Fax 5(5)5-1 23–4", "Phone: 5551234"])
def test_the_shortest_number_of_a_telephone_is_masked_too(text):
    masked, edits = mask_personal_data(text, Cleaning())
    assert masked == re.sub("[0-9]", "0", text)
    assert edits == (Edit("mask_phone_number", 1, 0),)


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800@\ud800.com", "\ud800 +\ud800", "Plain words, 12 of them."])
def test_a_text_without_personal_data_stays(text):
    assert mask_personal_data(text, Cleaning()) == (text, ())


PIECES = [
    *(
        "anna@acme.com",
        "email@example.com",
        "a@b",
        "@",
        " (at) ",
        "[dot]",
        ".com",
        ".",
        "git@",
        "93.184.216.34",
        "192.0.2.1",
    ),
    *(
        "2606:4700::6810:84e5",
        "2001:db8::1",
        "::",
        ":",
        "/24",
        "4111 1111 1111 1111",
        "0000 0000",
        "0000",
        "-",
        " ",
        "  ",
        "\n",
    ),
    *(
        "+49 30 1234567",
        "+1 212 456 7890",
        "+800",
        "0049",
        "+",
        "00",
        "(212) 456-7890",
        "Tel. ",
        "电话",
        "version ",
        "7",
        "12",
        "456",
    ),
    *("é", "中", "x", "\0", "\ud800", "４", "(", ")", "/", "=", ","),
]


@settings(deadline=None, max_examples=1500, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_masking_a_masked_text_changes_nothing(text):
    masked, edits = mask_personal_data(text, Cleaning())
    assert mask_personal_data(masked, Cleaning()) == (masked, ())
    assert sum(edit.characters for edit in edits) == len(text) - len(masked)
    assert bool(edits) == (masked != text)


@pytest.mark.long
def test_masking_a_masked_text_changes_nothing_in_many_texts():
    chance = random.Random(0)
    for _ in range(200_000):
        masked, _ = mask_personal_data("".join(chance.choices(PIECES, k=chance.randrange(16))), Cleaning())
        assert mask_personal_data(masked, Cleaning()) == (masked, ())


@pytest.mark.parametrize(
    "unit",
    [
        *("@", "a@", "a@b.", "a@b.com", "a", "(at)", "x (at) ", "1", "1.", "1 ", "2:", "2001:", "::", "93.184.216.34 "),
        *(
            "+1",
            "+1 ",
            "(",
            "1234 5678 ",
            "4111 1111 1111 1111 ",
            "+1 212 456 7890 ",
            "tel 123456 ",
            "+80 1234567890 ",
            "-",
            "0",
        ),
    ],
)
def test_the_time_grows_with_the_length_and_not_faster(unit):
    def seconds(size):
        text = unit * (size // len(unit)) + "@"
        start = time.process_time()
        mask_personal_data(text, Cleaning())
        return time.process_time() - start

    seconds(1_000)
    # A busy machine can spoil one measurement; time that grows with the square spoils all.
    assert any(seconds(160_000) < 20 * seconds(20_000) + 0.3 for _ in range(3))
