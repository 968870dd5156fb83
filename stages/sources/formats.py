"""What a file is: its format by its first bytes or else by its name, and which files of a folder are no data.

Of a folder, names that begin with "." or "_" are no data, nor is anything below such a folder. Sources of Parquet, HTML
and text take only files with the suffixes of their format; all others take what is not a companion of data sets: notes
for people, metadata of Hugging Face, checksums and indices. A file that is named itself, or by a glob, is always taken.
"""

import codecs
import re
from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlsplit

from stages.errors import GristmillError
from stages.recipe import Http
from stages.recipe.sources import Format
from stages.sources.compression import chunks, open_decompressed
from stages.sources.damage import DamagedStreamError
from stages.sources.http_requests import is_http

HEAD_BYTES = 1 << 16
"""How much of a file, decompressed, is looked at."""

_SUFFIXES: dict[Format, tuple[str, ...]] = {
    "warc": (".warc", ".arc", ".wet"),
    "mediawiki": (".xml",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet",),
    "html": (".html", ".htm", ".xhtml"),
    "text": (".txt", ".md", ".text"),
}
_COMPRESSIONS = (".gz", ".bgz", ".bz2", ".zst", ".zstd", ".xz")
_FORMATS_WITH_SUFFIX_ONLY = ("parquet", "html", "text")
_COMPANION = re.compile(
    r"(readme|licen[cs]e|copying|notice|changelog|citation)([._-].*)?"
    r"|(dataset_infos?|state|croissant|dataset_dict)\.json"
    r"|(md5|sha1|sha256|sha512)sums?(\.txt)?|.*-(md5|sha1)sums\.(txt|json)"
    r"|.*\.(md5|sha1|sha256|sha512|cdx|cdxj|idx|crc)(\.gz)?"
    r"|.*-multistream-index.*|dumpstatus\.json",
    re.IGNORECASE,
)
_XML_PROLOGUE = re.compile(r"(\s+|<!--.*?-->|<\?.*?\?>)+", re.DOTALL)
_HTML = re.compile(r"<(!doctype\s+html|html)\b", re.IGNORECASE)
_MEDIAWIKI = re.compile(r"<mediawiki\b")
_JSON_OBJECT = re.compile(r"\{\s*[\"}]")
_JSON_LIST = re.compile(r"\[\s*([{\"\[\]]|-?[0-9]|true|false|null)")
_BINARIES = re.compile(
    rb"%PDF-|%!PS-|\{\\rtf|PK(\x03\x04|\x05\x06)|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|.{257}ustar|\x7fELF"
    rb"|SQLite format 3\x00|\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a"
    rb"|RIFF.{4}(WAVE|WEBP|AVI )|ID3[\x02-\x04]|OggS\x00|fLaC\x00|ARROW1\x00",
    re.DOTALL,
)
"""How files begin that are no text, though some look like it for long: documents, archives, programs, images, sound
and tables (the magic numbers of file(1))."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
"""Bytes that no text has in UTF-8 or the older encodings; ISO 2022 uses escape (0x1b), old DOS files end with 0x1a."""


def is_data(file_format: Format, name: str) -> bool:
    """Whether a source of this format takes a file of a folder, by its path below that folder."""
    parts = name.split("/")
    if any(part.startswith((".", "_")) for part in parts):
        return False
    if file_format in _FORMATS_WITH_SUFFIX_ONLY:
        return _bare(parts[-1]).endswith(_SUFFIXES[file_format])
    return not _COMPANION.fullmatch(parts[-1])


def detect_format(path: str, http: Http) -> Format:
    """The format of a file, by its first bytes, decompressed; by its name where these do not tell.

    Raises GristmillError if it is none that Gristmill reads.
    """
    head, is_damaged = _head(path, http)
    by_name = _format_by_name(path)
    if found := _format_by_content(head):
        return found
    text = _as_ascii(head)
    if _JSON_LIST.match(text) and by_name == "jsonl":
        raise GristmillError(f'{path}: one JSON list; write its objects one a line, or set format = "text"')
    if _BINARIES.match(head):
        raise _unknown(path)
    if by_name and (by_name != "mediawiki" or is_damaged or not text.startswith("<")):
        return by_name
    if by_name == "mediawiki":
        raise GristmillError(f"{path}: XML, but not of MediaWiki; convert it, or set format to what it is")
    if is_damaged or _CONTROL.search(head):
        raise _unknown(path)
    return "text"


def _unknown(path: str) -> GristmillError:
    return GristmillError(f"{path}: of no known format; set format = {_choices()}, or leave the file out")


def _choices() -> str:
    return " or ".join(f'"{one}"' for one in get_args(Format) if one != "auto")


def _head(path: str, http: Http) -> tuple[bytes, bool]:
    """The first bytes of a file, decompressed, and whether it is damaged among them."""
    head = bytearray()
    with open_decompressed(path, http) as opened:
        try:
            for chunk in chunks(opened.stream):
                head += chunk
                if len(head) >= HEAD_BYTES:
                    break
        except DamagedStreamError:
            return bytes(head), True
    return bytes(head[:HEAD_BYTES]), False


def _format_by_content(head: bytes) -> Format | None:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.lstrip(b"\r\n").startswith((b"WARC/", b"filedesc:")):
        return "warc"
    text = _as_ascii(head)
    if _JSON_OBJECT.match(text):
        return "jsonl"
    prologue = _XML_PROLOGUE.match(text)
    text = text[prologue.end() :] if prologue else text
    if _MEDIAWIKI.match(text):
        return "mediawiki"
    return "html" if _HTML.match(text) else None


def _as_ascii(head: bytes) -> str:
    """The beginning as text in which markup can be looked for, without byte order mark and blanks."""
    for mark, encoding in _encodings():
        if head.startswith(mark):
            return head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    return head.decode("latin-1").lstrip()


def _encodings() -> Iterator[tuple[bytes, str]]:
    yield codecs.BOM_UTF8, "utf-8-sig"
    for encoding, mark in (("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)):
        yield mark, encoding
        yield "<".encode(encoding), encoding  # XML may leave out the mark


def _format_by_name(path: str) -> Format | None:
    name = _bare((urlsplit(path).path if is_http(path) else path).rpartition("/")[2])
    return next((found for found, suffixes in _SUFFIXES.items() if name.endswith(suffixes)), None)


def _bare(name: str) -> str:
    """A name in lower case without the suffix of its compression."""
    name = name.lower()
    for suffix in _COMPRESSIONS:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
