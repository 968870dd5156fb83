"""The classes of characters that spaCy's English tokeniser knows, as parts of regular expressions.

Facts from spaCy 3.8 (MIT), `spacy/lang/char_classes.py`; the letters and symbols, which it lists one by one, are here
ranges of code points of which the Unicode category chooses. The ranges hold no code point that Unicode 14 has not
assigned, so that no later version of Python changes the classes.
"""

import re
import unicodedata

_LATIN = """
41-5A 61-7A C0-D6 D8-F6 F8-1BF 1C4-2AF 1D00-1D25 1D6B-1D77 1D79-1D9A 1E00-1EFF 2C60-2C7B 2C7E-2C7F A722-A76F A771-A787
A78B-A78E A790-A7B9 A7FA AB30-AB5A AB60-AB64 FF21-FF3A FF41-FF5A
"""
_UPPER = "386 388-38A 38C 38E-38F 391-3A9 400-401 403-40A 40C-40D 410-42F 490 496 4A2 4AE 4BA 4D8 4E8"
"""Greek, Russian, Ukrainian, Macedonian and Tatar capitals."""
_LOWER = "294 3AC-3AF 3B1-3C9 3CC-3CE 430-451 453-45A 45C-45D 491 497 4A3 4AF 4BB 4D9 4E9"
_WITHOUT_CASE = """
591-5F4 620-64A 66E-6D5 6E5-6FF 750-77F 8A0-8BD 900-9FF B80-CFF D80-DFF 1100-137F 2E80-2FDF 2FF0-30FF 31C0-31EF
3200-4DBF 4E00-9FFF AC00-D7AF F900-FAFF FB1D-FBB1 FBD3-FD3D FD50-FDC7 FDF0-FDFB FE30-FE4F FE70-FEFC 1EE00-1EEBB
1F200-1F2FF 20000-2A6DF 2A700-2EBEF 2F800-2FA1F
"""
_ICONS = """
A6-B0 482 58D-58E 60E-6FE 7F6 9FA B70 BF3-BFA C7F D4F D79 F01-F38 FBE-FCC FCE-FD8 109E-109F 1390-1399 1940 19DE-19FF
1B61-1B7C 2100-218B 2195-2426 2440-244A 249C-2B73 2B76-2B95 2B98-2BC8 2BCA-2BFE 2CE5-2CEA 2E80-2E99 2E9B-2EF3 2F00-2FD5
2FF0-2FFB 3004-303F 3190-31E3 3200-321E 322A-32FE 3300-4DFF A490-A4C6 A828-A82B A836-A839 AA77-AA79 FDFD FFE4 FFE8-FFEE
FFFC-FFFD 10137-1018E 10190-1019B 101A0 101D0-101FC 10877-10878 10AC8 1173F 16B3C-16B45 1BC9C 1D000-1D0F5 1D100-1D126
1D129-1D1E8 1D200-1D245 1D300-1D356 1D800-1DA86 1ECAC 1F000-1F02B 1F030-1F093 1F0A0-1F0AE 1F0B1-1F0BF 1F0C1-1F0CF
1F0D1-1F0F5 1F110-1F16B 1F170-1F1AC 1F1E6-1F202 1F210-1F23B 1F240-1F248 1F250-1F251 1F260-1F265 1F300-1F6D4 1F6E0-1F6EC
1F6F0-1F6F9 1F700-1F773 1F780-1F7D8 1F800-1F80B 1F810-1F847 1F850-1F859 1F860-1F887 1F890-1F8AD 1F900-1F90B 1F910-1F93E
1F940-1F970 1F973-1F976 1F97A 1F97C-1F9A2 1F9B0-1F9B9 1F9C0-1F9C2 1F9D0-1F9FF 1FA60-1FA6D
"""
"""Where spaCy's symbols lie: all of category So in Unicode 11."""


def code_points(ranges: str, category: str = "") -> list[int]:
    """The code points of a list such as `41-5A 294` (hexadecimal), those of a Unicode category if one is given."""
    bounds = [[int(end, 16) for end in part.split("-")] for part in ranges.split()]
    listed = (code for bound in bounds for code in range(bound[0], bound[-1] + 1))
    return [code for code in listed if unicodedata.category(chr(code)).startswith(category)]


def _class(codes: list[int]) -> str:
    """The inside of a character class of a regular expression."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in runs)


QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉\u2329\u232a⟦⟧"
PUNCTUATION = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
CURRENCY = "$£€¥฿₽﷼₴" + "".join(map(chr, range(0x20A0, 0x20AA))) + "₪₫€" + "".join(map(chr, range(0x20AD, 0x20C0)))
ICONS = frozenset(map(chr, code_points(_ICONS, "So")))

LOWER_CLASS = _class(code_points(_LATIN, "Ll") + code_points(_LOWER) + code_points(_WITHOUT_CASE))
UPPER_CLASS = _class(code_points(_LATIN, "Lu") + code_points(_UPPER) + code_points(_WITHOUT_CASE))
LETTER_CLASS = _class(code_points(f"{_LATIN} {_UPPER} {_LOWER} {_WITHOUT_CASE}"))
ICON_CLASS = _class([ord(icon) for icon in ICONS])
QUOTE_CLASS = re.escape(QUOTES)
PUNCTUATION_CLASS = re.escape(PUNCTUATION)

_UNITS = """
km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa mbar mb
MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч кПа Па мбар Кб
КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тбكم كم² كم³ م م² م³ سم سم² سم³ مم مم² مم³ كم غرام جرام جم كغ ملغ كوب اكواب
"""
UNITS = tuple(_UNITS.split())
"""Units that are split from the number before them; `тбكم` is two units whose space spaCy lost."""
