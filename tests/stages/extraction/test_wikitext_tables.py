"""Tables of wikitext as lines of cells, and tables that are left out."""

import pytest

from tests.stages.extraction.wikitext_checks import faults, text_of


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            '{| class="wikitable sortable" style="width:50%"\n|+ style="x" | Mills of [[A]]\n|-\n'
            '! scope="col" | Name !! class="unsortable" | Year\n'
            '|- style="x"\n| rowspan="2" | [[B|b]] || 1850<ref>x</ref>\n'
            "|-\n| {{nowrap|1 2}}\n|}\nEnd.",
            "Mills of A\nName | Year\nb | 1850\n1 2\n\nEnd.",
        ),
        ("a\n{|\n| b || c\n| d\n|}\ne", "a\n\nb | c | d\n\ne"),
        ("{|\n!a\n!b\n|-\n|c\n|d\n|}", "a | b\nc | d"),
        ("{|\n| a || || b\n|-\n| || c ||\n|-\n| || —\n|}", "a | | b\nc"),
        ("{|\n| {{flag|A}} wins! || style=x | No!! {{yes}}\n|}", "A wins! | No!! Yes"),
        ("{|\n|\n* one\n* two\n| three<br>four\n\nfive\n|}", "one, two | three four five"),
        ("{|\n| outer\n{|\n! in !! ner\n|-\n| x\n|}\n| last\n|}\nend", "outer in ner x | last\n\nend"),
        (
            "<table border=1><caption>C</caption><tr><th>a</th><th>b</th></tr><tr><td "
            "align=left>1</td><td>2</td></tr></table>",
            "C\na | b\n1 | 2",
        ),
        ("{|\n| [[a\n|-\n| b {{c\n|}\nd", "a\nb c\n\nd"),
        ("{{Infobox|x={|\n| a || b\n|}\n}}text", "text"),
        ("{{nowrap|\n{|\n| a || b\n|}\n}}", "a | b"),
        ("{|\n| data-sort-value=5 | five || <math>a | b</math>\n|}", "five | $a | b$"),
        ("text\n{| class=x\n|-\n| cell\nmore", "text\n\ncell\nmore"),
        ("{|\n|}\ntext | more || most !! end\n| gone\n! stays", "text | more || most !! end\n\n! stays"),
        (":{|\n| ({{unknown}}) a || [[File:x.png|20px]] b\n|}", "a | b"),
    ],
)
def test_rows_are_lines(source: str, text: str) -> None:
    found = text_of(source, wikitext_tables=True)
    assert found == text
    assert not set(faults(found)) - ({"rows"} if "!!" in source else set())


def test_tables_are_left_out_unless_asked_for() -> None:
    assert text_of("a\n{|\n| b || c\n|}\n<table><tr><td>d</td></tr></table>\ne") == "a\n\ne"
