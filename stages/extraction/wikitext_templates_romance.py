"""The templates of the French, Spanish, Italian and Portuguese Wikipedias that carry text."""

import re

from stages.extraction.scripts import subscript, superscript
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_dates import day_month_year
from stages.extraction.wikitext_expansions import (
    Expansion,
    argument,
    constant,
    joined,
    labelled,
    paragraph,
    quoted,
    table,
)
from stages.extraction.wikitext_quantities import measure

_ROMAN = re.compile(r"[IVXLC]+")
_ORDINAL = re.compile(r"(?:[IVXL]+|\d+)(?:er|ère|re|nde|nd|de|e|es)(?: (?:siècles?|millénaires?)(?: av\. J\.-C\.)?)?")
_ENDINGS = frozenset(("e", "er", "re", "es", "ème"))


def written_ordinal(name: str) -> str | None:
    """The French templates that are named like what they show: `{{XIXe siècle}}`, `{{1er}}`; None for other names."""
    return name if _ORDINAL.fullmatch(name) else None


def _centuries(after: str) -> Expansion:
    """`{{s|XIX|e}}`: XIXe siècle; `{{sp|XIX|e|au|XX|e}}`: XIXe au XXe siècle; other text stays as it is."""

    def expansion(arguments: Arguments) -> str | None:
        words: list[str] = []
        parts = arguments.positional()
        if not parts or not _ROMAN.fullmatch(parts[0]):
            return parts[0] if parts else None  # the Russian template of this name keeps its text in one line
        for index, part in enumerate(parts):
            if _ROMAN.fullmatch(part):
                following = parts[index + 1] if index + 1 < len(parts) else ""
                ending = following if following in _ENDINGS else "er" if part == "I" else "e"
                words.append(part + ending)
            elif part and part not in _ENDINGS:
                words.append(part)
        numbers = [word for word in words if _ROMAN.match(word)]
        text = " et ".join(words) if words == numbers else " ".join(words)
        return text + (after.replace("siècle", "siècles") if len(numbers) > 1 and words == numbers else after)

    return expansion


def _siglo(arguments: Arguments) -> str | None:
    """`{{siglo|XIX||s}}`: siglo XIX; `{{siglo|V|a|s}}`: siglo V a. C."""
    number = arguments.get("1")
    word = {"s": "siglo ", "S": "Siglo "}.get(arguments.get("3"), "")
    era = {"a": " a. C.", "d": " d. C."}.get(arguments.get("2"), "")
    return f"{word}{number}{era}" if number else None


def _title(short: str) -> Expansion:
    """`{{M.|Dupont}}`: M. Dupont; without a name, the title alone."""
    return lambda arguments: " ".join((short, *arguments.positional()))


_FRENCH_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_SPANISH_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_ITALIAN_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
_PORTUGUESE_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"

ROMANCE = table(
    # French.
    ("s|s mini|s2|sp|s3", _centuries(" siècle")),
    ("s-|s mini-|s2-|sp-|s3-", _centuries("")),
    ("sav|-s|-s2|-sp|sav2", _centuries(" siècle av. J.-C.")),
    ("sav-|-s-|-s2-|-sp-", _centuries(" av. J.-C.")),
    ("unité|unite|unidad|unidade|unità|einheit|eenheid|величина", measure),
    (
        "date-|date rapide|date de naissance|date de décès|date de naissance-|date de décès-",
        day_month_year(_FRENCH_MONTHS),
    ),
    ("er", constant("er")),
    ("ier", constant("Ier")),
    ("ire", constant("Ire")),
    ("re|ère", constant("re")),
    ("ème|eme", constant("e")),
    ("exp", lambda arguments: superscript(arguments.get("1"))),
    ("ind", lambda arguments: subscript(arguments.get("1"))),
    ("n°|numéro|n.|nº", _title("nº")),
    ("m.", _title("M.")),
    ("mm.", _title("MM.")),
    ("mme", _title("Mme")),
    ("mmes", _title("Mmes")),
    ("mlle", _title("Mlle")),
    ("dr", _title("Dr")),
    ("mgr", _title("Mgr")),
    ("cie", constant("Cie")),
    ("lien|ilien", argument("texte", "fr", "1")),
    ("langue|langue2|lengua|língua|lingua|idioma", argument("texte", "texto", "2")),
    ("citation", quoted("« ", " »")),
    ("citation étrangère|début citation étrangère|citation nécessaire", argument("1", "2", "texte")),
    ("citation bloc|citation longue|bloc citation", paragraph("1", "2", "texte")),
    ("guillemets", quoted("« ", " »")),
    ("refnec|référence nécessaire|référence souhaitée|pas clair|passage non neutre|évasif|c'est-à-dire", argument("1")),
    ("abréviation|abréviation discrète|abrd|abr|petit|petites capitales|pc|corr|sic !|japonais", argument("1")),
    ("incise", lambda arguments: f"– {arguments.get('1')} –" if arguments.get("1") else None),
    ("av jc|av. j.-c.|avjc|-jc|avant jc", constant("av. J.-C.")),
    ("apr jc|apr. j.-c.|ap jc|+jc", constant("apr. J.-C.")),
    ("graphie|graphème", joined("")),
    ("souverain|souverain-|souverain2|souverain3|pape", argument("1")),
    # Spanish.
    ("siglo", _siglo),
    ("fecha|fecha de nacimiento|fecha de inicio|fecha de fallecimiento", day_month_year(_SPANISH_MONTHS, " de ")),
    ("cita|cita textual", quoted("«", "»")),
    ("cita requerida|esd|versalita|versalitas", argument("1")),
    ("ac|a. c.|a.c.|a.c", lambda arguments: " ".join((*arguments.positional(), "a. C."))),
    ("dc|d. c.|d.c.|d.c", lambda arguments: " ".join((*arguments.positional(), "d. C."))),
    ("enlace", argument("2", "1")),
    # Italian.
    ("m", measure),
    ("data nascita|data di nascita|data morte", day_month_year(_ITALIAN_MONTHS)),
    ("citazione", paragraph("1")),
    ("senza fonte|chiarire|maiuscoletto|tutto maiuscolo", argument("1")),
    # Portuguese.
    (
        "dtlink|dni|nascimento|morte|data|data de nascimento|data de nascimento e idade|falecimento",
        day_month_year(_PORTUGUESE_MONTHS, " de "),
    ),
    ("citação", paragraph("1")),
    ("carece de fontes2", argument("1")),
    ("séc|século|sec", labelled("século")),
    ("fmtn|formatnum|número|nombre|numero", argument("1")),
)
