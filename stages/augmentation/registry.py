"""The augmenters by their names in the recipe.

They are imported when they are first asked for: most runs need two or three, and some load much.
"""

from stages.augmentation.change import Augmenter


def augmenter(name: str) -> Augmenter:
    """The augmenter of a name in the recipe; `sequence` is none, its steps are."""
    if name == "plugin":
        from stages.augmentation.plugins import plugin

        return plugin
    for family in (_of_characters, _of_words, _of_language, _of_passages):
        found = family(name)
        if found is not None:
            return found
    raise KeyError(name)


def _of_characters(name: str) -> Augmenter | None:
    if name == "homophone":
        from stages.augmentation.homophones import homophone

        return homophone
    from stages.augmentation.noise import (
        character_delete,
        character_insert,
        character_substitute,
        character_swap,
        keyboard,
        ocr,
    )

    return {
        "keyboard": keyboard,
        "ocr": ocr,
        "character_insert": character_insert,
        "character_substitute": character_substitute,
        "character_swap": character_swap,
        "character_delete": character_delete,
    }.get(name)


def _of_words(name: str) -> Augmenter | None:
    from stages.augmentation.words import spelling, split, word_crop, word_delete, word_swap

    return {
        "spelling": spelling,
        "split": split,
        "word_swap": word_swap,
        "word_delete": word_delete,
        "word_crop": word_crop,
    }.get(name)


def _of_passages(name: str) -> Augmenter | None:
    from stages.augmentation.sentences import sentence_delete, sentence_shuffle
    from stages.augmentation.spans import span_mask

    return {
        "sentence_shuffle": sentence_shuffle,
        "sentence_delete": sentence_delete,
        "span_mask": span_mask,
    }.get(name)


def _of_language(name: str) -> Augmenter | None:
    if name in ("synonym", "antonym"):
        from stages.augmentation.lexicon import antonym, synonym

        return synonym if name == "synonym" else antonym
    if name == "tf_idf":
        from stages.augmentation.word_statistics import tf_idf

        return tf_idf
    if name in ("contextual", "back_translation"):
        from stages.augmentation.models import back_translation, contextual

        return contextual if name == "contextual" else back_translation
    return None
