"""Variants of training documents: made when it is known which documents stay, and kept apart from those held out.

`words`, `word_sums` and `statistics` learn how the corpus uses its words, if an augmenter asks for that; `augment`
makes the variants; `apart` compares each with the documents that are held out. `finish` writes those that pass.
"""
