"""Telephone numbers: international, North American, and any that a word announces."""

import phonenumbers
import pytest

from stages.personal_data.phone_numbers import phone_numbers


def _mask(text):
    parts, done = [], 0
    for mask in phone_numbers(text):
        parts += [text[done : mask.start], mask.replacement]
        done = mask.stop
    return "".join([*parts, text[done:]])


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+49 30 1234567", "+49 00 0000000"),
        ("+49 (0)30 1234567", "+49 (0)00 0000000"),
        ("+493012345678", "+490000000000"),
        ("+4930 1234567", "+4900 0000000"),
        ("0049 30 1234567", "0049 00 0000000"),
        ("+1 (212) 456-7890", "+1 (000) 000-0000"),
        ("+1.212.456.7890", "+1.000.000.0000"),
        ("+44 20 7946 0958", "+44 00 0000 0000"),
        ("+33 1 42 68 53 01", "+33 0 00 00 00 00"),
        ("+7 (495) 123-45-67", "+7 (000) 000-00-00"),
        ("+86 10 6552 9988", "+86 00 0000 0000"),
        ("+81\u20103\u20103201\u20103331", "+81\u20100\u20100000\u20100000"),
        ("+55 11 91234-5678", "+55 00 00000-0000"),
        ("(212) 456-7890", "(000) 000-0000"),
        ("212-456-7890", "000-000-0000"),
        ("212.456.7890", "000.000.0000"),
        ("1-800-356-9377", "1-000-000-0000"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("call ", "."), ("\n", ", or"), ("“", "”"), ("", " now")])
def test_numbers_that_a_numbering_plan_knows_are_masked_behind_the_country_code(number, masked, before, after):
    assert _mask(f"{before}{number}{after}") == f"{before}{masked}{after}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Tel.: 030 1234567", "Tel.: 000 0000000"),
        ("Tel 030/123 45-67", "Tel 000/000 00-00"),
        ("phone 5551234567", "phone 0000000000"),
        ("Phone number: (030) 123456", "Phone number: (000) 000000"),
        ("Téléphone : 01 42 68 53 00", "Téléphone : 00 00 00 00 00"),
        ("FAX 01 42 68 53 00", "FAX 00 00 00 00 00"),
        ("电话：010-65529988", "电话：000-00000000"),
        ("请拨手机号码13812345678。", "请拨手机号码00000000000。"),
        ("Тел. 495 123-45-67", "Тел. 000 000-00-00"),
        ("teléfono 912 345 678", "teléfono 000 000 000"),
        ("電話番号:03-3201-3331", "電話番号:00-0000-0000"),
    ],
)
def test_numbers_behind_a_word_that_announces_them_are_masked(text, masked):
    assert _mask(text) == masked
    assert _mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "030 1234567",
        "2020-01-31 12:34",
        "between -2147483648 and +2147483647",
        "+9223372036854775807",
        "+922 337 203 685 477",
        "UTC +0000 12345678",
        "1 234 567 890",
        "13812345678",
        "1171411200",
        "0012345678901",
        "00000040 6578 7465",
        "978-0-306-40615-7",
        "123-456-7890",
        "212 456 7890",
        "x=+493012345678",
        "C++11 2003 1998 2014",
        "tel 12345",
        "hotel 1234567",
        "tel\n1234567",
        "12,345,678.90",
        "1.2.3.4.5.6.7.8",
        "192.0.2.1 192.0.2.1",
        "+193.184.216.34-700",
        "Tel. 93.184.216.34",
        "212-456-7890-123",
        "+800 0000 0000",
    ],
)
def test_other_numbers_stay(text):
    assert _mask(text) == text


def test_the_longest_number_in_whole_groups_is_taken():
    assert _mask("+7 495 1234567 2010") == "+7 000 0000000 2010"
    assert _mask("+49 30 1234567-12") == "+49 00 0000000-00"


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_mask_of_no_country_is_masked_again(country):
    example = phonenumbers.example_number(country)
    for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        written = phonenumbers.format_number(example, style)
        masked = _mask(written)
        assert masked != written
        assert len(masked) == len(written)
        assert masked.startswith(f"+{example.country_code}")
        assert _mask(masked) == masked
