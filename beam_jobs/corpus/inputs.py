"""Which files the sources of a recipe name, with formats, sizes and versions."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from stages.console import say
from stages.errors import GristmillError
from stages.recipe import Http, Source
from stages.sources.catalogs import Listed, crawl_paths, listed_paths, wikipedia_files
from stages.sources.files import expand, status_of
from stages.sources.formats import detect_format, is_data
from stages.sources.http_requests import is_http

THREADS = 8
"""Files on servers that are asked for their sizes at a time."""

PATIENCE_SECONDS = 60
"""When asking for sizes will take longer, the run says so."""

NAMES_SHOWN = 3


@dataclass(frozen=True)
class InputFile:
    """One file of a source. `version` changes when the file does: its time of change, or what the store gives."""

    source: str
    format: str
    path: str
    size: int
    version: str

    def to_json(self) -> dict[str, object]:
        """As it stands in the list of inputs."""
        return asdict(self)


def resolve_inputs(sources: Sequence[Source], http: Http) -> list[InputFile]:
    """All files of the sources, in the order of the recipe; a path that names nothing is a GristmillError.

    Says which files of folders are left out, and which day's dump `latest` is.
    """
    files = []
    for source in sources:
        found = _describe_all(source, _listed(source, http), http)
        if not any(file.size for file in found):
            raise GristmillError(f"corpus.sources {source.name!r}: its {len(found)} files are all empty")
        files.extend(found)
    return files


def _listed(source: Source, http: Http) -> list[Listed]:
    if source.wikipedia:
        date, files = wikipedia_files(source, http)
        if source.dump_date == "latest":
            say(f'corpus.sources {source.name!r}: the latest dump is dump_date = "{date}"')
    elif source.crawl:
        files = [Listed(path) for path in crawl_paths(source, http)]
    elif source.path_list:
        files = [Listed(path) for path in listed_paths(source, http)]
    else:
        files = [Listed(path) for path in _named_paths(source)]
    return files[: source.maximum_files] if source.maximum_files else files


def _named_paths(source: Source) -> list[str]:
    """The files that the paths name, each once; says which files of folders are left out."""
    taken: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for pattern in source.paths:
        found = expand(pattern)
        data = [one.path for one in found if not one.name_in_folder or is_data(source.format, one.name_in_folder)]
        if not data:
            reason = f"none of its {len(found)} files is data of format {source.format!r}" if found else "no such file"
            raise GristmillError(f"corpus.sources {source.name!r}: {pattern}: {reason}; check paths")
        taken.update(dict.fromkeys(data))
        left_out.update(dict.fromkeys(one.path for one in found))
    names = [path for path in left_out if path not in taken]
    if names:
        shown = ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
        say(f"corpus.sources {source.name!r}: {len(names):,} files of its folders are left out: {shown}")
    return list(taken)


def _describe_all(source: Source, files: Sequence[Listed], http: Http) -> list[InputFile]:
    unknown = sum(is_http(file.path) and file.status is None for file in files)
    seconds = unknown / http.requests_per_second
    if seconds > PATIENCE_SECONDS:
        say(
            f"corpus.sources {source.name!r}: asking for the sizes of {unknown:,} files takes {seconds / 60:,.0f} "
            "minutes; maximum_files takes fewer"
        )
    return _on_threads(lambda file: _describe(source, file, http), files)


def _describe(source: Source, file: Listed, http: Http) -> InputFile:
    try:
        status = file.status or status_of(file.path, http)
        return InputFile(source.name, _format(source, file.path, http), file.path, status.size, status.version)
    except GristmillError as error:
        raise GristmillError(f"corpus.sources {source.name!r}: {error}") from error


def _format(source: Source, path: str, http: Http) -> str:
    if source.format != "auto":
        return source.format
    if source.crawl:
        return "warc"
    return "mediawiki" if source.wikipedia else detect_format(path, http)


def _on_threads(function: Callable[[Listed], InputFile], items: Iterable[Listed]) -> list[InputFile]:
    """The results in the order of the items; the first error ends it without waiting for requests under way."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        return list(pool.map(function, items))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
