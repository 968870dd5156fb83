"""RefinedWeb's line corrections: leftovers of web pages among the lines of a text.

Penedo et al. 2023, "The RefinedWeb Dataset for Falcon LLM" (arXiv 2306.01116), appendix G.2. Removed are lines mainly
of capitals, lines of numerals, counters (`3 likes`), lines of one word, and short lines with a phrase of web pages at
the beginning (`sign-in`), at the end (`Read more...`) or anywhere (`items in cart`). The paper prints an example of
each kind and keeps its lists; the phrases here are ours. A document that loses more than 5 % of its words is refused.
"""

import re

from stages.quality.line_removal import without_lines
from stages.quality.prepared import Measured, Prepared
from stages.quality.words import words_of
from stages.recipe import LineCorrections

COUNTED = (
    *("likes?", "shares?", "comments?", "retweets?", "reposts?", "views?", "followers?", "following", "subscribers?"),
    *("replies", "reply", "reviews?", "ratings?", "votes?", "points?", "downloads?", "posts?", "items?", "results?"),
    *("kommentare?", "aufrufe?", "beiträge?", "antworten", "mal geteilt", "bewertungen?"),
    *("commentaires?", "partages?", "vues?", "abonnés?", "réponses?", "avis", "j'aime"),
    *("comentarios?", "me gusta", "compartidos?", "vistas?", "seguidores", "respuestas?", "reseñas?"),
    *("commenti", "commento", "visualizzazioni", "condivisioni", "mi piace", "comentários?", "visualizações"),
    *("reacties", "weergaven", "комментари(?:й|я|ев)", "просмотр(?:ов|а)?", "лайк(?:ов|а)?"),
    *("条?评论", "次浏览", "人?点赞", "件のコメント", "回視聴", "いいね"),
)
"""What is counted below posts, in English and nine other languages."""

BEGINNINGS = (
    *("sign[ -]?in", "sign[ -]?up", "log[ -]?in", "skip to", "share (?:this|on)", "follow us", "posted (?:by|on|in)"),
    *(
        "filed under",
        "tagged (?:with|as)",
        "click here",
        "all rights reserved",
        "copyright ©",
        "©",
        "leave a (?:reply|comment)",
    ),
    *("anmelden", "einloggen", "zum inhalt springen", "teilen auf", "alle rechte vorbehalten"),
    *("se connecter", "connexion", "aller au contenu", "partager sur", "tous droits réservés"),
    *("iniciar sesión", "ir al contenido", "compartir en", "todos los derechos reservados"),
    *("accedi", "condividi su", "entrar", "compartilhar", "inloggen", "войти", "поделиться", "登录", "ログイン"),
)
ENDINGS = (
    *("read more", "learn more", "see more", "show more", "load more", "continue reading", "view all", "see all"),
    *("mehr lesen", "weiterlesen", "mehr erfahren", "mehr anzeigen"),
    *("lire la suite", "en savoir plus", "voir plus", "leer más", "seguir leyendo", "ver más", "saber más"),
    *("leggi tutto", "continua a leggere", "leia mais", "saiba mais", "lees meer", "читать далее", "подробнее"),
    *("阅读更多", "查看更多", "続きを読む", "もっと見る"),
)
ANYWHERE = (
    *(
        "items? in (?:your )?(?:cart|basket)",
        "add(?:ed)? to (?:cart|basket)",
        "shopping cart",
        "subscribe to our newsletter",
    ),
    *("enable cookies", "forgot (?:your )?password", "back to top", "in den warenkorb", "ajouter au panier"),
    *("añadir al carrito", "aggiungi al carrello", "adicionar ao carrinho", "in winkelwagen", "добавить в корзину"),
    *("加入购物车", "カートに入れる"),
)

WORD_CHARACTERS = 40
"""A line with longer words on average is not short, however few they are."""

_COUNTER = re.compile(rf"[\d.,]++ ?[km]?\+? ?(?:{'|'.join(COUNTED)})[.:!]?")
_PHRASE = re.compile(
    rf"(?:{'|'.join(BEGINNINGS)})(?!\w)|.*(?<!\w)(?:{'|'.join(ANYWHERE)})(?!\w)"
    rf"|.*(?<!\w)(?:{'|'.join(ENDINGS)})(?!\w)[\s.…»>→]*$",
)


def measure(prepared: Prepared, settings: LineCorrections) -> Measured:
    """Takes the lines out, and measures the share of words that they had."""
    reasons: dict[int, str] = {}
    removed = 0
    for number, line in enumerate(prepared.text.splitlines()):
        words = words_of(line, prepared.language, prepared.reference)
        reason = line_reason(line.strip(), len(words), settings) if words else None
        if reason is not None:
            reasons[number] = reason
            removed += len(words)
    kept, edits = without_lines(prepared.text, reasons)
    values = {"removed_words": removed / max(prepared.word_number, 1)}
    words_left = prepared.word_number - removed if prepared.spaced else None
    return Measured(values, kept, edits, words_left)


def line_reason(line: str, words: int, settings: LineCorrections) -> str | None:
    """Why a line of so many words is removed, if it is."""
    if mainly_uppercase(line, settings.uppercase_share):
        return "uppercase_lines"
    if only_numerals(line):
        return "numeral_lines"
    if is_counter(line):
        return "counter_lines"
    if words == 1:
        return "one_word_lines"
    if words <= settings.pattern_words and len(line) <= WORD_CHARACTERS * words and is_phrase(line):
        return "phrase_lines"
    return None


def mainly_uppercase(line: str, share: float) -> bool:
    """Whether more than this share of a line's letters are capitals; scripts without case have none."""
    if line.islower():
        return False
    letters = sum(map(str.isalpha, line))
    return letters > 0 and sum(map(str.isupper, line)) > share * letters


def only_numerals(line: str) -> bool:
    """Whether a line has digits and no letter: `12`, `3.4 %`, `01/02/2023`."""
    return any(map(str.isdigit, line)) and not any(map(str.isalpha, line))


def is_counter(line: str) -> bool:
    """Whether a line is a number with what is counted below posts: `3 likes`."""
    return _COUNTER.fullmatch(line.lower()) is not None


def is_phrase(line: str) -> bool:
    """Whether a line has a phrase of web pages at its beginning, at its end or anywhere."""
    return _PHRASE.match(line.lower()) is not None
