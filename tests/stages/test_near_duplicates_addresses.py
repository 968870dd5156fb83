"""Addresses: what servers take for the same page has the same key."""

import pytest

from stages.near_duplicates.addresses import NO_ADDRESS, address_key


@pytest.mark.parametrize(
    "other",
    [
        "http://site.test/a?q=1",
        "https://SITE.test/a?q=1#top",
        "//site.test/a?q=1",
        "site.test/a?q=1",
        " https://site.test/a?q=1\n",
        "https://user@site.test:443/a?q=1",
    ],
)
def test_scheme_user_port_fragment_and_case_of_the_host_make_no_difference(other):
    assert address_key(other) == address_key("https://site.test/a?q=1") != NO_ADDRESS


def test_the_root_may_be_left_out():
    assert address_key("https://site.test") == address_key("https://site.test/")
    assert address_key("https://site.test?q") == address_key("https://site.test/?q")


@pytest.mark.parametrize("other", ["/A", "/a/", "/a?", "/a?q=1", "/%61", "/"])
def test_path_and_query_are_compared_letter_by_letter(other):
    assert address_key("https://site.test" + other) != address_key("https://site.test/a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.com:8080/x", "http://a.com:9090/x"),
        ("http://a.com:8080/x", "http://a.com/x"),
        ("a.com/r?u=http://b.com/1", "a.com/s?u=http://c.org/1"),
        ("a.com/r?u=http://b.com", "a.com/"),
        ("https:a.com/x//y", "https:a.com/z//y"),
    ],
)
def test_other_ports_and_addresses_inside_of_addresses_are_told_apart(one, other):
    assert address_key(one) != address_key(other)


def test_hosts_in_letters_and_in_punycode_are_one():
    assert address_key("https://xn--mller-kva.de/a") == address_key("https://MÜLLER.de/a")


@pytest.mark.parametrize("nothing", [None, "", "https://", "#top"])
def test_without_a_host_there_is_no_key(nothing):
    assert address_key(nothing) == NO_ADDRESS
