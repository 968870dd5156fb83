"""The document and the removal: the two rows that the corpus is made of, and how a record gets its identity."""

import hashlib
from dataclasses import dataclass, field

import pyarrow as pa

ORIGIN = pa.struct([pa.field("file", pa.string(), nullable=False), pa.field("offset", pa.int64(), nullable=False)])

IDENTITY_FIELDS = [
    pa.field("id", pa.uint64(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("url", pa.string()),
    pa.field("date", pa.string()),
    pa.field("title", pa.string()),
    pa.field("origin", ORIGIN, nullable=False),
]

EDITS = pa.list_(
    pa.struct(
        [
            pa.field("edit", pa.string(), nullable=False),
            pa.field("count", pa.int32(), nullable=False),
            pa.field("characters", pa.int32(), nullable=False),
        ]
    )
)

DOCUMENT_SCHEMA = pa.schema(
    [
        *IDENTITY_FIELDS,
        pa.field("text", pa.string(), nullable=False),
        pa.field("published", pa.string()),
        pa.field("language", pa.string(), nullable=False),
        pa.field("language_score", pa.float32(), nullable=False),
        pa.field("quality_score", pa.float32()),
        pa.field("perplexity", pa.float32()),
        pa.field("edits", EDITS, nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("augmentation", pa.string()),
        pa.field("parent_id", pa.uint64()),
    ]
)
"""One document a row. `date` is that of the record (of the crawl, of the revision), `published` the day that the page
itself names. `edits` are the changes made to its text after extraction. `augmentation` and `parent_id` are null for
originals."""

REMOVAL_SCHEMA = pa.schema(
    [
        *IDENTITY_FIELDS,
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("detail", pa.string()),
        pa.field("duplicate_of", pa.uint64()),
        pa.field("jaccard", pa.float32()),
        pa.field("text", pa.string()),
    ]
)
"""One removed record a row: which rule of which stage, the value it measured, the threshold that the value missed."""


REFUSED_VARIANT_SCHEMA = pa.schema(
    [
        *REMOVAL_SCHEMA,
        pa.field("augmentation", pa.string(), nullable=False),
        pa.field("parent_id", pa.uint64(), nullable=False),
    ]
)
"""One variant a row that was made and did not join the documents: it is no record, and no removal counts it."""


def identifier(identity: str | bytes) -> int:
    """The 64-bit id of a record: a hash of its own identity, never of its place (BLAKE2b, little-endian)."""
    data = identity.encode("utf-8", "surrogatepass") if isinstance(identity, str) else identity
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Refusal:
    """Why a stage did not let something pass. `value` is what the rule measured, `threshold` its bound."""

    rule: str
    value: float | None = None
    threshold: float | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Edit:
    """A kind of change to a text: what was done, how often, and by how many characters the text became shorter.

    Masks can be longer than what they hide: then `characters` is negative.
    """

    name: str
    count: int
    characters: int

    def to_json(self) -> dict[str, str | int]:
        """As it stands in a document's row."""
        return {"edit": self.name, "count": self.count, "characters": self.characters}


@dataclass(frozen=True)
class Record:
    """One record as a reader found it.

    `content` is bytes for HTML as served, text otherwise; a refused record (a redirect, a damaged one) has none.
    """

    identity: str
    """What names the record wherever it lies: its WARC record id, its page and revision; empty: its content does."""
    media: str
    """`html`, `wikitext` or `text`."""
    content: bytes | str
    file: str
    offset: int
    url: str | None = None
    date: str | None = None
    title: str | None = None
    charset: str | None = None
    """What the server said of the encoding."""
    link_namespaces: frozenset[str] = frozenset()
    """Of wikitext: the names that the wiki itself gives to its file, media and category namespaces, in lower case."""
    refusal: Refusal | None = field(default=None)

    @property
    def id(self) -> int:
        """The record's 64-bit id; without an identity, the hash of its content."""
        return identifier(self.identity or self.content)
