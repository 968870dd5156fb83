"""E-mail addresses: which signs make one, which do not, and whose are nobody's."""

import pytest

from stages.personal_data.email_addresses import PLACEHOLDER, email_addresses


def _mask(text):
    parts, done = [], 0
    for mask in email_addresses(text):
        parts += [text[done : mask.start], mask.replacement]
        done = mask.stop
    return "".join([*parts, text[done:]])


@pytest.mark.parametrize(
    "address",
    [
        "anna@acme.com",
        "anna.maria+list@mail.acme.co.uk",
        "o'neil_x-1%y~z@acme.org",
        "ANNA@ACME.COM",
        "a@b.museum",
        "jürgen@müller.de",
        "иван@почта.рф",
        "anna@xn--mller-kva.de",
        "anna@例子.中国",
        "anna＠acme.com",
        "anna (at) acme (dot) org",
        "anna [AT] acme.org",
        "anna(at)acme[dot]org",
        "rhaas@postgresql.org",
        "1234@qq.com",
    ],
)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("<", ">"), ("mailto:", "?x"), ("write to ", "."), ("(", "), ")]
)
def test_addresses_are_masked_whole(address, before, after):
    assert _mask(f"{before}{address}{after}") == f"{before}{PLACEHOLDER}{after}"


@pytest.mark.parametrize(
    "text",
    [
        "icon@2x.png",
        "package@1.2.3",
        "A@B.T",
        "root@localhost",
        "user@host",
        "anna @ acme.com",
        "anna@acme..com",
        "@Override.com",
        ".@acme.com",
        "https://medium.com/@anna.maria/post",
        "anna at acme dot com",
        "anna (at) home",
        "meet (at) noon.",
        "git@github.com:acme/repository.git",
        "anna@example.com",
        "anna@mail.example.org",
        "anna@host.test",
        "@@@",
        "anna@",
        "@acme.com",
        "anna@" + "b" * 64 + ".com",
    ],
)
def test_what_is_no_address_or_nobodys_stays(text):
    assert _mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a@b.com.The next", f"{PLACEHOLDER}.The next"),
        ("请联系anna@acme.com谢谢", f"请联系{PLACEHOLDER}谢谢"),
        ("メールanna@acme.co.jpまで", f"メール{PLACEHOLDER}まで"),
        ("a@b.com,c@d.org;e@f.net", f"{PLACEHOLDER},{PLACEHOLDER};{PLACEHOLDER}"),
        ("a@b.com@d.org", f"{PLACEHOLDER}@d.org"),
        ("a@b.org.c@d.org", f"{PLACEHOLDER}.{PLACEHOLDER}"),
        ("a@b[dot]c@d.org", f"a@b[dot]{PLACEHOLDER}"),
        ("@anna@mastodon.social", f"@{PLACEHOLDER}"),
        ("x" * 100 + "@b.com", "x" * 36 + PLACEHOLDER),
        ("http://anna:secret@acme.com/", f"http://anna:{PLACEHOLDER}/"),
    ],
)
def test_no_more_than_the_address_is_masked(text, masked):
    assert _mask(text) == masked
    assert _mask(masked) == masked
