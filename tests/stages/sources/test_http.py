"""Files on web servers: the exact bytes from servers that refuse, break off, stall, ignore ranges or change files."""

import gzip
import io
import multiprocessing
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.connection import HTTPConnection

from stages.errors import GristmillError
from stages.recipe import Http
from stages.sources import http as http_module
from stages.sources.files import open_source
from stages.sources.http import FileStatus, HttpFile, http_status, read_whole
from stages.sources.http_requests import MissingFileError
from stages.sources.request_rate import LONGEST_QUEUE, wait_for_slot
from tests.stages.sources.misbehaving_server import Site, Step, quick, serving

DATA = bytes(range(256)) * 400 + b"the end"
PATH = "/crawl/file.warc.gz"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({PATH: DATA}) as running:
        yield running


def read(site: Site, http: Http | None = None) -> bytes:
    with open_source(site.address + PATH, http or quick()) as file:
        return file.read()


def test_every_request_names_itself_and_asks_for_the_bytes_as_stored(site: Site) -> None:
    assert read(site, quick(user_agent="mill (me@example.org)")) == DATA
    assert [one.method for one in site.asked] == ["HEAD", "GET"]
    for one in site.asked:
        assert one.headers["User-Agent"] == "mill (me@example.org)"
        assert one.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [403, 408, 425, 429, 500, 502, 503, 504])
def test_a_passing_refusal_is_waited_out(site: Site, status: int) -> None:
    site.script(PATH, Step(status=status), Step(status=status))
    site.script(f"HEAD {PATH}", Step(status=status))
    assert read(site) == DATA


@pytest.mark.parametrize("status", [400, 401, 404, 405, 410, 451, 501])
def test_a_final_refusal_fails_at_once_in_one_line(site: Site, status: int) -> None:
    site.always = {PATH: Step(status=status), f"HEAD {PATH}": Step(status=status)}
    with pytest.raises(GristmillError, match=rf"^{site.address}{PATH}: .*{status}.*; ") as caught:
        read(site)
    assert "\n" not in str(caught.value)
    assert len([one for one in site.asked if one.method == "GET"]) <= 1
    assert isinstance(caught.value, MissingFileError) == (status in (404, 410))


def test_endless_refusal_fails_after_the_retries_and_names_the_last_one(site: Site) -> None:
    site.always = {PATH: Step(status=503)}
    with pytest.raises(GristmillError, match=r"answers 503 Service Unavailable \(3 failures in a row\).*retries"):
        read(site, quick(retries=2))
    assert len(site.ranges(PATH)) == 3


def test_no_server_at_all_is_an_error_in_one_line() -> None:
    with serving() as site:
        address = site.address
    with pytest.raises(GristmillError, match=rf"{address}/x: cannot be read: .*2 failures in a row") as caught:
        http_status(f"{address}/x", quick(retries=1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://", "http://[1", "http://a b/"])
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(GristmillError):
        http_status(address, quick(retries=0))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been slept, instead of sleeping."""
    slept: list[float] = []
    monkeypatch.setattr("stages.sources.http_requests.time.sleep", slept.append)
    return slept


def waits(pauses: list[float]) -> list[float]:
    return [round(one, 3) for one in pauses if one > 0.01]  # without those for the host's rate


def test_waits_double_up_to_the_longest_and_begin_anew_after_progress(site: Site, pauses: list[float]) -> None:
    refused = [Step(status=500)] * 3
    site.script(PATH, *refused, Step(send_bytes=5000), *refused[:1])
    assert read(site, quick(backoff_seconds=1.0, maximum_backoff_seconds=3.0)) == DATA
    assert waits(pauses) == [1.0, 2.0, 3.0, 1.0, 2.0]


def test_a_server_that_says_how_long_to_wait_is_obeyed_within_bounds(site: Site, pauses: list[float]) -> None:
    date = formatdate(time.time() + 30, usegmt=True)
    for wish in ("7", date, "100000", "soon", formatdate(0, usegmt=True)):
        site.script(PATH, Step(status=503, headers=(("Retry-After", wish),)))
    assert read(site, quick(backoff_seconds=0.5, maximum_backoff_seconds=60.0, retries=9)) == DATA
    seven, dated, capped, unreadable = waits(pauses)  # a date in the past is no wait
    assert (seven, capped, unreadable) == (7.0, 60.0, 4.0)
    assert 20 < dated <= 30


def test_a_body_that_breaks_off_is_resumed_from_the_byte_where_it_stopped(site: Site) -> None:
    site.script(PATH, Step(send_bytes=30_000), Step(status=503), Step(send_bytes=40_000))
    assert read(site) == DATA
    last = len(DATA) - 1
    assert site.ranges(PATH) == [f"0-{last}", f"30000-{last}", f"30000-{last}", f"70000-{last}"]


def test_progress_resets_the_count_of_failures(site: Site) -> None:
    site.script(PATH, *[Step(send_bytes=2000)] * 20)
    assert read(site, quick(retries=1)) == DATA


def test_a_byte_between_failures_is_no_progress(site: Site) -> None:
    site.always = {PATH: Step(send_bytes=1)}
    with pytest.raises(GristmillError, match="4 failures in a row"):
        read(site)


def test_silence_and_a_slow_drip_are_left_and_resumed(site: Site) -> None:
    silence = Step(chunk_bytes=10_000, pause_seconds=1.0)
    drip = Step(chunk_bytes=2_000, pause_seconds=0.06)
    site.script(PATH, silence, drip)
    http = quick(timeout_seconds=0.2, minimum_bytes_per_second=100_000.0)
    assert read(site, http) == DATA
    first, second, third = [int(one.partition("-")[0]) for one in site.ranges(PATH)][:3]
    assert first == 0
    assert second == 10_000
    assert second < third < len(DATA)


def test_a_file_that_changes_while_it_is_read_is_an_error(site: Site) -> None:
    site.script(PATH, Step(send_bytes=30_000), Step(tag='"2"'))
    with pytest.raises(GristmillError, match="changed while it was read; run again"):
        read(site)
    assert site.asked[-1].headers["If-Range"] == '"1"'


@pytest.mark.parametrize("tag", ['"1"', ""])
def test_a_file_that_grows_or_shrinks_is_an_error(site: Site, tag: str) -> None:
    site.tag = tag
    for changed in (DATA + b"more", DATA[:100], b""):
        site.files[PATH] = DATA
        with open_source(site.address + PATH, quick()) as file:
            site.files[PATH] = changed
            with pytest.raises(GristmillError, match="changed while it was read"):
                file.seek(200) and file.read()


def test_a_weak_tag_is_compared_but_not_sent(site: Site) -> None:
    site.tag = 'W/"1"'
    assert read(site) == DATA
    assert "If-Range" not in site.asked[-1].headers


@pytest.mark.parametrize("has_length", [True, False])
def test_a_server_without_ranges_gives_the_whole_file_once(site: Site, has_length: bool) -> None:
    with open_source(site.address + PATH, quick()) as file:
        site.has_ranges, site.has_length = False, has_length
        file.seek(70_000)
        assert file.read(10) == DATA[70_000:70_010]
        file.seek(5)
        assert file.read() == DATA[5:]
    assert len(site.ranges(PATH)) == 2  # the one that was answered in full, and the one that was kept


def test_a_server_without_ranges_that_breaks_off_is_asked_again(site: Site) -> None:
    site.has_ranges = False
    site.script(PATH, Step(), Step(send_bytes=50_000), Step(send_bytes=80_000))
    assert read(site) == DATA


def test_a_part_that_was_not_asked_for_is_not_taken(site: Site) -> None:
    wrong = Step(headers=(("Content-Range", f"bytes 5-{len(DATA) - 1}/{len(DATA)}"),))
    site.script(PATH, wrong, Step(headers=(("Content-Range", "pages 1-2"),)))
    assert read(site) == DATA
    assert len(site.ranges(PATH)) == 3


@pytest.mark.parametrize("has_head", [True, False])
def test_size_and_version_come_from_head_or_from_the_first_byte(site: Site, has_head: bool) -> None:
    site.has_head = has_head
    site.files["/empty"] = b""
    assert http_status(site.address + PATH, quick()) == FileStatus(len(DATA), '"1"')
    assert http_status(f"{site.address}/empty", quick()).size == 0
    with open_source(f"{site.address}/empty", quick()) as file:
        assert file.read() == b""


def test_a_size_that_is_not_told_is_an_error_but_a_list_needs_none(site: Site) -> None:
    site.has_length = site.has_ranges = False
    with pytest.raises(GristmillError, match="does not tell its size; download it"):
        http_status(site.address + PATH, quick())
    assert read_whole(site.address + PATH, quick()) == DATA


def test_a_whole_file_is_resumed_too(site: Site) -> None:
    site.script(PATH, Step(send_bytes=30_000))
    assert read_whole(site.address + PATH, quick()) == DATA
    assert site.ranges(PATH) == ["", "30000-"]


def test_redirects_are_followed_each_as_a_request_but_not_for_ever(site: Site) -> None:
    site.always = {"/a": Step(status=302, headers=(("Location", PATH),))}
    site.always["HEAD /a"] = site.always["/a"]
    with open_source(f"{site.address}/a", quick()) as file:
        assert file.read() == DATA
    site.always = {"HEAD /a": Step(status=301, headers=(("Location", "/a"),))}
    with pytest.raises(GristmillError, match="redirected more than 10 times"):
        http_status(f"{site.address}/a", quick())
    site.always = {"HEAD /a": Step(status=301, headers=(("Location", "file:///etc/passwd"),))}
    with pytest.raises(GristmillError, match="is not http"):
        http_status(f"{site.address}/a", quick())


def test_a_content_coding_is_not_undone(site: Site) -> None:
    site.files[PATH] = gzip.compress(DATA)
    coded = Step(headers=(("Content-Encoding", "gzip"),))
    site.always = {PATH: coded, f"HEAD {PATH}": coded}
    assert read(site) == read_whole(site.address + PATH, quick()) == site.files[PATH]


def test_reading_goes_anywhere_and_nearby_bytes_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "FIRST_BLOCK_BYTES", 1000)
    monkeypatch.setattr(http_module, "LARGEST_BLOCK_BYTES", 4000)
    with serving({PATH: DATA}) as site:
        file = HttpFile(site.address + PATH, quick())
        buffer = bytearray(500)
        for offset in (0, 500, 1000, 100, 2999, 3000, 50_000):
            file.seek(offset)
            assert file.readinto(memoryview(buffer))
        assert site.ranges(PATH) == ["0-999", "1000-2999", "3000-6999", "50000-50999"]
        file.seek(-7, io.SEEK_END)
        assert file.read() == b"the end"
        assert (file.read(5), file.tell()) == (b"", len(DATA))
        assert file.seek(10) == 10 and file.seek(5, io.SEEK_CUR) == 15
        with pytest.raises(ValueError, match="negative"):
            file.seek(-1)
        file.close()


@pytest.mark.parametrize("size", [1, 7, 1000, 65_536, 100_000])
def test_reads_of_any_size_give_the_same_bytes(site: Site, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(http_module, "FIRST_BLOCK_BYTES", 10_000)
    with open_source(site.address + PATH, quick()) as file:
        stop = 5000 if size == 1 else len(DATA)
        parts = [file.read(size) for _ in range(-(-stop // size))]
    assert b"".join(parts) == DATA[:stop]
    assert all(len(part) == size for part in parts[:-1])


FAULTS = st.one_of(
    st.builds(Step, status=st.sampled_from([403, 500, 503])),
    st.builds(Step, send_bytes=st.integers(0, 9000)),
    st.builds(Step, chunk_bytes=st.integers(500, 5000)),
)


@settings(deadline=None, max_examples=25)
@given(
    size=st.integers(0, 12_000),
    faults=st.lists(FAULTS, max_size=6),
    reads=st.lists(st.tuples(st.integers(0, 13_000), st.integers(0, 13_000)), min_size=1, max_size=5),
    has_ranges=st.booleans(),
)
def test_any_faults_and_any_reads_give_the_bytes_of_the_file(
    size: int, faults: list[Step], reads: list[tuple[int, int]], has_ranges: bool
) -> None:
    data = DATA[:size]
    with serving({PATH: data}) as site, pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_module, "FIRST_BLOCK_BYTES", 1500)
        site.has_ranges = has_ranges
        site.script(PATH, *faults)
        with open_source(site.address + PATH, quick(retries=6)) as file:
            for start, count in reads:
                file.seek(start)
                assert file.read(count) == data[start : start + count]


def test_tables_are_read_in_place_and_a_failure_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "FIRST_BLOCK_BYTES", 1000)
    table = pa.table({"text": [str(number) * 50 for number in range(2000)], "other": list(range(2000))})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    with serving({"/a.parquet": buffer.getvalue()}) as site:
        with open_source(f"{site.address}/a.parquet", quick()) as file:
            assert pq.ParquetFile(file).read(columns=["other"]) == table.select(["other"])
        site.script("/a.parquet", *[Step(status=503)] * 9)
        with open_source(f"{site.address}/a.parquet", quick()) as file, pytest.raises(GristmillError, match="503"):
            pq.ParquetFile(file)


def test_a_connection_is_used_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "FIRST_BLOCK_BYTES", 1000)
    opened: list[HTTPConnection] = []
    connect = HTTPConnection.connect

    def counted(connection: HTTPConnection) -> None:
        opened.append(connection)
        connect(connection)

    monkeypatch.setattr(HTTPConnection, "connect", counted)
    assert read(site) == DATA
    assert len(site.asked) > 3
    assert len(opened) == 1


@pytest.fixture
def slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def take_slots(folder: str, count: int) -> None:
    import tempfile

    tempfile.tempdir = folder
    for _ in range(count):
        wait_for_slot("http://one.example/x", 50.0)


def test_the_rate_holds_over_processes(slots: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=take_slots, args=(str(slots), 10)) for _ in range(3)]
    take_slots(str(slots), 1)
    started = time.monotonic()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert time.monotonic() - started >= 30 / 50 - 0.05


def test_hosts_have_slots_of_their_own(slots: Path) -> None:
    started = time.monotonic()
    for host in range(5):
        wait_for_slot(f"http://host{host}.example/x", 0.01)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("damage", ["", "nan", "inf", "soon", "1e300", str(4e9)])
def test_a_damaged_slot_or_a_clock_set_back_costs_no_wait(slots: Path, damage: str) -> None:
    wait_for_slot("http://host.example", 1e6)
    (slot_file,) = slots.glob("*/*.slot")
    slot_file.write_text(damage)
    started = time.monotonic()
    wait_for_slot("http://HOST.example/x", 10.0)
    assert time.monotonic() - started < 5 < LONGEST_QUEUE / 10.0
    assert float(slot_file.read_text()) == pytest.approx(time.time(), abs=10)


def test_every_request_waits_for_its_slot(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[str, float]] = []
    monkeypatch.setattr("stages.sources.http_requests.wait_for_slot", lambda url, rate: waited.append((url, rate)))
    site.script(PATH, Step(status=503))
    read(site, quick(requests_per_second=3.0))
    assert waited == [(site.address + PATH, 3.0)] * 3


def test_an_unknown_host_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def unknown(host: object, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(GristmillError, match=r"nowhere\.invalid.*check the address"):
        http_status("http://nowhere.invalid/file", quick(retries=50))
    assert len(asked) == 4
