"""What each rule and each measured value means, in words for the page."""

from stages.quality.bounds import Bound, bounds
from stages.recipe import Quality

MEASURES = {
    "words": "words in the text",
    "mean_word_length": "characters per word, on average",
    "hash_word_ratio": "hash signs per word",
    "ellipsis_word_ratio": "ellipses per word",
    "bullet_lines": "share of the lines that begin with a bullet",
    "ellipsis_lines": "share of the lines that end with an ellipsis",
    "alphabetic_words": "share of the words that have a letter",
    "stop_words": "common words of the language that occur",
    "duplicate_paragraphs": "share of the paragraphs that occurred before in the text",
    "duplicate_paragraph_characters": "share of the characters in paragraphs that occurred before",
    "duplicate_lines": "share of the lines that occurred before in the text",
    "duplicate_line_characters": "share of the characters in lines that occurred before",
    "removed_words": "share of the words that the line corrections took out",
    "bad_words": "words or phrases of the list of bad words",
    "lorem_ipsum": "occurrences of “lorem ipsum”",
    "curly_brackets": "curly brackets",
    "sentences": "sentences in the text, of which 20 are counted",
    "terminal_lines": "share of the lines that end a sentence",
    "short_lines": "share of the lines that are short",
    "duplicate_character_ratio": "share of the characters in lines that are repeated, of all characters",
    "newline_word_ratio": "line breaks per word",
    "quality_score": "how much the text is like the positive set",
    "perplexity": "how surprising the text is to the n-gram model",
}
"""By the names of `stages.quality.measure_names`; those of n-grams are made from their number."""

GROUPS = {
    "gopher_quality": ("Gopher, quality", "which texts are prose: Rae et al. 2021, section A.1.1"),
    "gopher_repetition": ("Gopher, repetition", "which texts only repeat themselves: Rae et al. 2021, table A1"),
    "line_corrections": ("RefinedWeb, lines", "how much lines may take away: Penedo et al. 2023, appendix G.2"),
    "c4": ("C4", "whole sentences, no code, no bad words: Raffel et al. 2020, section 2.2"),
    "fineweb": ("FineWeb", "lists, menus and repeated lines: Penedo et al. 2024, section 3.5"),
    "classifier": ("Classifier", "the model that `make quality-model` trains"),
    "perplexity": ("Perplexity", "the n-gram model that `make quality-model` trains"),
}
"""The title of each group of quality rules, and what it is for."""

RULES = {
    ("read", "not_a_response"): "A WARC record that is no response of a server (a request, the file's own header).",
    ("read", "http_status"): "The server answered with an error.",
    ("read", "content_type"): "The record is no text: an image, a program, a page of another model.",
    ("read", "redirect"): "The record only points elsewhere.",
    ("read", "namespace"): "A wiki page that is no article: a talk page, a template, a file.",
    ("read", "missing_text"): "The row has no text.",
    ("read", "record_bytes"): "The record is longer than the bound.",
    ("read", "expansion"): "The record expands to more than the bound allows.",
    ("read", "content_codings"): "More content codings than the bound.",
    ("read", "undecodable_body"): "The body is damaged or in a coding that is not known.",
    ("read", "damaged_record"): "The file is damaged here.",
    ("url", "url_domain"): "The address belongs to a listed domain.",
    ("url", "url_address"): "The address is listed.",
    ("url", "url_banned_word"): "The address has a banned word.",
    ("url", "url_soft_words"): "The address has too many of the soft words.",
    ("url", "url_substring"): "The address has a banned string of letters.",
    ("screen", "page_bytes"): "The page is larger than the parsers may be given.",
    ("screen", "page_tags"): "The page has more tags than the parsers may be given.",
    ("screen", "page_depth"): "The page nests deeper than the parsers may be given.",
    ("screen", "minimum_words"): "Too few words in all that the page holds, told without extraction.",
    ("screen", "language"): "In none of the wanted languages, told without extraction.",
    ("screen", "language_attribute"): "The page itself and two classifiers say that it is in no wanted language.",
    ("extract", "page_bytes"): "The page is larger than the parsers may be given.",
    ("extract", "page_tags"): "The page has more marks than the parsers may be given.",
    ("extract", "open_templates"): "More unclosed templates than the parser may be given.",
    ("extract", "extraction_failed"): "The parser failed on the page.",
    ("extract", "extraction_seconds"): "The parser took too long for the page.",
    ("extract", "extraction_memory"): "The parser took too much memory for the page.",
    ("extract", "extraction_crashed"): "The parser crashed on the page.",
    ("extract", "empty_text"): "The page has no main text.",
    ("language", "language"): "The text is in no wanted language.",
    ("language", "language_score"): "The language of the text is not sure enough.",
    ("quality", "text_left"): "The rules on lines left nothing of the text.",
    ("decontaminate", "evaluation_overlap"): "The text shares n-grams with an evaluation set.",
    ("decontaminate", "evaluation_pieces"): "Cutting evaluation text out left too many or too small pieces.",
    ("repeated_text", "minimum_words_left"): "Too few words are left without the text that recurs over the corpus.",
    ("duplicates", "duplicate_id"): "Another record has the same id.",
    ("duplicates", "duplicate_url"): "Another record of the same address stays, or what is alike to that one.",
    ("duplicates", "exact_duplicate"): "Another document has the same text.",
    ("duplicates", "near_duplicate"): "Another document that stays has nearly the same text.",
    ("duplicates", "indexed_id"): "A document of an earlier run has the same id.",
    ("duplicates", "indexed_url"): "A document of an earlier run has the same address.",
    ("duplicates", "indexed_exact_duplicate"): "A document of an earlier run has the same text.",
    (
        "duplicates",
        "indexed_near_duplicate",
    ): "By its signature, a document of an earlier run has nearly the same text.",
    ("augment", "near_held_out"): "A variant that came too near to a document that is held out.",
}

KEYS = {
    ("augment", "near_held_out"): "corpus.split.similarity",
    ("read", "record_bytes"): "corpus.reading.maximum_record_bytes",
    ("read", "expansion"): "corpus.reading.maximum_expansion",
    ("read", "content_codings"): "corpus.reading.maximum_content_codings",
    ("url", "url_domain"): "corpus.urls.domains",
    ("url", "url_address"): "corpus.urls.addresses",
    ("url", "url_banned_word"): "corpus.urls.banned_words",
    ("url", "url_soft_words"): "corpus.urls.maximum_soft_words",
    ("url", "url_substring"): "corpus.urls.banned_substrings",
    ("screen", "minimum_words"): "corpus.quality.gopher_quality.minimum_words",
    ("screen", "language"): "corpus.language.keep",
    ("screen", "language_attribute"): "corpus.language.keep",
    ("extract", "open_templates"): "corpus.extraction.maximum_open_templates",
    ("extract", "extraction_seconds"): "corpus.isolation.cpu_seconds",
    ("extract", "extraction_memory"): "corpus.isolation.memory_megabytes",
    ("language", "language"): "corpus.language.keep",
    ("language", "language_score"): "corpus.language.threshold",
    ("decontaminate", "evaluation_overlap"): "corpus.decontamination.files",
    ("decontaminate", "evaluation_pieces"): "corpus.decontamination.maximum_pieces",
    ("repeated_text", "minimum_words_left"): "corpus.repeated_text.minimum_words_left",
    ("duplicates", "duplicate_url"): "corpus.near_duplicates.one_per_url",
    ("duplicates", "near_duplicate"): "corpus.near_duplicates.threshold",
    ("duplicates", "indexed_near_duplicate"): "corpus.near_duplicates.threshold",
    **{
        (stage, f"page_{what}"): f"corpus.extraction.maximum_page_{what}"
        for stage in ("screen", "extract")
        for what in ("bytes", "tags", "depth")
    },
}
"""The setting behind a rule, where there is one; those of the quality stage are made from their group."""


def measure_meaning(measure: str) -> str:
    """What a measured value is."""
    if measure.endswith("_gram_characters"):
        kind, words = measure.removesuffix("_gram_characters").rsplit("_", 1)
        if kind == "top":
            return f"share of the characters in the most frequent span of {words} words"
        return f"share of the characters in spans of {words} words that occurred before"
    return MEASURES.get(measure, measure.replace("_", " "))


def rule_meaning(stage: str, rule: str) -> str:
    """Why a rule removes, in a sentence."""
    known = RULES.get((stage, rule))
    if known is not None:
        return known
    prefix, measure = rule[:8], rule[8:]
    if stage == "quality" and prefix in ("minimum_", "maximum_"):
        side = "Too low" if prefix == "minimum_" else "Too high"
        return f"{side}: {measure_meaning(measure)}."
    return ""


def rule_key(stage: str, rule: str, quality: Quality) -> str:
    """The setting that decides it; empty if none does."""
    bound = bound_of(rule, quality) if stage == "quality" else None
    return f"corpus.quality.{bound.group}.{rule}" if bound else KEYS.get((stage, rule), "")


def bound_of(rule: str, quality: Quality) -> Bound | None:
    """The bound of a rule of the quality stage."""
    return next((bound for bound in bounds(quality) if bound.rule == rule), None)
