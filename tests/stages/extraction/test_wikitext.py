"""Wikitext to text: what is kept, what is dropped, what is tidied, and pages made to break the parser."""

import re
import time
from collections.abc import Callable

import pytest

from stages.document import Record, Refusal
from stages.extraction import Extracted, extract
from stages.recipe import Extraction

SETTINGS = Extraction()


def extracted(source: str, settings: Extraction = SETTINGS) -> Extracted | Refusal:
    return extract(Record("wiki:1", "wikitext", source, "file", 0, title="Mill"), settings)


def text_of(source: str) -> str:
    found = extracted(source)
    assert isinstance(found, Extracted)
    return found.text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # Style.
        ("'''Bold''' and ''italics'' and '''''both'''''.", "Bold and italics and both."),
        ("the ''Iliad'''s end", "the Iliad's end"),
        ("l'''amour'' et l''''eau'''", "l'amour et l'eau"),
        ("unbalanced '''bold\nand the next line", "unbalanced bold\nand the next line"),
        ("<span style='x'>a</span> <small>b</small> <u>c</u>", "a b c"),
        ("CO<sub>2</sub>, 10<sup>−6</sup>, the 19<sup>th</sup>, x<sup>''n''+1</sup>", "CO₂, 10⁻⁶, the 19th, xⁿ⁺¹"),
        ("a <q>quoted</q> word", 'a "quoted" word'),
        # Links.
        ("[[Mill]]s and [[Grain|grains]] and [[Stone (tool)|stone]]", "Mills and grains and stone"),
        ("[[#Use|below]], [[Mill#Use]], [[:Category:Mills]]", "below, Mill#Use, Category:Mills"),
        ("a[[File:Mill.jpg|thumb|200px|A [[mill]] in {{convert|5|km}}]]b", "ab"),
        ("[[Image:a.png]] [[Datei:b.png|mini|Bild]] [[Fichier:c.png]]text", "text"),
        ("text [[Category:Mills]]\n[[Kategorie:Mühlen|*]]\n[[de:Mühle]]", "text"),
        ("[[wikt:mill|mill]] and [[s:Text]] and [[la:Mola|mola]]", "mill and s:Text and mola"),
        ("[http://example.com the site] and [http://example.com] and http://example.com/a", "the site and and http://example.com/a"),
        ("[https://example.com/?a=b&c=d ''styled'' [[link]]]", "styled link"),
        ("[http://example.com a\nb] c", "a\nb] c"),
        ("[''[[Mill]]''] and '[[[Mill]]]'", "[Mill] and '[Mill]'"),
        ("[[[Mill]]] and [sic] and [1]", "[Mill] and [sic] and [1]"),
        # Headings, lists, paragraphs.
        ("a\n== Use ==\nb\n=== More ===\nc", "a\n\nUse\n\nb\n\nMore\n\nc"),
        ("a\n\nb\nc", "a\n\nb\nc"),
        ("* one\n** two\n# three\n: four\n; five", "- one\n- two\n- three\nfour\nfive"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("a<br>b<br/>c<p>d</p>e", "a\nb\nc\n\nd\n\ne"),
        ("a\n----\nb", "a\n\nb"),
        # Dropped.
        ("a<!-- comment -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("Text.<ref>Note [[x]] {{cite|y}}</ref> More.<ref name=a/> End<ref name=\"b\">n</ref>.", "Text. More. End."),
        ("Text.<ref>no end. And <ref>note</ref> more.", "Text.no end. And more."),
        ("the <math>x^2</math> term", "the $x^2$ term"),
        ("a\n{| class=wikitable\n! head\n|-\n| cell {{x|\n}} || [[cell]]\n|}\nb", "a\n\nb"),
        ("a\n{|\n| outer\n{|\n| inner\n|}\n|}\nb", "a\n\nb"),
        ("a\n<table><tr><td>cell</td></tr></table>\nb", "a\n\nb"),
        ("{{Infobox\n| name = {{nowrap|x}}\n| data = {{{!}}\n|}}\ntext", "text"),
        ("{{x\n| a = {|\n| cell\n|}\n}}text", "text"),
        ("{{x|\n{|\n| cell }} cell\n|}\n}}text", "text"),
        ("<gallery>\nFile:a.jpg|[[b]]\n</gallery>text", "text"),
        ("<syntaxhighlight lang=c>int {{x}};</syntaxhighlight>text", "text"),
        ("__NOTOC__text__FORCETOC__", "text"),
        ("<includeonly>no</includeonly><noinclude>yes</noinclude>", "yes"),
        # Literal text.
        ("-{zh-hans:甲;zh-hant:乙}- -{甲}- -{zh-tw:丙;zh-cn:丁;}-", "甲 甲 丁"),
        ("-{sr-el:mlin;sr-ec:млин}- -{H|zh-cn:a;zh-tw:b}-c -{A|zh-hk:d;zh-tw:e}-", "млин c d"),
        ("-{zh-hans:[[甲|{{nowrap|乙}}]];zh-hant:丙}- -{R|x}- 5-{{nowrap|mm}} a-{b", "乙 x 5-mm a-{b"),
        ("2-{[3-(methyl)amino]}-N and 1-{4-[a]}-2", "2-{[3-(methyl)amino]}-N and 1-{4-[a]}-2"),
        ("-{a {b}- c -{T|zh:d}-", "-{a {b}- c"),
        ("__KEIN_INHALTSVERZEICHNIS__a __目次強制__b __БЕЗ_ОГЛ__c __init__ __x", "a b c __init__ __x"),
        ("<nowiki>[[not]] a ''link'' {{x}}</nowiki>", "[[not]] a ''link'' {{x}}"),
        ("<code>a < b</code> and <syntaxhighlight lang=c inline>a[0]</syntaxhighlight>", "a < b and a[0]"),
        ("a &lt;b&gt; &amp; c&nbsp;d &#8211; &#x2014; &eacute;", "a <b> & c d – — é"),
        ("&#xD800;&#99999999;&bogus;", "\ufffd&#99999999;&bogus;"),
        ("2 < 3 <notatag> <!doctype>", "2 < 3 <notatag> <!doctype>"),
        # Nothing to close or to open them.
        ("a {{b c", "a b c"),
        ("a [[b c", "a b c"),
        ("a }} b", "a b"),
        ("a {{}} b", "a b"),
        ("a[b[1]] = 2", "a[b[1]] = 2"),
        ("[[c\nd]]", "c\nd"),
        ("text {| class=x <!--\nnever closed", "text {| class=x"),
        ("text\n{| class=x <!--\nnever closed", "text"),
        ("http://example.com/{{nowrap|a}} b", "http://example.com/a b"),
        ("{{x|[[a}} text", "text"),
        ("{{nowrap|[[a}} text", "a text"),
        ("{{{1|default}}} text", "default text"),
        ("text\n{| class=x\n|-\n| cell\nmore", "text\n\nmore"),
        ("text |}\n|}", "text |}"),
        ("<div>a</span></div></ref>b", "a\nb"),
    ],
)  # fmt: skip
def test_constructs(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("'''X''' ({{unknown}}; born 1970) is", "X (born 1970) is"),
        ("X ({{a}}, {{b}}; {{c}} 1970 – {{d}}) is", "X (1970) is"),
        ("X ({{a}}) is", "X is"),
        ("X ({{a}}, {{b}}) is", "X is"),
        ("X (born 1970, {{a}}) is", "X (born 1970) is"),
        ("X (one, {{a}}, two) is", "X (one, two) is"),
        ("X [{{a}}] is", "X is"),
        ("a {{a}} b", "a b"),
        ("a{{a}} b", "a b"),
        ("a {{a}}.", "a."),
        ("a {{a}}, b", "a, b"),
        ("a {{a}} {{b}} {{c}} b", "a b"),
        ("{{a}}\n{{b}}\ntext", "text"),
        ("* {{cite|x}}, pages 5\n* {{cite|y}}\n* {{cite|z}}.", "- pages 5"),
        ("untouched ( , ) ;", "untouched ( , ) ;"),
        ("two  blanks", "two blanks"),
    ],
)
def test_what_is_dropped_leaves_no_holes(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    ("namespaces", "source"),
    [
        ("plik kategoria", "[[Plik:a.jpg|mały|opis [[b]]]]a [[Kategoria:c]]"),
        ("fájl kategória", "[[Fájl:a.jpg|bélyegkép]]a [[Kategória:c|*]]"),
        ("dosya kategori", "[[dosya:a.jpg]]a [[Kategori:c]]"),
        ("ფაილი კატეგორია", "[[ფაილი:a.jpg]]a [[კატეგორია:c]]"),
        ("चित्र श्रेणी", "[[चित्र:a.jpg]]a [[श्रेणी:c]]"),
        ("ไฟล์ หมวดหมู่", "[[ไฟล์:a.jpg|x]]a [[หมวดหมู่:c]]"),
        ("датотека категорија", "[[Датотека:a.jpg|x]]a [[Категорија:c]]"),
        ("պատկեր կատեգորիա", "[[Պատկեր:a.jpg]]a [[Կատեգորիա:c]]"),
        ("berkas kategori", "[[Berkas:a.jpg]]a [[ Kategori : c ]]"),
        ("tập_tin thể_loại", "[[Tập tin:a.jpg]]a [[Thể_loại:c]]"),
        ("", "[[File:a.jpg]][[Bild:b.png]]a [[Category:c]] [[Catégorie:d]] [[分类:e]]"),
        ("datoteka kategorija", "[[File:a.jpg]]a [[Category:c]] [[Kategorija:x]]"),
    ],
)
def test_links_into_the_namespaces_of_a_wiki(namespaces: str, source: str) -> None:
    names = frozenset(name.replace("_", " ") for name in namespaces.split())
    found = extract(Record("wiki:1", "wikitext", source, "file", 0, link_namespaces=names), SETTINGS)
    assert found == Extracted("a", None)
    colon = "[[:Category:Mills]] and [[:Datoteka:a.jpg|a]]"
    assert text_of(colon) == "Category:Mills and a"


def test_other_namespaces_are_text() -> None:
    assert text_of("[[Datoteka:a.jpg|b]] [[Portal:c|d]] [[Star Trek: e]]") == "b d Star Trek: e"


def test_sections_in_which_nothing_is_left() -> None:
    source = "Lead.\n== A ==\n=== B ===\ntext\n== C ==\n{{x}}\n== D ==\n=== E ===\n{{y}}\n== F ==\n* {{z}}"
    assert text_of(source) == "Lead.\n\nA\n\nB\n\ntext"
    assert text_of("== A ==\n{{x}}\n== B ==\n=== C ===\n=== D ===\ntext") == "B\n\nD\n\ntext"


def test_the_title_is_the_pages() -> None:
    found = extracted("text")
    assert found == Extracted("text", "Mill")


@pytest.mark.parametrize("source", ["", "{{x}}", "{|\n| a\n|}", "[[Category:x]]", "== A ==", "<ref>x</ref>"])
def test_pages_without_text(source: str) -> None:
    assert extracted(source) == Refusal("empty_text")


def test_the_bounds() -> None:
    size = len("Mühle".encode())
    assert extracted("Mühle", Extraction(maximum_page_bytes=size - 1)) == Refusal(
        "page_bytes", value=size, threshold=size - 1
    )
    assert isinstance(extracted("Mühle", Extraction(maximum_page_bytes=size)), Extracted)
    tags = Extraction(maximum_page_tags=3)
    assert extracted("{{a}}[[b]]<i>c</i>", tags) == Refusal("page_tags", value=4, threshold=3)
    assert extracted("{{a|b|c|d}}", tags) == Refusal("page_tags", value=4, threshold=3)
    opened = Extraction(maximum_open_templates=2)
    assert extracted("{{a [[b {{c", opened) == Refusal("open_templates", value=3, threshold=2)
    assert extracted("}}}}}} " + "{{a|" * 3, opened) == Refusal("open_templates", value=3, threshold=2)
    assert isinstance(extracted("{{a [[b", opened), Extracted)


LEFTOVERS = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}|''|</?[a-z]+[ >/]|^=|^\||\b\d+px\b|Category:|[\x00-\x08\x0b-\x1f]", re.M
)


def test_an_article_leaves_no_markup() -> None:
    text = text_of(ARTICLE)
    assert not LEFTOVERS.search(text)
    assert text.startswith("Athens (Αθήνα, Athína; founded c. 3000 BC) is a city of 38.96 square kilometres.")
    assert text.endswith("Transport\n\nThe metro runs 5 to 10 kilometres.")


ARTICLE = """{{Short description|City}}{{Use dmy dates|date=May 2016}}
{{Infobox settlement
| name = Athens
| image = [[File:Athens.jpg|300px|alt={{x|y}}]]
| data = {| class="wikitable"
|-
| a
|}
| population = {{formatnum:664046}}<ref>{{cite web|url=http://x|title=[[T]]}}</ref>
}}
[[File:Acropolis.jpg|thumb|upright|The [[Acropolis]] ({{lang|el|Ακρόπολη}})]]
'''Athens''' ({{lang-el|Αθήνα}}, {{transl|el|Athína}}{{IPA-el|a|}}; founded {{circa|3000 BC}}) is a city of
{{convert|38.96|km2|sqmi}}.{{sfn|Smith|1990|p=5}}{{citation needed|date=May 2016}}
== History ==
{{main|History of Athens}}
{{quote|Our city is open to the world.|Pericles}}
{| class="wikitable sortable"
! Year !! Population
|-
| 1833 || {{nts|4000}}
|}
=== Notes ===
{{reflist}}
== Transport ==
The metro runs {{convert|5|to|10|km}}.
== References ==
<references/>
{{Authority control}}
[[Category:Athens| ]]
""".replace("city of\n", "city of ")

ADVERSARIAL: dict[str, Callable[[int], str]] = {
    "open templates": lambda n: "{{a|" * 199 + "{{x}} word " * (n // 50),
    "open links": lambda n: "[[a|" * 199 + "[[b|c]] word " * (n // 50),
    "many templates": lambda n: "{{a}}" * (n // 50),
    "many arguments": lambda n: "{{a" + "|b" * (n // 50) + "}}",
    "many links": lambda n: "[[a]]" * (n // 50),
    "nested": lambda n: "{{nowrap|" * (n // 100) + "x" + "}}" * (n // 100),
    "nested links": lambda n: "[[a|" * (n // 100) + "]]" * (n // 100),
    "open and closed": lambda n: "[[" * (n // 100) + "{|\n" + "}} " * (n // 5),
    "braces": lambda n: "{{ " * (n // 3),
    "brace": lambda n: "{" * n,
    "brackets": lambda n: "[" * n,
    "addresses": lambda n: "[http://a " * (n // 10),
    "refs": lambda n: "<ref>" * (n // 50),
    "open formulas": lambda n: "<math>" * (n // 50) + " " * (n // 2),
    "tags": lambda n: '<div a="' * (n // 50),
    "comments": lambda n: "<!--" * (n // 50),
    "tables": lambda n: "{|\n" * (n // 50),
    "table ends": lambda n: "|}\n" * (n // 3),
    "rows": lambda n: "{|\n" + "|-\n| a || b\n" * (n // 12),
    "quotes": lambda n: "'" * n,
    "quoted": lambda n: "''a'''b " * (n // 8),
    "stars": lambda n: "*" * n,
    "items": lambda n: "* a\n" * (n // 4),
    "headings": lambda n: "\n== a ==" * (n // 50),
    "blanks": lambda n: " " * n + "{{a}}",
    "blanks and holes": lambda n: ("{{a}}" + " " * 1000) * (n // 1000),
    "brackets and holes": lambda n: "(" * (n // 60) + "{{a}}" * (n // 60) + ")" * (n // 60),
    "entities": lambda n: "&amp;" * (n // 50),
    "newlines": lambda n: "\n" * n,
    "formulas": lambda n: "<math>a|b_{c}</math> " * (n // 50),
    "long formula": lambda n: "<math>" + "{a}_b " * (n // 6) + "</math>",
    "variants": lambda n: "-{" * (n // 2),
    "closed variants": lambda n: "-{zh-hans:a;zh-hant:b}- " * (n // 24),
    "many variants of one": lambda n: "-{" + "zh-hans:a;" * (n // 10) + "}-",
    "open variants of templates": lambda n: "-{a {{b}} " * (n // 50) + "}",
    "switches": lambda n: "__" * (n // 2),
    "open switches": lambda n: "__A_" * (n // 4),
    "unknown values": lambda n: ("(a" * 10 + "{{age}}") * (n // 50),
    "phrases": lambda n: "a {{b c|d}} e " * (n // 50),
    "nested phrases": lambda n: "a {{b c|" * (n // 100) + "x" + "}} e" * (n // 100),
    "densities": lambda n: "{{pop density|1|" + "9" * n + "}}",
}
ADVERSARIAL_TABLES: dict[str, Callable[[int], str]] = {
    "open tables": lambda n: "{|\n| a\n" * (n // 50),
    "nested tables": lambda n: "{|\n| a\n" * (n // 50) + "|}\n" * (n // 50),
    "rows": lambda n: "{|\n" + "|-\n| a\n" * (n // 8) + "|}",
    "cells": lambda n: "{|\n|" + "a || b ! " * (n // 9) + "\n|}",
    "empty cells": lambda n: "{|\n" + "|" * n + "\n|}",
    "header cells": lambda n: "{|\n!" + "a !! b " * (n // 7) + "\n|}",
    "attributes": lambda n: "{|\n" + ("| " + "a {{b}} " * 100 + "\n") * (n // 2000) + "|}",
    "attributes without an end": lambda n: "{|\n| " + "a " * (n // 2) + "\n|}",
    "templates in cells": lambda n: "{|\n| " + "{{a" * (n // 60) + "\n| b" * (n // 60) + "\n|}",
    "links in cells": lambda n: "{|\n" + "| [[a\n|-\n" * (n // 60) + "|}",
    "html tables": lambda n: "<table><tr><td>" * (n // 100) + "</table>" * (n // 100),
    "html cells": lambda n: "<table>" + "<tr><td>a" * (n // 100) + "</table>",
    "lists in cells": lambda n: "{|\n|\n" + "* a\n" * (n // 4) + "|}",
    "holes in cells": lambda n: "{|\n|" + "({{a}} {{b}}) || " * (n // 100) + "\n|}",
}


@pytest.mark.parametrize("size", [400_000, pytest.param(1_900_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_pages_made_to_take_long_do_not(name: str, size: int) -> None:
    """Two seconds on a quiet core for the longest page that the bounds let pass."""
    source = ADVERSARIAL[name](size)
    began = time.process_time()
    extracted(source)
    assert time.process_time() - began < 1 + 3 * size / 1_900_000


@pytest.mark.parametrize("size", [400_000, pytest.param(1_900_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ADVERSARIAL_TABLES)
def test_tables_made_to_take_long_do_not(name: str, size: int) -> None:
    source = ADVERSARIAL_TABLES[name](size)
    began = time.process_time()
    extracted(source, Extraction(wikitext_tables=True))
    assert time.process_time() - began < 1 + 3 * size / 1_900_000
