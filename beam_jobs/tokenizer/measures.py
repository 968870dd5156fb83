"""The tokenizer's report: what it was trained on, what it makes of other text, for the screen and for report.json.

The report is no part of the manifest: another text to measure on, or another tokenizer to compare with, changes no
shard, and a model that was trained on the shards stays valid.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from beam_jobs.units import Job, commits_of
from stages.artifacts import Manifest, exists, join, read_json, remove, write_json
from stages.console import say, show_table

REPORT = "report.json"
OWN = "this tokenizer"
SHOWN_PIECES = 10
HEADER = ("bytes/token", "characters/token", "tokens/word", "byte tokens", "coverage", "vocabulary used")


def sample_facts(job: Job) -> dict[str, Any]:
    """What was drawn to train on, by source and language; empty if the tokenizer is a given one."""
    if job.recipe.tokenizer.pretrained:
        return {}
    (sampled,) = commits_of(job, "sample")
    return {"unit": sampled.counts["unit"], "cells": sampled.counts["sample"]}


def show_sample(facts: Mapping[str, Any]) -> None:
    """Shows what was drawn, and what share of what there is that was."""
    if not facts:
        return
    unit = facts["unit"]
    names = ("source", "language", "documents", "lines", "bytes")
    rows = [
        (*(cell[name] for name in names), f"{cell[unit] / max(cell['available'], 1):.1%}")
        for cell in facts["cells"]
        if cell["available"]
    ]
    show_table("the tokenizer's sample", (*names, f"of all {unit}"), rows)


def write_report(job: Job) -> dict[str, Any] | None:
    """Writes what was measured as `report.json`, and returns it; None if no report was asked for."""
    measured = commits_of(job, "measure")
    if not measured:
        remove(join(job.folder, REPORT))  # that of earlier settings
        return None
    (trained,), (sampled,) = commits_of(job, "train"), commits_of(job, "sample")
    report = {
        "model": trained.files["tokenizer"][0].sha256,
        "is_given": bool(job.recipe.tokenizer.pretrained),
        "seen": sampled.counts["seen"],
        "tokenizers": [
            {"name": commit.inputs.get("compared", {}).get("name", OWN), **commit.counts} for commit in measured
        ],
    }
    write_json(join(job.folder, REPORT), report)
    return report


def read_report(folder: str, manifest: Manifest) -> dict[str, Any] | None:
    """The report of a finished tokenizer job in a folder; None if there is none, or one of another tokenizer."""
    path, models = join(folder, REPORT), manifest.files.get("tokenizer", [])
    if not models or not exists(path):
        return None
    report: dict[str, Any] = read_json(path)
    return report if report["model"] == models[0].sha256 else None


def show_report(report: Mapping[str, Any]) -> None:
    """Shows the figures of the tokenizer, those of the others on the same text, and the longest pieces."""
    own, *others = report["tokenizers"]
    rows = [("all", own["all"]), *((row["name"], row) for kind in ("languages", "sources") for row in own[kind])]
    title = f"the tokenizer, measured on {own['all']['bytes'] / 1e6:,.1f} MB of text {whose_text(report)}"
    show_table(title, ("", *HEADER), [(name, *shown_figures(row)) for name, row in rows])
    if 0 < len(report["seen"]) < len(own["cells"]):
        seen = ", ".join(seen_groups(report))
        say(f"note: all text of {seen} was trained on, so it is measured on text that it has seen")
    if others:
        header = ("tokenizer", "tokens", *HEADER, "documents lost")
        compared = [
            (one["name"], one["vocabulary_size"], *shown_figures(one["all"]), one["all"]["lost_documents"])
            for one in (own, *others)
        ]
        show_table("the same text in other tokenizers", header, compared)
    say("longest pieces: " + " ".join(one["piece"] for one in own["longest"][:SHOWN_PIECES]))


def seen_groups(report: Mapping[str, Any]) -> list[str]:
    """The sources, each with its language, whose whole text the tokenizer was trained on."""
    return [f"{source} ({language})" for source, language in report["seen"]]


def whose_text(report: Mapping[str, Any]) -> str:
    """Whether the tokenizer has seen the measured text, as the end of a sentence on it."""
    if report["is_given"]:
        return "that it may have seen elsewhere"
    every = report["tokenizers"][0]["cells"]
    return "that it was trained on" if len(report["seen"]) == len(every) else "that it was not trained on"


def shown_figures(row: Mapping[str, Any]) -> Sequence[str]:
    """The figures under HEADER."""
    ratios = (row["bytes_per_token"], row["characters_per_token"], row["fertility"])
    shares = (row["byte_share"], row["coverage"], row["vocabulary_used"])
    return (*(f"{one:.2f}" for one in ratios), *(f"{one:.2%}" for one in shares))
