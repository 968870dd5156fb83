"""Variants of documents: noise, other words, moved and missing sentences, each exact in what it leaves alone.

`variants` is the way in. Each augmenter is a function of a text, its settings, its context and a generator of random
numbers; `registry` lists them by their names in the recipe, `prose` tells what of a text may change at all.
"""

from stages.augmentation.variants import Variant, variants

__all__ = ["Variant", "variants"]
