"""The texts that all variants are made of: an ordinary corpus with every rule off, and lists of its files by source.

Extraction is nearly all of the work of a corpus, so it is done once. The documents of a source are then a source of
Parquet files: what a variant costs is the judging of texts that are there. Of a large corpus a share of them will do.
"""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.corpus.tables import read_table
from stages.artifacts import (
    Manifest,
    exists,
    fingerprint_of,
    join,
    read_json,
    read_manifest,
    write_bytes,
    write_json,
    written,
)
from stages.draws import draw
from stages.errors import GristmillError
from stages.recipe import Recipe

PURPOSE = "ablate"


def source_lists(texts: Recipe) -> dict[str, str]:
    """Writes for each source a list of the files with its texts; returns the paths of the lists by source.

    A source without a text has no list. GristmillError if none has any.
    """
    manifest = read_manifest(texts.folder("corpus"), "corpus")
    folder = _drawn(texts, manifest) if texts.ablate.share < 1.0 else texts.folder("corpus")
    paths: dict[str, list[str]] = {source.name: [] for source in texts.corpus.sources}
    for path in manifest.paths("documents", folder):
        # A unit of work is always of one source.
        for source in read_table(path, ["source"]).column("source").slice(0, 1).to_pylist():
            paths[source].append(path)
    lists = {}
    for number, (source, files) in enumerate(paths.items()):
        if files:
            lists[source] = join(texts.output, "sources", f"{number:05d}.txt")
            write_bytes(lists[source], "".join(f"{path}\n" for path in files).encode())
    if not lists:
        raise GristmillError(f"{texts.folder('corpus')}: not one text; change corpus.language, or raise ablate.share")
    return lists


def _drawn(texts: Recipe, manifest: Manifest) -> str:
    """The folder of files with a share of the documents, drawn by their ids; written anew only if they would change."""
    folder = join(texts.output, "drawn")
    fingerprint = fingerprint_of(manifest.sha256, texts.ablate.share, texts.seed)
    state = join(folder, "_drawn_from.json")
    if exists(state) and read_json(state) == fingerprint:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    bound = int(texts.ablate.share * 2**64)
    for file in manifest.files["documents"]:
        table = read_table(join(texts.folder("corpus"), file.path))
        takes = [draw(one, texts.seed, PURPOSE) < bound for one in table.column("id").to_pylist()]
        with written(join(folder, file.path)) as new:
            pq.write_table(table.filter(pa.array(takes, pa.bool_())), new, compression="zstd")
    write_json(state, fingerprint)
    return folder
