"""Wikitext to text: templates that carry prose and formulas kept; notes, galleries, files and categories dropped.

Tables are dropped too, unless the recipe asks for them.

The source is made ready by `wikitext_markup`, parsed by mwparserfromhell with style tags off (unbalanced apostrophes
would make it give up on the templates around them), and read in one visit of its nodes.
"""

import re
from dataclasses import dataclass

import mwparserfromhell
from mwparserfromhell.nodes import Argument, ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from stages.document import Refusal
from stages.extraction.template_arguments import Arguments
from stages.extraction.wikitext_holes import without_holes
from stages.extraction.wikitext_marks import BREAK, CONTROLS, HEADING, HOLE, ITEM, shown
from stages.extraction.wikitext_markup import prepare
from stages.extraction.wikitext_phrases import phrase
from stages.extraction.wikitext_tables import laid_out
from stages.extraction.wikitext_templates import expand
from stages.recipe import Extraction

_DROPPED_NAMESPACES = """
    file image media category
    datei bild kategorie fichier catégorie archivo imagen categoría immagine categoria ficheiro imagem arquivo bestand
    afbeelding categorie plik grafika kategoria файл изображение категория зображення категорія fil kategori tiedosto
    kuva luokka soubor fitxer dosya fájl kategória fișier berkas tập_tin thể_loại αρχείο κατηγορία ファイル 画像
    カテゴリ 文件 檔案 图像 圖像 分类 分類 파일 분류 ملف تصنيف پرونده رده קובץ קטגוריה चित्र श्रेणी"""
"""File, Image, Media and Category; then the same in other large wikis, whose dumps do not name the older aliases."""
_BLANKS = re.compile(r"[ \t]{2,}")
_BRACES = re.compile(r"\{\{+|\}\}+")
_LANGUAGE_LINK = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:\S")


def wikitext_text(source: str, settings: Extraction, link_namespaces: frozenset[str] = frozenset()) -> str | Refusal:
    """The text of a page: headings, paragraphs and list items (`- `) on lines of their own, without any markup.

    Links into `link_namespaces` (in lower case) and into the file, media and category namespaces of large wikis are
    dropped.

    Refuses a page of more than `maximum_page_bytes` or `maximum_page_tags` (openers of templates, links and tags, and
    cells of tables that are kept), and one with more than `maximum_open_templates` templates and links that are never
    closed.
    """
    size = len(source.encode("utf-8", "replace"))
    if size > settings.maximum_page_bytes:
        return Refusal("page_bytes", value=size, threshold=settings.maximum_page_bytes)
    tags = sum(map(source.count, ("{{", "{|", "[[", "<")))
    if settings.wikitext_tables:
        tags += sum(map(source.count, ("||", "!!", "\n|", "\n!")))
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    prepared = prepare(CONTROLS.sub("", source), settings.wikitext_formulas, settings.wikitext_tables)
    tags = sum(map(prepared.text.count, ("{{", "[[", "|", "&", "://", "\n=")))
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    if prepared.unclosed > settings.maximum_open_templates:
        return Refusal("open_templates", value=prepared.unclosed, threshold=settings.maximum_open_templates)
    page = _Page(frozenset([*_DROPPED_NAMESPACES.split(), *(name.replace(" ", "_") for name in link_namespaces)]))
    rendered = page.render(mwparserfromhell.parse(prepared.text, skip_style_tags=True))
    text = without_holes(laid_out(rendered).replace(BREAK, "\n"))
    return shown("\n".join(_without_empty_sections(_lines(text))))


@dataclass(frozen=True)
class _Page:
    """What the nodes of a page become, with the marks for holes, breaks, items and headings still in it."""

    dropped_namespaces: frozenset[str]

    def render(self, code: Wikicode | None) -> str:
        """The text of parsed wikitext."""
        if code is None:
            return ""
        nodes = code.nodes
        parts: list[str] = []
        for index, node in enumerate(nodes):
            if isinstance(node, Template):
                after = str(nodes[index + 1]) if index + 1 < len(nodes) else ""
                parts.append(self._template(node, "".join(parts[-2:]), after))
            else:
                parts.append(self._node(node))
        return "".join(parts)

    def _template(self, template: Template, before: str, after: str) -> str:
        text = expand(self.render(template.name), Arguments(template.params, self.render))
        return (phrase(template, before, after, self.render) if text is None else text) or HOLE

    def _node(self, node: object) -> str:
        if isinstance(node, Text):
            return _without_brackets(str(node.value))
        if isinstance(node, Wikilink):
            return self._link(node)
        if isinstance(node, Heading):
            title = " ".join(self.render(node.title).replace(BREAK, " ").replace(HOLE, " ").split())
            return f"\n{HEADING}{node.level}{title}\n"
        if isinstance(node, HTMLEntity):
            return _entity_text(node)
        if isinstance(node, ExternalLink):
            return self.render(node.url)
        if isinstance(node, Argument):
            return self.render(node.default)
        return self.render(node.contents) if isinstance(node, Tag) else ""

    def _link(self, link: Wikilink) -> str:
        target = str(link.title).strip()
        prefix, colon, _ = target.partition(":")
        if colon and prefix.strip().replace(" ", "_").lower() in self.dropped_namespaces:
            return HOLE
        if link.text is None and colon and _LANGUAGE_LINK.match(target):
            return HOLE
        return self.render(link.text) or self.render(link.title).strip().removeprefix(":")


def _without_brackets(text: str) -> str:
    """Plain text without the brackets of what the parser found to be no template and no link, such as `{{}}`."""
    if "{{" in text or "}}" in text:
        text = _BRACES.sub("", text)
    return text.replace("[[", "").replace("]]", "") if "[[" in text else text


def _entity_text(entity: HTMLEntity) -> str:
    character = str(entity.normalize())
    return " " if character == "\xa0" else CONTROLS.sub("", character)


def _lines(text: str) -> list[str]:
    """The lines that say something; list items begin with `- `, headings with their mark and level."""
    lines = []
    for line in text.split("\n"):
        stripped = _BLANKS.sub(" ", line.strip())
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
        if not line.startswith(HEADING):
            kept.append(line)
            following = 9 if line else following
        elif int(line[1]) < following:
            kept += ("", line[2:], "")
            following = int(line[1])
    return kept[::-1]
