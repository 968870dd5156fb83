"""What a reader raises when stored bytes cannot be undone, and the record that then stands for the loss."""

from stages.document import Record, Refusal


class DamagedStreamError(Exception):
    """The compressed bytes cannot be decompressed from here on; the message says why."""


def damaged_record(path: str, offset: int, detail: str, media: str = "text", place: str = "") -> Record:
    """The record that stands for what cannot be read at a place of a file.

    Its identity is the path with `place`, which defaults to the offset: two losses at one offset need two places.
    """
    identity = f"{path}:{place or offset}"
    content = b"" if media == "html" else ""
    return Record(identity, media, content, path, offset, refusal=Refusal("damaged_record", detail=detail))
