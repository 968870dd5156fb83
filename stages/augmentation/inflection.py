"""English inflection by rule: from a word to the lemmas that it may be a form of, and from a lemma to its forms.

Common irregular verbs, nouns and adjectives are listed. Where a form is not sure, there is none: a word that is left
alone is better than one that does not exist.
"""

import functools
import re

BASE, S, PAST, PARTICIPLE, ING, ER, EST = "", "s", "past", "participle", "ing", "er", "est"
"""Forms of a word; S is the plural of a noun and the third person of a verb."""
NOUN, VERB, ADJECTIVE, ADVERB = "n", "v", "a", "r"
"""Parts of speech, as WordNet's files write them."""

_IRREGULAR_VERBS = """
arise arose arisen|awake awoke awoken|be was been|bear bore borne|beat beat beaten|become became become
begin began begun|bend bent bent|bet bet bet|bid bid bid|bind bound bound|bite bit bitten|bleed bled bled
blow blew blown|break broke broken|breed bred bred|bring brought brought|build built built|burst burst burst
buy bought bought|cast cast cast|catch caught caught|choose chose chosen|cling clung clung|come came come
cost cost cost|creep crept crept|cut cut cut|deal dealt dealt|dig dug dug|do did done|draw drew drawn|drink drank drunk
drive drove driven|eat ate eaten|fall fell fallen|feed fed fed|feel felt felt|fight fought fought|find found found
flee fled fled|fling flung flung|fly flew flown|forbid forbade forbidden|forget forgot forgotten
forgive forgave forgiven|forsake forsook forsaken|freeze froze frozen|get got got|give gave given|go went gone
grind ground ground|grow grew grown|hang hung hung|have had had|hear heard heard|hide hid hidden|hit hit hit
hold held held|hurt hurt hurt|keep kept kept|know knew known|lay laid laid|lead led led|leave left left|lend lent lent
let let let|lie lay lain|lose lost lost|make made made|mean meant meant|meet met met|pay paid paid|put put put
quit quit quit|read read read|rid rid rid|ride rode ridden|ring rang rung|rise rose risen|run ran run|say said said
see saw seen|seek sought sought|sell sold sold|send sent sent|set set set|shake shook shaken|shed shed shed
shine shone shone|shoot shot shot|show showed shown|shrink shrank shrunk|shut shut shut|sing sang sung|sink sank sunk
sit sat sat|slay slew slain|sleep slept slept|slide slid slid|sling slung slung|slit slit slit|speak spoke spoken
spend spent spent|spin spun spun|spit spat spat|split split split|spread spread spread|spring sprang sprung
stand stood stood|steal stole stolen|stick stuck stuck|sting stung stung|stink stank stunk|stride strode stridden
strike struck struck|string strung strung|strive strove striven|swear swore sworn|sweep swept swept
swell swelled swollen|swim swam swum|swing swung swung|take took taken|teach taught taught|tear tore torn
tell told told|think thought thought|throw threw thrown|thrust thrust thrust|tread trod trodden|wake woke woken
wear wore worn|weave wove woven|weep wept wept|win won won|wind wound wound|wring wrung wrung|write wrote written
"""
_UNSURE_VERBS = """
be bade behave burn can clothe dare do dream dwell fit forecast forego forgo gild gird have hew knit lean leap learn
light may mow must need ought plead prove relay rend saw sew shall shear shoe shred slink smell smite sneak sow speed
spell spill spoil stave strew sweat thrive wed wet will beget bereave beseech broadcast input output offset
"""
"""Verbs with two pasts, or with none."""
_IRREGULAR_NOUNS = """
man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|louse lice|ox oxen|die dice
person people|calf calves|elf elves|half halves|knife knives|leaf leaves|life lives|loaf loaves|self selves
sheaf sheaves|shelf shelves|thief thieves|wife wives|wolf wolves|analysis analyses|basis bases|crisis crises
hypothesis hypotheses|thesis theses|axis axes|criterion criteria|phenomenon phenomena|echo echoes|hero heroes
potato potatoes|tomato tomatoes|veto vetoes|cargo cargoes|matrix matrices|vertex vertices|quiz quizzes
"""
_UNSURE_NOUNS = """
advice aircraft baggage cattle clothing data deer dice equipment evidence fish folk furniture garbage gear gold hair
happiness help homework honesty information intelligence jewelry knowledge luck luggage machinery mathematics media
merchandise moose money music news offspring physics police progress research rice salmon series sheep shrimp silver
software species stuff swine traffic trout violence wealth weather wisdom wood wool
"""
"""Nouns that are not counted, or whose plural looks as they do."""
_UNSURE_ADJECTIVES = "middle real right wrong"
"""Adjectives that are not compared."""
_IRREGULAR_ADJECTIVES = "good better best|bad worse worst|far farther farthest"
_DOUBLED = """
abet abhor acquit admit allot begin commit compel concur confer control defer demur deter dispel embed emit equip excel
expel impel incur infer inter occur omit outwit patrol permit prefer propel rebel recur refer regret remit repel submit
transfer transmit upset
"""
"""Longer verbs that double their last letter, as they are stressed at the end."""
_PREFIXES = ("re", "over", "under", "out", "un", "mis", "fore", "with", "up")
"""Of verbs that are as irregular as what follows."""
_MEN = re.compile("(?<!hu)(?<!ger)(?<!ro)(?<!sha)(?<!talis)(?<!cay)(?<!otto)man$")
_SELDOM_COUNTED = ("ss", "us", "is", "ics", "ies", "ness", "ism", "um")
_HISSING = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"
_SHORT = re.compile(f"[^{_VOWELS}]*(?:qu)?[{_VOWELS}y][^{_VOWELS}wxy]$")
"""One syllable whose last letter is doubled."""
_ONE_SYLLABLE = re.compile(f"[^{_VOWELS}y]*[{_VOWELS}y]+[^{_VOWELS}y]*e?$")


def _table(text: str) -> dict[str, list[str]]:
    rows = (row.split() for row in re.split(r"[|\n]", text) if row)
    return {row[0]: row[1:] for row in rows}


@functools.cache
def _irregular(part: str) -> dict[str, dict[str, str]]:
    """Of a part of speech: by lemma, its irregular forms."""
    if part == NOUN:
        return {lemma: {S: plural} for lemma, (plural,) in _table(_IRREGULAR_NOUNS).items()}
    if part == ADJECTIVE:
        return {lemma: {ER: more, EST: most} for lemma, (more, most) in _table(_IRREGULAR_ADJECTIVES).items()}
    verbs = _table(_IRREGULAR_VERBS).items() if part == VERB else ()
    return {lemma: {PAST: past, PARTICIPLE: participle} for lemma, (past, participle) in verbs}


@functools.cache
def _doubling() -> frozenset[str]:
    return frozenset(_DOUBLED.split())


@functools.cache
def _unsure() -> frozenset[str]:
    return frozenset(f"{_UNSURE_VERBS} {_UNSURE_NOUNS} {_UNSURE_ADJECTIVES}".split())


@functools.cache
def _lemmas_of_irregular(part: str) -> dict[str, list[tuple[str, str]]]:
    """Lemma and form by irregular form. A verb's form that is past and participle in one counts as its past."""
    found: dict[str, list[tuple[str, str]]] = {}
    for lemma, forms in _irregular(part).items():
        for form, word in forms.items():
            if word != lemma and all(lemma != other for other, _ in found.get(word, [])):
                found.setdefault(word, []).append((lemma, form))
    return found


_ENDINGS = (
    (NOUN, S, (("s", ""), ("es", ""), ("ies", "y"), ("men", "man"))),
    (VERB, S, (("s", ""), ("es", ""), ("ies", "y"))),
    (VERB, PAST, (("ed", ""), ("ed", "e"), ("ied", "y"))),
    (VERB, ING, (("ing", ""), ("ing", "e"), ("ying", "ie"))),
    (ADJECTIVE, ER, (("er", ""), ("er", "e"), ("ier", "y"))),
    (ADJECTIVE, EST, (("est", ""), ("est", "e"), ("iest", "y"))),
)


def analyses(word: str) -> list[tuple[str, str, str]]:
    """Every lemma, part of speech and form that a word in lower case may be; many of these lemmas do not exist."""
    found = [
        (prefix + lemma, part, form)
        for part in (NOUN, VERB, ADJECTIVE)
        for prefix in ("", *(_PREFIXES if part == VERB else ()))
        if word.startswith(prefix)
        for lemma, form in _lemmas_of_irregular(part).get(word.removeprefix(prefix), [])
    ]
    for part, form, endings in _ENDINGS:
        for ending, replacement in endings:
            if not word.endswith(ending):
                continue
            stem = word.removesuffix(ending)
            found.append((stem + replacement, part, form))
            if not replacement and (stem[-1:] == stem[-2:-1] or stem.endswith("ck")):
                found.append((stem[:-1], part, form))
    # A rule that does not lead back to the word was no way to it.
    inflected = [one for one in found if one[0] and form_of(*one) == word]
    return [*((word, part, BASE) for part in (NOUN, VERB, ADJECTIVE, ADVERB)), *dict.fromkeys(inflected)]


@functools.lru_cache(maxsize=1 << 16)
def inflect(lemma: str, part: str, form: str) -> str | None:
    """A form of a lemma where it is sure, else None.

    A past that differs from the participle is not sure: nothing tells which of them a word that ends in -ed is.
    """
    if form == BASE:
        return lemma
    forms = _irregular_forms(lemma, part)
    if lemma in _unsure() or (form in (PAST, PARTICIPLE) and forms and forms[PAST] != forms[PARTICIPLE]):
        return None
    if part == NOUN and not forms and (lemma.endswith(_SELDOM_COUNTED) or _ends_in_consonant_and(lemma, "o")):
        return None
    return form_of(lemma, part, form)


def form_of(lemma: str, part: str, form: str) -> str | None:
    """The form that a lemma most likely has; None where it has none."""
    forms = _irregular_forms(lemma, part)
    if form in forms:
        return forms[form]
    if form == S:
        return _with_s(lemma, part)
    if part == VERB:
        return _with_ing(lemma) if form == ING else _with_ending(lemma, "ed")
    return _compared(lemma, form)


def _irregular_forms(lemma: str, part: str) -> dict[str, str]:
    table = _irregular(part)
    if lemma in table:
        return table[lemma]
    for prefix in _PREFIXES if part == VERB else ():
        rest = lemma.removeprefix(prefix)
        if rest != lemma and rest in table:
            return {form: prefix + word for form, word in table[rest].items()}
    return {}


def _with_s(lemma: str, part: str) -> str:
    if part == NOUN and _MEN.search(lemma):
        return lemma[:-3] + "men"
    if lemma.endswith(_HISSING) or (part == VERB and _ends_in_consonant_and(lemma, "o")):
        return lemma + "es"
    if _ends_in_consonant_and(lemma, "y"):
        return lemma[:-1] + "ies"
    return lemma + "s"


def _with_ing(lemma: str) -> str:
    if lemma.endswith("ie"):
        return lemma[:-2] + "ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return lemma[:-1] + "ing"
    return _doubled(lemma) + "ing"


def _with_ending(lemma: str, ending: str) -> str:
    if lemma.endswith("e"):
        return lemma + ending[1:]
    if _ends_in_consonant_and(lemma, "y"):
        return lemma[:-1] + "i" + ending
    return _doubled(lemma) + ending


def _compared(lemma: str, form: str) -> str | None:
    if _ONE_SYLLABLE.match(lemma) or (_ends_in_consonant_and(lemma, "y") and len(lemma) <= 6):
        return _with_ending(lemma, form)
    return None


def _doubled(lemma: str) -> str:
    if lemma.endswith("c"):
        return lemma + "k"
    return lemma + lemma[-1] if _SHORT.match(lemma) or lemma in _doubling() else lemma


def _ends_in_consonant_and(lemma: str, letter: str) -> bool:
    return lemma.endswith(letter) and len(lemma) > 1 and lemma[-2] not in _VOWELS
