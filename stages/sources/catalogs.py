"""Lists of files that others publish: path lists, the crawls of Common Crawl, the Wikipedia dumps of Wikimedia.

Layouts: https://commoncrawl.org/get-started and https://meta.wikimedia.org/wiki/Data_dumps. A list decides only names:
what it holds is joined below the server or prefix that the recipe names, and never leads elsewhere.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stages.artifacts import is_local
from stages.errors import GristmillError
from stages.recipe import Http, Source
from stages.sources.files import read_source
from stages.sources.http import FileStatus
from stages.sources.http_requests import MissingFileError, is_http

COMMON_CRAWL = "https://data.commoncrawl.org"
WIKIMEDIA = "https://dumps.wikimedia.org"

DUMP_JOBS = ("articlesmultistreamdump", "articlesdump")
"""The jobs of a dump that hold the current text of all articles, the better first; their texts are the same."""

_SEGMENT = re.compile(r"/segments/([^/]+)/")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_DUMP_FILE = re.compile(r"/(?:[^/]+/)*([^/]+-pages-articles[^/]*\.xml[^/]*\.bz2)")
_DATED_FOLDER = re.compile(r"""href=["']?(?:[^"'>]*/)?(\d{8})/?["'>]""", re.IGNORECASE)
_DATABASES = {"be-tarask": "be_x_oldwiki"}
"""The one Wikipedia whose database is not named after its address."""


@dataclass(frozen=True)
class Listed:
    """A file on a list, with its size and version where the list tells them."""

    path: str
    status: FileStatus | None = None


def listed_paths(source: Source, http: Http) -> list[str]:
    """The lines of `path_list`, each behind `path_prefix`."""
    paths = []
    for line in _lines(source.path_list, http):
        if source.path_prefix:
            _check_relative(line, source.path_list)
        elif is_local(line) and not is_local(source.path_list):
            raise GristmillError(f"{source.path_list}: names {line!r}, a path on your machine; give a path_prefix")
        paths.append(source.path_prefix + line)
    return paths


def crawl_paths(source: Source, http: Http) -> list[str]:
    """The files of a crawl, in the order of its list, of the segments that the source names."""
    server = (source.server or COMMON_CRAWL).rstrip("/")
    path_list = f"{server}/crawl-data/{source.crawl}/{source.crawl_files}.paths.gz"
    try:
        lines = _lines(path_list, http)
    except MissingFileError as error:
        raise GristmillError(
            f"corpus.sources {source.name!r}: no crawl {source.crawl!r} at {server} ({path_list}); "
            "the ids of all crawls are at https://commoncrawl.org/overview"
        ) from error
    for line in lines:
        _check_relative(line, path_list)
    return [f"{server}/{line}" for line in _of_segments(lines, source)]


def _of_segments(lines: list[str], source: Source) -> list[str]:
    if not source.segments:
        return lines
    segment_of = {line: found[1] if (found := _SEGMENT.search(line)) else "" for line in lines}
    segments = list(dict.fromkeys(segment_of.values()))
    first, _, last = source.segments.partition("-")
    if int(last or first) >= len(segments):
        raise GristmillError(
            f"corpus.sources {source.name!r}: segments = {source.segments!r}, but {source.crawl} has "
            f"{len(segments)}: 0 to {len(segments) - 1}"
        )
    chosen = set(segments[int(first) : int(last or first) + 1])
    return [line for line in lines if segment_of[line] in chosen]


def _lines(path_list: str, http: Http) -> list[str]:
    data = read_source(path_list, http)
    if data.startswith(b"\x1f\x8b") or path_list.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise GristmillError(f"{path_list}: not a whole gzip file: {error}; download it again") from error
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise GristmillError(f"{path_list}: no list of paths: {error}") from error
    lines = list(dict.fromkeys(line for line in lines if line))
    if not lines:
        raise GristmillError(f"{path_list}: the list names no path")
    return lines


def _check_relative(path: str, path_list: str) -> None:
    """Raises GristmillError for a path that leads out of the folder it is joined to."""
    if path.startswith("/") or "://" in path or ".." in path.split("/") or _HIDDEN.search(path):
        raise GristmillError(f"{path_list}: names {path!r}, which is no path below the server or prefix")


def wikipedia_files(source: Source, http: Http) -> tuple[str, list[Listed]]:
    """The day of the dump and its files, in the order of their pages.

    `latest` is the newest day on which the text of all articles is complete.
    """
    server = (source.server or WIKIMEDIA).rstrip("/")
    language = source.wikipedia
    wiki = _DATABASES.get(language.replace("_", "-"), language.replace("-", "_") + "wiki")
    if source.dump_date == "latest":
        return _newest(source, server, wiki, http)
    try:
        return source.dump_date, _dump_files(server, wiki, source.dump_date, http)
    except MissingFileError as error:
        raise GristmillError(
            f"corpus.sources {source.name!r}: no dump of {wiki} on {source.dump_date}: {server}/{wiki}/ lists them"
        ) from error
    except _IncompleteDumpError as error:
        raise GristmillError(
            f"corpus.sources {source.name!r}: the dump of {wiki} on {source.dump_date} is not complete ({error}); "
            'take an earlier one, or dump_date = "latest"'
        ) from error


class _IncompleteDumpError(Exception):
    """The articles of a dump are not all written; the message says what their jobs are at."""


def _newest(source: Source, server: str, wiki: str, http: Http) -> tuple[str, list[Listed]]:
    folder = f"{server}/{wiki}/"
    if not is_http(server):
        raise GristmillError(f'corpus.sources {source.name!r}: {server} cannot be listed; give dump_date = "YYYYMMDD"')
    try:
        page = read_source(folder, http).decode("utf-8", "replace")
    except MissingFileError as error:
        raise GristmillError(
            f"corpus.sources {source.name!r}: no Wikipedia {source.wikipedia!r} at {server} ({folder}); "
            "the languages are at https://meta.wikimedia.org/wiki/List_of_Wikipedias"
        ) from error
    for date in sorted(set(_DATED_FOLDER.findall(page)), reverse=True):
        try:
            return date, _dump_files(server, wiki, date, http)
        except (MissingFileError, _IncompleteDumpError):
            continue
    raise GristmillError(f"corpus.sources {source.name!r}: {folder} has no complete dump; look there, give a dump_date")


def _dump_files(server: str, wiki: str, date: str, http: Http) -> list[Listed]:
    status_file = f"{server}/{wiki}/{date}/dumpstatus.json"
    data = read_source(status_file, http)
    try:
        jobs = json.loads(data)["jobs"]
        found = {job: jobs[job] for job in DUMP_JOBS if job in jobs}
        for job in found.values():
            files = list(_files_of(job, server, status_file)) if job["status"] == "done" else []
            if files:
                return files
        states = ", ".join(f"{name}: {job['status']}" for name, job in found.items())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GristmillError(f"{status_file}: not the status of a dump: {error!r}; check the server") from error
    raise _IncompleteDumpError(states or "no job for articles")


def _files_of(job: dict[str, Any], server: str, status_file: str) -> Iterator[Listed]:
    """The files of a job with text, in the order of the numbers in their names; the indices are left out."""
    for _, entry in sorted(job["files"].items(), key=lambda item: _natural(item[0])):
        url = str(entry["url"])
        if ".xml" not in url:
            continue
        _check_relative(url.removeprefix("/"), status_file)
        if not _DUMP_FILE.fullmatch(url):
            raise GristmillError(f"{status_file}: names {url!r}, which is no file of articles")
        size, version = entry.get("size"), entry.get("sha1") or entry.get("md5")
        yield Listed(server + url, FileStatus(int(size), str(version)) if size and version else None)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which part 2 comes before part 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
