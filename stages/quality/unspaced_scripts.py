"""The scripts that are written without spaces between words, as classes of characters (Unicode 15, chapter blocks).

Digits and punctuation of the blocks are left out; combining marks are in, as they belong to the letter before them.
"""

import re
import unicodedata

_HAN = "\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = "\u3041-\u3096\u3099-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_BOPOMOFO = "\u3105-\u312f"
_THAI = "\u0e01-\u0e3a\u0e40-\u0e4e"
_LAO = "\u0e81-\u0ece\u0edc-\u0edf"
_KHMER = "\u1780-\u17d3\u17d7\u17dc\u17dd"
_BURMESE = "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"
_TIBETAN = "\u0f00\u0f18\u0f19\u0f35\u0f37\u0f39\u0f40-\u0f84\u0f86-\u0fbc"

_CHINESE = (_HAN, _BOPOMOFO)

SCRIPTS: dict[str, tuple[str, ...]] = {
    "zh": _CHINESE,
    "wuu": _CHINESE,
    "yue": _CHINESE,
    "ja": (_HAN + _HIRAGANA, _KATAKANA),
    "th": (_THAI,),
    "lo": (_LAO,),
    "km": (_KHMER,),
    "my": (_BURMESE,),
    "dz": (_TIBETAN,),
}
"""By language: its scripts; words end where one script ends and the next begins."""

_JOINING_SIGNS = "\u1039\u17d2"
"""Burmese virama and Khmer coeng: the next consonant is written below the one before."""


def _marks(text_class: str) -> str:
    """The combining marks of a class of characters, as a class."""
    pattern = re.compile(f"[{text_class}]")
    candidates = (chr(code) for code in range(0xE00, 0xAB00))
    return "".join(sign for sign in candidates if unicodedata.category(sign) in ("Mn", "Mc") and pattern.match(sign))


_MARKS = _marks(_LAO + _KHMER + _BURMESE)
CLUSTER = re.compile(f".[{_MARKS}]*(?:(?<=[{_JOINING_SIGNS}]).[{_MARKS}]*)*", re.DOTALL)
"""A letter with its marks and the letters written below it."""
