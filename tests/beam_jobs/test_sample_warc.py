"""The WARC files of the sample: read back by fastwarc, one gzip member a record, the same bytes every time."""

import zlib
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_jobs.sample import warc_writer
from beam_jobs.sample.outputs import SampleFolder
from beam_jobs.sample.warc_writer import Page, charset_of, response_record, write_warc_files

LATIN = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"></head>é</html>'


def page(path="usr/share/doc/a b/é.html", body=b"<html>hello</html>", modified=1_600_000_000):
    return Page("things.debian.invalid", path, "1.2-3", modified, body)


def write(tmp_path: Path, pages):
    return write_warc_files(SampleFolder(str(tmp_path), 1.0), "things", "1.2-3", "GPL-2+", iter(pages))


def records(path: Path):
    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=True, auto_decode="all", verify_digests=True):
            # Checking the digest must not use up the record.
            whole = record.record_type == WarcRecordType.warcinfo or record.verify_payload_digest()
            assert whole, record.headers["WARC-Target-URI"]
            yield record, record.reader.read()


def members(data: bytes) -> list[bytes]:
    found = []
    while data:
        member = zlib.decompressobj(wbits=31)
        found.append(member.decompress(data) + member.flush())
        data = member.unused_data
    return found


def test_fastwarc_reads_what_was_written(tmp_path):
    pages = [page(), page("latin.html", LATIN.encode("latin-1")), page("empty.html", b"")]
    (file,) = write(tmp_path, pages)
    assert (file.path, file.rows) == ("web/things-00000.warc.gz", 3)
    read = list(records(tmp_path / file.path))
    information, responses = read[0][0], read[1:]
    assert information.record_type == WarcRecordType.warcinfo
    assert information.headers["WARC-Filename"] == "things-00000.warc.gz"
    assert b"licence: GPL-2+" in read[0][1]
    assert [body for _, body in responses] == [one.body for one in pages]
    first = responses[0][0]
    assert first.record_type == WarcRecordType.response
    assert first.headers["WARC-Target-URI"] == "https://things.debian.invalid/usr/share/doc/a%20b/%C3%A9.html"
    assert first.headers["WARC-Date"] == "2020-09-13T12:26:40Z"
    assert first.headers["Content-Type"] == "application/http; msgtype=response"
    assert first.http_headers.status_code == 200
    assert first.http_headers["Content-Type"] == "text/html; charset=utf-8"
    assert first.http_headers["Content-Length"] == "18"
    assert responses[1][0].http_headers["Content-Type"] == "text/html; charset=iso-8859-1"


def test_digests_are_checked_by_the_reader(tmp_path):
    (file,) = write(tmp_path, [page()])
    path = tmp_path / file.path
    plain = b"".join(members(path.read_bytes())).replace(b"hello", b"jello")
    path.write_bytes(plain)
    with path.open("rb") as stream:
        types = [record.record_type for record in ArchiveIterator(stream, verify_digests=True)]
    assert types == [WarcRecordType.warcinfo]


def test_each_record_is_a_gzip_member_of_its_own(tmp_path):
    (file,) = write(tmp_path, [page(f"{number}.html") for number in range(5)])
    found = members((tmp_path / file.path).read_bytes())
    assert len(found) == 6
    assert all(member.startswith(b"WARC/1.0\r\n") and member.endswith(b"\r\n\r\n") for member in found)


def test_the_bytes_follow_from_the_pages_alone(tmp_path):
    pages = [page(f"{number}.html") for number in range(5)]
    (first,) = write(tmp_path / "first", pages)
    (again,) = write(tmp_path / "again", pages)
    (turned,) = write(tmp_path / "turned", pages[::-1])
    assert first == again
    forward = members((tmp_path / "first" / first.path).read_bytes())[1:]
    assert forward == members((tmp_path / "turned" / turned.path).read_bytes())[:0:-1]


def test_a_record_has_another_id_in_another_version():
    other = Page("things.debian.invalid", "a.html", "1.2-4", 0, b"x")
    ours = Page("things.debian.invalid", "a.html", "1.2-3", 0, b"x")
    assert other.address == ours.address
    assert members(response_record(other)) != members(response_record(ours))


def test_many_pages_are_cut_into_files_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(warc_writer, "FILE_BYTES", 2_000)
    files = write(tmp_path, [page(f"{number}.html") for number in range(20)])
    assert len(files) > 2
    assert [file.path for file in files] == [f"web/things-{number:05}.warc.gz" for number in range(len(files))]
    addresses = [
        record.headers["WARC-Target-URI"]
        for file in files
        for record, _ in records(tmp_path / file.path)
        if record.record_type == WarcRecordType.response
    ]
    assert addresses == [page(f"{number}.html").address for number in range(20)]
    assert sum(file.rows for file in files) == 20


def test_no_pages_make_no_file(tmp_path):
    assert write(tmp_path, []) == []
    assert not (tmp_path / "web").exists()


@pytest.mark.parametrize(
    ("start", "charset"),
    [
        (b'<meta charset="UTF-8">', "utf-8"),
        (b"<META content='text/html; charset=euc-kr' http-equiv=Content-Type>", "euc-kr"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><html>', "iso-8859-1"),
        (b"<p>charset=koi8-r", "utf-8"),
        (b" " * 5000 + b'<meta charset="koi8-r">', "utf-8"),
    ],
)
def test_charset_is_what_the_page_says(start, charset):
    assert charset_of(start) == charset


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30), st.integers(0, 2**32))
def test_any_page_makes_one_whole_record(body, path, modified):
    (record,) = members(response_record(page(path.encode(errors="replace").decode(), body, modified)))
    head, _, block = record.partition(b"\r\n\r\n")
    length = int(head.rpartition(b"Content-Length: ")[2])
    assert block[length:] == b"\r\n\r\n"
    assert block[:length].endswith(b"\r\n\r\n" + body)
