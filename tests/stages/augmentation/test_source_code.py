"""Which lines are code: programs in several languages are, verse, lists and prose of several languages are not."""

import pytest

from stages.augmentation.source_code import without_code, without_code_lines

CODE = [
    "def area(radius):\n    if radius < 0:\n        raise ValueError(radius)\n\n    return 3 * radius ** 2\n",
    "#include <stdio.h>\nint main(void) {\n\tputs(\"hello\");\n\treturn 0;\n}\n",
    "for (let i = 0; i < n; i++) {\n    total += items[i];\n}\n",
    "import os, sys\nfrom pathlib import Path\n",
    "$ git commit -m message\n>>> print(x)\n",
    "SELECT name FROM people WHERE age > 3;\n",
    "    name = value\n    other = name.strip()\n",
    "<ul class=\"x\">\n</ul>\n",
    "\t// counts the words of a line\n\twords := strings.Fields(line)\n",
    '{\n  "name": "mill",\n  "stones": 2\n}\n',
]  # fmt: skip
PROSE = [
    "    Shall I compare thee to a summer's day?\n    Thou art more lovely and more temperate:\n",
    "    - the first point of the list;\n    - the second point, and\n    - the third one.\n",
    "He said (and nobody doubted it): the mill stands still;\nif it rains, it turns again.\n",
    "Note: the rate is low; see the table below.\nFor all of them:\n",
    "Für die Müller galt: wer zuerst kommt, mahlt zuerst;\nim Winter aber (so hieß es) ruht die Mühle.\n",
    "« Où vas-tu ? » demanda-t-il : « au moulin ! »\n",
    "¿Adónde vas? —preguntó—: al molino; ¡ven!\n",
    "Johns Hopkins University, 1999 (rev. edition);\nNay do not say 'stand up';\n",
    "Import taxes rise while prices fall\nReturn to the mill\nClass of 1990: a list\n",
    "Call print() to print a line, or use the name == value form as it is described here.\n",
    "Heading\n~~~~~~~\nSome words.\n\nOther\n~~~~~\nMore words.\n",
]


@pytest.mark.parametrize("text", CODE)
def test_every_line_of_a_program_is_code(text):
    assert without_code_lines(text).strip() == ""


@pytest.mark.parametrize("text", PROSE)
def test_no_line_of_prose_is_code(text):
    assert without_code_lines(text) == text


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "```python"])
def test_fenced_blocks_are_code_until_they_are_closed(fence):
    end = fence.rstrip("python")
    text = f"Before it.\n\n{fence}\nplain words\n\nmore\n{end}\nBehind it.\n"
    assert without_code_lines(text).split() == ["Before", "it.", "Behind", "it."]
    assert without_code_lines(text.replace(f"{end}\nBehind", "Behind")).split() == ["Before", "it."]


def test_code_is_replaced_by_as_many_characters():
    text = "See `x y` and <b c>.\r\n\tx = f(1)\r\n\ty = g(2)\r\nEnd.\n"
    assert without_code(text) == "See       and      .\r\n" + " " * 22 + "End.\n"
