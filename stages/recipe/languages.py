"""The codes by which a recipe names languages."""

import re

_CODES = """
ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa
fi fo fr fuv fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka
kab kik kk km kn ko ku ky la lb lg lij ln lo lt ltg lv mg mk ml mn mr ms mt my ne nl nn no nso oc om
or pa pcm pl ps pt qu ro ru rw sa sdh se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk
ur uz uzs vec vi vo wa wuu xh yo yue zh zu zxx
"""
_NAMES = """
nb=no nob=no nor=no nno=nn iw=he heb=he fil=tl cmn=zh zho=zh eng=en deu=de ger=de fra=fr fre=fr
spa=es ita=it por=pt rus=ru jpn=ja kor=ko ara=ar nld=nl english=en german=de french=fr spanish=es
italian=it portuguese=pt dutch=nl russian=ru chinese=zh japanese=ja korean=ko arabic=ar norwegian=no
swedish=sv danish=da polish=pl turkish=tr ki=kik gn=gug
"""
LANGUAGES = tuple(_CODES.split())
"""The codes that py3langid gives, with `zxx` for no language."""
_OTHER_NAMES = dict(pair.split("=") for pair in _NAMES.split())
"""What else languages are called, in other standards or in English, by the code to write."""


def known_languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes, if all are known; else ValueError, with the code that may have been meant."""
    for code in codes:
        if code not in LANGUAGES:
            raise ValueError(f"no language {code!r}{_near(code)}; known are {' '.join(LANGUAGES)}")
    return codes


def _near(code: str) -> str:
    lower = code.lower()
    short = re.split("[-_]", lower)[0]
    near = _OTHER_NAMES.get(lower) or _OTHER_NAMES.get(short) or (short if short in LANGUAGES else None)
    return f", did you mean {near!r}?" if near else ""
