"""The lexicon holds what WordNet's files say, wherever in the files it stands."""

import os
import shutil
from pathlib import Path

import pytest

from stages.artifacts import write_bytes
from stages.augmentation.wordnet_files import (
    ABUSE,
    SOURCE_FILES,
    Lexicon,
    Sense,
    lexicon_text,
    licence_text,
    read_lexicon,
)
from stages.errors import GristmillError
from tests.stages.augmentation.tiny_wordnet import wordnet_files


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(lexicon_text(wordnet_files()).splitlines())


def test_a_lemma_has_its_synonyms_and_antonyms_by_sense(lexicon: Lexicon) -> None:
    assert lexicon.senses("city", "n") == (Sense(10, ("metropolis",), ()), Sense(5, (), ()))
    assert lexicon.senses("walk", "v") == (Sense(10, ("go",), ("ride",)),)
    assert lexicon.senses("walk", "n") == ()
    assert lexicon.senses("quickly", "r") == (Sense(10, ("rapidly",), ("slowly",)),)


def test_antonyms_of_synonyms_count_and_marks_of_position_do_not(lexicon: Lexicon) -> None:
    assert lexicon.senses("large", "a") == (Sense(10, ("big",), ("small",)),)


def test_names_and_lemmas_of_several_words_are_left_out(lexicon: Lexicon) -> None:
    words = lexicon_text(wordnet_files())
    assert not any(word in words for word in ("_", "rome", "Rome", "urban", "orchard"))


def test_senses_of_abuse_give_no_words() -> None:
    files = wordnet_files()
    lines = files["data.verb"].splitlines()
    verbs = "\n".join(line.replace("a gloss", "an offensive term") if " say " in line else line for line in lines)
    assert Lexicon(lexicon_text({**files, "data.verb": verbs}).splitlines()).senses("say", "v") == (Sense(10, (), ()),)


def test_places_in_the_files_do_not_matter() -> None:
    one, other = wordnet_files(), wordnet_files(longer=5)
    assert one["data.noun"] != other["data.noun"]
    assert lexicon_text(one) == lexicon_text(other)
    assert licence_text(one) == licence_text(other)


def test_a_missing_source_file_is_named() -> None:
    files = wordnet_files()
    del files["data.adv"]
    with pytest.raises(GristmillError, match=r"WordNet's data\.adv is missing"):
        lexicon_text(files)


def test_a_damaged_lexicon_is_named(tmp_path: Path) -> None:
    (tmp_path / "lexicon.tsv").write_text("city\tn\n")
    with pytest.raises(GristmillError, match=r"lexicon\.tsv: damaged: .*make wordnet"):
        read_lexicon(str(tmp_path))


def test_the_lexicon_may_be_on_another_machine() -> None:
    write_bytes("memory://wordnet/lexicon.tsv", lexicon_text(wordnet_files()).encode())
    assert read_lexicon("memory://wordnet").senses("say", "v") == (Sense(10, ("tell",), ()),)


@pytest.mark.long
def test_the_real_lexicon_says_what_nltk_says(tmp_path: Path) -> None:
    """For every lemma: synonyms and antonyms of each sense, in order. Needs nltk and WordNet's own files."""
    folder = os.environ.get("WNSEARCHDIR")
    if not folder:
        pytest.skip("WNSEARCHDIR names no folder with WordNet's files")
    reader_module = pytest.importorskip("nltk.corpus.reader.wordnet")
    corpus = tmp_path / "corpora/wordnet"
    corpus.mkdir(parents=True)
    for name in (*SOURCE_FILES, "cntlist.rev", *(f"{part}.exc" for part in ("noun", "verb", "adj", "adv"))):
        shutil.copy(Path(folder, name), corpus / name)
        (corpus / name).chmod(0o644)
    (corpus / "lexnames").write_text("".join(f"{number:02}\tname\t1\n" for number in range(45)))
    pytest.importorskip("nltk.data").path.append(str(tmp_path))
    wordnet = reader_module.WordNetCorpusReader(str(corpus), None)
    lexicon = Lexicon(lexicon_text({name: (corpus / name).read_text() for name in SOURCE_FILES}).splitlines())
    compared = 0
    for part in "nvar":
        for lemma in sorted(set(wordnet.all_lemma_names(part))):
            if not lemma.isalpha():
                continue
            found = [(sense.synonyms, sense.antonyms) for sense in lexicon.senses(lemma, part)]
            expected = related_by_nltk(wordnet, lemma, part)
            # A lemma without any use, synonym and antonym is left out.
            assert found == expected or (not found and not any(map(any, expected))), (lemma, part)
            compared += 1
    assert compared > 80_000


def related_by_nltk(wordnet: object, lemma: str, part: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    related = []
    for offset in wordnet._lemma_pos_offset_map[lemma][part]:  # type: ignore[attr-defined]
        synset = wordnet.synset_from_pos_and_offset(part, offset)  # type: ignore[attr-defined]
        is_taken = lemma in synset.lemma_names() and not ABUSE.search(synset.definition())
        names = synset.lemma_names() if is_taken else []
        antonyms = [other.name() for one in synset.lemmas() for other in one.antonyms()] if names else []
        synonyms = (name for name in names if name != lemma and name.isalpha() and name.islower())
        related.append((tuple(synonyms), tuple(name for name in antonyms if name.isalpha() and name.islower())))
    return related
