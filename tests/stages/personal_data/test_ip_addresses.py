"""IP addresses: public ones are masked, special ones, versions and whole networks are not."""

import pytest

from stages.personal_data.ip_addresses import IPV4_PLACEHOLDER, IPV6_PLACEHOLDER, ip_addresses


def _mask(text):
    parts, done = [], 0
    for mask in ip_addresses(text):
        parts += [text[done : mask.start], mask.replacement]
        done = mask.stop
    return "".join([*parts, text[done:]])


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "86.1.2.3", "212.94.201.10", "5.61.200.7", "223.255.255.254", "192.0.3.6"]
)
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("from ", "."), ("[", "]"), ("http://", ":80/"), ("ip4:", " "), ("'", "',"), ("", "/32"), ("\n", "\n")],
)
def test_public_ipv4_addresses_are_masked(address, before, after):
    assert _mask(f"{before}{address}{after}") == f"{before}{IPV4_PLACEHOLDER}{after}"


@pytest.mark.parametrize(
    "address", ["2606:2800:220:1:248:1893:25C8:1946", "2a00:1450:4001:81b::200e", "2606:4700::6810:84e5"]
)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("[", "]:80"), ("from ", "."), ("", "/128"), ("(", ")")])
def test_public_ipv6_addresses_are_masked(address, before, after):
    assert _mask(f"{before}{address}{after}") == f"{before}{IPV6_PLACEHOLDER}{after}"


def test_ranges_and_several_addresses_are_masked_one_by_one():
    assert _mask("86.1.2.3-86.1.2.9 2606:4700::6810:84e5 86.1.2.4") == (
        f"{IPV4_PLACEHOLDER}-{IPV4_PLACEHOLDER} {IPV6_PLACEHOLDER} {IPV4_PLACEHOLDER}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "10.200.100.50",
        "192.168.100.50",
        "172.31.255.99",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.99.99",
        "198.18.77.66",
        "192.0.2.77",
        "198.51.100.77",
        "203.0.113.77",
        "224.0.0.251",
        "255.255.255.0",
        "0.0.0.0",
        "fe80::1",
        "fd00:1234::1",
        "::1",
        "2001:db8:85a3::8a2e:370:7334",
        "3fff:0:0:1::5",
        "ff02::fb",
    ],
)
def test_special_addresses_are_nobodys(text):
    assert _mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.4",
        "8.8.8.8",
        "Linux 2.6.32.5",
        "version 86.1.2.3",
        "Version: 93.184.216.34",
        "v93.184.216.34",
        "foo-93.184.216.34.tar.gz",
        "93.184.216.34-rc1",
        "93.184.216.34a",
        "93.184.216.34.5",
        "1.93.184.216.34",
        "Section 93.1.2.3",
        "/releases/93.184.216.34/",
        "93.184.216.0/24",
        "300.184.216.34",
        "093.184.216.34",
        "91.0.4472.124",
        "12:34:56:78",
        "2013::foo",
        "2013::12",
        "2606:4700::6810:192.0.2.193.184.216.34",
        "2020:12:31 23:59",
        "2000::/3",
        "std::2001::vector",
        "00:1a:2b:3c:4d:5e",
        "2606:4700:::1::2",
        "2606:4700:20::/44",
        "..1..2..",
    ],
)
def test_versions_sections_networks_and_times_are_no_addresses(text):
    assert _mask(text) == text
