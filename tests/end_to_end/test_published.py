"""Crawls and dumps by their names, from a server on this machine that has their layout and misbehaves."""

import bz2
import gzip
import json
from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from stages.errors import GristmillError
from tests.end_to_end.results import as_set, rows
from tests.end_to_end.world import RECIPE, UNISOLATED, World
from tests.stages.sources.misbehaving_server import Site, Step, serving

CRAWL = "CC-MAIN-2026-04"
WARC_PATHS = [f"crawl-data/{CRAWL}/segments/{number}/warc/{name}.warc.gz" for number, name in ((11, "a"), (22, "b"))]
DUMP = "/simplewiki/20260101/simplewiki-20260101-pages-articles-multistream.xml.bz2"
HTTP = """
[corpus.reading.http]
user_agent = "test/1.0 (you@example.org)"
requests_per_second = 100000.0
backoff_seconds = 0.001
retries = 3
[corpus.split]
"""


def layout(world: World) -> dict[str, bytes]:
    """The files of the world where Common Crawl and Wikimedia would have them."""
    dump = bz2.decompress((world.folder / "wiki.xml.bz2").read_bytes())
    head, first_page, rest = dump.partition(b"<page>")
    files = {DUMP: {"size": 0, "url": DUMP}}
    streams = b"".join(map(bz2.compress, (head, first_page + rest.removesuffix(b"</mediawiki>"), b"</mediawiki>")))
    files[DUMP]["size"] = len(streams)
    named = {DUMP.rpartition("/")[2]: files[DUMP]}
    status = {"jobs": {"articlesmultistreamdump": {"status": "done", "files": named}}}
    return {
        f"/crawl-data/{CRAWL}/warc.paths.gz": gzip.compress("\n".join(WARC_PATHS).encode()),
        **{f"/{path}": (world.folder / "web" / path.rpartition("/")[2]).read_bytes() for path in WARC_PATHS},
        "/simplewiki/": b'<a href="20260101/">20260101/</a>',
        "/simplewiki/20260101/dumpstatus.json": json.dumps(status).encode(),
        DUMP: streams,
    }


def published(world: World, site: Site, output: Path, segments: str = "0-1") -> Path:
    crawl = f'crawl = "{CRAWL}"\nsegments = "{segments}"\nserver = "{site.address}"'
    wiki = f'wikipedia = "simple"\nserver = "{site.address}"'
    recipe = RECIPE.replace('paths = ["{world}/web/*.warc.gz"]', crawl)
    recipe = recipe.replace('paths = ["{world}/wiki.xml.bz2"]', wiki).replace("[corpus.split]\n", HTTP)
    return world.recipe(output, recipe)


def make(recipe: Path) -> None:
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1", "--set", UNISOLATED])


def test_a_crawl_and_a_dump_by_name_give_what_their_files_give(world: World, finished: Path, tmp_path: Path) -> None:
    with serving(layout(world)) as site:
        refused = Step(503, headers=(("Retry-After", "0"),))
        for path in (f"/crawl-data/{CRAWL}/warc.paths.gz", *(f"/{path}" for path in WARC_PATHS), DUMP):
            site.script(path, refused, Step(403), Step(send_bytes=1500))
        make(published(world, site, tmp_path / "out"))
        assert {asked.headers["User-Agent"] for asked in site.asked} == {"test/1.0 (you@example.org)"}
    for kind in ("documents", "removals"):
        assert as_set(rows(tmp_path / "out" / "corpus", kind)) == as_set(rows(finished / "corpus", kind))


def test_a_segment_is_part_of_a_crawl(world: World, tmp_path: Path) -> None:
    with serving(layout(world)) as site:
        make(published(world, site, tmp_path / "out", "1"))
        found = {
            row["origin"]["file"] for row in rows(tmp_path / "out" / "corpus", "documents") if row["source"] == "web"
        }
        assert found == {f"{site.address}/{WARC_PATHS[1]}"}


@pytest.mark.parametrize(
    ("path", "step", "parts"),
    [
        (f"/{WARC_PATHS[1]}", Step(503), ["503", "fewer requests_per_second"]),
        (f"/{WARC_PATHS[0]}", Step(404), ["404", "check the address"]),
        (DUMP, Step(send_bytes=10), ["failures in a row"]),
    ],
)
def test_a_server_that_gives_up_is_one_line_and_the_run_goes_on_later(
    world: World, finished: Path, tmp_path: Path, path: str, step: Step, parts: list[str]
) -> None:
    with serving(layout(world)) as site:
        site.always[path] = step
        recipe = published(world, site, tmp_path / "out")
        with pytest.raises(GristmillError) as failed:
            make(recipe)
        (line,) = str(failed.value).splitlines()
        assert all(part in line for part in (f"{site.address}{path}", *parts))
        site.always.clear()
        make(recipe)
    documents = as_set(rows(tmp_path / "out" / "corpus", "documents"))
    assert documents == as_set(rows(finished / "corpus", "documents"))
