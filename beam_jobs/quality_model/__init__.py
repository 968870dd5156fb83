"""The quality model job: texts of a positive and a negative set to a classifier and an n-gram model, in three phases.

`draw` numbers the records of both sets, `texts` takes the text of those with the lowest numbers, `train` trains and
evaluates both models. `close` writes the manifest, by which the corpus job finds the models.
"""
