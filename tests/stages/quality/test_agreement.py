"""The rules in reference mode against golden verdicts of datatrove 0.10.1 on real texts."""

import functools
import importlib.metadata
import json
from pathlib import Path

import pytest

from benchmarks.agreement import our_verdict
from benchmarks.golden_verdicts import HASH_DIGITS
from benchmarks.quality_texts import PACKAGES, corpus_texts, package_texts, sha256

GOLDEN = Path(__file__).parent / "golden"
CORPUS = Path("build/sample/corpus")
EQUAL = 0.995
"""The share of texts on which every rule must say what datatrove says."""


@functools.cache
def golden(name):
    """Rules, and by the hash of their texts: the chain's rule, all rules that refuse, the hash of C4's text."""
    data = json.loads((GOLDEN / f"{name}.json").read_text())
    rows = {}
    for row in data["texts"]:
        _, text, chain, refused, c4_text = row.split("\t")
        rows[text] = chain or None, {data["rules"][int(number)] for number in refused.split()}, c4_text
    return data["rules"], rows


@functools.cache
def compared(name):
    """Pairs of golden and own verdicts, of the texts that are here as they were."""
    _, rows = golden(name)
    texts = package_texts() if name == "packages" else corpus_texts(CORPUS)
    found = {sha256(text)[:HASH_DIGITS]: text for _, text in texts}
    return [(rows[key], our_verdict(found[key])) for key in rows if key in found]


def as_pinned():
    """Whether the packages with the texts have the versions of constraints.txt."""
    pins = dict(line.split("==") for line in Path("constraints.txt").read_text().splitlines() if "==" in line)
    return all(importlib.metadata.version(package).split("+")[0] == pins[package].split("+")[0] for package in PACKAGES)


def share(pairs, same):
    return sum(same(theirs, ours) for theirs, ours in pairs) / len(pairs)


def test_at_least_300_golden_texts_are_there():
    if not as_pinned():
        pytest.skip("other versions of the packages than those of constraints.txt")
    assert len(compared("packages")) >= 300


@pytest.mark.parametrize("name", ["packages", pytest.param("sample", marks=pytest.mark.long)])
def test_every_rule_refuses_what_datatrove_refuses(name):
    if name == "sample" and not CORPUS.exists():
        pytest.skip("the sample was not run")
    pairs = compared(name)
    rules, _ = golden(name)
    equal = {rule: share(pairs, lambda a, b, rule=rule: (rule in a[1]) == (rule in b["refused"])) for rule in rules}
    assert {rule: value for rule, value in equal.items() if value < EQUAL} == {}


@pytest.mark.parametrize("name", ["packages", pytest.param("sample", marks=pytest.mark.long)])
def test_the_chain_says_what_datatrove_says(name):
    if name == "sample" and not CORPUS.exists():
        pytest.skip("the sample was not run")
    pairs = compared(name)
    assert share(pairs, lambda theirs, ours: (theirs[0] is None) == (ours["chain"] is None)) >= EQUAL
    assert share(pairs, lambda theirs, ours: theirs[0] == ours["chain"]) >= EQUAL
    assert share(pairs, lambda theirs, ours: theirs[2] == ours["c4_text"][:HASH_DIGITS]) >= EQUAL


def test_the_golden_texts_put_most_rules_to_the_test():
    rules, rows = golden("packages")
    refusing = set().union(*(refused for _, refused, _ in rows.values()))
    assert len(refusing) >= 20, set(rules) - refusing
    assert sum(chain is None for chain, _, _ in rows.values()) >= 30
