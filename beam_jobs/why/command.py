"""The command: finds a page by its address, its id or a part of its text, and shows all that is stored of it."""

import argparse
from collections.abc import Sequence

from beam_jobs.corpus.finished import NAME, FinishedCorpus, open_even_refused
from beam_jobs.units import Job
from beam_jobs.why.answer import answer
from beam_jobs.why.search import Found, Match, containing, similar_addresses, whole, with_address, with_id
from beam_jobs.why.shards import in_shards
from stages.console import say
from stages.errors import GristmillError
from stages.recipe.command_line import parsed_recipe, recipe_parser

MATCHES_LISTED = 10


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    own = _parse(arguments)
    recipe = parsed_recipe(own)
    corpus = open_even_refused(recipe)
    found = _found(corpus, own)
    for one in found[: own.most]:
        measured = answer(corpus, one)
        if one.kind == "documents" and (told := in_shards(recipe, corpus, one.row)):
            say(f"in the shards  {told}\n")
        if own.record or own.save:
            from beam_jobs.why.record import show_record

            show_record(Job(NAME, recipe, ()), corpus, one.row, measured, own.save if one is found[0] else "")
    if len(found) > own.most:
        say(f"{len(found) - own.most} more records have this address; --most {len(found)} shows them all")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = recipe_parser("python -m beam_jobs.why", "What became of one page.")
    parser.add_argument("--url", default="", help="the address of a page")
    parser.add_argument("--id", help="the id of a document or removal")
    parser.add_argument("--text", default="", help="a part of a text, letter by letter")
    parser.add_argument("--most", type=int, default=3, help="how many records to show (%(default)s)")
    parser.add_argument("--record", action="store_true", help="fetch the original record again and show it")
    parser.add_argument("--save", default="", metavar="FILE", help="write the original record's content to this file")
    own = parser.parse_args(arguments)
    own.url, own.text = own.url.strip(), own.text.strip()
    if bool(own.url) + (own.id is not None) + bool(own.text) != 1:
        raise GristmillError("give one of URL=…, ID=… and TEXT=…: make why URL=https://…")
    if own.id is not None:
        own.id = _identifier(own.id)
    for name, given in (("URL", own.url), ("TEXT", own.text)):
        if not given.isascii() and given != given.encode("utf-8", "replace").decode("utf-8"):
            raise GristmillError(f"{name}=…: holds bytes that are not UTF-8, which no text of a corpus does")
    if own.most < 1:
        raise GristmillError(f"--most {own.most}: show at least one")
    return own


def _identifier(given: str) -> int:
    digits = given.strip().replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and int(digits) < 1 << 64):
        raise GristmillError(f"ID={given}: ids are numbers below 2^64; documents and removals have them in column id")
    return int(digits)


def _found(corpus: FinishedCorpus, own: argparse.Namespace) -> list[Found]:
    if own.text:
        return _with_text(corpus, own.text)
    found = sorted(with_address(corpus, own.url) if own.id is None else with_id(corpus, own.id), key=_relevance)
    if not found:
        raise GristmillError(_nothing(corpus, own.url, own.id))
    return found


def _relevance(found: Found) -> tuple[bool, bool]:
    is_wrapper = found.row.get("rule") == "not_a_response"
    return is_wrapper, found.row.get("augmentation") is not None


def _nothing(corpus: FinishedCorpus, url: str, record_id: int | None) -> str:
    if record_id is not None:
        return f"{corpus.folder}: no document and no removal has the id {record_id}"
    count, first = similar_addresses(corpus, url)
    more = f" and {count - len(first):,} more" if count > len(first) else ""
    hint = f"; similar: {', '.join(first)}{more}" if count else ""
    return f"{corpus.folder}: no document and no removal has the address {url}{hint}"


def _with_text(corpus: FinishedCorpus, part: str) -> list[Found]:
    """Lists the texts with this part, and gives the record of the first; the originals go before variants of them."""
    matches = containing(corpus, part)
    if not matches:
        raise GristmillError(_no_text(corpus, part))
    say("1 text contains it" if len(matches) == 1 else f"{len(matches):,} texts contain it; the first is shown below")
    for match in matches[:MATCHES_LISTED]:
        say(f"  {_named(match)}")
    if len(matches) > MATCHES_LISTED:
        say(f"  … {len(matches) - MATCHES_LISTED:,} more")
    say("")
    return list(whole(corpus, matches[0]))[:1]


def _named(match: Match) -> str:
    kind = "removed" if match.kind != "documents" else "document"
    return f"{kind:<9} {match.id:<20} {match.url or ''}".rstrip()


def _no_text(corpus: FinishedCorpus, part: str) -> str:
    near = containing(corpus, part, loosely=True)
    searched = "" if corpus.settings.keep_removed_text else "; of removed texts only the examples are stored"
    if near:
        return (
            f"{corpus.folder}: no text contains it as it stands, {len(near):,} do in other case or spacing: "
            f"make why ID={near[0].id}"
        )
    return f"{corpus.folder}: no stored text contains {part!r}{searched}"
