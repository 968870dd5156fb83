"""A WordNet of some words, in the format of the real one's files."""

LICENCE = "".join(f"  {number} Line {number} of the licence.  \n" for number in range(1, 30))
SYNSETS = {
    # By part of speech: words, and for antonyms "word > part:synset:word", all counted from 1.
    "noun": [
        (("city", "metropolis", "urban_center"), ()),
        (("town",), ()),
        (("city", "Rome"), ()),
        (("apple", "orchard_apple"), ()),
        (("house", "apartment", "home"), ()),
    ],
    "verb": [(("say", "tell"), ()), (("walk", "go"), ((1, "verb", 2, 1),)), (("ride",), ((1, "verb", 1, 1),))],
    "adj": [(("big", "large(a)"), ((1, "adj", 1, 1),)), (("small", "little"), ((1, "adj", 0, 1),))],
    "adv": [(("quickly", "rapidly"), ((1, "adv", 1, 1),)), (("slowly",), ((1, "adv", 0, 1),))],
}
LETTERS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
NUMBERS = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


def wordnet_files(longer: int = 0) -> dict[str, str]:
    """The files by name; a longer licence moves every synset to another place, as between the real packages."""
    licence = LICENCE[:-1] + " " * longer + "\n"
    places = {part: _places(part, len(licence)) for part in SYNSETS}
    files = {}
    index_of_senses = []
    for part, synsets in SYNSETS.items():
        lines = []
        senses: dict[str, list[int]] = {}
        for number, (words, antonyms) in enumerate(synsets):
            pointers = [
                f"! {places[other][synset]:08} {LETTERS[other]} {word:02x}{to:02x}"
                for word, other, synset, to in antonyms
            ]
            lines.append(_line(part, places[part][number], words, pointers))
            for word in words:
                senses.setdefault(word.removesuffix("(a)").lower(), []).append(number)
        files[f"data.{part}"] = licence + "".join(lines)
        rows = []
        for lemma, numbers in sorted(senses.items()):
            offsets = " ".join(f"{places[part][number]:08}" for number in numbers)
            rows.append(f"{lemma} {LETTERS[part]} {len(numbers)} 1 ! {len(numbers)} 1 {offsets}  \n")
            for number, synset in enumerate(numbers, 1):
                key = f"{lemma}%{NUMBERS[part]}:00:00::"
                index_of_senses.append(f"{key} {places[part][synset]:08} {number} {10 // number}\n")
        files[f"index.{part}"] = licence + "".join(rows)
    return {**files, "index.sense": "".join(sorted(index_of_senses))}


def _line(part: str, place: int, words: tuple[str, ...], pointers: list[str]) -> str:
    listed = " ".join(f"{word} 0" for word in words)
    head = f"{place:08} 00 {LETTERS[part]} {len(words):02x} {listed}"
    return f"{head} {len(pointers):03} {' '.join(pointers)} | a gloss  \n"


def _places(part: str, start: int) -> list[int]:
    places = []
    for words, antonyms in SYNSETS[part]:
        places.append(start)
        start += len(_line(part, 0, words, ["! 00000000 n 0101"] * len(antonyms)))
    return places
