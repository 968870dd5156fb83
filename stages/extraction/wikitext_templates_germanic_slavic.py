"""The templates of the German, Dutch, Russian and Polish Wikipedias (and a few Chinese, Japanese) that carry text."""

from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_dates import day_month_year
from stages.extraction.wikitext_expansions import Expansion, argument, constant, labelled, paragraph, quoted, table

_GERMAN_LANGUAGES = {
    **{"ar": "arabisch", "bg": "bulgarisch", "cs": "tschechisch", "da": "dänisch", "el": "griechisch"},
    **{"en": "englisch", "es": "spanisch", "fa": "persisch", "fi": "finnisch", "fr": "französisch"},
    **{"grc": "altgriechisch", "he": "hebräisch", "hr": "kroatisch", "hu": "ungarisch", "it": "italienisch"},
    **{"ja": "japanisch", "ko": "koreanisch", "la": "lateinisch", "nl": "niederländisch", "no": "norwegisch"},
    **{"pl": "polnisch", "pt": "portugiesisch", "ro": "rumänisch", "ru": "russisch", "sk": "slowakisch"},
    **{"sl": "slowenisch", "sr": "serbisch", "sv": "schwedisch", "tr": "türkisch", "uk": "ukrainisch"},
    "zh": "chinesisch",
}
_GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_DUTCH_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"
_RUSSIAN_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
_POLISH_MONTHS = "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"


def _two_calendars(arguments: Arguments) -> str | None:
    """`{{OldStyleDateRu|26|мая|1799|6|июня}}`: the arguments as they are, for few articles agree on their order."""
    return " ".join(arguments.positional()) or None


def _section(arguments: Arguments) -> str | None:
    """`{{§|433|bgb|juris}}`: § 433."""
    number = arguments.get("1")
    return f"§ {number}" if number else "§"


def _stressed(arguments: Arguments) -> str | None:
    """`Пу{{ударение}}шкин`: an acute accent over the vowel before it, or its argument."""
    return arguments.get("1") or "\u0301"


def _reading(arguments: Arguments) -> str | None:
    """`{{読み仮名|東京|とうきょう}}`: 東京（とうきょう）."""
    text, reading = arguments.get("1"), arguments.get("2")
    return f"{text}（{reading}）" if reading else text


def _amount(sign: str) -> Expansion:
    return lambda arguments: f"{arguments.get('1')} {sign}".strip()


GERMANIC_SLAVIC = table(
    # German.
    *((f"{code}s", labelled(name)) for code, name in _GERMAN_LANGUAGES.items()),
    ("zitat", paragraph("Text", "text", "1")),
    ('"', quoted("„", "“")),
    ("§|art.", _section),
    ("höhe", _amount("m")),
    ("dm", _amount("DM")),
    ("farbe|schriftfarbe", argument("2")),
    ("datum", day_month_year(_GERMAN_MONTHS)),
    ("arab|fas|hebr|kyrillisch|polytonisch|versalien|kapitälchen", argument("1")),
    # Dutch.
    ("geboren|overleden", day_month_year(_DUTCH_MONTHS)),
    ("citaat|aanhaling", paragraph("1", "tekst")),
    ("vertaling", quoted("‘", "’")),
    # Russian and Ukrainian.
    ("дата|дата рождения|дата смерти|дн|дс", day_month_year(_RUSSIAN_MONTHS)),
    ("oldstyledateru|старый стиль|дата по старому стилю", _two_calendars),
    (
        "нп5|нп4|нп3|нп2|нп|не переведено|не переведено 5|не переведено 3|не переведено 2|iw|нп6",
        argument("текст", "2", "1"),
    ),
    ("comment|подсказка|число|малый|мелкий|нобр|неразрывный|без переноса|начало цитаты", argument("1")),
    ("ударение|акцент", _stressed),
    ("цитата", paragraph("1", "текст")),
    ("тильда", constant("~")),
    ("тире", constant(" — ")),
    ("нрзб|нс", constant(" ")),
    ("года|год|год в литературе", argument("1")),
    # Polish.
    ("data ur|data zgonu|data urodzenia", day_month_year(_POLISH_MONTHS)),
    ("cytat|cytat d", paragraph("1", "treść")),
    ("małe|j|tnb", argument("1")),
    ("link-interwiki|link interwiki", argument("2", "1")),
    # Chinese and Japanese.
    ("仮リンク", argument("label", "1")),
    ("link-en|link-de|link-fr|link-ja|le|tsl|internal link helper/en", argument("d", "3", "1")),
    ("読み仮名|ruby|ルビ", _reading),
    ("標楷體|僻字|補助漢字|jis2004フォント", argument("1")),
)
