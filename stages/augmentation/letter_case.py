"""The letter case of a word that takes the place of another."""


def in_case_of(pattern: str, word: str) -> str:
    """The word with the case of another: `word`, `Word` or `WORD`; a word of mixed case gives its first letter's."""
    if len(pattern) > 1 and pattern.isupper():
        return word.upper()
    if pattern[:1].isupper():
        return word[:1].upper() + word[1:]
    return word
