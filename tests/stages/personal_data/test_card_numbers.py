"""Card numbers: issuer, length, checksum and surroundings together."""

import pytest

from stages.personal_data.card_numbers import card_numbers, has_luhn_checksum

CARDS = {
    "Visa": "4111111111111111",
    "Visa of 19": "4000000000000000006",
    "Mastercard": "5555555555554444",
    "Mastercard of the second series": "2223003122003222",
    "American Express": "378282246310005",
    "Discover": "6011111111111117",
    "JCB": "3530111333300000",
    "UnionPay": "6200000000000005",
    "Maestro": "6759649826438453",
    "Diners Club": "30569309025904",
}
"""The test numbers that payment providers publish."""


def _mask(text):
    parts, done = [], 0
    for mask in card_numbers(text):
        parts += [text[done : mask.start], mask.replacement]
        done = mask.stop
    return "".join([*parts, text[done:]])


def _with_checksum(digits):
    return next(f"{digits}{last}" for last in "0123456789" if has_luhn_checksum(f"{digits}{last}"))


@pytest.mark.parametrize("issuer", CARDS)
def test_a_card_of_each_issuer_is_masked_by_zeros(issuer):
    card = CARDS[issuer]
    assert _mask(f"My card: {card}, thanks.") == f"My card: {'0' * len(card)}, thanks."


@pytest.mark.parametrize("separator", [" ", "-"])
@pytest.mark.parametrize(
    ("issuer", "groups"),
    [
        ("Visa", (4, 4, 4, 4)),
        ("Visa of 19", (4, 4, 4, 4, 3)),
        ("American Express", (4, 6, 5)),
        ("Diners Club", (4, 6, 4)),
    ],
)
def test_the_mask_keeps_the_groups(issuer, groups, separator):
    digits = iter(CARDS[issuer])
    written = separator.join("".join(next(digits) for _ in range(size)) for size in groups)
    assert _mask(f"({written})") == f"({separator.join('0' * size for size in groups)})"


@pytest.mark.parametrize("issuer", CARDS)
def test_one_wrong_digit_and_it_is_no_card(issuer):
    for place in range(2, len(CARDS[issuer])):
        digit = str((int(CARDS[issuer][place]) + 1) % 10)
        text = CARDS[issuer][:place] + digit + CARDS[issuer][place + 1 :]
        assert _mask(text) == text


@pytest.mark.parametrize("prefix", ["1", "7", "9", "56", "2220", "2721", "6012", "3527", "3590", "31", "0"])
def test_a_number_of_no_issuer_is_no_card(prefix):
    text = _with_checksum((prefix + "1234567890123456")[:15])
    assert _mask(text) == text


@pytest.mark.parametrize(
    "prefix", ["51", "55", "2221", "2720", "6011", "644", "65", "3528", "3589", "62", "4", "5018", "6763"]
)
def test_the_ends_of_the_ranges_of_issuers_are_cards(prefix):
    assert _mask(_with_checksum((prefix + "1234567890123456")[:15])) == "0" * 16


@pytest.mark.parametrize(
    "text",
    [
        "id=4111111111111111",
        "/status/4111111111111111",
        "x4111111111111111",
        "0x4111111111111111",
        "4111111111111111e",
        "0.4111111111111111",
        "4111111111111111.5",
        "-4111111111111111",
        "$4111111111111111",
        "9 4111 1111 1111 1111",
        "4111 1111 1111 1111 9",
        "4111,4111111111111111",
        "41111111111111110000",
        "4111-1111 1111-1111",
        "41 11 11 11 11 11 11 11",
        "4111 1111 1111 1112",
        "4111\n1111\n1111\n1111",
        "4222222222222",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_parts_of_longer_things_and_other_shapes_are_no_cards(text):
    assert _mask(text) == text
