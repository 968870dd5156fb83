"""What the formats have in common: what there is to export, the files of an export, and what was written to them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """The shards of a run, and what a reader must know of their tokens."""

    name: str
    """The run's."""
    shards: Mapping[str, Sequence[str]]
    """The paths of each split that has rows, in the order of the rows."""
    vocabulary_size: int
    sequence_length: int
    """T: rows have up to T + 1 tokens."""
    bos_id: int
    eos_id: int
    padding_id: int


@dataclass(frozen=True)
class Written:
    """What is in a file."""

    rows: int
    """Documents or rows, whichever the format has."""
    tokens: int


@dataclass(frozen=True)
class Part:
    """Files that are written together."""

    names: tuple[str, ...]
    """Their paths below the folder of the export."""
    split: str
    shards: Sequence[str]
    write: Callable[[Sequence[Path], Iterable[str]], Written]
    """Writes the files, given in the order of their names, from shards."""


@dataclass(frozen=True)
class Format:
    """One way to lay shards down."""

    rows: str
    """What its rows are called."""
    parts: Callable[[Source], list[Part]]
    """The files; raises GristmillError if the format cannot hold these tokens."""
    readme: Callable[[Source], str]
    """What stands beside them, in Markdown."""
    own_names: re.Pattern[str]
    """Every path that an export of whatever run could have."""
