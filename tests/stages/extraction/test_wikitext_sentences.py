"""Constructs of English Wikipedia as they stand in articles, each with the text that a reader sees."""

import pytest

from tests.stages.extraction.wikitext_checks import faults, text_of

SENTENCES = [
    # Leads.
    (
        "'''Athens''' ({{IPAc-en|ˈ|æ|θ|ɪ|n|z}} {{respell|ATH|inz}};<ref name=\"a\">"
        "{{cite web|url=http://x.org|title=T}}</ref> "
        "{{lang-el|Αθήνα|Athína}} {{IPA-el|aˈθina||Athina.ogg}}) is the [[capital city|capital]] of [[Greece]].",
        "Athens (Αθήνα) is the capital of Greece.",
    ),
    (
        "'''Ada Lovelace''' ({{nee|Byron}}; {{birth date|1815|12|10|df=y}} – "
        "{{death date|1852|11|27|df=y}}) was a [[mathematician]].{{sfn|Fuegi|2003|p=16}}",
        "Ada Lovelace (née Byron; 10 December 1815 – 27 November 1852) was a mathematician.",
    ),
    (
        "'''Jean Moulin''' ({{IPA|fr|ʒɑ̃ mulɛ̃}}; 20 June 1899{{snd}}8 July 1943) "
        "was a hero.{{efn|name=note|He {{nowrap|never}} spoke.}}",
        "Jean Moulin (20 June 1899 – 8 July 1943) was a hero.",
    ),
    (
        "'''Kyoto''' ({{nihongo2|京都}}, {{transl|ja|Kyōto}}; {{audio|Kyoto.ogg|listen}}) is a city.",
        "Kyoto (京都, Kyōto) is a city.",
    ),
    (
        "The '''mill''' {{coord|51|30|N|0|7|W|display=inline,title}} stands {{convert|5|km|mi|abbr=on}} away.",
        "The mill stands 5 km away.",
    ),
    (
        "{{Short description|A city}}\n{{Infobox settlement\n| name = A\n| image = [[File:A.jpg|300px]]\n}}\n"
        "'''A''' is a city.",
        "A is a city.",
    ),
    (
        "{{About|the city||A (disambiguation)}}\n{{redirect|B}}\n:''See [[Other]].''\n'''A''' is a city.",
        "See Other.\nA is a city.",
    ),
    (
        "{{Hatnote|See {{tl|x}}.}}\nHe, {{circa|1850}}, was known ({{fl.|1840|1860}}).",
        "He, c. 1850, was known (fl. 1840–1860).",
    ),
    (
        "'''X''' ({{IPA|/ɛks/}}) is the letter; the vowel {{IPA|/a/}} is open.",
        "X (/ɛks/) is the letter; the vowel /a/ is open.",
    ),
    ("'''Seoul''' ({{korean|hangul=서울|rr=Seoul}}) is large.", "Seoul (서울; Seoul) is large."),
    ("'''X''' ({{zh|s=磨坊|t=磨坊|p=mòfáng}}) is a mill.", "X (磨坊; 磨坊; mòfáng) is a mill."),
    (
        "The {{ill|Gare d'Alès|fr}} and {{ill|Rue|fr|Rue (Alès)|lt=the street}} lie near.",
        "The Gare d'Alès and the street lie near.",
    ),
    (
        "It comes from {{lang-grc|ἀρχή}} ({{transl|grc|arkhḗ}}, {{gloss|rule}}), {{lit|rule}}.",
        "It comes from ἀρχή (arkhḗ, ‘rule’), lit. ‘rule’.",
    ),
    # References.
    (
        'It ran.<ref>{{cite book|title=A|quote={{lang|fr|a}}}}</ref><ref name=b /> Then<ref name="c/d" '
        "group=n/> it stopped.{{rp|23}}",
        "It ran. Then it stopped.",
    ),
    (
        "Built in 1850<ref>See {{harvnb|A|1990}}; [http://a.org B].</ref>, it fell{{citation needed|date=May "
        "2016}} in 1860{{dubious}}.",
        "Built in 1850, it fell in 1860.",
    ),
    ("A claim{{refn|group=note|With a {{small|note}} and <ref name=z/>.}} stands.{{r|a|b}}", "A claim stands."),
    (
        "{{cn span|It was the first.|date=May 2020}} It {{sic|hide=y|recieved}} a prize {{sic}}.",
        "It was the first. It recieved a prize [sic].",
    ),
    # Quantities.
    (
        "It weighs {{convert|10|to|12|kg|lb}}, {{frac|1|2}} of {{val|6.02e23}}.",
        "It weighs 10 to 12 kilograms, 1/2 of 6.02e23.",
    ),
    ("A {{convert|20|ft|m|adj=on}} wall of {{convert|3|x|4|m|ft}}.", "A 20-foot wall of 3 by 4 metres."),
    (
        "It cost {{US$|5 million}}, then {{£|20}}, {{INRConvert|5|c}} and {{currency|€9}}.",
        "It cost US$5 million, then £20, ₹5 crore and €9.",
    ),
    (
        "It cost $500 (equivalent to ${{Inflation|US|500|1950|fmt=c}} in "
        "{{Inflation/year|US}}){{inflation-fn|US}} then.",
        "It cost $500 then.",
    ),
    ("He ({{age|1969|7|20}} years old) earned £{{formatnum:{{Inflation|UK|20|1900}}}} or more.", "He earned or more."),
    (
        "The density is {{Pop density|1000|10|km2|sqmi|prec=0}}; {{formatnum:12345}} live here.",
        "The density is 100 per square kilometre; 12,345 live here.",
    ),
    (
        "{{As of|2019|3}}, {{nowrap|9 500}} people, {{circa|3000 BC}}, lived 40°{{nbsp}}N, 10{{sup|6}} × 5.",
        "As of March 2019, 9 500 people, c. 3000 BC, lived 40° N, 10⁶ × 5.",
    ),
    (
        "From 1939{{ndash}}45, pp. 5&ndash;9, in the range {{nowrap|5–9 m}}.",
        "From 1939–45, pp. 5–9, in the range 5–9 m.",
    ),
    ("It lasts {{duration|m=3|s=5}} at {{height|ft=6|in=2}}.", "It lasts 3:05 at 6 ft 2 in."),
    ("The {{ordinal|21}} of {{start date|1990|5|df=y}}, 4 {{abbr|cal|calibres}}.", "The 21st of May 1990, 4 cal."),
    # Sport, ships, roads.
    (
        "France won {{nowrap|3–1}} {{aet}} against {{fb|Brazil}}, a record of {{WDL|5|3|2}}.",
        "France won 3–1 (a.e.t.) against Brazil, a record of 5–3–2.",
    ),
    (
        "{{USS|Hornet|CV-12|6}} and {{HMS|Ajax|22}} met {{ship|SS|Titanic||2}}, a {{sclass|Olympic|ocean liner}}.",
        "Hornet and HMS Ajax met SS Titanic, a Olympic-class ocean liner.",
    ),
    ("{{flagicon|FRA}} [[France]] beat {{flag|Spain}}.", "France beat Spain."),
    ("In the {{by|1998}} season he hit .305.", "In the 1998 season he hit .305."),
    # Formulas and science.
    ("The term <math>x^2</math> is even, and <math>\\{a\\}</math> too.", "The term $x^2$ is even, and $\\{a\\}$ too."),
    (
        "We have\n:<math>\\frac{a}{b}\n= c,</math>\nwhere <math>a</math> is real.",
        "We have\n$$\\frac{a}{b} = c,$$\nwhere $a$ is real.",
    ),
    ('So <math display="block">a</math> holds, <math>\\,b\\,</math>.', "So\n$$a$$\nholds, $b$."),
    (
        "Water is <chem>H2O</chem>, acid <ce>H2SO4</ce>, {{chem|CO|2}} and {{chem2|CH4}}.",
        "Water is $\\ce{H2O}$, acid $\\ce{H2SO4}$, CO₂ and CH₄.",
    ),
    (
        "{{math|''a''<sup>2</sup> {{=}} ''b''}} and {{mvar|n}} of {{sfrac|1|2}}, {{pi}} ≈ 3, {{sqrt|2}}.",
        "a² = b and n of 1/2, π ≈ 3, √2.",
    ),
    (
        "An isotope, {{simplenuclide|uranium|235}}, at {{val|5|0.2|u=kg}}, B{{music|flat}}.",
        "An isotope, uranium-235, at 5±0.2 kg, B♭.",
    ),
    (
        'Run <code>a[0] = {b}</code>, <syntaxhighlight lang="c" inline>x = {{1}, {2}};</syntaxhighlight> now.',
        "Run a[0] = {b}, x = {{1}, {2}}; now.",
    ),
    ("Listing:\n<syntaxhighlight lang=c>\nint x;\n</syntaxhighlight>\n<pre>a\n b</pre>\nDone.", "Listing:\n\nDone."),
    # Blocks.
    ("He said:\n{{quote|We {{sic|hope}}.|Lincoln|1865}}\nThen he left.", "He said:\n\nWe hope.\n\nThen he left."),
    ("<blockquote>\nTo be.\n</blockquote>\n<poem>\nA line\nAnother\n</poem>", "To be.\n\nA line\nAnother"),
    ("; Term : definition\n: more\n;Other\n:text", "Term : definition\nmore\nOther\ntext"),
    ("* [[One]] – first\n** sub {{small|(x)}}\n# ''two''\n*{{cite book|title=x}}", "- One – first\n- sub (x)\n- two"),
    (
        "Lead.\n== History ==\n{{main|History}}\nText.\n=== Notes ===\n{{reflist}}\n==See also==\n{{portal|x}}",
        "Lead.\n\nHistory\n\nText.",
    ),
    (
        "Text.<gallery mode=packed>\nFile:A.jpg|A [[mill]]\nB.jpg|B\n</gallery>\n"
        "[[File:C.jpg|thumb|upright=1.2|alt=x|A [[b|c]] of {{lang|fr|d}} [[File:e.png|20px]].]]\nMore.",
        "Text.\n\nMore.",
    ),
    ('{| class="wikitable sortable"\n|+ Caption\n! A !! B\n|-\n| 1 || {{nts|2}}\n|}\nAfter.', "After."),
    ("Before {{hlist|one|two}} and\n{{plainlist|\n* a\n* b\n}}\nafter.", "Before one, two and\n\n- a\n- b\n\nafter."),
    (
        "{{unknown box|a|b|c=d}}\nThe {{unknown phrase|inner text}} stays, the note{{unknown note|text}} goes.",
        "The inner text stays, the note goes.",
    ),
    ('<section begin="a" />A part<section end=a/> stays. {{anchor|b}}<span id="x"></span>', "A part stays."),
    (
        "A {{URL|http://a.org|site}}, {{ISBN|978-0-14-022697-3}}, {{tmath|x^2}}.",
        "A site, ISBN 978-0-14-022697-3, $x^2$.",
    ),
    ("<score>c d e</score>Music <hiero>A1</hiero> and <timeline>x</timeline>{{clear}} end.", "Music and end."),
    ("__NOTOC__ __HIDDENCAT__Text, Python's <code>__init__</code> stays", "Text, Python's __init__ stays"),
    (
        "[[wikt:mill|mill]], [[:de:Mühle|Mühle]], [[:Category:Mills|mills]] and [[Mill (grinding)|]]x",
        "mill, Mühle, mills and Mill (grinding)x",
    ),
]


@pytest.mark.parametrize(("source", "text"), SENTENCES)
def test_what_a_reader_sees(source: str, text: str) -> None:
    assert text_of(source) == text
    assert set(faults(text)) - ({"switches"} if "__init__" in text else set()) == set() or "{{1}" in text


def test_formulas_can_be_left_out() -> None:
    source = "The <math>x</math> term, <chem>H2O</chem>, ends (<ce>H2</ce>).\n:<math>a</math>\nEnd."
    assert text_of(source, wikitext_formulas=False) == "The term, ends.\n\nEnd."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a <math>x</math", "a x</math"),
        ("a <math>x {{b", "a x b"),
        ("<math></math>a <math> \n </math>b", "a b"),
        ("<math>x</math><math>y</math>", "$x$$y$"),
        ("<math>e^{-{a}-b} [[c]] | ''d'' &lt; __TOC__</math> f", "$e^{-{a}-b} [[c]] | ''d'' &lt; __TOC__$ f"),
        ("{{nowrap|<math>a|b}}=c</math>}} d", "$a|b}}=c$ d"),
        ("* <math>x</math>\n# <math>y</math>.", "- $$x$$\n- $$y$$."),
        ("<math>~x\\!</math> and <math>a\\\\;</math>", "$x$ and $a\\\\;$"),
    ],
)
def test_formulas_hide_what_looks_like_markup(source: str, text: str) -> None:
    assert text_of(source) == text
