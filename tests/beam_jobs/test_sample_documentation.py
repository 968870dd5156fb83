"""The pages of Python's own documentation, which stand in where there is no apt."""

import re
import sys
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from beam_jobs.sample import documentation
from beam_jobs.sample.documentation import read_documentation, standard_modules
from beam_jobs.sample.outputs import SampleFolder

# Modules whose pages would hold memory addresses, paths or an order of sets.
MODULES = ("configparser", "hashlib", "json", "platform", "unittest.main")


def everything(_address):
    return True


@pytest.fixture(scope="module")
def pages():
    return list(read_documentation(MODULES, everything))


def test_modules_and_topics_become_pages(pages):
    paths = [page.path for page in pages]
    assert paths[: len(MODULES)] == [f"{name}.html" for name in MODULES]
    assert len(paths) == len(MODULES) + len(topics) > 50
    assert all(page.body.startswith(b"<!DOCTYPE") for page in pages)
    assert b"JavaScript&nbsp;Object&nbsp;Notation" in pages[2].body


def test_rendering_twice_gives_the_same_pages(pages):
    assert list(read_documentation(MODULES, everything)) == pages


def test_pages_show_nothing_of_this_machine(pages):
    library = str(Path(re.__file__).parents[1]).encode()
    for page in pages:
        assert sys.executable.encode() not in page.body
        assert library not in page.body
        assert not re.search(rb"at(&nbsp;| )0x[0-9a-f]{6}", page.body)


def test_the_environment_is_kept_from_the_pages(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_USER", "hunter2hunter2")
    (first, *_) = read_documentation(["os"], everything)
    assert first.path == "os.html"
    assert b"hunter2" not in first.body and b"SECRET_OF" not in first.body


def test_modules_that_cannot_be_rendered_are_left_out():
    paths = [page.path for page in read_documentation(["no_such_module", "json"], everything)]
    assert paths[0] == "json.html"


def test_a_module_that_hangs_costs_only_its_batch(monkeypatch):
    monkeypatch.setattr(documentation, "BATCH_SECONDS", 0.0)
    paths = [page.path for page in read_documentation(["json"], everything)]
    assert paths and all(path.startswith("topics/") for path in paths)


def test_standard_modules_are_many_and_harmless():
    names = standard_modules()
    assert len(names) == len(set(names)) > 200
    assert {"json", "email.message", "xml.etree.ElementTree"} <= set(names)
    assert not {"antigravity", "this", "sys", "tkinter", "encodings.utf_8"} & set(names)
    assert not [name for name in names if "_" in (part[0] for part in name.split("."))]


def test_a_smaller_sample_takes_a_part(pages):
    part = list(read_documentation(MODULES, SampleFolder("", 0.3).takes))
    assert 5 < len(part) < len(pages)
    assert set(part) < set(pages)
