"""The data of `make ablate`: the shards of every variant of the corpus that small models are trained on.

`variants` derives the recipe of each variant; `texts` extracts all texts once, since that is nearly all of the work;
`make` makes one variant out of them, from a linked copy of what the base variant has done; `command` is the way through
all of them, several at a time, and lists them in a manifest for `trainer.ablate`.
"""
