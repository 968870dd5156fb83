"""Which text a tokenizer is trained on, and on which it is measured: documents in the order of their draws.

A document's draw is a 64-bit number that its id decides. Training takes documents from the lower end of the draws and
the measurement from the upper end, each until it has enough; the last one is cut at a line end. So both are the same
however the documents lie. Where the cut will be is known to a fifth from a histogram of the draws, whose bins grow in
proportion to their distance from the nearer end.
"""

from collections.abc import Mapping
from typing import Literal

from stages.draws import draw
from stages.tokenizer import training_lines

SizeUnit = Literal["bytes", "lines"]
"""What sizes count: UTF-8 bytes of text with its line ends, or training lines."""

PURPOSE = "tokenizer sample"
ALL = 1 << 64
"""One more than the highest draw."""
HALF_BITS = 63
BITS_OF_WIDTH = 2
"""Four bins an octave: a bin holds at most a fifth of all that is nearer to its end and of itself."""


def sample_draw(document_id: int, seed: int) -> int:
    """The place of a document among all, 0 to 2^64 - 1."""
    return draw(document_id, seed, PURPOSE)


def draw_bin(number: int) -> int:
    """The bin of a draw, in the order of the draws."""
    mirrored = ALL - 1 - number
    return _bin_from_end(number) if number <= mirrored else LAST_BIN - _bin_from_end(mirrored)


def _bin_from_end(number: int) -> int:
    exponent = max(number.bit_length() - BITS_OF_WIDTH - 1, 0)
    return (exponent << BITS_OF_WIDTH) + (number >> exponent)


LAST_BIN = 2 * _bin_from_end((1 << HALF_BITS) - 1) + 1


def bin_range(number: int) -> tuple[int, int]:
    """The first draw of a bin and the one behind its last."""
    if number > LAST_BIN // 2:
        start, stop = bin_range(LAST_BIN - number)
        return ALL - stop, ALL - start
    exponent = max((number >> BITS_OF_WIDTH) - 1, 0)
    start = (number - (exponent << BITS_OF_WIDTH)) << exponent
    return start, start + (1 << exponent)


def bound_from_below(sizes: Mapping[int, int], target: int) -> int:
    """The draw below which there is as much as `target`, by the sizes of bins; all draws if there is less."""
    found = 0
    if target <= 0:
        return 0
    for number in sorted(sizes):
        found += sizes[number]
        if found >= target:
            return bin_range(number)[1]
    return ALL


def bound_from_above(sizes: Mapping[int, int], target: int) -> int:
    """The draw from which on there is as much as `target`; 0 if there is less, and 2^64 for a target of 0."""
    return ALL - bound_from_below({LAST_BIN - number: size for number, size in sizes.items()}, target)


def count_lines(text: str) -> int:
    """How many training lines a text has."""
    return sum(1 for _ in training_lines(text))


def head_within(text: str, most: int, unit: SizeUnit) -> str:
    """The longest head of a text that ends with a training line and has no more than `most` bytes or lines."""
    if unit == "lines":
        return _head_of_lines(text, most)
    data = text.encode()
    if len(data) <= most:
        return text
    start = data.rfind(b"\n", 0, max(most, 0)) + 1
    head = data[:start].decode()
    for piece in training_lines(data[start:].split(b"\n", 1)[0].decode()):
        start += len(piece.encode())
        if start > most:
            break
        head += piece
    return head


def _head_of_lines(text: str, most: int) -> str:
    end = 0
    for number, line in enumerate(training_lines(text)):
        if number >= most:
            return text[:end]
        end = text.index(line, end) + len(line)
    return text
