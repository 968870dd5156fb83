"""The sections of a recipe that name raw files and say how they are read."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section

Format = Literal["auto", "warc", "mediawiki", "jsonl", "parquet", "text", "html"]


class Source(Section):
    """Files that are read in one way: named by paths or a list of paths, or a published crawl or dump.

    Exactly one of `paths`, `path_list`, `crawl` and `wikipedia` is given. Paths are files, globs or folders, local or
    with a scheme that fsspec knows (`gs://`, `s3://`); on web servers (`https://`) files only.
    """

    name: str = Field(min_length=1)
    format: Format = "auto"
    """`warc` reads ARC and WET files too; `auto` looks at the first bytes of each file."""
    paths: tuple[str, ...] = ()
    path_list: str = ""
    """A file, plain or gzip, with one path a line, as Common Crawl's `warc.paths.gz`."""
    path_prefix: str = ""
    """Put before every line of `path_list`."""
    crawl: str = Field(default="", pattern=r"^(CC-MAIN-\d{4}-\d{2})?$")
    """The id of a crawl of Common Crawl (https://commoncrawl.org/overview)."""
    crawl_files: Literal["warc", "wet"] = "warc"
    """Pages as they were served, or the text that Common Crawl took from them."""
    segments: str = Field(default="", pattern=r"^(\d+(-\d+)?)?$")
    """Which of the crawl's segments to read, in the order of its list, from 0: `3` or `0-9`; empty: all."""
    wikipedia: str = Field(default="", pattern=r"^([a-z][a-z_-]*)?$")
    """The language of a Wikipedia, as in its address: `en`, `simple`."""
    dump_date: str = Field(default="latest", pattern=r"^(latest|\d{8})$")
    """The day of the dump, YYYYMMDD; `latest` takes the newest that is complete, another one in a month."""
    server: str = ""
    """Where the crawl or dump is read from, if not from its publisher: a mirror with the same layout."""
    maximum_files: int = Field(default=0, ge=0)
    """Take only so many files, in the order given; 0 takes all."""
    text_column: str = "text"
    id_column: str = ""
    url_column: str = ""
    title_column: str = ""
    date_column: str = ""

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        given = [key for key in ("paths", "path_list", "crawl", "wikipedia") if getattr(self, key)]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(
                f"source {self.name!r} needs exactly one of paths, path_list, crawl and wikipedia (given: {found})"
            )
        return self

    @model_validator(mode="after")
    def _settings_have_their_subject(self) -> Self:
        subjects = {
            "path_prefix": ("path_list",),
            "crawl_files": ("crawl",),
            "segments": ("crawl",),
            "dump_date": ("wikipedia",),
            "server": ("crawl", "wikipedia"),
        }
        for key, needed in subjects.items():
            if getattr(self, key) != type(self).model_fields[key].default and not any(map(self._gives, needed)):
                raise ValueError(f"source {self.name!r}: {key} goes with {' or '.join(needed)}")
        return self

    def _gives(self, key: str) -> bool:
        return bool(getattr(self, key))

    @model_validator(mode="after")
    def _published_files_have_one_format(self) -> Self:
        published = "warc" if self.crawl else "mediawiki" if self.wikipedia else self.format
        if self.format not in ("auto", published):
            raise ValueError(f"source {self.name!r}: its files are {published}, not {self.format}; leave format out")
        return self

    @model_validator(mode="after")
    def _prefix_names_a_host_in_full(self) -> Self:
        _, separator, rest = self.path_prefix.partition("://")
        if separator and "/" not in rest:
            raise ValueError(f"source {self.name!r}: end path_prefix {self.path_prefix!r} with a slash")
        return self

    @model_validator(mode="after")
    def _segments_ascend(self) -> Self:
        first, _, last = self.segments.partition("-")
        if last and int(last) < int(first):
            raise ValueError(f"source {self.name!r}: segments {self.segments!r} end before they begin")
        return self


class Http(Section):
    """How files are read over http and https: patiently, and no faster than a server likes."""

    user_agent: str = Field(default="gristmill/0.1", min_length=1)
    """How requests name themselves; add an address at which you can be reached."""
    requests_per_second: float = Field(default=4.0, gt=0)
    """The most requests to one host, over all workers of a machine."""
    retries: int = Field(default=8, ge=0)
    """How often in a row a request may fail (403, 408, 429, 5xx, resets, short bodies) before the run does."""
    backoff_seconds: float = Field(default=1.0, ge=0)
    """The wait before the first retry, doubled before each further one; `Retry-After` goes before it."""
    maximum_backoff_seconds: float = Field(default=120.0, ge=0)
    """The longest wait before a retry, also where `Retry-After` asks for more."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """The longest silence of a server."""
    minimum_bytes_per_second: float = Field(default=1_000.0, ge=0)
    """A server that sends less than this over `timeout_seconds` is asked again from where it stopped."""


class Reading(Section):
    """The bounds of what one record may be, and how remote files are read."""

    maximum_record_bytes: int = Field(default=64_000_000, gt=0)
    """A record, a line or a file of text that is longer, or that expands to more, is refused (`record_bytes`)."""
    maximum_expansion: float = Field(default=100.0, gt=1)
    """Compressed records that grow by more than this and past `maximum_record_bytes` are bombs (`expansion`)."""
    maximum_content_codings: int = Field(default=4, ge=0)
    """How many codings a page may be wrapped in (`content_codings`)."""
    http: Http = Http()
