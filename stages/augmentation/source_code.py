"""What of a text is code: it is never changed, and its words are no words of prose.

- Fenced blocks, between lines of three or more backticks or tildes (CommonMark 0.31, 4.5). Tildes right below a line of
  text underline a heading, and are no fence.
- Lines that look like code by their signs: calls, assignments, braces, prompts, keywords with what must follow them.
- Blocks of lines that begin with a tab or four spaces, where a third of their lines look like code. Verse, lists and
  quotations are indented too, and stay prose.
- Within a line: what stands between backticks, and tags in angle brackets.
- Single tokens: addresses, paths, `snake_case`, `camelCase`, `--options`, calls, and what else holds signs that stand
  within no word.
"""

import re
from collections.abc import Sequence

INDENTED_SHARE = 1 / 3
"""The share of the lines of an indented block that must look like code."""
LONGEST_LINE = 400
"""Longer lines are paragraphs, not lines of code; their single tokens may be code still."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*$")
_INDENTED = re.compile(r"(?:\t| {4})\s*\S")
_INLINE = re.compile(r"`[^`\n\r]{1,100}`|</?[A-Za-z!][^<>\n\r]{0,200}>")
_STARTS = (
    r"(?:>>>|\$|[\w.-]+@[\w.-]+:\S*[$#]) \S",  # prompts
    r"(?:async )?(?:def|class|func|function|fn|struct|enum|interface) \w+\s*[(:{<]",
    r"(?:from [\w.]+ )?import [\w.*]+(?:, ?\w+| as \w+)*;?$",
    r"#\s*(?:include|define|ifdef|ifndef|endif|undef)\b|#!/",
    r"(?:if|for|foreach|while|switch|catch)\s*\(.*\)\s*\{?$",
    r"[{}()\[\];,]+$",
    r"(?:sudo|apt-get|pip|git|npm|make|curl|wget|docker|mkdir|chmod|export|cd) \S+ -",
    r"(?://|/\*|\*/|<!--|<\?|</?[a-z]\w*[ />])",
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|DROP TABLE) \S",
    r"[\"'][\w.-]+[\"']\s*:\s",  # members of JSON
)
"""What only lines of code begin with."""
_SIGNS = (
    r"[\w.\[\]\"'$@*-]+(?: [\w*]+)?\s*(?:[-+*/|&^%:?]?=|<-)\s*[\w\"'\[({&*$-][^=]*$",  # assignments
    r".*(?:[)\]}\"'\w]\s*\{|(?:\w[(\[]|[=}>]).*[)\]}\"'\w];|\};?|\w\([^()]*\):)$",
    r".*(?:\]\s?=|\s=>\s|[=!]==?\s|\s&&\s|\s\|\|\s|\+=\s)",
)
"""What code holds, and also sentences about code; a line with five plain words one after another is none."""
_INDENTED_SIGNS = (
    r"(?:if|for|while|elif|with|except|try|else|finally)\b.*:$",
    r"(?:return|raise|throw|break|continue|pass|end|fi|done)\b[^,]*$",
    r"[\w.:]+\(.*\)$",
    r".*(?:\w\(\)|\w->\w|\w::\w|\$\{|\+\+[;)])",
)
"""What is code only if it is indented, as are other lines like it."""
_INDENTED_CODE = re.compile(rf"\s++(?:{'|'.join(_INDENTED_SIGNS)})")
_STARTS_AS_CODE = re.compile(rf"\s*+(?:{'|'.join(_STARTS)})")
_HOLDS_CODE = re.compile(rf"\s*+(?:{'|'.join(_SIGNS)})")
_MAY_HOLD_CODE = re.compile(r"[={<>&|+]|[;:]$")
"""A sign without which nothing of `_SIGNS` is found."""
_SENTENCE = re.compile(r"(?:[^\W\d_]++,? ){5}")
_CODE_TOKEN = re.compile(
    r"://|\bwww\.|\w@|@\w|\\|[^\W_]_+[^\W_]|__\w|[^\W_]/|^[\"'(]?[./~]+/?\w|[{}=|^~<>]|\w\(|\w\[(?!\d+\])|\$\w|%\w|#\w"
    r"|\w\*\w|\+\+|&\w|^[\"'(\[]?--?\w|\w::?\w|[^\W\d_]{2}\.[^\W\d_]{2}|^[\"'(\[]*[a-z]+[A-Z]|[a-z][A-Z][a-z]*[A-Z]"
)


def is_code_token(token: str) -> bool:
    """Whether what stands between white space is code: an address, a path, an identifier, an option."""
    return _CODE_TOKEN.search(token) is not None


def without_code_lines(text: str) -> str:
    """The text with spaces in place of all characters of lines that are code, as long as before."""
    lines = text.splitlines(keepends=True)
    code = _fenced(lines) | _code_lines(lines)
    if not code:
        return text
    return "".join(" " * len(line) if number in code else line for number, line in enumerate(lines))


def without_code(text: str) -> str:
    """The text with spaces in place of lines and parts of lines that are code, as long as before."""
    text = without_code_lines(text)
    return _INLINE.sub(lambda inline: " " * len(inline[0]), text) if "`" in text or "<" in text else text


def _looks_like_code(line: str) -> bool:
    if len(line) > LONGEST_LINE:
        return False
    if _STARTS_AS_CODE.match(line):
        return True
    return bool(_MAY_HOLD_CODE.search(line) and not _SENTENCE.search(line) and _HOLDS_CODE.match(line))


def _fenced(lines: Sequence[str]) -> set[int]:
    """The lines of fenced blocks, which end with the text where nothing closes them."""
    found: set[int] = set()
    fence = ""
    for number, line in enumerate(lines):
        match = _FENCE.match(line.rstrip()) if "```" in line or "~~~" in line else None
        if fence:
            found.add(number)
            if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif match and (match[1][0] == "`" or number == 0 or not lines[number - 1].strip()):
            found.add(number)
            fence = match[1]
    return found


def _code_lines(lines: Sequence[str]) -> set[int]:
    found: set[int] = set()
    block: list[int] = []
    alike = 0
    for number, line in enumerate((*lines, "")):
        indented = _INDENTED.match(line) is not None
        if block and not indented and (line.strip() or number == len(lines)):
            if alike >= INDENTED_SHARE * len(block):
                found.update(block)
            block, alike = [], 0
        stripped = line.rstrip()
        looks_like_code = _looks_like_code(stripped)
        if looks_like_code:
            found.add(number)
        if indented:
            # What is indented below a line of code is likely to belong to it.
            alike += (
                looks_like_code or _INDENTED_CODE.match(stripped) is not None or (not block and number - 1 in found)
            )
            block.append(number)
    return found
