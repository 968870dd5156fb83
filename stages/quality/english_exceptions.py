"""The chunks that spaCy's English tokeniser splits, or leaves whole, whatever its other rules say.

Facts from spaCy 3.8 (MIT), `spacy/lang/tokenizer_exceptions.py` and `spacy/lang/en/tokenizer_exceptions.py`. Each list
holds chunks with the places where they are split written as `|`, and is built by the patterns that spaCy uses.
"""

from collections.abc import Iterable, Iterator

_NOT_CONTRACTIONS = "Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore"
"""Words that the patterns would take for contractions."""

_PRONOUNS = {"i": "m d ll", "you": "d ll ve re", "he": "d ll s", "she": "d ll s", "it": "d ll s"}
_PRONOUNS |= {"we": "d ll ve re", "they": "d ll ve re"}
_PRONOUNS["i"] += " ve ma"
_QUESTIONS = dict.fromkeys(("who", "what", "when", "where", "why", "how", "there"), "s ll re ve d")
_QUESTIONS |= {"that": "s ll d", "this": "s ll d", "these": "ll re ve d", "those": "ll re ve d"}
_ENDINGS = {"ma": ("m", "a")}

_NEGATED = "ca could do does did had may might must need ought sha should wo would"
_NEGATED_ONLY = "ai are is was were have has dare"
_WITH_HAVE = "could might must should would"

_DROPPED_LETTERS = "doin goin nothin nuthin ol somethin lovin havin"
_CUT_WORDS = "em ll nuff"

_SPLIT = """
y'|all y|all how|'d|'y How|'d|'y not|'ve not|ve Not|'ve Not|ve can|not Can|not gon|na Gon|na got|ta Got|ta let|'s
Let|'s c'm|on C'm|on
"""
_WHOLE = """
'S 's \u2018S \u2018s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am o'clock O'clock
Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan.
Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa.
S.C. Sep. Sept. Tenn. Va. Wash. Wis. 'd a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e.
I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s.
— \\t \\n ' \\") <space> '' C++ ä. ö. ü.
"""
_EMOTICONS = r"""
:) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( :-((
:((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :*
:-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__-
v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<)
(*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>
"""


def _contractions(pronouns: dict[str, str]) -> Iterator[str]:
    """`he'll`, `hell`, `he'll've`, `hellve` and the like, with both cases of the first letter."""
    for pronoun, endings in pronouns.items():
        for word in (pronoun, pronoun.title()):
            for ending in endings.split():
                parts = _ENDINGS.get(ending, (ending,))
                yield "|".join((word, "'" + parts[0], *parts[1:]))
                yield "|".join((word, *parts))
                if ending in ("d", "ll"):
                    yield f"{word}|'{ending}|'ve"
                    yield f"{word}|{ending}|ve"


def _verbs() -> Iterator[str]:
    for verb in _both_cases((_NEGATED + " " + _NEGATED_ONLY).split()):
        yield f"{verb}|n't"
        yield f"{verb}|nt"
    for verb in _both_cases(_NEGATED.split()):
        yield f"{verb}|n't|'ve"
        yield f"{verb}|nt|ve"
    for verb in _both_cases(_WITH_HAVE.split()):
        yield f"{verb}|'ve"
        yield f"{verb}|ve"


def _both_cases(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word
        yield word.title()


def _whole_chunks() -> Iterator[str]:
    yield from _WHOLE.split()
    yield from _EMOTICONS.split()
    yield from (f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyz")
    for word in _both_cases(_DROPPED_LETTERS.split()):
        yield from (word, word + "'")
    for word in _CUT_WORDS.split():
        yield from (word, "'" + word)


def _with_typographic_apostrophes(chunks: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    curly = {
        chunk.replace("'", "’"): tuple(part.replace("'", "’") for part in parts)
        for chunk, parts in chunks.items()
        if "'" in chunk
    }
    return chunks | curly


def special_cases() -> dict[str, tuple[str, ...]]:
    """The tokens of every chunk that is an exception."""
    split = [*_contractions(_PRONOUNS), *_contractions(_QUESTIONS), *_verbs(), *_SPLIT.split()]
    split += [f"{hour}|{half}" for hour in range(1, 13) for half in ("a.m.", "am", "p.m.", "pm")]
    split += [f"°|{unit}|." for unit in "cfkCFK"]
    chunks = {parts.replace("|", ""): tuple(parts.split("|")) for parts in split}
    chunks |= {chunk: (chunk,) for chunk in _whole_chunks()}
    for word in _NOT_CONTRACTIONS.split():
        chunks.pop(word, None)
    return _with_typographic_apostrophes(chunks)
