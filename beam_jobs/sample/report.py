"""Tells people what the sample is: its licences, its contents and its limits."""

from collections.abc import Sequence

from beam_jobs.sample.outputs import GROUPS, Part
from stages.artifacts import MANIFEST, Manifest, join
from stages.console import say, show_table

PATTERNS = {"web": "*.warc.gz", "wikipedia": "*.xml.bz2", "leads": "*.jsonl", "books": "*.txt"}
LICENCES = "LICENCES.md"
NOT_BALANCED = (
    "The sample shows the pipeline real bytes; it is not a balanced corpus: with Debian's packages, "
    "most of what the filters keep is documentation of software."
)


def licences_text(parts: Sequence[Part]) -> str:
    """The licences of the sample's texts, in Markdown."""
    rows = [f"| {part.package} | {part.version} | {part.group} | {part.licence} |" for part in parts]
    return "\n".join(
        (
            "# Where these texts are from, and their licences",
            "",
            "They were taken from these packages, and their wording was not changed. The licences are those of the",
            "texts; some packages hold a few files under other licences, which their own copyright files name.",
            "",
            "| package | version | folder | licence |",
            "|---|---|---|---|",
            *rows,
            "",
            "They are for trying things out on your own machine. Who passes the texts on, or a model trained on them,",
            "must see to the conditions of each licence.",
            "",
            NOT_BALANCED,
            "",
        )
    )


def show_sample(folder: str, manifest: Manifest) -> None:
    """Prints what is in the sample, where, and what must be known about it."""
    rows: list[list[object]] = []
    groups = [group for group in GROUPS if manifest.files[group]]
    for group in groups:
        files = manifest.files[group]
        size = sum(file.bytes for file in files)
        rows.append([group, len(files), sum(file.rows for file in files), f"{size / 1e6:.1f}"])
    show_table("The sample", ["", "files", "pages or texts", "MB"], rows)
    for group in groups:
        say(f"{group:<10} {join(folder, group, PATTERNS[group])}")
    say(f"The licences of all texts are in {join(folder, LICENCES)}.")
    say(NOT_BALANCED)


def note_missing(folder: str, manifest: Manifest) -> None:
    """Prints which packages the sample had to do without, if any."""
    missing = manifest.facts["missing"]
    if not missing:
        return
    if manifest.facts["pages_are_documentation_of_python"]:
        what = "the web pages are those of Python's own documentation"
    else:
        what = "left out: " + ", ".join(entry["package"] for entry in missing)
    say(f"note: {what} ({missing[0]['reason']}); to try again, delete {join(folder, MANIFEST)}")
