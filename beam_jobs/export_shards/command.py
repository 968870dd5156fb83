"""The command: writes the export, a file at a time under a temporary name, and last its manifest."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.progress import Progress, TaskID

from beam_jobs.export_shards.folder import NAME, claim, sweep
from stages import artifacts
from stages.artifacts import Manifest, OutputFile, join, sha256_of
from stages.console import progress_bars, say, show_table
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.command_line import parsed_recipe, recipe_parser
from stages.shard_exports.export import Format, Part, Source, Written
from stages.shard_exports.hugging_face import HUGGING_FACE
from stages.shard_exports.megatron import MEGATRON
from stages.shard_exports.nanogpt import NANOGPT
from stages.splits import SPLITS
from stages.tokenizer import HUGGING_FACE_FILES, MODEL_FILE, Tokenizer

FORMATS: Mapping[str, Format] = {"megatron": MEGATRON, "nanogpt": NANOGPT, "hugging_face": HUGGING_FACE}
LIBRARIES = ("numpy", "pyarrow")
README = "README.md"
TOKENIZER_FILES = (MODEL_FILE, *HUGGING_FACE_FILES)


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    parser = recipe_parser("python -m beam_jobs.export_shards", "The packed shards of a run for another trainer.")
    parser.add_argument("--format", default="", help=f"one of {', '.join(FORMATS)}")
    parser.add_argument("--to", default="", metavar="FOLDER", help="where to; by default export/FORMAT beside the run")
    own = parser.parse_args(arguments)
    name = own.format.strip()
    if name not in FORMATS:
        raise GristmillError(f"FORMAT={name}: give one of {', '.join(FORMATS)}: make export-shards FORMAT=megatron")
    recipe = parsed_recipe(own)
    export(recipe, name, own.to.strip().removeprefix("file://") or f"{recipe.folder('export')}/{name}")


def export(recipe: Recipe, name: str, folder: str) -> None:
    """Writes the shards of a finished run to a folder, or says that they are there.

    Raises GristmillError if the shards are missing or damaged, if the format cannot hold their tokens, or if the folder
    holds something else.
    """
    origin = recipe.folder("tokenizer")
    manifest = artifacts.read_manifest(origin, "tokenizer")
    source, format_ = _source(recipe, manifest), FORMATS[name]
    parts = format_.parts(source)
    versions = artifacts.library_versions(LIBRARIES)
    code = artifacts.code_version("beam_jobs.export_shards.__main__")
    fingerprint = artifacts.fingerprint_of(name, recipe.name, manifest.sha256, code, versions)
    if artifacts.is_finished(folder, fingerprint):
        say(f"export-shards: nothing to do, {folder} is up to date")
        return
    claim(folder, name)
    listed = {join(origin, file.path): file for split in SPLITS for file in manifest.files.get(split, [])}
    with artifacts.sole_writer(folder), _room_asked_for(folder):
        claim(folder, name, begin=True)
        files, sums = _write_parts(folder, listed, parts)
        files["beside"] = list(_write_beside(folder, origin, format_.readme(source)))
        facts = {
            "format": name,
            "tokenizer": manifest.sha256,
            "vocabulary_size": source.vocabulary_size,
            "splits": {split: {format_.rows: one.rows, "tokens": one.tokens} for split, one in sums.items()},
            "libraries": versions,
        }
        written = artifacts.write_manifest(folder, Manifest(NAME, files, facts))
        sweep(folder, written, format_.own_names)
        artifacts.mark_finished(folder, fingerprint)
    rows = [(split, one.rows, one.tokens, _megabytes(files[split])) for split, one in sums.items()]
    show_table(f"{name}: {source.vocabulary_size:,} tokens", ("split", format_.rows, "tokens", "MB"), rows)
    say(f"export-shards: written to {folder}")


@contextmanager
def _room_asked_for(folder: str) -> Iterator[None]:
    """A failed write inside, as on a full disk, is a GristmillError; a shard that cannot be read is named as it is."""
    try:
        yield
    except OSError as error:
        if error.filename and not str(error.filename).startswith(folder):
            raise
        raise GristmillError(
            f"{folder}: cannot be written: {error.strerror or error}; make room and run the same command"
        ) from error


def _megabytes(files: Sequence[OutputFile]) -> str:
    return f"{sum(file.bytes for file in files) / 1e6:,.1f}"


def _source(recipe: Recipe, manifest: Manifest) -> Source:
    folder = recipe.folder("tokenizer")
    if not artifacts.is_local(folder):
        raise GristmillError(f"{folder}: shards are read from a disk; copy the folder and set `output` to the copy's")
    tokenizer = Tokenizer.load(join(folder, "tokenizer"))
    paths = {split: manifest.paths(split, folder) for split in SPLITS}
    filled = {split for split in SPLITS if sum(file.rows for file in manifest.files.get(split, []))}
    if not filled:
        raise GristmillError(f"{folder}: the shards have no rows; run `make tokenizer` on a corpus that has documents")
    return Source(
        name=recipe.name,
        shards={split: paths[split] for split in SPLITS if split in filled},
        vocabulary_size=int(manifest.facts["vocabulary_size"]),
        sequence_length=int(manifest.facts["sequence_length"]),
        bos_id=tokenizer.bos_id,
        eos_id=tokenizer.eos_id,
        padding_id=tokenizer.padding_id,
    )


def _write_parts(
    folder: str, listed: Mapping[str, OutputFile], parts: Sequence[Part]
) -> tuple[dict[str, list[OutputFile]], dict[str, Written]]:
    """Writes all parts; returns the files and what is in them, by split. `listed` are the shards by their paths."""
    files: dict[str, list[OutputFile]] = {}
    sums: dict[str, Written] = {}
    with progress_bars() as bars:
        bar = bars.add_task("shards", total=sum(len(part.shards) for part in parts), rate="")
        for part in parts:
            with ExitStack() as stack:
                paths = [stack.enter_context(artifacts.written(join(folder, name))) for name in part.names]
                written = part.write(paths, _checked(part.shards, listed, bars, bar))
                described = [
                    OutputFile(name, path.stat().st_size, sha256_of(path), written.rows)
                    for name, path in zip(part.names, paths, strict=True)
                ]
            files.setdefault(part.split, []).extend(described)
            before = sums.get(part.split, Written(0, 0))
            sums[part.split] = Written(before.rows + written.rows, before.tokens + written.tokens)
    return files, sums


def _checked(shards: Sequence[str], listed: Mapping[str, OutputFile], bars: Progress, bar: TaskID) -> Iterator[str]:
    """Yields the shards when they are needed, each if it is the one that the manifest lists."""
    for shard in shards:
        file = listed[shard]
        if not Path(shard).is_file():
            raise GristmillError(f"{shard}: missing; run `make tokenizer`")
        if Path(shard).stat().st_size != file.bytes or sha256_of(shard) != file.sha256:
            raise GristmillError(
                f"{shard}: damaged: not the file that the manifest lists; delete it and run `make tokenizer`"
            )
        yield shard
        bars.advance(bar)


def _write_beside(folder: str, origin: str, readme: str) -> Iterator[OutputFile]:
    """Writes the tokenizer's files and the README."""
    contents = {README: readme.encode()}
    for name in TOKENIZER_FILES:
        with artifacts.open_file(join(origin, "tokenizer", name)) as file:
            contents[name] = file.read()
    for name, data in contents.items():
        with artifacts.written(join(folder, name)) as path:
            path.write_bytes(data)
            described = OutputFile(name, len(data), sha256_of(path), 0)
        yield described
