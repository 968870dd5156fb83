"""Texts that the tests of the quality rules share."""

PROSE = """The river had risen in the night, and nobody in the village could remember such a flood. Boats lay across
the lane that led to the church; a calf stood on the bridge and would not move.

Towards noon the rain stopped. Men came with ropes and lanterns to look for the miller, who had gone back to save
his flour and had not been seen since. They found him asleep in the loft, with the cat on his chest. Nobody laughed
that day, but later they told the story with pleasure. It was never told to him.
"""

HOSTILE = {
    "empty": "",
    "spaces": " \t\u3000\n  \n",
    "line breaks": "\n" * 50_000,
    "one long line": "x" * 500_000,
    "many lines": "a\n" * 100_000,
    "many bullets": "- \n" * 50_000,
    "nul": "\x00" * 100_000,
    "lone surrogates": "\ud800 \udfff " * 20_000,
    "same words": "word " * 100_000,
    "digits with a letter": "1" * 300_000 + "x",
    "dots": "." * 300_000,
    "brackets": "[" * 300_000,
    "marks": " [1]" * 50_000,
    "separators": "a\u2028b\x85c\x0bd\x1ce\r" * 10_000,
    "blank lines of spaces": ("\n" + " " * 40) * 10_000,
    "every plane": "".join(map(chr, range(0, 0x110000, 97))),
}
