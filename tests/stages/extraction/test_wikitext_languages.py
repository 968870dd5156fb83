"""Templates of other large Wikipedias as they stand in sentences, each with the text that a reader sees."""

import pytest

from stages.extraction.wikitext_templates_english import ENGLISH
from stages.extraction.wikitext_templates_germanic_slavic import GERMANIC_SLAVIC
from stages.extraction.wikitext_templates_romance import ROMANCE
from tests.stages.extraction.wikitext_checks import faults, text_of

SENTENCES = [
    # German.
    (
        "'''Köln''' ({{laS|Colonia}}, {{lang|ksh|Kölle}}; [{{IPA|kœln}}]) ist eine Stadt.",
        "Köln (lateinisch Colonia, Kölle; [kœln]) ist eine Stadt.",
    ),
    (
        "Der Berg ist {{Höhe|812|DE-NN|link=true}} hoch; {{nowrap|z. B.}} nach {{§|433|bgb|juris}}.",
        "Der Berg ist 812 m hoch; z. B. nach § 433.",
    ),
    (
        'Er sagte:\n{{Zitat|Text=Wir schaffen das.|Autor=X}}\nund {{"|ging}}.',
        "Er sagte:\n\nWir schaffen das.\n\nund „ging“.",
    ),
    (
        "[[Datei:A.jpg|mini|hochkant|Die [[Mühle]]]]\n'''Die Mühle'''<ref>{{Literatur|Titel=x}}</ref> steht "
        "{{Anker|x}}hier.{{Belege fehlen}}",
        "Die Mühle steht hier.",
    ),
    (
        "{{Infobox Ort|Name=x}}\n{{Siehe auch|B}}\nDie Stadt ({{enS|City}}) hat {{formatnum:5000}} Einwohner.",
        "Die Stadt (englisch City) hat 5,000 Einwohner.",
    ),
    # French.
    (
        "Au {{s|XIX}} et au {{s-|XX|e}}, {{sav|II|e}}, {{s2|XVI|e|XVII|e}}, {{sp|I|er|au|V|e}}.",
        "Au XIXe siècle et au XXe, IIe siècle av. J.-C., XVIe et XVIIe siècles, Ier au Ve siècle.",
    ),
    (
        "Le {{XIXe siècle}}, le {{1er}} {{date-|1|mai|1850}}, la 2{{e}} fois, François {{Ier}}.",
        "Le XIXe siècle, le 1er 1 mai 1850, la 2e fois, François Ier.",
    ),
    (
        "{{M.|Dupont}} et {{Mme|Durand}} vivent au {{n°|5}}, à {{unité|1500|km|2}} ou {{unité|12,5|m||s|-1}}.",
        "M. Dupont et Mme Durand vivent au nº 5, à 1 500 km² ou 12,5 m⋅s⁻¹.",
    ),
    (
        "'''Paul''', né le {{date de naissance|13|octobre|1905|en sciences}}, dit {{citation|je pense}}{{sfn|A|1990}}.",
        "Paul, né le 13 octobre 1905, dit « je pense ».",
    ),
    (
        "Le mot ({{lang|en|mill}}, {{langue|la|mola}}, {{lang-en|grind}}) vient du "
        "{{lien|trad=Norse|fr=norrois|lang=en}}.",
        "Le mot (mill, mola, grind) vient du norrois.",
    ),
    (
        "Il vint.{{référence nécessaire|Il vit|date=mai}} et {{nobr|5 kg}}, {{refnec|dit-on}}, "
        "{{abréviation|env.|environ}} {{unité|20|€}}.",
        "Il vint.Il vit et 5 kg, dit-on, env. 20 €.",
    ),
    (
        "{{Article détaillé|B}}\n{{Voir homonymes|C}}\n{{Ébauche|D}}\nLa ville{{,}} 4{{ème}} "
        "[[Fichier:a.png|vignette|x]].",
        "La ville 4e.",
    ),
    # Spanish.
    (
        "'''Juan''' (Lima, {{fecha|13|10|1905}}) vivió en el {{siglo|XIX||s}} y el {{siglo|V|a|s}}, a "
        "{{unidad|1500|km}}.",
        "Juan (Lima, 13 de octubre de 1905) vivió en el siglo XIX y el siglo V a. C., a 1 500 km.",
    ),
    ("Dijo {{cita|Vine}} en 44 {{a. C.}} y 12 {{d. C.}}{{cita requerida}}", "Dijo «Vine» en 44 a. C. y 12 d. C."),
    ("El {{lang-en|mill}} ({{esd|5 kg}}) {{AlfonsoX}}de {{versalita|xv}}.{{refn|x}}", "El mill (5 kg) de xv."),
    # Italian.
    (
        "'''Anna''' ({{lang|la|Anna}}; {{data nascita|13|10|1905}}) visse a {{M|1500|u=km}} e {{M|5||kg}} da "
        "{{nowrap|San Zeno}}.",
        "Anna (Anna; 13 ottobre 1905) visse a 1 500 km e 5 kg da San Zeno.",
    ),
    (
        "{{Citazione|Veni.|Cesare}}\nNel {{Senza fonte|1500}} circa{{cn}}, {{chiarire|forse}} {{maiuscoletto|iv}}.",
        "Veni.\n\nNel 1500 circa, forse iv.",
    ),
    # Portuguese.
    (
        "'''João''' (Porto, {{dni|13|10|1905}} – {{morte|1|2|1990}}) nasceu no {{séc|XX}}, {{nowrap|5 km}}, em "
        "12 {{DC}}, só{{carece de fontes}}.",
        "João (Porto, 13 de outubro de 1905 – 1 de fevereiro de 1990) nasceu no século XX, 5 km, em 12 d. C., só.",
    ),
    (
        "[[Ficheiro:A.jpg|miniatura|A]]\n{{Ver desambiguação|B}}\n{{Quote|Vim.|César}}\n{{langx|en|mill}} ou "
        "{{lang-en|grind}}.",
        "Vim.\n\nmill ou grind.",
    ),
    # Russian.
    (
        "'''Пу{{ударение}}шкин''' ({{lang-en|Pushkin}}; {{s|6 июня}} 1799, {{дата|10|2|1837}}) — поэт{{нет "
        "АИ|1|2|2010}}.",
        "Пу\u0301шкин (Pushkin; 6 июня 1799, 10 февраля 1837) — поэт.",
    ),
    (
        "{{нп5|Мельница|мельница|en|Mill}} и {{не переведено|Дом|||House}} у {{nobr|5 "
        "км}}{{тире}}{{comment|вот|x}}.{{sfn|А|1990}}",
        "мельница и Дом у 5 км — вот.",
    ),
    ("{{Цитата|Я помню.|Пушкин}}\n[[Файл:a.jpg|мини|А]]\nОн {{подсказка|жил|x}}.{{кто|2010}}", "Я помню.\n\nОн жил."),
    # Polish.
    (
        "'''Adam''' ({{lang|la|Adamus}}, ur. {{data ur|13|10|1905}}){{odn|A|1990}} – poeta{{r|a}}{{fakt|data=2010}}.",
        "Adam (Adamus, ur. 13 października 1905) – poeta.",
    ),
    (
        "{{Cytat|Veni.|Cezar}}\n[[Plik:a.jpg|mały|A]]\n{{małe|(x)}} i {{link-interwiki|młyn|Q=1}}.",
        "Veni.\n\n(x) i młyn.",
    ),
    # Dutch.
    (
        "'''Jan''' ([[Breda]], {{geboren|13|10|1905}}) zei: {{Citaat|Ik kwam.}} {{lang-en|mill}}{{Bron?||2010}}.",
        "Jan (Breda, 13 oktober 1905) zei:\nIk kwam.\nmill.",
    ),
    # Chinese and Japanese.
    (
        "'''磨坊'''（{{lang-en|mill}}）是{{link-en|风车|Windmill}}，-{zh-hans:计算机;zh-hant:電腦}-。",
        "磨坊（mill）是风车，计算机。",
    ),
    (
        "'''{{読み仮名|東京|とうきょう}}'''は{{仮リンク|水車|en|Mill|label=水車小屋}}。",
        "東京（とうきょう）は水車小屋。",
    ),
]


@pytest.mark.parametrize(("source", "text"), SENTENCES)
def test_what_a_reader_sees(source: str, text: str) -> None:
    assert text_of(source) == text
    assert faults(text) == []


def test_no_table_overrides_another() -> None:
    assert not ENGLISH.keys() & ROMANCE.keys()
    assert not ENGLISH.keys() & GERMANIC_SLAVIC.keys()
    assert not ROMANCE.keys() & GERMANIC_SLAVIC.keys()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("A {{new template|of words}} here.", "A of words here."),
        ("A ({{new template|of words}}) here.", "A (of words) here."),
        ("A «{{new template|of words}}» here.", "A «of words» here."),
        ("A [[link]] {{new template|of ''words''}}, here.", "A link of words, here."),
        ("A{{new template|of words}} here.", "A here."),
        ("A {{new template|5}} here.", "A here."),
        ("A {{new template|of|words}} here.", "A here."),
        ("A {{new template|text=words}} here.", "A here."),
        ("A {{new template}} here.", "A here."),
        ("{{new template|of words}} here.", "here."),
        ("A {{new template|of words}}\nhere.", "A\nhere."),
        ("A {{who?|of words}} here. A {{Citation needed-x|of words}} here.", "A here. A here."),
        ("A {{IPA-fr|mulɛ̃}} here. A {{Use X dates|of words}} here.", "A here. A here."),
    ],
)
def test_templates_that_no_table_knows(source: str, text: str) -> None:
    assert text_of(source) == text
