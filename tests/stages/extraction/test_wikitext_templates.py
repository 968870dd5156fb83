"""The templates that carry text, as they stand in articles."""

import pytest

from stages.document import Record
from stages.extraction import Extracted, extract
from stages.extraction.wikitext_units import Unit, find_unit
from stages.recipe import Extraction


def shown(source: str) -> str:
    """What stands between two words in place of a template."""
    found = extract(Record("wiki:1", "wikitext", f"a {source} b", "file", 0), Extraction())
    assert isinstance(found, Extracted)
    return found.text.removeprefix("a").removesuffix("b").strip()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # Style and language.
        ("{{nowrap|5 kg}}", "5 kg"),
        ("{{nobr|[[a|b]] ''c''}}", "b c"),
        ("{{Nowrap|1=a=b}}", "a=b"),
        ("{{small|(for ''X'')}}", "(for X)"),
        ("{{big|{{lang|ar|المعلم}}}}", "المعلم"),
        ("{{sc|bc}}", "bc"),
        ("{{abbr|UN|United Nations}}", "UN"),
        ("{{lang|grc|ἀναρχία}}", "ἀναρχία"),
        ("{{lang-el|Αθήνα}}", "Αθήνα"),
        ("{{lang-grc-gre|'''Ἀριστοτέλης'''|Aristotélēs}}", "Ἀριστοτέλης"),
        ("{{langx|fr|moulin}}", "moulin"),
        ("{{transl|ar|al-Jazā'ir}}", "al-Jazā'ir"),
        ("{{transl|ar|ALA|''Allāh''}}", "Allāh"),
        ("{{Script|Goth|𐌰}}", "𐌰"),
        ("{{nihongo|'''Aikido'''|合気道|Aikidō|lead=yes}}", "Aikido (合気道, Aikidō)"),
        ("{{nihongo||合気道|aikidō}}", "合気道, aikidō"),
        ("{{zh|s=磨坊|p=mòfáng}}", "磨坊; mòfáng"),
        ("{{ill|Jean Moulin|fr}}", "Jean Moulin"),
        ("{{ill|Jean Moulin|fr|lt=Moulin}}", "Moulin"),
        ("{{angbr|aa}}", "⟨aa⟩"),
        ("{{gloss|mill}}", "‘mill’"),
        ("{{color|red|word}}", "word"),
        ("{{legend|#FAEB86|the winner}}", "the winner"),
        ("{{vanchor|1|el1}}", "1"),
        ("{{math|''x''<sup>2</sup> + 1}}", "x² + 1"),
        ("{{mvar|x}}", "x"),
        ("{{sub|2}}{{sup|3}}", "₂³"),
        # Quotations and lists.
        ("{{quote|Fondly do we hope.|Lincoln}}", "Fondly do we hope."),
        ("{{blockquote|text=Fondly.|author=Lincoln}}", "Fondly."),
        ("{{hlist|[[Logic]]|Ethics|}}", "Logic, Ethics"),
        ("{{ubl|one|two}}", "- one\n- two"),
        ("{{plainlist|\n* one\n* two\n}}", "- one\n- two"),
        ("{{bibleverse|Mark|3:25}}", "Mark 3:25"),
        # Signs.
        ("{{ndash}}", "–"),
        ("{{snd}}", "–"),
        ("{{mdash}}", "—"),
        ("''Title''{{'}}s", "Title's"),
        ("''Title''{{'s}}", "Title's"),
        ("one{{nbsp}}two{{spaces|5}}three", "one two three"),
        ("{{=}}", "="),
        ("one{{·}}two", "one · two"),
        ("{{pi}}", "π"),
        # Numbers.
        ("{{formatnum:1234567.891}}", "1,234,567.891"),
        ("{{formatnum: 3003}}", "3,003"),
        ("{{frac|2}}", "1/2"),
        ("{{frac|3|4}}", "3/4"),
        ("{{frac|1|3|4}}", "1 3/4"),
        ("{{sfrac|3''n'' + 1|2}}", "(3n + 1)/2"),
        ("{{val|6.241|e=18}}", "6.241×10¹⁸"),
        ("{{val|1.00794|(7)}}", "1.00794(7)"),
        ("{{val|1.5|0.2|e=-3|u=km}}", "(1.5±0.2)×10⁻³ km"),
        ("{{val|30000|u=C}}", "30,000 °C"),
        ("9.5{{e|24}} kg", "9.5×10²⁴ kg"),
        ("{{ordinal|21}} {{ordinal|12}} {{ordinal|3}}", "21st 12th 3rd"),
        ("{{gaps|1|234|5}}", "12345"),
        ("{{US$|5 million}}", "US$5 million"),
        ("{{£|20}}", "£20"),
        # Measures.
        ("{{convert|1300|mi|km}}", "1,300 miles"),
        ("{{convert|1|mi|km}}", "1 mile"),
        ("{{convert|5|mi|km|0|adj=on}} walk", "5-mile walk"),
        ("{{convert|2413|ft|0|abbr=on}}", "2,413 ft"),
        ("{{convert|52419|sqmi|km2|abbr=out|sp=us}}", "52,419 square miles"),
        ("{{convert|10|km|mi|sp=us}}", "10 kilometers"),
        ("{{convert|5|to|10|km}}", "5 to 10 kilometres"),
        ("{{convert|5|-|10|C|F}}", "5–10 degrees Celsius"),
        ("{{convert|3|x|4|m|ft}}", "3 by 4 metres"),
        ("{{convert|6|ft|2|in|m}}", "6 feet 2 inches"),
        ("{{convert|22|e6acre|km2}}", "22 million acres"),
        ("{{convert|1.2|Moilbbl/d|m3/d}}", "1.2 million barrels per day"),
        ("{{convert|-40|°F|°C}}", "−40 degrees Fahrenheit"),
        ("{{convert|1+1/2|in|mm}}", "1 1/2 inches"),
        ("{{convert|200|/km2|/sqmi}}", "200 per square kilometre"),
        ("{{convert|5|furlong|m}}", "5 furlong"),
        ("{{cvt|5|km}}", "5 km"),
        # Dates.
        ("{{birth date|1809|2|12}}", "February 12, 1809"),
        ("{{birth date and age|1947|04|01|df=y}}", "1 April 1947"),
        ("{{birth date|mf=yes|1905|02|02}}", "February 2, 1905"),
        ("{{Death date and age|df=yes|1981|12|28|1885|4|3}}", "28 December 1981"),
        ("{{birth year and age|1970}}", "1970"),
        ("{{birth date|1970|13}}", "13 1970"),
        ("{{as of|2014|lc=y}}", "as of 2014"),
        ("{{As of|1999|3}}", "As of March 1999"),
        ("{{as of|2010|3|5|df=US|since=y}}", "Since March 5, 2010"),
        ("{{as of|2010|alt=in 2010}}", "in 2010"),
        ("{{circa|3000}}", "c. 3000"),
        ("{{circa|1850|1900}}", "c. 1850 – c. 1900"),
        ("{{floruit|1200}}", "fl. 1200"),
        ("{{reign|1200|1210}}", "r. 1200–1210"),
        ("{{OldStyleDate|February 2|1905|January 20}}", "February 2 [O.S. January 20] 1905"),
        # Science, ships, names.
        ("{{chem|H|2|O}}, {{chem|SO|4|2-}}, {{chem|C|''n''|H|2''n''+2}}", "H₂O, SO₄²⁻, CₙH₂ₙ₊₂"),
        ("{{chem2|C6H12O6}}", "C₆H₁₂O₆"),
        ("{{carbon}}O", "CO"),
        ("{{nuclide2|calcium|48|link=y}}", "calcium-48"),
        ("{{USS|Hornet|CV-12}} and {{HMS|Ajax|22|6}}", "USS Hornet and Ajax"),
        ("{{flag|Azores}}", "Azores"),
        ("{{uc:mill}}", "MILL"),
    ],
)
def test_what_a_reader_sees(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{IPA-el|a|}}",
        "{{IPAc-en|m|ɪ|l}}",
        "{{respell|MIL}}",
        "{{cite book|title=X}}",
        "{{sfn|Smith|1990}}",
        "{{efn|note}}",
        "{{citation needed|date=May 2016}}",
        "{{Infobox mill|name={{nowrap|x}}}}",
        "{{flagicon|France}}",
        "{{reflist}}",
        "{{#if:x|y|z}}",
        "{{DEFAULTSORT:Mill}}",
        "{{formatnum:{{Inflation|US|800}}}}",
        "{{nowrap}}",
        "{{lang|fr}}",
        "{{convert|many|km}}",
        "{{convert}}",
        "{{frac}}",
        "{{birth date}}",
        "{{as of}}",
        "{{val}}",
        "{{OldStyleDate}}",
    ],
)
def test_what_a_reader_does_not_see(source: str) -> None:
    assert shown(source) == ""


def test_the_sentence_that_others_leave_full_of_holes() -> None:
    source = "X ({{lang-el|Αθήνα}}; born {{birth date|1970|1|2}}) is {{nowrap|5 kg}}."
    found = extract(Record("wiki:1", "wikitext", source, "file", 0), Extraction())
    assert isinstance(found, Extracted)
    assert found.text == "X (Αθήνα; born January 2, 1970) is 5 kg."


def test_units() -> None:
    assert find_unit("km2") == find_unit("sqkm") == Unit("square kilometre", "square kilometres", "km²")
    assert find_unit("e3km") == Unit("thousand kilometre", "thousand kilometres", "thousand km")
    assert find_unit("kUSgal/d").many == "thousand US gallons per day"
    assert find_unit("smoot") == Unit("smoot", "smoot", "smoot")
