"""The house keeps its walls: which room may import what."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("stages", "beam_jobs", "trainer")
TRAINER_MAY_IMPORT = {f"stages.{name}" for name in ("artifacts", "console", "errors", "recipe", "shards", "tokenizer")}
MAXIMUM_LINES = 400
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from stages import shards` names the module stages.shards.
            inner = [f"{node.module}.{alias.name}" for alias in node.names] if node.module in ROOMS else []
            yield from inner or [node.module]


def top(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_to_its_room(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    forbidden = {
        "stages": {"apache_beam", "torch", "beam_jobs", "trainer"},
        "beam_jobs": {"torch", "trainer"},
        "trainer": {"apache_beam", "beam_jobs"},
    }[room]
    for name in imports_of(path):
        assert top(name) not in forbidden, f"{path} imports {name}"
        if room == "trainer" and top(name) == "stages":
            assert any(name == allowed or name.startswith(f"{allowed}.") for allowed in TRAINER_MAY_IMPORT), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_for_and_stays_short(path: Path) -> None:
    source = path.read_text()
    assert ast.get_docstring(ast.parse(source)), f"{path} does not begin by saying what it is for"
    assert len(source.splitlines()) <= MAXIMUM_LINES


def is_bound(section: type, name: str) -> bool:
    return section.__module__ == "stages.recipe.quality" and name.startswith(("minimum_", "maximum_"))


def test_every_setting_of_the_recipe_is_read() -> None:
    from stages import recipe

    sections = [
        one
        for one in vars(recipe).values()
        if isinstance(one, type) and issubclass(one, recipe.Section) and one is not recipe.Section
    ]
    read = {
        node.attr
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    # The bounds of quality rules are read by their prefix (stages/quality/bounds.py), and applied to what is measured.
    names = [(one.__name__, name) for one in sections for name in one.model_fields if not is_bound(one, name)]
    unread = [f"{section}.{name}" for section, name in names if name not in read]
    assert not unread
