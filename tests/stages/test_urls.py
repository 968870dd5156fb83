"""Addresses that are refused: by domain, address, word or letters, however they are written."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Refusal
from stages.errors import GristmillError
from stages.recipe import Urls
from stages.urls import _Entries, _Substrings, check_url, read_address

LISTS = {
    "domains": (
        *("bad.com", "sub.good.org", "evil.co.uk", "Mixed.com", "blogspot.com", "xn--mller-kva.de", "10.0.0.1"),
        *("localhost", "co.uk", "a.b.c.net"),
    ),
    "addresses": ("http://exact.com/page", "https://exact.com/slash/"),
    "banned_words": ("porn", "two words", "XXX"),
    "soft_words": ("sexy", "hot", "Girls"),
    "banned_substrings": ("cam girl", "httpsbadly", "69x"),
}
RULES = {
    "domain": "url_domain",
    "subdomain": "url_domain",
    "url": "url_address",
    "hard_blacklisted": "url_banned_word",
    "soft_blacklisted": "url_soft_words",
    "blacklisted_subword": "url_substring",
    None: None,
}
DATATROVE = [
    ("http://bad.com/", "domain"),
    ("https://www.bad.com/page", "domain"),
    ("https://deep.www.bad.com:8080/page?x#y", "domain"),
    ("http://user:pass@bad.com/", "domain"),
    ("http://BAD.com/", None),
    ("http://bad.com./", "domain"),
    ("http://notbad.com/", None),
    ("http://bad.com.evil.org/", None),
    ("http://sub.good.org/x", "subdomain"),
    ("http://www.sub.good.org/x", None),
    ("http://good.org/x", None),
    ("http://evil.co.uk/", "domain"),
    ("http://news.evil.co.uk/", "domain"),
    ("http://co.uk/", None),
    ("http://Mixed.com/", "domain"),
    ("http://mixed.com/", None),
    ("http://someone.blogspot.com/", "domain"),
    ("http://blogspot.com/", "domain"),
    ("http://xn--mller-kva.de/", "domain"),
    ("http://müller.de/", None),
    ("http://10.0.0.1/", None),
    ("http://localhost/", None),
    ("http://localhost:8080/x", None),
    ("http://a.b.c.net/", "subdomain"),
    ("http://z.a.b.c.net/", None),
    ("http://c.net/", None),
    ("bad.com/no-scheme", "domain"),
    ("//bad.com/relative", "domain"),
    ("http:/bad.com/one-slash", None),
    ("http://exact.com/page", "url"),
    ("https://exact.com/page", None),
    ("http://exact.com/page/", None),
    ("http://exact.com/page#x", None),
    ("https://exact.com/slash/", "url"),
    ("http://EXACT.com/page", None),
    ("http://x.org/porn", "hard_blacklisted"),
    ("http://x.org/Porn", None),
    ("http://x.org/PORN", None),
    ("http://x.org/porn-star", "hard_blacklisted"),
    ("http://x.org/pornstar", None),
    ("http://porn.org/", "hard_blacklisted"),
    ("http://x.org/%70orn", None),
    ("http://x.org/twowords", "hard_blacklisted"),
    ("http://x.org/two-words", None),
    ("http://x.org/xxx", "hard_blacklisted"),
    ("http://x.org/XXX", None),
    ("http://x.org/sexy", None),
    ("http://x.org/sexy-hot", "soft_blacklisted"),
    ("http://x.org/sexy-sexy", None),
    ("http://x.org/Sexy-hot", None),
    ("http://x.org/sexy/girls?hot=1", "soft_blacklisted"),
    ("http://x.org/sexy-Girls", None),
    ("http://x.org/camgirl", "blacklisted_subword"),
    ("http://x.org/cam-girl", "blacklisted_subword"),
    ("http://x.org/CAM_GIRL.html", "blacklisted_subword"),
    ("https://badly.com/", "blacklisted_subword"),
    ("http://badly.com/", None),
    ("http://x.org/6/9/x", "blacklisted_subword"),
    ("http://x.org/9x", None),
    ("http://[::1]/porn", "hard_blacklisted"),
    ("http://[::1/x", None),
    ("ftp://bad.com/file", "domain"),
    ("http:///bad.com", None),
    ("not a url", None),
    ("http://bad.com\\x", None),
    ("http://x.org?porn", "hard_blacklisted"),
    ("http://bad.com?x", "domain"),
    ("http://bad。com/", "domain"),
    ("http://bad.com%2fx", None),
    ("http://unknown.tldthatisnot/bad.com", None),
    ("mailto:someone@bad.com", "domain"),
    ("http://ex ample.com/porn", "hard_blacklisted"),
]
"""What URLFilter of datatrove 0.10.1 says with these lists and the suffixes that tldextract 5.3 brings along."""


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    numbers = itertools.count()

    def write(**entries):
        settings = {}
        for name, lines in entries.items():
            path = folder / f"{name}-{next(numbers)}.txt"
            path.write_text("# a comment\n\n" + "\n".join(lines) + "\n")
            settings[name] = (str(path),)
        return settings

    return write


def _rule(url, settings):
    refusal = check_url(url, settings)
    return refusal and refusal.rule


@pytest.mark.parametrize(("url", "verdict"), DATATROVE)
def test_the_reference_says_what_datatrove_says(lists, url, verdict):
    assert _rule(url, Urls(**lists(**LISTS), reference="datatrove")) == RULES[verdict]


@pytest.mark.parametrize(
    "url",
    [
        "http://bad.com",
        "https://www.bad.com/page?x#y",
        "http://deep.www.BAD.com:8080/",
        "http://user:pass@bad.com./",
        "//bad.com/x",
        "bad.com",
        "http:/bad.com/x",
        "https:bad.com",
        "http://bad%2Ecom/",
        "http://bad。com/",
        "http://ｂａｄ.com/",
        " \thttp://bad.com/ ",
        "http://bad.com\\x",
        "ftp://bad.com/file",
    ],
)
def test_a_domain_stands_for_all_hosts_below_it_however_the_address_is_written(lists, url):
    assert check_url(url, Urls(**lists(domains=("Bad.com",)))) == Refusal("url_domain", detail="bad.com")


@pytest.mark.parametrize(
    "url",
    [
        "http://notbad.com/",
        "http://bad.com.org/",
        "http://x.org/bad.com",
        "http://com/",
        "http://x.org/?u=http://bad.com",
    ],
)
def test_another_host_is_not_refused_for_letters_of_a_domain(lists, url):
    assert check_url(url, Urls(**lists(domains=("bad.com",)))) is None


@pytest.mark.parametrize(
    "entry", ["münchen.de", "MÜNCHEN.de", "xn--mnchen-3ya.de", "*.münchen.de", ".münchen.de.", "http://münchen.de/"]
)
@pytest.mark.parametrize(
    "url", ["http://münchen.de/", "http://www.XN--MNCHEN-3YA.de/", "http://m%C3%BCnchen.de/", "http://mu\u0308nchen.de"]
)
def test_a_host_in_letters_and_in_punycode_are_the_same(lists, entry, url):
    assert check_url(url, Urls(**lists(domains=(entry,)))) == Refusal("url_domain", detail="münchen.de")


@pytest.mark.parametrize(
    "entry", ["http://example.org/Page/?a=b", "example.org/page/?A=b#top", "https://www.example.org:80/page/?a=b"]
)
@pytest.mark.parametrize(
    "url", ["https://example.org/page/?a=b", "http://WWW.example.org/p%61ge/?a=b/", "example.org/page/?a=b#x"]
)
def test_an_address_is_compared_without_scheme_port_fragment_and_last_slash(lists, entry, url):
    assert check_url(url, Urls(**lists(addresses=(entry,)))) == Refusal("url_address", detail="example.org/page/?a=b")


@pytest.mark.parametrize(
    "url", ["https://example.org/page", "https://example.org/", "https://sub.example.org/page/?a=b"]
)
def test_an_address_stands_for_itself_alone(lists, url):
    assert check_url(url, Urls(**lists(addresses=("http://example.org/page?a=b",)))) is None


@pytest.mark.parametrize(
    "url",
    ["http://x.org/Porn", "http://PORN.org", "http://x.org/a_porn-b", "http://x.org/%70orn", "http://x.org/#porn"],
)
def test_a_banned_word_is_found_in_any_case_and_behind_percent_signs(lists, url):
    assert check_url(url, Urls(**lists(banned_words=("porn",)))) == Refusal("url_banned_word", detail="porn")


@pytest.mark.parametrize(
    ("word", "url"),
    [
        ("голые", "http://x.ru/%D0%93%D0%BE%D0%BB%D1%8B%D0%B5-1"),
        ("नंगी", "http://x.in/एक-नंगी"),
        ("müll", "http://xn--mll-hoa.de/"),
    ],
)
def test_words_of_other_scripts_are_words(lists, word, url):
    assert check_url(url, Urls(**lists(banned_words=(word,)))) == Refusal("url_banned_word", detail=word)


def test_a_part_of_a_word_is_no_word(lists):
    assert check_url("http://essex.org/pornography", Urls(**lists(banned_words=("sex", "porn")))) is None


def test_the_first_banned_word_in_order_is_named(lists):
    assert check_url("http://x.org/zzz/aaa", Urls(**lists(banned_words=("zzz", "aaa")))).detail == "aaa"


def test_soft_words_are_counted_each_once_against_their_bound(lists):
    soft = lists(soft_words=("hot", "Sexy", "girls"))
    assert check_url("http://x.org/hot/hot", Urls(**soft)) is None
    assert check_url("http://x.org/SEXY/hot", Urls(**soft)) == Refusal("url_soft_words", 2, 1, "hot sexy")
    assert check_url("http://x.org/sexy/hot", Urls(**soft, maximum_soft_words=2)) is None
    assert check_url("http://x.org/hot", Urls(**soft, maximum_soft_words=0)) == Refusal("url_soft_words", 1, 0, "hot")


@pytest.mark.parametrize("url", ["http://camgirl.org", "http://x.org/web-Cam_Girls", "http://x.org/c%41m/girl"])
def test_letters_are_found_across_other_signs(lists, url):
    assert check_url(url, Urls(**lists(banned_substrings=("cam girl",)))) == Refusal("url_substring", detail="camgirl")


def test_the_rules_come_in_their_order(lists):
    every = {
        "domains": ("a.org",),
        "addresses": ("a.org/hot/cam",),
        "banned_words": ("cam",),
        "soft_words": ("hot", "cam"),
    }
    order = ["url_domain", "url_address", "url_banned_word", "url_soft_words", "url_substring"]
    settings = lists(**every, banned_substrings=("otca",))
    for rule, name in zip(order, list(settings), strict=True):
        assert _rule("http://a.org/hot/cam", Urls(**settings)) == rule
        del settings[name]


def test_of_many_strings_that_which_comes_first_is_found():
    substrings = _Substrings(frozenset({"abc", "ab", "cde", "xyz", "b"}))
    assert substrings.first_in("--abcde") == "ab"
    assert substrings.first_in("--bcde") == "b"
    assert substrings.first_in("--cde") == "cde"
    assert substrings.first_in("--cd") is None
    assert substrings.first_in("") is None
    assert _Substrings(frozenset()).first_in("anything") is None


def test_an_entry_without_a_letter_refuses_nothing(lists):
    settings = Urls(**lists(domains=("...", "/"), banned_words=("--",), banned_substrings=("!",), soft_words=("+",)))
    assert check_url("http://x.org/-/!", settings) is None
    assert check_url("", settings) is None


def test_without_lists_and_without_an_address_nothing_is_refused(lists):
    assert check_url("http://bad.com/", Urls()) is None
    assert check_url(None, Urls(**lists(domains=("bad.com",)))) is None


def test_a_missing_list_is_an_error_even_before_there_is_an_address(tmp_path):
    with pytest.raises(GristmillError, match="no such file"):
        check_url(None, Urls(domains=(str(tmp_path / "gone"),)))


def test_a_hundred_thousand_domains_take_eight_bytes_each(tmp_path):
    path = tmp_path / "domains"
    path.write_text("".join(f"host{number}.example\n" for number in range(100_000)))
    entries = _Entries((str(path),), str)
    assert "host0.example" in entries
    assert "host99999.example" in entries
    assert "host100000.example" not in entries
    assert entries._hashes.nbytes == 800_000


BROKEN = (
    "[",
    "http://[",
    "http://[::1",
    "//",
    "http://",
    "\ud800\0",
    "xn--\ud800.com",
    "xn--99999999.com",
    "%",
    "http://%zz%ff",
)
HUGE = (
    *("a." * 500_000, "http://" + "a/" * 500_000, "%41" * 300_000, "http://" + "@" * 1_000_000, "é" * 500_000),
    *("http://" + "xn--a." * 150_000, "xn--" + "a" * 1_000_000 + ".com", "http://" + ":" * 1_000_000),
)


@pytest.mark.parametrize("reference", ["papers", "datatrove"])
@pytest.mark.parametrize("url", (*BROKEN, *HUGE), ids=lambda url: ascii(url[:16]))
def test_a_broken_or_huge_address_is_neither_refused_nor_slow(lists, url, reference):
    settings = Urls(**lists(**LISTS), reference=reference)
    check_url(None, settings)
    start = time.process_time()
    assert check_url(url, settings) is None
    assert time.process_time() - start < 3


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.text(alphabet="htp:/@?#%[]\\. aZ9é。中-_\ud800\0xn--", max_size=40))
def test_reading_never_raises_and_gives_a_host_in_lower_case_without_dots_at_its_ends(url):
    host = read_address(url).host
    assert host == host.lower().strip(".")
