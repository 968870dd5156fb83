"""Wikitext to text: templates that carry prose kept, tables, notes, galleries, files and categories dropped.

The source is made ready by `wikitext_markup`, parsed by mwparserfromhell with style tags off (unbalanced apostrophes
would make it give up on the templates around them), and read in one visit of its nodes.
"""

import re

import mwparserfromhell
from mwparserfromhell.nodes import Argument, ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from stages.document import Refusal
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_markup import BREAK, HOLE, ITEM, prepare
from stages.extraction.wikitext_templates import expand
from stages.recipe import Extraction

_HEADING = "\x01"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
_DROPPED_NAMESPACE = re.compile(
    # File, Image, Media and Category; then the same in other large wikis.
    """file|image|media|category|
    datei|bild|kategorie|fichier|catégorie|archivo|imagen|categoría|immagine|categoria|ficheiro|imagem|arquivo|bestand|
    afbeelding|categorie|plik|grafika|kategoria|файл|изображение|категория|зображення|категорія|fil|kategori|tiedosto|
    kuva|luokka|soubor|fitxer|dosya|fájl|kategória|fișier|berkas|tập[ ]tin|thể[ ]loại|αρχείο|κατηγορία|ファイル|画像|
    カテゴリ|文件|檔案|图像|圖像|分类|分類|파일|분류|ملف|تصنيف|پرونده|رده|קובץ|קטגוריה|चित्र|श्रेणी""",
    re.IGNORECASE | re.VERBOSE,
)
_BRACES = re.compile(r"\{\{+|\}\}+")
_LANGUAGE_LINK = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:\S")
_HOLES = re.compile(rf"(?<![ \t])[ \t]*+{HOLE}[ \t{HOLE}]*+")
_SEPARATORS = r"\s,;:–—"
_HOLE_FIRST = re.compile(rf"([(\[（]){HOLE}[{_SEPARATORS}{HOLE}]*+")
_HOLE_IN_FRONT = re.compile(rf"^({ITEM}?[ \t]*){HOLE}[.,;:][ \t]*", re.MULTILINE)
_HOLE_LAST = re.compile(rf"(?<![{_SEPARATORS}{HOLE}])[{_SEPARATORS}]*+{HOLE}(?=[)\]）])")
_HOLE_BETWEEN = re.compile(rf"(?<=[,;]){HOLE}[,;]")
_EMPTY_BRACKETS = re.compile(rf" ?(?:\({HOLE}?\)|\[{HOLE}?\]|（{HOLE}?）)")


def wikitext_text(source: str, settings: Extraction) -> str | Refusal:
    """The text of a page: headings, paragraphs and list items (`- `) on lines of their own, without any markup.

    Refuses a page of more than `maximum_page_bytes` or `maximum_page_tags` (openers of templates, links and tags), and
    one with more than `maximum_open_templates` templates and links that are never closed.
    """
    size = len(source.encode("utf-8", "replace"))
    if size > settings.maximum_page_bytes:
        return Refusal("page_bytes", value=size, threshold=settings.maximum_page_bytes)
    tags = sum(map(source.count, ("{{", "{|", "[[", "<")))
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    prepared = prepare(_CONTROLS.sub("", source))
    tags = sum(map(prepared.text.count, ("{{", "[[", "|", "&", "://", "\n=")))
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    if prepared.unclosed > settings.maximum_open_templates:
        return Refusal("open_templates", value=prepared.unclosed, threshold=settings.maximum_open_templates)
    rendered = _render(mwparserfromhell.parse(prepared.text, skip_style_tags=True))
    return "\n".join(_without_empty_sections(_lines(_without_holes(rendered.replace(BREAK, "\n")))))


def _render(code: Wikicode | None) -> str:
    """The text of parsed wikitext, with the marks for holes, breaks, items and headings still in it."""
    return "".join([_node_text(node) for node in code.nodes]) if code is not None else ""


def _node_text(node: object) -> str:
    if isinstance(node, Text):
        return _without_brackets(str(node.value))
    if isinstance(node, Wikilink):
        return _link_text(node)
    if isinstance(node, Template):
        text = expand(_render(node.name), Arguments(node.params, _render))
        return HOLE if text is None else text
    if isinstance(node, Heading):
        title = " ".join(_render(node.title).replace(BREAK, " ").replace(HOLE, " ").split())
        return f"\n{_HEADING}{node.level}{title}\n"
    if isinstance(node, HTMLEntity):
        return _entity_text(node)
    if isinstance(node, ExternalLink):
        return _render(node.url)
    if isinstance(node, Argument):
        return _render(node.default)
    return _render(node.contents) if isinstance(node, Tag) else ""


def _without_brackets(text: str) -> str:
    """Plain text without the brackets of what the parser found to be no template and no link, such as `{{}}`."""
    if "{{" in text or "}}" in text:
        text = _BRACES.sub("", text)
    return text.replace("[[", "").replace("]]", "") if "[[" in text else text


def _link_text(link: Wikilink) -> str:
    target = str(link.title).strip()
    prefix, colon, _ = target.partition(":")
    if colon and _DROPPED_NAMESPACE.fullmatch(prefix.strip().replace("_", " ")):
        return HOLE
    if link.text is None and colon and _LANGUAGE_LINK.match(target):
        return HOLE
    return _render(link.text) or _render(link.title).strip().removeprefix(":")


def _entity_text(entity: HTMLEntity) -> str:
    character = str(entity.normalize())
    return " " if character == "\xa0" else _CONTROLS.sub("", character)


def _without_holes(text: str) -> str:
    """The text without the blanks, separators and brackets that made sense only around what was dropped."""
    if HOLE not in text:
        return text
    text = _HOLES.sub(_closed_hole, text)
    text = _HOLE_IN_FRONT.sub(r"\1", text)
    text = _HOLE_FIRST.sub(rf"\1{HOLE}", text)
    text = _HOLE_LAST.sub(HOLE, text)
    text = _EMPTY_BRACKETS.sub("", _HOLE_BETWEEN.sub("", text))
    return text.replace(HOLE, "")


def _closed_hole(match: re.Match[str]) -> str:
    """What stands instead of a hole: a blank, nothing, or its mark where brackets or separators meet it."""
    text, start, end = match.string, match.start(), match.end()
    before = text[start - 1] if start else "\n"
    after = text[end] if end < len(text) else "\n"
    if before in "([（" or after in ")]）" or (before in f",;\n{ITEM}" and after in ".,;:"):
        return HOLE
    if before == "\n" or after in "\n.,;:!?。、，":
        return ""
    return " " if match[0][0] in " \t" or match[0][-1] in " \t" else ""


def _lines(text: str) -> list[str]:
    """The lines that say something; list items begin with `- `, headings with their mark and level."""
    lines = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith(ITEM):
            item = stripped.replace(ITEM, "").strip()
            stripped = f"- {item}" if item.strip(".,;:-–") else ""
        elif stripped.startswith(("|", "{|")) or not stripped.strip(".,;:"):
            stripped = ""  # what is left of a table or of a dropped template
        lines.append(stripped.replace(ITEM, ""))
    return lines


def _without_empty_sections(lines: list[str]) -> list[str]:
    """The lines without the headings of sections in which nothing is left, and a blank line around the others."""
    kept: list[str] = []
    following = 0  # the level of the heading that follows; 0 at the end of the page, 9 where there is text
    for line in reversed(lines):
        if not line.startswith(_HEADING):
            kept.append(line)
            following = 9 if line else following
        elif int(line[1]) < following:
            kept += ("", line[2:], "")
            following = int(line[1])
    return kept[::-1]
